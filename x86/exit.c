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

#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/kvm/x86/fast.h"
#include "entry.h"
#include "run.h"
#include "x86.h"

/* Where it led. */
DEFINE_STATIC_CALL_NULL(kxen_vcpu_run, kxen_t_vcpu_run);

int kxen_run_ours(struct kvm_vcpu *vcpu, u64 arg);

#ifndef ASM_FUNC_ALIGN
#define ASM_FUNC_ALIGN ".balign 16"
#endif

/*
 * Not in entry.S: objtool finds a static call only together with its key. KVM calls this
 * directly, never through a pointer.
 */
asm(".pushsection .text\n"
	ASM_FUNC_ALIGN "\n"
	".globl kxen_run_guest\n"
	".type kxen_run_guest, @function\n"
	"kxen_run_guest:\n"
	ANNOTATE_NOENDBR
	"	mov " __stringify(KXEN_VCPU_PREEMPT_OPS) "(%rdi), %rax\n"
	"	cmp kxen_kvm_preempt_ops(%rip), %rax\n"
	"	jne kxen_run_ours\n"
	"	jmp " STATIC_CALL_TRAMP_STR(kxen_vcpu_run) "\n"
	".size kxen_run_guest, . - kxen_run_guest\n"
	".popsection\n");

/**
 * kxen_run_ours() - KVM enters the guest of a vCPU of ours.
 * @vcpu: the vCPU.
 * @arg: of KVM's.
 *
 * Context: the vCPU's own thread, interrupts off, RCU watches, no SRCU of KVM held.
 * Return: what KVM does then: as its own function says, or in again. Before it does, it looks for
 * requests, signals and whoever else wants the thread.
 */
__visible int kxen_run_ours(struct kvm_vcpu *vcpu, u64 arg)
{
	int ret = static_call(kxen_vcpu_run)(vcpu, arg);
	const struct kxen_hc_fast *f;

	if (likely(!kxen_glue_exit_is_call(vcpu)) || ret != EXIT_FASTPATH_NONE)
		return ret;
	/* What is not served here is to pay for no more than this. */
	f = kxen_hypercall_fast(kxen_glue_reg(vcpu, KXEN_RAX));
	if (!kxen_fast_has(f->cmds, kxen_glue_reg(vcpu, KXEN_RDI)) && !f->all)
		return EXIT_FASTPATH_NONE;
	return kxen_hypercall_at_exit(kxen_glue_ours(vcpu), f);
}
