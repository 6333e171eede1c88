// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is placed over frames of a guest, instead of the VMM's memory: a table for each domain,
 * in which parts put entries of their own, or another domain's pages as they are.
 *
 * Chunks of neighbouring frames, by number. Who maps and unmaps page after page finds them
 * there: the first ones stay while the domain lives. Beyond these an empty chunk goes, so that
 * there are never more than that, and one for each word that is not 0: how many of those a guest
 * can have made is for the part to say that places them.
 *
 * Words are set and taken by cmpxchg, read under RCU: pages are mapped without a lock. Entries
 * come and go under p2m_lock. A domain that has nothing placed is asked no further: p2m_placed
 * is all that is looked at (kxen_p2m_any()). In one that has, most frames are in chunks where
 * nothing ever was, which a bit says (kxen_p2m_near_any()).
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "kxen.h"
#include "p2m.h"

#define CHUNK_SHIFT	KXEN_P2M_CHUNK
#define CHUNK		BIT(CHUNK_SHIFT)
#define KEEP		64	/* chunks that stay, empty or not: 128 MiB of frames */

/**
 * struct kxen_p2m_chunk - neighbouring frames.
 * @nr: its number.
 * @word: of each, see p2m.h; CHUNK of them.
 * @used: words that are not 0 or about to be set, who looks through all of it, and one if it
 *	stays. With the last one it goes, in the same step with xa_lock held.
 * @stays: until the domain ends; p2m_lock, once it is published.
 * @cover: what KVM was told of it.
 * @rcu: it is freed after a grace period.
 */
struct kxen_p2m_chunk {
	unsigned long nr;
	unsigned long *word;
	atomic_t used;
	bool stays;
	struct kxen_cover cover;
	struct rcu_head rcu;
};

static_assert(__alignof__(struct kxen_p2m_entry) > (KXEN_P2M_MAPPED | KXEN_P2M_MAPPED_RO));

void kxen_p2m_init(struct kxen_domain *d)
{
	mutex_init(&d->p2m_lock);
	mutex_init(&d->p2m_view_lock);
	xa_init_flags(&d->p2m_chunks, XA_FLAGS_ACCOUNT);
}

/* --- chunks -------------------------------------------------------------------------- */

/* The place of a chunk in the short list, for those that are looked for again and again. */
static struct kxen_p2m_chunk **near_of(struct kxen_domain *d, unsigned long nr)
{
	return &d->p2m_near[hash_32(nr, KXEN_P2M_NEAR_SHIFT)];
}

/* Context: an RCU reader's section. */
static struct kxen_p2m_chunk *load_chunk(struct kxen_domain *d, unsigned long nr)
{
	/* Pairs with the release in find_chunk(). */
	struct kxen_p2m_chunk *c = smp_load_acquire(near_of(d, nr));

	return c && c->nr == nr ? c : xa_load(&d->p2m_chunks, nr);
}

static struct kxen_p2m_chunk *find_chunk(struct kxen_domain *d, unsigned long nr)
{
	struct kxen_p2m_chunk *c;

	rcu_read_lock();
	c = load_chunk(d, nr);
	if (c && !atomic_inc_not_zero(&c->used))
		c = NULL;
	rcu_read_unlock();
	/* Its last use, which takes it out of there again, is ours as yet. */
	if (c && READ_ONCE(*near_of(d, nr)) != c)
		smp_store_release(near_of(d, nr), c);	/* pairs with the acquire in load_chunk() */
	return c;
}

static void free_chunk(struct kxen_p2m_chunk *c)
{
	kfree(c->word);
	kfree(c);
}

static void free_chunk_rcu(struct rcu_head *rcu)
{
	free_chunk(container_of(rcu, struct kxen_p2m_chunk, rcu));
}

/* The module goes: none of the above is under way. */
void kxen_p2m_exit(void)
{
	rcu_barrier();
}

static void put_chunk(struct kxen_domain *d, unsigned long nr, struct kxen_p2m_chunk *c)
{
	if (!atomic_dec_and_lock(&c->used, &d->p2m_chunks.xa_lock))
		return;
	/* First: who finds no chunk there may make another one, and that must be found then. */
	cmpxchg(near_of(d, nr), c, NULL);
	__xa_erase(&d->p2m_chunks, nr);
	xa_unlock(&d->p2m_chunks);
	atomic_dec(&d->p2m_nr_chunks);
	call_rcu(&c->rcu, free_chunk_rcu);
}

static struct kxen_p2m_chunk *new_chunk(struct kxen_domain *d, unsigned long nr)
{
	struct kxen_p2m_chunk *c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	if (!c)
		return NULL;
	c->word = kcalloc(CHUNK, sizeof(*c->word), GFP_KERNEL_ACCOUNT);
	if (!c->word) {
		kfree(c);
		return NULL;
	}
	c->nr = nr;
	c->stays = atomic_inc_return(&d->p2m_nr_chunks) <= KEEP;
	atomic_set(&c->used, c->stays ? 2 : 1);
	return c;
}

/* None has @nr, unless somebody else makes it now. */
static struct kxen_p2m_chunk *make_chunk(struct kxen_domain *d, unsigned long nr)
{
	struct kxen_p2m_chunk *c = new_chunk(d, nr), *was, *other = NULL;

	if (!c)
		return NULL;
	/* For good. Before there is a word: who finds none by it has not been told of one. */
	set_bit(kxen_p2m_seen_bit(nr), d->p2m_seen);
	do {
		was = xa_cmpxchg(&d->p2m_chunks, nr, NULL, c, GFP_KERNEL_ACCOUNT);
		if (!was)
			return c;
		/* One that is there may have gone by now. */
		if (!xa_is_err(was))
			other = find_chunk(d, nr);
	} while (!xa_is_err(was) && !other);
	atomic_dec(&d->p2m_nr_chunks);
	free_chunk(c);
	return other;
}

static struct kxen_p2m_chunk *get_chunk(struct kxen_domain *d, unsigned long nr)
{
	return find_chunk(d, nr) ?: make_chunk(d, nr);
}

/* --- words --------------------------------------------------------------------------- */

/* The word of a frame, NULL if there is none. Context: an RCU reader's section. */
unsigned long *kxen_p2m_slot(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m_chunk *c = load_chunk(d, gfn >> CHUNK_SHIFT);

	return c ? &c->word[gfn & (CHUNK - 1)] : NULL;
}

/**
 * kxen_p2m_word() - What the table has for a frame.
 * @d: the domain.
 * @gfn: the frame, not trusted.
 *
 * Nothing is held of it: it says whether something is there.
 * Context: any that may be in an RCU reader's section.
 * Return: the word, 0 for nothing.
 */
unsigned long kxen_p2m_word(struct kxen_domain *d, u64 gfn)
{
	unsigned long *slot, word = 0;

	if (!kxen_p2m_near_any(d, gfn) || gfn > KXEN_P2M_MAX_GFN)
		return 0;
	rcu_read_lock();
	slot = kxen_p2m_slot(d, gfn);
	if (slot)
		word = READ_ONCE(*slot);
	rcu_read_unlock();
	return word;
}

/**
 * kxen_p2m_set_word() - Put a word where there is none.
 * @d: the domain.
 * @gfn: the frame, one that a machine can have.
 * @word: the word.
 *
 * On return the guest finds it there; where KVM has no slot, when the hypercall ends whose thread
 * this is, or a vCPU comes by.
 * Context: may sleep; pin_lock is not held.
 * Return: 0; -EEXIST, also for a device of KVM's; -ENOMEM, also if the guest has things in too many
 * regions where the VMM has nothing; -EINVAL in a domain whose memory stays as it is.
 */
int kxen_p2m_set_word(struct kxen_domain *d, u64 gfn, unsigned long word)
{
	struct kxen_p2m_chunk *c;
	int ret;

	if (d->as_it_is)
		return -EINVAL;
	c = get_chunk(d, gfn >> CHUNK_SHIFT);
	if (!c)
		return -ENOMEM;
	ret = kxen_p2m_cover(d, gfn, word, &c->cover);
	/* Before it is there: who finds it has looked at this first. */
	atomic_inc(&d->p2m_placed);
	if (ret >= 0 && cmpxchg(&c->word[gfn & (CHUNK - 1)], 0, word))
		ret = -EEXIST;
	/* What was placed there before is on its way out: who takes it away zaps it. */
	if (!ret)
		kxen_p2m_zap(d, &gfn, 1);
	if (ret >= 0)
		return 0;
	atomic_dec(&d->p2m_placed);
	put_chunk(d, gfn >> CHUNK_SHIFT, c);
	return ret;
}

/* An entry is taken away; its word goes next. */
static void unsave(struct kxen_domain *d, const struct kxen_p2m_entry *e)
{
	lockdep_assert_held(&d->p2m_lock);
	if (e->saved)
		WRITE_ONCE(d->p2m_saved, d->p2m_saved - 1);
}

/* A word of @c has become 0. */
static void cleared(struct kxen_domain *d, u64 gfn, struct kxen_p2m_chunk *c)
{
	atomic_dec(&d->p2m_placed);
	put_chunk(d, gfn >> CHUNK_SHIFT, c);
}

/**
 * kxen_p2m_take_page() - Take the word of a mapped page away.
 * @d: the domain.
 * @gfn: the frame, one that a machine can have.
 * @page: the page.
 *
 * Context: any that may be in an RCU reader's section, not interrupts.
 * Return: what it was; 0 if not exactly this page is mapped there.
 */
unsigned long kxen_p2m_take_page(struct kxen_domain *d, u64 gfn, const struct page *page)
{
	struct kxen_p2m_chunk *c;
	unsigned long word = 0, *slot;

	rcu_read_lock();
	c = load_chunk(d, gfn >> CHUNK_SHIFT);
	slot = c ? &c->word[gfn & (CHUNK - 1)] : NULL;
	if (slot)
		word = READ_ONCE(*slot);
	do {
		if (!(word & KXEN_P2M_MAPPED) || kxen_p2m_word_page(word) != page)
			word = 0;
	} while (word && !try_cmpxchg(slot, &word, 0));
	/* As long as the word's use is not given back it is there. */
	if (word)
		cleared(d, gfn, c);
	rcu_read_unlock();
	return word;
}

/* --- looking ------------------------------------------------------------------------- */

/**
 * kxen_p2m_entry_get() - The entry that is placed over a frame.
 * @d: the domain.
 * @gfn: the frame, not trusted.
 *
 * Context: any that may be in an RCU reader's section.
 * Return: the entry, with a reference for kxen_p2m_entry_put(), or NULL, also where a page is
 * mapped, which has none.
 */
struct kxen_p2m_entry *kxen_p2m_entry_get(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m_entry *e = NULL;
	unsigned long *slot, word;

	if (!kxen_p2m_near_any(d, gfn) || gfn > KXEN_P2M_MAX_GFN)
		return NULL;
	rcu_read_lock();
	slot = kxen_p2m_slot(d, gfn);
	/* Pairs with the cmpxchg() that has put it there. */
	word = slot ? smp_load_acquire(slot) : 0;
	if (!(word & KXEN_P2M_MAPPED))
		e = (struct kxen_p2m_entry *)word;
	/* One on its way out is not there any more. */
	if (e && !refcount_inc_not_zero(&e->ref))
		e = NULL;
	rcu_read_unlock();
	return e;
}

/* Context: as the entry's release. */
void kxen_p2m_entry_put(struct kxen_p2m_entry *e)
{
	if (refcount_dec_and_test(&e->ref))
		e->release(e);
}

/* --- placing ------------------------------------------------------------------------- */

static int place(struct kxen_domain *d, u64 gfn, struct kxen_p2m_entry *e)
{
	int ret = -ESHUTDOWN;

	lockdep_assert_held(&d->p2m_lock);
	if (!d->p2m_closed)
		ret = kxen_p2m_set_word(d, gfn, (unsigned long)e);
	if (!ret && e->saved)
		WRITE_ONCE(d->p2m_saved, d->p2m_saved + 1);
	return ret;
}

/**
 * kxen_p2m_place() - Put something over a guest's frame.
 * @d: the domain, not that of the host.
 * @gfn: the frame, not trusted.
 * @e: what; all that is public filled in, and new. On failure it is the caller's as before.
 *
 * It has two users then: the frame, and the caller, who gives his reference up when he will not
 * look at it any more, be it for kxen_p2m_take() (kxen_p2m_entry_put()). The frame's may be gone
 * already: the guest can take it away.
 * What is registered at that frame stays where it is, as on Xen: in the page that was there.
 * Context: may sleep; below any mutex, pin_lock is not held.
 * Return: 0; -EINVAL for a frame that no machine has, and in a domain whose memory stays as it is;
 * -EEXIST if something is placed there;
 * -ESHUTDOWN if the domain has died; -ENOMEM.
 */
int kxen_p2m_place(struct kxen_domain *d, u64 gfn, struct kxen_p2m_entry *e)
{
	int ret;

	if (gfn > KXEN_P2M_MAX_GFN)
		return -EINVAL;
	refcount_set(&e->ref, 2);
	e->pins = 0;
	mutex_lock(&d->p2m_lock);
	ret = place(d, gfn, e);
	mutex_unlock(&d->p2m_lock);
	return ret;
}

/* --- pages of the module's own ------------------------------------------------------------- */

struct own_page {
	struct kxen_p2m_entry entry;
	struct rcu_head rcu;
};

static void own_release(struct kxen_p2m_entry *e)
{
	struct own_page *p = container_of(e, struct own_page, entry);

	put_page(e->page);
	kfree_rcu(p, rcu);
}

/**
 * kxen_p2m_own() - Have a page of the module's own, to place it over a frame.
 * @page: the page, of which the entry takes a reference.
 * @offset: where in it.
 *
 * The guest may take it away, and a record of the caller's has it, unless he changes that. If it is
 * not placed, its release gives it back.
 * Context: may sleep. Return: the entry; NULL without memory.
 */
struct kxen_p2m_entry *kxen_p2m_own(struct page *page, u32 offset)
{
	struct own_page *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	get_page(page);
	p->entry = (struct kxen_p2m_entry) {
		.kind = KXEN_P2M_OWN, .removable = true, .saved = true, .page = page,
		.offset = offset, .release = own_release,
	};
	return &p->entry;
}

/* --- taking away --------------------------------------------------------------------- */

/*
 * Take away what is at @gfn: @is, or without that what is for the guest to take away. The entry,
 * with the frame's reference, or NULL and an error. A mapped page is none of either.
 */
static struct kxen_p2m_entry *take(struct kxen_domain *d, u64 gfn,
				   const struct kxen_p2m_entry *is, int *ret)
{
	struct kxen_p2m_chunk *c = find_chunk(d, gfn >> CHUNK_SHIFT);
	struct kxen_p2m_entry *e = NULL;
	unsigned long word;

	lockdep_assert_held(&d->p2m_lock);
	*ret = -ENOENT;
	if (!c)
		return NULL;
	word = READ_ONCE(c->word[gfn & (CHUNK - 1)]);
	if (word & KXEN_P2M_MAPPED)
		*ret = is ? -ENOENT : -EBUSY;
	else if (word && (!is || word == (unsigned long)is))
		e = (struct kxen_p2m_entry *)word;
	if (e)
		*ret = is || e->removable ? 0 : -EBUSY;
	if (*ret)
		e = NULL;
	/* Under the lock nobody else takes an entry away. */
	if (e) {
		unsave(d, e);
		WRITE_ONCE(c->word[gfn & (CHUNK - 1)], 0);
		cleared(d, gfn, c);
	}
	put_chunk(d, gfn >> CHUNK_SHIFT, c);
	return e;
}

static int take_and_put(struct kxen_domain *d, u64 gfn, const struct kxen_p2m_entry *is)
{
	struct kxen_p2m_entry *e;
	int ret;

	if (!kxen_p2m_any(d) || gfn > KXEN_P2M_MAX_GFN)
		return -ENOENT;
	mutex_lock(&d->p2m_lock);
	e = take(d, gfn, is, &ret);
	mutex_unlock(&d->p2m_lock);
	if (e) {
		kxen_p2m_zap(d, &gfn, 1);
		kxen_p2m_entry_put(e);
	}
	return ret;
}

/**
 * kxen_p2m_take() - Take away what was placed over a frame: the VMM's memory is back.
 * @d: the domain.
 * @gfn: the frame.
 * @e: what. The caller has a reference to it, and keeps that: kxen_p2m_place()'s, or one of
 *	kxen_p2m_entry_get(). Without one it may have ended, and another be at its address.
 *
 * Whoever holds its page does so still: when it is released nobody does.
 * Context: as kxen_p2m_place(), and as the entry's release.
 * Return: false if it is not there any more, since the guest or a reset has taken it away.
 */
bool kxen_p2m_take(struct kxen_domain *d, u64 gfn, struct kxen_p2m_entry *e)
{
	return !take_and_put(d, gfn, e);
}

/**
 * kxen_p2m_remove() - The guest wants nothing to be placed over a frame.
 * @d: the domain.
 * @gfn: the frame, not trusted.
 *
 * Context: as kxen_p2m_take().
 * Return: 0; -ENOENT if nothing is; -EBUSY if it is not for the guest to take away.
 */
int kxen_p2m_remove(struct kxen_domain *d, u64 gfn)
{
	return take_and_put(d, gfn, NULL);
}

static void each_of_chunk(struct kxen_domain *d, u64 first, struct kxen_p2m_chunk *c,
			  kxen_p2m_fn fn)
{
	unsigned long word;
	u32 i;

	for (i = 0; i < CHUNK; i++) {
		word = READ_ONCE(c->word[i]);
		if (word & KXEN_P2M_MAPPED)
			fn(d, first | i, kxen_p2m_word_page(word), word & KXEN_P2M_MAPPED_RO);
	}
}

/**
 * kxen_p2m_each_mapped() - Look at each frame that another domain's page is mapped over.
 * @d: the domain.
 * @fn: called for each; may sleep. Its page is not held: who unmaps it waits for something that
 *	the caller of this has.
 *
 * Context: may sleep.
 */
void kxen_p2m_each_mapped(struct kxen_domain *d, kxen_p2m_fn fn)
{
	struct kxen_p2m_chunk *c;
	unsigned long nr;

	xa_for_each(&d->p2m_chunks, nr, c) {
		c = find_chunk(d, nr);
		if (!c)
			continue;
		each_of_chunk(d, (u64)nr << CHUNK_SHIFT, c, fn);
		put_chunk(d, nr, c);
		cond_resched();
	}
}

/* The entries of a chunk, on the list. */
static struct kxen_p2m_entry *drop_chunk(struct kxen_domain *d, unsigned long nr,
					 struct kxen_p2m_chunk *c, struct kxen_p2m_entry *list)
{
	struct kxen_p2m_entry *e;
	u32 i;

	lockdep_assert_held(&d->p2m_lock);
	for (i = 0; i < CHUNK; i++) {
		if (!c->word[i] || c->word[i] & KXEN_P2M_MAPPED)
			continue;
		e = (struct kxen_p2m_entry *)c->word[i];
		if (e->special && !d->p2m_closed)
			continue;
		unsave(d, e);
		WRITE_ONCE(c->word[i], 0);
		cleared(d, (u64)nr << CHUNK_SHIFT | i, c);
		e->next = list;
		list = e;
	}
	return list;
}

/**
 * kxen_p2m_drop() - Nothing is placed any more, but for special pages.
 * @d: the domain.
 * @for_good: these, too, nor will anything be.
 *
 * Pages that are mapped stay: whoever has mapped them holds them until he has unmapped them, which
 * he does when the domain's life ends.
 * Takes as long as there are entries: millions, if a part lets a guest have so many.
 * Context: may sleep; pin_lock is not held, nor a lock that anybody waits for.
 */
void kxen_p2m_drop(struct kxen_domain *d, bool for_good)
{
	struct kxen_p2m_entry *e, *list = NULL;
	struct kxen_p2m_chunk *c;
	unsigned long nr;

	mutex_lock(&d->p2m_lock);
	d->p2m_closed |= for_good;
	xa_for_each(&d->p2m_chunks, nr, c) {
		c = find_chunk(d, nr);
		if (!c)
			continue;
		list = drop_chunk(d, nr, c, list);
		if (for_good && c->stays) {
			c->stays = false;
			put_chunk(d, nr, c);
		}
		put_chunk(d, nr, c);
		cond_resched();
	}
	mutex_unlock(&d->p2m_lock);
	if (list)
		kxen_p2m_zap(d, NULL, 0);
	while ((e = list)) {
		list = e->next;
		kxen_p2m_entry_put(e);
		cond_resched();
	}
}

/* The domain is freed. */
void kxen_p2m_free(struct kxen_domain *d)
{
	kxen_p2m_drop(d, true);
	WARN_ON_ONCE(atomic_read(&d->p2m_placed));	/* a part has left pages mapped */
	xa_destroy(&d->p2m_chunks);
	kxen_p2m_view_free(d);
}
