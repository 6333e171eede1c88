// SPDX-License-Identifier: GPL-2.0
/*
 * A guest with a grant table that is saved and restored: frames that it has placed, and one that
 * it has not, each with what is in it. The command line is the version: v1, v2.
 */
#include "rt.h"

#include <xen/grant_table.h>

#define FRAMES	3

extern u64 start_info_addr;

static u8 frames[4][PAGE_SIZE] page_aligned;
static bool v2;

static void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static long gnttab_op(int cmd, void *arg, unsigned int count)
{
	return hc3(__HYPERVISOR_grant_table_op, cmd, arg, count);
}

static unsigned long gfn_of(const void *page)
{
	return (unsigned long)page / PAGE_SIZE;
}

static long add(unsigned long idx, void *page)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .idx = idx,
		.gpfn = gfn_of(page),
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static long set_version(u32 version)
{
	struct gnttab_set_version v = { .version = version };

	return gnttab_op(GNTTABOP_set_version, &v, 1);
}

static u32 get_version(void)
{
	struct gnttab_get_version v = { .dom = DOMID_SELF };

	return gnttab_op(GNTTABOP_get_version, &v, 1) ? 0 : v.version;
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
	check("version", set_version(v2 ? 2 : 1), 0);
	check("frame 0", add(0, frames[0]), 0);
	check("frame 2, which has frame 1 made", add(2, frames[2]), 0);
	if (v2)
		check("status frame 0", add(0x80000000UL, frames[3]), 0);
	entry(20)[v2 ? 2 : 1] = 0x1234;
	entry(20)[0] = 5 << 16 | GTF_permit_access;
	*(volatile u32 *)(frames[2] + 8) = 0x5678;
	if (v2)
		((volatile u16 *)frames[3])[21] = GTF_reading;
}

static void check_places(void)
{
	unsigned long list[FRAMES] = { 0 };
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = FRAMES };

	set_xen_guest_handle(s.frame_list, list);
	check("setup_table", gnttab_op(GNTTABOP_setup_table, &s, 1), 0);
	check("frame 0 is where it was", list[0] == gfn_of(frames[0]), 1);
	check("frame 1 nowhere", list[1], -1);
	check("frame 2 is where it was", list[2] == gfn_of(frames[2]), 1);
}

static void check_table(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	check("the version is the same", get_version(), v2 ? 2 : 1);
	check("query_size", gnttab_op(GNTTABOP_query_size, &q, 1), 0);
	check("there are as many frames", q.nr_frames, FRAMES);
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
