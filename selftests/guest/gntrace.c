// SPDX-License-Identifier: GPL-2.0
/*
 * Versions change while other CPUs place frames of status words, each at a place of its own
 * (XSA-379, XSA-384, XSA-486): a frame is at one place, and none is left behind.
 */
#include "gntab.h"

#define SWITCHES	200

static u8 page[3][PAGE_SIZE] page_aligned;
static volatile bool stop;
static volatile u32 placed[3], refused[3], wrong[3], ended[3];

static void place_all(unsigned int cpu)
{
	struct gnttab_swap_grant_ref swap = { 8 + cpu, 9 + cpu, 1 };
	long ret;

	while (!stop) {
		ret = gnt_add(STATUS_FRAME, page[cpu]);
		placed[cpu] += !ret;
		refused[cpu] += ret == XEN_EINVAL;
		wrong[cpu] += ret && ret != XEN_EINVAL;
		wrong[cpu] += gnttab_op(GNTTABOP_swap_grant_ref, &swap, 1) != 0;
	}
	ended[cpu] = 1;
	for (;;)
		__asm__ volatile("cli; hlt");
}

void test_main(void)
{
	u32 i, bad = 0;

	memset(page, 0x5a, sizeof(page));
	rt_map_shinfo();
	cli();
	check("three CPUs", rt_start_cpus(3, place_all), 1);
	/* Until each has placed it once, and was refused once, there is no race. */
	for (i = 0; i < SWITCHES || !placed[1] || !placed[2] || !refused[1] || !refused[2]; i++)
		bad += gnt_set_version(i % 2 ? 1 : 2) != 0;
	stop = true;
	while (!ended[1] || !ended[2])
		relax();
	check("each switch is done", bad, 0);
	check("nothing else is wrong", wrong[1] + wrong[2], 0);
	note("# %u switches, placed %u and %u times", i, placed[1], placed[2]);
	check("XSA-384 version 1", gnt_set_version(1), 0);
	check("XSA-379 nothing is left at one place", ((volatile u8 *)page[1])[8], 0x5a);
	check("XSA-379 nor at the other", ((volatile u8 *)page[2])[8], 0x5a);
}
