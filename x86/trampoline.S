/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trampolines: where ftrace sends a call of a hooked KVM function.
 *
 * On entry the stack holds the return address into the function (behind its
 * ftrace slot) and above it the one to the function's caller; arguments are in
 * registers as for the function itself.
 *
 * A vCPU that is not ours carries KVM's own preempt notifier callbacks: load,
 * compare, jump not taken, and the RET continues in the function. No module
 * frame is left on the stack.
 *
 * For a vCPU of ours the handler gets the kxen_vcpu and a pointer to
 * {result, rdi, rsi, rdx, rcx, r8, r9}. It returns non-zero when the call is
 * dealt with: then the return into the function is dropped and its caller gets
 * the result. Zero: the function runs, with the arguments as the handler left
 * them.
 *
 * These are the macros that make one: entry.S has the architecture's, and a part of a domain
 * that hooks something has its own in its x86/entry.S.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/asm-offsets.h>
#include <asm/frame.h>
#include <asm/unwind_hints.h>
#include "entry.h"

.macro KXEN_CALL_HANDLER handler
	FRAME_BEGIN
	push	%r9
	push	%r8
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	$0
	mov	%rax, %rdi
	mov	%rsp, %rsi
	call	\handler
	test	%eax, %eax
	pop	%rax
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%r8
	pop	%r9
	FRAME_END
.endm

/* For functions whose first argument is the vCPU, and ours is marked. */
.macro KXEN_TRAMPOLINE name
SYM_FUNC_START(kxen_tramp_\name)
	ANNOTATE_NOENDBR	/* ftrace jumps here directly */
	mov	KXEN_VCPU_PREEMPT_OPS(%rdi), %rax
	cmp	kxen_kvm_preempt_ops(%rip), %rax
	jne	1f
	RET
1:	KXEN_CALL_HANDLER kxen_on_\name
	jnz	2f
	RET
2:	add	$8, %rsp
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(kxen_tramp_\name)
.endm

/*
 * For rare functions that see vCPUs before they are marked, or whose first argument is
 * the VM. Never skips.
 */
.macro KXEN_TRAMPOLINE_ANY name
SYM_FUNC_START(kxen_tramp_\name)
	ANNOTATE_NOENDBR	/* ftrace jumps here directly */
	mov	%rdi, %rax
	KXEN_CALL_HANDLER kxen_on_\name
	RET
SYM_FUNC_END(kxen_tramp_\name)
.endm

/* The same, and the handler may deal with the call. */
.macro KXEN_TRAMPOLINE_ANY_SKIP name
SYM_FUNC_START(kxen_tramp_\name)
	ANNOTATE_NOENDBR	/* ftrace jumps here directly */
	mov	%rdi, %rax
	KXEN_CALL_HANDLER kxen_on_\name
	jnz	1f
	RET
1:	add	$8, %rsp
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(kxen_tramp_\name)
.endm

/*
 * For functions that the fault of a vCPU leads to, and whose first argument is none: the one that
 * runs in this thread, if it is ours. Where none runs, or another VM's, the function goes on.
 */
.macro KXEN_TRAMPOLINE_RUNNING name
SYM_FUNC_START(kxen_tramp_\name)
	ANNOTATE_NOENDBR	/* ftrace jumps here directly */
	mov	kxen_kvm_running_vcpu(%rip), %rax
	mov	%gs:(%rax), %rax
	test	%rax, %rax
	jz	1f
	mov	KXEN_VCPU_PREEMPT_OPS(%rax), %rax
	cmp	kxen_kvm_preempt_ops(%rip), %rax
	jne	2f
1:	RET
2:	KXEN_CALL_HANDLER kxen_on_\name
	jnz	3f
	RET
3:	add	$8, %rsp
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(kxen_tramp_\name)
.endm
