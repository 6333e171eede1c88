/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the glue share: calls into KVM that the linker cannot make. */
#ifndef KXEN_KVM_GLUE_CALLS_H
#define KXEN_KVM_GLUE_CALLS_H

#include <linux/kvm_host.h>
#include <linux/static_call.h>

/*
 * Exported by KVM, declared only in headers of its own. The space for the
 * exception is larger than any struct x86_exception so far; the layout check
 * compares.
 */
struct kxen_x86_exception {
	u64 space[8];
};

int kvm_read_guest_virt(struct kvm_vcpu *vcpu, gva_t addr, void *val,
			unsigned int bytes, void *exception);
int kvm_write_guest_virt_system(struct kvm_vcpu *vcpu, gva_t addr, void *val,
				unsigned int bytes, void *exception);
u64 kvm_read_l1_tsc(struct kvm_vcpu *vcpu, u64 host_tsc);
int kvm_lapic_find_highest_irr(struct kvm_vcpu *vcpu);

/* Types only, for the static calls; none of these exists. */
int kxen_t_lapic_set_irq(struct kvm_vcpu *v, struct kvm_lapic_irq *irq,
			 void *dest_map);
u64 kxen_t_kvmclock_ns(struct kvm *kvm);
int kxen_t_get_cpl(struct kvm_vcpu *v);
void kxen_t_cs_bits(struct kvm_vcpu *v, int *db, int *l);
int kxen_t_intr_allowed(struct kvm_vcpu *v, bool for_injection);
void kxen_t_cache_reg(struct kvm_vcpu *v, enum kvm_reg reg);
void kxen_t_irq_window(struct kvm_vcpu *v);

DECLARE_STATIC_CALL(kxen_bus_register, kvm_io_bus_register_dev);
DECLARE_STATIC_CALL(kxen_lapic_set_irq, kxen_t_lapic_set_irq);
DECLARE_STATIC_CALL(kxen_kvmclock_ns, kxen_t_kvmclock_ns);
DECLARE_STATIC_CALL(kxen_get_cpl, kxen_t_get_cpl);
DECLARE_STATIC_CALL(kxen_cs_bits, kxen_t_cs_bits);
DECLARE_STATIC_CALL(kxen_intr_allowed, kxen_t_intr_allowed);
DECLARE_STATIC_CALL(kxen_cache_reg, kxen_t_cache_reg);
DECLARE_STATIC_CALL(kxen_irq_window, kxen_t_irq_window);
DECLARE_STATIC_CALL(kxen_inject_nmi, kvm_inject_nmi);
DECLARE_STATIC_CALL(kxen_set_irq, kvm_set_irq);
DECLARE_STATIC_CALL(kxen_irq_source_get, kvm_request_irq_source_id);
DECLARE_STATIC_CALL(kxen_irq_source_put, kvm_free_irq_source_id);
DECLARE_STATIC_CALL(kxen_ack_register, kvm_register_irq_ack_notifier);
DECLARE_STATIC_CALL(kxen_ack_unregister, kvm_unregister_irq_ack_notifier);

/* Offset of vcpu_svm.vmcb in what a struct kvm_vcpu is part of; 0: not on SVM. */
extern u32 kxen_svm_vmcb;

#endif
