// SPDX-License-Identifier: GPL-2.0
/* Random values, and the places where arguments are put. */
#include "fuzz.h"

static u64 state[FUZZ_CPUS];

/*
 * What the clock was at the start, of which only the time-stamp counter goes on. Where
 * vcpu_info was there may be anything by now: a poll could wait for years.
 */
static struct vcpu_info start;

/* A room for each call of a list, and one more page for what crosses the last one's end. */
#define ROOM	128
static u8 args[FUZZ_CPUS][FUZZ_LIST * ROOM + PAGE_SIZE] page_aligned;
static u32 place[FUZZ_CPUS];

void fuzz_seed(unsigned int c, u64 seed)
{
	state[c] = (seed * FUZZ_CPUS + c + 1) * 0x9e3779b97f4a7c15ULL;
}

/* xorshift64*: the same sequence for the same seed everywhere. */
u64 fuzz_random(unsigned int c)
{
	u64 x = state[c];

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	state[c] = x;
	return x * 0x2545f4914f6cdd1dULL;
}

u32 fuzz_below(unsigned int c, u32 n)
{
	return (u32)(fuzz_random(c) >> 33) % n;
}

bool fuzz_one_in(unsigned int c, u32 n)
{
	return !fuzz_below(c, n);
}

/* The edges of types, pages and limits, and what lies beside them; or anything. */
u64 fuzz_odd(unsigned int c)
{
	static const u64 edges[] = {
		0, 1, 2, ~0ULL, ~0ULL >> 1, 1ULL << 63, 1ULL << 31, 1ULL << 32,
		0xffffffff, 0x7fffffff, 0x80000001, 4095, 4096, 4097, 131071, 131072,
		262144, 1ULL << 40, 1ULL << 51, 1ULL << 52, 0xfffffffffffff000ULL,
	};
	u64 edge = edges[fuzz_below(c, ARRAY_SIZE(edges))];

	switch (fuzz_below(c, 3)) {
	case 0: return fuzz_random(c);
	case 1: return edge;
	default: return edge + fuzz_below(c, 5) - 2;
	}
}

u16 fuzz_domid(unsigned int c)
{
	switch (fuzz_below(c, 8)) {
	case 0: return 0;
	case 1 ... 3: return 700 + fuzz_below(c, 3);
	case 4: return fuzz_random(c);
	default: return DOMID_SELF;
	}
}

u32 fuzz_port(unsigned int c)
{
	switch (fuzz_below(c, 10)) {
	case 0: return fuzz_below(c, 5000);
	case 1: return fuzz_below(c, 140000);
	case 2: return fuzz_odd(c);
	default: return fuzz_below(c, 40);
	}
}

u32 fuzz_vcpu(unsigned int c)
{
	switch (fuzz_below(c, 12)) {
	case 0: return fuzz_odd(c);
	case 1: return fuzz_below(c, 600);
	case 2: return fuzz_below(c, FUZZ_CPUS);
	default: return fuzz_below(c, fuzz_cpus);
	}
}

u64 fuzz_gfn(unsigned int c)
{
	switch (fuzz_below(c, 10)) {
	case 0: return fuzz_odd(c);
	case 1: return END_GFN + fuzz_below(c, 100);
	case 2: return fuzz_shinfo_gfn;
	case 3: return fuzz_vi_gfn[fuzz_below(c, FUZZ_CPUS)];
	case 4 ... 6: return POOL_GFN + fuzz_below(c, POOL_PAGES);
	default: return POOL_GFN + fuzz_below(c, FEW_PAGES);
	}
}

u32 fuzz_offset(unsigned int c)
{
	switch (fuzz_below(c, 6)) {
	case 0: return fuzz_odd(c);
	case 1: return PAGE_SIZE - 68 + fuzz_below(c, 3) * 4;
	case 2: return fuzz_below(c, PAGE_SIZE + 100);
	default: return fuzz_below(c, 64) * 64;
	}
}

/* An address of an area in the guest's memory: inside a page, or across two. */
u64 fuzz_area(unsigned int c)
{
	u64 at = (POOL_GFN + fuzz_below(c, 64)) * PAGE_SIZE;

	if (fuzz_one_in(c, 6))
		return fuzz_odd(c);
	return at + (fuzz_one_in(c, 2) ? PAGE_SIZE - fuzz_below(c, 64) :
					 fuzz_below(c, 63) * 64);
}

/* A point of system time that has passed, or that comes within so many ns. */
u64 fuzz_when(unsigned int c, u32 within)
{
	if (fuzz_one_in(c, 8))
		return 1;
	return rt_now(&start) + fuzz_below(c, within);
}

void fuzz_start_clock(void)
{
	u32 version;

	do {
		version = READ(rt_vi(0)->time.version) & ~1U;
		barrier();
		start = *rt_vi(0);
		barrier();
	} while (version != READ(rt_vi(0)->time.version));
}

/* --- arguments -------------------------------------------------------------------- */

/* One bit or one word of what was filled in sensibly. */
static void spoil(unsigned int c, u8 *p, u32 len)
{
	if (!fuzz_one_in(c, 6))
		return;
	if (fuzz_one_in(c, 2) || len < 8) {
		p[fuzz_below(c, len)] ^= 1 << fuzz_below(c, 8);
	} else {
		u64 odd = fuzz_odd(c);

		memcpy(p + fuzz_below(c, len - 7), &odd, 8);
	}
}

/* Where no argument can be read from, or only a part of it. */
static unsigned long bad_place(unsigned int c)
{
	switch (fuzz_below(c, 4)) {
	case 0: return fuzz_odd(c);
	case 1: return END_GFN * PAGE_SIZE + fuzz_below(c, PAGE_SIZE);
	case 2: return END_GFN * PAGE_SIZE - fuzz_below(c, 64);
	default: return (unsigned long)BAD_PTR;
	}
}

/* Where the argument of the next call is put: it is the @i-th of a list. */
void fuzz_place(unsigned int c, u32 i)
{
	place[c] = i * ROOM;
}

/* Which of a list that is. */
u32 fuzz_slot(unsigned int c)
{
	return place[c] / ROOM;
}

/* A copy of it in this CPU's own pages: nobody else changes it. */
unsigned long fuzz_put_well(unsigned int c, const void *v, u32 len)
{
	u8 *p = args[c] + place[c] + fuzz_below(c, (ROOM - len) / 8 + 1) * 8;

	switch (fuzz_below(c, 12)) {
	case 0:	/* across a page's end */
		p = args[c] + PAGE_SIZE - fuzz_below(c, len + 1);
		break;
	case 1:
		p = args[c] + fuzz_below(c, PAGE_SIZE);
		break;
	}
	memcpy(p, v, len);
	return (unsigned long)p;
}

unsigned long fuzz_put(unsigned int c, void *v, u32 len)
{
	spoil(c, v, len);
	switch (fuzz_below(c, 24)) {
	case 0 ... 1:
		return bad_place(c);
	case 2:	/* whatever is there, and may change meanwhile */
		return (POOL_GFN + fuzz_below(c, POOL_PAGES)) * PAGE_SIZE +
		       fuzz_below(c, PAGE_SIZE);
	default:
		return fuzz_put_well(c, v, len);
	}
}
