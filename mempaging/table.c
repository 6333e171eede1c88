// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of pages that are nominated or out: by the guest's frame, which the pager and vCPUs
 * name, and by the address in the VMM, which everybody else uses. Two frames at one address are
 * one page, with one entry.
 *
 * An entry is put into both before its page is touched, where memory may be waited for, and taken
 * out under the lock, which takes none.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "../kvm-xen/trace.h"
#include "mempaging.h"

/* For a page that is out: this, and its places in two arrays. */
static_assert(sizeof(struct kxen_pg_entry) == 32);

struct kxen_pg_entry *kxen_pg_at(struct kxen_pager *pg, unsigned long hva)
{
	lockdep_assert_held(&pg->lock);
	return xa_load(&pg->by_index, hva >> PAGE_SHIFT);
}

/* NULL also if there is only a notice left of it. */
struct kxen_pg_entry *kxen_pg_of(struct kxen_pager *pg, u64 gfn)
{
	struct kxen_pg_entry *e;

	lockdep_assert_held(&pg->lock);
	e = xa_load(&pg->by_gfn, gfn);
	return e && e->state != KXEN_PG_GONE ? e : NULL;
}

/* Its notice was the last that was kept of it. */
static void free_if_free(struct kxen_pager *pg, struct kxen_pg_entry *e)
{
	if (!kxen_pg_is_free(e))
		return;
	xa_erase(&pg->by_gfn, e->gfn);
	kxen_pg_forget(&pg->book, e);
	kfree(e);
}

/*
 * Into one array, in a row from @first on: what is there already stays, and @taken says so. The
 * array is walked once, not for each.
 */
static void insert_run(struct xarray *xa, unsigned long first, struct kxen_pg_entry **entry,
		       bool *taken, u32 n)
{
	XA_STATE(xas, xa, first);
	u32 i = 0;

	do {
		xas_lock(&xas);
		while (i < n) {
			taken[i] = xas_load(&xas);
			if (!taken[i] && entry[i])
				xas_store(&xas, entry[i]);
			if (xas_error(&xas))
				break;
			i++;
			xas_next(&xas);
		}
		xas_unlock(&xas);
	} while (xas_nomem(&xas, GFP_KERNEL_ACCOUNT | __GFP_NOWARN));
	for (; i < n; i++)	/* no memory */
		taken[i] = true;
}

/* Nobody else does anything with a new one that he finds. Without memory the page is not taken. */
static struct kxen_pg_entry *new_entry(u64 gfn, unsigned long index)
{
	struct kxen_pg_entry *e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

	if (!e)
		return NULL;
	e->gfn = gfn;
	e->index = index;
	e->state = KXEN_PG_FREEZING;
	return e;
}

/* In the place of a new one, which was not needed: one that only a notice has kept, or NULL. */
static struct kxen_pg_entry *take_old(struct kxen_pager *pg, u64 gfn, unsigned long index)
{
	struct kxen_pg_entry *e = xa_load(&pg->by_gfn, gfn);

	lockdep_assert_held(&pg->lock);
	if (!e || !kxen_pg_begin(&pg->book, e))
		return NULL;
	e->index = index;
	return e;
}

/**
 * kxen_pg_reserve() - Entries for pages that are about to be nominated.
 * @pg: the pager, its batch lock held.
 * @gfn: the first of frames in a row.
 * @hva: where the VMM has them, in a row, too.
 * @entry: filled in: one in state FREEZING, for kxen_pg_unreserve() if nothing comes of it; or
 *	NULL: there is one of the page already, or no memory.
 * @n: how many, up to KXEN_PG_RUN.
 *
 * Context: may sleep.
 */
void kxen_pg_reserve(struct kxen_pager *pg, u64 gfn, unsigned long hva,
		     struct kxen_pg_entry **entry, u32 n)
{
	unsigned long index = hva >> PAGE_SHIFT;
	bool taken[KXEN_PG_RUN];
	u32 i;

	lockdep_assert_held(&pg->batch);
	for (i = 0; i < n; i++)
		entry[i] = new_entry(gfn + i, index + i);
	insert_run(&pg->by_gfn, gfn, entry, taken, n);
	for (i = 0; i < n; i++)
		if (taken[i]) {
			kfree(entry[i]);
			entry[i] = NULL;
		}
	spin_lock(&pg->lock);
	for (i = 0; i < n; i++) {
		if (taken[i])
			entry[i] = take_old(pg, gfn + i, index + i);
		else if (entry[i])
			kxen_pg_add(&pg->book, entry[i]);
	}
	spin_unlock(&pg->lock);
	insert_run(&pg->by_index, index, entry, taken, n);
	spin_lock(&pg->lock);
	for (i = 0; i < n; i++)
		if (taken[i] && entry[i]) {
			kxen_pg_refuse(&pg->book, entry[i]);
			free_if_free(pg, entry[i]);
			entry[i] = NULL;
		}
	spin_unlock(&pg->lock);
}

/* Nothing has come of it. Context: any that may take the lock. */
void kxen_pg_unreserve(struct kxen_pager *pg, struct kxen_pg_entry *e)
{
	spin_lock(&pg->lock);
	kxen_pg_refuse(&pg->book, e);
	xa_erase(&pg->by_index, e->index);
	free_if_free(pg, e);
	spin_unlock(&pg->lock);
}

/**
 * kxen_pg_install() - Bring a page whose frame is there to where it was.
 * @pg: the pager, locked.
 * @vma: the VMM's memory there, mmap_lock held.
 * @e: the entry, NOMINATED or IN; gone on return, unless false.
 *
 * Return: false: the mark is not there. Whoever has taken it away has something else there.
 */
bool kxen_pg_install(struct kxen_pager *pg, struct vm_area_struct *vma, struct kxen_pg_entry *e)
{
	bool early = e->state == KXEN_PG_NOMINATED;
	unsigned long index = e->index;

	lockdep_assert_held(&pg->lock);
	if (!kxen_mark_install(vma, index << PAGE_SHIFT, e->frame))
		return false;
	trace_kxen_paging(pg->d->domid, e->gfn, early ? KXEN_TRACE_EVICT_FAIL : KXEN_TRACE_INSTALL);
	xa_erase(&pg->by_index, index);
	if (kxen_pg_installed(&pg->book, e))
		kxen_pg_tell_pager(pg);
	free_if_free(pg, e);
	return true;
}

/* The VMM has something else there: so much for the page. Locked; wakes who waits. */
void kxen_pg_dropped(struct kxen_pager *pg, struct kxen_pg_entry *e)
{
	unsigned long index = e->index;
	struct page *frame;

	lockdep_assert_held(&pg->lock);
	trace_kxen_paging(pg->d->domid, e->gfn, KXEN_TRACE_DROP);
	xa_erase(&pg->by_index, index);
	frame = kxen_pg_discard(&pg->book, e);
	if (frame)
		kxen_mark_free_frame(frame);
	kxen_pg_tell_pager(pg);
	kxen_pg_wake(pg, index << PAGE_SHIFT);
}

/*
 * Take notices away that say nothing any more, of which there can be one for each frame: some in
 * one hold of the lock. Is there one then? -EAGAIN: that is not known yet. Locked.
 */
static int skip_overtaken(struct kxen_pager *pg)
{
	struct kxen_pager_event ev;
	struct kxen_pg_entry *e;
	u32 i;

	for (i = 0; i < KXEN_PG_SKIP; i++) {
		if (kxen_pg_told(&pg->book))
			return true;
		if (!kxen_pg_read(&pg->book, &e, &ev))
			return false;
		free_if_free(pg, e);
	}
	return -EAGAIN;
}

/* Is there a notice for the pager to read? Context: may take the lock, and rests between. */
bool kxen_pg_has_notice(struct kxen_pager *pg)
{
	int has;

	do {
		spin_lock(&pg->lock);
		has = skip_overtaken(pg);
		spin_unlock(&pg->lock);
		cond_resched();
	} while (has == -EAGAIN);
	return has;
}

/* The next one: false if there is none. Likewise. */
bool kxen_pg_next_notice(struct kxen_pager *pg, struct kxen_pager_event *ev)
{
	return kxen_pg_next_notice_but(pg, ev, NULL, 0);
}

static bool is_among(u64 want, const u64 *gfn, u32 nr)
{
	while (nr-- > 0)
		if (gfn[nr] == want)
			return true;
	return false;
}

/*
 * The same for who has told of these frames, and has no answer yet: another notice of one waits
 * for that, and with it those behind it.
 */
bool kxen_pg_next_notice_but(struct kxen_pager *pg, struct kxen_pager_event *ev, const u64 *gfn,
			     u32 nr)
{
	struct kxen_pg_entry *e;
	int has;

	do {
		spin_lock(&pg->lock);
		has = skip_overtaken(pg);
		if (has == 1 && is_among(pg->book.first->gfn, gfn, nr))
			has = 0;
		if (has == 1 && kxen_pg_read(&pg->book, &e, ev))
			free_if_free(pg, e);
		spin_unlock(&pg->lock);
		cond_resched();
	} while (has == -EAGAIN);
	return has;
}

/*
 * Has the VMM given this page up, which the pager does not know yet? Then it need not know it: what
 * it does is as good as done. Context: may take the lock.
 */
bool kxen_pg_forgive_drop(struct kxen_pager *pg, u64 gfn)
{
	struct kxen_pg_entry *e;
	bool forgiven = false;

	spin_lock(&pg->lock);
	e = xa_load(&pg->by_gfn, gfn);
	if (e && e->state == KXEN_PG_GONE && e->notice & KXEN_PAGING_DROP) {
		e->notice &= KXEN_PG_QUEUED;
		forgiven = true;
	}
	spin_unlock(&pg->lock);
	return forgiven;
}

/* An entry goes with all that leads to it. Locked. */
static void free_one(struct kxen_pager *pg, struct kxen_pg_entry *e)
{
	/* Nobody reads notices any more, but who comes late may still make one. */
	pg->book.first = NULL;
	pg->book.last = NULL;
	if (e->state != KXEN_PG_GONE)
		xa_erase(&pg->by_index, e->index);
	if (kxen_pg_frame(e))
		kxen_mark_free_frame(e->frame);
	xa_erase(&pg->by_gfn, e->gfn);
	kxen_pg_forget(&pg->book, e);
	kfree(e);
}

/*
 * The end: frames that could not be put back go. Context: may sleep; the pager is dead, in no list,
 * and its notifier is gone. Who has found it before may look still, and finds an entry in both
 * arrays or in none; there can be too many for one hold of the lock. Return: how many pages were
 * out.
 */
u32 kxen_pg_free_all(struct kxen_pager *pg)
{
	struct kxen_pg_entry *e;
	unsigned long i;
	u32 out;

	spin_lock(&pg->lock);
	out = pg->book.nr[KXEN_PG_OUT];
	spin_unlock(&pg->lock);
	xa_for_each(&pg->by_gfn, i, e) {
		spin_lock(&pg->lock);
		/* It was found without the lock: again. */
		e = xa_load(&pg->by_gfn, i);
		if (e)
			free_one(pg, e);
		spin_unlock(&pg->lock);
		cond_resched();
	}
	return out;
}
