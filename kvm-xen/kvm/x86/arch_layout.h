/* SPDX-License-Identifier: GPL-2.0-only */
/* x86's part of the table in layout.c: members that the glue looks into. No include guard. */

MEMBER(kvm_vcpu_arch, regs),
#ifdef KXEN_KVM_REG_BITMAPS
MEMBER(kvm_vcpu_arch, rip),
#endif
MEMBER(kvm_vcpu_arch, regs_dirty),
MEMBER(kvm_vcpu_arch, regs_avail),
MEMBER(kvm_vcpu_arch, cr0),
MEMBER(kvm_vcpu_arch, cr3),
MEMBER(kvm_vcpu_arch, cr4),
MEMBER(kvm_vcpu_arch, cr4_guest_rsvd_bits),
MEMBER(kvm_vcpu_arch, efer),
MEMBER(kvm_vcpu_arch, hflags),
MEMBER(kvm_vcpu_arch, mp_state),
MEMBER(kvm_vcpu_arch, pmu),
MEMBER(kvm_pmu, event_count),
#ifdef KXEN_KVM_PMU_COUNTING
MEMBER(kvm_pmu, pmc_counting_instructions),
#endif
MEMBER(kvm_vcpu, guest_debug),
MEMBER(tracepoint, key),
MEMBER(kvm_vcpu_arch, interrupt),
MEMBER(kvm_queued_interrupt, injected),
MEMBER(kvm_queued_interrupt, nr),
MEMBER(kvm_vcpu_arch, hyperv_enabled),
MEMBER(kvm_vcpu_arch, virtual_tsc_khz),
MEMBER(kvm_arch, irqchip_mode),
MEMBER(kvm_arch, shadow_root_allocated),
MEMBER(kvm, mmu_lock),
MEMBER(kvm, mmu_invalidate_seq),
MEMBER(kvm_memory_slot, arch),
MEMBER(kvm_arch_memory_slot, lpage_info),
MEMBER(kvm_arch, apicv_inhibit_reasons),
#ifdef KXEN_KVM_XEN_HVM_CONFIG
MEMBER(kvm_arch, xen_hvm_config),
#else
MEMBER(kvm_arch, xen),
MEMBER(kvm_xen, hvm_config),
#endif
MEMBER(kvm_arch, bsp_vcpu_id),
#ifdef KXEN_KVM_HAS_VM_TYPE
MEMBER(kvm_arch, vm_type),
#endif
MEMBER(kvm_io_device, ops),
MEMBER(kvm_io_device_ops, read),
MEMBER(kvm_io_device_ops, write),
MEMBER(kvm_io_device_ops, destructor),
MEMBER(msr_data, host_initiated),
MEMBER(msr_data, index),
MEMBER(msr_data, data),
MEMBER(kvm_lapic_irq, vector),
MEMBER(kvm_lapic_irq, delivery_mode),
MEMBER(kvm_lapic_irq, trig_mode),
MEMBER(kvm_lapic_irq, dest_id),
MEMBER(kvm_irq_ack_notifier, gsi),
MEMBER(kvm_irq_ack_notifier, irq_acked),
