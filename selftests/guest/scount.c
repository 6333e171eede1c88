// SPDX-License-Identifier: GPL-2.0
/* Counts, and nothing else: what a paused guest does not do. The VMM knows where. */
#include "rt.h"

#define COUNTER	((volatile u64 *)0x2000000UL)

void test_main(void)
{
	rt_map_shinfo();
	cli();
	note("COUNT");
	for (;;)
		++*COUNTER;
}
