/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry of a PVH guest image, and of its other CPUs.
 *
 * PVH starts in 32-bit protected mode without paging, %ebx = start_info. A
 * 64-bit image goes on with 4 GB mapped one to one; a 32-bit one stays as it
 * is, or with -DPAE maps the same in PAE tables.
 */
#define XEN_ELFNOTE_PHYS32_ENTRY 18

	.section .note.Xen, "a", @note
	.align 4
	.long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long pvh_start

	.text
	.code32
	.global pvh_start
pvh_start:
	cld
	mov	$boot_stack_end, %esp
	mov	%ebx, start_info_addr
	call	enter_mode
	/* enter_mode returns in the image's own mode, with the stack kept */
#ifdef __x86_64__
	.code64
#endif
	call	rt_main
1:	hlt
	jmp	1b

	.code32
enter_mode:
	lgdt	gdt_ptr
	ljmp	$0x18, $1f
1:	mov	$0x20, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	pop	%edi			/* return address, 32 bits */
#if defined(__x86_64__) || defined(PAE)
	call	fill_tables
	mov	%cr4, %eax
	or	$0x20, %eax
	mov	%eax, %cr4
#ifdef __x86_64__
	mov	$pml4, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax
	wrmsr
#else
	mov	$pdpt, %eax
	mov	%eax, %cr3
#endif
	mov	%cr0, %eax
	or	$0x80000001, %eax
	mov	%eax, %cr0
#endif
#ifdef __x86_64__
	ljmp	$0x08, $2f
	.code64
2:	mov	%edi, %edi
	mov	%cr4, %rax
	or	$0x600, %rax		/* SSE state, for compilers */
	mov	%rax, %cr4
	push	%rdi
	ret
	.code32
#else
	push	%edi
	ret
#endif

/* Four gigabytes in 2 MB pages; the same tables for PAE but for the top. */
fill_tables:
	movl	$pdpt + 7, pml4
	xor	%ecx, %ecx
	mov	$pd + 7, %eax
#ifndef __x86_64__
	mov	$pd + 1, %eax		/* PAE: no other bits allowed up here */
#endif
1:	mov	%eax, pdpt(, %ecx, 8)
	add	$4096, %eax
	inc	%ecx
	cmp	$4, %ecx
	jne	1b
	xor	%ecx, %ecx
	mov	$0x87, %eax
2:	mov	%eax, pd(, %ecx, 8)
	add	$0x200000, %eax
	inc	%ecx
	cmp	$2048, %ecx
	jne	2b
	ret

/* Another CPU: copied to 0x8000 by rt_start_cpus(), real mode, cs = 0x800. */
	.code16
	.global ap_real_start, ap_real_end
ap_real_start:
	cli
	xor	%ax, %ax
	mov	%ax, %ds
	lgdtl	(0x8000 + ap_gdt_ptr - ap_real_start)
	mov	%cr0, %eax
	or	$1, %eax
	mov	%eax, %cr0
	ljmpl	$0x18, $ap_start
	.align 4
ap_gdt_ptr:
	.word	71
	.long	gdt
ap_real_end:

	.code32
ap_start:
	mov	$0x20, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	/* One comes at a time: rt_start_cpus() waits for each. */
	mov	ap_stack, %esp
	call	enter_mode
#ifdef __x86_64__
	.code64
#endif
	call	rt_ap_main
1:	hlt
	jmp	1b

	.data
	.align 8
	.global gdt
gdt:	.quad	0
	.quad	0x00af9b000000ffff	/* 0x08 64-bit code */
	.quad	0x00cf93000000ffff	/* 0x10 data */
	.quad	0x00cf9b000000ffff	/* 0x18 32-bit code */
	.quad	0x00cf93000000ffff	/* 0x20 data */
	.fill	4, 8, 0			/* 0x28: for tests of other rings */
gdt_ptr:
	.word	71
	.long	gdt
	.global start_info_addr, ap_stack
	.align 8
start_info_addr: .quad 0
ap_stack: .quad 0

	.bss
	.align 4096
pml4:	.skip	4096
pdpt:	.skip	4096
pd:	.skip	4 * 4096
boot_stack: .skip 16384
boot_stack_end:
	.section .note.GNU-stack, "", @progbits
