// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that changes an event word while the host links to it, more often than the
 * rules of FIFO allow (semantics A66): it loses events of its own, and the host's log is
 * none of its business.
 */
#define NR_CPUS 2
#include "fiforun.h"
#include "until.h"

static u32 array[WORDS] page_aligned;
static u32 first, second;
static volatile u32 writing, busy, stop, stopped;

/* As fast as it goes: between any two looks of the host's it is another word. */
static void write_word(volatile u32 *w)
{
	const u32 a = W(LINKED) | W(PENDING);
	u32 i, n = 0;

	while (writing) {
		for (i = 0; i < 16; i++)
			*w = a | (n++ & LINK_MASK);
		busy = 1;
	}
	busy = 0;
}

static void other(unsigned int cpu)
{
	while (!stop)
		if (writing)
			write_word(&words[first]);
	stopped = 1;
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* One event in the queue, then one behind it, while the first one's word changes. */
static bool round(void)
{
	bool good;

	words[first] = 0;
	words[second] = 0;
	good = !rt_send(first);
	writing = 1;
	good &= until(2000, busy);
	good &= !rt_send(second);
	writing = 0;
	return good & until(2000, !busy);
}

void test_main(void)
{
	u32 rounds = 0, bad = 0;
	u64 end;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	rt_take_events = fifo_take;
	check("A36 init_control", init_cpu(0), 0);
	words = array;
	check("A41 expand_array", expand_array((unsigned long)array / PAGE_SIZE),
	      0);
	first = rt_bind_ipi(0);
	second = rt_bind_ipi(0);
	check("vCPU 1 starts", rt_start_cpus(2, other), 1);
	for (end = now_ns() + 2000000000ULL; now_ns() < end; rounds++)
		bad += !round();
	stop = 1;
	check("vCPU 1 is well", until(2000, stopped), 1);
	note("# %u rounds", rounds);
	check("A28 every send is answered", bad, 0);
}
