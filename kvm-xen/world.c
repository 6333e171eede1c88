// SPDX-License-Identifier: GPL-2.0-only
/*
 * The world: which domains there are, by number, and references to them.
 *
 * A number is reserved first, then everything that can fail or can be found by its number
 * is made, and only then the domain is published; its end goes the other way round. So
 * whoever finds a domain finds all of it, and a number is not free before everything that
 * bears it has gone.
 *
 * A domain whose life has ended is dying as long as somebody holds it: it is found, and
 * its number is nobody else's. It is gone when nobody holds it any more.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/xarray.h>
#include <uapi/linux/kvm_xen.h>

#include "kxen.h"

static unsigned int user_domains = 1024;
module_param(user_domains, uint, 0644);
MODULE_PARM_DESC(user_domains,
		 "domains that a user without CAP_SYS_ADMIN may have (1024)");

static DEFINE_XARRAY_ALLOC(kxen_domains);
/* Those that are found, by the lowest bits of their numbers; of several the last. */
#define NEAR	64
static struct kxen_domain __rcu *found_near[NEAR];
static u32 next_domid = 1;
/* All that have a number, published or not. */
static LIST_HEAD(numbered);
/* Whose domain had a number last: that user may have it again. */
static DEFINE_XARRAY(last_user);

struct kxen_domain *kxen_dom0;

/* Creation, attaching, arming, the start and the end of dying. Never on a hot path. */
DEFINE_MUTEX(kxen_domains_lock);

u32 kxen_domains_count(void)
{
	struct kxen_domain *d;
	unsigned long i;
	u32 n = 0;

	rcu_read_lock();
	xa_for_each(&kxen_domains, i, d)
		n += !d->is_host;
	rcu_read_unlock();
	return n;
}

/**
 * kxen_domain_put() - Give a reference back.
 * @d: the domain.
 *
 * The module cannot go before the last one has been. Context: any that may queue work.
 */
void kxen_domain_put(struct kxen_domain *d)
{
	/* Somebody may have found it under RCU and failed to get a reference. */
	if (refcount_dec_and_test(&d->ref))
		queue_rcu_work(kxen_unbound_wq, &d->free_work);
}
EXPORT_SYMBOL_GPL(kxen_domain_put);

/**
 * kxen_domain_id() - The number of a domain, which it has for all its life.
 * @d: the domain; the caller holds a reference.
 *
 * For modules that do not know the structure. Context: any.
 * Return: the number.
 */
u32 kxen_domain_id(const struct kxen_domain *d)
{
	return d->domid;
}
EXPORT_SYMBOL_GPL(kxen_domain_id);

/* Mostly there is no other one in its place. Context: an RCU reader's section. */
static struct kxen_domain *look_up(u32 domid)
{
	struct kxen_domain *d = rcu_dereference(found_near[domid % NEAR]);

	return d && d->domid == domid ? d : xa_load(&kxen_domains, domid);
}

/**
 * kxen_domain_get() - Look a domain up.
 * @domid: its number.
 *
 * Context: any; does not sleep.
 * Return: the domain with a reference, or NULL.
 */
struct kxen_domain *kxen_domain_get(u32 domid)
{
	struct kxen_domain *d;

	rcu_read_lock();
	d = look_up(domid);
	if (d && !refcount_inc_not_zero(&d->ref))
		d = NULL;
	rcu_read_unlock();
	return d;
}
EXPORT_SYMBOL_GPL(kxen_domain_get);

/**
 * kxen_domain_held() - Look a domain up that cannot go.
 * @domid: its number.
 *
 * Context: any; the caller has a reference, or a hold (kxen_domain_hold()), and knows the number.
 * Return: the domain, with no reference of its own.
 */
struct kxen_domain *kxen_domain_held(u32 domid)
{
	struct kxen_domain *d;

	rcu_read_lock();
	d = look_up(domid);
	rcu_read_unlock();
	return d;
}

/* The first domain that is not below @domid, with a reference, or NULL. */
struct kxen_domain *kxen_domain_next(u32 domid)
{
	struct kxen_domain *d;
	unsigned long i;

	rcu_read_lock();
	xa_for_each_start(&kxen_domains, i, d, domid)
		if (refcount_inc_not_zero(&d->ref))
			goto out;
	d = NULL;
out:
	rcu_read_unlock();
	return d;
}

/**
 * kxen_domain_of() - The domain of a VM.
 * @kvm: any VM of the host.
 *
 * Context: any; does not sleep.
 * Return: the domain with a reference, or NULL.
 */
struct kxen_domain *kxen_domain_of(struct kvm *kvm)
{
	struct kxen_domain *d;
	unsigned long i;

	rcu_read_lock();
	xa_for_each(&kxen_domains, i, d)
		if (READ_ONCE(d->kvm) == kvm && refcount_inc_not_zero(&d->ref))
			break;
	rcu_read_unlock();
	return d;
}
EXPORT_SYMBOL_GPL(kxen_domain_of);

/**
 * kxen_domain_hold() - Have a domain stay dying when it has died.
 * @d: the domain; the caller has a reference, or knows that it is not gone.
 *
 * For what others have of it and its end does not take away. A hold is worth a reference,
 * too. Context: any.
 * Return: false: it is about to be gone.
 */
bool kxen_domain_hold(struct kxen_domain *d)
{
	return refcount_inc_not_zero(&d->holds);
}

/* Let it go. Context: any that may queue work. */
void kxen_domain_unhold(struct kxen_domain *d)
{
	if (refcount_dec_and_test(&d->holds))
		queue_work(kxen_unbound_wq, &d->gone_work);
}

/* How many hold it; while it is about to die its life may still be one of them. */
u32 kxen_domain_holders(const struct kxen_domain *d)
{
	u32 life = READ_ONCE(d->state) != KXEN_DYING;

	return max(refcount_read(&d->holds), life) - life;
}

/* Has this VM a domain, or is it about to have one? */
bool kxen_world_has_vm(struct kvm *kvm)
{
	struct kxen_domain *d;
	unsigned long i;

	lockdep_assert_held(&kxen_domains_lock);
	xa_for_each(&kxen_domains, i, d)
		if (d->claimed == kvm)
			return true;
	return false;
}

/* May the caller see what this domain does? Its own user, and the administrator. */
bool kxen_domain_visible(const struct kxen_domain *d)
{
	return uid_eq(d->uid, current_euid()) || capable(CAP_SYS_ADMIN);
}

/* One user must not take all numbers. */
static int check_quota(void)
{
	struct kxen_domain *d;
	u32 n = 0;

	lockdep_assert_held(&kxen_domains_lock);
	if (capable(CAP_SYS_ADMIN))
		return 0;
	list_for_each_entry(d, &numbered, numbered)
		n += uid_eq(d->uid, current_euid());
	return n < READ_ONCE(user_domains) ? 0 : -EDQUOT;
}

/*
 * A number that somebody else's domain had: ports of its peers may wait for that number
 * still (semantics A120). A plain user gets only what was his.
 */
static int check_explicit(u32 want)
{
	void *last;

	if (!want || want >= KXEN_FIRST_RESERVED)
		return -EINVAL;
	if (capable(CAP_SYS_ADMIN))
		return 0;
	last = xa_load(&last_user, want);
	return last && xa_to_value(last) == from_kuid(&init_user_ns, current_euid()) ?
	       0 : -EPERM;
}

static int take_number(struct kxen_domain *d, u32 want)
{
	u32 id = want;
	int ret;

	if (want != KXEN_DOMID_AUTO) {
		ret = check_explicit(want);
		if (!ret)
			ret = xa_insert(&kxen_domains, want, NULL, GFP_KERNEL);
		if (ret == -EBUSY)
			ret = -EEXIST;
	} else {
		/* Numbers go up and are not reused soon (A120). */
		ret = xa_alloc_cyclic(&kxen_domains, &id, NULL,
				      XA_LIMIT(1, KXEN_FIRST_RESERVED - 1),
				      &next_domid, GFP_KERNEL);
		if (ret == -EBUSY)
			ret = -ENOSPC;
	}
	d->domid = id;
	return ret < 0 ? ret : 0;
}

/**
 * kxen_world_reserve() - Take a number for a domain.
 * @d: the domain, which nobody knows yet.
 * @want: the number, or KXEN_DOMID_AUTO.
 *
 * Context: may sleep; takes kxen_domains_lock.
 * Return: 0, with the number in the domain; -EINVAL, -EPERM, -EEXIST, -ENOSPC, -EDQUOT,
 * -ENOMEM; -EINTR.
 */
int kxen_world_reserve(struct kxen_domain *d, u32 want)
{
	u32 uid = from_kuid(&init_user_ns, current_euid());
	int ret;

	if (mutex_lock_killable(&kxen_domains_lock))
		return -EINTR;
	d->uid = current_euid();
	ret = check_quota();
	if (!ret)
		ret = take_number(d, want);
	if (!ret) {
		ret = xa_err(xa_store(&last_user, d->domid, xa_mk_value(uid),
				      GFP_KERNEL));
		if (ret)
			xa_erase(&kxen_domains, d->domid);
		else
			list_add(&d->numbered, &numbered);
	}
	mutex_unlock(&kxen_domains_lock);
	return ret;
}

/* From here on it is found. Cannot fail: its place is reserved. */
void kxen_world_publish(struct kxen_domain *d)
{
	WARN_ON_ONCE(xa_err(xa_store(&kxen_domains, d->domid, d, GFP_KERNEL)));
	rcu_assign_pointer(found_near[d->domid % NEAR], d);
}

/* Not found any more; the number stays reserved. */
void kxen_world_unpublish(struct kxen_domain *d)
{
	xa_store(&kxen_domains, d->domid, NULL, GFP_KERNEL);
	/* Another one that has its place by now stays there. */
	cmpxchg((struct kxen_domain __force **)&found_near[d->domid % NEAR], d, NULL);
}

/* The number may be taken again. */
void kxen_world_release(struct kxen_domain *d)
{
	mutex_lock(&kxen_domains_lock);
	list_del(&d->numbered);
	xa_erase(&kxen_domains, d->domid);
	mutex_unlock(&kxen_domains_lock);
}

/* Domain 0 is complete, and is there from now on. */
int kxen_world_init(struct kxen_domain *host)
{
	int ret = xa_insert(&kxen_domains, 0, host, GFP_KERNEL);

	if (!ret)
		kxen_dom0 = host;
	return ret;
}

/* No domain but the host is left: each holds a module reference. */
void kxen_world_exit(void)
{
	xa_erase(&kxen_domains, 0);
	synchronize_rcu();
	xa_destroy(&kxen_domains);
	xa_destroy(&last_user);
}
