// SPDX-License-Identifier: GPL-2.0
/*
 * A granter's memory that its VMM takes away, or that goes with it, while another domain has it
 * mapped: that one has the page as it was, and never another one's. And the end of either in the
 * middle of a batch. The last word of the command line says which; the job kills.
 */
#include "gnttab.h"

#define PULLED		0x2000000UL	/* the VMM knows it, too (vmm --pull) */
#define REF_OF(page)	(8 + (page))
#define MANY		100		/* of a batch, which is worked off in several pieces */
#define MANY_REF	32
#define AT(n)		(HOLE + (n) * PAGE_SIZE)
#define LIVE		0x11111111U
#define MINE		0x22222222U

enum { DISCARD = 10, MAP_OVER = 12, MOVE_AWAY, UNMAP_PAGE = 24, RUN_ANOTHER };
enum { POKE = MORE, LOOK, PULL };
/* Pages of PULLED, but for the first, which is there anew each time. */
enum { CHANGED, UNMAPPED = 2, KEPT };

static u32 peer, self;

static void vmm(u8 what)
{
	__asm__ volatile("outb %0, $0xf5" : : "a"(what) : "memory");
}

static u32 look(u64 at)
{
	return READ(*(u32 *)(unsigned long)at);
}

static void poke(u64 at, u32 v)
{
	READ(*(u32 *)(unsigned long)at) = v;
}

static s64 obey_more(u32 op, const u64 *a)
{
	switch (op) {
	case POKE: poke(a[0], a[1]); break;
	case LOOK: return look(a[0]);
	case PULL: vmm(a[0]); break;
	}
	return 0;
}

static u64 page(u32 n)
{
	return PULLED + n * PAGE_SIZE;
}

static void lend(u32 n)
{
	ask(0, POKE, page(n), LIVE, 0, 0);
	ask(0, SET, REF_OF(n), GTF_permit_access, self, page(n) / PAGE_SIZE);
}

static int map(u32 n, u64 at, u32 *handle)
{
	return gt_map(at, GNTMAP_host_map, REF_OF(n), peer, handle);
}

/* What a copy finds there; or why it does not. */
static s64 copied(u32 n)
{
	int st = gt_copy1((struct gnttab_copy) { .source = REF(peer, REF_OF(n), 0),
			.dest = FRAME(pages[0], 0), .len = 4, .flags = GNTCOPY_source_gref });

	return st ?: (s64)look((unsigned long)pages[0]);
}

static void test_changed(u8 how)
{
	u32 h, two;

	lend(CHANGED);
	check("mapped", map(CHANGED, AT(0), &h), GNTST_okay);
	check_at("it is the granter's", how, look(AT(0)), LIVE);
	ask(0, PULL, how, 0, 0, 0);
	check_at("its VMM changes it: the mapper has what was there", how, look(AT(0)), LIVE);
	poke(AT(0), MINE);
	check_at("the granter has another one", how, ask(0, LOOK, page(CHANGED), 0, 0, 0), 0);
	check_at("mapped once more", how, map(CHANGED, AT(1), &two), GNTST_okay);
	check_at("it is the one that is in use", how, look(AT(1)), MINE);
	check_at("so is a copy's", how, copied(CHANGED), MINE);
	check_at("unmapped", how, gt_unmap(AT(1), 0, two) ?: gt_unmap(AT(0), 0, h), GNTST_okay);
	check_at("then it is the granter's own, copied", how, copied(CHANGED), 0);
	check_at("and mapped", how, map(CHANGED, AT(0), &h), GNTST_okay);
	check_at("as he has it", how, look(AT(0)), 0);
	check_at("and unmapped", how, gt_unmap(AT(0), 0, h), GNTST_okay);
}

static void test_unmapped(void)
{
	u32 h, two;

	lend(UNMAPPED);
	check("a copy of what is there", copied(UNMAPPED), LIVE);
	check("mapped", map(UNMAPPED, AT(0), &h), GNTST_okay);
	ask(0, PULL, UNMAP_PAGE, 0, 0, 0);
	check("its VMM has unmapped it: it stays", look(AT(0)), LIVE);
	check("mapped once more", map(UNMAPPED, AT(1), &two), GNTST_okay);
	check("and copied", copied(UNMAPPED), LIVE);
	check("unmapped", gt_unmap(AT(1), 0, two) ?: gt_unmap(AT(0), 0, h), GNTST_okay);
	check("D27 then there is none", map(UNMAPPED, AT(0), &h), GNTST_bad_page);
	check("D27 nor for a copy", copied(UNMAPPED), GNTST_bad_page);
	check("D29 no flag is left", ask(0, FLAGS, REF_OF(UNMAPPED), 0, 0, 0), GTF_permit_access);
}

/* Until the granter is not there any more; what is mapped by then goes at once. */
static void wait_gone(void)
{
	u32 h;

	for (;;) {
		int st = map(CHANGED, AT(4), &h);

		if (st == GNTST_bad_domain)
			return;
		if (st == GNTST_okay)
			gt_unmap(AT(4), 0, h);
		sched_op(SCHEDOP_yield, 0);
	}
}

/* The granter's VMM runs another program, or is killed. */
static void test_gone(bool killed)
{
	u32 h, two;

	lend(CHANGED);
	lend(KEPT);
	check("mapped", map(KEPT, AT(0), &h), GNTST_okay);
	if (killed)
		note("KILL");
	else
		post(0, PULL, RUN_ANOTHER, 0, 0, 0);	/* nobody will answer */
	wait_gone();
	check("D101 what is mapped stays", look(AT(0)), LIVE);
	poke(AT(0), MINE);
	check("and can be written to", look(AT(0)), MINE);
	check("no more of it", map(KEPT, AT(1), &two), GNTST_bad_domain);
	check("nor copied", copied(KEPT), GNTST_bad_domain);
	check("unmapped", gt_unmap(AT(0), 0, h), GNTST_okay);
	check("nothing is there", look(AT(0)), ~0U);
}

/* --- in the middle of a batch -------------------------------------------------------------- */

static struct gnttab_map_grant_ref m[MANY] page_aligned;
static struct gnttab_unmap_grant_ref u[MANY] page_aligned;

/*
 * How many of them were mapped; *bad: how many have an answer that they cannot have. A VMM's
 * memory goes a moment before its machine: then there is no page.
 */
static u32 map_many(u32 *bad)
{
	u32 i, n = 0;
	long odd = 0;

	for (i = 0; i < MANY; i++)
		m[i] = (struct gnttab_map_grant_ref) { .host_addr = AT(i), .dom = peer,
			.flags = GNTMAP_host_map, .ref = MANY_REF + i % 16, .status = 77 };
	*bad += gnt_op(GNTTABOP_map_grant_ref, m, MANY) != 0;
	for (i = 0; i < MANY; i++) {
		odd = m[i].status == GNTST_okay || m[i].status == GNTST_bad_domain ||
		      m[i].status == GNTST_bad_page ? odd : m[i].status;
		n += m[i].status == GNTST_okay;
		*bad += !!odd;
	}
	if (odd)
		note("# status %ld", odd);
	return n;
}

static void unmap_many(u32 *bad)
{
	u32 i, n = 0;

	for (i = 0; i < MANY; i++) {
		if (m[i].status != GNTST_okay)
			continue;
		*bad += look(m[i].host_addr) != LIVE;
		u[n++] = (struct gnttab_unmap_grant_ref) { .host_addr = m[i].host_addr,
				.handle = m[i].handle, .status = 77 };
	}
	*bad += gnt_op(GNTTABOP_unmap_grant_ref, u, n) != 0;
	for (i = 0; i < n; i++)
		*bad += u[i].status != GNTST_okay;
}

static void lend_many(void)
{
	u32 i;

	for (i = 0; i < PAGES; i++)
		ask(0, FILL, i, LIVE & 0xff, 0, 0);
	ask(0, SET_MANY, MANY_REF, 16, self, 0);
}

/* Until one of the two is killed: this one, or the granter. */
static void test_batches(void)
{
	u32 n, bad = 0, rounds = 0;

	lend_many();
	note("BATCHES");
	do {
		n = map_many(&bad);
		unmap_many(&bad);
		rounds++;
	} while (n == MANY);
	check("D101 the granter is gone, and each of a batch is good or has none", bad, 0);
	note("# %u batches; of the last one %u were mapped", rounds, n);
	wait_gone();
	check("nothing can be mapped any more", map_many(&bad), 0);
}

/* Others have been killed before. */
static void test_nothing_left(void)
{
	u32 i, bad = 0;

	for (i = 0; i < 16; i++)
		check_at("D100 no flag is left", i, ask(0, FLAGS, MANY_REF + i, 0, 0, 0),
			 GTF_permit_access);
	check("all can be mapped", map_many(&bad), MANY);
	unmap_many(&bad);
	check("and unmapped", bad, 0);
	check("D46 there is no use of any: its version can be another",
	      ask(0, VERSION, 2, 0, 0, 0), 0);
}

static char mode(void)
{
	extern u64 start_info_addr;
	const struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *s = (void *)(unsigned long)si->cmdline_paddr, *word = s;

	for (; *s; s++)
		if (*s == ',')
			word = s + 1;
	return *word;
}

void test_main(void)
{
	cli();
	gt_more = obey_more;
	gt_meet();
	peer = peers[0];
	self = own_domid();
	switch (mode()) {
	case 'c':	/* changed */
		test_changed(DISCARD);
		test_changed(MAP_OVER);
		test_changed(MOVE_AWAY);
		test_unmapped();
		gt_part();
		break;
	case 'e':	/* exec */
	case 'k':	/* killed */
		test_gone(mode() == 'k');
		break;
	case 'b':	/* batches */
		test_batches();
		break;
	default:
		test_nothing_left();
		gt_part();
	}
}
