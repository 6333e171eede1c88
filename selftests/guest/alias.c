// SPDX-License-Identifier: GPL-2.0
/*
 * shared_info goes from one frame to another that is the same page of the VMM's: nothing
 * of it is lost (semantics G22, A90). The VMM shows all memory once more, at 2 GB.
 */
#include "rt.h"

#define ALIAS_GFN	(0x80000000UL / PAGE_SIZE)

static long place(unsigned long gfn)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = gfn,
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static void move(const char *name, unsigned long gfn)
{
	u32 other, masked, port = rt_loop(&other), before = rt_events[other];
	u64 time = rt_now(rt_vi(0));

	rt_loop(&masked);
	rt_mask(other);
	rt_send(port);
	rt_mask(masked);
	check(name, place(gfn), 0);
	check("what was masked is", rt_masked(masked) && rt_masked(other), 1);
	check("what was pending is", rt_pending(other), 1);
	check("the wall clock is there", shinfo_page.wc_sec != 0, 1);
	check("the vCPU's time goes on", rt_now(rt_vi(0)) > time, 1);
	rt_unmask_bit(other);
	rt_send(port);
	check("still pending", rt_pending(other), 1);
	rt_clear(other);
	rt_send(port);
	sti();
	cli();
	check("and the next event comes", rt_events[other] - before, 1);
	rt_close(port);
	rt_close(other);
}

void test_main(void)
{
	unsigned long gfn = (unsigned long)&shinfo_page / PAGE_SIZE;

	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	check("shared_info", rt_map_shinfo(), 0);
	move("to another frame of the same page", gfn + ALIAS_GFN);
	move("to the same frame", gfn + ALIAS_GFN);
	move("and back", gfn);
}
