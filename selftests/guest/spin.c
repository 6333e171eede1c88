// SPDX-License-Identifier: GPL-2.0
/* Two busy CPUs for ever: one says so now and then, the other only burns. */
#include "rt.h"

static void burn(unsigned int cpu)
{
	for (;;)
		barrier();
}

void test_main(void)
{
	u32 i;

	rt_map_shinfo();
	rt_start_cpus(2, burn);
	for (;;) {
		note("tick");
		for (i = 0; i < 300000; i++)
			barrier();
	}
}
