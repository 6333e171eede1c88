/* SPDX-License-Identifier: GPL-2.0-only */
/* What arm64 keeps of a vCPU and of a domain. */
#ifndef KXEN_ARCH_TYPES_H
#define KXEN_ARCH_TYPES_H

#include <linux/types.h>

/* There are no frames that every machine has something at: the device tree says what is where. */
#define KXEN_ARCH_ROM_FRAME	0
#define KXEN_ARCH_ROM_END	0
#define KXEN_ARCH_MMIO_LOW	(~0ULL)
#define KXEN_ARCH_MMIO_HIGH	(~0ULL)

/* What is placed over a guest's memory: not where the VMM has none, nor what is only to be read. */
#define KXEN_ARCH_SHOWS_HOLES	false
#define KXEN_ARCH_SHOWS_READ_ONLY	false

/**
 * struct kxen_arch_vcpu - how the upcall reaches a vCPU.
 * @shown: the guest has entered with its upcall pending, and has not been seen to clear it.
 * @begun: the VMM has reset the vCPU since it ran last.
 *
 * Written by the vCPU's own thread, but for @begun: by who resets it, while it does not run.
 */
struct kxen_arch_vcpu {
	bool shown;
	bool begun;
};

/**
 * struct kxen_arch_domain - a machine.
 * @born: when its time began, of the host's monotonic clock.
 * @held: no upcalls for the moment.
 * @crash: the machine is to end, by whichever vCPU begins to run next.
 */
struct kxen_arch_domain {
	u64 born;
	bool held;
	bool crash;
};

#endif
