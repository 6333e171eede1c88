// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM enters a guest: its exit comes back to us first, while interrupts are off. A hypercall that
 * can be served there is, and KVM goes straight back into the guest: its exit fast path, in which
 * it sends IPIs and sets timers itself.
 *
 * KVM makes the call by a static call, which is made to lead here (run.c), where everybody who is
 * not ours goes on to where it led before: a load, a compare, a branch and a jump, with the return
 * address of KVM's. So KVM, not we, is on the stack while another VM's guest runs.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <linux/static_call.h>
#include <linux/stringify.h>
#include <asm/ibt.h>

#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/kvm/x86/fast.h"
#include "entry.h"
#include "run.h"
#include "x86.h"

/* Where it led. */
DEFINE_STATIC_CALL_NULL(kxen_vcpu_run, kxen_t_vcpu_run);

__noendbr int kxen_run_ours_svm(struct kvm_vcpu *vcpu, u64 arg);
__noendbr int kxen_run_ours_vmx(struct kvm_vcpu *vcpu, u64 arg);

#ifndef ASM_FUNC_ALIGN
#define ASM_FUNC_ALIGN ".balign 16"
#endif

/*
 * Not in entry.S: objtool finds a static call only together with its key. KVM calls this
 * directly, never through a pointer. One for each vendor: what is behind it asks no more which.
 */
#define RUN_GUEST(vendor)							\
asm(".pushsection .text\n"							\
	ASM_FUNC_ALIGN "\n"							\
	".globl kxen_run_guest_" #vendor "\n"					\
	".type kxen_run_guest_" #vendor ", @function\n"				\
	"kxen_run_guest_" #vendor ":\n"						\
	ANNOTATE_NOENDBR							\
	"	mov " __stringify(KXEN_VCPU_PREEMPT_OPS) "(%rdi), %rax\n"	\
	"	cmp kxen_kvm_preempt_ops(%rip), %rax\n"				\
	"	jne kxen_run_ours_" #vendor "\n"				\
	"	jmp " STATIC_CALL_TRAMP_STR(kxen_vcpu_run) "\n"			\
	".size kxen_run_guest_" #vendor ", . - kxen_run_guest_" #vendor "\n"	\
	".popsection\n")

RUN_GUEST(svm);
RUN_GUEST(vmx);

/* Could it be a call that is served here? What is not is to pay for no more than this. */
static __always_inline bool call_here(struct kvm_vcpu *vcpu, const struct vmcb *vmcb, int ret,
				      const struct kxen_hc_row **row)
{
	if (likely(!kxen_glue_exit_is_call(vcpu, vmcb)) || ret != EXIT_FASTPATH_NONE)
		return false;
	*row = kxen_hypercall_row(kxen_glue_reg(vcpu, KXEN_RAX));
	return kxen_hypercall_maybe_fast(*row, kxen_glue_reg(vcpu, KXEN_RDI));
}

/**
 * kxen_run_ours_svm() - KVM enters the guest of a vCPU of ours, on SVM.
 * @vcpu: the vCPU.
 * @arg: of KVM's.
 *
 * Context: the vCPU's own thread, interrupts off, RCU watches, no SRCU of KVM held.
 * Return: what KVM does then: as its own function says, or in again. Before it does, it looks for
 * requests, signals and whoever else wants the thread.
 */
__visible notrace __noendbr int kxen_run_ours_svm(struct kvm_vcpu *vcpu, u64 arg)
{
	int ret = static_call(kxen_vcpu_run)(vcpu, arg);
	struct vmcb *vmcb = kxen_glue_vmcb(vcpu);
	const struct kxen_hc_row *row;

	if (call_here(vcpu, vmcb, ret, &row))
		return kxen_hypercall_at_exit_svm(vcpu, row, vmcb);
	return ret;
}

/* The same on VMX. */
__visible notrace __noendbr int kxen_run_ours_vmx(struct kvm_vcpu *vcpu, u64 arg)
{
	int ret = static_call(kxen_vcpu_run)(vcpu, arg);
	const struct kxen_hc_row *row;

	if (call_here(vcpu, NULL, ret, &row))
		return kxen_hypercall_at_exit_vmx(vcpu, row);
	return ret;
}
