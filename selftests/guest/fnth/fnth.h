/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Each hypercall that allocates, with its n-th allocation failing: what the parts share.
 * The VMM (vmm --fail) makes them fail: a write of N to port 0xF6 arms it for the vCPU's
 * own thread, a read gives how many were left and ends it.
 */
#ifndef FNTH_H
#define FNTH_H

#include "../rt.h"
#include <xen/kxen_evtchn.h>

/* Pages for the hypervisor, behind the image. */
#define PAGE(n)		(0x800000UL + (n) * PAGE_SIZE)
#define PAGE_GFN(n)	(PAGE(n) / PAGE_SIZE)

struct op {
	const char *name;
	void (*before)(void);
	long (*call)(void);
	void (*after)(void);
};

#define XEN_ENOMEM	-12

extern const struct op base_ops[], evtchn_ops[], gnttab_ops[];

void nothing(void);
void all_new(void);
void few_ports(void);

#endif
