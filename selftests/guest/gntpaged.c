// SPDX-License-Identifier: GPL-2.0
/*
 * Grants of pages that their owner's pager has out: who maps one, or copies from it or to it, is told
 * to come again, and the pager that he was there; when the page is back he gets it. What is in use
 * does not go out. The job stands for the pager: it is told which page is to be where (STEP), and a
 * line says that it is (--pull).
 */
#include "gnttab.h"

#define OUT_REF		9	/* references of the peer: a page that goes out, and one that does not */
#define THERE_REF	10
#define OUT_PAGE	3
#define THERE_PAGE	5
#define A_LINE		23

static u32 peer, self;

/* For the job: what it does by now, and the frame, which is the peer's, too. */
static void step(const char *what)
{
	note("STEP %s %lu", what, GFN(pages[OUT_PAGE]));
	__asm__ volatile("outb %0, $0xf5" : : "a"((u8)A_LINE) : "memory");
}

static int copy_from(u32 ref, u32 len)
{
	return gt_copy1((struct gnttab_copy) { .source = REF(peer, ref, 8),
			.dest = FRAME(pages[0], 0), .len = len, .flags = GNTCOPY_source_gref });
}

static int copy_to(u32 ref)
{
	return gt_copy1((struct gnttab_copy) { .source = FRAME(pages[1], 0),
			.dest = REF(peer, ref, 100), .len = 16, .flags = GNTCOPY_dest_gref });
}

static void test_out(void)
{
	struct gnttab_map_grant_ref m[3];
	u32 h, i;

	check("a map of what is out", gt_map(HOLE, GNTMAP_host_map, OUT_REF, peer, &h), GNTST_eagain);
	check("no flag stays of that", ask(0, FLAGS, OUT_REF, 0, 0, 0), GTF_permit_access);
	check("a map for reading", gt_map(HOLE, GNTMAP_host_map | GNTMAP_readonly, OUT_REF, peer, &h),
	      GNTST_eagain);
	fill(pages[0], 0x10);
	check("a copy from what is out", copy_from(OUT_REF, 8), GNTST_eagain);
	check("nothing has come", pages[0][0], 0x10);
	check("a copy to it", copy_to(OUT_REF), GNTST_eagain);
	for (i = 0; i < 3; i++)
		m[i] = (struct gnttab_map_grant_ref) { .host_addr = HOLE + i * PAGE_SIZE,
			.flags = GNTMAP_host_map, .ref = i == 1 ? OUT_REF : THERE_REF, .dom = peer,
			.status = 77 };
	check("a batch", gnt_op(GNTTABOP_map_grant_ref, m, 3), 0);
	check("the first is there", m[0].status, GNTST_okay);
	check("the second is out", m[1].status, GNTST_eagain);
	check("which keeps the third from nothing", m[2].status, GNTST_okay);
	check("unmap", gt_unmap(m[0].host_addr, 0, m[0].handle), GNTST_okay);
	check("unmap the third", gt_unmap(m[2].host_addr, 0, m[2].handle), GNTST_okay);
}

static void test_back(void)
{
	volatile u8 *seen = (u8 *)HOLE;
	u32 h;

	check("it is back: a map", gt_map(HOLE, GNTMAP_host_map, OUT_REF, peer, &h), GNTST_okay);
	check("of what was in it", seen[7], 0xa3);
	check("a copy from it", copy_from(OUT_REF, 8), GNTST_okay);
	check("of that, too", pages[0][7], 0xa3);
	seen[9] = 0x5a;
	step("held");
	check("it did not go out while it was mapped", seen[9], 0x5a);
	check("unmap of what was back", gt_unmap(HOLE, 0, h), GNTST_okay);
	check("a copy to it, too", copy_to(OUT_REF), GNTST_okay);
	step("again");
	check("it goes out again: a copy", copy_from(OUT_REF, 2), GNTST_eagain);
	step("in");
	check("it comes again: a copy", copy_from(OUT_REF, 2), GNTST_okay);
	check("with what was written", pages[0][1], 0x5a);
	check("the owner sees that", ask(0, PEEK, OUT_PAGE, 100, 0, 0), 0x77);
}

void test_main(void)
{
	gt_meet();
	self = own_domid();
	peer = peers[0];
	fill(pages[1], 0x77);
	ask(0, FILL, OUT_PAGE, 0xa3, 0, 0);
	ask(0, FILL, THERE_PAGE, 0xa5, 0, 0);
	ask(0, SET, OUT_REF, GTF_permit_access, self, OUT_PAGE);
	ask(0, SET, THERE_REF, GTF_permit_access, self, THERE_PAGE);
	step("out");
	test_out();
	step("in");
	test_back();
	gt_part();
}
