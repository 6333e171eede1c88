// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: birth, death, reset.
 *
 * A domain that user space makes belongs to the file that made it, one that another module
 * makes to none, until it gets a VM; from then on it lives exactly as long as the VM. What
 * others hold of it may outlive it: then it is dying, and gone when the last of them releases
 * it. Each holds a reference to the module, so the module cannot go before.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "arch.h"
#include "guest_mem.h"
#include "dom0_page.h"
#include "kxen.h"
#include "memory_map.h"
#include "p2m.h"
#include "p2m_hole.h"
#include "p2m_iommu.h"
#include "subsys.h"
#include "trace.h"

/* Quick grace periods that a domain may have: enough for a boot with many vCPUs. */
#define EXPEDITE_INTERVAL	(60 * HZ)
#define EXPEDITE_BURST		(16 + 2 * KXEN_MAX_VCPUS)

static void free_domain(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	kxen_for_each_vcpu(d, i, v)
		kxen_vcpu_free(v);
	kxen_shared_info_free(d);
	kxen_map_free(d);
	kxen_p2m_free(d);
	kxen_holes_free(d);
	kxen_subsys_destroy(d);
	xa_destroy(&d->pinned_gfns);
	xa_destroy(&d->host_mapped);
	kvfree(d->vcpu_ids);
	free_uid(d->user);
	kvfree(d);
}

static void free_work_fn(struct work_struct *w)
{
	free_domain(container_of(to_rcu_work(w), struct kxen_domain, free_work));
	module_put(THIS_MODULE);
}

static void gone_work_fn(struct work_struct *w);

/*
 * Whoever gives a page of the domain back takes it, others among them. So nobody waits for memory
 * who holds it: as if its reclaim took it, and a kernel with lockdep says who does.
 */
static void init_pin_lock(struct kxen_domain *d)
{
	mutex_init(&d->pin_lock);
	fs_reclaim_acquire(GFP_KERNEL);
	might_lock(&d->pin_lock);
	fs_reclaim_release(GFP_KERNEL);
}

static void init_domain(struct kxen_domain *d, bool is_host)
{
	refcount_set(&d->ref, 1);
	refcount_set(&d->holds, 1);
	mutex_init(&d->lock);
	init_pin_lock(d);
	xa_init_flags(&d->pinned_gfns, XA_FLAGS_ACCOUNT);
	xa_init_flags(&d->host_mapped, XA_FLAGS_ACCOUNT);
	kxen_p2m_init(d);
	kxen_iommu_init(d);
	kxen_holes_init(d);
	raw_spin_lock_init(&d->virq_lock);
	init_waitqueue_head(&d->pause_wait);
	INIT_LIST_HEAD(&d->prepared);
	INIT_WORK(&d->gone_work, gone_work_fn);
	INIT_RCU_WORK(&d->free_work, free_work_fn);
	ratelimit_state_init(&d->expedite, EXPEDITE_INTERVAL, EXPEDITE_BURST);
	ratelimit_set_flags(&d->expedite, RATELIMIT_MSG_ON_RELEASE);
	kxen_watchdog_init(d);
	d->is_host = is_host;
	d->xen_major = 4;
	d->xen_minor = 17;
	d->shutdown_reason = U32_MAX;
	d->limit[KXEN_LIMIT_PAGES].max = KXEN_MAX_PAGES;
}

static struct kxen_domain *alloc_domain(const struct kxen_create *c, bool is_host)
{
	struct kxen_domain *d = kvzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!d)
		return ERR_PTR(-ENOMEM);
	init_domain(d, is_host);
	ret = kxen_subsys_create(d, c);
	if (ret) {
		kvfree(d);
		return ERR_PTR(ret);
	}
	if (kxen_shared_info_init(d)) {
		free_domain(d);
		return ERR_PTR(-ENOMEM);
	}
	return d;
}

static int check_create(const struct kxen_create *c)
{
	if (c->flags & ~(kxen_subsys_create_flags() | kxen_arch_create_flags))
		return -EOPNOTSUPP;
	return kxen_subsys_check_limits(c);
}

/**
 * kxen_domain_create() - Make a domain without a VM.
 * @c: what is wanted of it; the number is read, and not written.
 * @owner: id of its control file, KXEN_NO_OWNER for another module.
 *
 * Its user is the calling task's. One without a control file is ended by whoever made it, if
 * it never gets a VM: kxen_domain_destroy().
 * Context: may sleep; the caller holds a reference to the module, as each has that uses
 * its symbols.
 * Return: the domain, published, with a reference for the caller, or an error
 * pointer: -EOPNOTSUPP for what we do not know, or cannot keep to; -EINVAL; as
 * kxen_world_reserve(); -ENOMEM.
 */
struct kxen_domain *kxen_domain_create(const struct kxen_create *c, u64 owner)
{
	int ret = check_create(c);
	struct kxen_domain *d;

	if (ret)
		return ERR_PTR(ret);
	d = alloc_domain(c, false);
	if (IS_ERR(d))
		return d;
	d->flags = c->flags;
	d->owner = owner;
	memcpy(d->uuid, c->uuid, sizeof(d->uuid));
	if (c->xen_major || c->xen_minor) {
		d->xen_major = c->xen_major;
		d->xen_minor = c->xen_minor;
	}
	ret = kxen_world_reserve(d, c->domid);
	if (ret) {
		free_domain(d);
		return ERR_PTR(ret);
	}
	__module_get(THIS_MODULE);
	refcount_inc(&d->ref);
	kxen_debugfs_add(d);
	trace_kxen_domain(d->domid, "create");
	/* Last: from here on others find it, and may end it. */
	kxen_world_publish(d);
	return d;
}
EXPORT_SYMBOL_GPL(kxen_domain_create);

/* Nobody finds the domain any more: the mirror image of its creation. */
static void gone(struct kxen_domain *d)
{
	kxen_world_unpublish(d);
	kxen_debugfs_del(d);
	kxen_world_release(d);
	trace_kxen_domain(d->domid, "gone");
	/* Toolstacks look when they are told, and must not find it any more. */
	kxen_subsys_state_changed(d);
	kxen_domain_put(d);	/* the one of kxen_domain_create() */
}

static void gone_work_fn(struct work_struct *w)
{
	gone(container_of(w, struct kxen_domain, gone_work));
}

/**
 * kxen_domain_died() - Nothing of the domain's life is left.
 * @d: the domain, which is dying; the caller holds a reference of its own.
 *
 * It is gone when nobody holds it. Context: may sleep.
 */
void kxen_domain_died(struct kxen_domain *d)
{
	trace_kxen_domain(d->domid, "dying");
	kxen_subsys_state_changed(d);
	if (refcount_dec_and_test(&d->holds))
		gone(d);
}

/**
 * kxen_domain_destroy() - End a domain that has no VM.
 * @d: the domain; the caller holds a reference of its own.
 *
 * Context: may sleep. The lock is held by nobody who waits for user space.
 * Return: 0; -EBUSY while a VM is attached; -ESHUTDOWN if it is dying already.
 */
int kxen_domain_destroy(struct kxen_domain *d)
{
	int ret = 0;

	mutex_lock(&kxen_domains_lock);
	if (d->claimed || d->is_host)
		ret = -EBUSY;
	else if (d->state == KXEN_DYING)
		ret = -ESHUTDOWN;
	else
		WRITE_ONCE(d->state, KXEN_DYING);
	mutex_unlock(&kxen_domains_lock);
	if (ret)
		return ret;
	kxen_subsys_stop(d);
	trace_kxen_domain(d->domid, "destroy");
	kxen_domain_died(d);
	return 0;
}
EXPORT_SYMBOL_GPL(kxen_domain_destroy);

/* The control file is closed: what it made and nobody attached goes with it. */
void kxen_domain_release_owner(u64 owner)
{
	struct kxen_domain *d;
	u32 id = 0;

	while ((d = kxen_domain_next(id))) {
		id = d->domid + 1;
		if (d->owner == owner)
			kxen_domain_destroy(d);
		kxen_domain_put(d);
	}
}

/**
 * kxen_domain_renew() - Back to the state of creation, with no life of a guest's ended.
 * @d: the domain, which has been restored in part.
 *
 * Context: no vCPU executes guest code, but for one whose own thread this is; may sleep.
 */
void kxen_domain_renew(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	kxen_subsys_reset(d);
	kxen_watchdog_stop(d);
	kxen_p2m_drop(d, false);
	kxen_holes_drop(d);
	mutex_lock(&d->lock);
	kxen_arch_domain_reset(d);
	kxen_for_each_vcpu(d, i, v)
		kxen_timer_stop(v);
	/* First: what is written into the new shared_info has its place by it. */
	WRITE_ONCE(d->compat, false);
	kxen_vcpus_reset(d);
	kxen_shared_info_reset(d);
	memcpy(d->params, d->given_params, sizeof(d->params));
	kxen_map_reset(d);
	d->vm_assist = 0;
	WRITE_ONCE(d->shutdown_reason, U32_MAX);
	WRITE_ONCE(d->state, KXEN_RUNNING);
	WRITE_ONCE(d->active, false);
	WRITE_ONCE(d->reset_pending, false);
	mutex_unlock(&d->lock);
	kxen_subsys_reset_done(d);
}

/**
 * kxen_domain_reset() - The same, where a guest's life ends, which is counted.
 * @d: the domain.
 *
 * For a machine reset and for SHUTDOWN_soft_reset. Context: a vCPU's own thread, no other one
 * executes guest code; may sleep.
 */
void kxen_domain_reset(struct kxen_domain *d)
{
	/* First: a call that has waited since before sees that its guest is gone. */
	atomic64_inc(&d->resets);
	kxen_domain_renew(d);
	trace_kxen_domain(d->domid, "reset");
}

/**
 * kxen_domain_mark_dirty() - What is written to without KVM's knowing, in a VM's dirty log.
 * @kvm: some VM.
 * @slot: the part of its memory whose log is about to be read.
 *
 * By the host, and by others to whom it is granted. Called by a hook for every VM of the host.
 * Context: kvm->slots_lock held.
 */
void kxen_domain_mark_dirty(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	struct kxen_domain *d = kxen_domain_of(kvm);

	if (!d)
		return;
	kxen_pages_mark_dirty(d, slot);
	kxen_dom0_pages_mark_dirty(d, slot);
	kxen_subsys_mark_dirty(d, slot);
	kxen_domain_put(d);
}

int kxen_domains_init(void)
{
	static const struct kxen_create host;	/* all by default */
	struct kxen_domain *d = alloc_domain(&host, true);
	int ret;

	if (IS_ERR(d))
		return PTR_ERR(d);
	kxen_debugfs_add(d);
	ret = kxen_world_init(d);
	if (ret) {
		kxen_debugfs_del(d);
		free_domain(d);
	}
	return ret;
}

/* No domain but the host is left: each holds a module reference. */
void kxen_domains_exit(void)
{
	kxen_debugfs_del(kxen_dom0);
	kxen_world_exit();
	free_domain(kxen_dom0);
}
