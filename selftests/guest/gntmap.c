// SPDX-License-Identifier: GPL-2.0
/* Maps of another domain's pages: checks in their order, handles, flags, batches. */
#include "gnttab.h"

#define RW	9		/* references of the peer: page 1 */
#define RO	8		/* page 0, for reading */
#define OTHER	10		/* page 2, of a domain that is not the driver */
#define NONE	11
#define HOST	GNTMAP_host_map
#define AT(n)	(HOLE + (n) * PAGE_SIZE)

static u32 peer, self;

static u8 peek(u64 addr)
{
	return *(volatile u8 *)(unsigned long)addr;
}

static void poke(u64 addr, u8 v)
{
	*(volatile u8 *)(unsigned long)addr = v;
}

static long flags_of(u32 ref)
{
	return ask(0, FLAGS, ref, 0, 0, 0);
}

static void grant_all(void)
{
	u32 i;

	for (i = 0; i < 4; i++)
		ask(0, FILL, i, 0xa0 + i, 0, 0);
	ask(0, SET, RO, GTF_permit_access | GTF_readonly, self, 0);
	ask(0, SET, RW, GTF_permit_access, self, 1);
	ask(0, SET, OTHER, GTF_permit_access, 0x7000, 2);
	ask(0, SET, NONE, 0, 0, 0);
}

static void test_errors(void)
{
	u32 h;

	check_v("D20 neither way", gt_map(AT(0), 0, RW, peer, &h), GNTST_bad_gntref);
	check_v("D20 before the domain", gt_map(AT(0), 0, RW, 0x7000, &h), GNTST_bad_gntref);
	check_v("D21 for devices", gt_map(AT(0), GNTMAP_device_map, RW, peer, &h),
	      GNTST_general_error);
	check_v("D21 for both", gt_map(AT(0), HOST | GNTMAP_device_map, RW, peer, &h),
	      GNTST_general_error);
	check_v("D21 of an application", gt_map(AT(0), HOST | GNTMAP_application_map, RW, peer, &h),
	      GNTST_general_error);
	check_v("XSA-227 by a table entry", gt_map(AT(0), HOST | GNTMAP_contains_pte, RW, peer, &h),
	      GNTST_general_error);
	check_v("D22 DOMID_SELF", gt_map(AT(0), HOST, RW, DOMID_SELF, &h), GNTST_bad_domain);
	check_v("D22 nobody", gt_map(AT(0), HOST, RW, 0x7000, &h), GNTST_bad_domain);
	check_v("D24 no such reference", gt_map(AT(0), HOST, -1U, peer, &h), GNTST_bad_gntref);
	check_v("D26 an empty one", gt_map(AT(0), HOST, NONE, peer, &h), GNTST_general_error);
	check_v("D26 another one's", gt_map(AT(0), HOST, OTHER, peer, &h), GNTST_general_error);
	check_v("D26 not to be written", gt_map(AT(0), HOST, RO, peer, &h), GNTST_general_error);
	check_v("D28 other flags", gt_map(AT(0), HOST | 1 << 16, RW, peer, &h),
	      GNTST_general_error);
	check_v("D28 no machine has such a frame", gt_map(1ULL << 60, HOST, RW, peer, &h),
	      GNTST_general_error);
	ask(0, SET, NONE, GTF_permit_access, self, HOLE / PAGE_SIZE);
	check_v("D27 no such page", gt_map(AT(0), HOST, NONE, peer, &h), GNTST_bad_page);
	check_v("D29 no flag stays", flags_of(NONE), GTF_permit_access);
	ask(0, SET, NONE, GTF_accept_transfer, self, 0);
	check_v("D26 for a transfer", gt_map(AT(0), HOST, NONE, peer, &h), GNTST_general_error);
	ask(0, SET, NONE, 0, 0, 0);
	check_v("D29 no flag stays there", flags_of(RW), GTF_permit_access);
	check_v("D29 nor there", flags_of(RO), GTF_permit_access | GTF_readonly);
}

static void test_map(u64 at)
{
	u32 h, ro;

	check_v("D30 map", gt_map(at, HOST, RW, peer, &h), GNTST_okay);
	check_v("D26 both flags", flags_of(RW), GTF_permit_access | GTF_reading | GTF_writing);
	check_v("D30 its bytes", peek(at + 4095), 0xa1);
	poke(at + 5, 0x55);
	check_v("D30 the peer sees a write", ask(0, PEEK, 1, 5, 0, 0), 0x55);
	ask(0, FILL, 1, 0xa1, 0, 0);
	check_v("D30 and its own", peek(at + 5), 0xa1);
	check_v("D33 for reading, too", gt_map(at + PAGE_SIZE, HOST | GNTMAP_readonly, RW, peer, &ro),
	      GNTST_okay);
	check_v("D33 another handle", h != ro, 1);
	check_v("D33 the same bytes", peek(at + PAGE_SIZE), 0xa1);
	check_v("D43 not there", gt_unmap(at + 2 * PAGE_SIZE, 0, h), GNTST_general_error);
	check_v("D41 neither address", gt_unmap(0, 0, h), GNTST_okay);
	check_v("D41 it was not unmapped", peek(at), 0xa1);
	check_v("D46 flags stay", flags_of(RW), GTF_permit_access | GTF_reading | GTF_writing);
	/* Of a map that is not for devices it is not looked at. */
	check_v("D43 unmap with a wrong bus address", gt_unmap(at, 0x123000, h), GNTST_okay);
	check_v("D46 one reads still", flags_of(RW), GTF_permit_access | GTF_reading);
	check_v("D46 nothing is there any more", peek(at), 0xff);
	check_v("D46 nor behind it", peek(at + 2 * PAGE_SIZE), 0xff);
	check_v("D40 once only", gt_unmap(at, 0, h), GNTST_bad_handle);
	check_v("D33 it is still there", peek(at + PAGE_SIZE), 0xa1);
	check_v("D40 the other one", gt_unmap(at + PAGE_SIZE, 0, ro), GNTST_okay);
	check_v("D46 no flag, both unmapped", flags_of(RW), GTF_permit_access);
	check_v("D40 a handle that is too high", gt_unmap(at, 0, -1U), GNTST_bad_handle);
	check_v("D40 one that was never", gt_unmap(at, 0, 500), GNTST_bad_handle);
}

static void test_readonly(void)
{
	u32 h, two;
	int st;

	check_v("D30 for reading", gt_map(AT(0), HOST | GNTMAP_readonly, RO, peer, &h), GNTST_okay);
	check_v("D26 one flag", flags_of(RO), GTF_permit_access | GTF_readonly | GTF_reading);
	check_v("D30 its bytes, read-only", peek(AT(0)), 0xa0);
	check_v("D26 still not to be written", gt_map(AT(1), HOST, RO, peer, &two),
	      GNTST_general_error);
	check_v("D26 the flag stays", flags_of(RO),
	      GTF_permit_access | GTF_readonly | GTF_reading);
	check_v("D52 the peer's version stays", ask(0, VERSION, 2, 0, 0, 0) == 0, 0);
	check_v("D44 unmap", gt_unmap(AT(0), 0, h), GNTST_okay);
	check_v("D46 no flag, read-only", flags_of(RO), GTF_permit_access | GTF_readonly);
	st = gt_map((u64)(unsigned long)pages[PAGES - 1], HOST | GNTMAP_readonly, RO, peer, &h);
	check_v("D30 for reading, over its own memory", st, GNTST_okay);
	if (st == GNTST_okay)
		gt_unmap((u64)(unsigned long)pages[PAGES - 1], 0, h);
}

#define MANY	128

static void test_counters(void)
{
	static u32 h[MANY + 1];
	u32 i, bad = 0;

	for (i = 0; i < MANY; i++)
		bad += gt_map(AT(i), HOST, RW, peer, &h[i]) != GNTST_okay;
	check_v("D6 so many maps of one", bad, 0);
	check_v("D6 and no more", gt_map(AT(MANY), HOST, RW, peer, &h[MANY]), GNTST_general_error);
	check_v("D6 but for reading", gt_map(AT(MANY), HOST | GNTMAP_readonly, RW, peer, &h[MANY]),
	      GNTST_okay);
	check_v("D6 away with it", gt_unmap(AT(MANY), 0, h[MANY]), GNTST_okay);
	for (i = 0; i < MANY; i++)
		bad += gt_unmap(AT(i), 0, h[i]) != GNTST_okay;
	check_v("D6 all are unmapped", bad, 0);
	check_v("D46 no flag, many", flags_of(RW), GTF_permit_access);
}

static void test_batch(void)
{
	static struct gnttab_map_grant_ref m[5];
	static struct gnttab_unmap_grant_ref u[6];
	u32 i;

	for (i = 0; i < 5; i++)
		m[i] = (struct gnttab_map_grant_ref) { .host_addr = AT(i), .flags = HOST,
				.ref = i == 2 ? NONE : RW, .dom = peer, .status = 77 };
	check_v("D30 a batch", gnt_op(GNTTABOP_map_grant_ref, m, 5), 0);
	for (i = 0; i < 5; i++)
		check_at("D30 each status", i + 10 * peer_version, m[i].status,
			 i == 2 ? GNTST_general_error : GNTST_okay);
	for (i = 0; i < 6; i++)
		u[i] = (struct gnttab_unmap_grant_ref) { .host_addr = m[i % 5].host_addr,
				.handle = i == 2 ? 500 : m[i % 5].handle, .status = 77 };
	check_v("XSA-218 a batch, one twice", gnt_op(GNTTABOP_unmap_grant_ref, u, 6), 0);
	for (i = 0; i < 6; i++)
		check_at("XSA-218 each status", i + 10 * peer_version, u[i].status,
			 i == 2 || i == 5 ? GNTST_bad_handle : GNTST_okay);
	check_v("D46 no flag, batch", flags_of(RW), GTF_permit_access);
}

/* More at once than are flushed at once, and than are in one page of the caller's. */
static void test_many(void)
{
	static struct gnttab_map_grant_ref m[MANY] page_aligned;
	static struct gnttab_unmap_grant_ref u[MANY] page_aligned;
	u32 i, good = 0, bad = 0;

	for (i = 0; i < MANY; i++)
		m[i] = (struct gnttab_map_grant_ref) { .host_addr = AT(i), .flags = HOST,
				.ref = RW, .dom = peer, .status = 77 };
	check_v("D30 many at once", gnt_op(GNTTABOP_map_grant_ref, m, MANY), 0);
	for (i = 0; i < MANY; i++) {
		good += m[i].status == GNTST_okay && peek(AT(i)) == 0xa1;
		u[i] = (struct gnttab_unmap_grant_ref) { .host_addr = AT(i),
				.handle = m[i].handle, .status = 77 };
	}
	check_v("D30 all are mapped", good, MANY);
	check_v("D45 and unmapped at once", gnt_op(GNTTABOP_unmap_grant_ref, u, MANY), 0);
	for (i = 0, good = 0; i < MANY; i++)
		good += u[i].status == GNTST_okay && peek(AT(i)) != 0xa1;
	check_v("D45 all are gone", good, MANY);
	gnt_op(GNTTABOP_unmap_grant_ref, u, MANY);
	for (i = 0; i < MANY; i++)
		bad += u[i].status == GNTST_bad_handle;
	check_v("D40 each of them once only", bad, MANY);
	check_v("D46 no flag, many", flags_of(RW), GTF_permit_access);
}

static void test_all(void)
{
	grant_all();
	test_errors();
	test_map(AT(0));
	test_counters();
	test_batch();
	test_many();
}

void test_main(void)
{
	gt_meet();
	peer = peers[0];
	self = own_domid();
	test_all();
	test_readonly();
	check("D52 the peer goes to version 2", ask(0, VERSION, 2, 0, 0, 0), 0);
	peer_version = 2;
	test_all();
	check("D52 and back", ask(0, VERSION, 1, 0, 0, 0), 0);
	gt_part();
}
