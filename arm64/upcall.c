// SPDX-License-Identifier: GPL-2.0-only
/*
 * How an upcall reaches the guest on arm64: PPI 31, a level that is high as long as upcall_pending
 * is set in the guest's vcpu_info (semantics A105).
 *
 * Nobody is told when the guest clears the flag, so the level is what the flag is before each
 * entry: kxen_on_flush_irqs(). KVM makes the guest exit at the end of such an interrupt, and so
 * comes by there: a guest that has left its flag set, or whose flag was set again since it looked
 * last, gets the interrupt again. Whoever sets the flag raises the level, too, for a vCPU that
 * sleeps or is in the guest: kxen_arch_upcall().
 *
 * Of the two, each looks at the flag under KVM's lock of that interrupt, or sets the flag before
 * it takes that: whichever is later leaves the level as the flag is.
 */
#include <linux/sched.h>
#include <linux/thread_info.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/arm64/glue.h"
#include "../kvm-xen/trace.h"
#include "arm64.h"

static bool level_of(struct kxen_vcpu *v)
{
	return kxen_upcall_pending(v) && !READ_ONCE(v->domain->arch.held);
}

/* What kxen_glue_ppi() asks, with the interrupt's lock held. */
static bool ppi_level(void *arg)
{
	return level_of(arg);
}

void kxen_arch_upcall(struct kxen_vcpu *v)
{
	if (!READ_ONCE(v->domain->arch.held))
		kxen_glue_ppi(v->vcpu, KXEN_PPI, ppi_level, v);
}

void kxen_arch_upcall_again(struct kxen_vcpu *v)
{
	if (kxen_upcall_pending(v))
		kxen_arch_upcall(v);
}

bool kxen_arch_upcall_deliverable(struct kxen_vcpu *v)
{
	return level_of(v) && kxen_glue_irqs_on(v->vcpu);
}

/* HVM_PARAM_CALLBACK_IRQ: guests read it, and it says nothing that could be changed. */
long kxen_arch_set_callback(struct kxen_vcpu *v, u64 value)
{
	WRITE_ONCE(v->domain->arch.held, false);
	kxen_arch_upcall_again(v);
	return 0;
}

/* The guest is about to see the level, or to have been seen to clear its flag. */
static void note_level(struct kxen_vcpu *v, bool level)
{
	if (level == v->arch.shown)
		return;
	v->arch.shown = level;
	if (level) {
		v->stats.vectors++;
		trace_kxen_vector(v->domain->domid, v->id, KXEN_PPI);
	} else if (trace_kxen_ack_enabled()) {
		trace_kxen_ack(v->domain->domid, v->id, 1);
	}
}

/*
 * void kvm_vgic_flush_hwstate(vcpu): on its way into the guest, preemption and interrupts off,
 * before KVM looks whether something has been asked of it.
 */
int kxen_on_flush_irqs(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	bool level = level_of(v);

	if (kxen_glue_ppi_is(v->vcpu, KXEN_PPI) != level)
		kxen_glue_ppi(v->vcpu, KXEN_PPI, ppi_level, v);
	note_level(v, level);
	/* Out of KVM_RUN, by what KVM takes for a signal: kxen_on_run() is next. */
	if (unlikely(READ_ONCE(v->domain->arch.crash)))
		set_thread_flag(TIF_NOTIFY_SIGNAL);
	return 0;
}

/* Acknowledgements are seen where the level is. */
int kxen_trace_ack_reg(void)
{
	return 0;
}

void kxen_trace_ack_unreg(void)
{
}

void kxen_arch_trace_ack(struct kxen_vcpu *v)
{
	if (!kxen_upcall_pending(v))
		note_level(v, false);
}
