// SPDX-License-Identifier: GPL-2.0
/* FIFO, a reset, FIFO again: the second begins as the first did (semantics A34, A37). */
#define NR_CPUS 1
#include "fiforun.h"

#define PORT	40
static u32 array[2][WORDS] page_aligned;

static u32 bind(u32 port)
{
	u32 p;

	while ((p = rt_bind_ipi(0)) && p < port)
		;
	return p;
}

static long use_array(u32 n)
{
	memset(array[n], 0, sizeof(array[n]));
	words = array[n];
	return expand_array((unsigned long)array[n] / PAGE_SIZE);
}

static void take(void)
{
	nr_delivered = 0;
	sti();
	relax();
	cli();
}

static void first_life(void)
{
	/* A free port's bit that the guest has set itself is noted (A37). */
	check("FIFO begins", init_cpu(0), 0);
	check("ports", bind(PORT), PORT);
	check("A42 set_priority", set_priority(PORT, 2), 0);
	check("A61 pending before its page is there", rt_send(PORT), 0);
	check("A61 and one that stays so", rt_send(PORT - 1), 0);
	check("A41 the page", use_array(0), 0);
	check("A60 head of its queue", control[0].c.head[2], PORT);
	/* In a queue whose tail the next life must not know. */
	check("A34 reset", reset(DOMID_SELF), 0);
}

static void second_life(void)
{
	rt_vi(0)->evtchn_upcall_pending = 0;
	memset(&shinfo_page.evtchn_pending, 0, sizeof(shinfo_page.evtchn_pending));
	check("FIFO begins again", init_cpu(0), 0);
	check("the page again", use_array(1), 0);
	check("ports again", bind(PORT), PORT);
	check("A26 nothing is pending", word(PORT) & W(PENDING), 0);
	check("A26 nor is the other", word(PORT - 1) & W(PENDING), 0);
	check("nothing is ready", control[0].c.ready, 0);
	check("send", rt_send(PORT), 0);
	check("A60 the default priority", control[0].c.head[7], PORT);
	check("A60 not that of before", control[0].c.head[2], 0);
	check("send to the other", rt_send(PORT - 1), 0);
	take();
	check("A69 both come", nr_delivered, 2);
	check("A69 in their order", delivered[0], PORT);
	check("A69 the second too", delivered[1], PORT - 1);
	check("A42 set_priority", set_priority(PORT, 2), 0);
	check("send", rt_send(PORT), 0);
	check("A42 the new priority", control[0].c.head[2], PORT);
	take();
	check("A69 one comes", nr_delivered, 1);
}

/* 2-level in between: a bit of a closed port is not for whoever has it next. */
static void third_life(void)
{
	check("A34 reset", reset(DOMID_SELF), 0);
	shinfo_page.evtchn_pending[PORT / 64] |= 1ULL << PORT % 64;
	check("FIFO with a stray bit", init_cpu(0), 0);
	check("A34 reset before its page is there", reset(DOMID_SELF), 0);
	memset(&shinfo_page.evtchn_pending, 0, sizeof(shinfo_page.evtchn_pending));
	check("FIFO without it", init_cpu(0), 0);
	check("ports once more", bind(PORT), PORT);
	check("the page once more", use_array(0), 0);
	check("A37 the stray bit is forgotten", word(PORT) & W(PENDING), 0);
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	rt_take_events = fifo_take;
	first_life();
	second_life();
	third_life();
}
