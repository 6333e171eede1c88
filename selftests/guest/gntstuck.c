// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that their owner's VMM keeps away (--stuck): who maps one, or copies from it, waits. The
 * other CPU has the memory of the machine that waits changed meanwhile (--pull), its dirty log
 * taken (--save), the owner grant another page by that reference, or its own domain reset. The job
 * says when there is somebody who waits, and lets the page come when the other CPU is done.
 */
#include "gnttab.h"

#define STUCK	0x2000		/* frames of the peer's; its VMM knows them too */
#define SLOT	0x10000000UL	/* and this one that: memory that comes, and moves */
#define FIRST	9		/* references of the peer: its stuck pages */
#define THERE	16		/* and page 0 */

/* For the VMM: --save, and --pull. */
enum { LOG = 1, LOOK = 5, TAKE = 8, SLOT_ADD = 19, SLOT_MOVE = 22, A_LINE };
enum { MOVED = 1, AWAY, LOGGED, CHANGED, RESET };

static volatile u32 step, done;

static void vmm(u8 what)
{
	__asm__ volatile("outb %0, $0xf5" : : "a"(what) : "memory");
}

static void meanwhile(unsigned int cpu)
{
	struct sched_shutdown reset = { .reason = SHUTDOWN_soft_reset };
	u32 n;

	for (n = MOVED; n <= RESET; n++) {
		while (step != n)
			relax();
		vmm(A_LINE);
		if (n == MOVED)
			vmm(SLOT_MOVE);
		else if (n == AWAY)
			vmm(SLOT_ADD);
		else if (n == LOGGED)
			vmm(TAKE);
		else if (n == CHANGED)	/* the CPU that waits asks nobody */
			ask(0, SET, FIRST + 3, GTF_permit_access, peers[1], 0);
		else
			sched_op(SCHEDOP_shutdown, &reset);
		done = n;
		note("STEP %u", n);
	}
	for (;;)
		__asm__ volatile("cli; hlt");
}

static struct gnttab_map_grant_ref map_of(u32 n)
{
	return (struct gnttab_map_grant_ref) {
		.host_addr = HOLE + n * PAGE_SIZE, .flags = GNTMAP_host_map, .ref = FIRST + n,
		.dom = peers[0], .status = 77,
	};
}

/* The argument is in memory that is elsewhere when the page has come. */
static void test_moved(void)
{
	struct gnttab_map_grant_ref *m = (void *)SLOT, *moved = (void *)(2 * SLOT);
	long ret;

	vmm(SLOT_ADD);
	*m = map_of(0);
	step = MOVED;
	ret = gnt_op(GNTTABOP_map_grant_ref, m, 1);
	check("D30 memory was moved while a map waited", done, MOVED);
	check("D10 the answer has no place any more", ret, XEN_EFAULT);
	check("D10 nor is it where that memory is now", moved->status, 77);
	check("D30 the page is mapped", *(volatile u64 *)HOLE, 0);
}

/* So is the frame that is copied from, which was looked at before: it is no frame any more. */
static void test_away(void)
{
	struct gnttab_copy c = { .source = FRAME((void *)(2 * SLOT), 0),
				 .dest = REF(peers[0], FIRST + 1, 0), .len = 8,
				 .flags = GNTCOPY_dest_gref, .status = 77 };

	step = AWAY;
	check("D71 a copy", gnt_op(GNTTABOP_copy, &c, 1), 0);
	check("D71 memory was moved while it waited", done, AWAY);
	check("D71 nothing is there to copy from", c.status, GNTST_bad_page);
}

/* What the first part of a batch has written to is written to again, when the log was taken. */
static void test_logged(void)
{
	struct gnttab_copy c[2];
	u32 i;

	for (i = 0; i < 2; i++)
		c[i] = (struct gnttab_copy) { .source = REF(peers[0], i ? FIRST + 2 : THERE, 0),
				.dest = FRAME(pages[1], i * 8), .len = 8,
				.flags = GNTCOPY_source_gref, .status = 77 };
	fill(pages[1], 0x11);
	vmm(LOG);
	step = LOGGED;
	check("D77 a batch", gnt_op(GNTTABOP_copy, c, 2), 0);
	check("D77 the log was taken while it waited", done, LOGGED);
	check("D77 copied before", READ(pages[1][7]), 0xa0);
	check("D77 and after that", READ(pages[1][8]), 0);
	vmm(LOOK);
}

/* The owner's entry names a page that is there, when the one comes that it did name. */
static void test_changed(void)
{
	struct gnttab_map_grant_ref m = map_of(3);

	step = CHANGED;
	check("D27 a map", gnt_op(GNTTABOP_map_grant_ref, &m, 1), 0);
	check("D27 the entry was changed while it waited", done, CHANGED);
	check("D27 it is good", m.status, GNTST_okay);
	check("D27 what is mapped is what the entry names by then",
	      *(volatile u8 *)m.host_addr, 0xa0);
	check("D44 it is unmapped", gt_unmap(m.host_addr, 0, m.handle), GNTST_okay);
}

static void test_reset(void)
{
	struct gnttab_map_grant_ref m = map_of(4);
	long ret;

	step = RESET;
	ret = gnt_op(GNTTABOP_map_grant_ref, &m, 1);
	check("D100 a reset while a map waited", done, RESET);
	check("D100 the call", ret, 0);
	check("D100 maps nothing for the next life", m.status, GNTST_general_error);
	check("D100 nothing is there", *(volatile u64 *)m.host_addr, -1);
	check("D100 nor what was mapped before", *(volatile u64 *)HOLE, -1);
}

void test_main(void)
{
	u32 i;

	gt_meet();
	check("two CPUs", rt_start_cpus(2, meanwhile), 1);
	for (i = 0; i < 5; i++)
		ask(0, SET, FIRST + i, GTF_permit_access, peers[1], STUCK + i);
	ask(0, SET, THERE, GTF_permit_access, peers[1], 0);
	ask(0, FILL, 0, 0xa0, 0, 0);
	test_moved();
	test_away();
	test_logged();
	test_changed();
	test_reset();
	check("D46 no flag stays", ask(0, FLAGS, FIRST + 4, 0, 0, 0), GTF_permit_access);
	gt_part();
}
