// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is placed over frames of a guest, instead of the VMM's memory: a table for each domain,
 * in which parts put entries of their own.
 *
 * Chunks of neighbouring frames, by number. Who maps and unmaps page after page finds them
 * there: the first ones stay while the domain lives. Beyond these an empty chunk goes, so that
 * there are never more than that, and one for each entry: how many of those a guest can
 * have made is for the part to say that places them.
 *
 * Written under p2m_lock, read under RCU. A domain that has nothing placed is asked no
 * further: p2m_placed is all that is looked at (kxen_p2m_any()).
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "kxen.h"
#include "p2m.h"

#define CHUNK_SHIFT	8
#define CHUNK		BIT(CHUNK_SHIFT)
#define KEEP		64	/* chunks that stay, empty or not: 64 MiB of frames */

struct kxen_p2m_chunk {
	struct kxen_p2m_entry __rcu *entry[CHUNK];
	u32 used;
	struct rcu_head rcu;
};

void kxen_p2m_init(struct kxen_domain *d)
{
	mutex_init(&d->p2m_lock);
	xa_init_flags(&d->p2m_chunks, XA_FLAGS_ACCOUNT);
}

/* --- looking ------------------------------------------------------------------------- */

/**
 * kxen_p2m_entry_get() - What is placed over a frame.
 * @d: the domain.
 * @gfn: the frame, not trusted.
 *
 * Context: any that may be in an RCU reader's section.
 * Return: the entry, with a reference for kxen_p2m_entry_put(), or NULL.
 */
struct kxen_p2m_entry *kxen_p2m_entry_get(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m_entry *e = NULL;
	struct kxen_p2m_chunk *c;

	if (!kxen_p2m_any(d) || gfn > KXEN_P2M_MAX_GFN)
		return NULL;
	rcu_read_lock();
	c = xa_load(&d->p2m_chunks, gfn >> CHUNK_SHIFT);
	if (c)
		e = rcu_dereference(c->entry[gfn & (CHUNK - 1)]);
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

static struct kxen_p2m_chunk *make_chunk(struct kxen_domain *d, unsigned long nr)
{
	struct kxen_p2m_chunk *c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	lockdep_assert_held(&d->p2m_lock);
	if (!c)
		return NULL;
	if (xa_err(xa_store(&d->p2m_chunks, nr, c, GFP_KERNEL_ACCOUNT))) {
		kfree(c);
		return NULL;
	}
	d->p2m_nr_chunks++;
	return c;
}

static int place(struct kxen_domain *d, u64 gfn, struct kxen_p2m_entry *e)
{
	struct kxen_p2m_chunk *c;

	lockdep_assert_held(&d->p2m_lock);
	if (d->p2m_closed)
		return -ESHUTDOWN;
	c = xa_load(&d->p2m_chunks, gfn >> CHUNK_SHIFT) ?: make_chunk(d, gfn >> CHUNK_SHIFT);
	if (!c)
		return -ENOMEM;
	if (rcu_access_pointer(c->entry[gfn & (CHUNK - 1)]))
		return -EEXIST;
	rcu_assign_pointer(c->entry[gfn & (CHUNK - 1)], e);
	c->used++;
	WRITE_ONCE(d->p2m_placed, d->p2m_placed + 1);
	return 0;
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
 * Return: 0; -EINVAL for a frame that no machine has; -EEXIST if something is placed there;
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

/* --- taking away --------------------------------------------------------------------- */

static struct kxen_p2m_entry *unplace(struct kxen_domain *d, struct kxen_p2m_chunk *c, u32 i)
{
	struct kxen_p2m_entry *e = rcu_dereference_protected(c->entry[i],
					lockdep_is_held(&d->p2m_lock));

	if (e) {
		RCU_INIT_POINTER(c->entry[i], NULL);
		c->used--;
		WRITE_ONCE(d->p2m_placed, d->p2m_placed - 1);
	}
	return e;
}

static void free_if_empty(struct kxen_domain *d, unsigned long nr, struct kxen_p2m_chunk *c,
			  u32 keep)
{
	lockdep_assert_held(&d->p2m_lock);
	if (c->used || d->p2m_nr_chunks <= keep)
		return;
	xa_erase(&d->p2m_chunks, nr);
	d->p2m_nr_chunks--;
	kfree_rcu(c, rcu);
}

/*
 * Take away what is at @gfn: @is, or without that what is for the guest to take away. The entry,
 * with the frame's reference, or NULL and an error.
 */
static struct kxen_p2m_entry *take(struct kxen_domain *d, u64 gfn,
				   const struct kxen_p2m_entry *is, int *ret)
{
	struct kxen_p2m_chunk *c = xa_load(&d->p2m_chunks, gfn >> CHUNK_SHIFT);
	struct kxen_p2m_entry *e;

	lockdep_assert_held(&d->p2m_lock);
	*ret = -ENOENT;
	if (!c)
		return NULL;
	e = rcu_dereference_protected(c->entry[gfn & (CHUNK - 1)],
				      lockdep_is_held(&d->p2m_lock));
	if (!e || (is && e != is))
		return NULL;
	*ret = is || e->removable ? 0 : -EBUSY;
	if (*ret)
		return NULL;
	unplace(d, c, gfn & (CHUNK - 1));
	free_if_empty(d, gfn >> CHUNK_SHIFT, c, KEEP);
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
	if (e)
		kxen_p2m_entry_put(e);
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

static struct kxen_p2m_entry *drop_chunk(struct kxen_domain *d, struct kxen_p2m_chunk *c,
					 struct kxen_p2m_entry *list)
{
	struct kxen_p2m_entry *e;
	u32 i;

	for (i = 0; c->used && i < CHUNK; i++) {
		e = unplace(d, c, i);
		if (e) {
			e->next = list;
			list = e;
		}
	}
	return list;
}

/**
 * kxen_p2m_drop() - Nothing is placed any more.
 * @d: the domain.
 * @for_good: nor will be.
 *
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
		list = drop_chunk(d, c, list);
		free_if_empty(d, nr, c, for_good ? 0 : KEEP);
		cond_resched();
	}
	mutex_unlock(&d->p2m_lock);
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
	xa_destroy(&d->p2m_chunks);
}
