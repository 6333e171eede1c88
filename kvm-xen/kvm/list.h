/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one list of what the glue calls in KVM. Included several times, each time with
 * another meaning: a line here declares and defines a call, looks the function up, and
 * compares it with the running kernel's type information. No include guard.
 */

#ifndef KXEN_KVM_CALL
#define KXEN_KVM_CALL(name, type, nargs)
#endif
#ifndef KXEN_KVM_OP
#define KXEN_KVM_OP(name)
#endif

/* Functions: name in KVM, type, number of arguments. Looked up at load. */
KXEN_KVM_CALL(file_is_kvm, file_is_kvm, 1);
KXEN_KVM_CALL(get_kvmclock_ns, kxen_t_kvmclock_ns, 1);
KXEN_KVM_CALL(gfn_to_hva, gfn_to_hva, 2);
KXEN_KVM_CALL(gfn_to_memslot, gfn_to_memslot, 2);
KXEN_KVM_CALL(kvm_apic_set_irq, kxen_t_apic_set_irq, 3);
#ifdef KXEN_KVM_IRQ_SOURCES
KXEN_KVM_CALL(kvm_free_irq_source_id, kvm_free_irq_source_id, 2);
KXEN_KVM_CALL(kvm_request_irq_source_id, kvm_request_irq_source_id, 1);
#endif
KXEN_KVM_CALL(kvm_get_running_vcpu, kvm_get_running_vcpu, 0);
KXEN_KVM_CALL(kvm_inject_nmi, kvm_inject_nmi, 1);
KXEN_KVM_CALL(kvm_io_bus_register_dev, kvm_io_bus_register_dev, 5);
KXEN_KVM_CALL(kvm_lapic_find_highest_irr, kxen_t_find_highest_irr, 1);
KXEN_KVM_CALL(kvm_make_all_cpus_request, kvm_make_all_cpus_request, 2);
KXEN_KVM_CALL(kvm_mmu_gva_to_gpa_read, kvm_mmu_gva_to_gpa_read, 3);
KXEN_KVM_CALL(kvm_read_guest_virt, kxen_t_guest_virt, 5);
KXEN_KVM_CALL(kvm_read_l1_tsc, kxen_t_read_l1_tsc, 2);
KXEN_KVM_CALL(kvm_register_irq_ack_notifier, kvm_register_irq_ack_notifier, 2);
KXEN_KVM_CALL(kvm_set_irq, kvm_set_irq, 5);
KXEN_KVM_CALL(kvm_skip_emulated_instruction, kvm_skip_emulated_instruction, 1);
KXEN_KVM_CALL(kvm_unregister_irq_ack_notifier, kvm_unregister_irq_ack_notifier, 2);
KXEN_KVM_CALL(kvm_vcpu_halt, kvm_vcpu_halt, 1);
#ifdef KXEN_KVM_KICK_WAITS	/* then the other one is inline */
KXEN_KVM_CALL(__kvm_vcpu_kick, __kvm_vcpu_kick, 2);
#else
KXEN_KVM_CALL(kvm_vcpu_kick, kvm_vcpu_kick, 1);
#endif
KXEN_KVM_CALL(kvm_vcpu_mark_page_dirty, kvm_vcpu_mark_page_dirty, 2);
KXEN_KVM_CALL(kvm_vcpu_on_spin, kvm_vcpu_on_spin, 2);
KXEN_KVM_CALL(kvm_write_guest, kvm_write_guest, 4);
KXEN_KVM_CALL(kvm_write_guest_virt_system, kxen_t_guest_virt, 5);

/* Callbacks of the vendor module: members of struct kvm_x86_ops. Taken at each arming. */
KXEN_KVM_OP(cache_reg);
KXEN_KVM_OP(enable_irq_window);
KXEN_KVM_OP(get_cpl);
KXEN_KVM_OP(get_cs_db_l_bits);
KXEN_KVM_OP(interrupt_allowed);

#undef KXEN_KVM_CALL
#undef KXEN_KVM_OP
