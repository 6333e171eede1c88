// SPDX-License-Identifier: GPL-2.0
/* A device of the machine's own, behind an IOMMU: it sees the machine's memory, and nothing else. */
#include "edu.h"

#define HOLE	0xc0000000UL

static u64 a[512] page_aligned, b[512] page_aligned;

static void fill(u64 *page, u64 seed)
{
	u32 i;

	for (i = 0; i < WORDS; i++)
		page[i] = seed + i;
}

/* How many words of a page are those of @seed. */
static u32 same(const u64 *page, u64 seed)
{
	u32 i, n = 0;

	for (i = 0; i < WORDS; i++)
		n += READ(page[i]) == seed + i;
	return n;
}

void test_main(void)
{
	check("the device is there", *reg(ID) & 0xff, 0xed);
	fill(a, 0x1000);
	fill(b, 0x2000);
	take((unsigned long)a);
	give((unsigned long)b);
	check("its copy of a page is whole", same(b, 0x1000), WORDS);
	take(HOLE);
	fill(b, 0x3000);
	give((unsigned long)b);
	note("a hole reads %lx", (unsigned long)b[0]);
	check("where nothing is it finds nothing of ours", same(b, 0x1000) + same(b, 0x3000), 0);
	give(HOLE);
	take((unsigned long)a);
	fill(b, 0x4000);
	give((unsigned long)b);
	check("nor does a write there do harm", same(b, 0x1000), WORDS);
}
