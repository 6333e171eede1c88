// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that writes and verifies its memory until it is sent a byte on its serial line: on each of
 * two CPUs some pages all the time, and the others now and then. For a VMM that has such a line; says
 * how far it is by lines "# round N".
 */
#include "rt.h"

#define HOT	128	/* pages of each CPU */
#define COLD	1024
#define ROUND	512	/* looks at pages */
#define TO_COLD	64	/* of which one is at a cold one */
#define COM1	0x3f8

struct page {
	u64 words[512];
};

static struct page memory[2][HOT + COLD] page_aligned;
static u64 seen[2][HOT + COLD] page_aligned;	/* how often each was written */
static u64 counters[512] page_aligned;
static volatile u32 wrong[2];
static volatile u64 looks[2];
static volatile bool stop, over;

static u8 inb(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static bool is_told(void)
{
	return inb(COM1 + 5) & 1;
}

static u32 next(u32 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static u64 word_of(u32 cpu, u32 page, u64 count, u32 at)
{
	return ((u64)(page * 2654435761u) << 32 | (u32)count) ^ ((u64)cpu << 60) ^ at;
}

static bool is_right(u32 cpu, u32 i)
{
	struct page *p = &memory[cpu][i];
	u64 n = seen[cpu][i];

	return p->words[0] == word_of(cpu, i, n, 0) && p->words[255] == word_of(cpu, i, n, 255) &&
	       p->words[511] == word_of(cpu, i, n, 511);
}

static void write_page(u32 cpu, u32 i)
{
	struct page *p = &memory[cpu][i];
	u64 n = ++seen[cpu][i];

	p->words[0] = word_of(cpu, i, n, 0);
	p->words[255] = word_of(cpu, i, n, 255);
	p->words[511] = word_of(cpu, i, n, 511);
}

static void look_at(u32 cpu, u32 i, u32 at)
{
	wrong[cpu] += !is_right(cpu, i);
	write_page(cpu, i);
	looks[cpu]++;
	__atomic_fetch_add(&counters[at % ARRAY_SIZE(counters)], 1, __ATOMIC_SEQ_CST);
}

static void work(u32 cpu)
{
	u32 state = 12345 + cpu, i, n;

	for (i = 0; i < HOT + COLD; i++)
		write_page(cpu, i);
	for (n = 0; !stop; n++) {
		for (i = 0; i < ROUND; i++)
			look_at(cpu, i % TO_COLD ? next(&state) % HOT : HOT + next(&state) % COLD,
				state);
		if (cpu)
			continue;
		note("round %u", n);
		stop = is_told();
	}
	for (i = 0; i < HOT + COLD; i++)
		wrong[cpu] += !is_right(cpu, i);
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
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		sum += counters[i];
	check("each word is as it was written, CPU 0", wrong[0], 0);
	check("and CPU 1", wrong[1], 0);
	check("no increment of a counter is lost", sum == looks[0] + looks[1], true);
}
