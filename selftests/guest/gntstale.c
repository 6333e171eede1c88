// SPDX-License-Identifier: GPL-2.0
/*
 * A page is its granter's again as soon as the grant's flags say so (XSA-218): from then on no CPU
 * of the mapper's reads what he writes there, nor writes over it, nor does who emulates an
 * instruction for one. One CPU maps and unmaps, one reads and writes where it is mapped all the time,
 * one is the granter, who takes it at once.
 */
#include "gntab.h"

#define HOLE	0x40000000UL
#define NOTHING	0x48000000UL	/* all ones */
#define REF	16
#define ROUNDS	150
#define LOOKS	2000

/* The page's first word: whose it is, and in which round. HAMMERED is what the mapper writes to. */
#define LENT	0x10000000U
#define MINE	0x20000000U
#define WHOSE	0xf0000000U
#define HAMMERED	16

static grant_entry_v1_t table[512] page_aligned;
static u32 page[PAGE_SIZE / 4] page_aligned;
static u32 hidden[PAGE_SIZE / 4] page_aligned;
static volatile u32 offered, begun, mapped, watched, seen, rounds;
static volatile u32 stale, overwritten, written_ro, turns;
static u32 *volatile at;
static volatile bool stop, ended[3];

static void __attribute__((noreturn)) end(unsigned int cpu)
{
	ended[cpu] = true;
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Where a round has it: over nothing, over the guest's own memory; the same to be read. */
static bool read_only(u32 round)
{
	return round % 4 >= 2;
}

static u32 *place(u32 round)
{
	return round % 2 ? hidden : (u32 *)HOLE;
}

/* An instruction that is emulated, since it reads where nothing is. */
static void write_ones(u32 *to)
{
	unsigned long from = NOTHING;

	__asm__ volatile("movsl" : "+D"(to), "+S"(from) : : "memory");
}

/* Until the round's map has come and gone; false if there is no next one. */
static bool wait_used(u32 round)
{
	while (mapped != round)
		if (stop)
			return false;
	watched = round;
	while (READ(table[REF].flags) & (GTF_reading | GTF_writing))
		if (stop)
			return false;
	return true;
}

/* It is ours again. What the other CPU has begun before, it has ended a turn later. */
static void take_it(u32 round)
{
	u32 i, from = turns;

	READ(page[0]) = MINE | round;
	written_ro += read_only(round) && READ(page[HAMMERED]);
	READ(page[HAMMERED]) = MINE;
	for (i = 0; !stop && (i < LOOKS || turns - from < 2); i++)
		if (READ(page[HAMMERED]) != MINE)
			break;
	overwritten += READ(page[HAMMERED]) != MINE;
}

static void grant_all(void)
{
	u32 i;

	for (i = 1; !stop; i++) {
		READ(page[HAMMERED]) = 0;
		READ(page[0]) = LENT | i;
		barrier();
		READ(table[REF].flags) = GTF_permit_access;
		offered = i;
		if (!wait_used(i))
			break;
		take_it(i);
		READ(table[REF].flags) = 0;
		rounds = i;
	}
}

static void read_all(void)
{
	u32 v, n = 0;

	while (!stop) {
		turns++;
		v = READ(at[0]);
		/* Nor what he writes for the next map before that. */
		stale += (v & WHOSE) == MINE || ((v & WHOSE) == LENT && (v & ~WHOSE) > begun);
		if ((v & WHOSE) != LENT)
			continue;
		if (n++ & 1)
			READ(at[HAMMERED]) = n & ~WHOSE;
		else
			write_ones(&at[HAMMERED]);
		seen = v & ~WHOSE;
	}
}

static void other_cpus(unsigned int cpu)
{
	cpu == 1 ? read_all() : grant_all();
	end(cpu);
}

/* How many of the calls of a round are refused. */
static u32 map_once(u32 round)
{
	struct gnttab_map_grant_ref m = {
		.host_addr = (unsigned long)place(round), .ref = REF, .status = 77,
		.flags = GNTMAP_host_map | (read_only(round) ? GNTMAP_readonly : 0),
		.dom = table[REF].domid,
	};
	struct gnttab_unmap_grant_ref u = { .host_addr = m.host_addr, .status = 77 };

	while (offered != round)
		relax();
	at = place(round);
	begun = round;
	if (gnttab_op(GNTTABOP_map_grant_ref, &m, 1) || m.status)
		return 1;
	mapped = round;
	while (seen != round || watched != round)
		relax();
	u.handle = m.handle;
	return gnttab_op(GNTTABOP_unmap_grant_ref, &u, 1) || u.status;
}

void test_main(void)
{
	u32 i, bad = 0;

	at = (u32 *)HOLE;
	check("the table has a place", gnt_add(0, table), 0);
	table[REF].frame = gfn_of(page);
	table[REF].domid = cpuid(xen_base() + 4, 0).c;
	cli();
	check("three CPUs", rt_start_cpus(3, other_cpus), 1);
	for (i = 1; i <= ROUNDS && !bad; i++)
		bad = map_once(i);
	while (!bad && rounds < ROUNDS)
		relax();
	stop = true;
	while (!ended[1] || !ended[2])
		relax();
	check("each map and unmap is done", bad, 0);
	check("XSA-218 nothing is read once it is the granter's", stale, 0);
	check("XSA-218 nor written", overwritten, 0);
	check("D30 nor what is for reading", written_ro, 0);
	note("# %u rounds", rounds);
}
