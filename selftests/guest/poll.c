// SPDX-License-Identifier: GPL-2.0
/* What wakes a vCPU from SCHEDOP_poll and SCHEDOP_block (semantics A110 to A113). */
#include "until.h"

#define LIMIT	5000000000ULL

static volatile u32 send_to, sent;

/* Sends as soon as vCPU 0 sleeps. */
static void sender(unsigned int cpu)
{
	for (;;) {
		u32 port;

		while (!send_to)
			relax();
		sent = until(LIMIT / 2000000, is_still(0));
		/* Before vCPU 0 wakes, and asks for the next. */
		port = send_to;
		send_to = 0;
		rt_send(port);
	}
}

/* Milliseconds that vCPU 0 slept, after which @port is pending; -1 if it is not. */
static long sleep_for(u32 by, u32 port, u32 nr, u32 *ports)
{
	struct sched_poll p = { .nr_ports = nr };
	u64 t = now_ns();
	long ret;

	p.timeout = t + LIMIT;
	set_xen_guest_handle_raw(p.ports, ports);
	sent = 0;
	send_to = by;
	ret = ports ? sched_op(SCHEDOP_poll, &p) : sched_op(SCHEDOP_block, 0);
	t = now_ns() - t;
	if (!until(3000, rt_pending(port)) || ret)
		return -1;
	rt_clear(port);
	return t / 1000000;
}

/* Well before the limit, and it had been asleep. */
static void woken(const char *name, long ms)
{
	note("# %ld ms", ms);
	check(name, ms >= 0 && ms < (long)(LIMIT / 1500000) && sent, 1);
}

void test_main(void)
{
	u32 a, b, c, remote_a, remote_b, remote_c, ports[2];

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	remote_a = rt_loop(&a);
	remote_b = rt_loop(&b);
	remote_c = rt_loop(&c);
	rt_mask(a);
	rt_mask(b);
	rt_mask(c);
	/* What connecting has set. */
	memset(&shinfo_page.evtchn_pending, 0, sizeof(shinfo_page.evtchn_pending));
	ports[0] = a;
	ports[1] = b;
	check("vCPU 1 starts", rt_start_cpus(2, sender), 1);
	woken("A112 one port: woken by it, masked",
	      sleep_for(remote_a, a, 1, ports));
	woken("A112 two ports: woken by the first, masked",
	      sleep_for(remote_a, a, 2, ports));
	woken("A112 two ports: woken by the second, masked",
	      sleep_for(remote_b, b, 2, ports));
	woken("A112 two ports: woken by a third, masked",
	      sleep_for(remote_c, c, 2, ports));
	/* It takes an upcall to end this one, though interrupts are off. */
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	rt_unmask_bit(c);
	rt_vi(0)->evtchn_upcall_pending = 0;
	rt_vi(0)->evtchn_pending_sel = 0;
	woken("A113 block: woken by an event", sleep_for(remote_c, c, 0, 0));
}
