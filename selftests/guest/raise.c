// SPDX-License-Identifier: GPL-2.0
/*
 * Upcalls that another vCPU raises as fast as it can: each event is sent in the moment in which the
 * one before was seen to be taken, which is while the handler of that runs, and about to end. None is
 * lost, and there are no more upcalls than that takes.
 */
#include "rt.h"

#define ROUNDS	1000

static u32 to, from;
static volatile u32 sent;
static volatile bool asleep, over;

static void sender(unsigned int cpu)
{
	u32 i, spin;

	for (i = 0; i < 2 * ROUNDS; i++) {
		/* The first half finds a vCPU that runs, the other one a vCPU that sleeps. */
		asleep = i >= ROUNDS;
		rt_send(to);
		sent = i + 1;
		for (spin = 0; spin < 50000000 && rt_events[from] != sent; spin++)
			relax();
		if (rt_events[from] != sent)
			break;
	}
	over = true;
	rt_send(to);
}

void test_main(void)
{
	u32 upcalls;

	rt_map_shinfo();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	to = rt_loop(&from);
	check("two ends of a channel", to && from, 1);
	sti();
	check("the other vCPU starts", rt_start_cpus(2, sender), 1);
	while (!over) {
		if (asleep) {
			cli();
			if (!over)
				sti_hlt();
			sti();
		} else {
			relax();
		}
	}
	upcalls = rt_upcalls[0];
	check("none of the events is lost", sent, 2 * ROUNDS);
	note("# %u upcalls for %u events", upcalls, sent);
	check("nor is there a storm", upcalls <= 2 * sent + 10, 1);
	/* Both ends are this domain's: nothing more is to come. */
	cli();
}
