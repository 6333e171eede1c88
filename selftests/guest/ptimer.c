// SPDX-License-Identifier: GPL-2.0
/*
 * Three vCPUs set and stop one vCPU's periodic timer (semantics G40), in bursts, so that
 * it expires in between.
 */
#include "until.h"

#define CPUS	3
#define PERIOD	1000000ULL	/* the shortest there is */
#define BURST	4000000ULL
#define ROUND	7000000ULL
#define LENGTH	5000000000ULL

static volatile u32 calls[CPUS], bad, done;
static u64 end;

static void loop(unsigned int cpu)
{
	u64 period = PERIOD, t;

	while ((t = now_ns()) < end) {
		while (now_ns() - t < BURST) {
			if (vcpu_op(VCPUOP_set_periodic_timer, 0, &period))
				bad++;
			if (!(++calls[cpu] % 8))
				vcpu_op(VCPUOP_stop_periodic_timer, 0, 0);
		}
		while (now_ns() - t < ROUND)
			relax();
	}
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
}

static void other(unsigned int cpu)
{
	loop(cpu);
	for (;;)
		__asm__ volatile("cli; hlt");
}

void test_main(void)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };
	u64 period = 10000000;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	check("bind the timer", evtchn_op(EVTCHNOP_bind_virq, &b), 0);
	end = now_ns() + LENGTH;
	check("the vCPUs start", rt_start_cpus(CPUS, other), 1);
	loop(0);
	check("all have ended", until(5000, done == CPUS), 1);
	note("# calls: %u %u %u", calls[0], calls[1], calls[2]);
	check("G40 set_periodic_timer by several vCPUs", bad, 0);
	check("G40 stop_periodic_timer",
	      vcpu_op(VCPUOP_stop_periodic_timer, 0, 0), 0);
	rt_clear(b.port);
	check("G40 stopped: no event", until(50, rt_pending(b.port)), 0);
	check("G40 set_periodic_timer",
	      vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0);
	check("G40 it ticks", until(1000, rt_pending(b.port)), 1);
	rt_clear(b.port);
	check("G40 and again", until(1000, rt_pending(b.port)), 1);
}
