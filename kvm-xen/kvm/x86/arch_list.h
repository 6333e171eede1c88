/* SPDX-License-Identifier: GPL-2.0-only */
/* x86's part of list.h. No include guard. */

KXEN_KVM_CALL(__module_text_address, __module_text_address, 1);
KXEN_KVM_CALL(get_kvmclock_ns, kxen_t_kvmclock_ns, 1);
KXEN_KVM_CALL(kvm_arch_vcpu_ioctl_get_sregs, kvm_arch_vcpu_ioctl_get_sregs, 2);
KXEN_KVM_CALL(kvm_arch_vcpu_ioctl_set_mpstate, kvm_arch_vcpu_ioctl_set_mpstate, 2);
KXEN_KVM_CALL(kvm_arch_vcpu_ioctl_set_regs, kvm_arch_vcpu_ioctl_set_regs, 2);
KXEN_KVM_CALL(kvm_arch_vcpu_ioctl_set_sregs, kvm_arch_vcpu_ioctl_set_sregs, 2);
KXEN_KVM_CALL(kvm_apic_set_irq, kxen_t_apic_set_irq, 3);
#ifdef KXEN_KVM_IRQ_SOURCES
KXEN_KVM_CALL(kvm_free_irq_source_id, kvm_free_irq_source_id, 2);
KXEN_KVM_CALL(kvm_request_irq_source_id, kvm_request_irq_source_id, 1);
#endif
KXEN_KVM_CALL(kvm_flush_remote_tlbs, kvm_flush_remote_tlbs, 1);
KXEN_KVM_CALL(kvm_inject_nmi, kvm_inject_nmi, 1);
KXEN_KVM_CALL(kvm_io_bus_register_dev, kvm_io_bus_register_dev, 5);
KXEN_KVM_CALL(kvm_lapic_find_highest_irr, kxen_t_find_highest_irr, 1);
KXEN_KVM_CALL(kvm_make_all_cpus_request, kvm_make_all_cpus_request, 2);
KXEN_KVM_CALL(kvm_mmu_gfn_disallow_lpage, kxen_t_disallow_lpage, 2);
KXEN_KVM_CALL(kvm_mmu_gva_to_gpa_read, kvm_mmu_gva_to_gpa_read, 3);
KXEN_KVM_CALL(kvm_mmu_gva_to_gpa_write, kvm_mmu_gva_to_gpa_write, 3);
#ifdef KXEN_KVM_NX_ONCE
KXEN_KVM_CALL(kvm_mmu_post_init_vm, kxen_t_post_init_vm, 1);
#endif
KXEN_KVM_CALL(kvm_read_guest_virt, kxen_t_guest_virt, 5);
KXEN_KVM_CALL(kvm_read_l1_tsc, kxen_t_read_l1_tsc, 2);
KXEN_KVM_CALL(kvm_register_irq_ack_notifier, kvm_register_irq_ack_notifier, 2);
KXEN_KVM_CALL(kvm_set_irq, kvm_set_irq, 5);
KXEN_KVM_CALL(kvm_skip_emulated_instruction, kvm_skip_emulated_instruction, 1);
KXEN_KVM_CALL(kvm_tdp_mmu_zap_leafs, kxen_t_zap_leafs, 4);
KXEN_KVM_CALL(kvm_unregister_irq_ack_notifier, kvm_unregister_irq_ack_notifier, 2);
KXEN_KVM_CALL(kvm_valid_efer, kvm_valid_efer, 2);
KXEN_KVM_CALL(kvm_vcpu_halt, kvm_vcpu_halt, 1);
KXEN_KVM_CALL(kvm_vcpu_read_guest, kvm_vcpu_read_guest, 4);
KXEN_KVM_CALL(kvm_vcpu_write_guest, kvm_vcpu_write_guest, 4);
KXEN_KVM_CALL(kvm_write_guest_virt_system, kxen_t_guest_virt, 5);
KXEN_KVM_CALL(kvm_zap_gfn_range, kxen_t_zap_gfn_range, 3);

/* Where the vendor module's callbacks are, and whether the processor delivers interrupts. */
KXEN_KVM_DATA(kvm_x86_ops, struct kvm_x86_ops *);
KXEN_KVM_DATA(enable_apicv, const bool *);

/* What a vCPU carries that is not marked: arch_mark.h, trampoline.S. */
KXEN_KVM_DATA(kvm_preempt_ops, struct preempt_ops *);

/* The vCPU that runs on a CPU, of each: trampoline.S. */
KXEN_KVM_DATA(kvm_running_vcpu, const void *);
/* Whether two-dimensional paging has tables of its own kind: fault.c. */
KXEN_KVM_DATA(tdp_mmu_enabled, const bool *);
/* Whether there is two-dimensional paging: vm.c. */
KXEN_KVM_DATA(tdp_enabled, const bool *);

KXEN_KVM_DATA_MAYBE(__tracepoint_kvm_eoi, struct tracepoint *);	/* irq.c: EOIs go unseen */
KXEN_KVM_DATA_MAYBE(__tracepoint_kvm_exit, struct tracepoint *);	/* fast.h: no fast path */

/* Callbacks of the vendor module: members of struct kvm_x86_ops. Taken at each arming. */
KXEN_KVM_OP(cache_reg);
KXEN_KVM_OP(enable_irq_window);
KXEN_KVM_OP(get_cpl);
KXEN_KVM_OP(get_cs_db_l_bits);
KXEN_KVM_OP(get_rflags);
KXEN_KVM_OP(interrupt_allowed);
KXEN_KVM_OP(vcpu_run);

KXEN_KVM_NAME_MAYBE(svm_get_cs_db_l_bits);	/* vendor.c: then kvm-amd is not what runs */
