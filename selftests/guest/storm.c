// SPDX-License-Identifier: GPL-2.0
/*
 * Never done: calls that the host serves before it is done with the exit, one after the other, and
 * no exit of another kind in between. "sends", to a port that is pending and masked, or "timers",
 * each of which is due when it is set.
 */
#include "rt.h"

extern u64 start_info_addr;

/* The command line begins so. */
static bool wanted(char first)
{
	const struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *line = (void *)(unsigned long)si->cmdline_paddr;

	return line && line[0] == first;
}

void test_main(void)
{
	const bool timers = wanted('t');
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };
	u32 to, port;

	rt_map_shinfo();
	cli();
	port = rt_loop(&to);
	rt_mask(to);
	evtchn_op(EVTCHNOP_bind_virq, &b);
	rt_mask(b.port);
	note("storm");
	for (;;) {
		if (timers)
			hc1(__HYPERVISOR_set_timer_op, 1);
		else
			rt_send(port);
	}
}
