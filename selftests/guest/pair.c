// SPDX-License-Identifier: GPL-2.0
/*
 * Two domains and a channel between them. Domain 700 serves: it sends every event
 * back. Domain 701 connects, is answered while both sleep between events, closes,
 * connects again, and sees the server go.
 */
#include "rt.h"

#define SERVER	700
#define CLIENT	701
#define ROUNDS	300

static struct evtchn_status status_of(u32 port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	if (evtchn_op(EVTCHNOP_status, &s))
		s.status = 99;
	return s;
}

static void serve(void)
{
	u32 port = rt_alloc_unbound(CLIENT), seen = 0;

	note("serving %u", port);
	for (;;) {
		while (rt_events[port] == seen)
			sti_hlt();
		seen++;
		rt_send(port);
	}
}

static long bind(u32 remote, u32 *port)
{
	struct evtchn_bind_interdomain b = { .remote_dom = SERVER,
					     .remote_port = remote };
	long ret = evtchn_op(EVTCHNOP_bind_interdomain, &b);

	*port = b.local_port;
	return ret;
}

/* The binder's own end is pending from the start: take that first. */
static void settle(u32 port)
{
	sti();
	cli();
	rt_events[port] = 0;
}

static bool wait_event(u32 port, u32 count)
{
	u64 end = rt_now(rt_vi(0)) + 30000000000ULL;
	struct sched_poll p = { .nr_ports = 1 };
	evtchn_port_t ports[1] = { port };

	set_xen_guest_handle_raw(p.ports, ports);
	while (rt_events[port] < count) {
		p.timeout = end;
		sched_op(SCHEDOP_poll, &p);
		sti();
		cli();
		if (rt_now(rt_vi(0)) > end)
			return false;
	}
	return true;
}

static void test_errors(void)
{
	struct evtchn_status s = { .dom = SERVER, .port = 1 };
	u32 port;

	check("A13 a port that is not there", bind(40, &port), XEN_EINVAL);
	check("A30 status in another guest", evtchn_op(EVTCHNOP_status, &s),
	      XEN_EPERM);
}

static void test_echo(u32 port)
{
	u32 i, lost = 0;

	for (i = 0; i < ROUNDS && !lost; i++) {
		rt_send(port);
		lost += !wait_event(port, i + 1);
	}
	check("A28 every event comes back", i - lost, ROUNDS);
}

static void test_server_dies(u32 port)
{
	u64 end = rt_now(rt_vi(0)) + 60000000000ULL;
	long ret;

	note("KILL");
	while (status_of(port).status == EVTCHNSTAT_interdomain &&
	       rt_now(rt_vi(0)) < end)
		sched_op(SCHEDOP_yield, 0);
	check("A120 the server is gone: unbound", status_of(port).status,
	      EVTCHNSTAT_unbound);
	check("A120 for the server alone", status_of(port).u.unbound.dom,
	      SERVER);
	check("A120 a send goes nowhere", rt_send(port), 0);
	/* Its ports go first, then its number. */
	while ((ret = bind(1, &port)) == XEN_EINVAL && rt_now(rt_vi(0)) < end)
		sched_op(SCHEDOP_yield, 0);
	check("A13 no domain any more", ret, XEN_ESRCH);
}

void test_main(void)
{
	u32 port, again;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	if (cpuid(xen_base() + 4, 0).c == SERVER)
		serve();
	test_errors();
	check("A13 connect", bind(1, &port), 0);
	check("A13 a bound port is not to be had", bind(1, &again), XEN_EINVAL);
	settle(port);
	test_echo(port);
	check("A24 close", rt_close(port), 0);
	check("A24 connect again", bind(1, &port), 0);
	settle(port);
	test_echo(port);
	test_server_dies(port);
}
