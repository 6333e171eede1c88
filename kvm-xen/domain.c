// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: numbers, references, birth and death.
 *
 * A domain is made by user space and belongs to the file that made it, until it
 * gets a VM; from then on it lives exactly as long as the VM. Each holds a
 * reference to the module, so the module cannot go while one is alive. The
 * hooks are armed for the first VM and taken away after the last, from a work
 * item, since a VM can be destroyed in a context that should not wait.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <uapi/linux/kvm_xen.h>

#include "../evtchn/evtchn.h"
#include "arch.h"
#include "kvm_glue.h"
#include "kxen.h"
#include "log.h"
#include "park.h"
#include "trace.h"

/* Serialises creation, attaching, and arming. Never taken on a hot path. */
static DEFINE_MUTEX(kxen_domains_lock);
static DEFINE_XARRAY_ALLOC(kxen_domains);
static u32 next_domid = 1;
static u32 nr_attached;
static bool armed;

struct kxen_domain *kxen_dom0;

static void disarm_work_fn(struct work_struct *w)
{
	mutex_lock(&kxen_domains_lock);
	if (armed && !nr_attached) {
		kxen_arch_disarm();
		armed = false;
	}
	mutex_unlock(&kxen_domains_lock);
}

static DECLARE_WORK(disarm_work, disarm_work_fn);

bool kxen_hooks_armed(void)
{
	return READ_ONCE(armed);
}

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

static void free_domain(struct kxen_domain *d)
{
	u32 i;

	for (i = 0; i < d->nr_vcpus; i++)
		kfree(rcu_dereference_protected(d->vcpus[i], true));
	kxen_shinfo_free(d);
	kxen_evtchn_destroy(d->evtchn);
	xa_destroy(&d->held);
	kvfree(d);
}

static struct kxen_domain *alloc_domain(u32 max_ports, bool is_host)
{
	struct kxen_domain *d = kvzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);

	if (!d)
		return NULL;
	refcount_set(&d->ref, 1);
	mutex_init(&d->lock);
	mutex_init(&d->held_lock);
	xa_init_flags(&d->held, XA_FLAGS_ACCOUNT);
	raw_spin_lock_init(&d->virq_lock);
	init_waitqueue_head(&d->park_wait);
	d->is_host = is_host;
	d->xen_major = 4;
	d->xen_minor = 17;
	d->shutdown_reason = U32_MAX;
	kxen_watchdog_init(d);
	d->max_ports = max_ports ?: KXEN_DEFAULT_PORTS;
	d->evtchn = kxen_evtchn_create(d);
	if (!d->evtchn) {
		kvfree(d);
		return NULL;
	}
	if (kxen_evtchn_init_ports(d) || kxen_shinfo_init(d)) {
		free_domain(d);
		return NULL;
	}
	return d;
}

/**
 * kxen_domain_put() - Give a reference back.
 * @d: the domain.
 *
 * Context: may sleep when it is the last one.
 */
void kxen_domain_put(struct kxen_domain *d)
{
	if (!refcount_dec_and_test(&d->ref))
		return;
	/* Somebody may have found it under RCU and failed to get a reference. */
	synchronize_rcu();
	free_domain(d);
	module_put(THIS_MODULE);
}

/**
 * kxen_domain_get() - Look a domain up.
 * @domid: its number.
 *
 * Return: the domain with a reference, or NULL.
 */
struct kxen_domain *kxen_domain_get(u32 domid)
{
	struct kxen_domain *d;

	rcu_read_lock();
	d = xa_load(&kxen_domains, domid);
	if (d && !refcount_inc_not_zero(&d->ref))
		d = NULL;
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

/*
 * Numbers go up and are not reused soon: a peer's unbound port that names a
 * dead domain must not be open to a new one (semantics A120).
 */
static int take_domid(struct kxen_domain *d, u32 want)
{
	u32 id = want;
	int ret;

	if (want != KXEN_DOMID_AUTO) {
		if (!want || want >= KXEN_FIRST_RESERVED)
			return -EINVAL;
		d->domid = want;
		ret = xa_insert(&kxen_domains, want, d, GFP_KERNEL);
		return ret == -EBUSY ? -EEXIST : ret;
	}
	/* Published only when it is complete: reserve, fill in, store. */
	ret = xa_alloc_cyclic(&kxen_domains, &id, NULL,
			      XA_LIMIT(1, KXEN_FIRST_RESERVED - 1),
			      &next_domid, GFP_KERNEL);
	if (ret < 0)
		return ret == -EBUSY ? -ENOSPC : ret;
	d->domid = id;
	return xa_err(xa_store(&kxen_domains, id, d, GFP_KERNEL));
}

/**
 * kxen_domain_create() - Make a domain without a VM.
 * @c: what user space wants, checked for unknown flags.
 * @owner: id of its control file.
 *
 * Context: may sleep; the caller holds a reference to the module.
 * Return: the domain, published, with a reference for the caller, or an error
 * pointer: -EEXIST, -ENOSPC, -EINVAL, -ENOMEM.
 */
struct kxen_domain *kxen_domain_create(const struct kxen_create *c, u64 owner)
{
	struct kxen_domain *d = alloc_domain(c->max_ports, false);
	int ret;

	if (!d)
		return ERR_PTR(-ENOMEM);
	d->flags = c->flags;
	d->owner = owner;
	d->max_grant_frames = c->max_grant_frames;
	d->max_maptrack_frames = c->max_maptrack_frames;
	memcpy(d->uuid, c->uuid, sizeof(d->uuid));
	if (c->xen_major || c->xen_minor) {
		d->xen_major = c->xen_major;
		d->xen_minor = c->xen_minor;
	}
	refcount_inc(&d->ref);
	__module_get(THIS_MODULE);
	mutex_lock(&kxen_domains_lock);
	ret = take_domid(d, c->domid);
	mutex_unlock(&kxen_domains_lock);
	if (ret) {
		free_domain(d);
		module_put(THIS_MODULE);
		return ERR_PTR(ret);
	}
	kxen_debugfs_add(d);
	trace_kxen_domain(d->domid, "create");
	return d;
}

static void unpublish(struct kxen_domain *d)
{
	kxen_debugfs_del(d);
	xa_erase(&kxen_domains, d->domid);
	kxen_domain_put(d);	/* the one of kxen_domain_create() */
}

/**
 * kxen_domain_destroy() - End a domain that has no VM.
 * @d: the domain; the caller holds a reference of its own.
 *
 * Return: 0; -EBUSY while a VM is attached; -ENOENT if it is gone already.
 */
int kxen_domain_destroy(struct kxen_domain *d)
{
	mutex_lock(&kxen_domains_lock);
	if (d->kvm || d->is_host) {
		mutex_unlock(&kxen_domains_lock);
		return -EBUSY;
	}
	if (d->state == KXEN_DYING) {
		mutex_unlock(&kxen_domains_lock);
		return -ENOENT;
	}
	WRITE_ONCE(d->state, KXEN_DYING);
	mutex_unlock(&kxen_domains_lock);
	kxen_virq_drop_handler(d);
	kxen_evtchn_close_all(d);
	trace_kxen_domain(d->domid, "destroy");
	unpublish(d);
	return 0;
}

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

static int arm(void)
{
	int ret;

	lockdep_assert_held(&kxen_domains_lock);
	if (armed)
		return 0;
	ret = kxen_arch_arm();
	armed = !ret;
	return ret;
}

/* Adopt the VM's vCPU with index @idx; its number stays for ever. */
static int adopt(struct kxen_domain *d, u32 idx)
{
	struct kvm_vcpu *v = kxen_glue_vcpu_by_idx(d->kvm, idx);
	struct kxen_vcpu *kv;

	lockdep_assert_held(&d->lock);
	if (!v || idx >= KXEN_MAX_VCPUS)
		return -ENOENT;
	/* Can be switched on until there is a vCPU, so also after the attach. */
	if (kxen_glue_has_dirty_ring(d->kvm))
		return -EOPNOTSUPP;
	if (rcu_dereference_protected(d->vcpus[idx], true))
		return 0;
	kv = kxen_vcpu_create(d, v, idx);
	if (IS_ERR(kv))
		return PTR_ERR(kv);
	if (kxen_glue_mark(kv)) {
		kfree(kv);
		return -EBUSY;
	}
	rcu_assign_pointer(d->vcpus[idx], kv);
	if (idx >= d->nr_vcpus)
		WRITE_ONCE(d->nr_vcpus, idx + 1);
	return 0;
}

static bool is_attached(struct kvm *kvm)
{
	struct kxen_domain *d;
	unsigned long i;

	lockdep_assert_held(&kxen_domains_lock);
	xa_for_each(&kxen_domains, i, d)
		if (d->kvm == kvm)
			return true;
	return false;
}

static int attach_refusal(struct kxen_domain *d, struct kvm *kvm, u32 *reason)
{
	*reason = KXEN_WHY_NONE;
	if (d->state == KXEN_DYING)
		*reason = KXEN_WHY_DYING;
	else if (d->kvm || d->is_host)
		*reason = KXEN_WHY_DOM_ATTACHED;
	else if (is_attached(kvm))
		*reason = KXEN_WHY_VM_ATTACHED;
	else
		*reason = kxen_glue_vm_refuse(kvm);

	switch (*reason) {
	case KXEN_WHY_NONE:
		return 0;
	case KXEN_WHY_DYING:
		return -ESHUTDOWN;
	case KXEN_WHY_DOM_ATTACHED:
	case KXEN_WHY_VM_ATTACHED:
	case KXEN_WHY_KVM_XEN:
		return -EBUSY;
	default:
		return -EOPNOTSUPP;
	}
}

/*
 * From here on the VM's destruction ends the domain: what fails later is undone
 * by that, the caller only reports it.
 */
static int attach_vm(struct kxen_domain *d, struct kvm *kvm)
{
	struct kxen_anchor *a;
	int ret;
	u32 i;

	lockdep_assert_held(&kxen_domains_lock);
	a = kxen_glue_anchor(kvm, kxen_domain_vm_gone, d);
	if (IS_ERR(a))
		return PTR_ERR(a);
	d->anchor = a;
	nr_attached++;
	WRITE_ONCE(d->kvm, kvm);
	d->state = KXEN_RUNNING;
	ret = kxen_arch_domain_init(d);

	mutex_lock(&d->lock);
	for (i = 0; !ret && kxen_glue_vcpu_by_idx(kvm, i); i++)
		ret = adopt(d, i);
	mutex_unlock(&d->lock);
	return ret;
}

/**
 * kxen_domain_attach() - Give a domain its VM.
 * @d: the domain.
 * @vm_fd: a KVM VM of the calling process.
 * @reason: set to KXEN_WHY_*.
 *
 * Context: may sleep; the first attach arms the hooks, which takes a while.
 * Return: 0 or -errno as KXEN_ATTACH documents.
 */
int kxen_domain_attach(struct kxen_domain *d, int vm_fd, u32 *reason)
{
	struct file *f;
	struct kvm *kvm;
	int ret;

	f = kxen_glue_vm_file(vm_fd, &kvm);
	if (IS_ERR(f)) {
		*reason = KXEN_WHY_NOT_A_VM;
		return PTR_ERR(f);
	}
	mutex_lock(&kxen_domains_lock);
	ret = attach_refusal(d, kvm, reason);
	if (!ret) {
		ret = arm();
		*reason = ret ? KXEN_WHY_HOOKS : KXEN_WHY_NONE;
	}
	if (!ret)
		ret = attach_vm(d, kvm);
	if (!nr_attached)
		schedule_work(&disarm_work);
	mutex_unlock(&kxen_domains_lock);
	if (!ret)
		trace_kxen_domain(d->domid, "attach");
	fput(f);
	return ret;
}

/* The domain of a VM, with a reference, or NULL. Any VM of the host; does not sleep. */
static struct kxen_domain *domain_of(struct kvm *kvm)
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

/**
 * kxen_domain_vcpu_created() - A vCPU was added to some VM.
 * @v: the vCPU.
 *
 * Called by a hook for every VM of the host: does nothing, and does not sleep,
 * unless the VM has a domain.
 */
void kxen_domain_vcpu_created(struct kvm_vcpu *v)
{
	struct kvm *kvm = kxen_glue_vcpu_kvm(v);
	struct kxen_domain *d = domain_of(kvm);

	if (!d)
		return;
	mutex_lock(&d->lock);
	if (d->kvm == kvm && adopt(d, kxen_glue_vcpu_idx(v)))
		kxen_warn_guest(d, "vCPU %u stays without Xen",
				kxen_glue_vcpu_idx(v));
	mutex_unlock(&d->lock);
	kxen_domain_put(d);
}

/**
 * kxen_domain_mark_dirty() - The pages that the host writes to, in a VM's dirty log.
 * @kvm: some VM.
 * @slot: the part of its memory whose log is about to be read.
 *
 * Called by a hook for every VM of the host. Context: kvm->slots_lock held.
 */
void kxen_domain_mark_dirty(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	struct kxen_domain *d = domain_of(kvm);
	unsigned long gfn;
	void *entry;

	if (!d)
		return;
	xa_for_each(&d->held, gfn, entry)
		kxen_glue_slot_dirty(slot, gfn);
	kxen_domain_put(d);
}

/**
 * kxen_domain_vm_gone() - The VM is being destroyed: end the domain.
 * @d: the domain.
 *
 * Context: process context, no vCPU exists that could run. May sleep.
 */
void kxen_domain_vm_gone(struct kxen_domain *d)
{
	u32 i;

	mutex_lock(&kxen_domains_lock);
	WRITE_ONCE(d->state, KXEN_DYING);
	mutex_unlock(&kxen_domains_lock);

	/* Peers first: after this nobody sends to us, and no timer fires. */
	kxen_virq_drop_handler(d);
	kxen_evtchn_close_all(d);
	kxen_watchdog_stop(d);
	for (i = 0; i < d->nr_vcpus; i++) {
		struct kxen_vcpu *kv = kxen_domain_vcpu(d, i);

		if (kv)
			kxen_timer_stop(kv);
	}
	/* Senders that had looked a vCPU up before the ports were closed. */
	synchronize_rcu();

	mutex_lock(&d->lock);
	for (i = 0; i < d->nr_vcpus; i++) {
		struct kxen_vcpu *kv = kxen_domain_vcpu(d, i);

		if (!kv)
			continue;
		kxen_glue_unmark(kv);
		kxen_vcpu_reset(kv);
	}
	kxen_arch_domain_reset(d);
	kxen_shinfo_reset(d);
	WRITE_ONCE(d->kvm, NULL);
	mutex_unlock(&d->lock);

	trace_kxen_domain(d->domid, "gone");
	mutex_lock(&kxen_domains_lock);
	if (!--nr_attached)
		schedule_work(&disarm_work);
	mutex_unlock(&kxen_domains_lock);
	/* Toolstacks look when they are told, and must not find it any more. */
	__module_get(THIS_MODULE);
	unpublish(d);
	kxen_virq_raise_global(VIRQ_DOM_EXC);
	module_put(THIS_MODULE);
}

/**
 * kxen_domain_reset() - Back to the state of creation.
 * @d: the domain.
 *
 * For a machine reset and for SHUTDOWN_soft_reset. The caller makes sure that no
 * vCPU but the calling one executes guest code.
 * Context: a vCPU's own thread, may sleep.
 */
void kxen_domain_reset(struct kxen_domain *d)
{
	u32 i;

	kxen_evtchn_close_all(d);
	kxen_watchdog_stop(d);
	mutex_lock(&d->lock);
	kxen_arch_domain_reset(d);
	for (i = 0; i < d->nr_vcpus; i++) {
		struct kxen_vcpu *kv = kxen_domain_vcpu(d, i);

		if (!kv)
			continue;
		kxen_timer_stop(kv);
		kxen_vcpu_reset(kv);
	}
	kxen_shinfo_reset(d);
	memset(d->params, 0, sizeof(d->params));
	d->vm_assist = 0;
	d->compat = false;
	d->shutdown_reason = U32_MAX;
	d->state = KXEN_RUNNING;
	WRITE_ONCE(d->used, false);
	mutex_unlock(&d->lock);
	kxen_evtchn_reopen(d);
	atomic64_inc(&d->resets);
	trace_kxen_domain(d->domid, "reset");
}

/* Count it, and say so once: a guest can come and go at this mark as it likes. */
void kxen_domain_near_limit(struct kxen_domain *d, u32 *counter, const char *of)
{
	WRITE_ONCE(*counter, *counter + 1);
	trace_kxen_domain(d->domid, "80%");
	if (*counter == 1)
		kxen_warn_guest(d, "80 %% of its %s are in use", of);
}

/* Said once: its VMM's user may lock no more memory. */
void kxen_domain_out_of_memlock(struct kxen_domain *d)
{
	if (!xchg(&d->memlock_out, true))
		kxen_warn_guest(d, "its VMM may lock no more than %ld pages: raise its RLIMIT_MEMLOCK",
				d->memlock);
}

static u32 query_state(struct kxen_domain *d)
{
	if (d->is_host)
		return KXEN_STATE_HOST;
	switch (READ_ONCE(d->state)) {
	case KXEN_CREATED:
		return KXEN_STATE_CREATED;
	case KXEN_RUNNING:
		return KXEN_STATE_RUNNING;
	case KXEN_SHUTDOWN:
		return KXEN_STATE_SHUTDOWN;
	default:
		return KXEN_STATE_DYING;
	}
}

/* Fill in what KXEN_QUERY reports; counters are read without stopping anyone. */
void kxen_domain_query(struct kxen_domain *d, struct kxen_query *q)
{
	u32 i;

	q->domid = d->domid;
	q->state = query_state(d);
	q->shutdown_reason = d->shutdown_reason;
	q->dom_flags = d->flags;
	q->xen_version = d->xen_major << 16 | d->xen_minor;
	q->max_ports = d->max_ports;
	q->ports = kxen_evtchn_count(d);
	q->evtchn_abi = kxen_evtchn_abi(d);
	q->pinned_pages = atomic_read(&d->pinned);
	q->resets = atomic64_read(&d->resets);
	q->ports_high = READ_ONCE(d->ports_high);
	q->pinned_high = READ_ONCE(d->pinned_high);
	q->max_pinned = KXEN_MAX_PINNED;
	q->width = d->compat ? 32 : 64;
	memcpy(q->uuid, d->uuid, sizeof(q->uuid));
	mutex_lock(&d->lock);
	q->paused = d->pause_count;
	q->pid = d->kvm ? kxen_glue_vm_pid(d->kvm) : 0;
	mutex_unlock(&d->lock);
	for (i = 0; i < READ_ONCE(d->nr_vcpus); i++) {
		struct kxen_vcpu *kv = kxen_domain_vcpu(d, i);

		if (!kv)
			continue;
		q->vcpus++;
		q->hypercalls += READ_ONCE(kv->stats.hypercalls);
		q->sends += READ_ONCE(kv->stats.sends);
		q->vectors += READ_ONCE(kv->stats.vectors);
		q->upcalls += atomic64_read(&kv->upcalls);
		q->timers += atomic64_read(&kv->timers);
	}
}

int kxen_domains_init(void)
{
	struct kxen_domain *d = alloc_domain(KXEN_HOST_PORTS, true);

	if (!d)
		return -ENOMEM;
	d->domid = 0;
	if (xa_err(xa_store(&kxen_domains, 0, d, GFP_KERNEL))) {
		free_domain(d);
		return -ENOMEM;
	}
	kxen_dom0 = d;
	kxen_debugfs_add(d);
	return 0;
}

/* No domain but the host is left: each holds a module reference. */
void kxen_domains_exit(void)
{
	flush_work(&disarm_work);
	kxen_debugfs_del(kxen_dom0);
	xa_erase(&kxen_domains, 0);
	synchronize_rcu();
	free_domain(kxen_dom0);
	xa_destroy(&kxen_domains);
}
