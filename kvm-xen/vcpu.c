// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs: creation, reset, and the scheduler's callbacks that mark them. */
#include <linux/slab.h>

#include "arch.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "subsys.h"
#include "trace.h"

static void on_sched_in(struct preempt_notifier *pn, int cpu)
{
	struct kxen_vcpu *v = container_of(pn->ops, struct kxen_vcpu,
					   preempt_ops);

	v->kvm_ops->sched_in(pn, cpu);
	kxen_runstate_set(v, RUNSTATE_running);
}

static void on_sched_out(struct preempt_notifier *pn, struct task_struct *next)
{
	struct kxen_vcpu *v = container_of(pn->ops, struct kxen_vcpu,
					   preempt_ops);
	u32 state = RUNSTATE_blocked;

	v->kvm_ops->sched_out(pn, next);
	if (trace_kxen_ack_enabled())
		kxen_arch_trace_ack(v);
	if (kxen_glue_preempted(v->vcpu))
		state = RUNSTATE_runnable;
	else if (kxen_glue_offline(v->vcpu))
		state = RUNSTATE_offline;
	kxen_runstate_set(v, state);
}

/* With evtchn_upcall_mask, as Xen's. Nobody sends. */
static void init_dummy(struct kxen_vcpu *v)
{
	memset(v->dummy_vcpu_info, 0, sizeof(v->dummy_vcpu_info));
	((u8 *)v->dummy_vcpu_info)[1] = 1;
}

/**
 * kxen_vcpu_alloc() - Our side of a vCPU that there is not yet.
 * @d: the domain.
 * @gfp: how to get the memory.
 *
 * Context: domain locked, may sleep.
 * Return: the vCPU, with what the parts of the domain hold of it, or NULL.
 */
struct kxen_vcpu *kxen_vcpu_alloc(struct kxen_domain *d, gfp_t gfp)
{
	struct kxen_vcpu *v = kzalloc(sizeof(*v), gfp);

	if (!v)
		return NULL;
	v->preempt_ops.sched_in = on_sched_in;
	v->preempt_ops.sched_out = on_sched_out;
	v->domain = d;
	v->hc.v = v;
	v->hc.d = d;
	kxen_fast_forget(&v->fast);
	raw_spin_lock_init(&v->time_lock);
	raw_spin_lock_init(&v->virq_lock);
	init_dummy(v);
	kxen_timer_init(v);
	if (kxen_subsys_vcpu_create(v, gfp)) {
		kfree(v);
		return NULL;
	}
	return v;
}

/* Nobody knows it, or any more. Context: may sleep. */
void kxen_vcpu_free(struct kxen_vcpu *v)
{
	kxen_subsys_vcpu_destroy(v);
	kfree(v);
}

/**
 * kxen_vcpu_bind() - KVM's vCPU is there.
 * @v: our side, not yet marked nor published.
 * @vcpu: KVM's.
 * @id: Xen's number.
 *
 * Context: domain locked.
 */
void kxen_vcpu_bind(struct kxen_vcpu *v, struct kvm_vcpu *vcpu, u32 id)
{
	lockdep_assert_held(&v->domain->lock);
	v->vcpu = vcpu;
	v->id = id;
	v->kvm_id = kxen_glue_vcpu_id(vcpu);
	kxen_vcpu_use_slot(v);
	kxen_runstate_init(v);
}

static void reset_one(struct kxen_vcpu *v)
{
	kxen_page_unpin(v->domain, &v->vcpu_info_page);
	kxen_area_clear(v, &v->runstate_area);
	kxen_area_clear(v, &v->time_area);
	kxen_arch_vcpu_reset(v);
	init_dummy(v);
	WRITE_ONCE(v->resume, false);
	WRITE_ONCE(v->time_stale, true);
}

/**
 * kxen_vcpus_reset() - Forget what the guest registered for its vCPUs.
 * @d: the domain, locked; its timers are stopped.
 *
 * Context: may sleep.
 */
void kxen_vcpus_reset(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	lockdep_assert_held(&d->lock);
	kxen_for_each_vcpu(d, i, v)
		kxen_vcpu_use_slot(v);
	/* Raisers write into vcpu_info under RCU. */
	kxen_domain_wait_senders(d);
	kxen_for_each_vcpu(d, i, v)
		reset_one(v);
}
