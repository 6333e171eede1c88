// SPDX-License-Identifier: GPL-2.0
/*
 * Pairs of grant operations on three CPUs at once, in a domain that maps its own pages: several
 * unmaps of one handle (XSA-218), a granter who withdraws and grants anew while others begin to
 * use it, one who writes anything into the entry all the time (XSA-295), switches of versions
 * while a kept grant is mapped and copied (XSA-501, XSA-517).
 */
#include "gntab.h"

#define HOLE	0x40000000UL
#define KEPT	2		/* a switch of versions leaves it */
#define REF	16
#define BATCH	8
#define LIVE	0x1111111111111111ULL	/* in pages that are granted */
#define SECRET	0x2222222222222222ULL	/* in others */

struct race {
	const char *name;
	void (*first)(void);
	void (*other)(unsigned int cpu);
};

static grant_entry_v1_t table[512] page_aligned;
static u64 pages[3][PAGE_SIZE / 8] page_aligned;
static u8 status_place[PAGE_SIZE] page_aligned;
static volatile u32 phase, ended[3], go, came[3], wrong, good[3], refused[3], left;
static volatile bool stop;
static u16 self;

static long map(u32 ref, u64 at, u32 flags, u32 *handle)
{
	struct gnttab_map_grant_ref m = { .host_addr = at, .flags = GNTMAP_host_map | flags,
					  .ref = ref, .dom = self, .status = 77 };
	long ret = gnttab_op(GNTTABOP_map_grant_ref, &m, 1);

	*handle = m.handle;
	return ret ?: m.status;
}

static long unmap(u64 at, u32 handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = at, .handle = handle, .status = 77 };
	long ret = gnttab_op(GNTTABOP_unmap_grant_ref, &u, 1);

	return ret ?: u.status;
}

static long copy(u32 ref, volatile u64 *to)
{
	struct gnttab_copy c = {
		.source = { .u.ref = ref, .domid = self },
		.dest = { .u.gmfn = gfn_of((void *)to), .domid = DOMID_SELF },
		.len = 8, .flags = GNTCOPY_source_gref, .status = 77,
	};
	long ret;

	c.dest.offset = (unsigned long)to % PAGE_SIZE;
	ret = gnttab_op(GNTTABOP_copy, &c, 1);
	return ret ?: c.status;
}

static void set_entry(u32 ref, u16 flags, u16 domid, u32 frame)
{
	READ(*(u64 *)&table[ref]) = flags | (u64)domid << 16 | (u64)frame << 32;
}

/* Of what nobody uses two entries can be swapped. */
static bool in_use(u32 ref)
{
	struct gnttab_swap_grant_ref s = { .ref_a = ref, .ref_b = 40, .status = 77 };

	return gnttab_op(GNTTABOP_swap_grant_ref, &s, 1) || s.status ||
	       gnttab_op(GNTTABOP_swap_grant_ref, &s, 1) || s.status;
}

/* A result that this race may have: it is counted. */
static bool fine(unsigned int cpu, long ret)
{
	if (!ret)
		good[cpu]++;
	else if (ret == GNTST_general_error || ret == GNTST_bad_page)
		refused[cpu]++;
	else
		wrong++;
	return !ret;
}

/* --- three unmaps of each handle --------------------------------------------------------- */

static struct gnttab_map_grant_ref m[BATCH];
static struct gnttab_unmap_grant_ref u[3][BATCH] page_aligned;

/* One goes from the first to the last, one back, one does each by itself. */
static void unmap_all(unsigned int cpu)
{
	u32 i, at;

	for (i = 0; i < BATCH; i++) {
		at = cpu == 1 ? BATCH - 1 - i : i;
		u[cpu][at] = (struct gnttab_unmap_grant_ref) { .host_addr = m[i].host_addr,
				.handle = m[i].handle, .status = 77 };
	}
	for (i = 0; cpu == 2 && i < BATCH; i++)
		wrong += gnttab_op(GNTTABOP_unmap_grant_ref, &u[cpu][i], 1) != 0;
	if (cpu < 2)
		wrong += gnttab_op(GNTTABOP_unmap_grant_ref, u[cpu], BATCH) != 0;
}

static void twice_other(unsigned int cpu)
{
	u32 round = 0;

	for (;;) {
		while (go == round && !stop)
			;
		if (stop)
			return;
		round = go;
		unmap_all(cpu);
		came[cpu] = round;
	}
}

/* Each by one of them, and each handle was another. */
static void count_once(void)
{
	u32 cpu, i, j, okay, bad;

	for (i = 0; i < BATCH; i++) {
		for (cpu = okay = bad = 0; cpu < 3; cpu++) {
			j = cpu == 1 ? BATCH - 1 - i : i;
			okay += u[cpu][j].status == GNTST_okay;
			bad += u[cpu][j].status == GNTST_bad_handle;
			good[cpu] += u[cpu][j].status == GNTST_okay;
		}
		wrong += okay != 1 || bad != 2;
		for (j = 0; j < i; j++)
			wrong += m[i].handle == m[j].handle;
	}
}

static void twice_first(void)
{
	u32 i, round;

	set_entry(REF, GTF_permit_access, self, gfn_of(pages[0]));
	for (round = 1; round <= 100 || !good[0] || !good[1] || !good[2]; round++) {
		for (i = 0; i < BATCH; i++)
			m[i] = (struct gnttab_map_grant_ref) { .host_addr = HOLE + i * PAGE_SIZE,
				.flags = GNTMAP_host_map, .ref = REF, .dom = self, .status = 77 };
		wrong += gnttab_op(GNTTABOP_map_grant_ref, m, BATCH) != 0;
		for (i = 0; i < BATCH; i++)
			wrong += m[i].status != GNTST_okay;
		go = round;
		unmap_all(0);
		while (came[1] != round || came[2] != round)
			relax();
		count_once();
	}
	left = READ(table[REF].flags) != GTF_permit_access;
	set_entry(REF, 0, 0, 0);
}

/* --- a granter who withdraws, as he should ------------------------------------------------- */

static void grant_and_withdraw(void)
{
	u64 *page;
	u32 i, n;
	u16 was;

	for (n = 0; !stop; n++) {
		page = pages[n % 2];
		READ(page[0]) = LIVE;
		set_entry(REF, GTF_permit_access, self, gfn_of(page));
		do {
			was = GTF_permit_access;
			for (i = 0; i < 500 && !stop; i++)
				relax();
		} while (!__atomic_compare_exchange_n(&table[REF].flags, &was, 0, false,
						      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) && !stop);
		if (stop)
			break;
		READ(page[0]) = SECRET;
		for (i = 0; i < 1000 && !stop; i++)
			relax();
	}
	set_entry(REF, 0, 0, 0);
	READ(pages[0][0]) = LIVE;
	READ(pages[1][0]) = LIVE;
}

static void copy_until_stopped(unsigned int cpu)
{
	static volatile u64 to[2] page_aligned;

	while (!stop) {
		to[0] = LIVE;
		if (fine(cpu, copy(REF, to)))
			wrong += to[0] != LIVE;
	}
}

static void withdraw_other(unsigned int cpu)
{
	cpu == 1 ? grant_and_withdraw() : copy_until_stopped(cpu);
}

/* Some are refused, and some are not, or there is no race. */
static void map_a_while(void)
{
	u32 handle, n, i;

	for (n = 0; n < 300 || !good[0] || !refused[0] || !good[2]; n++) {
		if (!fine(0, map(REF, HOLE, n % 2 ? GNTMAP_readonly : 0, &handle)))
			continue;
		for (i = 0; i < 20; i++)
			wrong += READ(*(u64 *)HOLE) != LIVE;
		wrong += unmap(HOLE, handle) != GNTST_okay;
	}
}

/* --- one who writes whatever he likes ------------------------------------------------------ */

static void rewrite_other(unsigned int cpu)
{
	u32 n, i;

	if (cpu == 2) {
		copy_until_stopped(cpu);
		return;
	}
	for (n = 0; !stop; n++) {
		switch (n % 6) {
		case 0: set_entry(REF, GTF_permit_access, self, gfn_of(pages[0])); break;
		case 1: set_entry(REF, 0, 0, 0); break;
		case 2: set_entry(REF, GTF_permit_access, self, gfn_of(pages[1])); break;
		case 3: set_entry(REF, GTF_accept_transfer, self, gfn_of(pages[0])); break;
		case 4: set_entry(REF, GTF_permit_access, self, HOLE / PAGE_SIZE + 1000); break;
		case 5: set_entry(REF, GTF_permit_access, 0x7000, gfn_of(pages[0])); break;
		}
		/* Sometimes at once, sometimes so late that somebody has used it. */
		for (i = 0; i < n % 32 * 32 && !stop; i++)
			relax();
	}
	set_entry(REF, 0, 0, 0);
}

/* --- switches of versions ------------------------------------------------------------------- */

/* Every third map fails when the grant is in use already: a frame is placed there. */
static void map_kept(unsigned int cpu)
{
	u32 handle, n;
	long ret;

	for (n = 0; !stop; n++) {
		if (n % 3 == 2) {
			ret = map(KEPT, (unsigned long)table, 0, &handle);
			refused[cpu] += ret == GNTST_general_error;
			wrong += ret != GNTST_general_error;
			continue;
		}
		ret = map(KEPT, HOLE, n % 3 ? GNTMAP_readonly : 0, &handle);
		good[cpu] += !ret;
		wrong += ret || READ(*(u64 *)HOLE) != LIVE || unmap(HOLE, handle);
	}
}

static void copy_kept(unsigned int cpu)
{
	static volatile u64 to[2] page_aligned;
	u32 n;

	for (n = 0; !stop; n++) {
		to[0] = SECRET;
		wrong += copy(KEPT, to) || to[0] != LIVE;
		good[cpu]++;
		if (n % 8 == 0)
			refused[cpu] += gnt_add(STATUS_FRAME, status_place) == 0;
	}
}

static void version_other(unsigned int cpu)
{
	cpu == 1 ? map_kept(cpu) : copy_kept(cpu);
}

static void version_first(void)
{
	u32 i;

	for (i = 0; i < 60 || good[1] < 20 || good[2] < 20 || !refused[1] || !refused[2]; i++)
		wrong += gnt_set_version(i % 2 ? 1 : 2) != 0;
	wrong += gnt_set_version(1) != 0;
}

/* -------------------------------------------------------------------------------------------- */

static const struct race races[] = {
	{ "XSA-218 each handle is unmapped once", twice_first, twice_other },
	{ "XSA-236 what is withdrawn nobody sees", map_a_while, withdraw_other },
	{ "XSA-295 an entry that changes all the time", map_a_while, rewrite_other },
	{ "XSA-501 a kept grant while versions change", version_first, version_other },
};

static void other_cpus(unsigned int cpu)
{
	u32 last;

	for (last = 0;; last++) {
		while (phase == last)
			relax();
		races[last].other(cpu);
		ended[cpu] = last + 1;
	}
}

static void run(u32 i)
{
	u32 cpu;

	wrong = left = 0;
	for (cpu = 0; cpu < 3; cpu++)
		good[cpu] = refused[cpu] = 0;
	stop = false;
	phase = i + 1;
	races[i].first();
	stop = true;
	while (ended[1] != i + 1 || ended[2] != i + 1)
		relax();
	check(races[i].name, wrong, 0);
	note("# good %u, %u, %u; refused %u, %u, %u", good[0], good[1], good[2], refused[0],
	     refused[1], refused[2]);
	check("no flag is left", left, 0);
	check("D46 then nothing is in use", in_use(REF) || in_use(KEPT), 0);
}

void test_main(void)
{
	u32 i;

	check("the table has a place", gnt_add(0, table), 0);
	self = cpuid(xen_base() + 4, 0).c;
	READ(pages[2][0]) = LIVE;
	set_entry(KEPT, GTF_permit_access, self, gfn_of(pages[2]));
	cli();
	check("three CPUs", rt_start_cpus(3, other_cpus), 1);
	for (i = 0; i < ARRAY_SIZE(races); i++)
		run(i);
	check("D46 nor is a flag left", READ(table[KEPT].flags), GTF_permit_access);
}
