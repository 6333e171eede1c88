// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that knows what is in its memory, while a pager has all of it out and in, at random: words
 * in each page by both CPUs, counters that both add to, arguments of hypercalls in any page, and the
 * program itself.
 */
#include "rt.h"

#define PAGES	512	/* of each CPU */
#define ROUNDS	5

struct page {
	u64 words[512];
};

static struct page memory[2][PAGES] page_aligned;
static u32 seen[2][PAGES] page_aligned;	/* how often each was written */
static u64 counters[PAGES] page_aligned;
static volatile u32 wrong[2];
static volatile u32 lost_calls[2];
static volatile u32 rounds[2];
static volatile bool over;

static u32 next(u32 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static u64 word_of(u32 cpu, u32 page, u32 count, u32 at)
{
	return ((u64)(page * 2654435761u) << 32 | count) ^ ((u64)cpu << 60) ^ at;
}

/* What was written there last is there; then something else. */
static void look_at(u32 cpu, u32 i, u32 at)
{
	struct page *p = &memory[cpu][i];
	u32 n = seen[cpu][i];

	if (n && (p->words[0] != word_of(cpu, i, n, 0) || p->words[511] != word_of(cpu, i, n, 511)))
		wrong[cpu]++;
	n = ++seen[cpu][i];
	p->words[0] = word_of(cpu, i, n, 0);
	p->words[511] = word_of(cpu, i, n, 511);
	__atomic_fetch_add(&counters[at % PAGES], 1, __ATOMIC_SEQ_CST);
}

/* The host writes there, into a page that may be out. */
static void call_from(u32 cpu, u32 i)
{
	char *to = (char *)&memory[cpu][i].words[8];

	to[0] = 1;
	if (hypercall(__HYPERVISOR_xen_version, XENVER_extraversion, (unsigned long)to, 0, 0, 0) ||
	    to[0] == 1)
		lost_calls[cpu]++;
}

static void work(u32 cpu)
{
	u32 state = 12345 + cpu, i, n;

	for (n = 0; n < ROUNDS; n++) {
		for (i = 0; i < PAGES; i++)
			look_at(cpu, next(&state) % PAGES, state);
		call_from(cpu, next(&state) % PAGES);
		rounds[cpu] = n + 1;
	}
}

static void other(unsigned int cpu)
{
	if (cpu != 1)
		return;
	work(cpu);
	over = true;
	for (;;)
		relax();
}

void test_main(void)
{
	u64 sum = 0;
	u32 i;

	rt_map_shinfo();
	check("two CPUs", rt_start_cpus(2, other), true);
	work(0);
	while (!over)
		relax();
	for (i = 0; i < PAGES; i++)
		sum += counters[i];
	check("each word is as it was written, CPU 0", wrong[0], 0);
	check("and CPU 1", wrong[1], 0);
	check("no increment of a counter is lost", sum == 2ULL * ROUNDS * PAGES, true);
	check("the host writes to pages that are out", lost_calls[0] + lost_calls[1], 0);
}
