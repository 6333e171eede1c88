// SPDX-License-Identifier: GPL-2.0
/*
 * Three domains grant, map, unmap, copy, withdraw and reuse pages at random, switch versions and
 * begin anew. The driver says what is done next, knows from a model what the answer is to be, and
 * what each domain is to see in all of its pages and wherever it has mapped one.
 */
#include "gnttab.h"
#include "gntmodel/gntmodel.h"

#define SEED	1
#define STEPS	700
#define EVERY	6	/* steps, then all is looked at */
#define TRIES	60	/* for something that is not refused */

enum { MAP = MORE, UNMAP, COPY, FILL_PAGE, WRITE, SUM, RESET };

static u32 seed, serial, good[6], bad;
static u32 handles[DOMS][SLOTS], versions[DOMS];

/* --- what each domain does ---------------------------------------------------------------- */

static u8 *slot_at(u32 slot)
{
	return slot < HOLES ? (u8 *)(unsigned long)HOLE + slot * PAGE_SIZE : pages[LENT + slot];
}

static void write_cell(u8 *page, u32 cell, u32 value, bool whole)
{
	volatile u32 *p = (u32 *)(page + cell * CELL);
	u32 i;

	for (i = 0; i < (whole ? CELL / 4 : 1); i++)
		p[i] = value;
}

/* Both ends of each part. If they differ it is none of its values. */
static u64 sum_page(u64 sum, u8 *page)
{
	volatile u32 *p = (u32 *)page;
	u32 i;

	for (i = 0; i < CELLS; i++, p += CELL / 4)
		sum = model_add(sum, p[0] == p[CELL / 4 - 1] ? p[0] : 0xbad);
	return sum;
}

/* @mapped: slots; @idle: references that nobody uses. */
static u64 sum_all(u32 mapped, u32 idle)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < LENT; i++)
		sum = sum_page(sum, pages[i]);
	for (i = 0; i < SLOTS; i++)
		if (mapped >> i & 1)
			sum = sum_page(sum, slot_at(i));
		else
			sum = model_add(sum, READ(*(u32 *)slot_at(i)));
	for (i = 0; i < REFS; i++)
		if (idle >> i & 1 && gt_flags(FIRST_REF + i) & (GTF_reading | GTF_writing))
			sum++;
	return sum;
}

static s64 begin_anew(void)
{
	struct sched_shutdown reset = { .reason = SHUTDOWN_soft_reset };
	long ret = sched_op(SCHEDOP_shutdown, &reset);

	gt_version = 1;
	return ret ?: gt_place();
}

static void set_end(struct gnttab_copy_ptr *p, u64 end)
{
	p->domid = end >> 63 ? peers[end >> 32 & 3] : DOMID_SELF;
	p->offset = (end >> 16 & 0xffff) * CELL;
	if (end >> 63)
		p->u.ref = FIRST_REF + (end & 0xffff);
	else
		p->u.gmfn = GFN(pages[end & 0xffff]);
}

static int copy(u64 src, u64 dst, u32 len)
{
	struct gnttab_copy c = { .len = len };

	set_end(&c.source, src);
	set_end(&c.dest, dst);
	c.flags = (src >> 63 ? GNTCOPY_source_gref : 0) | (dst >> 63 ? GNTCOPY_dest_gref : 0);
	return gt_copy1(c);
}

static s64 obey_more(u32 op, const u64 *a)
{
	u32 handle;
	s64 st;

	switch (op) {
	case MAP:	/* slot, flags, reference, domain */
		st = gt_map((unsigned long)slot_at(a[0]), a[1], a[2], a[3], &handle);
		return st ?: (s64)handle + 1;
	case UNMAP:	/* slot, handle */
		return gt_unmap((unsigned long)slot_at(a[0]), 0, a[1]);
	case COPY:
		return copy(a[0], a[1], a[2]);
	case FILL_PAGE:	/* page, value of its first part */
		for (handle = 0; handle < CELLS; handle++)
			write_cell(pages[a[0]], handle, a[1] + handle, true);
		return 0;
	case WRITE:	/* slot, part, value; where it is read-only one word is enough */
		write_cell(slot_at(a[0]), a[1], a[2], !a[3]);
		return 0;
	case SUM:
		return sum_all(a[0], a[1]);
	case RESET:
		st = begin_anew();
		grant_orders();
		return st;
	}
	return 0;
}

/* --- what the driver has done, and expects ------------------------------------------------- */

static u32 below(u32 n)
{
	seed = seed * 1664525 + 1013904223;
	return (u64)(seed >> 8) * n >> 24;
}

static s64 tell(u32 d, u32 op, u64 a0, u64 a1, u64 a2, u64 a3)
{
	struct order o = { .op = op, .a = { a0, a1, a2, a3 } };

	return d + 1 < nr_peers ? ask(d, op, a0, a1, a2, a3) : obey(&o, o.a);
}

/* The first ones that are wrong are said. */
static void expect(const char *what, u32 d, s64 got, s64 want)
{
	if (got == want)
		return;
	if (bad++ < 5)
		note("# %s in domain %u: %u and %u, want %u and %u", what, d, (u32)(got >> 32),
		     (u32)got, (u32)(want >> 32), (u32)want);
}

static void write_page(u32 d, u32 page)
{
	u32 i;

	tell(d, FILL_PAGE, page, serial, 0, 0);
	for (i = 0; i < CELLS; i++)
		model_fill(d, page, i, serial++);
}

static void step_grant(u32 d)
{
	u32 ref = below(REFS), page = below(LENT), to = below(DOMS);
	bool permit = below(8), ro = !below(3);

	/* Of one in use now and then, as a granter may who does not care. */
	if (model_in_use(d, ref) && below(4))
		return;
	tell(d, SET, FIRST_REF + ref, permit ? GTF_permit_access | (ro ? GTF_readonly : 0) : 0,
	     peers[to], page);
	model_grant(d, ref, permit, ro, to, page);
}

/* The granter takes it back, and uses the page for something else at once. */
static void step_withdraw(u32 d)
{
	u32 ref = below(REFS), page = below(LENT);

	if (model_in_use(d, ref))
		return;
	tell(d, SET, FIRST_REF + ref, 0, peers[d], page);
	model_grant(d, ref, false, false, d, page);
	write_page(d, page);
}

static void step_map(u32 d)
{
	u32 slot, granter, ref, i = below(TRIES);
	bool ro;
	s64 got;

	do {
		slot = below(SLOTS);
		granter = below(DOMS);
		ref = below(REFS);
		ro = below(2);
	} while (!model_may_map(d, slot, granter, ref, ro) && i--);
	got = tell(d, MAP, slot, GNTMAP_host_map | (ro ? GNTMAP_readonly : 0),
		   FIRST_REF + ref, peers[granter]);
	expect("map", d, got > 0 ? 0 : got, model_map(d, slot, granter, ref, ro));
	if (got > 0)
		handles[d][slot] = got - 1;
	good[0] += got > 0;
}

static void step_unmap(u32 d)
{
	u32 slot = below(SLOTS);

	if (!model_mapped(d, slot))
		return;
	if (!below(4))
		expect("unmap elsewhere", d, tell(d, UNMAP, (slot + 1) % SLOTS, handles[d][slot], 0, 0),
		       GNTST_general_error);
	expect("unmap", d, tell(d, UNMAP, slot, handles[d][slot], 0, 0), GNTST_okay);
	if (!below(4))
		expect("unmap again", d, tell(d, UNMAP, slot, handles[d][slot], 0, 0),
		       GNTST_bad_handle);
	model_unmap(d, slot);
	good[1]++;
}

static u64 an_end(u32 cell)
{
	return below(3) ? BY_REF(below(DOMS), below(REFS), cell) : BY_PAGE(below(LENT), cell);
}

static void step_copy(u32 d)
{
	u32 n = 1 + below(CELLS), room = CELLS + 1 - n, i = below(TRIES);
	u64 src, dst;
	s64 got;

	do {
		src = an_end(below(room));
		dst = an_end(below(room));
	} while (!model_may_copy(d, src, dst) && i--);
	got = tell(d, COPY, src, dst, n * CELL, 0);

	expect("copy", d, got, model_copy(d, src, dst, n));
	good[2] += !got;
}

static void step_write(u32 d)
{
	u32 slot = below(SLOTS), cell = below(CELLS);

	if (!model_mapped(d, slot))
		return;
	tell(d, WRITE, slot, cell, serial, !model_writable(d, slot));
	model_poke(d, slot, cell, serial++);
	good[3]++;
}

/* All maps of a domain's pages; DOMS: of all. */
static void unmap_all_of(u32 granter)
{
	u32 d, i;

	for (d = 0; d < DOMS; d++)
		for (i = 0; i < SLOTS; i++) {
			if (!model_mapped(d, i) || (granter < DOMS && model_granter(d, i) != granter))
				continue;
			expect("unmap all", d, tell(d, UNMAP, i, handles[d][i], 0, 0), GNTST_okay);
			model_unmap(d, i);
		}
}

/* A switch clears all that is granted here; the same once more does nothing. */
static void step_version(u32 d)
{
	u32 version = 1 + below(2);

	unmap_all_of(d);
	expect("version", d, tell(d, VERSION, version, 0, 0, 0), 0);
	if (version != versions[d])
		model_clear_table(d);
	versions[d] = version;
	good[4]++;
}

static void step_reset(u32 d)
{
	expect("reset", d, tell(d, RESET, 0, 0, 0, 0), 0);
	model_reset(d);
	versions[d] = 1;
	good[5]++;
}

/* Others, as the ones of a balloon, have a place here. */
static void step(void)
{
	static void (* const steps[])(u32 d) = {
		step_grant, step_grant, step_grant, step_grant, step_grant, step_grant,
		step_withdraw,
		step_map, step_map, step_map, step_map, step_map, step_map,
		step_unmap, step_unmap, step_unmap, step_unmap, step_copy, step_copy, step_copy,
		step_write, step_write, step_write, step_write,
	};
	u32 which = below(20 * ARRAY_SIZE(steps)), d = below(DOMS);

	if (which < 6)
		step_reset(d);
	else if (which < 14)
		step_version(d);
	else
		steps[which % ARRAY_SIZE(steps)](d);
}

static void look(void)
{
	u32 d;

	for (d = 0; d < DOMS; d++)
		expect("what it sees", d, tell(d, SUM, model_slots_mapped(d),
					       model_refs_idle(d), 0, 0), model_sum(d));
}

static void begin(void)
{
	u32 d, i;

	for (d = 0; d < DOMS; d++) {
		versions[d] = 1;
		model_clear_table(d);
		for (i = HOLES; i < SLOTS; i++)
			tell(d, WRITE, i, 0, HIDDEN(i), 0);
		for (i = 0; i < LENT; i++)
			write_page(d, i);
	}
}

void test_main(void)
{
	u32 i;

	gt_more = obey_more;
	gt_meet();
	check("three domains", nr_peers, DOMS);
	seed = SEED;
	begin();
	for (i = 0; i < STEPS && !bad; i++) {
		step();
		if (i % EVERY == EVERY - 1)
			look();
	}
	check("each answer is the model's, and so is what each domain sees", bad, 0);
	note("# %u steps from %u: %u maps, %u unmaps, %u copies, %u writes, %u versions, %u resets",
	     i, SEED, good[0], good[1], good[2], good[3], good[4], good[5]);
	for (i = 0; i < 6; i++)
		check_at("there were some of each", i, good[i] > 0, 1);
	unmap_all_of(DOMS);
	look();
	check("at the end nothing is in use, and all is there", bad, 0);
	gt_part();
}
