// SPDX-License-Identifier: GPL-2.0
/* Grant tables without another domain: the call itself, sizes, versions, places, swap. */
#include "gnttab.h"

static struct gnttab_map_grant_ref maps[4];

static void test_dispatch(void)
{
	static const u8 none[] = { 3, 4, 7, 9, 12, 13, 99 };
	static u64 buf[32];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		check_at("D11 no such command", none[i], gnt_op(none[i], buf, 1), XEN_ENOSYS);
		check_at("D11 with no element", none[i], gnt_op(none[i], buf, 0), XEN_ENOSYS);
	}
	check("D10 a negative count", gnt_op(GNTTABOP_map_grant_ref, maps, -1U), XEN_EINVAL);
	/* An HVM guest's commands are looked up with these bits. */
	check("D10 bits above the command", gnt_op(GNTTABOP_map_grant_ref | 1 << 12, maps, 1),
	      XEN_ENOSYS);
	check("D10 map: a bad array", gnt_op(GNTTABOP_map_grant_ref, BAD_PTR, 1), XEN_EFAULT);
	check("D10 unmap: a bad array", gnt_op(GNTTABOP_unmap_grant_ref, BAD_PTR, 1), XEN_EFAULT);
	check("D10 copy: a bad array", gnt_op(GNTTABOP_copy, BAD_PTR, 1), XEN_EFAULT);
	check("D10 swap: a bad array", gnt_op(GNTTABOP_swap_grant_ref, BAD_PTR, 1), XEN_EFAULT);
	check("D10 query: a bad array", gnt_op(GNTTABOP_query_size, BAD_PTR, 1), XEN_EFAULT);
	check("D10 setup: a bad array", gnt_op(GNTTABOP_setup_table, BAD_PTR, 1), XEN_EFAULT);
	check("D13 map of none", gnt_op(GNTTABOP_map_grant_ref, maps, 0), 0);
	check("D13 unmap of none", gnt_op(GNTTABOP_unmap_grant_ref, maps, 0), 0);
	check("D13 copy of none", gnt_op(GNTTABOP_copy, maps, 0), 0);
	check("D13 swap of none", gnt_op(GNTTABOP_swap_grant_ref, maps, 0), 0);
	check("D13 setup of none", gnt_op(GNTTABOP_setup_table, buf, 0), XEN_EINVAL);
	check("D13 setup of two", gnt_op(GNTTABOP_setup_table, buf, 2), XEN_EINVAL);
	check("D13 query of none", gnt_op(GNTTABOP_query_size, buf, 0), XEN_EINVAL);
	check("D13 query of two", gnt_op(GNTTABOP_query_size, buf, 2), XEN_EINVAL);
}

static xen_pfn_t frames[128];

static int setup(u32 dom, u32 n, void *list)
{
	struct gnttab_setup_table s = { .dom = dom, .nr_frames = n, .status = 77 };
	long ret;

	set_xen_guest_handle_raw(s.frame_list, list);
	ret = gnt_op(GNTTABOP_setup_table, &s, 1);
	return ret ? 1000 + ret : s.status;
}

static int query(u32 dom, u32 *nr, u32 *max)
{
	struct gnttab_query_size q = { .dom = dom, .status = 77 };
	long ret = gnt_op(GNTTABOP_query_size, &q, 1);

	*nr = q.nr_frames;
	*max = q.max_nr_frames;
	return ret ? 1000 + ret : q.status;
}

static void test_size(void)
{
	u32 nr, max, ignored;

	check("D51 query", query(DOMID_SELF, &nr, &max), GNTST_okay);
	check("D51 frames at first", nr, 1);
	note("# at most %u frames", max);
	check("D51 query by number", query(own_domid(), &nr, &max), GNTST_okay);
	check("D51 query of nobody", query(0x7f00, &nr, &ignored), GNTST_bad_domain);
	check("D51 query of domain 0", query(0, &nr, &ignored), GNTST_permission_denied);
	check("D50 no frames", setup(DOMID_SELF, 0, frames), GNTST_okay);
	check("D50 of nobody", setup(0x7f00, 1, frames), GNTST_bad_domain);
	check("D50 of domain 0", setup(0, 1, frames), GNTST_permission_denied);
	check("D50 too many", setup(DOMID_SELF, max + 1, frames), GNTST_general_error);
	check("XSA-101 two frames, not placed", setup(DOMID_SELF, 2, frames), GNTST_okay);
	check("XSA-101 no number leaks", frames[0] == (xen_pfn_t)-1 && frames[1] == (xen_pfn_t)-1,
	      1);
	check("D50 it grew", query(DOMID_SELF, &nr, &max) ?: (long)nr, 2);
	check("D50 a bad list", setup(DOMID_SELF, 2, BAD_PTR), GNTST_bad_virt_addr);
}

static void test_place(void)
{
	u32 nr, max;

	query(DOMID_SELF, &nr, &max);
	check("D60 too high", gt_add(XENMAPSPACE_grant_table, max, GFN(&gt[0])), XEN_EINVAL);
	check("D60 a status frame in version 1",
	      gt_add(XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status, GFN(gt_status)),
	      XEN_EINVAL);
	check("D60 it grows", gt_add(XENMAPSPACE_grant_table, 3, GFN(&gt[3])), 0);
	check("D60 to four", query(DOMID_SELF, &nr, &max) ?: (long)nr, 4);
	check("D62 downwards", gt_place(), 0);
	check("D50 where they are", setup(DOMID_SELF, 4, frames), GNTST_okay);
	check("D50 the first", frames[0] == GFN(&gt[0]), 1);
	check("D50 the last", frames[3] == GFN(&gt[3]), 1);
	gt[1].v1[5].frame = 0x1234;
	check("D61 a frame moves", gt_add(XENMAPSPACE_grant_table, 1, HOLE / PAGE_SIZE), 0);
	check("D61 and its contents with it",
	      ((volatile grant_entry_v1_t *)(unsigned long)HOLE)[5].frame, 0x1234);
	check("D50 where it is", setup(DOMID_SELF, 2, frames), GNTST_okay);
	check("D50 in the hole", frames[1] == HOLE / PAGE_SIZE, 1);
	check("D61 it moves back", gt_add(XENMAPSPACE_grant_table, 1, GFN(&gt[1])), 0);
	check("D61 as it was", READ(gt[1].v1[5].frame), 0x1234);
	gt[1].v1[5].frame = 0;
}

static void test_removal(void)
{
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF, .gpfn = GFN(&gt[2]) };

	gt[2].v1[7].frame = 0x77;
	check("G24 a frame is removed", memory_op(XENMEM_remove_from_physmap, &r), 0);
	check("G24 once", memory_op(XENMEM_remove_from_physmap, &r), XEN_ENOENT);
	check("D50 nowhere", setup(DOMID_SELF, 3, frames), GNTST_okay);
	check("D50 all ones", frames[2] == (xen_pfn_t)-1, 1);
	check("G24 placed again", gt_add(XENMAPSPACE_grant_table, 2, GFN(&gt[2])), 0);
	check("G24 it kept what it had", READ(gt[2].v1[7].frame), 0x77);
	gt[2].v1[7].frame = 0;
}

static long version(u32 want, u32 *now)
{
	struct gnttab_set_version s = { .version = want };
	long ret = gnt_op(GNTTABOP_set_version, &s, 1);

	*now = s.version;
	return ret;
}

static long get_version(u32 dom, u32 *now)
{
	struct gnttab_get_version g = { .dom = dom, .version = 77 };
	long ret = gnt_op(GNTTABOP_get_version, &g, 1);

	*now = g.version;
	return ret;
}

static void test_version(void)
{
	struct gnttab_set_version s = { .version = 1 };
	u32 now, nr, max;

	check("D54 get", get_version(DOMID_SELF, &now), 0);
	check("D54 one at first", now, 1);
	check("D54 of nobody", get_version(0x7f00, &now), XEN_ESRCH);
	check("D54 of domain 0", get_version(0, &now), XEN_EPERM);
	check("D52 version 0", version(0, &now), XEN_EINVAL);
	check("D52 written back", now, 1);
	check("D52 version 3", version(3, &now), XEN_EINVAL);
	check("D52 version 3: written back", now, 1);
	check("D52 the same", version(1, &now), 0);
	check("D13 count is not looked at", gnt_op(GNTTABOP_set_version, &s, 5), 0);
	check("D52 a bad pointer", gnt_op(GNTTABOP_set_version, BAD_PTR, 1), XEN_EFAULT);
	gt_set(3, GTF_permit_access | GTF_readonly, 0, 0x123);
	gt_set(20, GTF_permit_access, 0, 0x456);
	check("D52 to 2", version(2, &now), 0);
	check("D52 it is 2", now, 2);
	gt_version = 2;
	check("D60 a status frame", gt_add(XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status,
					   GFN(gt_status)), 0);
	check("D60 a status frame that there is not",
	      gt_add(XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status | 64, GFN(pages[0])),
	      XEN_EINVAL);
	check("D52 a reserved entry, converted", READ(gt[0].v2[3].full_page.frame), 0x123);
	check("D52 its flags", READ(gt[0].v2[3].hdr.flags), GTF_permit_access | GTF_readonly);
	check("D52 another one is cleared", READ(gt[0].v2[20].hdr.flags), 0);
	check("D52 the frames stay", query(DOMID_SELF, &nr, &max) ?: (long)nr, 4);
	check("D52 back to 1", version(1, &now), 0);
	check("D52 it is 1", now, 1);
	gt_version = 1;
	check("D52 the reserved entry again", READ(gt[0].v1[3].frame), 0x123);
	check("XSA-255 no status frame", gt_add(XENMAPSPACE_grant_table,
						XENMAPIDX_grant_table_status, GFN(gt_status)),
	      XEN_EINVAL);
	check("D52 2 again", version(2, &now), 0);
	gt_version = 2;
	gt_set(3, GTF_permit_access, 0, 1ULL << 32);
	check("D52 a frame too high for 1", version(1, &now), -34);
	check("D52 it stays at 2", now, 2);
	gt_set(3, GTF_transitive, 0, 1);
	check("D52 a transitive one", version(1, &now), -34);
	gt_set(3, 0, 0, 0);
	check("D52 without it", version(1, &now), 0);
	gt_version = 1;
}

static int swap(u32 a, u32 b)
{
	struct gnttab_swap_grant_ref s = { .ref_a = a, .ref_b = b, .status = 77 };
	long ret = gnt_op(GNTTABOP_swap_grant_ref, &s, 1);

	return ret ? 1000 + ret : s.status;
}

static void test_swap(u32 entries)
{
	gt_set(30, GTF_permit_access, 5, 0x30);
	gt_set(31, 0, 0, 0);
	check_v("D80 swap", swap(30, 31), GNTST_okay);
	check_v("D80 flags went", gt_flags(30), 0);
	check_v("D80 and are there", gt_flags(31), GTF_permit_access);
	check_v("D80 with itself", swap(31, 31), GNTST_okay);
	check_v("XSA-18 the last one", swap(30, entries - 1), GNTST_okay);
	check_v("XSA-18 one too high", swap(30, entries), GNTST_bad_gntref);
	check_v("XSA-18 the first one too high", swap(entries, 30), GNTST_bad_gntref);
	check_v("XSA-18 far too high", swap(30, -1U), GNTST_bad_gntref);
	gt_set(31, 0, 0, 0);
}

void test_main(void)
{
	check("XSA-134 a swap before all else", swap(5, 6), GNTST_okay);
	test_dispatch();
	test_size();
	test_place();
	test_removal();
	test_swap(FRAMES * 512);
	test_version();
	check("D52 2 once more", gt_set_version(2), 0);
	peer_version = 2;
	test_swap(FRAMES * 256);
	check("D52 1 once more", gt_set_version(1), 0);
}
