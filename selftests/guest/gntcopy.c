// SPDX-License-Identifier: GPL-2.0
/* Copies between domains: checks in their order, ranges, batches, and cached sides. */
#include "gnttab.h"

#define RO	8		/* references of the peer: page 0, for reading */
#define RW	9		/* page 1 */
#define OTHER	10		/* page 2, of a domain that is not the driver */
#define NONE	11
#define SOME	12		/* 100 bytes of page 2, from 200 */

static u32 peer, self;

static void reset_pages(void)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		ask(0, FILL, i, 0xa0 + i, 0, 0);
		fill(pages[i], 0x10 + i);
	}
}

static void grant_all(void)
{
	ask(0, SET, RO, GTF_permit_access | GTF_readonly, self, 0);
	ask(0, SET, RW, GTF_permit_access, self, 1);
	ask(0, SET, OTHER, GTF_permit_access, 0x7000, 2);
	ask(0, SET, NONE, 0, 0, 0);
}

static int from_ref(u32 ref, u32 off, void *to, u32 at, u32 len)
{
	return gt_copy1((struct gnttab_copy) { .source = REF(peer, ref, off),
			.dest = FRAME(to, at), .len = len, .flags = GNTCOPY_source_gref });
}

static int to_ref(void *from, u32 at, u32 ref, u32 off, u32 len)
{
	return gt_copy1((struct gnttab_copy) { .source = FRAME(from, at),
			.dest = REF(peer, ref, off), .len = len, .flags = GNTCOPY_dest_gref });
}

static void test_sides(void)
{
	reset_pages();
	check_v("D70 from a reference", from_ref(RO, 0, pages[0], 0, 64), GNTST_okay);
	check_v("D70 the bytes are there", pages[0][63], 0xa0);
	check_v("D70 and no more", pages[0][64], 0x10);
	check_v("D70 to a reference", to_ref(pages[2], 0, RW, 100, 10), GNTST_okay);
	check_v("D70 there, too", ask(0, PEEK, 1, 100, 0, 0), 0x12);
	check_v("D70 not before", ask(0, PEEK, 1, 99, 0, 0), 0xa1);
	check_v("D70 not behind", ask(0, PEEK, 1, 110, 0, 0), 0xa1);
	check_v("D70 from one to the other", gt_copy1((struct gnttab_copy) {
			.source = REF(peer, RO, 0), .dest = REF(peer, RW, 200), .len = 3,
			.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref }), GNTST_okay);
	check_v("D70 it came", ask(0, PEEK, 1, 202, 0, 0), 0xa0);
	check_v("D70 between own frames", gt_copy1((struct gnttab_copy) {
			.source = FRAME(pages[3], 0), .dest = FRAME(pages[2], 7), .len = 5 }),
	      GNTST_okay);
	check_v("D70 they came", pages[2][11], 0x13);
	check_v("D70 a whole page", from_ref(RW, 0, pages[1], 0, 4096), GNTST_okay);
	check_v("D70 its last byte", pages[1][4095], 0xa1);
	check_v("D46 no flag stays", ask(0, FLAGS, RW, 0, 0, 0), GTF_permit_access);
	check_v("D46 nor there", ask(0, FLAGS, RO, 0, 0, 0), GTF_permit_access | GTF_readonly);
}

static void test_errors(void)
{
	struct gnttab_copy bad = { .source.domid = 0x7f00, .dest.domid = 0x7f00,
				   .source.offset = 9999, .dest.offset = 9999,
				   .source.u.ref = -1U, .dest.u.ref = -1U, .flags = 3 };

	check_v("XSA-448 none, all else is wrong", gt_copy1(bad), GNTST_okay);
	bad.flags = 0;
	check_v("XSA-448 none, of frames", gt_copy1(bad), GNTST_okay);
	bad.flags = 0xffff;
	check_v("D70 none, odd flags", gt_copy1(bad), GNTST_okay);
	check_v("D71 a frame by the own number", gt_copy1((struct gnttab_copy) {
			.source = { .u.gmfn = GFN(pages[0]), .domid = self },
			.dest = FRAME(pages[1], 0), .len = 1 }), GNTST_permission_denied);
	check_v("D71 a frame of the peer", gt_copy1((struct gnttab_copy) {
			.source = { .u.gmfn = GFN(pages[0]), .domid = peer },
			.dest = FRAME(pages[1], 0), .len = 1 }), GNTST_permission_denied);
	check_v("D71 to a frame of the peer", gt_copy1((struct gnttab_copy) {
			.source = FRAME(pages[1], 0),
			.dest = { .u.gmfn = GFN(pages[0]), .domid = peer }, .len = 1 }),
	      GNTST_permission_denied);
	check_v("D71 a reference of nobody", gt_copy1((struct gnttab_copy) {
			.source = REF(0x7000, RO, 0), .dest = FRAME(pages[1], 0), .len = 1,
			.flags = GNTCOPY_source_gref }), GNTST_bad_domain);
	check_v("D73 a reference that is not", from_ref(-1U, 0, pages[0], 0, 1), GNTST_bad_gntref);
	check_v("D73 an empty one", from_ref(NONE, 0, pages[0], 0, 1), GNTST_general_error);
	check_v("D73 another one's", from_ref(OTHER, 0, pages[0], 0, 1), GNTST_general_error);
	check_v("D73 not to be written", to_ref(pages[0], 0, RO, 0, 1), GNTST_general_error);
	check_v("D73 no such frame", gt_copy1((struct gnttab_copy) {
			.source = { .u.gmfn = HOLE / PAGE_SIZE, .domid = DOMID_SELF },
			.dest = FRAME(pages[1], 0), .len = 1 }), GNTST_bad_page);
	check_v("D75 past the source", from_ref(RO, 4090, pages[0], 0, 7), GNTST_bad_copy_arg);
	check_v("D75 to its end", from_ref(RO, 4090, pages[0], 0, 6), GNTST_okay);
	check_v("D75 past the destination", from_ref(RO, 0, pages[0], 4000, 97), GNTST_bad_copy_arg);
	check_v("D75 an offset that is too high", from_ref(RO, 5000, pages[0], 0, 1),
	      GNTST_bad_copy_arg);
	check_v("D75 behind the other errors", from_ref(NONE, 5000, pages[0], 0, 1),
	      GNTST_general_error);
	check_v("D75 more than a page", from_ref(RO, 0, pages[0], 0, 4097), GNTST_bad_copy_arg);
	ask(0, SET, NONE, GTF_permit_access, self, HOLE / PAGE_SIZE);
	check_v("D73 a reference to no page", from_ref(NONE, 0, pages[0], 0, 1), GNTST_bad_page);
	ask(0, SET, NONE, 0, 0, 0);
	check_v("D46 no flag stays after errors", ask(0, FLAGS, RO, 0, 0, 0),
	      GTF_permit_access | GTF_readonly);
}

#define BATCH	300

static void test_batch(void)
{
	static struct gnttab_copy c[BATCH];
	u32 i, bad = 0;

	reset_pages();
	for (i = 0; i < BATCH; i++)
		c[i] = (struct gnttab_copy) { .source = REF(peer, i == 150 ? NONE : RO, i),
				.dest = FRAME(pages[0], i), .len = 1, .status = 77,
				.flags = GNTCOPY_source_gref };
	check_v("D77 a batch", gnt_op(GNTTABOP_copy, c, BATCH), 0);
	for (i = 0; i < BATCH; i++)
		bad += c[i].status != (i == 150 ? GNTST_general_error : GNTST_okay) ||
		       pages[0][i] != (i == 150 ? 0x10 : 0xa0);
	check_v("XSA-318 each has its status, and its bytes", bad, 0);
}

/* What the last element had is used once more only if all of it is the same. */
static void test_cached(void)
{
	struct gnttab_copy c[3];

	reset_pages();
	c[0] = (struct gnttab_copy) { .source = REF(peer, RO, 0), .dest = FRAME(pages[0], 0),
				      .len = 8, .flags = GNTCOPY_source_gref, .status = 77 };
	c[1] = (struct gnttab_copy) { .source = { .u.gmfn = RO, .domid = peer },
				      .dest = FRAME(pages[1], 0), .len = 8, .status = 77 };
	c[2] = (struct gnttab_copy) { .source = { .u.gmfn = GFN(pages[0]), .domid = peer },
				      .dest = FRAME(pages[1], 0), .len = 8, .status = 77 };
	gnt_op(GNTTABOP_copy, c, 3);
	check_v("CVE-2026-102703 the reference", c[0].status, GNTST_okay);
	check_v("CVE-2026-102703 a frame of the same number", c[1].status, GNTST_permission_denied);
	check_v("CVE-2026-102704 another frame of the peer", c[2].status, GNTST_permission_denied);
	check_v("CVE-2026-102704 nothing was read", pages[1][0], 0x11);
	c[0] = (struct gnttab_copy) { .source = FRAME(pages[0], 0), .dest = REF(peer, RW, 0),
				      .len = 8, .flags = GNTCOPY_dest_gref, .status = 77 };
	c[1] = (struct gnttab_copy) { .source = FRAME(pages[0], 0),
				      .dest = { .u.gmfn = GFN(pages[3]), .domid = peer },
				      .len = 8, .status = 77 };
	gnt_op(GNTTABOP_copy, c, 2);
	check_v("CVE-2026-102704 to a reference", c[0].status, GNTST_okay);
	check_v("CVE-2026-102704 then to a frame", c[1].status, GNTST_permission_denied);
	check_v("CVE-2026-102704 nothing was written", ask(0, PEEK, 3, 0, 0, 0), 0xa3);
}

/* XSA-230: a copy leaves the flags of a map alone. */
static void test_with_map(u32 flags, u32 want)
{
	u32 n = peer_version * 10 + !!flags, h;

	check_at("XSA-230 map", n, gt_map(HOLE, GNTMAP_host_map | flags, RW, peer, &h),
		 GNTST_okay);
	check_at("XSA-230 copy from it", n, from_ref(RW, 0, pages[0], 0, 1), GNTST_okay);
	check_at("XSA-230 flags after it", n, ask(0, FLAGS, RW, 0, 0, 0), want);
	check_at("XSA-230 copy to it", n, to_ref(pages[0], 0, RW, 0, 1), GNTST_okay);
	check_at("XSA-230 flags after that", n, ask(0, FLAGS, RW, 0, 0, 0), want);
	check_at("XSA-230 unmap", n, gt_unmap(HOLE, 0, h), GNTST_okay);
	check_at("XSA-230 flags at the end", n, ask(0, FLAGS, RW, 0, 0, 0), GTF_permit_access);
}

/* Version 2 alone. By the second copy its page is known. */
static void test_part(void)
{
	reset_pages();
	ask(0, PART, SOME, self, 2, 200 | 100 << 16);
	check_v("D73 a part", from_ref(SOME, 200, pages[0], 0, 100), GNTST_okay);
	check_v("D73 a part again", from_ref(SOME, 200, pages[0], 100, 100), GNTST_okay);
	check_v("D73 its last byte", pages[0][199], 0xa2);
	check_v("D75 before the part", from_ref(SOME, 199, pages[0], 200, 2), GNTST_general_error);
	check_v("D75 behind the part", from_ref(SOME, 299, pages[0], 200, 2), GNTST_general_error);
	check_v("D75 to behind it", to_ref(pages[0], 0, SOME, 300, 1), GNTST_general_error);
	check_v("D75 nothing came", pages[0][200], 0x10);
	check_v("D46 no flag stays of a part", ask(0, FLAGS, SOME, 0, 0, 0),
		GTF_permit_access | GTF_sub_page);
	ask(0, SET, SOME, 0, 0, 0);
}

static void test_all(void)
{
	grant_all();
	test_sides();
	test_errors();
	test_batch();
	test_cached();
	test_with_map(0, GTF_permit_access | GTF_reading | GTF_writing);
	test_with_map(GNTMAP_readonly, GTF_permit_access | GTF_reading);
}

void test_main(void)
{
	gt_meet();
	peer = peers[0];
	self = own_domid();
	test_all();
	check("D52 the peer goes to version 2", ask(0, VERSION, 2, 0, 0, 0), 0);
	peer_version = 2;
	test_all();
	test_part();
	check("D52 and back", ask(0, VERSION, 1, 0, 0, 0), 0);
	gt_part();
}
