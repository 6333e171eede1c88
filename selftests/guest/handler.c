// SPDX-License-Identifier: GPL-2.0
/* Wants to be told when a domain ends: once the host sends that interrupt here, it is. */
#include "rt.h"

#define VIRQ_DOM_EXC_	3

void test_main(void)
{
	struct evtchn_bind_virq v = { .virq = VIRQ_DOM_EXC_ };

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	check("A17 a global virq that another domain handles",
	      evtchn_op(EVTCHNOP_bind_virq, &v), XEN_EBUSY);
	note("not the handler");
	while (evtchn_op(EVTCHNOP_bind_virq, &v) == XEN_EBUSY) {
		sti();
		relax();
		cli();
	}
	check("A17 one that it handles itself", rt_close(v.port), 0);
	check("A17 bound again", evtchn_op(EVTCHNOP_bind_virq, &v), 0);
	check("A17 twice", evtchn_op(EVTCHNOP_bind_virq, &v), XEN_EEXIST);
	note("the handler");
	while (!rt_events[v.port])
		sti_hlt();
	check("A121 a domain has ended", rt_events[v.port] > 0, 1);
}
