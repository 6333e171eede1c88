// SPDX-License-Identifier: GPL-2.0
/*
 * Two vCPUs set and stop one vCPU's periodic timer at the same time (semantics G40). Wants
 * a host that takes a few milliseconds from stopping the timer to starting it, and a part
 * of one in its callback: vCPU 1 comes so late that it starts the timer in the middle of
 * the first expiry of what vCPU 0 has started.
 */
#include "until.h"

#define US	1000ULL
#define PERIOD	(1000 * US)	/* the shortest there is */
#define ROUNDS	96
#define STEPS	16
#define STEP	(60 * US)

static volatile u32 turn, done, bad;
static volatile u64 start;

static void wait_to(u64 when)
{
	while (now_ns() < when)
		relax();
}

static void set(u64 period)
{
	bad += vcpu_op(VCPUOP_set_periodic_timer, 0, &period) != 0;
}

/* A period later than vCPU 0 and a little more, each time another bit. */
static void other(unsigned int cpu)
{
	u32 n;

	for (n = 1; n <= ROUNDS; n++) {
		while (turn != n)
			relax();
		wait_to(start + PERIOD + n % STEPS * STEP);
		set(PERIOD);
		done = n;
	}
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Both set it, it expires some times, and both stop it. */
static bool round(u32 n)
{
	start = now_ns() + 200 * US;
	turn = n;
	wait_to(start);
	set(PERIOD);
	if (!until(5000, done == n))
		return false;
	wait_to(now_ns() + 3 * PERIOD);
	bad += vcpu_op(VCPUOP_stop_periodic_timer, 0, 0) != 0;
	return true;
}

void test_main(void)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };
	u64 period = 10 * PERIOD, before;
	u32 n = 0;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	check("bind the timer", evtchn_op(EVTCHNOP_bind_virq, &b), 0);
	check("vCPU 1 starts", rt_start_cpus(2, other), 1);
	before = now_ns();
	set(PERIOD);
	note("# a call takes %u us", (u32)((now_ns() - before) / 1000));
	while (n < ROUNDS && round(n + 1))
		n++;
	check("all rounds are made", n, ROUNDS);
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
