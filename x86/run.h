/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's exit fast path: exit.c, run.c, and who serves calls there. */
#ifndef KXEN_X86_RUN_H
#define KXEN_X86_RUN_H

#include <linux/static_call_types.h>
#include <linux/types.h>

struct kvm_vcpu;
struct kxen_hc_row;
struct kxen_vcpu;
struct vmcb;

/* exit.c: what KVM's call of its function is made to lead to. */
void kxen_run_guest_svm(void);
void kxen_run_guest_vmx(void);

/* And where it led. What KVM hands on besides the vCPU is its own affair: one word, if any. */
int kxen_t_vcpu_run(struct kvm_vcpu *vcpu, u64 arg);
DECLARE_STATIC_CALL(kxen_vcpu_run, kxen_t_vcpu_run);

/* run.c */
int kxen_run_init(void);
int kxen_run_arm(void);
void kxen_run_disarm(void);
void kxen_run_drained(void);

/* hypercall_abi.c */
int kxen_hypercall_at_exit_svm(struct kvm_vcpu *vcpu, const struct kxen_hc_row *row,
			       struct vmcb *vmcb);
int kxen_hypercall_at_exit_vmx(struct kvm_vcpu *vcpu, const struct kxen_hc_row *row);

/* walk.c */
bool kxen_copy_at_exit(struct kxen_vcpu *v, u64 cr3, u64 gva, void *buf, u32 len);

#endif
