// SPDX-License-Identifier: GPL-2.0
/*
 * A device of the machine's own reads and writes its memory: QEMU's "edu", whose BAR vmm --vfio
 * has at BAR. It has a buffer of its own, to which and from which it copies by itself.
 */
#include "rt.h"

#define BAR		0xd0000000UL
#define HOLE		0xc0000000UL
#define ID		0x00
#define SRC		0x80
#define DST		0x88
#define COUNT		0x90
#define COMMAND		0x98
#define START		1
#define FROM_BUFFER	2
#define BUFFER		0x40000
#define BYTES		2048	/* it believes that a whole page is too much */
#define WORDS		(BYTES / 8)

static u64 a[512] page_aligned, b[512] page_aligned;

static volatile u32 *reg(u32 at)
{
	return (volatile u32 *)(BAR + at);
}

static void run(u32 src, u32 dst, u32 how)
{
	*reg(SRC) = src;
	*reg(DST) = dst;
	*reg(COUNT) = BYTES;
	*reg(COMMAND) = START | how;
	while (*reg(COMMAND) & START)
		relax();
}

static void take(unsigned long gpa)
{
	run(gpa, BUFFER, 0);
}

static void give(unsigned long gpa)
{
	run(BUFFER, gpa, FROM_BUFFER);
}

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
