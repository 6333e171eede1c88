// SPDX-License-Identifier: GPL-2.0
/*
 * The callback vector is a level (semantics A.7): handed out again while upcall_pending is
 * set, whatever the handler has done the times before. kvm-xen asks less often once a guest
 * has shown that its handler clears the flag; that may never be seen here.
 */
#include "rt.h"

#define MANY	40	/* upcalls after which a handler is known */

static u32 port, other;
static volatile u32 upcalls, leave, resend, calls;

static void take(unsigned int cpu)
{
	upcalls++;
	if (calls)
		hc2(__HYPERVISOR_xen_version, XENVER_version, 0);
	if (leave) {
		leave--;
		return;
	}
	rt_take_2l(cpu);
	if (resend) {
		resend--;
		rt_send(port);
	}
}

/* Upcalls of one send with interrupts on, as soon as it returns. */
static u32 of_send(void)
{
	u32 before = upcalls;

	rt_send(port);
	return upcalls - before;
}

static void many(const char *name)
{
	u32 i, wrong = 0;

	for (i = 0; i < MANY; i++)
		wrong += of_send() != 1;
	check(name, wrong, 0);
}

/* Until there have been so many upcalls; a guest that does nothing meanwhile. */
static u32 wait_for(u32 wanted)
{
	u64 end = rt_now(rt_vi(0)) + 3000000000ULL;

	while (upcalls < wanted && rt_now(rt_vi(0)) < end)
		relax();
	return upcalls;
}

static void test_left_set(void)
{
	u32 before = upcalls;

	leave = 1;
	rt_send(port);
	check("A101 a flag that is left set once is handed out again",
	      wait_for(before + 2) - before, 2);
	leave = 2;
	check("A101 the next time at once", of_send(), 3);
	leave = 5;
	check("A101 and as often as it is left set", of_send(), 6);
	check("A101 then no more", of_send(), 1);
}

static void test_halted(void)
{
	u32 before = upcalls;

	cli();
	leave = 1;
	rt_send(port);
	while (upcalls < before + 2)
		sti_hlt();
	sti();
	check("A101 a halted vCPU gets what was left set", upcalls - before, 2);
}

static void test_interrupts_off(void)
{
	u32 before = upcalls;

	cli();
	rt_send(port);
	check("A101 none while interrupts are off", upcalls - before, 0);
	sti();
	check("A101 at once when they are on", upcalls - before, 1);
}

/* The machine's timer, whose ticks make the host look: stopped, it waits for a count. */
static void stop_pit(void)
{
	__asm__ volatile("outb %0, $0x43" : : "a"((u8)0x30));
}

void test_main(void)
{
	u32 i;

	rt_map_shinfo();
	cli();
	stop_pit();
	rt_take_events = take;
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	port = rt_loop(&other);
	rt_clear(other);
	rt_vi(0)->evtchn_upcall_pending = 0;
	rt_vi(0)->evtchn_pending_sel = 0;
	sti();
	for (i = 0; i < 8; i++) {
		many("A101 each send is one upcall");
		test_left_set();
	}
	many("A101 each send is one upcall, again");
	test_interrupts_off();
	resend = 1;
	check("A101 a handler that sends to itself comes back", of_send(), 2);
	calls = 1;
	many("A101 a handler that calls before it clears the flag comes once");
	resend = 1;
	check("A101 and twice if it sends, too", of_send(), 2);
	calls = 0;
	test_halted();
	many("A101 each send is one upcall, still");
	test_left_set();
	cli();
}
