/* SPDX-License-Identifier: GPL-2.0-only */
/* What this architecture keeps of a vCPU and of a domain: nothing. */
#ifndef KXEN_ARCH_TYPES_H
#define KXEN_ARCH_TYPES_H

#define KXEN_ARCH_ROM_FRAME	0
#define KXEN_ARCH_ROM_END	0

#define KXEN_ARCH_MMIO_LOW	(~0ULL)
#define KXEN_ARCH_MMIO_HIGH	(~0ULL)

struct kxen_arch_vcpu { };

struct kxen_arch_domain { };

#endif
