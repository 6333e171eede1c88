// SPDX-License-Identifier: GPL-2.0
/*
 * A grant that is used again, after the VMM has changed the memory under it (vmm --pull): the page
 * that is mapped, or copied from, is the one that is there by then. Another grant of the same
 * frame stays mapped, so the page that it was is nobody else's, and a use of that would be seen.
 * Nor need the other end of a copy be there, a frame of the caller's own.
 */
#include "gntab.h"

#define PULLED		0x2000000UL	/* the VMM knows it too */
#define HOLE		0x40000000ULL
#define OTHER_PLACE	(HOLE + PAGE_SIZE)
#define REF		16
#define KEPT		17		/* the grant that stays mapped */
#define MOVED		18		/* a frame that the entry names instead */
#define AWAY		19		/* the page elsewhere */

/* What the VMM is asked for. */
enum { NOTHING, DISCARD = 10, MAP_OVER = 12, READ_ONLY = 14, WRITABLE, SLOT_AGAIN, SHARE, PUNCH };

static grant_entry_v1_t table[512] page_aligned;
static u64 elsewhere[PAGE_SIZE / 8] page_aligned;
static u64 buffer[PAGE_SIZE / 8] page_aligned;
static volatile u64 *const there = (void *)PULLED;
static volatile u64 *const seen = (void *)HOLE;
static u32 self;

static void vmm(u8 what)
{
	if (what)
		__asm__ volatile("outb %0, $0xf5" : : "a"(what) : "memory");
}

static void grant(u32 ref, unsigned long at)
{
	READ(table[ref].frame) = at / PAGE_SIZE;
	READ(table[ref].domid) = self;
	barrier();
	READ(table[ref].flags) = GTF_permit_access;
}

static int map(u32 ref, u64 at, u32 *handle)
{
	struct gnttab_map_grant_ref m = { .host_addr = at, .flags = GNTMAP_host_map, .ref = ref,
					  .dom = self, .status = 77 };

	gnttab_op(GNTTABOP_map_grant_ref, &m, 1);
	*handle = m.handle;
	return m.status;
}

static int unmap(u64 at, u32 handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = at, .handle = handle, .status = 77 };

	gnttab_op(GNTTABOP_unmap_grant_ref, &u, 1);
	return u.status;
}

/* The first word by a copy, and by a map. */
static void look(const char *mapped, const char *copied, u64 want)
{
	struct gnttab_copy c = {
		.source = { .u.ref = REF, .domid = self },
		.dest = { .u.gmfn = gfn_of(buffer), .domid = DOMID_SELF },
		.len = 8, .flags = GNTCOPY_source_gref, .status = 77,
	};
	u32 handle;

	gnttab_op(GNTTABOP_copy, &c, 1);
	check(copied, c.status ?: (long)READ(buffer[0]), want);
	if (map(REF, HOLE, &handle) != GNTST_okay) {
		check(mapped, -1, want);
		return;
	}
	check(mapped, *seen, want);
	unmap(HOLE, handle);
}

static void test(const char *mapped, const char *copied, u8 what, u64 old)
{
	u32 kept, handle;

	*there = old;
	check("D30 the other grant stays mapped", map(KEPT, OTHER_PLACE, &kept), GNTST_okay);
	check("D30 the grant is used", map(REF, HOLE, &handle), GNTST_okay);
	check("D30 its page", *seen, old);
	check("D44 and no more", unmap(HOLE, handle), GNTST_okay);
	vmm(what);
	*there = old + 1;
	look(mapped, copied, old + 1);
	/* And once more, as nothing has changed since. */
	*there = old + 2;
	look("D27 again", "D73 again, by a copy", old + 2);
	check("D44 the other one", unmap(OTHER_PLACE, kept), GNTST_okay);
}

/* Nor is it the same page if the entry names another one. */
static void test_other_frame(void)
{
	grant(REF, (unsigned long)elsewhere);
	elsewhere[0] = MOVED;
	look("D27 another frame", "D73 another frame, by a copy", MOVED);
	grant(REF, PULLED);
	*there = KEPT;
	look("D27 and back", "D73 and back, by a copy", KEPT);
}

/* Between the page elsewhere, by its grant, and the frame whose memory changes: its first word. */
static int copy(bool to)
{
	struct gnttab_copy_ptr granted = { .u.ref = AWAY, .domid = self };
	struct gnttab_copy_ptr own = { .u.gmfn = PULLED / PAGE_SIZE, .domid = DOMID_SELF };
	struct gnttab_copy c = {
		.source = to ? granted : own, .dest = to ? own : granted, .len = 8,
		.flags = to ? GNTCOPY_source_gref : GNTCOPY_dest_gref, .status = 77,
	};

	gnttab_op(GNTTABOP_copy, &c, 1);
	return c.status;
}

static void test_own_frame(void)
{
	grant(AWAY, (unsigned long)elsewhere);
	elsewhere[0] = AWAY;
	there[0] = KEPT;
	there[1] = KEPT;
	vmm(DISCARD);
	check("D71 to a frame that is not there", copy(true), GNTST_okay);
	check("D71 it is then", there[0], AWAY);
	check("D71 with nothing else in it", there[1], 0);
	vmm(DISCARD);
	check("D71 from one that is not there", copy(false), GNTST_okay);
	check("D71 which is empty", READ(elsewhere[0]), 0);
	there[0] = KEPT;
	vmm(READ_ONLY);
	check("D71 to what the VMM cannot write to", copy(true), GNTST_bad_page);
	check("D71 from there", copy(false), GNTST_okay);
	check("D71 what is there", READ(elsewhere[0]), KEPT);
	vmm(WRITABLE);
}

void test_main(void)
{
	self = cpuid(xen_base() + 4, 0).c;
	check("the grant table is placed", gnt_add(0, (u8 *)table), 0);
	grant(REF, PULLED);
	grant(KEPT, PULLED);
	test("D27 nothing has changed", "D73 nothing has changed, by a copy", NOTHING, 100);
	test("D27 discarded", "D73 discarded, by a copy", DISCARD, 200);
	test("D27 something else there", "D73 something else there, by a copy", MAP_OVER, 300);
	test("D27 the slot is a new one", "D73 the slot is a new one, by a copy", SLOT_AGAIN, 400);
	test_own_frame();
	vmm(SHARE);
	test("D27 a file's page", "D73 a file's page, by a copy", NOTHING, 500);
	test("D27 a hole in the file", "D73 a hole in the file, by a copy", PUNCH, 600);
	test_other_frame();
}
