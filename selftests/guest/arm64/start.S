/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry of an image on arm64, and of its other CPUs: at EL1, with the MMU off. Both go on with
 * 4 GB mapped one to one by blocks of 1 GB: the first is devices, the rest memory that is cached,
 * as exclusives want it. The other half of addresses has no tables.
 */
#define DEVICE		0
#define NORMAL		1
#define BLOCK		(1 | 1 << 10)		/* valid, accessed */
#define INNER		(3 << 8)
#define ATTR(n)		((n) << 2)

/* 39 bits; walks are cached; no TTBR1; 40 bits of physical address. */
#define TCR		(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32)
#define MAIR		(0xff << (8 * NORMAL))	/* DEVICE: nGnRnE */
#define SCTLR_ON	(1 << 0 | 1 << 2 | 1 << 12)
#define STACK_SHIFT	14

	.macro	mmu_on
	ldr	x4, =tables
	msr	ttbr0_el1, x4
	ldr	x4, =TCR
	msr	tcr_el1, x4
	ldr	x4, =MAIR
	msr	mair_el1, x4
	isb
	tlbi	vmalle1
	dsb	sy
	mrs	x4, sctlr_el1
	ldr	x5, =SCTLR_ON
	orr	x4, x4, x5
	msr	sctlr_el1, x4
	isb
	.endm

	.macro	own_vectors
	ldr	x4, =vectors
	msr	vbar_el1, x4
	mov	x4, #(3 << 20)		/* no trap of vector registers */
	msr	cpacr_el1, x4
	isb
	.endm

	.section .text.start, "ax"
	.global	_start
_start:
	own_vectors
	mmu_on
	msr	tpidr_el1, xzr
	ldr	x4, =stacks + (1 << STACK_SHIFT)
	mov	sp, x4
	bl	rt_main
1:	wfi
	b	1b

/* x0: which CPU. */
	.global	ap_start
ap_start:
	own_vectors
	mmu_on
	msr	tpidr_el1, x0
	add	x5, x0, #1
	lsl	x5, x5, #STACK_SHIFT
	ldr	x4, =stacks
	add	x4, x4, x5
	mov	sp, x4
	bl	rt_ap_main
1:	wfi
	b	1b

/* Exceptions of this level, with its own stack pointer. */
	.macro	vector what
	.balign	0x80
	b	\what
	.endm

	.balign	0x800
vectors:
	.rept	4
	vector	on_other
	.endr
	vector	on_sync
	vector	on_irq
	.rept	10
	vector	on_other
	.endr

on_sync:
on_other:
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	bl	rt_fault
	b	.

on_irq:
	stp	x29, x30, [sp, #-192]!
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x5, [sp, #48]
	stp	x6, x7, [sp, #64]
	stp	x8, x9, [sp, #80]
	stp	x10, x11, [sp, #96]
	stp	x12, x13, [sp, #112]
	stp	x14, x15, [sp, #128]
	stp	x16, x17, [sp, #144]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x0, x1, [sp, #160]
	str	x18, [sp, #176]
	bl	rt_irq
	ldr	x18, [sp, #176]
	ldp	x0, x1, [sp, #160]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x16, x17, [sp, #144]
	ldp	x14, x15, [sp, #128]
	ldp	x12, x13, [sp, #112]
	ldp	x10, x11, [sp, #96]
	ldp	x8, x9, [sp, #80]
	ldp	x6, x7, [sp, #64]
	ldp	x4, x5, [sp, #48]
	ldp	x2, x3, [sp, #32]
	ldp	x0, x1, [sp, #16]
	ldp	x29, x30, [sp], #192
	eret

	.data
	.balign	4096
tables:
	.quad	0x00000000 | BLOCK | ATTR(DEVICE)
	.quad	0x40000000 | BLOCK | INNER | ATTR(NORMAL)
	.quad	0x80000000 | BLOCK | INNER | ATTR(NORMAL)
	.quad	0xc0000000 | BLOCK | INNER | ATTR(NORMAL)
	.space	4096 - 32

	.bss
	.balign	16
stacks:
	.space	8 << STACK_SHIFT
