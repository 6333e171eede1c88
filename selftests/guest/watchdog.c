// SPDX-License-Identifier: GPL-2.0
/*
 * A watchdog that is fed does nothing; one that is not ends the machine (G43). If the VMM goes
 * on all the same (--forgive, with a command line), the guest can begin anew with it, also
 * when it was saved and restored before ("saved").
 */
#include "rt.h"

extern u64 start_info_addr;

static void sleep_ms(u32 ms)
{
	struct sched_poll p = { .nr_ports = 0 };

	p.timeout = rt_now(rt_vi(0)) + ms * 1000000ULL;
	while (rt_now(rt_vi(0)) < p.timeout)
		sched_op(SCHEDOP_poll, &p);
}

/* To save it: once for the memory, once for the rest. */
static void ask_vmm(u8 what)
{
	__asm__ volatile("outb %0, $0xf5" : : "a"(what) : "memory");
}

/* It expires in the sleep, is forgiven, is fed again, and ends the machine at last. */
static void test_forgiven(bool saved)
{
	struct sched_watchdog w = { .timeout = 1 };

	w.id = sched_op(SCHEDOP_watchdog, &w);
	check("G43 started", w.id, 1);
	sleep_ms(1500);
	if (saved) {
		ask_vmm(1);
		ask_vmm(2);
	}
	check("G43 fed behind its time", sched_op(SCHEDOP_watchdog, &w), 0);
	note("FORGIVEN");
	for (;;)
		__asm__ volatile("cli; hlt");
}

void test_main(void)
{
	struct hvm_start_info *si = (void *)start_info_addr;
	struct sched_watchdog w = { .timeout = 4 };
	int i, bad = 0;

	rt_map_shinfo();
	cli();
	if (si->cmdline_paddr && *(const char *)si->cmdline_paddr)
		test_forgiven(*(const char *)si->cmdline_paddr == 's');
	w.id = sched_op(SCHEDOP_watchdog, &w);
	check("G43 started", w.id, 1);
	for (i = 0; i < 4; i++) {
		sleep_ms(1200);
		bad += sched_op(SCHEDOP_watchdog, &w) ? 1 : 0;
	}
	check("G43 fed for longer than its time", bad, 0);
	note("HUNG");
	for (;;)
		__asm__ volatile("cli; hlt");
}
