// SPDX-License-Identifier: GPL-2.0
/* Memory that goes back and comes again (semantics G20; first-calls R4). */
#include "rt.h"

#define MANY	1100		/* more than one piece of a call that is cut */
#define UPTO	6		/* bits of a command: memory_op */
#define LARGE	9		/* the largest order */

static u8 pages[4][PAGE_SIZE] page_aligned;
static u8 many[MANY][PAGE_SIZE] page_aligned;
static u8 large[2 << LARGE][PAGE_SIZE] page_aligned;
static xen_pfn_t list[MANY];

extern u64 start_info_addr;

#define GFN(p)	((unsigned long)(p) / PAGE_SIZE)

static long call(unsigned int cmd, u16 domid, u32 order, const void *at, unsigned long nr)
{
	struct xen_memory_reservation r = {
		.nr_extents = nr, .extent_order = order, .domid = domid,
	};

	set_xen_guest_handle_raw(r.extent_start, (xen_pfn_t *)at);
	return memory_op(cmd, &r);
}

static long out(u64 gfn)
{
	xen_pfn_t g = gfn;

	return call(XENMEM_decrease_reservation, DOMID_SELF, 0, &g, 1);
}

static long in(u64 gfn)
{
	xen_pfn_t g = gfn;

	return call(XENMEM_populate_physmap, DOMID_SELF, 0, &g, 1);
}

static long current_pages(void)
{
	u16 self = DOMID_SELF;

	return memory_op(XENMEM_current_reservation, &self);
}

static long maximum_pages(void)
{
	u16 self = DOMID_SELF;

	return memory_op(XENMEM_maximum_reservation, &self);
}

static u32 not_zero(const u8 *page)
{
	u32 i, n = 0;

	for (i = 0; i < PAGE_SIZE; i++)
		n += READ(page[i]) != 0;
	return n;
}

static void test_one(void)
{
	long had = current_pages(), max = maximum_pages();

	memset(pages[0], 0x11, PAGE_SIZE);
	memset(pages[1], 0x22, PAGE_SIZE);
	memset(pages[2], 0x33, PAGE_SIZE);
	check("R4 a page goes back", out(GFN(pages[1])), 1);
	check("R4 once", out(GFN(pages[1])), 0);
	check("XSA-277 and no more", out(GFN(pages[1])), 0);
	check("G25 one less", had - current_pages(), 1);
	check("G25 the maximum stays", max - maximum_pages(), 0);
	check("R4 it comes back", in(GFN(pages[1])), 1);
	check("R4 it is empty", not_zero(pages[1]), 0);
	check("G25 as many as before", had - current_pages(), 0);
	pages[1][5] = 7;
	check("G20 it is memory", READ(pages[1][5]), 7);
	check("G20 the page before", READ(pages[0][PAGE_SIZE - 1]), 0x11);
	check("G20 the page behind", READ(pages[2][0]), 0x33);
}

static void test_harmless(void)
{
	check("XSA-195 frame 0", out(0), 1);
	(void)READ(*(volatile u8 *)0x10);
	*(volatile u8 *)0x10 = 1;
	check("XSA-195 frame 0 is back", in(0), 1);
	check("XSA-195 what was written is not there", *(volatile u8 *)0x10, 0);
	check("G20 no memory there", out(0xfffff), 0);
	check("G20 the last frame", out(-1), 0);
}

static void test_order(u32 order)
{
	xen_pfn_t g = GFN(pages[0]);

	check("G20 order, out", call(XENMEM_decrease_reservation, DOMID_SELF, order, &g, 1), 0);
	check("G20 order, in", call(XENMEM_populate_physmap, DOMID_SELF, order, &g, 1), 0);
	check("G20 order, more", call(XENMEM_increase_reservation, DOMID_SELF, order, &g, 1), 0);
}

static void test_orders(void)
{
	u32 i, bad = 0;
	u8 (*at)[PAGE_SIZE] = (void *)(((unsigned long)large + (PAGE_SIZE << LARGE) - 1) &
				       -((unsigned long)PAGE_SIZE << LARGE));
	xen_pfn_t g = GFN(at);
	long had = current_pages();

	for (i = LARGE + 1; i < 64; i += i < 12 ? 1 : 17)
		test_order(i);
	test_order(0x80000000U);
	test_order(-1U);
	memset(at, 0x66, PAGE_SIZE << LARGE);
	check("G20 512 pages", call(XENMEM_decrease_reservation, DOMID_SELF, LARGE, &g, 1), 1);
	check("G25 512 less", had - current_pages(), 1 << LARGE);
	check("G20 and back", call(XENMEM_populate_physmap, DOMID_SELF, LARGE, &g, 1), 1);
	for (i = 0; i < 1 << LARGE; i++)
		bad += READ(at[i][0]) != 0;
	check("G20 what it had is gone", bad, 0);
	check("G25 as many as before", had - current_pages(), 0);
}

static void test_arrays(void)
{
	xen_pfn_t g = GFN(pages[3]);
	const void *top = (void *)-(unsigned long)sizeof(g);

	check("G20 nobody", call(XENMEM_decrease_reservation, 0x7000, 0, &g, 1), 0);
	check("G20 nobody, populate", call(XENMEM_populate_physmap, 0x7000, 0, &g, 1), 0);
	check("G20 domain 0", call(XENMEM_decrease_reservation, 0, 0, &g, 1), 0);
	check("G20 none", call(XENMEM_decrease_reservation, DOMID_SELF, 0, &g, 0), 0);
	check("G20 a bad list", call(XENMEM_decrease_reservation, DOMID_SELF, 0, BAD_PTR, 1), 0);
	check("G20 a list at the top", call(XENMEM_decrease_reservation, DOMID_SELF, 0, top, 2), 0);
	check("G20 too many", call(XENMEM_decrease_reservation, DOMID_SELF, 0, &g, 1 << 26), 0);
	check("G20 the largest number", call(XENMEM_decrease_reservation, DOMID_SELF, 0, &g, -1UL),
	      0);
	check("G20 a bad call", memory_op(XENMEM_decrease_reservation, BAD_PTR), 0);
	check("G20 a start that is none",
	      call(XENMEM_decrease_reservation | 5 << UPTO, DOMID_SELF, 0, &g, 1), 5);
	check("G20 the largest start",
	      call(XENMEM_populate_physmap | 0x3ffffffU << UPTO, DOMID_SELF, 0, &g, 1), -1UL >> UPTO);
}

static long add(u32 space, unsigned long idx, const void *at)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = space, .idx = idx, .gpfn = GFN(at),
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

/* As Windows's drivers place it: where memory was. It is none, so it is not counted. */
static void test_over(void)
{
	const struct shared_info *s = (void *)pages[2];
	long had = current_pages();

	memset(pages[2], 0x77, PAGE_SIZE);
	check("G20 a place for shared_info", out(GFN(pages[2])), 1);
	check("G22 it goes there", add(XENMAPSPACE_shared_info, 0, pages[2]), 0);
	check("G22 it is seen", READ(s->wc_sec) != 0 && READ(s->wc_sec) != 0x77777777, 1);
	check("G25 one less still", had - current_pages(), 1);
	check("G22 back to its own", rt_map_shinfo(), 0);
	check("G20 memory there again", in(GFN(pages[2])), 1);
	check("G25 as many as before", had - current_pages(), 0);
	pages[2][9] = 9;
	check("G20 it is memory", READ(pages[2][9]), 9);
}

/* A frame has what another one had. */
static void test_move(void)
{
	long had = current_pages();

	memset(pages[0], 0x10, PAGE_SIZE);
	memset(pages[1], 0x21, PAGE_SIZE);
	memset(pages[2], 0x32, PAGE_SIZE);
	check("G22 a page moves", add(XENMAPSPACE_gmfn, GFN(pages[1]), pages[2]), 0);
	check("G22 it is there", READ(pages[2][17]), 0x21);
	check("G25 one page is gone", had - current_pages(), 1);
	check("G22 it is there no more", out(GFN(pages[1])), 0);
	check("G22 and moves back", add(XENMAPSPACE_gmfn, GFN(pages[2]), pages[1]), 0);
	check("G22 it is here again", READ(pages[1][PAGE_SIZE - 1]), 0x21);
	check("G22 the neighbour is as it was", READ(pages[0][PAGE_SIZE - 1]), 0x10);
	check("G25 none more is gone", had - current_pages(), 1);
	check("G22 a page that is away", add(XENMAPSPACE_gmfn, GFN(pages[2]), pages[0]), XEN_EACCES);
	check("G22 nothing has changed", READ(pages[0][0]), 0x10);
	check("G20 the place gets another", in(GFN(pages[2])), 1);
	check("G25 as many as before", had - current_pages(), 0);
}

/* Last: Xen has a page for each of these, and the guest more than it had. */
static void test_more(void)
{
	check("G20 where memory is", in(GFN(pages[3])), 0);
	check("G20 where none can be", in(0xffff0), 0);
}

static void test_many(void)
{
	long had = current_pages();
	u32 i, bad = 0;

	for (i = 0; i < MANY; i++) {
		list[i] = GFN(many[i]);
		many[i][0] = i | 1;
	}
	check("G20 many", call(XENMEM_decrease_reservation, DOMID_SELF, 0, list, MANY), MANY);
	check("G25 many less", had - current_pages(), MANY);
	check("G20 the first half", call(XENMEM_populate_physmap, DOMID_SELF, 0, list, MANY / 2),
	      MANY / 2);
	check("G20 up to one that is away",
	      call(XENMEM_decrease_reservation, DOMID_SELF, 0, list + 5, MANY - 5), MANY / 2 - 5);
	check("G20 all again", call(XENMEM_populate_physmap, DOMID_SELF, 0, list + 5, MANY - 5),
	      MANY - 5);
	for (i = 0; i < MANY; i++)
		bad += READ(many[i][0]) != 0;
	check("G20 what they had is gone", bad, 0);
	check("G25 as many as before", had - current_pages(), 0);
}

/* Saved with frames that are away, one of them below shared_info, and a page that has none. */
static void test_saved(void)
{
	long had = current_pages(), max = maximum_pages();
	u32 i;

	for (i = 0; i < 3; i++)
		check("it goes back", out(GFN(pages[i])), 1);
	check("a page without a frame", call(XENMEM_increase_reservation, DOMID_SELF, 0, NULL, 1), 1);
	check("a place for shared_info", out(GFN(many[0])), 1);
	check("it goes there", add(XENMAPSPACE_shared_info, 0, many[0]), 0);
	check("three less", had - current_pages(), 3);
	__asm__ volatile("outb %b0, %w1" : : "a"(1), "Nd"(0xf5) : "memory");
	__asm__ volatile("outb %b0, %w1" : : "a"(2), "Nd"(0xf5) : "memory");
	check("three less still", had - current_pages(), 3);
	check("shared_info is there", READ(((struct shared_info *)many[0])->wc_sec) != 0, 1);
	check("it goes back to its own", rt_map_shinfo(), 0);
	check("memory is there again", in(GFN(many[0])), 1);
	check("two less", had - current_pages(), 2);
	check("the maximum is the same", maximum_pages() - max, 0);
	for (i = 0; i < 3; i++)
		check("it is away", out(GFN(pages[i])), 0);
	check("the neighbour is not", out(GFN(pages[3])), 1);
	check("it is back", in(GFN(pages[3])), 1);
	check("one is back", in(GFN(pages[0])), 1);
	check("it is empty", not_zero(pages[0]), 0);
	check("so is the other", in(GFN(pages[1])), 1);
	check("there are no more", in(GFN(pages[2])), 0);
	check("as many as there were", had - current_pages(), 0);
}

void test_main(void)
{
	const struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *word = (void *)(unsigned long)si->cmdline_paddr;

	if (word && word[0] == 's') {
		test_saved();
		return;
	}
	test_one();
	test_harmless();
	test_orders();
	test_arrays();
	test_many();
	test_over();
	test_move();
	test_more();
}
