// SPDX-License-Identifier: GPL-2.0
/*
 * Arguments of calls beside a page that is mapped: they are read and answered in place, unless
 * something is placed or mapped over them. The guest maps a page of its own; the job counts how
 * often an answer was not written in place.
 */
#include "gntab.h"

#define HOLE	0x40000000ULL	/* nothing is there */
#define REF	16
#define CALLS	1000

static grant_entry_v1_t table[512] page_aligned;
static u8 page[PAGE_SIZE] page_aligned, other[PAGE_SIZE] page_aligned;
static union {
	struct gnttab_map_grant_ref m;
	u8 page[PAGE_SIZE];
} arg page_aligned;

static struct gnttab_map_grant_ref map_at(u64 where)
{
	return (struct gnttab_map_grant_ref) {
		.host_addr = where, .flags = GNTMAP_host_map, .ref = REF,
		.dom = cpuid(xen_base() + 4, 0).c, .handle = 88, .status = 77,
	};
}

static long unmap(u64 where, u32 handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = where, .handle = handle, .status = 77 };

	return gnttab_op(GNTTABOP_unmap_grant_ref, &u, 1) ?: u.status;
}

static void test_beside(void)
{
	struct gnttab_copy c = { .source = { .u.gmfn = gfn_of(page), .domid = DOMID_SELF },
				 .dest = { .u.gmfn = gfn_of(other), .domid = DOMID_SELF },
				 .len = 8 };
	u32 i, bad = 0;

	for (i = 0; i < CALLS; i++) {
		c.status = 77;
		bad += gnttab_op(GNTTABOP_copy, &c, 1) || c.status != GNTST_okay;
	}
	check("D10 calls are answered beside a mapped page", bad, 0);
}

/* The answer goes neither to the page that comes there, nor to what is hidden. */
static void test_over(u32 handle)
{
	u64 where = (unsigned long)&arg;
	u32 i, changed = 0;

	arg.m = map_at(where);
	check("D10 a page over the call's own argument", gnttab_op(GNTTABOP_map_grant_ref, &arg, 1),
	      XEN_EFAULT);
	for (i = 0; i < PAGE_SIZE; i++)
		changed += READ(arg.page[i]) != 0x5a;
	check("D10 the page is there, as it was", changed, 0);
	/* The handle that was given back last. */
	check("D40 unmap", unmap(where, handle), GNTST_okay);
	check("D10 nor was the answer written below", READ(arg.m.status), 77);
	check("D10 nor the handle", READ(arg.m.handle), 88);
}

void test_main(void)
{
	struct gnttab_map_grant_ref m = map_at(HOLE), n = map_at(HOLE + PAGE_SIZE);

	memset(page, 0x5a, sizeof(page));
	check("D61 the table is placed", gnt_add(0, table), 0);
	table[REF].frame = gfn_of(page);
	table[REF].domid = m.dom;
	barrier();
	READ(table[REF].flags) = GTF_permit_access;
	check("D30 map", gnttab_op(GNTTABOP_map_grant_ref, &m, 1) ?: m.status, GNTST_okay);
	test_beside();
	check("D30 and one more", gnttab_op(GNTTABOP_map_grant_ref, &n, 1) ?: n.status, GNTST_okay);
	check("D40 which goes", unmap(n.host_addr, n.handle), GNTST_okay);
	test_over(n.handle);
	check("D40 the first goes, too", unmap(m.host_addr, m.handle), GNTST_okay);
}
