// SPDX-License-Identifier: GPL-2.0
/*
 * shared_info moves to and fro, as often as this vCPU can: what that costs the host's other
 * CPUs is bounded, and the job looks at it.
 */
#include "rt.h"

#define MOVES	1500

static u8 pages[2][PAGE_SIZE] page_aligned;

void test_main(void)
{
	u32 i, bad = 0;

	for (i = 0; i < MOVES; i++) {
		struct xen_add_to_physmap a = {
			.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
			.gpfn = (unsigned long)pages[i & 1] / PAGE_SIZE,
		};

		bad += memory_op(XENMEM_add_to_physmap, &a) != 0;
	}
	note("# %u moves", i);
	check("G22 shared_info moves each time", bad, 0);
}
