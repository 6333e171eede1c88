// SPDX-License-Identifier: GPL-2.0
/*
 * Neighbours of a mapped page, where both domains' memory is of large pages (vmm --ram thp,
 * hugetlb), or KVM maps what is near a page that faults. KVM makes large pages from what the VMM
 * has: around a page of another domain such a page would have the hidden memory in that page's
 * place, or memory of the host that is nobody's to see in the neighbours'. So each word of two
 * megabytes of either side is looked at, before and after the map and the unmap.
 */
#include "gnttab.h"

#define AREA		0x1000000UL	/* two megabytes, in one large page, of either domain */
#define NR		512
#define REF0		100		/* of the area's page 0 */
#define MINE		0x1111000000000000ULL
#define THEIRS		0x2222000000000000ULL
#define AGAIN		0x0000300000000000ULL

/* What the VMM does to its memory's slot (vmm --pull). */
enum { SLOT_AGAIN = 16, SLOT_LOGGED = 26, SLOT_UNLOGGED };
enum { SPREAD = MORE, WRONG, PULL, GRANT };

static u32 peer, self;
/* What each page of the area has in all of its words. */
static u64 want[NR];

static u64 at(u32 n)
{
	return AREA + n * PAGE_SIZE;
}

static void fill_with(u64 addr, u64 word)
{
	volatile u64 *p = (void *)(unsigned long)addr;
	u32 i;

	for (i = 0; i < PAGE_SIZE / 8; i++)
		p[i] = word;
}

/* Is there another word? */
static bool differs(u64 addr, u64 word)
{
	const volatile u64 *p = (void *)(unsigned long)addr;
	u32 i;

	for (i = 0; i < PAGE_SIZE / 8; i++)
		if (p[i] != word)
			return true;
	return false;
}

/* All of the area anew; page n has a word that has n in it. */
static void spread(u64 word)
{
	u32 i;

	for (i = 0; i < NR; i++) {
		want[i] = word + i;
		fill_with(at(i), want[i]);
	}
}

/* Pages that are not as they should be; from this one on, round. */
static u32 wrong(u32 first)
{
	u32 i, n, bad = 0;

	for (i = 0; i < NR; i++) {
		n = (first + i) % NR;
		bad += differs(at(n), want[n]);
	}
	return bad;
}

static void vmm(u8 what)
{
	__asm__ volatile("outb %0, $0xf5" : : "a"(what) : "memory");
}

static s64 obey_more(u32 op, const u64 *a)
{
	u32 i;

	switch (op) {
	case SPREAD:
		spread(a[0]);
		break;
	case WRONG:	/* but for a page that another one has written to, from the first */
		if (a[0] < NR)
			want[a[0]] = a[1];
		return wrong(a[0] % NR);
	case PULL:
		vmm(a[0]);
		break;
	case GRANT:
		for (i = 0; i < NR; i++)
			gt_set(REF0 + i, GTF_permit_access, a[0], at(i) / PAGE_SIZE);
		break;
	}
	return 0;
}

static u32 wrong_there(void)
{
	return ask(0, WRONG, NR, 0, 0, 0);
}

static int map(u32 n, u64 where, u32 *handle)
{
	return gt_map(where, GNTMAP_host_map, REF0 + n, peer, handle);
}

/* Large pages are there on both sides, so far as KVM makes any: all was written to. */
static void all_anew(void)
{
	spread(MINE);
	ask(0, SPREAD, THEIRS, 0, 0, 0);
}

/* --- one page -------------------------------------------------------------------------- */

/* Whose fault is first: that of the mapped page, or that of the one behind it. */
static void test_one(const char *what, u32 n, u32 theirs, u32 first)
{
	static u32 nr;
	u64 hidden;
	u32 h;

	note("# %s", what);
	nr++;
	all_anew();
	hidden = want[n];
	check_at("mapped", nr, map(theirs, at(n), &h), GNTST_okay);
	want[n] = THEIRS + theirs;
	check_at("it and its neighbours are what they should be", nr, wrong(first), 0);
	spread(MINE + AGAIN);
	check_at("the mapper writes: its own are as written", nr, wrong(first), 0);
	check_at("the granter has that in the one page alone", nr,
		 ask(0, WRONG, theirs, want[n], 0, 0), 0);
	ask(0, SPREAD, THEIRS + AGAIN, 0, 0, 0);
	want[n] = THEIRS + AGAIN + theirs;
	check_at("the granter writes: in the mapper's that one changes", nr, wrong(first), 0);
	check_at("unmapped", nr, gt_unmap(at(n), 0, h), GNTST_okay);
	want[n] = hidden;
	check_at("all are the mapper's, and the hidden one as it was", nr, wrong(first), 0);
	spread(MINE);
	check_at("written once more", nr, wrong(first), 0);
	check_at("the granter's are his own", nr, wrong_there(), 0);
}

/* --- what makes KVM map large pages again --------------------------------------------------- */

static void remake(u32 who, u8 how)
{
	if (who)
		ask(0, PULL, how, 0, 0, 0);
	else
		vmm(how);
}

static void test_remade(u32 n, u32 theirs)
{
	static const u8 ways[][2] = { { SLOT_LOGGED, SLOT_UNLOGGED }, { SLOT_AGAIN, SLOT_AGAIN } };
	u32 h, i, j, who, nr = 0;

	all_anew();
	check("mapped, for slots that change", map(theirs, at(n), &h), GNTST_okay);
	want[n] = THEIRS + theirs;
	for (who = 0; who < 2; who++) {
		for (i = 0; i < ARRAY_SIZE(ways); i++) {
			for (j = 0; j < 2; j++, nr++) {
				remake(who, ways[i][j]);
				check_at("a slot has changed, all is what it was", nr,
					 wrong(nr % 2 ? n : n + 1), 0);
				check_at("the granter's, too", nr, wrong_there(), 0);
			}
		}
	}
	check("unmapped, in another slot", gt_unmap(at(n), 0, h), GNTST_okay);
	want[n] = MINE + n;
	check("all are the mapper's, in another slot", wrong(n + 1), 0);
}

/* --- every other page ------------------------------------------------------------------------ */

static void test_many(void)
{
	static struct gnttab_map_grant_ref m[NR / 2] page_aligned;
	static struct gnttab_unmap_grant_ref u[NR / 2] page_aligned;
	u32 i, bad = 0;

	all_anew();
	for (i = 0; i < NR / 2; i++)
		m[i] = (struct gnttab_map_grant_ref) { .host_addr = at(2 * i), .dom = peer,
			.flags = GNTMAP_host_map, .ref = REF0 + NR - 1 - i, .status = 77 };
	check("every other page is mapped", gnt_op(GNTTABOP_map_grant_ref, m, NR / 2), 0);
	for (i = 0; i < NR / 2; i++) {
		bad += m[i].status != GNTST_okay;
		want[2 * i] = THEIRS + NR - 1 - i;
	}
	check("each of them", bad, 0);
	check("all are what they should be", wrong(1), 0);
	for (i = 1; i < NR; i += 2)
		fill_with(at(i), want[i] += AGAIN);
	check("those between are written to", wrong(0), 0);
	check("and are not the granter's", wrong_there(), 0);
	for (i = 0; i < NR / 2; i++) {
		u[i] = (struct gnttab_unmap_grant_ref) { .host_addr = at(2 * i),
			.handle = m[i].handle, .status = 77 };
		want[2 * i] = MINE + 2 * i;
	}
	check("all are unmapped", gnt_op(GNTTABOP_unmap_grant_ref, u, NR / 2), 0);
	for (i = bad = 0; i < NR / 2; i++)
		bad += u[i].status != GNTST_okay;
	check("each of those", bad, 0);
	check("all are the mapper's", wrong(1), 0);
}

/* --- where the mapper has no memory ---------------------------------------------------------- */

static bool is_none(u64 addr)
{
	*(volatile u64 *)(unsigned long)addr = MINE;
	return *(volatile u64 *)(unsigned long)addr == ~0ULL;
}

static void test_hole(u32 n, u32 theirs)
{
	static const s32 near[] = { 1, -1, 2, -2, 7, -7, 8, -8, 256, -256 };
	u64 where = HOLE + NR * PAGE_SIZE + n * PAGE_SIZE;
	static u32 nr;
	u32 h, i, bad = 0;

	nr++;
	all_anew();
	check_at("mapped where no memory is", nr, map(theirs, where, &h), GNTST_okay);
	for (i = 0; i < ARRAY_SIZE(near); i++)
		bad += !is_none(where + near[i] * PAGE_SIZE);
	check_at("nothing is near it", nr, bad, 0);
	check_at("it is the granter's", nr, differs(where, THEIRS + theirs), 0);
	fill_with(where, MINE);
	check_at("a write is seen in that page alone", nr, ask(0, WRONG, theirs, MINE, 0, 0), 0);
	check_at("unmapped there", nr, gt_unmap(where, 0, h), GNTST_okay);
	check_at("nothing is there", nr, is_none(where), 1);
	check_at("and the mapper's are its own", nr, wrong(n), 0);
}

void test_main(void)
{
	gt_more = obey_more;
	gt_meet();
	peer = peers[0];
	self = own_domid();
	check("the granter grants all of his area", ask(0, GRANT, self, 0, 0, 0), 0);
	test_one("the mapped page is first", 1, 300, 1);
	test_one("its neighbour is", 50, 511, 51);
	test_one("the large page's first", 0, 99, 8);
	test_one("its last", 511, 2, 504);
	test_many();
	test_remade(33, 77);
	test_hole(5, 260);
	test_hole(504, 7);
	gt_part();
}
