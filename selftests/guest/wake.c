// SPDX-License-Identifier: GPL-2.0
/*
 * A machine wakes up (--s3) and is told what has come meanwhile, while its other vCPU closes a
 * port that has something to come: whoever has that port's number next gets nothing of it
 * (semantics A26). Wants a slow host behind each 64 ports.
 */
#include "until.h"

#define PORTS		640		/* the host tells of 64 at a time */
#define ROUNDS		5		/* on a machine that has little time for it */
#define PERIOD		1000000ULL	/* ns */
#define ASLEEP		50000000ULL

static u32 first, last;			/* timers' ports: vCPU 1's, vCPU 0's */
static volatile u32 go, taken, timer_set, stop, stopped;

static u32 bind_timer(u32 vcpu)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER, .vcpu = vcpu };

	return evtchn_op(EVTCHNOP_bind_virq, &b) ? 0 : b.port;
}

static long start_timer(u32 vcpu)
{
	struct vcpu_set_periodic_timer t = { .period_ns = PERIOD };

	return vcpu_op(VCPUOP_set_periodic_timer, vcpu, &t);
}

/* The first port's event says that the machine has woken up: no call of ours may wake it. */
static void other(unsigned int cpu)
{
	start_timer(1);
	timer_set = 1;
	while (!stop) {
		if (!go || !rt_pending(first))
			continue;
		go = 0;
		rt_close(last);
		taken = rt_bind_ipi(1);
	}
	stopped = 1;
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Both timers expire meanwhile; no call is made. */
static void sleep_and_wait(void)
{
	u64 end;

	__asm__ volatile("outb %0, $0xf5" : : "a"((u8)4) : "memory");
	rt_clear(first);
	rt_clear(last);
	for (end = now_ns() + ASLEEP; now_ns() < end;)
		relax();
}

/* True if the port was taken before the host was through. */
static bool round(void)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = first };
	bool in_time;

	taken = 0;
	sleep_and_wait();
	check("asleep, nothing comes", rt_pending(first) || rt_pending(last), 0);
	go = 1;
	check("it wakes up", evtchn_op(EVTCHNOP_status, &s), 0);
	in_time = taken;
	check("the port is closed and bound anew", until(2000, taken), 1);
	check("it has the same number", taken, last);
	check("A26 nothing is pending on it", rt_pending(last), 0);
	return in_time;
}

static void bind_all(void)
{
	first = bind_timer(1);
	while ((last = rt_bind_ipi(0)) && last < PORTS)
		;
	last = bind_timer(0);
	check("the ports between the timers'", last, PORTS + 1);
}

void test_main(void)
{
	bool met = false;
	u32 n;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	bind_all();
	check("vCPU 1 starts", rt_start_cpus(2, other), 1);
	check("a timer", start_timer(0), 0);
	check("vCPU 1 has one, too", until(2000, timer_set), 1);
	for (n = 0; n < ROUNDS && !met; n++) {
		if (n) {
			rt_close(last);
			check("the timer's port again", bind_timer(0), last);
		}
		met = round();
	}
	stop = 1;
	check("vCPU 1 is well", until(2000, stopped), 1);
	check("it was in time once", met, 1);
}
