// SPDX-License-Identifier: GPL-2.0
/* Waits for the host on a port and sends every event back, for ever. */
#include "rt.h"

void test_main(void)
{
	u32 port, seen = 0;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	port = rt_alloc_unbound(0);
	note("serving %u", port);
	for (;;) {
		while (rt_events[port] == seen)
			sti_hlt();
		seen++;
		rt_send(port);
	}
}
