/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a multiboot loader into an uncompressed 64-bit Linux kernel that is linked
 * into this image at 16 MB. Saves an emulator without a translator the minute and a
 * half that unpacking a bzImage takes.
 */
	.section .head, "ax"
	.code32
	.align 4
	.long 0x1BADB002, 3, -(0x1BADB002 + 3)	/* multiboot: modules, memory map */
	.global _start
_start:
	cld
	mov	$stack_end, %esp
	push	%ebx
	call	fill_params
	lgdt	gdt_desc
	ljmp	$0x10, $1f
1:	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%cr4, %eax
	or	$0x20, %eax
	mov	%eax, %cr4
	mov	$tables, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	%cr0, %eax
	or	$0x80000001, %eax
	mov	%eax, %cr0
	ljmp	$0x20, $2f
	.code64
2:	mov	$params, %esi
	mov	$KENTRY, %eax
	jmp	*%rax

	.data
	.align 8
gdt:	.quad	0, 0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00af9b000000ffff
gdt_desc:
	.word	39
	.long	gdt

	.bss
	.align 4096
	.global tables, params
tables:	.skip	3 * 4096
params:	.skip	4096
	.skip	8192
stack_end:
	.section .kernel, "aw"
	.incbin "kernel.bin"
	.section .note.GNU-stack, "", @progbits
