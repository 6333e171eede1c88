/* SPDX-License-Identifier: GPL-2.0-only */
/* Types for arm64's part of the list of what is called in KVM. */
#ifndef KXEN_KVM_ARCH_CALLS_H
#define KXEN_KVM_ARCH_CALLS_H

#include <linux/kvm_host.h>
#include <linux/preempt.h>
#include <asm/kvm_pgtable.h>
#include <kvm/arm_vgic.h>

/* Types of what no header declares that can be included; none of these exists. */
bool kxen_t_queue_irq(struct kvm *kvm, struct vgic_irq *irq, unsigned long flags);
void kxen_t_wfi(struct kvm_vcpu *vcpu);
u64 kxen_t_read_sys_reg(const struct kvm_vcpu *vcpu, int reg);

typedef void (*kxen_t_sched_in)(struct preempt_notifier *pn, int cpu);

#endif
