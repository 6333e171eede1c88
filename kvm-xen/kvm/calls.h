/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the glue calls in KVM. Newer kernels export next to nothing of it to modules that
 * are not KVM's own, so none of it is linked: it is looked up by name and called through
 * static calls. Those are direct calls, no longer than linked ones, which a kernel with
 * indirect branch tracking allows to any function.
 */
#ifndef KXEN_KVM_GLUE_CALLS_H
#define KXEN_KVM_GLUE_CALLS_H

#include <linux/kvm_host.h>
#include <linux/static_call.h>

/*
 * Declared only in headers of KVM's own. The space for the exception is larger than any
 * struct x86_exception so far; the layout check compares.
 */
struct kxen_x86_exception {
	u64 space[8];
};

/* Types of what no header declares; none of these exists. */
int kxen_t_guest_virt(struct kvm_vcpu *v, gva_t addr, void *val,
		      unsigned int bytes, void *exception);
u64 kxen_t_read_l1_tsc(struct kvm_vcpu *v, u64 host_tsc);
int kxen_t_find_highest_irr(struct kvm_vcpu *v);
int kxen_t_apic_set_irq(struct kvm_vcpu *v, struct kvm_lapic_irq *irq,
			void *dest_map);
u64 kxen_t_kvmclock_ns(struct kvm *kvm);

#define KXEN_KVM_CALL(name, type, nargs) DECLARE_STATIC_CALL(kxen_##name, type)
#define KXEN_KVM_OP(name) \
	DECLARE_STATIC_CALL(kxen_op_##name, \
			    *(typeof_member(struct kvm_x86_ops, name))NULL)
#include "list.h"

/* Call a function of the list, a callback of the list. */
#define kxen_kvm(name)		static_call(kxen_##name)
#define kxen_kvm_op(name)	static_call(kxen_op_##name)

/* Offset of vcpu_svm.vmcb in what a struct kvm_vcpu is part of; 0: not on SVM. */
extern u32 kxen_svm_vmcb;

/* SVM, where the processor delivers interrupts by itself. */
extern bool kxen_svm_avic;

#endif
