// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of a grant table, and where they are: growth to a limit of 20 frames, versions and what
 * they convert, and long calls.
 */
#include "gntab.h"

#define LIMIT	20
#define SWAPS	300

static u8 page[6][PAGE_SIZE] page_aligned;
static unsigned long list[LIMIT + 1];

static volatile union grant_entry_v2 *v2(void *frame)
{
	return frame;
}

static void test_places(void)
{
	memset(page, 0x5a, sizeof(page));
	check("D1 one frame", gnt_frames(), 1);
	check("D50 it is nowhere", gnt_list(list, 1) ?: (long)list[0], -1);
	check("D60 placed", gnt_add(0, page[0]), 0);
	check("D61 instead of what was there", page[0][8], 0);
	check("D50 it is there", gnt_list(list, 1) ?: list[0] == gfn_of(page[0]), 1);
	((volatile u8 *)page[0])[8] = 0x77;
	check("D61 moved", gnt_add(0, page[1]), 0);
	check("D61 with what is in it", ((volatile u8 *)page[1])[8], 0x77);
	check("D61 the memory is back", ((volatile u8 *)page[0])[8], 0x5a);
	check("D50 it is there", gnt_list(list, 1) ?: list[0] == gfn_of(page[1]), 1);
	check("G24 taken away", gnt_remove(page[1]), 0);
	check("D50 it is nowhere", gnt_list(list, 1) ?: (long)list[0], -1);
	check("once more", gnt_remove(page[1]) != 0, 1);
	check("D60 placed again", gnt_add(0, page[1]), 0);
	check("D61 its content stays", ((volatile u8 *)page[1])[8], 0x77);
	((volatile u8 *)page[1])[8] = 0;
	check("D61 another one at its place", gnt_add(1, page[1]), 0);
	check("D50 the one before is nowhere", gnt_list(list, 2) ?: (long)list[0], -1);
	check("D50 the other one is there", list[1] == gfn_of(page[1]), 1);
	check("D61 a place that no machine has", gnt_add(0, (void *)-PAGE_SIZE) != 0,
	      sizeof(long) == 8);
	check("D60 frame 0", gnt_add(0, page[0]), 0);
}

static void test_limit(void)
{
	check("D60 the last frame", gnt_add(LIMIT - 1, page[2]), 0);
	check("D60 all are there", gnt_frames(), LIMIT);
	check("D60 beyond it", gnt_add(LIMIT, page[2]), XEN_EINVAL);
	check("D60 the largest index", gnt_add(-1UL, page[2]), XEN_EINVAL);
	check("D50 all", gnt_list(list, LIMIT), GNTST_okay);
	check("D50 the last one is there", list[LIMIT - 1] == gfn_of(page[2]), 1);
	check("D50 one more", gnt_list(list, LIMIT + 1), GNTST_general_error);
}

/* Frames of status words come with 8 frames of entries each: the third would need 24. */
static void test_status_growth(void)
{
	check("D52 version 2", gnt_set_version(2), 0);
	check("D60 the second one", gnt_add(STATUS_FRAME | 1, page[3]), 0);
	check("D60 with all that it is for", gnt_frames(), 16);
	check("D60 the third one", gnt_add(STATUS_FRAME | 2, page[4]), XEN_EINVAL);
	check("D60 as many as before", gnt_frames(), 16);
	check("D52 version 1", gnt_set_version(1), 0);
}

static void test_status(void)
{
	check("D52 version 2", gnt_set_version(2), 0);
	check("D60 the first one", gnt_add(STATUS_FRAME, page[3]), 0);
	check("D60 the third one, which is there", gnt_add(STATUS_FRAME | 2, page[4]), 0);
	check("D60 a fourth one", gnt_add(STATUS_FRAME | 3, page[5]), XEN_EINVAL);
	check("D60 empty", ((volatile u8 *)page[4])[8], 0);
	check("D52 version 1", gnt_set_version(1), 0);
	check("XSA-255 the first one is gone", ((volatile u8 *)page[3])[8], 0x5a);
	check("XSA-255 the third one is gone", ((volatile u8 *)page[4])[8], 0x5a);
}

static void test_conversion(void)
{
	volatile struct grant_entry_v1 *e1 = (void *)page[0];
	volatile union grant_entry_v2 *e2 = v2(page[0]);
	u32 i;

	for (i = 0; i < 10; i++) {
		e1[i].domid = 100 + i;
		e1[i].frame = 0x1000 + i;
		e1[i].flags = GTF_permit_access | (i == 3 ? GTF_reading : 0);
	}
	check("D52 to 2", gnt_set_version(2), 0);
	check("D52 status frame", gnt_add(STATUS_FRAME, page[3]), 0);
	check("D52 an entry", e2[7].full_page.hdr.flags, GTF_permit_access);
	check("D52 its domain", e2[7].full_page.hdr.domid, 107);
	check("D52 its page", e2[7].full_page.frame == 0x1007, 1);
	check("D52 what was in use", e2[3].full_page.hdr.flags, GTF_permit_access);
	check("D52 is in its status", ((volatile u16 *)page[3])[3], GTF_reading);
	check("D52 the others are gone", e2[8].full_page.hdr.flags | e2[9].full_page.hdr.flags, 0);
	e2[5].full_page.frame = 1ULL << 32;
	check("D52 a page that 1 cannot name", gnt_set_version(1), XEN_ERANGE);
	check("D52 it is 2 still", gnt_version(), 2);
	e2[5].full_page.frame = 0x1005;
	e2[5].full_page.hdr.flags = GTF_transitive;
	check("D52 a transitive one", gnt_set_version(1), XEN_ERANGE);
	e2[5].full_page.hdr.flags = GTF_permit_access;
	check("D52 to 1", gnt_set_version(1), 0);
	check("D52 an entry is back", e1[7].flags, GTF_permit_access);
	check("D52 with its page", e1[7].frame, 0x1007);
	check("D52 and what is in use", e1[3].flags, GTF_permit_access | GTF_reading);
	for (i = 0; i < 8; i++)
		e1[i].flags = 0;
}

/* A long call is cut, and goes on; what cannot be read ends it behind what was done. */
static void test_long(void)
{
	static struct gnttab_swap_grant_ref swap[SWAPS];
	volatile struct grant_entry_v1 *e = (void *)page[0];
	u32 i, bad = 0;

	e[100].frame = 0x4321;
	for (i = 0; i < SWAPS; i++)
		swap[i] = (struct gnttab_swap_grant_ref) { 100, 101, 1 };
	check("D14 many", gnttab_op(GNTTABOP_swap_grant_ref, swap, SWAPS), 0);
	for (i = 0; i < SWAPS; i++)
		bad += swap[i].status != GNTST_okay;
	check("D14 each is done", bad, 0);
	check("D80 as often as it should", e[100].frame, 0x4321);
	if (sizeof(long) == 8)	/* for 32 bits, no address is bad */
		check("D10 none at a bad address", gnttab_op(GNTTABOP_swap_grant_ref, BAD_PTR, 1),
		      XEN_EFAULT);
}

void test_main(void)
{
	test_places();
	test_status_growth();
	test_limit();
	test_status();
	test_conversion();
	test_long();
}
