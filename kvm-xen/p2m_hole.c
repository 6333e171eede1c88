// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which frames of a guest's are holes: a bit for each, in chunks by number.
 *
 * What is placed over a hole, or mapped there, is not noted here: the frame shows that, and is a
 * hole again when that is gone. A chunk stays until the domain ends, so whoever looks needs no
 * lock. Only frames with memory of the VMM's become holes; but a VMM can have memory anywhere, and
 * elsewhere later, so there is a limit.
 *
 * The guest's reservation is that memory, less the holes. Pages of it that have no frame any more,
 * or have none yet, count for as many of these: p2m_unplaced, never more than p2m_holes.
 */
#include <linux/bitmap.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "kxen.h"
#include "p2m.h"
#include "p2m_hole.h"

void kxen_holes_init(struct kxen_domain *d)
{
	mutex_init(&d->hole_lock);
	xa_init_flags(&d->holes, XA_FLAGS_ACCOUNT);
}

/**
 * kxen_p2m_is_hole() - Does this frame show nothing of the memory that is there?
 * @d: the domain.
 * @gfn: the frame, not trusted.
 *
 * Context: any.
 */
bool kxen_p2m_is_hole(struct kxen_domain *d, u64 gfn)
{
	unsigned long *bits;

	if (likely(!READ_ONCE(d->p2m_holes)) || gfn > KXEN_P2M_MAX_GFN)
		return false;
	bits = xa_load(&d->holes, gfn >> KXEN_HOLES_SHIFT);
	return bits && test_bit(gfn & (KXEN_HOLES - 1), bits);
}

/**
 * kxen_p2m_became_hole() - Has the guest given the memory up that was found there?
 * @d: the domain.
 * @gfn: the frame.
 *
 * For who holds the page meanwhile, and has noted that: either he sees the hole, or who makes it
 * sees that the page is held.
 * Context: any.
 */
bool kxen_p2m_became_hole(struct kxen_domain *d, u64 gfn)
{
	smp_mb();	/* pairs with that in kxen_hole_make() */
	return kxen_p2m_is_hole(d, gfn);
}

static unsigned long *make_bits(struct kxen_domain *d, unsigned long nr)
{
	unsigned long *bits;

	lockdep_assert_held(&d->hole_lock);
	if (d->hole_chunks >= KXEN_HOLE_CHUNKS)
		return NULL;
	bits = bitmap_zalloc(KXEN_HOLES, GFP_KERNEL_ACCOUNT);
	if (bits && xa_err(xa_store(&d->holes, nr, bits, GFP_KERNEL_ACCOUNT))) {
		bitmap_free(bits);
		bits = NULL;
	}
	d->hole_chunks += !!bits;
	return bits;
}

static int make_hole(struct kxen_domain *d, u64 gfn)
{
	unsigned long nr = gfn >> KXEN_HOLES_SHIFT;
	unsigned long *bits = xa_load(&d->holes, nr) ?: make_bits(d, nr);

	lockdep_assert_held(&d->hole_lock);
	if (!bits)
		return -ENOMEM;
	if (test_and_set_bit(gfn & (KXEN_HOLES - 1), bits))
		return -EEXIST;
	WRITE_ONCE(d->p2m_holes, d->p2m_holes + 1);
	return 0;
}

/**
 * kxen_hole_make() - A frame shows nothing any more.
 * @d: the domain.
 * @gfn: the frame, which has memory of the VMM's.
 *
 * Context: may sleep, under any mutex but pin_lock.
 * Return: 0; -EEXIST if it is a hole already; -ENOMEM.
 */
int kxen_hole_make(struct kxen_domain *d, u64 gfn)
{
	int ret;

	mutex_lock(&d->hole_lock);
	ret = make_hole(d, gfn);
	mutex_unlock(&d->hole_lock);
	/* Who holds its page is looked for next: pairs with that in kxen_p2m_became_hole(). */
	smp_mb();
	return ret;
}

static int fill_hole(struct kxen_domain *d, u64 gfn, bool spare)
{
	unsigned long *bits = xa_load(&d->holes, gfn >> KXEN_HOLES_SHIFT);

	lockdep_assert_held(&d->hole_lock);
	if (!bits || !test_bit(gfn & (KXEN_HOLES - 1), bits))
		return -ENOENT;
	if (d->p2m_unplaced == d->p2m_holes) {
		if (spare)
			return -ENOMEM;
		d->p2m_unplaced--;
	}
	clear_bit(gfn & (KXEN_HOLES - 1), bits);
	WRITE_ONCE(d->p2m_holes, d->p2m_holes - 1);
	return 0;
}

/**
 * kxen_hole_fill() - A frame shows the VMM's memory again.
 * @d: the domain.
 * @gfn: the frame, not trusted.
 * @spare: only if the domain is to have that page.
 *
 * Context: as kxen_hole_make().
 * Return: 0; -ENOENT if it is no hole; -ENOMEM if the domain has all that it is to have.
 */
int kxen_hole_fill(struct kxen_domain *d, u64 gfn, bool spare)
{
	int ret;

	if (gfn > KXEN_P2M_MAX_GFN)
		return -ENOENT;
	mutex_lock(&d->hole_lock);
	ret = fill_hole(d, gfn, spare);
	mutex_unlock(&d->hole_lock);
	return ret;
}

/* Pages that the domain may have and has not. */
u32 kxen_holes_spare(struct kxen_domain *d)
{
	u32 nr;

	mutex_lock(&d->hole_lock);
	nr = d->p2m_holes - d->p2m_unplaced;
	mutex_unlock(&d->hole_lock);
	return nr;
}

/**
 * kxen_holes_claim() - So many pages are the domain's that have no frame.
 * @d: the domain.
 * @nr: how many more.
 *
 * Context: as kxen_hole_make().
 * Return: false if it is not to have so many.
 */
bool kxen_holes_claim(struct kxen_domain *d, u32 nr)
{
	bool ok;

	mutex_lock(&d->hole_lock);
	ok = d->p2m_holes - d->p2m_unplaced >= nr;
	if (ok)
		WRITE_ONCE(d->p2m_unplaced, d->p2m_unplaced + nr);
	mutex_unlock(&d->hole_lock);
	return ok;
}

/**
 * kxen_holes_next() - The bits of a chunk that has holes.
 * @d: the domain, whose vCPUs do not run.
 * @gfn: in: where to begin; out: the chunk's first frame.
 *
 * Return: KXEN_HOLES bits, or NULL if none comes.
 */
const unsigned long *kxen_holes_next(struct kxen_domain *d, u64 *gfn)
{
	unsigned long nr = *gfn >> KXEN_HOLES_SHIFT;
	unsigned long *bits;

	for (bits = xa_find(&d->holes, &nr, ULONG_MAX, XA_PRESENT); bits;
	     bits = xa_find_after(&d->holes, &nr, ULONG_MAX, XA_PRESENT)) {
		*gfn = (u64)nr << KXEN_HOLES_SHIFT;
		if (!bitmap_empty(bits, KXEN_HOLES))
			return bits;
	}
	return NULL;
}

/**
 * kxen_holes_drop() - All memory is the guest's again, as in the beginning.
 * @d: the domain.
 *
 * What is in it is whatever the VMM has there.
 * Context: may sleep; pin_lock is not held.
 */
void kxen_holes_drop(struct kxen_domain *d)
{
	unsigned long *bits, nr;

	mutex_lock(&d->hole_lock);
	xa_for_each(&d->holes, nr, bits) {
		bitmap_zero(bits, KXEN_HOLES);
		cond_resched();
	}
	WRITE_ONCE(d->p2m_holes, 0);
	WRITE_ONCE(d->p2m_unplaced, 0);
	mutex_unlock(&d->hole_lock);
}

/* The domain is freed. */
void kxen_holes_free(struct kxen_domain *d)
{
	unsigned long *bits, nr;

	xa_for_each(&d->holes, nr, bits)
		bitmap_free(bits);
	xa_destroy(&d->holes);
}
