// SPDX-License-Identifier: GPL-2.0
/* Several CPUs: events to each, time across them, runstate. */
#include "rt.h"

#ifndef CPUS
#define CPUS 2
#endif
#define VECTOR_VALUE	(2ULL << 56 | CALLBACK_VECTOR)
#define ROUNDS		200
#define STEPS		2000

static volatile u32 go, ready, stop;
static u32 ipi_port[8];
static volatile u32 moved_port;
static volatile u64 last_time;
static volatile u32 time_lock, was_stable, went_back, unstable, steps[8];

static void lock(void)
{
	while (__atomic_exchange_n(&time_lock, 1, __ATOMIC_ACQUIRE))
		relax();
}

static void unlock(void)
{
	__atomic_store_n(&time_lock, 0, __ATOMIC_RELEASE);
}

/*
 * One vCPU's time is promised to be another's where both say that it is stable. A host whose
 * own clock is not the TSC cannot promise that, and says so: guests keep the last time then.
 */
static void watch_time(unsigned int cpu)
{
	while (steps[cpu] < STEPS) {
		u32 stable;
		u64 t;

		lock();
		t = rt_now(rt_vi(cpu));
		stable = rt_vi(cpu)->time.flags & XEN_PVCLOCK_TSC_STABLE_BIT;
		if (t < last_time && stable && was_stable)
			went_back++;
		unstable += !stable;
		was_stable = stable;
		last_time = t;
		unlock();
		steps[cpu]++;
	}
}

static void ap(unsigned int cpu)
{
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (!go)
		relax();
	watch_time(cpu);
	/* From here on events only, asleep between them. */
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (!stop)
		sti_hlt();
	cli();
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static bool wait_for(volatile u32 *what, u32 value)
{
	u64 end = rt_now(rt_vi(0)) + 60000000000ULL;

	while (*what != value) {
		relax();
		if (rt_now(rt_vi(0)) > end)
			return false;
	}
	return true;
}

/* All CPUs scan one word: who is late from one event is not to take the next CPU's. */
static bool mine(unsigned int cpu, u32 port)
{
	u32 i;

	for (i = 0; i < CPUS; i++)
		if (port == ipi_port[i])
			return cpu == i;
	return port != moved_port || cpu == CPUS - 1;
}

static void register_infos(void)
{
	struct vcpu_register_vcpu_info i = {
		.mfn = (unsigned long)vi_page / PAGE_SIZE,
	};
	u32 cpu, good = 0;

	for (cpu = 0; cpu < CPUS; cpu++) {
		i.offset = cpu * sizeof(vi_page[0]);
		if (!vcpu_op(VCPUOP_register_vcpu_info, cpu, &i))
			good++;
		rt_vi_use_registered(cpu, &vi_page[cpu]);
	}
	check("A81 vcpu_info of every vCPU, by vCPU 0", good, CPUS);
}

static void test_ipis(void)
{
	u32 cpu, n, lost = 0, wrong = 0;

	for (n = 0; n < ROUNDS; n++) {
		for (cpu = 1; cpu < CPUS; cpu++) {
			u32 port = ipi_port[cpu];
			u32 seen = rt_events[port];

			rt_send(port);
			if (!wait_for(&rt_events[port], seen + 1))
				lost++;
			if (rt_event_cpu[port] != cpu)
				wrong++;
		}
		if (lost)
			break;
	}
	check("A106 every event wakes its halted vCPU", lost, 0);
	check("A21 and is taken there", wrong, 0);
	note("# %u rounds", n);
}

static void test_move_port(void)
{
	struct evtchn_bind_vcpu v = { .vcpu = CPUS - 1 };
	u32 l, r, seen;

	l = rt_loop(&r);
	rt_mask(l);
	rt_clear(l);
	v.port = r;
	check("A31 move a channel to the last vCPU",
	      evtchn_op(EVTCHNOP_bind_vcpu, &v), 0);
	moved_port = r;
	seen = rt_events[r];
	rt_send(l);
	check("A31 its event arrives", wait_for(&rt_events[r], seen + 1), 1);
	check("A31 there", rt_event_cpu[r], CPUS - 1);
	rt_close(l);
	rt_close(r);
}

void test_main(void)
{
	struct vcpu_runstate_info rs;
	u32 cpu, n = 0;

	check("shared_info", rt_map_shinfo(), 0);
	check("A101 callback vector", rt_set_callback(VECTOR_VALUE), 0);
	cli();
	register_infos();
	check("G40 vCPU 1 is not up", vcpu_op(VCPUOP_is_up, 1, 0), 0);
	for (cpu = 0; cpu < CPUS; cpu++) {
		ipi_port[cpu] = rt_bind_ipi(cpu);
		n += ipi_port[cpu] != 0;
	}
	check("A21 an IPI for each, before they run", n, CPUS);
	rt_mine = mine;
	check("all CPUs start", rt_start_cpus(CPUS, ap), 1);
	check("G40 vCPU 1 is up", vcpu_op(VCPUOP_is_up, 1, 0), 1);
	wait_for(&ready, CPUS - 1);
	go = 1;
	watch_time(0);
	check("all CPUs finish", wait_for(&ready, 2 * (CPUS - 1)), 1);
	check("A85 time never goes back from one vCPU to another", went_back, 0);
	note("# %u readings of a clock that is not stable", unstable);
	test_ipis();
	test_move_port();
	check("A85 runstate of another vCPU",
	      vcpu_op(VCPUOP_get_runstate_info, 1, &rs), 0);
	check("A85 it has slept", rs.time[RUNSTATE_blocked] > 0, 1);
	stop = 1;
	for (cpu = 1; cpu < CPUS; cpu++)
		rt_send(ipi_port[cpu]);
	check("all CPUs stop", wait_for(&ready, 3 * (CPUS - 1)), 1);
}
