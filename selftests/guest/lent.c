// SPDX-License-Identifier: GPL-2.0
/*
 * A page that two guests have, by selftests/probe: one lends it (its command line is "lend"), and
 * is killed; the other one ("borrow") reads and writes it before and after that. The probe does,
 * as the guest would; the guest passes no argument there. hprobe.c says when, and looks at both
 * domains.
 */
#include "../probe/abi.h"
#include "rt.h"

#define LENDER	711
#define NOBODY	719
#define KEPT	0x1122334455667788ULL
#define NO_GFN	0xfff0UL	/* beyond the lender's memory */

extern u64 start_info_addr;

static u64 lent[PAGE_SIZE / 8] page_aligned;
static u64 frame[2][PAGE_SIZE / 8] page_aligned;	/* the borrower's */

static unsigned long gfn_of(const void *p)
{
	return (unsigned long)p / PAGE_SIZE;
}

static void __attribute__((noreturn)) lend(void)
{
	rt_map_shinfo();
	lent[0] = KEPT;
	note("lending");
	while (READ(lent[1]) != KEPT + 1)
		relax();
	lent[2] = KEPT + 2;
	cli();
	for (;;)
		__asm__ volatile("hlt");
}

/* A frame of that domain's; in both images the page is at the same one. */
static long borrow(u32 domid, unsigned long gfn, void *at)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_probe_foreign,
		.idx = domid << PROBE_LENDER_SHIFT | gfn, .gpfn = gfn_of(at),
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static u64 kept(void)
{
	u64 value = 0;

	hc2(NR_probe, PROBEOP_get, &value);
	return value;
}

static void keep(u64 value)
{
	hc2(NR_probe, PROBEOP_set, &value);
}

/* What is there. */
static u64 read_lent(u32 i)
{
	struct probe_look l = { .idx = PROBE_PLACED | gfn_of(frame[0]), .at = 8 * i };

	return hc2(NR_probe, PROBEOP_look, &l) ? 0 : l.value;
}

static long write_lent(u32 i, u64 value)
{
	struct probe_look l = { .idx = PROBE_PLACED | gfn_of(frame[0]), .at = 8 * i, .value = value };

	return hc2(NR_probe, PROBEOP_poke, &l);
}

/* Say how far this is, and wait until the host is as far. */
static void step(u64 here, u64 until)
{
	keep(here);
	while (kept() != until)
		relax();
}

static void while_it_lives(void)
{
	check("nobody's page", borrow(NOBODY, gfn_of(lent), frame[0]), XEN_ESRCH);
	check("no memory of the other one's", borrow(LENDER, NO_GFN, frame[0]), XEN_EINVAL);
	check("a page of the other one's", borrow(LENDER, gfn_of(lent), frame[0]), 0);
	check("it is what he has there", read_lent(0) == KEPT, 1);
	check("it can be written to", write_lent(1, KEPT + 1), 0);
	check("no argument is read there", hc2(NR_probe, PROBEOP_set, &frame[0][1]), XEN_EFAULT);
	while (read_lent(2) != KEPT + 2)
		relax();
	check("he has seen it, and his answer is there", read_lent(2) == KEPT + 2, 1);
}

static void when_it_is_dying(void)
{
	check("he is dying, and what he had written is there",
	      read_lent(0) == KEPT && read_lent(2) == KEPT + 2, 1);
	check("so is what was written for him", read_lent(1) == KEPT + 1, 1);
	check("it can be written to still", write_lent(3, KEPT + 3), 0);
	check("and is read", read_lent(3) == KEPT + 3, 1);
	check("no other page of the dying one's", borrow(LENDER, gfn_of(frame[1]), frame[1]), XEN_ESRCH);
	check("the guest itself sees all of that there",
	      READ(frame[0][0]) == KEPT && READ(frame[0][1]) == KEPT + 1 &&
	      READ(frame[0][2]) == KEPT + 2 && READ(frame[0][3]) == KEPT + 3, 1);
}

void test_main(void)
{
	struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *words = (void *)(unsigned long)si->cmdline_paddr;

	cli();
	if (words && words[0] == 'l')
		lend();
	rt_map_shinfo();
	while_it_lives();
	step(PROBE_STEP_BORROWED, PROBE_STEP_DIED);
	when_it_is_dying();
	step(PROBE_STEP_USED, PROBE_STEP_GIVE_BACK);
	/* One gives it back, the other ends with it. */
	if (sizeof(long) == 8)
		check("it is given back", hc2(NR_probe, PROBEOP_unplace, gfn_of(frame[0])), 0);
}
