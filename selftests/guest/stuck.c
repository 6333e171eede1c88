// SPDX-License-Identifier: GPL-2.0
/*
 * A channel with domain 0, then a FIFO control block in a page that the VMM has not brought yet
 * (--stuck), as one that is migrated post-copy: it waits for the page, and then has it. What
 * else domain 0 does with its channels must not wait for that.
 */
#include "until.h"

#define STUCK_GFN	0x2000		/* the VMM knows it too */

void test_main(void)
{
	struct evtchn_init_control c = { .control_gfn = STUCK_GFN };
	struct evtchn_status s = { .dom = DOMID_SELF };

	rt_map_shinfo();
	cli();
	s.port = rt_alloc_unbound(0);
	note("PORT %u", s.port);
	while (!evtchn_op(EVTCHNOP_status, &s) &&
	       s.status != EVTCHNSTAT_interdomain)
		sched_op(SCHEDOP_yield, 0);
	note("BOUND");
	check("A36 init_control in a page that comes late",
	      evtchn_op(EVTCHNOP_init_control, &c), 0);
}
