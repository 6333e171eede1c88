// SPDX-License-Identifier: GPL-2.0
/*
 * vCPU 1 sets and clears vCPU 0's upcall_pending while vCPU 0 is sent events: whoever
 * looks at the flag twice sees two answers. vCPU 0 must get its upcalls and no other
 * vector, neither one that nobody raised nor one of the 8259.
 */
#include "until.h"

#define LENGTH	4000000000ULL

static volatile u32 stores, strange, stop, stopped;

struct frame;

static void other(unsigned int cpu)
{
	volatile u8 *flag = &shinfo_page.vcpu_info[0].evtchn_upcall_pending;

	while (!stop) {
		*flag = 1;
		barrier();
		*flag = 0;
		stores++;
	}
	stopped = 1;
}

static void __attribute__((interrupt)) on_strange(struct frame *f)
{
	strange++;
}

static void watch_vectors(void)
{
	int i;

	for (i = 32; i < 256; i++)
		if (i != CALLBACK_VECTOR)
			rt_set_gate(i, on_strange, 0);
}

/* As long as it takes. */
static bool many(u32 before)
{
	return rt_upcalls[0] - before > 100;
}

void test_main(void)
{
	u32 port, out, sends = 0, before;
	u64 end, limit;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	watch_vectors();
	out = rt_loop(&port);
	check("vCPU 1 starts", rt_start_cpus(2, other), 1);
	check("vCPU 1 writes", until(2000, stores > 100), 1);
	before = rt_upcalls[0];
	end = now_ns() + LENGTH;
	limit = end + 10 * LENGTH;
	for (; now_ns() < end || (!many(before) && now_ns() < limit); sends++) {
		sti();
		rt_send(out);
		rt_clear(port);
		shinfo_page.vcpu_info[0].evtchn_pending_sel = 0;
	}
	stop = 1;
	check("vCPU 1 is well", until(2000, stopped), 1);
	cli();
	note("# %u sends, %u stores, %u upcalls", sends, stores,
	     rt_upcalls[0] - before);
	check("A101 upcalls came", many(before), 1);
	check("A101 no vector that nobody has raised", strange, 0);
	/* The flag is the guest's again. */
	sti();
	cli();
	before = rt_upcalls[0];
	rt_send(out);
	sti();
	relax();
	cli();
	check("A101 one event, one upcall", rt_upcalls[0] - before, 1);
}
