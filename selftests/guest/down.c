// SPDX-License-Identifier: GPL-2.0
/* SCHEDOP_shutdown with the reason that the command line's first digit gives. */
#include "rt.h"

extern u64 start_info_addr;

static void soft_reset(struct sched_shutdown *s)
{
	struct evtchn_status st = { .dom = DOMID_SELF };

	rt_map_shinfo();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	st.port = rt_alloc_unbound(DOMID_SELF);
	check("G44 a port before the soft reset", st.port != 0, 1);
	/* What the page still holds is the life before's. */
	shinfo_page.evtchn_mask[0] = ~0UL;
	check("G44 soft reset", sched_op(SCHEDOP_shutdown, s), 0);
	evtchn_op(EVTCHNOP_status, &st);
	check("G44 the port is closed", st.status, EVTCHNSTAT_closed);
	check("G44 shared_info can be placed again", rt_map_shinfo(), 0);
	check("G44 it is new", shinfo_page.evtchn_pending[0], 0);
	check("G44 its masks, too", shinfo_page.evtchn_mask[0], 0);
	check("G44 ports can be had again", rt_bind_ipi(0) != 0, 1);
}

void test_main(void)
{
	struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *words = (void *)(unsigned long)si->cmdline_paddr;
	struct sched_shutdown s = { .reason = words ? words[0] - '0' : 0 };

	cli();
	switch (s.reason) {
	case SHUTDOWN_suspend:
		check("G44 suspend: cancelled, the guest goes on",
		      sched_op(SCHEDOP_shutdown, &s), 1);
		break;
	case SHUTDOWN_soft_reset:
		soft_reset(&s);
		break;
	default:
		sched_op(SCHEDOP_shutdown, &s);
		check("G44 it does not come back", 0, 1);
	}
}
