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
