// SPDX-License-Identifier: GPL-2.0-only
/*
 * How an upcall reaches the guest on x86 (semantics A.7).
 *
 * The domain's callback vector behaves like a level: it is pending as long as
 * upcall_pending is set in the guest's vcpu_info, bypasses the LAPIC and needs
 * no EOI. KVM asks for it through the functions that normally ask the 8259. A
 * per-vCPU vector is an edge to the LAPIC.
 *
 * KVM only asks when KVM_REQ_EVENT is set, so every change that can make an
 * upcall deliverable raises it: kxen_arch_upcall().
 */
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/hvm/params.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm_glue.h"
#include "../kvm-xen/trace.h"
#include "x86.h"

bool kxen_upcall_pending(struct kxen_vcpu *kv)
{
	const u8 *vi;
	bool pending;

	rcu_read_lock();
	vi = rcu_dereference(kv->vi);
	pending = READ_ONCE(*vi);
	rcu_read_unlock();
	return pending;
}

/*
 * The callback vector if it is pending, else 0. Read once: a reset clears it. While the
 * vCPU runs a guest of its own it is pending as ever: KVM ends that one for it, or not, as
 * the vCPU's hypervisor wants it.
 */
static u8 level_pending(struct kxen_vcpu *kv)
{
	u8 vector = READ_ONCE(kv->domain->callback_vector);

	return vector && kxen_upcall_pending(kv) ? vector : 0;
}

/*
 * KVM asks whether there is an interrupt, and then which. The flag is in the guest's memory,
 * where another vCPU may have cleared it in between: what was answered is handed out, once.
 * An upcall for nothing is one that every guest takes; no answer is a bug to KVM.
 */
static u8 offer(struct kxen_vcpu *kv, u8 vector)
{
	kv->offered = vector;
	return vector;
}

static int take_vector(struct kxen_vcpu *kv, struct kxen_hook_args *a)
{
	u8 vector = kv->offered;

	if (!vector) {
		/* KVM's function runs, and asks has_extint once more: for the 8259. */
		kv->asks_pic = true;
		return 0;
	}
	offer(kv, 0);
	a->ret = vector;
	kv->stats.vectors++;
	kxen_level_taken(kv);
	if (trace_kxen_ack_enabled())
		WRITE_ONCE(kv->ack_owed, true);
	trace_kxen_vector(kv->domain->domid, kv->id, a->ret);
	return 1;
}

/* int kvm_cpu_has_extint(vcpu); also the place to publish a changed clock */
int kxen_on_has_extint(struct kxen_vcpu *kv, struct kxen_hook_args *a)
{
	u8 vector = level_pending(kv);

	a->ret = 1;
	if (!kxen_glue_is_running_here(kv->vcpu))
		return vector;
	if (unlikely(kv->asks_pic)) {
		/*
		 * An upcall of just now is none of the 8259's. It is looked for anew, also
		 * where the compiler has left no such question, and this is a later one.
		 */
		kv->asks_pic = false;
		if (vector)
			kxen_glue_want_event(kv->vcpu);
		return 0;
	}
	kxen_arch_publish_time(kv, false);
	if (trace_kxen_ack_enabled())
		kxen_arch_look_for_ack(kv);
	return offer(kv, kxen_level_wanted(kv, vector));
}

int kxen_on_has_interrupt(struct kxen_vcpu *kv, struct kxen_hook_args *a)
{
	u8 vector = level_pending(kv);

	a->ret = 1;
	return kxen_glue_is_running_here(kv->vcpu) ? offer(kv, vector) : vector;
}

/*
 * Either we hand the callback vector out, or KVM takes the LAPIC's highest one,
 * which may be the per-vCPU vector: then it is only counted here.
 */
int kxen_on_get_interrupt(struct kxen_vcpu *kv, struct kxen_hook_args *a)
{
	u8 vector = READ_ONCE(kv->upcall_vector);

	if (take_vector(kv, a))
		return 1;
	if (vector && kxen_glue_lapic_highest(kv->vcpu) == vector) {
		kv->stats.vectors++;
		trace_kxen_vector(kv->domain->domid, kv->id, vector);
	}
	return 0;
}

int kxen_on_get_extint(struct kxen_vcpu *kv, struct kxen_hook_args *a)
{
	return take_vector(kv, a);
}

/*
 * KVM looks for completed page faults when the LAPIC is software-enabled: the
 * moment to deliver an upcall that it refused while it was disabled, or that an INIT has
 * taken from it. The flag says whether there is one (A100).
 */
int kxen_on_apic_enabled(struct kxen_vcpu *kv, struct kxen_hook_args *a)
{
	if (READ_ONCE(kv->upcall_vector) && !READ_ONCE(kv->domain->reset_pending))
		kxen_arch_upcall_again(kv);
	return 0;
}

void kxen_arch_upcall(struct kxen_vcpu *kv)
{
	u8 vector = READ_ONCE(kv->upcall_vector);

	if (vector) {
		/*
		 * The flag was set first: whoever enables the LAPIC meanwhile sees
		 * that, or we see it enabled. Pairs with the barrier of the request
		 * that brings it to kxen_on_apic_enabled().
		 */
		smp_mb();
		kxen_glue_lapic_send(kv->vcpu, vector);
		/* A guest that has set both kinds gets both, as on Xen. */
		if (!READ_ONCE(kv->domain->callback_vector))
			return;
	} else if (unlikely(READ_ONCE(kv->domain->line_gsi)) && !kv->id) {
		kxen_line_raise(kv->domain);
		return;
	}
	if (kxen_glue_is_running_here(kv->vcpu) && in_task() &&
	    !kxen_glue_nested(kv->vcpu) &&
	    !kxen_glue_intr_allowed(kv->vcpu) &&
	    kxen_glue_want_window(kv->vcpu)) {
		/*
		 * A guest that sends to itself does it with interrupts off: what
		 * KVM's evaluation would come to, several times shorter.
		 */
		return;
	}
	kxen_glue_want_event(kv->vcpu);
	if (!kxen_glue_is_running_here(kv->vcpu))
		kxen_glue_kick(kv->vcpu);
}

void kxen_arch_upcall_again(struct kxen_vcpu *kv)
{
	if (kxen_upcall_pending(kv))
		kxen_arch_upcall(kv);
}

bool kxen_arch_upcall_deliverable(struct kxen_vcpu *kv)
{
	if (!READ_ONCE(kv->upcall_vector) &&
	    !READ_ONCE(kv->domain->callback_vector) &&
	    !(READ_ONCE(kv->domain->line_gsi) && !kv->id))
		return false;
	return kxen_upcall_pending(kv) && kxen_glue_intr_allowed(kv->vcpu);
}

long kxen_arch_set_callback(struct kxen_vcpu *kv, u64 value)
{
	struct kxen_domain *d = kv->domain;
	u8 vector = 0;
	int ret;
	u32 i;

	lockdep_assert_held(&d->lock);
	ret = kxen_line_set(d, kxen_line_gsi(value));
	if (ret)
		return ret;
	if (value >> 56 == HVM_PARAM_CALLBACK_TYPE_VECTOR)
		vector = value;
	if (vector && vector < 0x10)
		vector = 0;
	WRITE_ONCE(d->callback_vector, vector);
	for (i = 0; i < d->nr_vcpus; i++) {
		struct kxen_vcpu *o = kxen_domain_vcpu(d, i);

		if (o)
			kxen_arch_upcall_again(o);
	}
	return 0;
}

long kxen_arch_set_upcall_vector(struct kxen_vcpu *kv, u32 vector)
{
	if (vector < 0x10)
		return -EINVAL;
	WRITE_ONCE(kv->upcall_vector, vector);
	kxen_arch_upcall_again(kv);
	return 0;
}
