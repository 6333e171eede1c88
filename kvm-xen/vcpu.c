// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs: creation, vcpu_info (semantics A.5), and the scheduler's callbacks that
 * mark them.
 */
#include <linux/slab.h>

#include "../evtchn/evtchn.h"
#include "arch.h"
#include "kvm_glue.h"
#include "kxen.h"
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
 * kxen_vcpu_alloc() - Our side of a vCPU that there is not yet.
 * @d: the domain.
 * @gfp: how to get the memory.
 *
 * Return: the vCPU, or NULL.
 */
struct kxen_vcpu *kxen_vcpu_alloc(struct kxen_domain *d, gfp_t gfp)
{
	struct kxen_vcpu *kv = kzalloc(sizeof(*kv), gfp);

	if (!kv)
		return NULL;
	kv->preempt_ops.sched_in = on_sched_in;
	kv->preempt_ops.sched_out = on_sched_out;
	kv->domain = d;
	raw_spin_lock_init(&kv->time_lock);
	raw_spin_lock_init(&kv->virq_lock);
	((u8 *)kv->dummy_vi)[1] = 1;	/* evtchn_upcall_mask, as Xen's dummy */
	kxen_timer_init(kv);
	return kv;
}

/**
 * kxen_vcpu_bind() - KVM's vCPU is there.
 * @kv: our side, not yet marked nor published.
 * @v: KVM's.
 * @id: Xen's number.
 *
 * Context: domain locked.
 */
void kxen_vcpu_bind(struct kxen_vcpu *kv, struct kvm_vcpu *v, u32 id)
{
	lockdep_assert_held(&kv->domain->lock);
	kv->vcpu = v;
	kv->id = id;
	kv->kvm_id = kxen_glue_vcpu_id(v);
	RCU_INIT_POINTER(kv->vi, default_vi(kv));
	kxen_runstate_init(kv);
}

static void reset_one(struct kxen_vcpu *kv)
{
	kxen_page_unpin(kv->domain, &kv->vi_page);
	kxen_area_clear(kv, &kv->runstate_area);
	kxen_area_clear(kv, &kv->time_area);
	WRITE_ONCE(kv->upcall_vector, 0);
	WRITE_ONCE(kv->resume, false);
	WRITE_ONCE(kv->time_stale, true);
}

/**
 * kxen_vcpus_reset() - Forget what the guest registered for its vCPUs.
 * @d: the domain, locked; its timers are stopped.
 *
 * Context: may sleep.
 */
void kxen_vcpus_reset(struct kxen_domain *d)
{
	struct kxen_vcpu *kv;
	u32 i;

	lockdep_assert_held(&d->lock);
	kxen_for_each_vcpu(d, i, kv)
		rcu_assign_pointer(kv->vi, default_vi(kv));
	/* Raisers write into vcpu_info under RCU. */
	kxen_domain_wait_senders(d);
	kxen_for_each_vcpu(d, i, kv)
		reset_one(kv);
}

/*
 * The pointer to vcpu_info moves; what is in the old place comes along. Who calls this
 * waits for the senders, and then has all events looked at again: from now on they go to
 * the new place, and those that still went to the old one are there after a grace period.
 */
static void move_vi(struct kxen_vcpu *kv, void *new)
{
	const struct kxen_layout *l = &kxen_layouts[kv->domain->compat];
	void *old = rcu_dereference_protected(kv->vi,
				lockdep_is_held(&kv->domain->lock));

	if (new != old) {
		memcpy(new, old, l->vcpu_info_size);
		rcu_assign_pointer(kv->vi, new);
	}
	WRITE_ONCE(kv->time_stale, true);
	kxen_glue_want_event(kv->vcpu);
}

/**
 * kxen_vcpu_info_moved() - shared_info was placed, moved or removed.
 * @kv: the vCPU.
 *
 * Context: domain locked. The caller waits for the senders, then rescans.
 */
void kxen_vcpu_info_moved(struct kxen_vcpu *kv)
{
	if (!kv->vi_page.page)
		move_vi(kv, default_vi(kv));
}

/**
 * kxen_vcpu_set_info() - VCPUOP_register_vcpu_info, arguments checked.
 * @kv: the vCPU, not necessarily the caller.
 * @gfn: guest page.
 * @offset: in it; aligned, and the structure fits.
 *
 * Context: no lock held, may sleep.
 * Return: 0; -EBUSY if registered before (-EINVAL up to Xen 4.17); -EINVAL if
 * the page is no RAM; -ENOSPC, -ENOMEM.
 */
int kxen_vcpu_set_info(struct kxen_vcpu *kv, u64 gfn, u32 offset)
{
	struct kxen_domain *d = kv->domain;
	struct kxen_page page = { };
	int ret;

	if (READ_ONCE(kv->vi_page.page))
		return -EBUSY;
	ret = kxen_page_pin(d, gfn, &page);
	if (ret)
		return ret;
	mutex_lock(&d->lock);
	if (!kv->vi_page.page) {
		swap(kv->vi_page, page);
		move_vi(kv, kv->vi_page.kaddr + offset);
		kxen_domain_wait_senders(d);
		kxen_evtchn_rescan(kv, true);	/* A82 */
		if (kxen_glue_is_running_here(kv->vcpu))
			kxen_arch_publish_time(kv, true);
	} else {
		ret = -EBUSY;
	}
	mutex_unlock(&d->lock);
	kxen_page_unpin(d, &page);
	return ret;
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
