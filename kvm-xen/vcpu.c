// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs: creation, vcpu_info (semantics A.5), and the scheduler's callbacks that
 * mark them.
 */
#include <linux/err.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "../evtchn/evtchn.h"
#include "arch.h"
#include "kvm_glue.h"
#include "kxen.h"
#include "park.h"
#include "trace.h"

static void on_sched_in(struct preempt_notifier *pn, int cpu)
{
	struct kxen_vcpu *kv = container_of(pn->ops, struct kxen_vcpu,
					    preempt_ops);

	kv->kvm_ops->sched_in(pn, cpu);
	kxen_runstate_set(kv, RUNSTATE_running);
}

static void on_sched_out(struct preempt_notifier *pn, struct task_struct *next)
{
	struct kxen_vcpu *kv = container_of(pn->ops, struct kxen_vcpu,
					    preempt_ops);
	u32 state = RUNSTATE_blocked;

	kv->kvm_ops->sched_out(pn, next);
	if (trace_kxen_ack_enabled())
		kxen_arch_look_for_ack(kv);
	if (kxen_glue_preempted(kv->vcpu))
		state = RUNSTATE_runnable;
	else if (kxen_glue_offline(kv->vcpu))
		state = RUNSTATE_offline;
	kxen_runstate_set(kv, state);
}

/* vcpu_info before registration: a slot of shared_info, or a dummy. */
static void *default_vi(struct kxen_vcpu *kv)
{
	struct kxen_domain *d = kv->domain;
	const struct kxen_layout *l = &kxen_layouts[d->compat];
	struct kxen_shinfo *s;

	s = rcu_dereference_protected(d->shinfo, lockdep_is_held(&d->lock));
	if (kv->id < l->vcpu_slots)
		return s->kaddr + kv->id * l->vcpu_info_size;
	return kv->dummy_vi;
}

/**
 * kxen_vcpu_create() - Our side of a vCPU.
 * @d: the domain, locked.
 * @v: KVM's vCPU.
 * @id: Xen's number.
 *
 * Return: the vCPU, not yet marked nor published, or an error pointer.
 */
struct kxen_vcpu *kxen_vcpu_create(struct kxen_domain *d, struct kvm_vcpu *v,
				   u32 id)
{
	struct kxen_vcpu *kv = kzalloc(sizeof(*kv), GFP_KERNEL_ACCOUNT);

	lockdep_assert_held(&d->lock);
	if (!kv)
		return ERR_PTR(-ENOMEM);
	kv->preempt_ops.sched_in = on_sched_in;
	kv->preempt_ops.sched_out = on_sched_out;
	kv->vcpu = v;
	kv->domain = d;
	kv->id = id;
	raw_spin_lock_init(&kv->time_lock);
	raw_spin_lock_init(&kv->virq_lock);
	((u8 *)kv->dummy_vi)[1] = 1;	/* evtchn_upcall_mask, as Xen's dummy */
	RCU_INIT_POINTER(kv->vi, default_vi(kv));
	kxen_runstate_init(kv);
	kxen_timer_init(kv);
	kxen_park_init(kv);
	return kv;
}

/**
 * kxen_domain_vcpu() - vCPU by Xen's number.
 * @d: the domain.
 * @id: the number, may come from a guest.
 *
 * Return: the vCPU or NULL; it lives as long as the domain.
 */
struct kxen_vcpu *kxen_domain_vcpu(struct kxen_domain *d, u32 id)
{
	if (id >= KXEN_MAX_VCPUS)
		return NULL;
	id = array_index_nospec(id, KXEN_MAX_VCPUS);
	return rcu_dereference_check(d->vcpus[id], true);
}

/**
 * kxen_vcpu_reset() - Forget what the guest registered for this vCPU.
 * @kv: the vCPU; its timers are stopped.
 *
 * Context: domain locked; may sleep.
 */
void kxen_vcpu_reset(struct kxen_vcpu *kv)
{
	struct kxen_domain *d = kv->domain;

	lockdep_assert_held(&d->lock);
	if (kv->vi_page.page) {
		rcu_assign_pointer(kv->vi, default_vi(kv));
		/* Raisers write into vcpu_info under RCU. */
		synchronize_rcu_expedited();
		kxen_page_unpin(d, &kv->vi_page);
	}
	kxen_area_clear(kv, &kv->runstate_area);
	kxen_area_clear(kv, &kv->time_area);
	WRITE_ONCE(kv->upcall_vector, 0);
	WRITE_ONCE(kv->lapic_owed, false);
	WRITE_ONCE(kv->resume, false);
	WRITE_ONCE(kv->time_stale, true);
}

/* The pointer to vcpu_info moves; what was set in the old place comes along. */
static void switch_vi(struct kxen_vcpu *kv, void *new, bool force)
{
	const struct kxen_layout *l = &kxen_layouts[kv->domain->compat];
	void *old = rcu_dereference_protected(kv->vi,
				lockdep_is_held(&kv->domain->lock));

	if (new == old)
		return;
	memcpy(new, old, l->vcpu_info_size);
	rcu_assign_pointer(kv->vi, new);
	/*
	 * From now on events go to the new place. Those that still went to the
	 * old one are all there after a grace period; everything is looked at
	 * again then, so none is lost (A82).
	 */
	synchronize_rcu_expedited();
	kxen_evtchn_rescan(kv, force);
}

/**
 * kxen_vcpu_info_moved() - shared_info was placed, moved or removed.
 * @kv: the vCPU.
 *
 * Context: domain locked, may sleep.
 */
void kxen_vcpu_info_moved(struct kxen_vcpu *kv)
{
	if (!kv->vi_page.page)
		switch_vi(kv, default_vi(kv), false);
	WRITE_ONCE(kv->time_stale, true);
	kxen_glue_want_event(kv->vcpu);
}

/**
 * kxen_vcpu_set_info() - VCPUOP_register_vcpu_info, arguments checked.
 * @kv: the vCPU, not necessarily the caller.
 * @gfn: guest page.
 * @offset: in it; aligned, and the structure fits.
 *
 * Context: domain locked, may sleep.
 * Return: 0; -EBUSY if registered before (-EINVAL up to Xen 4.17); -EINVAL if
 * the page is no RAM.
 */
int kxen_vcpu_set_info(struct kxen_vcpu *kv, u64 gfn, u32 offset)
{
	struct kxen_page page = { };
	int ret;

	lockdep_assert_held(&kv->domain->lock);
	if (kv->vi_page.page)
		return -EBUSY;
	ret = kxen_page_pin(kv->domain, gfn, &page);
	if (ret)
		return ret;
	kv->vi_page = page;
	switch_vi(kv, page.kaddr + offset, true);
	WRITE_ONCE(kv->time_stale, true);
	kxen_glue_want_event(kv->vcpu);
	if (kxen_glue_is_running_here(kv->vcpu))
		kxen_arch_publish_time(kv, true);
	return 0;
}

/* shared_info is that of a saved domain: its slot is used as it is. Domain locked. */
void kxen_vcpu_use_slot(struct kxen_vcpu *kv)
{
	rcu_assign_pointer(kv->vi, default_vi(kv));
}

/**
 * kxen_vcpu_restore_info() - vcpu_info of a saved vCPU: its content is in its memory.
 * @kv: the vCPU, which has never run.
 * @gfn: guest page, not trusted.
 * @offset: in it, not trusted.
 *
 * Context: domain locked, may sleep.
 * Return: 0; -EINVAL, also for an offset that no guest could have given.
 */
int kxen_vcpu_restore_info(struct kxen_vcpu *kv, u64 gfn, u32 offset)
{
	const struct kxen_layout *l = &kxen_layouts[kv->domain->compat];
	int ret;

	lockdep_assert_held(&kv->domain->lock);
	/* Registered by 32-bit code, it is aligned to 4 bytes only. */
	if (kv->vi_page.page || offset > PAGE_SIZE - l->vcpu_info_size ||
	    offset % 4)
		return -EINVAL;
	ret = kxen_page_pin(kv->domain, gfn, &kv->vi_page);
	if (!ret)
		rcu_assign_pointer(kv->vi, kv->vi_page.kaddr + offset);
	return ret;
}

/**
 * kxen_vcpu_resume() - A restored vCPU is about to run for the first time.
 * @kv: the vCPU.
 *
 * Context: its own thread; the VMM has set the guest's clock. Takes d->lock.
 */
void kxen_vcpu_resume(struct kxen_vcpu *kv)
{
	WRITE_ONCE(kv->resume, false);
	kxen_runstate_resume(kv);
	kxen_timer_resume(kv);
	mutex_lock(&kv->domain->lock);
	kxen_shinfo_wallclock(kv->domain);
	mutex_unlock(&kv->domain->lock);
}
