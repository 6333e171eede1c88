/* SPDX-License-Identifier: GPL-2.0-only */
/* The architecture's trampolines: hooks.c says what each is for, trampoline.S what they do. */
#include "trampoline.S"

	.text
KXEN_TRAMPOLINE emulate_hypercall
KXEN_TRAMPOLINE cpuid
KXEN_TRAMPOLINE set_msr
KXEN_TRAMPOLINE get_msr
KXEN_TRAMPOLINE has_extint
KXEN_TRAMPOLINE has_interrupt
KXEN_TRAMPOLINE get_interrupt
KXEN_TRAMPOLINE get_extint
KXEN_TRAMPOLINE apic_enabled
KXEN_TRAMPOLINE run
KXEN_TRAMPOLINE_ANY clock_update
KXEN_TRAMPOLINE_ANY vcpu_created
KXEN_TRAMPOLINE_ANY sync_dirty
KXEN_TRAMPOLINE_ANY vm_gone
KXEN_TRAMPOLINE_ANY_SKIP vcpu_coming
KXEN_TRAMPOLINE_RUNNING faultin
KXEN_TRAMPOLINE_RUNNING prefetch
KXEN_TRAMPOLINE kvm_read
KXEN_TRAMPOLINE kvm_read_frame
KXEN_TRAMPOLINE kvm_peek
KXEN_TRAMPOLINE kvm_write
KXEN_TRAMPOLINE kvm_write_frame
KXEN_TRAMPOLINE kvm_address
KXEN_TRAMPOLINE kvm_keep
KXEN_TRAMPOLINE_RUNNING slot_address
KXEN_TRAMPOLINE_RUNNING vm_read
KXEN_TRAMPOLINE_RUNNING vm_write
KXEN_TRAMPOLINE_ANY vfio_changed
KXEN_TRAMPOLINE_ANY vfio_detach

/* A C function that is called with all registers kept: KXEN_CALL_SAVED. */
.macro KXEN_SAVED name
SYM_FUNC_START(kxen_arch_\name)
	ANNOTATE_NOENDBR	/* only called by name */
	FRAME_BEGIN
	push	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	call	kxen_\name
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	FRAME_END
	RET
SYM_FUNC_END(kxen_arch_\name)
.endm

KXEN_SAVED window_touch
KXEN_SAVED window_begin
KXEN_SAVED window_end
