/* SPDX-License-Identifier: GPL-2.0-only */
/* Trampolines of memory paging, and the way back into a hooked function. */
#include "trampoline.S"
#include "hook.h"

	.text
KXEN_TRAMPOLINE vcpu_fault

/*
 * do_swap_page(vmf) of whichever process: one whose entry is no mark costs a load, a compare and a
 * jump not taken. The lower half has bits that are not the mark's.
 */
SYM_FUNC_START(kxen_tramp_swap)
	ANNOTATE_NOENDBR	/* ftrace jumps here directly */
	mov	kxen_mark_high(%rip), %eax
	cmp	%eax, KXEN_VMF_ORIG_PTE + 4(%rdi)
	je	1f
	RET
1:	mov	%rdi, %rax
	KXEN_CALL_HANDLER kxen_on_swap
	jnz	2f
	RET
2:	add	$8, %rsp
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(kxen_tramp_swap)

/* To %rax, where no ENDBR is: as a kernel does it that trusts no indirect jump. */
SYM_FUNC_START_LOCAL(go_to_rax)
	ANNOTATE_INTRA_FUNCTION_CALL
	call	1f
	int3
1:	mov	%rax, (%rsp)
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(go_to_rax)

/*
 * u64 kxen_call_into(const u64 arg[6], u64 into): what a hooked function does behind its ftrace
 * slot, for a handler that has something to do afterwards. Its result.
 */
SYM_FUNC_START(kxen_call_into)
	FRAME_BEGIN
	mov	%rdi, %r10
	mov	%rsi, %rax
	mov	(%r10), %rdi
	mov	8(%r10), %rsi
	mov	16(%r10), %rdx
	mov	24(%r10), %rcx
	mov	32(%r10), %r8
	mov	40(%r10), %r9
	call	go_to_rax
	FRAME_END
	RET
SYM_FUNC_END(kxen_call_into)
