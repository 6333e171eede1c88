// SPDX-License-Identifier: GPL-2.0
/* A reset while another vCPU binds ports (semantics A34). */
#include "until.h"

#define MANY	1500

static volatile u32 work, bound, stop, stopped;

/* vCPU 1 binds a port whenever it is told that there is work. */
static void binder(unsigned int cpu)
{
	while (!stop) {
		if (work && rt_alloc_unbound(DOMID_SELF))
			bound++;
		else
			relax();
	}
	stopped = 1;
	for (;;)
		__asm__ volatile("cli; hlt");
}

static long reset_all(void)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };

	return evtchn_op(EVTCHNOP_reset, &r);
}

static u32 count_open(void)
{
	struct evtchn_status s = { .dom = DOMID_SELF };
	u32 n = 0;

	for (s.port = 1; s.port < 4096; s.port++)
		if (evtchn_op(EVTCHNOP_status, &s))
			break;
		else if (s.status != EVTCHNSTAT_closed)
			n++;
	return n;
}

static void fill(void)
{
	u32 i;

	for (i = 0; i < MANY; i++)
		rt_alloc_unbound(DOMID_SELF);
}

/* A reset that says it is done has left no port open; one that met new ones says so. */
void test_main(void)
{
	u32 again = 0, good = 0, bad = 0;
	u64 end;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	check("vCPU 1 starts", rt_start_cpus(2, binder), 1);
	for (end = now_ns() + 20000000000ULL; !again && now_ns() < end;) {
		u32 before = bound;
		long ret;

		fill();
		work = 1;
		until(1000, bound != before);
		ret = reset_all();
		work = 0;
		again += ret == XEN_EAGAIN;
		good += !ret;
		bad += ret && ret != XEN_EAGAIN;
	}
	stop = 1;
	check("vCPU 1 is well", until(2000, stopped), 1);
	note("# resets: %u good, %u again, %u ports bound", good, again, bound);
	check("A34 nothing else is answered", bad, 0);
	check("A34 ports that were bound meanwhile: -EAGAIN", again > 0, 1);
	check("A34 they are still open", count_open() > 0, 1);
	check("A34 the next one", reset_all(), 0);
	check("A34 closes all", count_open(), 0);
}
