// SPDX-License-Identifier: GPL-2.0
/*
 * Three CPUs that change the same few frames at once: their memory is given up and taken again, is
 * moved from one to another, and has a page mapped over it, or is mapped elsewhere, by grants of the
 * domain's own. Whoever comes first, when all stand still the frames without memory are as many as
 * the reservation lacks, and each frame that has some has its own.
 */
#include "gntab.h"

#define FRAMES	4
#define CALLS	60		/* of each CPU, in a round */
#define ROUNDS	10		/* at least, and until each kind of call was good and refused */
#define LENT	16		/* a reference of what is mapped over them */
#define REF(n)	(LENT + 1 + (n))
#define HOLE	0x40000000UL	/* nothing is there */
#define MARK	0x5555555500000000ULL

enum { OUT, IN, MOVE, OVER, GRANTED, KINDS };

static grant_entry_v1_t table[512] page_aligned;
static u64 frames[FRAMES][PAGE_SIZE / 8] page_aligned;
static u64 lent[PAGE_SIZE / 8] page_aligned;
static volatile u32 go, came[3], good[3][KINDS], refused[3][KINDS], wrong;
static u64 state[3] = { 0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL, 0x94d049bb133111ebULL };
static u16 self;

static u32 any(unsigned int cpu, u32 n)
{
	u64 x = state[cpu];

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	state[cpu] = x;
	return (u32)(x >> 33) % n;
}

static long reservation(u32 cmd, u32 n)
{
	xen_pfn_t gfn = gfn_of(frames[n]);
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle_raw(r.extent_start, &gfn);
	return memory_op(cmd, &r);
}

static long current_pages(void)
{
	u16 domid = DOMID_SELF;

	return memory_op(XENMEM_current_reservation, &domid);
}

static void grant(u32 ref, const void *page)
{
	table[ref].domid = self;
	table[ref].frame = gfn_of(page);
	barrier();
	READ(table[ref].flags) = GTF_permit_access;
}

static int map(u32 ref, u64 at, u32 *handle)
{
	struct gnttab_map_grant_ref m = { .host_addr = at, .flags = GNTMAP_host_map, .ref = ref,
					  .dom = self, .status = 77 };

	wrong += gnttab_op(GNTTABOP_map_grant_ref, &m, 1) != 0;
	*handle = m.handle;
	return m.status;
}

static void unmap(u64 at, u32 handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = at, .handle = handle, .status = 77 };

	wrong += gnttab_op(GNTTABOP_unmap_grant_ref, &u, 1) || u.status != GNTST_okay;
}

/* --- calls ---------------------------------------------------------------------------------- */

static bool out_or_in(u32 kind, u32 n)
{
	u32 cmd = kind == OUT ? XENMEM_decrease_reservation : XENMEM_populate_physmap;
	long ret = reservation(cmd, n);

	wrong += ret != 0 && ret != 1;
	return ret == 1;
}

static bool move(u32 from, u32 to)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_gmfn,
		.idx = gfn_of(frames[from]), .gpfn = gfn_of(frames[to]),
	};

	return memory_op(XENMEM_add_to_physmap, &a) == 0;
}

/* While it is mapped over a frame, the page is what is seen there, whatever the others do. */
static bool over(unsigned int cpu, u32 n)
{
	u32 handle, i;

	if (map(LENT, (unsigned long)frames[n], &handle) != GNTST_okay)
		return false;
	for (i = 0; i < 8; i++) {
		READ(frames[n][cpu]) = MARK + i;
		wrong += READ(lent[cpu]) != MARK + i;
	}
	unmap((unsigned long)frames[n], handle);
	return true;
}

/* While a frame's page is mapped elsewhere, it is one page there. */
static bool granted(unsigned int cpu, u32 n)
{
	volatile u64 *at = (void *)(HOLE + cpu * PAGE_SIZE);
	u32 handle, i;

	if (map(REF(n), (unsigned long)at, &handle) != GNTST_okay)
		return false;
	for (i = 0; i < 8; i++) {
		at[cpu] = MARK + i;
		wrong += at[cpu] != MARK + i;
	}
	unmap((unsigned long)at, handle);
	return true;
}

static void one(unsigned int cpu)
{
	u32 kind = any(cpu, KINDS), n = any(cpu, FRAMES);
	bool ok;

	switch (kind) {
	case OUT: case IN: ok = out_or_in(kind, n); break;
	case MOVE: ok = move(n, (n + 1 + any(cpu, FRAMES - 1)) % FRAMES); break;
	case OVER: ok = over(cpu, n); break;
	default: ok = granted(cpu, n); break;
	}
	(ok ? good : refused)[cpu][kind]++;
}

/* --- rounds ----------------------------------------------------------------------------------- */

static void round(unsigned int cpu)
{
	u32 i;

	for (i = 0; i < CALLS; i++)
		one(cpu);
}

static void other_cpus(unsigned int cpu)
{
	u32 last;

	for (last = 0;; last++) {
		while (go == last)
			relax();
		round(cpu);
		came[cpu] = last + 1;
	}
}

/* Nobody else does anything: how many frames had none? All have some then. */
static u32 take_back(void)
{
	u32 n, holes = 0;

	for (n = 0; n < FRAMES; n++)
		holes += out_or_in(IN, n);
	return holes;
}

static u32 not_their_own(void)
{
	u32 n, i, bad = 0;

	for (n = 0; n < FRAMES; n++)
		for (i = 0; i < PAGE_SIZE / 8; i++)
			READ(frames[n][i]) = MARK + n;
	for (n = 0; n < FRAMES; n++)
		for (i = 0; i < PAGE_SIZE / 8; i++)
			bad += READ(frames[n][i]) != MARK + n;
	return bad;
}

/* Of what nobody uses two entries can be swapped. */
static bool in_use(u32 ref)
{
	struct gnttab_swap_grant_ref s = { .ref_a = ref, .ref_b = 40, .status = 77 };

	return gnttab_op(GNTTABOP_swap_grant_ref, &s, 1) || s.status ||
	       gnttab_op(GNTTABOP_swap_grant_ref, &s, 1) || s.status;
}

static bool met_all(void)
{
	u32 cpu, kind;

	for (cpu = 0; cpu < 3; cpu++)
		for (kind = 0; kind < KINDS; kind++)
			if (!good[cpu][kind] || !refused[cpu][kind])
				return false;
	return true;
}

void test_main(void)
{
	u32 n, i, lost = 0, aliased = 0, used = 0;
	long had;

	check("the table has a place", gnt_add(0, table), 0);
	self = cpuid(xen_base() + 4, 0).c;
	grant(LENT, lent);
	for (n = 0; n < FRAMES; n++)
		grant(REF(n), frames[n]);
	cli();
	check("three CPUs", rt_start_cpus(3, other_cpus), 1);
	had = current_pages();
	for (i = 1; i <= ROUNDS || !met_all(); i++) {
		go = i;
		round(0);
		while (came[1] != i || came[2] != i)
			relax();
		n = had - current_pages();
		lost += take_back() != n || current_pages() != had;
		aliased += not_their_own();
	}
	note("# %u rounds", i - 1);
	for (n = 0; n <= FRAMES; n++)
		used += in_use(LENT + n);
	check("G20 every call is answered as it may be", wrong, 0);
	check("G25 the reservation is what frames have", lost, 0);
	check("G22 each frame has its own memory", aliased, 0);
	check("D46 no grant is in use", used, 0);
}
