// SPDX-License-Identifier: GPL-2.0
/* Port 1 waits for domain 700 and sends every event back, whoever that is by then. */
#include "rt.h"

void test_main(void)
{
	u32 port, seen = 0;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	port = rt_alloc_unbound(700);
	note("waiting %u", port);
	for (;;) {
		while (rt_events[port] == seen)
			sti_hlt();
		seen = rt_events[port];
		rt_send(port);
	}
}
