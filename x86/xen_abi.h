/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of Xen's ABI on x86 that Linux's headers do not have, or not all of them. */
#ifndef KXEN_X86_XEN_ABI_H
#define KXEN_X86_XEN_ABI_H

#include <asm/xen/cpuid.h>
#include <linux/bits.h>
#include <xen/interface/hvm/params.h>

#include "../kvm-xen/xen_abi.h"

/*
 * CPUID leaves, from the block's base on; <asm/xen/cpuid.h> says what is in them, and counts
 * from 1. The block is here, or one step up.
 */
#define KXEN_CPUID_STEP		0x100
#define KXEN_CPUID_BLOCKS	0xffff0000	/* what all blocks of hypervisors have in common */
#define KXEN_LEAF_SIGNATURE	0
#define KXEN_LEAF_VERSION	1
#define KXEN_LEAF_HYPERCALL	2
#define KXEN_LEAF_TIME		3
#define KXEN_LEAF_HVM		4
#define KXEN_LEAF_PV		5

/* Sub-leaves of KXEN_LEAF_TIME; XEN_CPUID_TSC_MODE_*. */
#define KXEN_TIME_GUEST		0
#define KXEN_TIME_RDTSCP	BIT(2)	/* the host's processors have that instruction */
#define KXEN_TIME_SCALE		1
#define KXEN_TIME_HOST		2
#ifndef XEN_CPUID_TSC_MODE_NEVER_EMULATE
#define XEN_CPUID_TSC_MODE_NEVER_EMULATE 2u
#endif

/* HVM_PARAM_CALLBACK_IRQ: HVM_PARAM_CALLBACK_TYPE_*, and what the types have. */
#ifndef HVM_PARAM_CALLBACK_IRQ_TYPE_MASK
#define HVM_PARAM_CALLBACK_IRQ_TYPE_MASK GENMASK_ULL(63, 56)
#endif
#define KXEN_CALLBACK_GSI	GENMASK_ULL(7, 0)
#define KXEN_CALLBACK_DEVFN	GENMASK_ULL(15, 8)
#define KXEN_CALLBACK_INTX	GENMASK_ULL(1, 0)
#define KXEN_CALLBACK_VECTOR	GENMASK_ULL(7, 0)

/* Lower ones are the processor's: no LAPIC delivers them. */
#define KXEN_MIN_VECTOR		0x10

#endif
