/* SPDX-License-Identifier: GPL-2.0-only */
/* arm64's part of list.h. No include guard. */

KXEN_KVM_CALL(kvm_unmap_gfn_range, kvm_unmap_gfn_range, 2);
KXEN_KVM_CALL(kvm_vcpu_wfi, kxen_t_wfi, 1);
KXEN_KVM_CALL(vcpu_read_sys_reg, kxen_t_read_sys_reg, 2);
KXEN_KVM_CALL(vgic_queue_irq_unlock, kxen_t_queue_irq, KXEN_UNTYPED(3));

/* What a vCPU carries that is not marked: arch_mark.h, trampoline.S. A function, never called. */
KXEN_KVM_DATA(kvm_sched_in, kxen_t_sched_in);
