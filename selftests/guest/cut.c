// SPDX-License-Identifier: GPL-2.0
/*
 * A long operation in a multicall: the call is cut in the middle of it for whoever has
 * waited, here an interrupt that another vCPU sends, and gone on with until the batch is
 * done (semantics G53, A33).
 */
#include "rt.h"

#ifdef __x86_64__
#define PORTS	4000
#else
#define PORTS	1000
#endif
#define ROUNDS	1500	/* at most: until it was seen once */
#define VECTOR	0x41
#define UNTOUCHED	0x5a5a
#define LAPIC(reg)	(((volatile u32 *)0xfee00000UL)[(reg) / 4])
#define EOI		0xb0
#define ICR_LOW		0x300
#define ICR_HIGH	0x310

enum { RESET, FIRST, BAD, SECOND, ENTRIES };

static struct multicall_entry list[ENTRIES];
static struct evtchn_reset reset = { .dom = DOMID_SELF };
static struct evtchn_alloc_unbound ports[2];
static struct evtchn_send nobody;
static u32 lowest, highest;
static volatile bool busy;
static volatile u32 between, in_the_middle, interrupts;

static u32 status(u32 port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	return evtchn_op(EVTCHNOP_status, &s) ? ~0U : s.status;
}

/* Ports are closed from the lowest on. */
static void __attribute__((interrupt)) on_vector(void *frame)
{
	interrupts++;
	if (busy) {
		between += READ(list[RESET].result) == 0;
		in_the_middle += status(lowest) == EVTCHNSTAT_closed &&
				 status(highest) == EVTCHNSTAT_unbound;
	}
	LAPIC(EOI) = 0;
}

/* vCPU 1: interrupts for vCPU 0, as fast as it can. */
static void disturb(unsigned int cpu)
{
	for (;;) {
		LAPIC(ICR_HIGH) = 0;
		LAPIC(ICR_LOW) = 1 << 14 | VECTOR;
		while (LAPIC(ICR_LOW) & 1 << 12)
			relax();
	}
}

static void set_entry(u32 i, u32 cmd, void *arg)
{
	list[i].op = __HYPERVISOR_event_channel_op;
	list[i].result = UNTOUCHED;
	list[i].args[0] = cmd;
	list[i].args[1] = (unsigned long)arg;
}

static u32 open_ports(void)
{
	u32 i, bad = 0;

	lowest = rt_alloc_unbound(DOMID_SELF);
	for (i = 1; i < PORTS; i++) {
		highest = rt_alloc_unbound(DOMID_SELF);
		bad += highest != lowest + i;
	}
	return bad;
}

static u32 one_round(void)
{
	u32 i, bad = open_ports();

	for (i = 0; i < 2; i++)
		ports[i] = (struct evtchn_alloc_unbound) {
			.dom = DOMID_SELF, .remote_dom = DOMID_SELF,
		};
	nobody.port = highest;
	set_entry(RESET, EVTCHNOP_reset, &reset);
	set_entry(FIRST, EVTCHNOP_alloc_unbound, &ports[0]);
	set_entry(BAD, EVTCHNOP_send, &nobody);
	set_entry(SECOND, EVTCHNOP_alloc_unbound, &ports[1]);

	busy = true;
	sti();
	bad += hc2(__HYPERVISOR_multicall, list, ENTRIES) != 0;
	cli();
	busy = false;

	bad += list[RESET].result != 0;
	bad += list[FIRST].result != 0 || ports[0].port != lowest;
	bad += (long)list[BAD].result != XEN_EINVAL;
	bad += list[SECOND].result != 0 || ports[1].port != lowest + 1;
	for (i = 0; i < ENTRIES; i++)
		bad += list[i].op != __HYPERVISOR_event_channel_op;
	bad += status(lowest + 2) != EVTCHNSTAT_closed;
	bad += rt_close(ports[0].port) != 0;
	bad += rt_close(ports[1].port) != 0;
	return bad;
}

void test_main(void)
{
	u32 i, bad = 0;

	rt_set_gate(VECTOR, on_vector, 0);
	check("shared_info", rt_map_shinfo(), 0);
	cli();
	check("vCPU 1 starts", rt_start_cpus(2, disturb), 1);
	/* What a toolstack has bound before goes as well: from here on ports begin with 1. */
	check("a reset", evtchn_op(EVTCHNOP_reset, &reset), 0);
	for (i = 0; i < ROUNDS && !bad && !in_the_middle; i++)
		bad += one_round();
	note("# round %u: %u interrupts, %u in a reset, %u behind it", i, interrupts,
	     in_the_middle, between);
	check("G53 each entry has its result, and was executed once", bad, 0);
	check("G53 an interrupt is taken in the middle of an entry",
	      in_the_middle > 0, 1);
}
