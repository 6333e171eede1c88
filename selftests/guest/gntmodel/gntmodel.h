/* SPDX-License-Identifier: GPL-2.0 */
/* Between what each domain does and what the driver believes of it. */
#ifndef GNTMODEL_H
#define GNTMODEL_H

#include "../rt.h"

#define DOMS		3
#define REFS		8	/* from FIRST_REF on */
#define FIRST_REF	8
#define SLOTS		6	/* where a domain maps: the last ones are over its own memory */
#define HOLES		4
#define LENT		6	/* pages that a domain grants and copies */
#define CELLS		4	/* parts of a page, each of words that are the same */
#define CELL		(PAGE_SIZE / CELLS)
#define NOWHERE		~0U	/* what is read where nothing is mapped */
#define HIDDEN(n)	(0x5a5a0000U | (n))	/* and where that is over the domain's memory */

/* A page, or another domain's by a reference, from a cell on: an end of a copy. */
#define BY_REF(dom, ref, cell)	(1ULL << 63 | (u64)(dom) << 32 | (u64)(cell) << 16 | (ref))
#define BY_PAGE(page, cell)	((u64)(cell) << 16 | (page))

/* model.c */
void model_grant(u32 d, u32 ref, bool permit, bool ro, u32 to, u32 page);
void model_clear_table(u32 d);
void model_reset(u32 d);
bool model_in_use(u32 d, u32 ref);
u32 model_granter(u32 d, u32 slot);
bool model_mapped(u32 d, u32 slot);
u32 model_refs_idle(u32 d);
u32 model_slots_mapped(u32 d);
bool model_may_map(u32 d, u32 slot, u32 granter, u32 ref, bool ro);
int model_map(u32 d, u32 slot, u32 granter, u32 ref, bool ro);
void model_unmap(u32 d, u32 slot);
bool model_writable(u32 d, u32 slot);
void model_fill(u32 d, u32 page, u32 cell, u32 value);
void model_poke(u32 d, u32 slot, u32 cell, u32 value);
bool model_may_copy(u32 d, u64 src, u64 dst);
int model_copy(u32 d, u64 src, u64 dst, u32 cells);
u64 model_sum(u32 d);

static inline u64 model_add(u64 sum, u32 value)
{
	return (sum ^ value) * 0x100000001b3ULL;
}

#endif
