// SPDX-License-Identifier: GPL-2.0
/* Grant tables: their frames, their versions, and what is refused. No page is shared here. */
#include "rt.h"

#include <xen/grant_table.h>

static u8 frames[8][PAGE_SIZE] page_aligned;

static long gnttab_op(int cmd, void *arg, unsigned int count)
{
	return hc3(__HYPERVISOR_grant_table_op, cmd, arg, count);
}

static long add(unsigned long idx, void *page)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .idx = idx,
		.gpfn = (unsigned long)page / PAGE_SIZE,
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static long drop(void *page)
{
	struct xen_remove_from_physmap r = {
		.domid = DOMID_SELF, .gpfn = (unsigned long)page / PAGE_SIZE,
	};

	return memory_op(XENMEM_remove_from_physmap, &r);
}

static struct gnttab_query_size query(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	check("query_size", gnttab_op(GNTTABOP_query_size, &q, 1), 0);
	return q;
}

static void test_calls(void)
{
	struct gnttab_query_size q = { .dom = 0 };
	u32 i;
	static const struct { const char *name; int cmd; } refused[] = {
		{ "D11 dump_table", GNTTABOP_dump_table },
		{ "D11 transfer", GNTTABOP_transfer },
		{ "D11 unmap_and_replace", GNTTABOP_unmap_and_replace },
		{ "D11 get_status_frames", GNTTABOP_get_status_frames },
		{ "D11 cache_flush", 12 },
		{ "D10 unknown", 13 },
		{ "D10 bits above the command", 1 << 12 },
	};

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		check(refused[i].name, gnttab_op(refused[i].cmd, &q, 1), XEN_ENOSYS);
	check("D10 count is negative", gnttab_op(GNTTABOP_map_grant_ref, &q, 0x80000000U), XEN_EINVAL);
	check("D13 none to map", gnttab_op(GNTTABOP_map_grant_ref, BAD_PTR, 0), 0);
	check("D13 none to unmap", gnttab_op(GNTTABOP_unmap_grant_ref, BAD_PTR, 0), 0);
	check("D13 none to copy", gnttab_op(GNTTABOP_copy, BAD_PTR, 0), 0);
	check("D13 none to swap", gnttab_op(GNTTABOP_swap_grant_ref, BAD_PTR, 0), 0);
	check("D13 query_size of none", gnttab_op(GNTTABOP_query_size, &q, 0), XEN_EINVAL);
	check("D13 query_size of two", gnttab_op(GNTTABOP_query_size, &q, 2), XEN_EINVAL);
	check("D10 query_size at a bad address", gnttab_op(GNTTABOP_query_size, BAD_PTR, 1),
	      XEN_EFAULT);
	check("query_size of domain 0", gnttab_op(GNTTABOP_query_size, &q, 1), 0);
	check("D51 which is not ours", q.status, GNTST_permission_denied);
	q.dom = 0x7000;
	check("query_size of nobody", gnttab_op(GNTTABOP_query_size, &q, 1), 0);
	check("D51 there is no such domain", q.status, GNTST_bad_domain);
}

static void test_setup(void)
{
	unsigned long list[4] = { 0, 0, 0, 0 };
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 2 };

	set_xen_guest_handle(s.frame_list, list);
	check("setup_table", gnttab_op(GNTTABOP_setup_table, &s, 1), 0);
	check("D50 two frames", s.status, GNTST_okay);
	check("D50 the first one is nowhere", list[0], -1);
	check("D50 the second one neither", list[1], -1);
	check("and no more", list[2], 0);
	check("D50 they are there", query().nr_frames >= 2, 1);
	s.nr_frames = 0;
	check("setup_table of none", gnttab_op(GNTTABOP_setup_table, &s, 1), 0);
	check("D50 none", s.status, GNTST_okay);
	s.nr_frames = query().max_nr_frames + 1;
	check("setup_table beyond the limit", gnttab_op(GNTTABOP_setup_table, &s, 1), 0);
	check("D50 too many", s.status, GNTST_general_error);
	s.nr_frames = 1;
	set_xen_guest_handle(s.frame_list, (unsigned long *)BAD_PTR);
	if (sizeof(long) == 4)	/* there, no address is bad */
		return;
	check("D50 setup_table at a bad address",
	      gnttab_op(GNTTABOP_setup_table, &s, 1) == XEN_EFAULT || s.status == GNTST_bad_virt_addr, 1);
}

static void test_places(void)
{
	u32 max = query().max_nr_frames;

	check("D60 frame 0", add(0, frames[0]), 0);
	check("D61 once more", add(0, frames[0]), 0);
	check("D61 elsewhere", add(0, frames[1]), 0);
	check("D60 a frame that is made for it", add(3, frames[3]), 0);
	check("D60 there are so many", query().nr_frames, 4);
	check("D60 beyond the limit", add(max, frames[4]), XEN_EINVAL);
	check("D60 status frames in version 1", add(0x80000000UL, frames[4]), XEN_EINVAL);
	check("G24 taken away", drop(frames[3]), 0);
	check("D60 placed again", add(3, frames[3]), 0);
}

/* What the host has in a frame, and the guest at its place. */
static void test_content(void)
{
	struct grant_entry_v1 *e = (void *)frames[0];
	struct gnttab_swap_grant_ref swap = { .ref_a = 20, .ref_b = 21, .status = 1 };

	check("D61 frame 0 is here", add(0, frames[0]), 0);
	check("D1 it is empty", READ(e[20].frame) | READ(e[20].flags), 0);
	e[20].frame = 0x1234;
	e[20].flags = GTF_permit_access;
	check("swap of entries", gnttab_op(GNTTABOP_swap_grant_ref, &swap, 1), 0);
	check("D80 it is done", swap.status, GNTST_okay);
	check("D80 what was in one is in the other", READ(e[21].frame), 0x1234);
	check("D80 and the other way round", READ(e[20].frame) | READ(e[20].flags), 0);
	check("D61 it moves", add(0, frames[1]), 0);
	check("D61 with what is in it", READ(((struct grant_entry_v1 *)frames[1])[21].frame), 0x1234);
	e = (void *)frames[1];
	e[21].frame = 0;
	e[21].flags = 0;
}

static long set_version(u32 want, u32 *is)
{
	struct gnttab_set_version v = { .version = want };
	long ret = gnttab_op(GNTTABOP_set_version, &v, 0);

	*is = v.version;
	return ret;
}

static void test_versions(void)
{
	struct gnttab_get_version g = { .dom = DOMID_SELF };
	u32 is;

	check("get_version", gnttab_op(GNTTABOP_get_version, &g, 1), 0);
	check("D1 it is 1", g.version, 1);
	g.dom = 0;
	check("D54 get_version of domain 0", gnttab_op(GNTTABOP_get_version, &g, 1), XEN_EPERM);
	g.dom = 0x7000;
	check("D54 get_version of nobody", gnttab_op(GNTTABOP_get_version, &g, 1), XEN_ESRCH);
	check("D52 version 0", set_version(0, &is), XEN_EINVAL);
	check("D52 what it is", is, 1);
	check("D52 version 3", set_version(3, &is), XEN_EINVAL);
	check("D52 the same", set_version(1, &is), 0);
	check("D53 version 2", set_version(2, &is), 0);
	check("D52 it is", is, 2);
	check("D60 status frame 0", add(0x80000000UL, frames[5]), 0);
	check("D60 status frame beyond the limit", add(0x80001000UL, frames[6]), XEN_EINVAL);
	check("D52 back to 1", set_version(1, &is), 0);
	check("XSA-255 the status frame is gone", drop(frames[5]) != 0, 1);
}

static void test_swap(void)
{
	struct gnttab_swap_grant_ref s[2] = {
		{ .ref_a = 8, .ref_b = 0xffffffffU, .status = 1 },
		{ .ref_a = 9, .ref_b = 9, .status = 1 },
	};

	check("swap", gnttab_op(GNTTABOP_swap_grant_ref, s, 2), 0);
	check("XSA-18 no such reference", s[0].status, GNTST_bad_gntref);
	check("D80 with itself", s[1].status, GNTST_okay);
}

void test_main(void)
{
	test_swap();	/* XSA-134: before anything else */
	test_calls();
	test_setup();
	test_places();
	test_content();
	test_versions();
	test_swap();
}
