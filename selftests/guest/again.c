// SPDX-License-Identifier: GPL-2.0
/*
 * arm64 alone: the machine is reset by its VMM (vmm --again), and the guest that begins anew finds a
 * domain that is as new: no port of the life before, and no event that it had not taken.
 */
#include "rt.h"

#define MAGIC	0x6e696167614c4146UL

/* Beyond the image, which is loaded anew. */
static volatile u64 *const mark = (u64 *)0x43fff000UL;

static void first_life(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_reboot };
	u32 port, other;

	check("a place for shared_info", rt_map_shinfo(), 0);
	port = rt_loop(&other);
	check("a channel", port && other, 1);
	mark[1] = port < other ? port : other;
	check("an event that nobody takes", rt_send(port), 0);
	check("its upcall is pending", rt_vi(0)->evtchn_upcall_pending, 1);
	mark[0] = MAGIC;
	sched_op(SCHEDOP_shutdown, &s);
	check("nobody is here", 0, 1);
}

static void second_life(void)
{
	struct vcpu_info *vi;

	mark[0] = 0;
	check("a place for shared_info again", rt_map_shinfo(), 0);
	vi = rt_vi(0);
	check("no upcall is left", vi->evtchn_upcall_pending, 0);
	sti();
	relax();
	cli();
	check("nor comes one", rt_upcalls[0], 0);
	check("the first port is free again", rt_alloc_unbound(0), mark[1]);
}

void test_main(void)
{
	if (mark[0] == MAGIC)
		second_life();
	else
		first_life();
}
