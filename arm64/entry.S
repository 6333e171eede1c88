/* SPDX-License-Identifier: GPL-2.0-only */
/* The architecture's trampolines: hooks.c says what each is for, trampoline.S what they do. */
#include "trampoline.S"

	.text
KXEN_TRAMPOLINE hvc
KXEN_TRAMPOLINE flush_irqs
KXEN_TRAMPOLINE run
KXEN_TRAMPOLINE reset_vcpu
KXEN_TRAMPOLINE_ANY vcpu_coming
KXEN_TRAMPOLINE_ANY vcpu_created
KXEN_TRAMPOLINE_ANY sync_dirty
KXEN_TRAMPOLINE_ANY vm_gone
KXEN_TRAMPOLINE_ANY stage2_map
