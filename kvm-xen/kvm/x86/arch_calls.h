/* SPDX-License-Identifier: GPL-2.0-only */
/* Types for x86's part of the list of what is called in KVM. */
#ifndef KXEN_KVM_ARCH_CALLS_H
#define KXEN_KVM_ARCH_CALLS_H

#include <linux/kvm_host.h>
#include <linux/module.h>

/*
 * Declared only in headers of KVM's own. The space for the exception is larger than any
 * struct x86_exception so far; the layout check compares.
 */
struct kxen_x86_exception {
	u64 space[8];
};

/* Types of what no header declares; none of these exists. */
int kxen_t_guest_virt(struct kvm_vcpu *vcpu, gva_t addr, void *val,
		      unsigned int bytes, void *exception);
u64 kxen_t_read_l1_tsc(struct kvm_vcpu *vcpu, u64 host_tsc);
int kxen_t_find_highest_irr(struct kvm_vcpu *vcpu);
int kxen_t_apic_set_irq(struct kvm_vcpu *vcpu, struct kvm_lapic_irq *irq,
			void *dest_map);
u64 kxen_t_kvmclock_ns(struct kvm *kvm);
int kxen_t_post_init_vm(struct kvm *kvm);
void kxen_t_disallow_lpage(const struct kvm_memory_slot *slot, gfn_t gfn);
void kxen_t_zap_gfn_range(struct kvm *kvm, gfn_t start, gfn_t end);
bool kxen_t_zap_leafs(struct kvm *kvm, gfn_t start, gfn_t end, bool flush);

/* What the vendor module's callbacks are members of. */
#define KXEN_KVM_OPS	kvm_x86_ops

/* Offset of vcpu_svm.vmcb in what a struct kvm_vcpu is part of; 0: not on SVM. */
extern u32 kxen_svm_vmcb;

/* Offset of the exit's reason, likewise on VMX; 0: not on VMX. */
extern u32 kxen_vmx_reason;

/* SVM: above 0 while somebody traces kvm_exit. */
extern const int *kxen_exits_traced;

/* SVM, where the processor delivers interrupts by itself. */
extern bool kxen_svm_avic;

#endif
