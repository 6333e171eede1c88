// SPDX-License-Identifier: GPL-2.0-only
/* A private interrupt of a vCPU, as a level. */
#include <linux/kvm_host.h>
#include <kvm/arm_vgic.h>

#include "../glue.h"
#include "../internal.h"
#include "glue.h"

/* Where there is no controller yet, or the guest has not been told where it is: nothing. */
static struct vgic_irq *ppi_of(struct kvm_vcpu *vcpu, u32 intid)
{
	struct vgic_irq *irqs = vcpu->arch.vgic_cpu.private_irqs;

	return READ_ONCE(vcpu->kvm->arch.vgic.initialized) && irqs ? &irqs[intid] : NULL;
}

/* What KVM has for the level. Any context. */
bool kxen_glue_ppi_is(struct kvm_vcpu *vcpu, u32 intid)
{
	const struct vgic_irq *irq = ppi_of(vcpu, intid);

	return irq && READ_ONCE(irq->line_level);
}

/**
 * kxen_glue_ppi() - Have the level of a private interrupt be what it is to be.
 * @vcpu: the vCPU.
 * @intid: the interrupt.
 * @level: says what, with @arg; called with the interrupt's lock, which orders it among several
 *	that do this at once.
 * @arg: for @level.
 *
 * While it is high KVM hands it to the guest, again and again. If it is high the vCPU is woken, or
 * leaves the guest to take it.
 * Context: any; takes KVM's locks of interrupts, below all others.
 */
void kxen_glue_ppi(struct kvm_vcpu *vcpu, u32 intid, bool (*level)(void *arg), void *arg)
{
	struct vgic_irq *irq = ppi_of(vcpu, intid);
	unsigned long flags;

	if (!irq)
		return;
	raw_spin_lock_irqsave(&irq->irq_lock, flags);
	irq->line_level = level(arg);
	if (irq->line_level) {
		kxen_kvm(vgic_queue_irq_unlock)(vcpu->kvm, irq, flags);
		__release(&irq->irq_lock);
	} else {
		raw_spin_unlock_irqrestore(&irq->irq_lock, flags);
	}
}
