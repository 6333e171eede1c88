// SPDX-License-Identifier: GPL-2.0
/* What a toolstack has granted for a guest: there from the beginning, in each of its lives. */
#include "gntab.h"

static u8 frame[PAGE_SIZE] page_aligned;

static void check_given(void)
{
	volatile struct grant_entry_v1 *e = (void *)frame;
	u32 i, other = 0;

	check("one frame", gnt_frames(), 1);
	check("version 1", gnt_version(), 1);
	check("it is placed", gnt_add(0, frame), 0);
	check("D5 the console's is granted", e[0].flags, GTF_permit_access);
	check("D5 to domain 0", e[0].domid, 0);
	check("D5 its page", e[0].frame, 0xfefff);
	check("D5 the other one is to be read", e[1].flags, GTF_permit_access | GTF_readonly);
	check("D5 by another domain", e[1].domid, 7);
	check("D5 its page", e[1].frame, 0xfeffe);
	for (i = 2; i < 512; i++)
		other += e[i].flags || e[i].domid || e[i].frame;
	check("D1 and there is nothing else", other, 0);
}

void test_main(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_soft_reset };
	volatile union grant_entry_v2 *e = (void *)frame;

	note("# the first life");
	check_given();
	check("D52 version 2", gnt_set_version(2), 0);
	check("D52 it is converted", e[1].full_page.hdr.flags, GTF_permit_access | GTF_readonly);
	check("D52 with its domain", e[1].full_page.hdr.domid, 7);
	check("D52 and its page", e[1].full_page.frame == 0xfeffe, 1);
	e[1].full_page.frame = 1;
	e[20].full_page.frame = 1;
	check("more frames", gnt_list((unsigned long[8]) { }, 8), GNTST_okay);
	check("soft reset", sched_op(SCHEDOP_shutdown, &s), 0);
	note("# the second one");
	check("D102 the frame is not there any more", gnt_remove(frame) != 0, 1);
	check_given();
}
