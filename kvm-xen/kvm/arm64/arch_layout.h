/* SPDX-License-Identifier: GPL-2.0-only */
/* arm64's part of the table in layout.c: members that the glue looks into. No include guard. */

MEMBER(kvm_vcpu_arch, ctxt),
MEMBER(kvm_vcpu_arch, fault),
MEMBER(kvm_vcpu_fault_info, esr_el2),
MEMBER(kvm_vcpu_arch, mp_state),
MEMBER(kvm_vcpu_arch, vgic_cpu),
MEMBER(kvm_cpu_context, regs),
MEMBER(kvm_cpu_context, sys_regs),
MEMBER(vgic_cpu, private_irqs),
MEMBER(vgic_irq, irq_lock),
MEMBER(vgic_irq, line_level),
MEMBER(kvm_arch, vgic),
MEMBER(vgic_dist, in_kernel),
MEMBER(vgic_dist, initialized),
MEMBER(vgic_dist, vgic_model),
