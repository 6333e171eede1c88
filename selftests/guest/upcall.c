// SPDX-License-Identifier: GPL-2.0
/* Upcalls, timers, poll and block on one CPU: semantics A.3, A.7, A.8, G42. */
#include "rt.h"

#define VECTOR_VALUE	(2ULL << 56 | CALLBACK_VECTOR)
#define MS		1000000ULL

static u32 timer_port;

static void quiet(void)
{
	cli();
	rt_vi(0)->evtchn_upcall_pending = 0;
	rt_vi(0)->evtchn_pending_sel = 0;
}

static void test_vector(void)
{
	u32 l, r, before;

	check("A101 set the callback vector", rt_set_callback(VECTOR_VALUE), 0);
	l = rt_loop(&r);
	rt_mask(l);
	rt_clear(l);
	quiet();
	before = rt_upcalls[0];
	check("A101 send with interrupts off", rt_send(l), 0);
	check("A101 upcall_pending", READ(rt_vi(0)->evtchn_upcall_pending), 1);
	check("A101 not taken yet", rt_upcalls[0] - before, 0);
	sti();
	cli();
	check("A101 taken once when interrupts go on", rt_upcalls[0] - before,
	      1);
	check("A101 the event was seen", rt_events[r], 1);
	sti();
	check("A101 send with interrupts on", rt_send(l), 0);
	cli();
	check("A101 taken at once", rt_upcalls[0] - before, 2);
	check("A101 the event was seen again", rt_events[r], 2);

	rt_send(l);
	rt_send(l);
	sti();
	cli();
	check("A51 two sends, one upcall", rt_upcalls[0] - before, 3);
	rt_mask(r);
	sti();
	rt_send(l);
	cli();
	check("A51 masked: no upcall", rt_upcalls[0] - before, 3);
	check("A51 masked: pending", rt_pending(r), 1);
	rt_clear(r);
	rt_unmask_bit(r);

	/* The flag is the level: whoever sets it gets the upcall. */
	quiet();
	rt_send(l);
	rt_vi(0)->evtchn_upcall_pending = 0;
	sti();
	cli();
	check("A101 the guest took the flag back: no upcall", rt_upcalls[0] - before,
	      3);
	rt_clear(r);
	rt_close(l);
	rt_close(r);
}

static void test_pending_before_vector(void)
{
	u32 l, r, before;

	rt_set_callback(0);
	l = rt_loop(&r);
	rt_mask(l);
	rt_clear(l);
	quiet();
	rt_send(l);
	before = rt_upcalls[0];
	sti();
	cli();
	check("A102 no callback, no upcall", rt_upcalls[0] - before, 0);
	rt_set_callback(VECTOR_VALUE);
	sti();
	cli();
	check("A102 setting it delivers what is pending", rt_upcalls[0] - before,
	      1);
	rt_close(l);
	rt_close(r);
}

/* With both kinds set, Xen hands out both. */
static void test_both(void)
{
	struct xen_hvm_evtchn_upcall_vector v = { 0, LAPIC_VECTOR };
	volatile u32 *const lapic = (u32 *)0xfee00000UL;
	u32 l, r, before;

	l = rt_loop(&r);
	rt_mask(l);
	rt_clear(l);
	quiet();
	lapic[0xf0 / 4] = 0x1ff;
	check("A100 set the LAPIC vector, too",
	      hvm_op(HVMOP_set_evtchn_upcall_vector, &v), 0);
	before = rt_upcalls[0];
	rt_send(l);
	sti();
	relax();
	cli();
	check("A100 an upcall by each", rt_upcalls[0] - before, 2);
	check("A100 and one event", rt_events[r] >= 1, 1);
	rt_close(l);
	rt_close(r);
}

static void bind_timer(void)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };

	check("A17 bind the timer", evtchn_op(EVTCHNOP_bind_virq, &b), 0);
	timer_port = b.port;
}

/* Sleep in HLT until the timer's event; false if the wait was endless. */
static bool wait_timer(u32 seen)
{
	u64 end = rt_now(rt_vi(0)) + 20000 * MS;

	while (rt_events[timer_port] == seen) {
		sti_hlt();
		if (rt_now(rt_vi(0)) > end)
			return false;
	}
	return true;
}

static void test_timer(void)
{
	struct vcpu_set_singleshot_timer s = { 0 };
	struct vcpu_set_periodic_timer p = { .period_ns = 10 * MS };
	u32 seen = rt_events[timer_port];
	u64 t, now;
	int i;

	t = rt_now(rt_vi(0));
	now = rt_now(rt_vi(0));
	check("A85 time goes on", now >= t, 1);
	/* KVM itself wakes a vCPU 100 ms after it ran, on a host with a bad clock. */
	s.timeout_abs_ns = now + 500 * MS;
	check("G40 singleshot", vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), 0);
	check("G40 it wakes a halted vCPU", wait_timer(seen), 1);
	check("G40 not early", rt_now(rt_vi(0)) + MS / 10 >= s.timeout_abs_ns,
	      1);
	seen = rt_events[timer_port];
	s.timeout_abs_ns = 1;
	check("G40 a time in the past", vcpu_op(VCPUOP_set_singleshot_timer, 0,
						&s), 0);
	check("G40 fires at once", wait_timer(seen), 1);
	seen = rt_events[timer_port];
#ifdef __x86_64__
	check("G42 set_timer_op", hc1(__HYPERVISOR_set_timer_op,
				      rt_now(rt_vi(0)) + 5 * MS), 0);
#else
	t = rt_now(rt_vi(0)) + 5 * MS;
	check("G42 set_timer_op", hc2(__HYPERVISOR_set_timer_op, (u32)t,
				      (u32)(t >> 32)), 0);
#endif
	check("G42 fires", wait_timer(seen), 1);
	check("G40 periodic", vcpu_op(VCPUOP_set_periodic_timer, 0, &p), 0);
	for (i = 0; i < 3; i++) {
		/* Busy: Xen lets this timer rest while the vCPU sleeps. */
		seen = rt_events[timer_port];
		t = rt_now(rt_vi(0)) + 20000 * MS;
		while (rt_events[timer_port] == seen && rt_now(rt_vi(0)) < t) {
			sti();
			cli();
		}
		if (rt_events[timer_port] == seen)
			break;
	}
	check("G40 three periods", i, 3);
	vcpu_op(VCPUOP_stop_periodic_timer, 0, 0);
}

static void test_poll(void)
{
	struct vcpu_set_singleshot_timer s = { 0 };
	struct sched_poll p = { .nr_ports = 1 };
	evtchn_port_t port;
	u64 t;
	u32 l, r;

	cli();
	l = rt_loop(&r);
	rt_mask(l);
	rt_clear(l);
	rt_mask(r);
	port = r;
	set_xen_guest_handle_raw(p.ports, &port);
	rt_send(l);
	check("A110 a pending port, masked", sched_op(SCHEDOP_poll, &p), 0);
	rt_clear(r);
	quiet();
	t = rt_now(rt_vi(0)) + 10 * MS;
	p.timeout = t;
	do {
		check("A111 poll with a time", sched_op(SCHEDOP_poll, &p), 0);
	} while (rt_now(rt_vi(0)) + MS / 10 < t &&
		 rt_now(rt_vi(0)) + 8 * MS > t);
	check("A111 the time is absolute", rt_now(rt_vi(0)) + MS / 10 >= t, 1);
	p.timeout = 1;
	check("A111 a time in the past", sched_op(SCHEDOP_poll, &p), 0);

	rt_mask(timer_port);
	rt_clear(timer_port);
	quiet();
	port = timer_port;
	p.timeout = 0;
	s.timeout_abs_ns = rt_now(rt_vi(0)) + 10 * MS;
	vcpu_op(VCPUOP_set_singleshot_timer, 0, &s);
	while (!rt_pending(timer_port))
		check("A112 poll", sched_op(SCHEDOP_poll, &p), 0);
	check("A112 a masked port wakes", rt_pending(timer_port), 1);
	rt_clear(timer_port);
	rt_unmask_bit(timer_port);
	rt_unmask_bit(r);	/* closing a port leaves its mask alone (A26) */
	rt_close(l);
	rt_close(r);
}

static void test_block(void)
{
	struct vcpu_set_singleshot_timer s = { 0 };

	quiet();
	s.timeout_abs_ns = rt_now(rt_vi(0)) + 10 * MS;
	vcpu_op(VCPUOP_set_singleshot_timer, 0, &s);
	while (!READ(rt_vi(0)->evtchn_upcall_pending))
		check("A113 block", sched_op(SCHEDOP_block, 0), 0);
	check("A113 an event ends it", rt_pending(timer_port), 1);
	sti();
	cli();
}

/* A registered vcpu_info gets what the old place had, and what comes later. */
static void test_move(void)
{
	struct vcpu_register_vcpu_info i = {
		.mfn = (unsigned long)vi_page / PAGE_SIZE,
	};
	u32 l, r, before;

	l = rt_loop(&r);
	rt_mask(l);
	rt_clear(l);
	quiet();
	rt_send(l);
	check("A82 register vcpu_info", vcpu_op(VCPUOP_register_vcpu_info, 0,
						&i), 0);
	rt_vi_use_registered(0, &vi_page[0]);
	before = rt_events[r];
	sti();
	cli();
	check("A82 an event from before is not lost", rt_events[r] - before, 1);
	rt_send(l);
	sti();
	cli();
	check("A82 nor one from after", rt_events[r] - before, 2);
	rt_close(l);
	rt_close(r);
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	test_vector();
	test_pending_before_vector();
	test_move();
	bind_timer();
	test_timer();
	test_poll();
	test_block();
	test_both();
}
