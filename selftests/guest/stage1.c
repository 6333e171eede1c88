// SPDX-License-Identifier: GPL-2.0
/*
 * arm64 alone: addresses of hypercalls through the guest's own tables, with each size of pages that
 * the processor has: pages, blocks, what may not be written to, either half of the addresses.
 */
#include "rt.h"

#define BITS		39
#define T0SZ		(64 - BITS)
#define VALID		1UL
#define TABLE		2UL		/* on the last level: a page */
#define INNER		(3UL << 8)
#define NORMAL		(1UL << 2)
#define READ_ONLY	(1UL << 7)
#define ACCESSED	(1UL << 10)
#define TABLE_RO	(1UL << 62)
#define MEMORY		(VALID | INNER | NORMAL | ACCESSED)

#define TCR_EPD1	(1UL << 23)
#define TCR_TBI0	(1UL << 37)
/* Walks are cached; 40 bits of physical address. */
#define TCR_COMMON	(T0SZ | (u64)T0SZ << 16 | 1UL << 8 | 1UL << 10 | 3UL << 12 | \
			 1UL << 24 | 1UL << 26 | 3UL << 28 | 2UL << 32)

#define AT		0x2000000000UL	/* where the test maps */
#define SIZE_64K	0x10000UL

struct granule {
	const char *name;
	u32 shift, tg0, tg1;
};

static u64 pool[16][SIZE_64K / 8] __attribute__((aligned(SIZE_64K)));
static u8 page[2][SIZE_64K] __attribute__((aligned(SIZE_64K)));
static u32 used;
static const struct granule *g;

static u64 *new_table(void)
{
	u64 *t = pool[used++];

	if (used > ARRAY_SIZE(pool)) {
		note("not ok - there are more tables than that");
		rt_exit(1);
	}
	memset(t, 0, SIZE_64K);
	return t;
}

static u32 first_level(void)
{
	u32 stride = g->shift - 3;

	return 4 - (BITS - g->shift + stride - 1) / stride;
}

/* A last entry on this level; @above: what is set in the table entries that lead there. */
static void map(u64 *root, u64 va, u32 level, u64 entry, u64 above)
{
	u32 l, shift, bits;
	u64 *t = root, *e;

	for (l = first_level();; l++) {
		shift = g->shift + (3 - l) * (g->shift - 3);
		bits = BITS - shift < g->shift - 3 ? BITS - shift : g->shift - 3;
		e = &t[va >> shift & ((1UL << bits) - 1)];
		if (l == level)
			break;
		if (!*e)
			*e = (u64)new_table() | TABLE | VALID | above;
		t = (u64 *)(*e & 0xffffffff0000UL);
	}
	*e = entry | (level == 3 ? TABLE : 0);
}

static u64 block_size(u32 level)
{
	return 1UL << (g->shift + (3 - level) * (g->shift - 3));
}

/* The image itself, where it is. */
static void map_memory(u64 *root)
{
	u32 level = g->shift == 12 ? 1 : 2;
	u64 at, size = block_size(level);

	for (at = 0x40000000; at < 0x44000000; at += size)
		map(root, at, level, at | MEMORY, 0);
}

static void use(u64 ttbr0, u64 ttbr1, u64 tcr)
{
	__asm__ volatile("dsb sy; msr ttbr0_el1, %0; msr ttbr1_el1, %1; msr tcr_el1, %2; isb;"
			 "tlbi vmalle1; dsb sy; isb"
			 : : "r"(ttbr0), "r"(ttbr1), "r"(tcr) : "memory");
}

static u64 reg(int which)
{
	u64 v;

	if (which == 0)
		__asm__ volatile("mrs %0, ttbr0_el1" : "=r"(v));
	else if (which == 1)
		__asm__ volatile("mrs %0, tcr_el1" : "=r"(v));
	else
		__asm__ volatile("mrs %0, id_aa64mmfr0_el1" : "=r"(v));
	return v;
}

static u64 old_ttbr, old_tcr;

/* A call that reads and writes 8 bytes there. */
static long ask(u64 *root, u64 va, u64 tcr)
{
	long ret;

	cli();
	use((u64)root, (u64)root, tcr | TCR_COMMON | (u64)g->tg0 << 14 | (u64)g->tg1 << 30);
	ret = hc2(__HYPERVISOR_xen_version, XENVER_get_features, va);
	use(old_ttbr, 0, old_tcr);
	return ret;
}

static void answer(const char *what, long got, long want)
{
	char name[80], *p = name;
	const char *s;

	for (s = g->name; *s; s++)
		*p++ = *s;
	*p++ = ':';
	*p++ = ' ';
	for (s = what; *s; s++)
		*p++ = *s;
	*p = 0;
	check(name, got, want);
}

/* What was asked for is there, beside what was not. */
static u32 written(u32 which, u32 offset)
{
	struct xen_feature_info *fi = (void *)&page[which][offset];

	return fi->submap >> XENFEAT_auto_translated_physmap & 1;
}

static void test_granule(void)
{
	u64 size = 1UL << g->shift, far = AT + block_size(2), block = AT + 2 * block_size(2);
	u64 upper = ~0UL << BITS | AT, *root;

	used = 0;
	root = new_table();
	memset(page, 0, sizeof(page));
	map_memory(root);
	map(root, AT, 3, (u64)page[0] | MEMORY, 0);
	map(root, AT + size, 3, (u64)page[1] | MEMORY, 0);
	map(root, AT + 2 * size, 3, (u64)page[0] | MEMORY | READ_ONLY, 0);
	map(root, AT + 3 * size, 3, (u64)page[0] | (MEMORY & ~ACCESSED), 0);
	map(root, far, 3, (u64)page[0] | MEMORY, TABLE_RO);
	map(root, block, 2, ((u64)page[0] & ~(block_size(2) - 1)) | MEMORY, 0);

	answer("a page", ask(root, AT + 16, TCR_EPD1), 0);
	answer("it is written to", written(0, 16), 1);
	answer("from one page to the next", ask(root, AT + size - 4, TCR_EPD1), 0);
	answer("the second half is in the other", READ(*(u32 *)page[1]) != 0, 1);
	answer("a page that is read-only", ask(root, AT + 2 * size, TCR_EPD1), XEN_EFAULT);
	answer("one that was never used", ask(root, AT + 3 * size, TCR_EPD1), XEN_EFAULT);
	answer("no page", ask(root, AT + 4 * size, TCR_EPD1), XEN_EFAULT);
	answer("no table", ask(root, 1UL << (BITS - 1), TCR_EPD1), XEN_EFAULT);
	answer("a table that is read-only", ask(root, far, TCR_EPD1), XEN_EFAULT);
	answer("a block", ask(root, block + ((u64)page[0] & (block_size(2) - 1)) + 64, TCR_EPD1), 0);
	answer("it is written to", written(0, 64), 1);
	answer("the upper half is off", ask(root, upper, TCR_EPD1), XEN_EFAULT);
	answer("the upper half", ask(root, upper + 128, 0), 0);
	answer("it is written to", written(0, 128), 1);
	answer("neither half", ask(root, AT | 1UL << 45, 0), XEN_EFAULT);
	answer("a tag that counts", ask(root, AT | 5UL << 56, 0), XEN_EFAULT);
	answer("a tag that does not", ask(root, (AT + 256) | 5UL << 56, TCR_TBI0), 0);
	answer("it is written to", written(0, 256), 1);
}

void test_main(void)
{
	static const struct granule all[] = {
		{ "4K", 12, 0, 2 }, { "16K", 14, 2, 1 }, { "64K", 16, 1, 3 },
	};
	u64 has = reg(2);

	old_ttbr = reg(0);
	old_tcr = reg(1);
	for (g = all; g < all + ARRAY_SIZE(all); g++) {
		if (g->shift == 14 && !(has >> 20 & 0xf)) {
			note("# the processor has no pages of 16K");
			continue;
		}
		test_granule();
	}
}
