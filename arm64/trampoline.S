/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trampolines: where ftrace sends a call of a hooked KVM function.
 *
 * On entry x30 is the place in the function behind its ftrace slot, x9 the one in the function's
 * caller; arguments are in registers as for the function itself. Nothing else is in use: x9 to
 * x17 are anybody's at a function's first instruction.
 *
 * A vCPU that is not ours carries KVM's own preempt notifier callbacks: two loads, a compare, a
 * branch not taken, and it goes on in the function. No module frame is left on the stack.
 *
 * For a vCPU of ours the handler gets the kxen_vcpu and a pointer to struct kxen_hook_args. It
 * returns non-zero when the call is dealt with: then the function's caller gets the result. Zero:
 * the function runs, with the arguments as the handler left them.
 *
 * These are the macros that make one: entry.S has the architecture's.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>
#include "entry.h"

#define KXEN_ARGS_SIZE	80	/* struct kxen_hook_args: hooks.c asserts it */
#define KXEN_FRAME_SIZE	(16 + KXEN_ARGS_SIZE)

/* Into the function, which finds what its caller has left. */
.macro KXEN_INTO_FUNCTION
	mov	x10, x30
	mov	x30, x9
	ret	x10
.endm

/*
 * x16 is the handler's first argument. Two records of frames, for who walks the stack: one that
 * the function has not made yet, and ours. Afterwards w11 is what the handler says, x12 its
 * result, x10 the place in the function, and x30 the one in its caller.
 */
.macro KXEN_CALL_HANDLER handler
	stp	x29, x9, [sp, #-16]!
	mov	x29, sp
	sub	sp, sp, #KXEN_FRAME_SIZE
	stp	x29, x30, [sp]
	mov	x29, sp
	stp	xzr, x0, [sp, #16]
	stp	x1, x2, [sp, #32]
	stp	x3, x4, [sp, #48]
	stp	x5, x6, [sp, #64]
	stp	x7, x8, [sp, #80]
	mov	x0, x16
	add	x1, sp, #16
	bl	\handler
	mov	w11, w0
	ldp	x12, x0, [sp, #16]
	ldp	x1, x2, [sp, #32]
	ldp	x3, x4, [sp, #48]
	ldp	x5, x6, [sp, #64]
	ldp	x7, x8, [sp, #80]
	ldr	x10, [sp, #8]
	add	sp, sp, #KXEN_FRAME_SIZE
	ldp	x29, x30, [sp], #16
.endm

/* Where ftrace can only go on elsewhere: hook_redirect.c. x30 is the caller's still. */
.macro KXEN_REDIRECT name
#ifndef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS
SYM_FUNC_START(kxen_redirect_\name)
	mov	x9, x30
	ldr_l	x30, kxen_body_\name
	b	kxen_tramp_\name
SYM_FUNC_END(kxen_redirect_\name)

	.pushsection .data
	.balign	8
SYM_DATA(kxen_body_\name, .quad 0)
	.popsection
#endif
.endm

/* For functions whose first argument is the vCPU, and ours is marked: arch_mark.h. */
.macro KXEN_TRAMPOLINE name
KXEN_REDIRECT \name
SYM_FUNC_START(kxen_tramp_\name)
	ldr	x16, [x0, #KXEN_VCPU_PREEMPT_OPS]
	ldr	x17, [x16]
	ldr_l	x10, kxen_kvm_sched_in
	cmp	x17, x10
	b.ne	1f
	KXEN_INTO_FUNCTION
1:	KXEN_CALL_HANDLER kxen_on_\name
	cbnz	w11, 2f
	ret	x10
2:	mov	x0, x12
	ret
SYM_FUNC_END(kxen_tramp_\name)
.endm

/*
 * For rare functions that see vCPUs before they are marked, or whose first argument is
 * the VM. The handler may deal with the call.
 */
.macro KXEN_TRAMPOLINE_ANY name
KXEN_REDIRECT \name
SYM_FUNC_START(kxen_tramp_\name)
	mov	x16, x0
	KXEN_CALL_HANDLER kxen_on_\name
	cbnz	w11, 1f
	ret	x10
1:	mov	x0, x12
	ret
SYM_FUNC_END(kxen_tramp_\name)
.endm
