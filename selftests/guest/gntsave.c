// SPDX-License-Identifier: GPL-2.0
/*
 * A guest with a grant table that is saved and restored: frames that it has placed, and one that
 * it has not, each with what is in it. The command line is the version: v1, v2.
 */
#include "gntab.h"

#define FRAMES	3

extern u64 start_info_addr;

static u8 frames[4][PAGE_SIZE] page_aligned;
static bool v2;

static void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

/* The words of an entry of frame 0: its header, and the frame that it names. */
static volatile u32 *entry(u32 ref)
{
	return (volatile u32 *)(frames[0] + ref * (v2 ? 16 : 8));
}

static u32 named(u32 ref)
{
	return entry(ref)[v2 ? 2 : 1];
}

static void set_up(void)
{
	check("version", gnt_set_version(v2 ? 2 : 1), 0);
	check("frame 0", gnt_add(0, frames[0]), 0);
	check("frame 2, which has frame 1 made", gnt_add(2, frames[2]), 0);
	if (v2)
		check("status frame 0", gnt_add(STATUS_FRAME, frames[3]), 0);
	entry(20)[v2 ? 2 : 1] = 0x1234;
	entry(20)[0] = 5 << 16 | GTF_permit_access;
	*(volatile u32 *)(frames[2] + 8) = 0x5678;
	if (v2)
		((volatile u16 *)frames[3])[21] = GTF_reading;
}

static void check_places(void)
{
	unsigned long list[FRAMES] = { 0 };

	check("setup_table", gnt_list(list, FRAMES), GNTST_okay);
	check("frame 0 is where it was", list[0] == gfn_of(frames[0]), 1);
	check("frame 1 nowhere", list[1], -1);
	check("frame 2 is where it was", list[2] == gfn_of(frames[2]), 1);
}

static void check_table(void)
{
	check("the version is the same", gnt_version(), v2 ? 2 : 1);
	check("there are as many frames", gnt_frames(), FRAMES);
	check_places();
	check("an entry", entry(20)[0], 5 << 16 | GTF_permit_access);
	check("what it names", named(20), 0x1234);
	check("frame 2 has what it had", *(volatile u32 *)(frames[2] + 8), 0x5678);
	if (v2)
		check("a status word", ((volatile u16 *)frames[3])[21], GTF_reading);
}

/* The host writes to what the guest looks at. */
static void check_shared(void)
{
	struct gnttab_swap_grant_ref swap = { .ref_a = 20, .ref_b = 21, .status = 1 };

	check("swap", gnttab_op(GNTTABOP_swap_grant_ref, &swap, 1), 0);
	check("it is done", swap.status, GNTST_okay);
	check("the guest sees it", named(21), 0x1234);
	if (v2)
		check("in the status frame, too", ((volatile u16 *)frames[3])[20], GTF_reading);
}

void test_main(void)
{
	struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *version = (void *)(unsigned long)si->cmdline_paddr;

	rt_map_shinfo();
	cli();
	v2 = version && version[1] == '2';
	set_up();
	outb(0xf5, 1);
	outb(0xf5, 2);
	check_table();
	check_shared();
}
