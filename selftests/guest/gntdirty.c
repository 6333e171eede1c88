// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that another domain writes to are in the dirty log of the machine that they are of: while
 * they are mapped, each time anew; when they are not any more; and what is copied into one. The
 * server's VMM begins its log at TELL 1, and says at TELL 5 whether it misses something.
 */
#include "gnttab.h"

#define RW	9		/* references of the peer: page 1 */
#define BOTH	10		/* page 2, mapped all the time */
#define COPIED	11		/* page 3 */

static u32 self;

static volatile u8 *at(u32 page)
{
	return (volatile u8 *)pages[page];
}

static void look(void)
{
	check("its VMM looks at the log", ask(0, TELL, 5, 0, 0, 0), 0);
}

static void test_mapped(u32 rw, u32 both)
{
	at(9)[7] = 1;
	look();
	check("D30 it came", ask(0, PEEK, 1, 7, 0, 0), 1);
	at(9)[7] = 2;
	at(10)[4095] = 2;
	look();
	at(9)[7] = 3;
	check("D45 unmap", gt_unmap((unsigned long)pages[9], 0, rw), 0);
	look();
	check("D45 it has come", ask(0, PEEK, 1, 7, 0, 0), 3);
	at(10)[0] = 4;
	look();
	check("D45 unmap the other", gt_unmap((unsigned long)pages[10], 0, both), 0);
	look();
}

static int copy(u32 to)
{
	return gt_copy1((struct gnttab_copy) { .source = FRAME(pages[0], 0),
			.dest = REF(peers[0], COPIED, to), .len = 3, .flags = GNTCOPY_dest_gref });
}

/* The second time its page is known already. */
static void test_copied(void)
{
	check("D70 copy", copy(5), GNTST_okay);
	look();
	check("D70 it came", ask(0, PEEK, 3, 7, 0, 0), 0x77);
	check("D70 copy again", copy(50), GNTST_okay);
	look();
	check("D70 that came, too", ask(0, PEEK, 3, 52, 0, 0), 0x77);
}

void test_main(void)
{
	u32 rw, both;

	gt_meet();
	self = own_domid();
	fill(pages[0], 0x77);
	ask(0, SET, RW, GTF_permit_access, self, 1);
	ask(0, SET, BOTH, GTF_permit_access, self, 2);
	ask(0, SET, COPIED, GTF_permit_access, self, 3);
	check("D30 map", gt_map((unsigned long)pages[9], GNTMAP_host_map, RW, peers[0], &rw), 0);
	check("D30 map another", gt_map((unsigned long)pages[10], GNTMAP_host_map, BOTH, peers[0],
					&both), 0);
	check("its VMM begins the log", ask(0, TELL, 1, 0, 0, 0), 0);
	test_mapped(rw, both);
	test_copied();
	gt_part();
}
