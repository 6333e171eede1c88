// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that knows what is in 24 MiB of its memory. It works on 64 pages of that, and looks at all
 * when it is told to by a letter on its serial line: v, and then writes it anew; q: it ends.
 */
#include "rt.h"

#define FIRST	(16UL << 20)
#define PAGES	6144
#define HOT	64
#define COM1	0x3f8

static u32 round;

static u8 inb(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static volatile u64 *page(u32 i)
{
	return (u64 *)(FIRST + (u64)i * PAGE_SIZE);
}

static u64 word_of(u32 i, u32 at)
{
	return (u64)(i * 2654435761u) << 32 | (round << 12) | at;
}

static void write_all(void)
{
	u32 i, at;

	round++;
	for (i = 0; i < PAGES; i++)
		for (at = 0; at < 512; at += 73)
			page(i)[at] = word_of(i, at);
}

static u32 wrong_in(u32 i)
{
	u32 at, wrong = 0;

	for (at = 0; at < 512; at += 73)
		wrong += page(i)[at] != word_of(i, at);
	return wrong;
}

void test_main(void)
{
	u32 i, wrong;
	u8 c;

	write_all();
	note("# READY");
	for (;;) {
		for (i = 0, wrong = 0; i < HOT; i++)
			wrong += wrong_in(i);
		c = inb(COM1 + 5) & 1 ? inb(COM1) : 0;
		if (c == 'q')
			return;
		if (c != 'v' && !wrong)
			continue;
		for (i = HOT; i < PAGES; i++)
			wrong += wrong_in(i);
		note("# looked %u wrong %u", round, wrong);
		write_all();
	}
}
