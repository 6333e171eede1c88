// SPDX-License-Identifier: GPL-2.0
/*
 * What three domains have granted, mapped and written, as the driver of gntmodel.c believes it. All
 * that the answers depend on, and nothing of how it is done.
 */
#include "gntmodel.h"

#include <xen/grant_table.h>

struct entry {
	bool permit, ro;
	u32 to, page;
};

/* A grant in use: what it was when the first one came, whatever the entry says by now. */
struct used {
	u32 readers, writers, by, page;
};

struct mapping {
	bool there, ro;
	u32 granter, ref, page;
};

static struct entry entries[DOMS][REFS];
static struct used uses[DOMS][REFS];
static struct mapping maps[DOMS][SLOTS];
static u32 cells[DOMS][LENT][CELLS];

void model_grant(u32 d, u32 ref, bool permit, bool ro, u32 to, u32 page)
{
	entries[d][ref] = (struct entry) { permit, permit && ro, to, page };
}

/* By a switch of versions. */
void model_clear_table(u32 d)
{
	u32 i;

	for (i = 0; i < REFS; i++)
		entries[d][i] = (struct entry) { .page = ~0U };
}

/* Its maps are gone, and nothing is granted; what others have mapped of it they have still. */
void model_reset(u32 d)
{
	u32 i;

	for (i = 0; i < SLOTS; i++)
		if (maps[d][i].there)
			model_unmap(d, i);
	model_clear_table(d);
}

bool model_in_use(u32 d, u32 ref)
{
	return uses[d][ref].readers + uses[d][ref].writers;
}

u32 model_granter(u32 d, u32 slot)
{
	return maps[d][slot].granter;
}

u32 model_refs_idle(u32 d)
{
	u32 i, bits = 0;

	for (i = 0; i < REFS; i++)
		bits |= !model_in_use(d, i) << i;
	return bits;
}

bool model_mapped(u32 d, u32 slot)
{
	return maps[d][slot].there;
}

bool model_writable(u32 d, u32 slot)
{
	return maps[d][slot].there && !maps[d][slot].ro;
}

u32 model_slots_mapped(u32 d)
{
	u32 i, bits = 0;

	for (i = 0; i < SLOTS; i++)
		bits |= maps[d][i].there << i;
	return bits;
}

/* May @d use it, and which page is it then? */
static int allowed(u32 d, u32 granter, u32 ref, bool write, bool copy, u32 *page)
{
	const struct entry *e = &entries[granter][ref];
	const struct used *u = &uses[granter][ref];
	bool used = model_in_use(granter, ref);

	*page = used ? u->page : e->page;
	if (used ? u->by != d : !e->permit || e->to != d)
		return GNTST_general_error;
	if (!write || (used && u->writers))
		return GNTST_okay;
	/* The first that writes asks the entry once more; a copy also which page it is. */
	if (e->ro || (used && copy && e->page != u->page))
		return GNTST_general_error;
	return GNTST_okay;
}

bool model_may_map(u32 d, u32 slot, u32 granter, u32 ref, bool ro)
{
	u32 page;

	return !allowed(d, granter, ref, !ro, false, &page) && !maps[d][slot].there;
}

int model_map(u32 d, u32 slot, u32 granter, u32 ref, bool ro)
{
	struct used *u = &uses[granter][ref];
	u32 page;

	if (!model_may_map(d, slot, granter, ref, ro))
		return GNTST_general_error;
	allowed(d, granter, ref, !ro, false, &page);
	u->by = d;
	u->page = page;
	ro ? u->readers++ : u->writers++;
	maps[d][slot] = (struct mapping) { true, ro, granter, ref, page };
	return GNTST_okay;
}

void model_unmap(u32 d, u32 slot)
{
	struct mapping *m = &maps[d][slot];
	struct used *u = &uses[m->granter][m->ref];

	m->ro ? u->readers-- : u->writers--;
	m->there = false;
}

void model_fill(u32 d, u32 page, u32 cell, u32 value)
{
	cells[d][page][cell] = value;
}

void model_poke(u32 d, u32 slot, u32 cell, u32 value)
{
	const struct mapping *m = &maps[d][slot];

	if (!m->ro)
		cells[m->granter][m->page][cell] = value;
}

/* Where an end of a copy is. */
static int find(u32 d, u64 end, bool write, u32 **at)
{
	u32 granter = end >> 32 & 3, page = end & 0xffff;
	int st = GNTST_okay;

	if (end >> 63)
		st = allowed(d, granter, end & 0xffff, write, true, &page);
	else
		granter = d;
	if (!st)
		*at = &cells[granter][page][end >> 16 & 0xffff];
	return st;
}

bool model_may_copy(u32 d, u64 src, u64 dst)
{
	u32 *from, *to;

	return !find(d, src, false, &from) && !find(d, dst, true, &to);
}

int model_copy(u32 d, u64 src, u64 dst, u32 n)
{
	u32 *from, *to;
	int st = find(d, src, false, &from);
	u32 was[CELLS];

	if (!st)
		st = find(d, dst, true, &to);
	if (st)
		return st;
	memcpy(was, from, n * sizeof(u32));
	memcpy(to, was, n * sizeof(u32));
	return GNTST_okay;
}

static u64 sum_page(u64 sum, const u32 *page)
{
	u32 i;

	for (i = 0; i < CELLS; i++)
		sum = model_add(sum, page[i]);
	return sum;
}

/* Of all that a domain sees: as sum_all() in gntmodel.c. */
u64 model_sum(u32 d)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < LENT; i++)
		sum = sum_page(sum, cells[d][i]);
	for (i = 0; i < SLOTS; i++) {
		const struct mapping *m = &maps[d][i];

		if (m->there)
			sum = sum_page(sum, cells[m->granter][m->page]);
		else
			sum = model_add(sum, i < HOLES ? NOWHERE : HIDDEN(i));
	}
	return sum;
}
