// SPDX-License-Identifier: GPL-2.0
/*
 * The callback kinds of old guests: an interrupt line, by GSI and by PCI INTx (A102),
 * and changes of the kind while an upcall is pending.
 */
#include "rt.h"

#define VECTOR		0x61
#define VECTOR_2	0x62
#define LEVEL		(1u << 15)
#define MASKED		(1u << 16)

static volatile u32 *const ioapic = (u32 *)0xfec00000UL;
static volatile u32 *const lapic = (u32 *)0xfee00000UL;
static volatile u32 irqs, irqs_2;
static volatile u32 ignore;	/* so many times, the handler looks at nothing */
static volatile u32 elsewhere;	/* the first line leaves its events to the second */
static u32 l, r;

static void take(void)
{
	if (ignore)
		ignore--;
	else
		rt_take_events(0);
}

struct frame;

static void __attribute__((interrupt)) on_irq(struct frame *f)
{
	irqs++;
	if (!elsewhere)
		take();
	lapic[0xb0 / 4] = 0;
}

static void __attribute__((interrupt)) on_irq_2(struct frame *f)
{
	irqs_2++;
	take();
	lapic[0xb0 / 4] = 0;
}

static void route(u32 pin, u32 low)
{
	ioapic[0] = 0x11 + 2 * pin;
	ioapic[4] = 0;
	ioapic[0] = 0x10 + 2 * pin;
	ioapic[4] = low;
}

/* Until *v has grown by @by; false after a while. */
static bool grows(volatile u32 *v, u32 from, u32 by)
{
	u64 end = rt_now(rt_vi(0)) + 5000000000ULL;

	while (*v - from < by) {
		sti();
		relax();
		cli();
		if (rt_now(rt_vi(0)) > end)
			return false;
	}
	return true;
}

/* Time enough for what should not come. */
static void wait(void)
{
	u64 end = rt_now(rt_vi(0)) + 100000000ULL;

	while (rt_now(rt_vi(0)) < end) {
		sti();
		relax();
		cli();
	}
}

static void test_line(const char *kind, u64 value, u32 pin, u32 trigger)
{
	u32 before = irqs, events = rt_events[r];

	note("# %s", kind);
	route(pin, VECTOR | trigger);
	check("A102 set the callback", rt_set_callback(value), 0);
	rt_send(l);
	check("A102 an event raises the line", grows(&irqs, before, 1), 1);
	check("A102 and is taken", rt_events[r] - events, 1);
	wait();
	check("A102 then the line is low", irqs - before, 1);
	rt_send(l);
	check("A102 the next one raises it again", grows(&irqs, before, 2), 1);
	/* A level: it stays as long as nobody looks. */
	ignore = 3;
	rt_send(l);
	check("A102 an upcall that is not looked at comes again",
	      grows(&irqs, before, 6), 1);
	wait();
	check("A102 until it is", irqs - before, 6);
	check("A102 three events", rt_events[r] - events, 3);
	rt_set_callback(0);
	rt_send(l);
	wait();
	check("A102 no callback, no interrupt", irqs - before, 6);
	route(pin, MASKED);
	rt_take_events(0);
}

static void test_changes(void)
{
	struct xen_hvm_evtchn_upcall_vector v = { 0, LAPIC_VECTOR };
	u32 before, before_2, calls;

	/* Masked: what the LAPIC has of the old line would be taken in place of the new one's. */
	route(10, VECTOR | LEVEL | MASKED);
	route(11, VECTOR_2 | LEVEL);
	rt_set_callback(10);
	before = irqs;
	before_2 = irqs_2;
	/* The host changes lines a moment later: the first may still be asserted. */
	elsewhere = 1;
	rt_send(l);
	check("A102 another line while an upcall is pending",
	      rt_set_callback(11), 0);
	check("A102 it comes there", grows(&irqs_2, before_2, 1), 1);
	elsewhere = 0;
	rt_send(l);
	calls = rt_upcalls[0];
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	sti();
	cli();
	check("A101 a vector while an upcall is pending", rt_upcalls[0] > calls, 1);
	wait();
	before_2 = irqs_2;
	before = irqs;
	rt_send(l);
	calls = rt_upcalls[0];
	sti();
	cli();
	check("A101 the next one, too", rt_upcalls[0] - calls, 1);
	wait();
	check("A101 and no line any more", irqs - before + irqs_2 - before_2, 0);

	/* Linux: a vector per vCPU, and GSI 1 only as a mark. */
	route(1, VECTOR | LEVEL);
	hvm_op(HVMOP_set_evtchn_upcall_vector, &v);
	rt_set_callback(1);
	before = irqs;
	calls = rt_upcalls[0];
	rt_send(l);
	wait();
	check("A103 a vCPU with a vector uses that", rt_upcalls[0] - calls, 1);
	check("A103 and not the line", irqs - before, 0);
}

void test_main(void)
{
	rt_map_shinfo();
	cli();
	lapic[0xf0 / 4] = 0x1ff;
	rt_set_gate(VECTOR, on_irq, 0);
	rt_set_gate(VECTOR_2, on_irq_2, 0);
	l = rt_loop(&r);
	rt_mask(l);
	rt_vi(0)->evtchn_upcall_pending = 0;
	rt_vi(0)->evtchn_pending_sel = 0;
	rt_clear(l);
	test_line("GSI 10, level", 10, 10, LEVEL);
	test_line("GSI 5, edge", 5, 5, 0);
	test_line("INTx A of slot 1", 1ULL << 56 | 1 << 11, 20, LEVEL);
	test_line("INTx B of slot 1", 1ULL << 56 | 1 << 11 | 1, 21, LEVEL);
	check("A102 INTx on a pin that there is not",
	      rt_set_callback(1ULL << 56 | 7 << 11), 0);
	rt_send(l);
	wait();
	check("A102 no harm is done", rt_vi(0)->evtchn_upcall_pending, 1);
	rt_take_events(0);
	test_changes();
}
