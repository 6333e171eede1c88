// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions per map, unmap and copy of another domain's pages. The granter grants them once, and
 * sleeps while this is measured.
 */
#define GT_IDLE()	doze()
#define GT_AT		0x60000000UL	/* where no memory is, as a Linux guest has it */
static void doze(void);
#include "gnttab.h"
#include "bench.h"

#define HOST	GNTMAP_host_map
#define AT(n)	(HOLE + (n) * PAGE_SIZE)
#define FAR(n)	(HOLE + ((n) + 1) * (2ULL << 20) + (n) * 3 * PAGE_SIZE)
#define ABOVE	(1ULL << 32)
#define RAM	(40ULL << 20)	/* memory, far from page tables and arguments */
#define SOME	16		/* at once */
#define FIRST	512		/* of the references that are granted */
#define GRANTED	1024
#define NONE	40		/* one that is not */

/* Behind those of bench.c, whose image is measured in the same boot. */
enum { MAP1 = 32, TOUCH1, UNMAP1, UNMAP1_UNUSED, MAP1_RAM, TOUCH1_RAM, UNMAP1_RAM, MAP16, UNMAP16,
       UNMAP16_SCATTERED, MAP_BAD, COPY64, COPY4096, COPY64X16, MAP1_10, UNMAP1_10, MAP1_1000,
       UNMAP1_1000, MAP1_100000, UNMAP1_100000 };

static struct gnttab_map_grant_ref map[SOME];
static struct gnttab_unmap_grant_ref unmap[SOME];
static struct gnttab_copy copies[SOME];
static u8 buffer[PAGE_SIZE] page_aligned;
static u32 peer, bad;

/* A granter has nothing to do but to look for an order from time to time. */
static void doze(void)
{
	struct sched_poll p = { .timeout = rt_now(rt_vi(0)) + 1000000 };

	sched_op(SCHEDOP_poll, &p);
}

static void touch(u64 at)
{
	*(volatile u8 *)(unsigned long)at = 1;
}

static void prepare(u32 i, u64 at, u32 ref)
{
	map[i] = (struct gnttab_map_grant_ref) { .host_addr = at, .flags = HOST, .ref = ref,
						 .dom = peer };
	unmap[i].host_addr = at;
}

static void do_map(u32 nr)
{
	gnt_op(GNTTABOP_map_grant_ref, map, nr);
}

static void do_unmap(u32 nr)
{
	gnt_op(GNTTABOP_unmap_grant_ref, unmap, nr);
}

static void mapped(u32 nr, bool used)
{
	u32 i;

	do_map(nr);
	for (i = 0; i < nr; i++) {
		bad += map[i].status != GNTST_okay;
		unmap[i].handle = map[i].handle;
		if (used)
			touch(map[i].host_addr);
	}
}

static void unmapped(u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		unmap[i].handle = map[i].handle;
	do_unmap(nr);
	for (i = 0; i < nr; i++)
		bad += unmap[i].status != GNTST_okay;
}

/* One page after the other, at one address. */
#define ONE(m, t, u, suffix, at) do {						\
	prepare(0, at, FIRST);							\
	mapped(1, true);							\
	BENCH(m, "map1" suffix, unmapped(1), do_map(1));			\
	BENCH(t, "touch1" suffix, (unmapped(1), mapped(1, false)), touch(at));	\
	unmapped(1);								\
	BENCH(u, "unmap1" suffix, mapped(1, true), do_unmap(1));		\
} while (0)

static void measure_some(void)
{
	u32 i;

	for (i = 0; i < SOME; i++)
		prepare(i, AT(i), FIRST + i);
	mapped(SOME, true);
	BENCH_PER(MAP16, "map16", SOME, unmapped(SOME), do_map(SOME));
	unmapped(SOME);
	BENCH_PER(UNMAP16, "unmap16", SOME, mapped(SOME, true), do_unmap(SOME));
	for (i = 0; i < SOME; i++)
		prepare(i, FAR(i), FIRST + i);
	BENCH_PER(UNMAP16_SCATTERED, "unmap16_scattered", SOME, mapped(SOME, true),
		  do_unmap(SOME));
	prepare(0, AT(0), NONE);
	BENCH(MAP_BAD, "map_bad", , do_map(1));
}

static void copy(u32 nr)
{
	gnt_op(GNTTABOP_copy, copies, nr);
}

static void measure_copies(void)
{
	u32 i;

	for (i = 0; i < SOME; i++)
		copies[i] = (struct gnttab_copy) {
			.source = REF(peer, FIRST + i, 0), .dest = FRAME(buffer, 64 * i),
			.len = 64, .flags = GNTCOPY_source_gref,
		};
	BENCH(COPY64, "copy64", , copy(1));
	bad += copies[0].status != GNTST_okay;
	copies[0].len = PAGE_SIZE;
	BENCH(COPY4096, "copy4096", , copy(1));
	bad += copies[0].status != GNTST_okay;
	copies[0].len = 64;
	BENCH_PER(COPY64X16, "copy64x16", SOME, , copy(SOME));
	for (i = 0; i < SOME; i++)
		bad += copies[i].status != GNTST_okay;
}

/* With so many other maps that stay. */
static bool live(u32 *have, u32 want)
{
	struct gnttab_map_grant_ref m[SOME];
	u32 i;

	for (; *have < want; *have += SOME) {
		for (i = 0; i < SOME; i++)
			m[i] = (struct gnttab_map_grant_ref) {
				.host_addr = ABOVE + (u64)(*have + i) * PAGE_SIZE, .flags = HOST,
				.ref = FIRST + (*have + i) % GRANTED, .dom = peer,
			};
		if (gnt_op(GNTTABOP_map_grant_ref, m, SOME))
			return false;
		for (i = 0; i < SOME; i++)
			if (m[i].status != GNTST_okay)
				return false;
	}
	return true;
}

#define LIVE(m, u, n) do {							\
	if (!live(&have, n))							\
		return;								\
	prepare(0, AT(0), FIRST);						\
	mapped(1, true);							\
	BENCH(m, "map1_" #n, unmapped(1), do_map(1));				\
	unmapped(1);								\
	BENCH(u, "unmap1_" #n, mapped(1, true), do_unmap(1));			\
} while (0)

static void measure_many(void)
{
	u32 have = 0;

	LIVE(MAP1_10, UNMAP1_10, 10);
	LIVE(MAP1_1000, UNMAP1_1000, 1000);
	LIVE(MAP1_100000, UNMAP1_100000, 100000);
}

void test_main(void)
{
	rt_map_shinfo();
	gt_meet();
	peer = peers[0];
	if (ask(0, SET_MANY, FIRST, GRANTED, own_domid(), 0))
		rt_exit(1);
	bench_overhead();
	ONE(MAP1, TOUCH1, UNMAP1, "", AT(0));
	BENCH(UNMAP1_UNUSED, "unmap1_unused", mapped(1, false), do_unmap(1));
	ONE(MAP1_RAM, TOUCH1_RAM, UNMAP1_RAM, "_ram", RAM);
	measure_some();
	measure_copies();
	measure_many();
	check("each one was done", bad, 0);
	gt_part();
}
