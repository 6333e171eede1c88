// SPDX-License-Identifier: GPL-2.0
/* A watchdog that is fed does nothing; one that is not ends the machine (G43). */
#include "rt.h"

static void sleep_ms(u32 ms)
{
	struct sched_poll p = { .nr_ports = 0 };

	p.timeout = rt_now(rt_vi(0)) + ms * 1000000ULL;
	while (rt_now(rt_vi(0)) < p.timeout)
		sched_op(SCHEDOP_poll, &p);
}

void test_main(void)
{
	struct sched_watchdog w = { .timeout = 4 };
	int i, bad = 0;

	rt_map_shinfo();
	cli();
	w.id = sched_op(SCHEDOP_watchdog, &w);
	check("G43 started", w.id, 1);
	for (i = 0; i < 4; i++) {
		sleep_ms(1200);
		bad += sched_op(SCHEDOP_watchdog, &w) ? 1 : 0;
	}
	check("G43 fed for longer than its time", bad, 0);
	note("HUNG");
	for (;;)
		__asm__ volatile("cli; hlt");
}
