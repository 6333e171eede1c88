// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs: creation, reset, and the scheduler's callbacks that mark them. */
#include <linux/slab.h>

#include "arch.h"
#include "kvm/glue.h"
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
	((u8 *)kv->dummy_vcpu_info)[1] = 1;	/* evtchn_upcall_mask, as Xen's dummy */
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
	kxen_vcpu_use_slot(kv);
	kxen_runstate_init(kv);
}

static void reset_one(struct kxen_vcpu *kv)
{
	kxen_page_unpin(kv->domain, &kv->vcpu_info_page);
	kxen_area_clear(kv, &kv->runstate_area);
	kxen_area_clear(kv, &kv->time_area);
	kxen_arch_vcpu_reset(kv);
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
		kxen_vcpu_use_slot(kv);
	/* Raisers write into vcpu_info under RCU. */
	kxen_domain_wait_senders(d);
	kxen_for_each_vcpu(d, i, kv)
		reset_one(kv);
}
