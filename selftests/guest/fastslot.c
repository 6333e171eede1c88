// SPDX-License-Identifier: GPL-2.0
/*
 * Sends whose argument is in memory that the VMM takes away and gives back elsewhere (vmm --pull):
 * what the host knows of it for calls that are served in a hurry is not true for longer than KVM's
 * own memory slots are. 64-bit only.
 */
#include "rt.h"

#define SLOT	0x10000000UL	/* the VMM knows it too */
#define MOVED	(2 * SLOT)

enum { SLOT_ADD = 19, SLOT_MOVE = 22 };	/* what the VMM is asked for */

static u32 in;

static void vmm(u8 what)
{
	__asm__ volatile("outb %0, $0xf5" : : "a"(what) : "memory");
}

static bool comes(void)
{
	bool pending = rt_pending(in);

	rt_clear(in);
	return pending;
}

static u32 sends(void *at)
{
	u32 i, n = 0;

	for (i = 0; i < 10; i++)
		n += !evtchn_op(EVTCHNOP_send, at) && comes();
	return n;
}

void test_main(void)
{
	struct evtchn_send *s = (void *)SLOT, *moved = (void *)MOVED;
	u32 port;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	port = rt_loop(&in);
	rt_mask(in);
	rt_clear(in);
	vmm(SLOT_ADD);
	s->port = port;
	check("an argument in a slot of its own", sends(s), 10);
	vmm(SLOT_MOVE);
	check("one where there is no slot any more", evtchn_op(EVTCHNOP_send, s), XEN_EFAULT);
	check("no event", comes(), 0);
	check("where the slot is now", sends(moved), 10);
	check("no slot is there again", evtchn_op(EVTCHNOP_send, s), XEN_EFAULT);
}
