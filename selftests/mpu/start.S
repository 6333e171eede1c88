/* SPDX-License-Identifier: GPL-2.0 */
/* Entry in Hyp mode, and what faults: counted, and the instruction is left out. */
	.syntax unified
	.arm
	.section .text.start, "ax"
	.global _start
_start:
	b	begin
	.balign	32
vectors:
	b	dead		/* reset */
	b	dead		/* undefined */
	b	dead		/* a call */
	b	dead		/* prefetch abort */
	b	fault		/* data abort */
	b	dead		/* from the guest */
	b	dead
	b	dead
begin:
	ldr	sp, =stack_end
	ldr	r0, =vectors
	mcr	p15, 4, r0, c12, c0, 0	/* HVBAR */
	isb
	bl	main
	b	dead

fault:
	push	{r0, r1}
	ldr	r0, =faults
	ldr	r1, [r0]
	add	r1, r1, #1
	str	r1, [r0]
	mrc	p15, 4, r1, c6, c0, 0	/* HDFAR */
	str	r1, [r0, #4]
	mrc	p15, 4, r1, c5, c2, 0	/* HSR */
	str	r1, [r0, #8]
	mrs	r0, ELR_hyp
	add	r0, r0, #4
	msr	ELR_hyp, r0
	pop	{r0, r1}
	eret

dead:
	ldr	r0, =died
	bl	say
	ldr	r0, =1
	bl	leave
	b	.

	/* void say(const char *text), void leave(int failed): by the emulator. */
	.global say
say:
	mov	r1, r0
	mov	r0, #4
	hlt	0xf000
	bx	lr

	.global leave
leave:
	cmp	r0, #0
	ldreq	r1, =0x20026
	ldrne	r1, =0x20023
	mov	r0, #0x18
	hlt	0xf000
	b	.

	.section .rodata
died:	.asciz	"not ok - a fault that nobody has asked for\n"

	.bss
	.balign	4
	.global faults
faults:	.space	12
	.balign	8
	.space	16384
stack_end:
