// SPDX-License-Identifier: GPL-2.0
/* Memory that goes back, and grants: mapped where there is none, and given up while it is mapped. */
#include "gnttab.h"

#define RW	9		/* references of the peer: page 1 */
#define REF3	11		/* and page 3 */

static u32 peer, self;

static u8 peek(u64 addr)
{
	return *(volatile u8 *)(unsigned long)addr;
}

static void poke(u64 addr, u8 v)
{
	*(volatile u8 *)(unsigned long)addr = v;
}

/* A page of the RAM goes back, and another one comes there. */
static void test_ballooned(void)
{
	u64 at = (unsigned long)pages[9];
	u32 h;

	fill(pages[8], 0x88);
	fill(pages[10], 0x99);
	check_v("G20 a page goes back", balloon(XENMEM_decrease_reservation, pages[9]), 1);
	check_v("G20 once", balloon(XENMEM_decrease_reservation, pages[9]), 0);
	check_v("D31 map in RAM", gt_map(at, GNTMAP_host_map, RW, peer, &h), GNTST_okay);
	check_v("D31 its bytes", peek(at), 0xa1);
	poke(at + 4095, 0x56);
	check_v("D31 a write", ask(0, PEEK, 1, 4095, 0, 0), 0x56);
	check_v("D31 the page before", READ(pages[8][4095]), 0x88);
	check_v("D31 the page behind", READ(pages[10][0]), 0x99);
	check_v("G20 it is not to be given back", balloon(XENMEM_decrease_reservation, pages[9]), 0);
	check_v("D31 unmap", gt_unmap(at, 0, h), GNTST_okay);
	ask(0, FILL, 1, 0xa1, 0, 0);
	check_v("G20 a new page", balloon(XENMEM_populate_physmap, pages[9]), 1);
	poke((unsigned long)pages[9], 0x44);
	check_v("G20 it is memory", READ(pages[9][0]), 0x44);
	check_v("G20 the peer's is another", ask(0, PEEK, 1, 0, 0, 0), 0xa1);
}

/*
 * The peer gives a page up that is mapped here. Whatever becomes of that: what is mapped stays the
 * page that was granted, and what the peer is given for it is seen by nobody.
 */
static void test_given_up(void)
{
	u64 at = (unsigned long)pages[9];
	bool gone;
	u32 h;

	check_v("G20 a place for it", balloon(XENMEM_decrease_reservation, pages[9]), 1);
	ask(0, FILL, 3, 0xc3, 0, 0);
	ask(0, SET, REF3, GTF_permit_access, self, 3);
	check_v("G20 map what will be given up", gt_map(at, GNTMAP_host_map, REF3, peer, &h), GNTST_okay);
	gone = ask(0, OUT, 3, 0, 0, 0);
	check_v("G20 a page that is mapped elsewhere is given up", gone, 0);
	check_v("G20 its bytes are there", peek(at + 7), 0xc3);
	if (gone)
		ask(0, IN, 3, 0, 0, 0);
	ask(0, FILL, 3, 0x3c, 0, 0);
	check_v("G20 a page that is new is not seen", peek(at + 7), gone ? 0xc3 : 0x3c);
	check_v("G20 unmap", gt_unmap(at, 0, h), GNTST_okay);
	ask(0, SET, REF3, 0, 0, 0);
	check_v("G20 now it can be", ask(0, OUT, 3, 0, 0, 0), 1);
	ask(0, SET, REF3, GTF_permit_access, self, 3);
	check_v("G20 and not be mapped", gt_map(at, GNTMAP_host_map, REF3, peer, &h), GNTST_bad_page);
	ask(0, SET, REF3, 0, 0, 0);
	check_v("G20 and comes back", ask(0, IN, 3, 0, 0, 0), 1);
	check_v("G20 the place is memory", balloon(XENMEM_populate_physmap, pages[9]), 1);
}

static void test_all(void)
{
	ask(0, FILL, 1, 0xa1, 0, 0);
	ask(0, SET, RW, GTF_permit_access, self, 1);
	test_ballooned();
	test_given_up();
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
	check("D52 and back", ask(0, VERSION, 1, 0, 0, 0), 0);
	gt_part();
}
