// SPDX-License-Identifier: GPL-2.0
/*
 * A guest whose memory a pager takes out and in, of any VMM's: its CPUs, two or as many as the command
 * line says, write words into pages at random, and look for what was there; what is given to a port is
 * read by KVM. It goes on for ever, and says when something is wrong.
 */
#include "rt.h"
#include <xen/arch-x86/hvm/start_info.h>

#define FIRST	0x1000000UL
#define PAGES	4096
#define A_ROUND	128

static u32 written[PAGES] page_aligned;	/* how often each was */
static volatile u32 wrong;
static u32 cpus = 2;

extern u64 start_info_addr;

/* An instruction that KVM has to emulate: it reads the words itself. */
static void rep_outsb(const void *from, u32 n)
{
	__asm__ volatile("rep outsb" : "+S"(from), "+c"(n) : "d"(0x80) : "memory");
}

static volatile u32 *words_of(u32 page)
{
	return (u32 *)(FIRST + page * (unsigned long)PAGE_SIZE);
}

static u32 word_of(u32 page, u32 at)
{
	return (page * 2654435761u) ^ (written[page] << 12) ^ at;
}

static bool is_right(u32 page)
{
	volatile u32 *w = words_of(page);

	return w[0] == word_of(page, 0) && w[511] == word_of(page, 511) &&
	       w[1023] == word_of(page, 1023);
}

static void write_to(u32 page)
{
	volatile u32 *w = words_of(page);

	written[page]++;
	w[0] = word_of(page, 0);
	w[511] = word_of(page, 511);
	w[1023] = word_of(page, 1023);
}

/* Each CPU has pages of its own. */
static void round_of(u32 cpu, u32 *state)
{
	u32 i, page;

	for (i = 0; i < A_ROUND; i++) {
		*state = *state * 1103515245 + 12345;
		page = (*state >> 8) % (PAGES / cpus) * cpus + cpu;
		if (written[page] && !is_right(page) &&
		    !__atomic_fetch_add(&wrong, 1, __ATOMIC_SEQ_CST))
			note("not ok - page %u is not as it was written", page);
		write_to(page);
	}
	rep_outsb((void *)words_of(page), 16);
}

static void other(unsigned int cpu)
{
	u32 state = 4710 + cpu;

	for (;;)
		round_of(cpu, &state);
}

static u32 cpus_wanted(void)
{
	const struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *word = (void *)(unsigned long)si->cmdline_paddr;

	return word && *word >= '1' && *word <= '8' ? *word - '0' : 2;
}

void test_main(void)
{
	u32 state = 815, n;

	cpus = cpus_wanted();
	note("RUNS %u CPUs", rt_start_cpus(cpus, other) ? cpus : 0);
	for (n = 1;; n++) {
		round_of(0, &state);
		if (!(n & 15))
			note("ROUND %u", n);
	}
}
