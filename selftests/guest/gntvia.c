// SPDX-License-Identifier: GPL-2.0
/*
 * Transitive grants (D74): the first domain grants to the second, that one to the third, which
 * copies. "off" behind the peers' numbers: the host does not want them.
 */
#include "gnttab.h"

#define READS	8		/* references of the first: page 0, for reading */
#define WRITES	9		/* page 1 */
#define SOME	10		/* 100 bytes of page 2, from 200 */
#define OTHERS	11		/* page 3, not for the second */
#define NONE	12
#define CHAIN	13		/* transitive itself */
#define VIAS	20		/* references of the second */

static u32 first, second, self;

static int from(u32 ref, u32 off, u32 len)
{
	return gt_copy1((struct gnttab_copy) { .source = REF(second, ref, off),
			.dest = FRAME(pages[0], off), .len = len, .flags = GNTCOPY_source_gref });
}

static int to(u32 ref, u32 off, u32 len)
{
	return gt_copy1((struct gnttab_copy) { .source = FRAME(pages[1], off),
			.dest = REF(second, ref, off), .len = len, .flags = GNTCOPY_dest_gref });
}

/* An entry of the second's for this domain. */
static void via(u32 ref, u32 flags, u32 third, u32 third_ref)
{
	ask(1, VIA, ref, flags, self | third << 16, third_ref);
}

static void make_all(void)
{
	u32 i;

	for (i = 0; i < 4; i++)
		ask(0, FILL, i, 0xa0 + i, 0, 0);
	fill(pages[0], 0x10);
	fill(pages[1], 0x11);
	ask(0, SET, READS, GTF_permit_access | GTF_readonly, second, 0);
	ask(0, SET, WRITES, GTF_permit_access, second, 1);
	ask(0, PART, SOME, second, 2, 200 | 100 << 16);
	ask(0, SET, OTHERS, GTF_permit_access, self, 3);
	ask(0, SET, NONE, 0, 0, 0);
	ask(0, VIA, CHAIN, 0, second | self << 16, ORDERS);
	via(VIAS, GTF_readonly, first, READS);
	via(VIAS + 1, 0, first, WRITES);
	via(VIAS + 2, 0, first, SOME);
	via(VIAS + 3, 0, first, OTHERS);
	via(VIAS + 4, 0, first, NONE);
	via(VIAS + 5, 0, first, CHAIN);
	via(VIAS + 6, 0, first, 0x7fffffff);
	via(VIAS + 7, 0, second, ORDERS);
	via(VIAS + 8, 0, 0x7000, 8);
	via(VIAS + 9, 0, first, READS);
	via(VIAS + 10, GTF_readonly, first, WRITES);
	ask(1, VIA, VIAS + 11, 0, first | first << 16, WRITES);
}

static void test_good(void)
{
	check("D74 from it", from(VIAS, 0, 64), GNTST_okay);
	check("D74 the bytes are there", pages[0][63], 0xa0);
	check("D74 and no more", pages[0][64], 0x10);
	check("D74 to it", to(VIAS + 1, 100, 10), GNTST_okay);
	check("D74 there, too", ask(0, PEEK, 1, 100, 0, 0), 0x11);
	check("D74 not before", ask(0, PEEK, 1, 99, 0, 0), 0xa1);
	check("D74 not behind", ask(0, PEEK, 1, 110, 0, 0), 0xa1);
	check("D74 a whole page", from(VIAS + 1, 0, 4096), GNTST_okay);
	check("D74 a part", from(VIAS + 2, 200, 100), GNTST_okay);
	check("D74 its last byte", pages[0][299], 0xa2);
	check("D75 before the part", from(VIAS + 2, 199, 2), GNTST_general_error);
	check("D75 behind the part", from(VIAS + 2, 299, 2), GNTST_general_error);
	check("D74 from one to another", gt_copy1((struct gnttab_copy) {
			.source = REF(second, VIAS, 0), .dest = REF(second, VIAS + 1, 300),
			.len = 3, .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref }), GNTST_okay);
	check("D74 it came", ask(0, PEEK, 1, 302, 0, 0), 0xa0);
}

static void test_bad(void)
{
	u32 h;

	check("D74 to be read alone", to(VIAS, 0, 1), GNTST_general_error);
	check("D74 to be read alone at its end", to(VIAS + 9, 0, 1), GNTST_general_error);
	check("D74 to be read alone in between", to(VIAS + 10, 0, 1), GNTST_general_error);
	check("D74 but read it is", from(VIAS + 10, 0, 1), GNTST_okay);
	check("D74 not for the second", from(VIAS + 3, 0, 1), GNTST_general_error);
	check("D74 an empty one", from(VIAS + 4, 0, 1), GNTST_general_error);
	check("XSA-226 a chain", from(VIAS + 5, 0, 1), GNTST_general_error);
	check("D74 no such reference", from(VIAS + 6, 0, 1), GNTST_bad_gntref);
	check("XSA-226 to its own domain", from(VIAS + 7, 0, 1), GNTST_general_error);
	check("D74 no such domain", from(VIAS + 8, 0, 1), GNTST_general_error);
	check("D74 another one's", from(VIAS + 11, 0, 1), GNTST_general_error);
	check("D74 it is not mapped", gt_map(HOLE, GNTMAP_host_map, VIAS + 1, second, &h),
	      GNTST_general_error);
}

/* Many at once, good and bad ones in turns: each has its own. */
static void test_batch(void)
{
	static struct gnttab_copy c[64];
	u32 i, bad = 0;

	fill(pages[0], 0x10);
	for (i = 0; i < 64; i++)
		c[i] = (struct gnttab_copy) {
			.source = REF(second, VIAS + (i & 1 ? 4 : i / 2 & 1), i),
			.dest = FRAME(pages[0], i), .len = 1, .status = 77,
			.flags = GNTCOPY_source_gref };
	check("D77 a batch", gnt_op(GNTTABOP_copy, c, 64), 0);
	for (i = 0; i < 64; i++)
		bad += c[i].status != (i & 1 ? GNTST_general_error : GNTST_okay) ||
		       pages[0][i] != (i & 1 ? 0x10 : 0xa0 + (i / 2 & 1));
	check("D77 each has its status, and its bytes", bad, 0);
}

/* Nothing of what was done or refused is still in use: flags, swap and a switch tell. */
static void test_left(void)
{
	u32 i, left = 0;

	for (i = 0; i < 12; i++)
		left |= ask(1, FLAGS, VIAS + i, 0, 0, 0) & (GTF_reading | GTF_writing);
	check("XSA-226 the second has nothing in use", left, 0);
	for (i = READS; i <= CHAIN; i++)
		left |= ask(0, FLAGS, i, 0, 0, 0) & (GTF_reading | GTF_writing);
	check("XSA-226 nor has the first", left, 0);
	check("D52 the second goes back to version 1", ask(1, VERSION, 1, 0, 0, 0), 0);
	check("D52 and the first", ask(0, VERSION, 1, 0, 0, 0), 0);
}

static bool off(void)
{
	extern u64 start_info_addr;
	const struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *s = (void *)(unsigned long)si->cmdline_paddr;

	while (*s && *s != 'f')
		s++;
	return *s;
}

void test_main(void)
{
	gt_meet();
	first = peers[0];
	second = peers[1];
	self = own_domid();
	check("D52 the first goes to version 2", ask(0, VERSION, 2, 0, 0, 0), 0);
	check("D52 the second", ask(1, VERSION, 2, 0, 0, 0), 0);
	make_all();
	if (off()) {
		check("D74 off: not from it", from(VIAS, 0, 1), GNTST_general_error);
		check("D74 off: not to it", to(VIAS + 1, 0, 1), GNTST_general_error);
	} else {
		test_good();
		test_bad();
		test_batch();
	}
	test_left();
	gt_part();
}
