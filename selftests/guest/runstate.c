// SPDX-License-Identifier: GPL-2.0
/*
 * Runstate times against the clock: they add up, and what the host gave to others
 * shows as runnable. Prints the share of each for the job outside.
 */
#include "rt.h"

#define MS	1000000ULL
#define SPAN	(1500 * MS)

static struct vcpu_runstate_info start, end;

static u64 spent(int state)
{
	return end.time[state] - start.time[state];
}

void test_main(void)
{
	u64 t0, t1, sum = 0, error, until;
	struct sched_poll p = { .nr_ports = 0 };
	u32 i, share[4];

	rt_map_shinfo();
	cli();
	t0 = rt_now(rt_vi(0));
	vcpu_op(VCPUOP_get_runstate_info, 0, &start);
	check("A85 running while it asks", start.state, RUNSTATE_running);
	for (until = t0 + SPAN; rt_now(rt_vi(0)) < until;)
		relax();
	/* And a third of the time asleep. */
	p.timeout = rt_now(rt_vi(0)) + SPAN / 2;
	while (rt_now(rt_vi(0)) < p.timeout)
		sched_op(SCHEDOP_poll, &p);
	vcpu_op(VCPUOP_get_runstate_info, 0, &end);
	t1 = rt_now(rt_vi(0));
	for (i = 0; i < 4; i++)
		sum += spent(i);
	error = sum > t1 - t0 ? sum - (t1 - t0) : t1 - t0 - sum;
	check("A85 the times add up to the time", error < 20 * MS, 1);
	check("A85 no time offline", spent(RUNSTATE_offline), 0);
	check("A85 asleep is blocked, within a tenth",
	      spent(RUNSTATE_blocked) > SPAN / 2 - SPAN / 10, 1);
	for (i = 0; i < 4; i++)
		share[i] = (u32)(spent(i) / MS) * 100 / (u32)((t1 - t0) / MS);
	note("SHARE running %u runnable %u blocked %u offline %u", share[0],
	     share[1], share[2], share[3]);
}
