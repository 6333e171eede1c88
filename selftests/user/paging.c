// SPDX-License-Identifier: GPL-2.0
/*
 * States of paged pages against a model that says in plain words what each step may do. The
 * fuzzer's bytes are a schedule: what the pager, the guest, the VMM and the kernel do with a few
 * frames. No page is lost, freed twice, or there for two; the pager learns what it has to; there is
 * one entry for a frame at most.
 */
#include "shim.h"

#define KXEN_PAGING_VCPU	(1U << 0)
#define KXEN_PAGING_FOREIGN	(1U << 1)
#define KXEN_PAGING_EVICT_FAIL	(1U << 2)
#define KXEN_PAGING_DROP	(1U << 3)

struct kxen_pager_event {
	u64 gfn;
	u32 vcpu;
	u32 flags;
};

struct page {
	u32 gfn;
	bool alive;
};

#include "../../mempaging/state.h"

#define FRAMES	6

enum where { MAPPED, NOMINATED, OUT, IN, NOTHING };

static struct kxen_pg_book book;
static struct kxen_pg_entry *table[FRAMES];	/* as by_gfn */
static struct model {
	enum where where;
	u32 must;	/* what the pager has to be told */
	u64 gen;
	bool asked;
	struct page *page;
} model[FRAMES];
static u32 pages;	/* alive */

static struct page *make_page(u32 gfn)
{
	struct page *p = calloc(1, sizeof(*p));

	p->gfn = gfn;
	p->alive = true;
	pages++;
	return p;
}

static void free_page(struct page *p)
{
	if (!p->alive)
		fail("a page of frame %u is freed twice", p->gfn);
	p->alive = false;
	pages--;
	free(p);
}

static void free_if_free(u32 gfn)
{
	struct kxen_pg_entry *e = table[gfn];

	if (!e || !kxen_pg_is_free(e))
		return;
	table[gfn] = NULL;
	kxen_pg_forget(&book, e);
	free(e);
}

static struct kxen_pg_entry *of(u32 gfn)
{
	struct kxen_pg_entry *e = table[gfn];

	return e && e->state != KXEN_PG_GONE ? e : NULL;
}

/* --- steps ------------------------------------------------------------------------------- */

static void nominate(u32 gfn, bool refused)
{
	struct kxen_pg_entry *e = table[gfn];
	struct model *m = &model[gfn];
	bool ok;

	if (!e) {
		e = calloc(1, sizeof(*e));
		e->gfn = gfn;
		table[gfn] = e;
		kxen_pg_add(&book, e);
		ok = true;
	} else {
		ok = kxen_pg_begin(&book, e);
	}
	if (ok != (m->where == MAPPED || m->where == NOTHING))
		fail("nominate of %u: %d, and it is %d", gfn, ok, m->where);
	if (!ok)
		return;
	if (refused || m->where == NOTHING) {
		kxen_pg_refuse(&book, e);
		free_if_free(gfn);
		return;
	}
	kxen_pg_frozen(&book, e, m->page);
	m->where = NOMINATED;
	m->must = 0;
	m->asked = false;
}

static void evict(u32 gfn)
{
	struct kxen_pg_entry *e = of(gfn);
	struct page *p = e ? kxen_pg_evict(&book, e) : NULL;
	struct model *m = &model[gfn];

	if (!p != (m->where != NOMINATED) || (p && p != m->page))
		fail("evict of %u: %p, and it is %d", gfn, (void *)p, m->where);
	if (!p)
		return;
	free_page(p);
	m->page = NULL;
	m->where = OUT;
	if (e->gen <= m->gen)
		fail("frame %u is out for a time that was before", gfn);
	m->gen = e->gen;
}

static void fill(u32 gfn)
{
	struct page *p = make_page(gfn);
	struct kxen_pg_entry *e = of(gfn);
	struct model *m = &model[gfn];
	bool taken = e && kxen_pg_fill(&book, e, p);

	if (taken != (m->where == OUT))
		fail("fill of %u: %d, and it is %d", gfn, taken, m->where);
	if (taken)
		m->page = p;
	else
		free_page(p);
	if (m->where == OUT || m->where == NOMINATED) {
		m->where = IN;
		m->must &= ~(KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN);
	}
}

static void touch(u32 gfn, bool vcpu)
{
	struct kxen_pg_entry *e = of(gfn);
	struct model *m = &model[gfn];
	u32 how = vcpu ? KXEN_PAGING_VCPU : KXEN_PAGING_FOREIGN;

	if (m->where == OUT) {
		if (!kxen_pg_waits(e, m->gen) || kxen_pg_waits(e, m->gen - 1))
			fail("who waits for %u does not know for which time", gfn);
		kxen_pg_ask(&book, e, how, gfn);
		if (!m->asked || m->must)
			m->must |= how;
		m->asked = true;
		return;
	}
	if (kxen_pg_waits(e, m->gen))
		fail("somebody waits for %u, which is %d", gfn, m->where);
	if (m->where != NOMINATED && m->where != IN)
		return;
	if (kxen_pg_frame(e) != m->page)
		fail("frame %u comes back with another page", gfn);
	kxen_pg_installed(&book, e);
	if (m->where == NOMINATED)
		m->must |= KXEN_PAGING_EVICT_FAIL;
	m->where = MAPPED;
	free_if_free(gfn);
}

/* The VMM gives it up: of what is mapped the kernel tells nobody here. */
static void give_up(u32 gfn)
{
	struct kxen_pg_entry *e = of(gfn);
	struct model *m = &model[gfn];
	struct page *p;

	if (!e) {
		if (m->page)
			free_page(m->page);
	} else {
		p = kxen_pg_discard(&book, e);
		if (p != m->page)
			fail("frame %u goes with another page", gfn);
		if (p)
			free_page(p);
		m->must &= ~(KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN);
		m->must |= KXEN_PAGING_DROP |
			   (m->where == NOMINATED ? KXEN_PAGING_EVICT_FAIL : 0);
	}
	m->page = NULL;
	m->where = NOTHING;
}

static void use_again(u32 gfn)
{
	struct model *m = &model[gfn];

	if (m->where != NOTHING)
		return;
	m->page = make_page(gfn);
	m->where = MAPPED;
}

static bool read_one(void)
{
	struct kxen_pager_event ev = { };
	bool told = kxen_pg_told(&book);
	struct kxen_pg_entry *e;
	u32 gfn;

	if (!kxen_pg_read(&book, &e, &ev))
		return false;
	if (told != !!ev.flags)
		fail("a notice of nothing, or nothing of one");
	gfn = ev.gfn;
	if (gfn >= FRAMES || table[gfn] != e)
		fail("a notice of no frame");
	if (ev.flags != model[gfn].must)
		fail("of frame %u the pager learns %x, and not %x", gfn, ev.flags, model[gfn].must);
	if (ev.flags & KXEN_PAGING_VCPU && ev.vcpu != gfn)
		fail("another vCPU");
	model[gfn].must = 0;
	free_if_free(gfn);
	return true;
}

static void look(void)
{
	u32 i, n[KXEN_PG_STATES] = { }, alive = 0;

	for (i = 0; i < FRAMES; i++) {
		alive += !!model[i].page;
		if (table[i])
			n[table[i]->state]++;
		if (table[i] && kxen_pg_is_free(table[i]))
			fail("an entry of %u that nobody needs", i);
		if (model[i].must && !(table[i] && table[i]->notice & KXEN_PG_QUEUED))
			fail("nobody tells of frame %u", i);
	}
	if (alive != pages)
		fail("%u pages, and %u are known", pages, alive);
	if (memcmp(n, book.nr, sizeof(n)))
		fail("the counts of states are wrong");
}

static void end(void)
{
	u32 i;

	while (read_one())
		;
	for (i = 0; i < FRAMES; i++) {
		if (table[i] && kxen_pg_frame(table[i]) && kxen_pg_frame(table[i]) != model[i].page)
			fail("the end: another page at %u", i);
		free(table[i]);
		table[i] = NULL;
		if (model[i].page)
			free_page(model[i].page);
	}
	if (pages || book.first)
		fail("%u pages are left, or notices", pages);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t i;
	u32 gfn;

	memset(&book, 0, sizeof(book));
	memset(model, 0, sizeof(model));
	for (gfn = 0; gfn < FRAMES; gfn++)
		model[gfn].page = make_page(gfn);
	for (i = 0; i < size; i++) {
		gfn = data[i] % FRAMES;
		switch (data[i] / FRAMES % 9) {
		case 0: nominate(gfn, false); break;
		case 1: nominate(gfn, true); break;
		case 2: evict(gfn); break;
		case 3: fill(gfn); break;
		case 4: touch(gfn, false); break;
		case 5: touch(gfn, true); break;
		case 6: give_up(gfn); break;
		case 7: use_again(gfn); break;
		default: read_one();
		}
		look();
	}
	end();
	return 0;
}
