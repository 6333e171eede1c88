// SPDX-License-Identifier: GPL-2.0
/*
 * Events without end: to itself, twice in a row, masked. The command line's first word
 * says how they come: nothing, the callback vector; lapic, a vector of its own; deaf,
 * not at all.
 */
#include "rt.h"

extern u64 start_info_addr;

void test_main(void)
{
	struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *how = (void *)(unsigned long)si->cmdline_paddr;
	struct xen_hvm_evtchn_upcall_vector v = { 0, LAPIC_VECTOR };
	struct sched_poll poll = { 0 };
	u32 l, r, ml, mr;

	rt_map_shinfo();
	cli();
	if (how && how[0] == 'l') {
		((volatile u32 *)0xfee00000UL)[0xf0 / 4] = 0x1ff;
		hvm_op(HVMOP_set_evtchn_upcall_vector, &v);
	} else if (!how || how[0] != 'd') {
		rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	}
	l = rt_loop(&r);
	ml = rt_loop(&mr);
	rt_mask(mr);
	note("ticking");
	for (;;) {
		rt_send(l);
		rt_send(l);
		rt_clear(mr);
		rt_send(ml);
		sti();
		relax();
		cli();
		poll.timeout = rt_now(rt_vi(0)) + 1000000;
		sched_op(SCHEDOP_poll, &poll);
	}
}
