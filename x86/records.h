/* SPDX-License-Identifier: GPL-2.0-only */
/* What the records of this architecture in a saved domain hold. */
#ifndef KXEN_X86_RECORDS_H
#define KXEN_X86_RECORDS_H

#include <linux/types.h>

#include "../kvm-xen/stream.h"

#define KXEN_REC_X86_VCPU	KXEN_REC(KXEN_OWNER_X86, 1, 1)
#define KXEN_REC_X86_START	KXEN_REC(KXEN_OWNER_X86, 2, 1)

/* Of a vCPU that has a vector of its own. */
struct kxen_save_x86_vcpu {
	u32 vcpu;
	u32 upcall_vector;
};

/* Of one that another has said of where it is to begin. */
struct kxen_save_x86_start {
	u32 vcpu;
	u32 starts;
	u64 state[24];		/* struct kxen_start as it is */
};

#endif
