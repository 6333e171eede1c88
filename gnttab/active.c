// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants in use (D25 to D29, D45, D46, D73).
 *
 * The first user has the granter's page held, the last one lets it go. A page may be long in
 * coming, if it does so at all: it is waited for with no lock, and then everything is looked at
 * again. Once held, it is what all users of the grant see, whatever the entry says by then.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/mm.h>

#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/p2m_hole.h"
#include "use.h"

#define RETRIES	4	/* for an entry that changes while its page is brought */

/* Not GNTST_*: what is missing for the next attempt. */
#define NEED_PAGE	1
#define AGAIN		2

/* --- the lock of an active entry ------------------------------------------------------- */

#ifdef CONFIG_DEBUG_LOCK_ALLOC
static struct lock_class_key active_key;
static struct lockdep_map active_map = STATIC_LOCKDEP_MAP_INIT("kxen_gnt_active", &active_key);
#define active_acquire()	lock_map_acquire(&active_map)
#define active_release()	lock_map_release(&active_map)
#else
#define active_acquire()
#define active_release()
#endif

/* No two at once. Context: the table's lock held for reading; preemption is off until the end. */
void kxen_gnt_lock(struct kxen_gnt_active *a) __acquires(bitlock)
{
	active_acquire();
	bit_spin_lock(KXEN_GNT_LOCK, &a->word);
}

/* What else is in the word changes under the lock alone: no other atomic operation is needed. */
void kxen_gnt_unlock(struct kxen_gnt_active *a) __releases(bitlock)
{
	active_release();
	__bit_spin_unlock(KXEN_GNT_LOCK, &a->word);
}

static void set_place(struct kxen_gnt_active *a, const struct kxen_gnt_place *p)
{
	a->word = BIT(KXEN_GNT_LOCK) | (p->part ? KXEN_GNT_PART : 0) |
		(unsigned long)p->start << KXEN_GNT_START |
		(unsigned long)p->gfn << KXEN_GNT_GFN;
	a->length = p->length;
}

static struct kxen_gnt_place place_of(const struct kxen_gnt_active *a)
{
	return (struct kxen_gnt_place) {
		.gfn = a->word >> KXEN_GNT_GFN,
		.start = a->word >> KXEN_GNT_START,
		.length = a->length,
		.part = a->word & KXEN_GNT_PART,
	};
}

/* The entry of a reference that is there. The table's lock is held for reading. */
struct kxen_gnt_at kxen_gnt_at(const struct kxen_gnttab *t, u32 ref)
{
	struct kxen_gnt_at at = {
		.d = t->domain,
		.entry = kxen_gnt_entry(t, ref),
		.v2 = t->version == 2,
	};

	at.status = at.v2 ? kxen_gnt_status(t, ref) : at.entry;
	return at;
}

/* --- the granter's page ---------------------------------------------------------------- */

/**
 * struct kxen_gnt_found - what an entry has said, and its page, held for who will use it.
 * @place: what it grants.
 * @generation: of the table, when that was read, or its frame was looked up.
 * @mm: its owner's memory, with a reference; NULL: it is the calling task's.
 * @hva: where it is there.
 * @page: it, held and charged; NULL: not yet.
 * @since: the epoch that it was found in, or before.
 * @waited: it may have been long in coming.
 */
struct kxen_gnt_found {
	struct kxen_gnt_place place;
	u32 generation;
	struct mm_struct *mm;
	unsigned long hva;
	struct page *page;
	u64 since;
	bool waited;
};

/* A page of the host's own, which is held by whoever has granted it; or one of a VMM's. */
static void give_back(struct kxen_domain *d, struct page *page)
{
	if (d->is_host) {
		put_page(page);
		return;
	}
	kxen_memory_unpin(page);
	kxen_memory_uncharge(d);
}

static void forget(struct kxen_domain *d, struct kxen_gnt_found *f)
{
	if (f->page)
		give_back(d, f->page);
	f->page = NULL;
}

/* Is that a page of the module's own which may be granted? */
static bool is_special(const struct kxen_p2m *at)
{
	return at->kind == KXEN_P2M_OWN && at->entry->special;
}

/*
 * Its VMM may have another thing at that address by now, if the frame is not there any more. The
 * table's lock keeps the VM, as its granter has not stopped (kxen_gnt_granter_stop()).
 */
static bool is_still_there(struct kxen_domain *d, const struct kxen_gnt_found *f)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, f->place.gfn);
	bool same = f->hva ? at.kind == KXEN_P2M_RAM && at.hva == f->hva :
			     is_special(&at) && at.entry->page == f->page;

	kxen_p2m_put(&at);
	return same;
}

/* It is there at once, and is held as the VMM's pages are. */
static s16 hold_special(struct kxen_domain *d, struct kxen_gnt_found *f, struct page *page)
{
	if (kxen_memory_charge(d))
		return GNTST_general_error;
	if (!kxen_memory_pin_again(page)) {
		kxen_memory_uncharge(d);
		return GNTST_general_error;
	}
	f->page = page;
	f->hva = 0;
	f->since = 0;
	f->waited = false;
	return AGAIN;
}

static s16 find_in(struct kxen_domain *d, struct kxen_gnt_found *f, const struct kxen_p2m *at)
{
	struct mm_struct *mm;

	if (at->kind == KXEN_P2M_OUT)
		return GNTST_eagain;
	if (is_special(at))
		return hold_special(d, f, at->entry->page);
	if (at->kind != KXEN_P2M_RAM)
		return GNTST_bad_page;
	if (kxen_p2m_is_out(d, f->place.gfn))
		return GNTST_eagain;
	mm = kxen_glue_vm_mm(d->kvm);
	f->hva = at->hva;
	f->mm = NULL;
	if (mm == current->mm)
		return NEED_PAGE;
	if (!mmget_not_zero(mm))
		return GNTST_bad_page;
	f->mm = mm;
	return NEED_PAGE;
}

/* Where the frame is (D27). */
static s16 find(struct kxen_domain *d, struct kxen_gnt_found *f)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, f->place.gfn);
	s16 st = find_in(d, f, &at);

	kxen_p2m_put(&at);
	return st;
}

/* No lock held. @f is what find() has left. */
static s16 bring(struct kxen_gnt_use *u, struct kxen_gnt_found *f, enum kxen_gnt_wait wait)
{
	struct kxen_domain *d = u->granter;
	int ret = kxen_memory_charge(d);
	u32 gaps = u->v ? u->v->gaps : 0;

	if (!ret) {
		ret = wait == KXEN_GNT_WAITS ?
		      kxen_memory_wait(u->v, f->mm, f->hva, &f->page) :
		      kxen_memory_pin(f->mm, f->hva, false, &f->page);
		if (ret) {
			f->page = NULL;
			kxen_memory_uncharge(d);
		}
	}
	/* Its VMM may have gone: its memory, and its requests to disks, are not ours to end. */
	if (f->mm)
		mmput_async(f->mm);
	f->mm = NULL;
	f->waited = !u->v || u->v->gaps != gaps;
	/* A page that has come where the guest has none any more is not what it granted. */
	if (!ret && kxen_p2m_became_hole(d, f->place.gfn)) {
		forget(d, f);
		return GNTST_bad_page;
	}
	if (!ret)
		return AGAIN;
	if (ret == -EAGAIN)
		return GNTST_eagain;
	return ret == -EINVAL ? GNTST_bad_page : GNTST_general_error;
}

/* --- acquiring ------------------------------------------------------------------------- */

static void use(struct kxen_gnt_use *u, struct kxen_gnt_active *a)
{
	a->pin += u->one;
	u->page = a->page;
	u->place = place_of(a);
}

/* It is in use already. */
static s16 take_pinned(struct kxen_gnt_active *a, struct kxen_gnt_at at,
		       const struct kxen_gnt_want *want, struct kxen_gnt_use *u)
{
	struct kxen_gnt_place was = place_of(a), now;
	struct kxen_gnt_want w = *want;

	/* A transitive one in use has no page; if it is an entry like others by now, it waits. */
	if (a->domid != want->domid || kxen_pin_full(a->pin, u->one) ||
	    (want->whole && was.part) || (a->word & KXEN_GNT_VIA))
		return GNTST_general_error;
	w.pinned = true;
	if (want->write && !kxen_pin_written(a->pin)) {
		/* A copy that comes to write takes what its first part has taken (XSA-500). */
		now = kxen_gnt_where(at);
		if (!want->whole && !kxen_gnt_place_same(&was, &now))
			return GNTST_general_error;
		if (!kxen_gnt_set(at, &w))
			return GNTST_general_error;
	}
	use(u, a);
	return GNTST_okay;
}

/* Domain 0 grants what it holds, and nobody else writes into its table. */
static void own_page(struct kxen_gnt_found *f)
{
	f->page = pfn_to_page(f->place.gfn);
	get_page(f->page);
}

/* The page that it was the last time. */
static void same_again(struct kxen_gnttab *t, const struct kxen_gnt_active *a,
		       const struct kxen_gnt_place *now, struct kxen_gnt_found *f)
{
	f->page = kxen_gnt_again(t, a, now->gfn);
	f->place = *now;
	f->generation = t->generation;
	f->since = a->since;
}

/*
 * The first user's: the guest is told, and what is granted is looked at again. @f's page is the
 * entry's then.
 */
static s16 claim_page(struct kxen_gnt_active *a, struct kxen_gnt_at at,
		      const struct kxen_gnt_want *want, struct kxen_gnt_use *u,
		      struct kxen_gnt_found *f)
{
	struct kxen_gnt_place now;

	if (!kxen_gnt_set(at, want))
		return GNTST_general_error;
	/* The frame is what is granted as of now. */
	now = kxen_gnt_where(at);
	if (!kxen_gnt_place_same(&f->place, &now)) {
		kxen_gnt_clear(at, want->write, true);
		return AGAIN;
	}
	a->page = f->page;
	a->since = f->since;
	f->page = NULL;
	a->domid = want->domid;
	set_place(a, &now);
	use(u, a);
	return GNTST_okay;
}

/* The first user. */
static s16 take_new(struct kxen_gnttab *t, struct kxen_gnt_active *a, struct kxen_gnt_at at,
		    const struct kxen_gnt_want *want, struct kxen_gnt_use *u,
		    struct kxen_gnt_found *f)
{
	struct kxen_gnt_place now = kxen_gnt_where(at);

	if (!kxen_gnt_allows(kxen_gnt_header(at), want))
		return GNTST_general_error;
	if (now.gfn > KXEN_P2M_MAX_GFN)
		return GNTST_bad_page;
	if (!f->page)
		same_again(t, a, &now, f);
	if (!f->page || !kxen_gnt_place_same(&f->place, &now)) {
		f->place = now;
		f->generation = t->generation;
		if (!t->domain->is_host)
			return NEED_PAGE;
		own_page(f);
	}
	return claim_page(a, at, want, u, f);
}

static s16 take(struct kxen_gnttab *t, const struct kxen_gnt_want *want, struct kxen_gnt_use *u,
		struct kxen_gnt_found *f)
{
	struct kxen_gnt_active *a = kxen_gnt_active(t, u->ref);
	struct kxen_gnt_at at;
	s16 st;

	kxen_gnt_lock(a);
	at = kxen_gnt_at(t, u->ref);
	u->header = kxen_gnt_header(at);
	st = a->pin ? take_pinned(a, at, want, u) : take_new(t, a, at, want, u, f);
	kxen_gnt_unlock(a);
	return st;
}

/* One attempt, all under the table's lock. */
static s16 attempt(struct kxen_gnttab *t, const struct kxen_gnt_want *want,
		   struct kxen_gnt_use *u, struct kxen_gnt_found *f)
{
	struct kxen_domain *d = u->granter;
	u32 nr = kxen_gnt_nr_refs(t);
	struct page *stale;
	s16 st;

	if (!d->is_host && (READ_ONCE(d->state) == KXEN_DYING || !READ_ONCE(d->kvm)))
		return GNTST_bad_domain;
	if (u->ref >= nr)
		return GNTST_bad_gntref;
	u->ref = array_index_nospec(u->ref, nr);
	/* A guest that switches versions all the time must not keep others from what it grants. */
	if (f->page && !d->is_host && (f->waited || f->generation != t->generation)) {
		f->generation = t->generation;
		if (!is_still_there(d, f))
			forget(d, f);
	}
	stale = f->page;
	st = take(t, want, u, f);
	if (st != NEED_PAGE)
		return st;
	f->page = NULL;
	f->since = kxen_gnt_epoch(t);
	st = find(d, f);
	if (stale)
		give_back(d, stale);
	return st;
}

/**
 * kxen_gnt_acquire() - Use a grant.
 * @u: granter, held or referenced, and reference, which is not trusted; the rest is filled in.
 * @want: by whom, for what.
 * @wait: if its page is not there.
 *
 * If the caller's guest has begun anew while this waited, what was asked for is nobody's wish any
 * more, and what is at the caller's frames is another guest's.
 * Context: no lock held but, with KXEN_GNT_NO_WAIT, the calling process's mmap_lock; may sleep,
 * KVM's SRCU being given up meanwhile: see kxen_memory_wait().
 * Return: GNTST_*; if it is GNTST_okay, kxen_gnt_release() ends it.
 */
s16 kxen_gnt_acquire(struct kxen_gnt_use *u, const struct kxen_gnt_want *want,
		     enum kxen_gnt_wait wait)
{
	struct kxen_gnttab *t = u->granter->gnttab;
	struct kxen_gnt_found f = { };
	s16 st = AGAIN;
	u32 i;

	u->one = kxen_pin_one(want->write);
	for (i = 0; i < RETRIES && st == AGAIN; i++) {
		percpu_down_read(&t->lock);
		st = attempt(t, want, u, &f);
		percpu_up_read(&t->lock);
		if (st == NEED_PAGE)
			st = bring(u, &f, wait);
	}
	forget(u->granter, &f);
	if (st == GNTST_okay && u->v && kxen_gnt_outlived(u->v)) {
		kxen_gnt_release(u);
		st = GNTST_general_error;
	}
	return st == AGAIN ? GNTST_general_error : st;
}

/* --- giving back ----------------------------------------------------------------------- */

/* One user less, and the guest is told what has ended by that. */
static void end_use(struct kxen_gnt_active *a, struct kxen_gnt_at at, u32 one)
{
	bool wrote = kxen_pin_written(a->pin);

	a->pin -= one;
	kxen_gnt_clear(at, wrote && !kxen_pin_written(a->pin), !a->pin);
}

/*
 * Its status is where the table has it now: the version may have changed (XSA-501, -517), and
 * then the reference may be in no frame any more.
 */
static struct page *drop(struct kxen_gnttab *t, struct kxen_gnt_active *a,
			 const struct kxen_gnt_use *u)
{
	if (u->ref < kxen_gnt_nr_refs(t))
		end_use(a, kxen_gnt_at(t, u->ref), u->one);
	else
		a->pin -= u->one;
	return a->pin ? NULL : a->page;
}

/* Before the granter can see that it is free. The table's lock keeps the VM, as in find(). */
static void mark_dirty(struct kxen_domain *d, const struct kxen_gnt_use *u,
		       const struct kxen_gnt_active *a)
{
	/* Of a grant in use it stays what it is. */
	u64 gfn = READ_ONCE(a->word) >> KXEN_GNT_GFN;

	if (!(u->one & KXEN_PIN_WRITERS) || d->is_host || READ_ONCE(d->state) == KXEN_DYING ||
	    (READ_ONCE(a->word) & KXEN_GNT_VIA))
		return;
	kxen_glue_gfn_dirty(d->kvm, kxen_gfn_to_kvm(gfn));
}

/**
 * kxen_gnt_release() - Use it no more.
 * @u: what kxen_gnt_acquire() has filled in; the granter is still held or referenced.
 *
 * Nothing reaches the page by this use any more: what was mapped is flushed.
 * Context: may sleep; waits for nobody outside the kernel.
 */
void kxen_gnt_release(const struct kxen_gnt_use *u)
{
	struct kxen_gnttab *t = u->granter->gnttab;
	struct kxen_gnt_active *a;
	struct page *page;

	percpu_down_read(&t->lock);
	a = kxen_gnt_active(t, u->ref);
	mark_dirty(u->granter, u, a);
	kxen_gnt_lock(a);
	page = drop(t, a, u);
	kxen_gnt_unlock(a);
	percpu_up_read(&t->lock);
	if (page)
		give_back(u->granter, page);
}

/* --- for as long as a copy takes --------------------------------------------------------- */

static bool move_brief(const struct kxen_gnt_use *u, bool write, const struct kxen_gnt_bytes *b)
{
	struct kxen_gptr at = kxen_gptr_page(u->page, b->offset);

	if (!kxen_gnt_in_part(&u->place, b->offset, b->len))
		return false;
	barrier_nospec();
	return write ? kxen_guest_from_user(at, b->user, b->len) :
		       kxen_guest_to_user(b->user, at, b->len);
}

/* A user for as long as the lock is held: *@page is NULL, or has a reference. */
static bool take_briefly(struct kxen_gnttab *t, struct kxen_gnt_active *a, struct kxen_gnt_at at,
			 const struct kxen_gnt_want *want, struct kxen_gnt_use *u,
			 struct kxen_mem_state *s, struct page **page)
{
	struct kxen_gnt_found f;

	/* Who has it in use has the page held, and cannot give it back before he has the lock. */
	if (a->pin)
		return take_pinned(a, at, want, u) == GNTST_okay;
	f.place = kxen_gnt_where(at);
	f.since = a->since;
	f.page = kxen_gnt_again_briefly(t, a, f.place.gfn, s);
	*page = f.page;
	return f.page && claim_page(a, at, want, u, &f) == GNTST_okay;
}

/* The copy was made, and what it wrote is in the granter's memory. *@page is for put_page(). */
static bool copy_locked(struct kxen_gnttab *t, struct kxen_gnt_active *a, struct kxen_gnt_use *u,
			const struct kxen_gnt_want *want, const struct kxen_gnt_bytes *b,
			struct page **page)
{
	struct kxen_gnt_at at = kxen_gnt_at(t, u->ref);
	struct kxen_mem_state s;
	bool done;

	if (!take_briefly(t, a, at, want, u, &s, page))
		return false;
	/*
	 * Who makes it a hole is seen; or he does so later, and does not find it held. Then he
	 * gives the page back, which is seen below, or keeps it with what is written here.
	 */
	done = !(*page && kxen_p2m_became_hole(t->domain, u->place.gfn)) &&
	       move_brief(u, want->write, b);
	mark_dirty(t->domain, u, a);
	end_use(a, at, u->one);
	/*
	 * Its owner may have taken the page out of his memory, or have made a copy of it, since
	 * it was found. end_use() has cleared a bit of the guest's: a full barrier behind what was
	 * written.
	 */
	if (want->write && *page)
		done = done && kxen_memory_is_dirty(*page) && kxen_gnt_memory_same(t, &s);
	return done;
}

/**
 * kxen_gnt_copy_briefly() - Copy from or to a grant, without holding its page.
 * @u: granter, referenced, vCPU and reference, which is not trusted.
 * @want: by whom; @want->write: to the grant.
 * @b: what.
 *
 * All under the entry's lock, where the guest sees that the grant is in use as for any other use.
 * It wants a page that is held already, or is the one of before (again.c), and memory of the
 * caller's that is there. Whatever is otherwise, also what is wrong, is for kxen_gnt_acquire().
 * Context: the calling task's own thread; KVM's SRCU held if @u->v is; waits for nobody.
 * Return: true: it was done; false: nothing says whether it was, in part.
 */
bool kxen_gnt_copy_briefly(struct kxen_gnt_use *u, const struct kxen_gnt_want *want,
			   const struct kxen_gnt_bytes *b)
{
	struct kxen_domain *d = u->granter;
	struct kxen_gnttab *t = d->gnttab;
	struct kxen_gnt_active *a;
	struct page *page = NULL;
	bool done = false;
	u32 nr;

	if (d->is_host || (u->v && kxen_gnt_outlived(u->v)))
		return false;
	u->one = kxen_pin_one(want->write);
	percpu_down_read(&t->lock);
	nr = kxen_gnt_nr_refs(t);
	if (u->ref < nr && READ_ONCE(d->state) != KXEN_DYING && READ_ONCE(d->kvm)) {
		u->ref = array_index_nospec(u->ref, nr);
		a = kxen_gnt_active(t, u->ref);
		kxen_gnt_lock(a);
		done = copy_locked(t, a, u, want, b, &page);
		kxen_gnt_unlock(a);
	}
	percpu_up_read(&t->lock);
	if (page)
		put_page(page);
	return done;
}

/**
 * kxen_gnt_granter_stop() - Nobody looks into the granter's VM from now on.
 * @d: the domain, dying.
 *
 * What is in use stays, with its pages (D101). Context: may sleep.
 */
void kxen_gnt_granter_stop(struct kxen_domain *d)
{
	/* There is none: thousands of such domains can go at once, each for a grace period. */
	if (!READ_ONCE(d->kvm))
		return;
	/* Whoever has seen it alive has its table's lock. */
	percpu_down_write(&d->gnttab->lock);
	percpu_up_write(&d->gnttab->lock);
}
