// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the VMM changes under what the guest has registered in it (vmm --pull): the
 * host goes on with the page that it holds, which the guest may see no more, and takes the
 * one that is there when the guest registers anew (Documentation/uapi.rst).
 */
#include "until.h"

#define PULLED		0x2000000	/* the VMM knows it too */
#define RUNSTATE_PHYS	14

/* What the VMM is asked for. */
enum { DISCARD = 10, DISCARD_AREA, MAP_OVER, MOVE_AWAY, READ_ONLY, WRITABLE, SLOT_AGAIN };

static struct shared_info *const there = (void *)PULLED;
static u32 port;

static void vmm(u8 what)
{
	__asm__ volatile("outb %0, $0xf5" : : "a"(what) : "memory");
}

static long place(void)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
		.gpfn = PULLED / PAGE_SIZE,
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static bool pending(void)
{
	return READ(there->evtchn_pending[port / 64]) >> port % 64 & 1;
}

static void clear(void)
{
	__atomic_fetch_and(&there->evtchn_pending[port / 64], ~(1UL << port % 64),
			   __ATOMIC_SEQ_CST);
}

/* Another page is there now. */
static void test_lost(const char *how, u8 what)
{
	note("# %s", how);
	check("G22 shared_info is placed", place(), 0);
	clear();
	check("A28 send", rt_send(port), 0);
	check("A90 the event is there", pending(), 1);
	clear();
	vmm(what);
	check("A28 another page, and a send", rt_send(port), 0);
	check("A90 it is in the page that the host holds", pending(), 0);
	check("G22 shared_info is placed anew", place(), 0);
	check("A90 the event comes along", pending(), 1);
	clear();
	check("A28 send", rt_send(port), 0);
	check("A90 the next one is there", pending(), 1);
}

/* It is the same page, whatever the VMM does about it. */
static void test_kept(const char *how, u8 what, u8 back)
{
	note("# %s", how);
	clear();
	vmm(what);
	check("A28 send", rt_send(port), 0);
	check("A90 the event is there", pending(), 1);
	vmm(back);
	clear();
	check("A28 send afterwards", rt_send(port), 0);
	check("A90 the event is there afterwards", pending(), 1);
}

static long runstate_at(u64 where)
{
	return vcpu_op(RUNSTATE_PHYS, 0, &where);
}

static void sleep_ms(u32 ms)
{
	struct sched_poll p = { .timeout = now_ns() + ms * 1000000ULL };

	sched_op(SCHEDOP_poll, &p);
}

static void test_area(void)
{
	struct vcpu_runstate_info *area = (void *)(PULLED + PAGE_SIZE);

	note("# an area");
	check("A85 runstate", runstate_at((unsigned long)area), 0);
	check("A85 it is written", READ(area->state_entry_time) != 0, 1);
	vmm(DISCARD_AREA);
	sleep_ms(5);
	check("A85 not into another page", READ(area->state_entry_time), 0);
	check("A85 runstate, anew", runstate_at((unsigned long)area), 0);
	check("A85 it is written again", READ(area->state_entry_time) != 0, 1);
	check("A85 runstate goes", runstate_at(~0ULL), 0);
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	cli();
	port = rt_bind_ipi(0);
	rt_vi_use_registered(0, &there->vcpu_info[0]);
	test_lost("discarded", DISCARD);
	test_lost("something else mapped over it", MAP_OVER);
	test_lost("moved away", MOVE_AWAY);
	test_kept("read-only for a while", READ_ONLY, WRITABLE);
	test_kept("the slot is deleted and set again", SLOT_AGAIN, WRITABLE);
	test_area();
}
