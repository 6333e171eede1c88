// SPDX-License-Identifier: GPL-2.0-only
/*
 * How an upcall reaches the guest on x86 (semantics A.7).
 *
 * The domain's callback vector behaves like a level: it is pending as long as
 * upcall_pending is set in the guest's vcpu_info, bypasses the LAPIC and needs
 * no EOI: inject.c. A per-vCPU vector is an edge to the LAPIC, an interrupt line
 * is raised by callback_gsi.c. Which of them it is, the guest has said: callback.c.
 *
 * KVM only asks when KVM_REQ_EVENT is set, so every change that can make an
 * upcall deliverable raises it: kxen_arch_upcall().
 */
#include <linux/types.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "x86.h"

/*
 * KVM looks for completed page faults when the LAPIC is software-enabled: the
 * moment to deliver an upcall that it refused while it was disabled, or that an INIT has
 * taken from it. The flag says whether there is one (A100).
 */
int kxen_on_apic_enabled(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	if (READ_ONCE(v->arch.upcall_vector) && !READ_ONCE(v->domain->reset_pending))
		kxen_arch_upcall_again(v);
	return 0;
}

void kxen_arch_upcall(struct kxen_vcpu *v)
{
	u8 vector = READ_ONCE(v->arch.upcall_vector);
	bool own;

	if (vector) {
		/*
		 * The flag was set first: whoever enables the LAPIC meanwhile sees
		 * that, or we see it enabled. Pairs with the barrier of the request
		 * that brings it to kxen_on_apic_enabled().
		 */
		smp_mb();
		kxen_glue_lapic_send(v->vcpu, vector);
		/* A guest that has set both kinds gets both, as on Xen. */
		if (!READ_ONCE(v->domain->arch.callback_vector))
			return;
	} else if (unlikely(READ_ONCE(v->domain->arch.callback_gsi)) && !v->id) {
		kxen_callback_gsi_raise(v->domain);
		return;
	}
	/* Its own thread looks before it sleeps. */
	own = kxen_glue_is_running_here(v->vcpu);
	if (own && !kxen_glue_nested(v->vcpu) &&
	    !kxen_glue_intr_allowed(v->vcpu) &&
	    kxen_glue_want_window(v->vcpu)) {
		/*
		 * A guest that sends to itself does it with interrupts off: what
		 * KVM's evaluation would come to, several times shorter.
		 */
		return;
	}
	kxen_glue_want_event(v->vcpu);
	if (!own)
		kxen_glue_kick(v->vcpu);
}

void kxen_arch_upcall_again(struct kxen_vcpu *v)
{
	if (kxen_upcall_pending(v))
		kxen_arch_upcall(v);
}

bool kxen_arch_upcall_deliverable(struct kxen_vcpu *v)
{
	if (!READ_ONCE(v->arch.upcall_vector) &&
	    !READ_ONCE(v->domain->arch.callback_vector) &&
	    !(READ_ONCE(v->domain->arch.callback_gsi) && !v->id))
		return false;
	return kxen_upcall_pending(v) && kxen_glue_intr_allowed(v->vcpu);
}
