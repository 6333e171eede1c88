// SPDX-License-Identifier: GPL-2.0
/*
 * FIFO with two CPUs that disagree: a guest that breaks the rules of its words while it
 * sends; events that change their queue while they are sent; a vCPU without a control
 * block. Nothing is lost for who keeps the rules.
 */
#include "fiforun.h"

#define ROUNDS	1500

static u32 array[WORDS] page_aligned;
static volatile u32 phase, done, flip;
static u32 out[4], in[4];
static volatile u32 count[WORDS], on_cpu[WORDS];

static void note_event(unsigned int cpu, u32 port)
{
	on_cpu[port] = cpu;
	__atomic_fetch_add(&count[port], 1, __ATOMIC_SEQ_CST);
}

static bool wait_for(volatile u32 *v, u32 want)
{
	u64 end = rt_now(rt_vi(0)) + 20000000000ULL;

	while (*v != want) {
		sti();
		relax();
		cli();
		if (rt_now(rt_vi(0)) > end)
			return false;
	}
	return true;
}

/* The other CPU: takes its events, or does what no guest should. */
static void other(unsigned int cpu)
{
	u32 i = 0;

	for (;;) {
		sti();
		relax();
		cli();
		switch (phase) {
		case 1:
			/* Into the word of the tail, whatever it is. */
			word_or(flip, W(MASKED) | W(BUSY));
			word_and(flip, ~(W(MASKED) | W(BUSY)));
			word_or(flip, LINK_MASK);
			word_and(flip, ~LINK_MASK);
			break;
		case 2:
			/* Another queue each time, and sends of its own. */
			set_priority(in[i % 4], i % 13);
			rt_send(out[i % 4]);
			i++;
			break;
		case 3:
			done = 3;
			phase = 0;
			break;
		}
	}
}

static void test_no_block(void)
{
	struct evtchn_bind_vcpu b = { .vcpu = 1 };
	u32 i = rt_bind_ipi(1);

	b.port = in[0];
	check("XSA-107 a channel to the vCPU without a control block",
	      evtchn_op(EVTCHNOP_bind_vcpu, &b), 0);
	check("XSA-107 send", rt_send(out[0]), 0);
	check("XSA-107 send of an IPI", rt_send(i), 0);
	check("XSA-107 nothing is told", control[1].c.ready, 0);
	check("A61 nor pending", word(i) & W(PENDING), 0);
	check("XSA-107 its control block", init_cpu(1), 0);
	check("A37 then they come", wait_for(&count[in[0]], 1), 1);
	check("A37 there", on_cpu[in[0]], 1);
	check("A37 the IPI, too", wait_for(&count[i], 1), 1);
	b.vcpu = 0;
	evtchn_op(EVTCHNOP_bind_vcpu, &b);
	rt_close(i);
}

static void test_hostile(void)
{
	u32 i, bad = 0;

	flip = in[0];
	phase = 1;
	for (i = 0; i < ROUNDS; i++) {
		bad += rt_send(out[0]) ? 1 : 0;
		bad += rt_send(out[1]) ? 1 : 0;
	}
	phase = 3;
	check("917c123029 sends end, whatever the guest does", bad, 0);
	check("917c123029 the other CPU stops", wait_for(&done, 3), 1);
	/* Whoever broke the rules starts anew. */
	for (i = 0; i < 4; i++)
		word_and(in[i], 0);
}

static void test_moving(void)
{
	struct evtchn_bind_vcpu b;
	u32 i, lost = 0;

	phase = 2;
	for (i = 0; i < ROUNDS && !lost; i++) {
		u32 n = i % 3 + 1, before = count[in[n]];
		u64 end = rt_now(rt_vi(0)) + 5000000000ULL;

		b = (struct evtchn_bind_vcpu) { .port = in[n], .vcpu = i & 1 };
		evtchn_op(EVTCHNOP_bind_vcpu, &b);
		set_priority(in[n], i % 16);
		rt_send(out[n]);
		while (count[in[n]] == before && !lost) {
			sti();
			relax();
			cli();
			lost = rt_now(rt_vi(0)) > end;
		}
	}
	done = 0;
	phase = 3;
	check("71ac522909 no event is lost while it moves", i - lost, ROUNDS);
	check("71ac522909 the other CPU stops", wait_for(&done, 3), 1);
}

void test_main(void)
{
	u32 i;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	words = array;
	on_event = note_event;
	rt_take_events = fifo_take;
	check("A36 init_control", init_cpu(0), 0);
	check("A41 expand_array", expand_array((unsigned long)array / PAGE_SIZE),
	      0);
	for (i = 0; i < 4; i++) {
		out[i] = rt_loop(&in[i]);
		word_or(out[i], W(MASKED));
	}
	sti();
	cli();
	memset((void *)count, 0, sizeof(count));
	check("two CPUs", rt_start_cpus(2, other), 1);
	test_no_block();
	test_moving();
	test_hostile();
	check("A33 reset", reset(DOMID_SELF), 0);
}
