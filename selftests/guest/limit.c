// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that may lock little memory (--memlock): the pages that a domain holds count, and
 * come back when they are given up. FIFO's array takes a page a call.
 */
#define NR_CPUS 1
#include "fiforun.h"

#define XEN_ENOMEM	-12
#define MOST		128	/* pages that an array can have */

static u8 pages[MOST][PAGE_SIZE] page_aligned;

void test_main(void)
{
	u64 area = (unsigned long)pages;
	u32 first, second;
	long error;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	rt_take_events = fifo_take;
	check("A36 init_control", init_cpu(0), 0);
	first = expand_until(pages, MOST, &error);
	note("# %u pages", first);
	check("A41 a page more than the VMM may lock", error, XEN_ENOMEM);
	check("A41 that came before the end of the array", first < MOST, 1);
	check("A85 nor may a vCPU have an area", vcpu_op(14, 0, &area),
	      XEN_ENOMEM);
	check("A34 reset gives them back", reset(DOMID_SELF), 0);
	check("A85 now it may", vcpu_op(14, 0, &area), 0);
	area = ~0ULL;
	check("A85 and away", vcpu_op(14, 0, &area), 0);
	check("A36 init_control", init_cpu(0), 0);
	second = expand_until(pages, MOST, &error);
	check("A41 as many as before", second, first);
	check("A41 and no more", error, XEN_ENOMEM);
}
