// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM asks whether there is an interrupt, and which: the callback vector, through the
 * functions that normally ask the 8259 (semantics A.7).
 */
#include <linux/types.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/trace.h"
#include "x86.h"

/*
 * The callback vector if it is pending, else 0. Read once: a reset clears it. While the
 * vCPU runs a guest of its own it is pending as ever: KVM ends that one for it, or not, as
 * the vCPU's hypervisor wants it.
 */
static u8 level_pending(struct kxen_vcpu *v)
{
	u8 vector = READ_ONCE(v->domain->arch.callback_vector);

	return vector && kxen_upcall_pending(v) ? vector : 0;
}

/*
 * KVM asks whether there is an interrupt, and then which. The flag is in the guest's memory,
 * where another vCPU may have cleared it in between: what was answered is handed out, once.
 * An upcall for nothing is one that every guest takes; no answer is a bug to KVM.
 */
static u8 offer(struct kxen_vcpu *v, u8 vector)
{
	v->arch.offered = vector;
	return vector;
}

static int take_vector(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	u8 vector = v->arch.offered;

	if (!vector) {
		/* KVM's function runs, and asks has_extint once more: for the 8259. */
		v->arch.asks_pic = true;
		return 0;
	}
	offer(v, 0);
	a->ret = vector;
	v->stats.vectors++;
	kxen_resample_taken(v);
	if (trace_kxen_ack_enabled())
		WRITE_ONCE(v->arch.trace_ack_pending, true);
	trace_kxen_vector(v->domain->domid, v->id, a->ret);
	return 1;
}

/* int kvm_cpu_has_extint(vcpu); also the place to publish a changed clock */
int kxen_on_has_extint(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	u8 vector = level_pending(v);

	a->ret = 1;
	if (!kxen_glue_is_running_here(v->vcpu))
		return vector;
	if (unlikely(v->arch.asks_pic)) {
		/*
		 * An upcall of just now is none of the 8259's. It is looked for anew, also
		 * where the compiler has left no such question, and this is a later one.
		 */
		v->arch.asks_pic = false;
		if (vector)
			kxen_glue_want_event(v->vcpu);
		return 0;
	}
	kxen_arch_publish_time(v, false);
	if (trace_kxen_ack_enabled())
		kxen_arch_trace_ack(v);
	return offer(v, kxen_resample_wanted(v, vector));
}

int kxen_on_has_interrupt(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	u8 vector = level_pending(v);

	a->ret = 1;
	return kxen_glue_is_running_here(v->vcpu) ? offer(v, vector) : vector;
}

/*
 * Either we hand the callback vector out, or KVM takes the LAPIC's highest one,
 * which may be the per-vCPU vector: then it is only counted here.
 */
int kxen_on_get_interrupt(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	u8 vector = READ_ONCE(v->arch.upcall_vector);

	if (take_vector(v, a))
		return 1;
	if (vector && kxen_glue_lapic_highest(v->vcpu) == vector) {
		v->stats.vectors++;
		trace_kxen_vector(v->domain->domid, v->id, vector);
	}
	return 0;
}

int kxen_on_get_extint(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	return take_vector(v, a);
}
