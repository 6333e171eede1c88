// SPDX-License-Identifier: GPL-2.0
/*
 * From 2-level to FIFO while another vCPU sends (semantics A37): who has begun in the old
 * ABI is waited for, and what he leaves there is carried over. Wants a slow sender.
 */
#define NR_CPUS 2
#include "fiforun.h"
#include "until.h"

#define ROUNDS	24
#define STEP	100000	/* ns from the beginning of a send to the switch: 0 to 7 of them */

static u32 array[WORDS] page_aligned;
static volatile u32 port, begun, stop, stopped;

static void sender(unsigned int cpu)
{
	while (!stop) {
		if (!port)
			continue;
		begun = 1;
		rt_send(port);
		port = 0;
	}
	stopped = 1;
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* One event on its way; false if it is not there in the end. */
static bool round(u32 n)
{
	u32 ipi = rt_bind_ipi(0);
	bool there;
	u64 when;

	memset(array, 0, sizeof(array));
	rt_clear(ipi);
	begun = 0;
	port = ipi;
	until(2000, begun);
	for (when = now_ns() + n % 8 * STEP; now_ns() < when;)
		relax();
	if (init_cpu(0) || expand_array((unsigned long)array / PAGE_SIZE))
		return false;
	there = until(2000, !port) && word(ipi) & W(PENDING);
	return !reset(DOMID_SELF) && there;
}

void test_main(void)
{
	u32 n, lost = 0;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	rt_take_events = fifo_take;
	words = array;
	check("vCPU 1 starts", rt_start_cpus(2, sender), 1);
	for (n = 0; n < ROUNDS; n++)
		lost += !round(n);
	stop = 1;
	check("vCPU 1 is well", until(2000, stopped), 1);
	check("A37 no event is lost on its way", lost, 0);
}
