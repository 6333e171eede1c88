// SPDX-License-Identifier: GPL-2.0
/* The peer of the benchmark: a port for domain 701, and a CPU that is never idle. */
#include "rt.h"

void test_main(void)
{
	rt_map_shinfo();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	note("port %u", rt_alloc_unbound(701));
	for (;;) {
		sti();
		cli();
	}
}
