// SPDX-License-Identifier: GPL-2.0
/*
 * A port's peer changes while it is being closed (semantics A27). Domain 700 offers port
 * 1, and is busy with another one. In domain 701 one vCPU binds that and closes, others
 * close the same number at the same time; all bind it anew to a channel of their own
 * domain. Whatever the order, each call is answered, and no other port of 700's has
 * changed.
 */
#include "until.h"

#define SERVER	700
#define CLIENT	701
#define NOBODY	0x100		/* a domain that there is not */
#define LENGTH	4000000000ULL
#define ENOUGH	100		/* channels, however long it takes */

static volatile u32 target, stop, stopped, rebound;
static volatile u32 strange;	/* answers that no order of the calls gives */

static struct evtchn_status status_of(u32 port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	if (evtchn_op(EVTCHNOP_status, &s))
		s.status = 99;
	return s;
}

/* Whoever closes a channel with us has to wait for a lock of ours. */
static void keep_busy(unsigned int cpu)
{
	for (;;)
		rt_close(rt_alloc_unbound(NOBODY));
}

static void serve(void)
{
	u32 port = rt_alloc_unbound(CLIENT);

	rt_start_cpus(2, keep_busy);
	note("serving %u", port);
	keep_busy(0);
}

/* Closes a number, whose channel it is, and takes it for a channel of our own. */
static void close_and_take(u32 port)
{
	long ret = rt_close(port);
	u32 l, r;

	strange += ret && ret != XEN_EINVAL;
	l = rt_loop(&r);
	if (l == port || r == port)
		rebound++;
	if (l)
		rt_close(l);
	if (r)
		rt_close(r);
}

static void closer(unsigned int cpu)
{
	while (!stop)
		if (target)
			close_and_take(target);
	__atomic_fetch_add(&stopped, 1, __ATOMIC_SEQ_CST);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void race(void)
{
	u64 end = now_ns() + LENGTH, limit = end + 10 * LENGTH;
	u32 rounds = 0, bound = 0;

	for (; now_ns() < end || (bound <= ENOUGH && now_ns() < limit); rounds++) {
		struct evtchn_bind_interdomain b = { .remote_dom = SERVER,
						     .remote_port = 1 };
		long ret = evtchn_op(EVTCHNOP_bind_interdomain, &b);

		strange += ret && ret != XEN_EINVAL;
		if (ret)
			continue;
		bound++;
		target = b.local_port;
		close_and_take(b.local_port);
	}
	stop = 1;
	note("# %u rounds, %u bound, %u numbers taken over", rounds, bound,
	     rebound);
	check("many rounds", bound > ENOUGH, 1);
}

void test_main(void)
{
	struct evtchn_bind_interdomain b = { .remote_dom = SERVER,
					     .remote_port = 1 };
	u32 port, left = 0, taken = 0;

	rt_map_shinfo();
	cli();
	if (cpuid(xen_base() + 4, 0).c == SERVER)
		serve();
	check("two more vCPUs start", rt_start_cpus(3, closer), 1);
	race();
	check("they are well", until(3000, stopped == 2), 1);
	check("A27 every call is answered as in some order", strange, 0);
	for (b.remote_port = 2; b.remote_port < 8; b.remote_port++)
		taken += evtchn_op(EVTCHNOP_bind_interdomain, &b) != XEN_EINVAL;
	check("A27 no other port of the server's is to be had", taken, 0);
	b.remote_port = 1;
	for (port = 1; port < 64; port++)
		if (status_of(port).status != EVTCHNSTAT_closed &&
		    status_of(port).status != 99) {
			left++;
			rt_close(port);
		}
	note("# %u ports were left", left);
	check("A24 the server's port can be had again",
	      evtchn_op(EVTCHNOP_bind_interdomain, &b), 0);
	check("A24 it is connected", status_of(b.local_port).status,
	      EVTCHNSTAT_interdomain);
	check("A24 with the server", status_of(b.local_port).u.interdomain.dom,
	      SERVER);
	check("A24 close", rt_close(b.local_port), 0);
}
