// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of a grant table: pages of the module's own, which the guest places where it likes
 * (D.1, D.6).
 *
 * They only become more, until the domain is reset: who looks at an entry compares its reference
 * with how many there are, and needs no lock for what the number counts. A frame is at one place
 * at a time, and has content from the domain's creation on, placed or not.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>

#include "gnttab_internal.h"

/* --- frames ------------------------------------------------------------------------------ */

static struct kxen_gnt_frame *make_frame(void)
{
	struct kxen_gnt_frame *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);

	if (!f)
		return NULL;
	f->page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!f->page) {
		kfree(f);
		return NULL;
	}
	f->at = kxen_gptr_page(f->page, 0);
	f->gfn = KXEN_NO_GFN;
	return f;
}

static void free_frame(struct kxen_gnt_frame *f)
{
	if (!f)
		return;
	put_page(f->page);
	kfree(f);
}

/* The guest does not have it any more. Whoever looks at the page does so until he has done. */
static void unplace(struct kxen_gnttab *t, struct kxen_gnt_frame *f)
{
	lockdep_assert_held(&t->grow_lock);
	if (!f->placed)
		return;
	kxen_p2m_take(t->domain, f->gfn, f->placed);
	kxen_p2m_entry_put(f->placed);
	f->placed = NULL;
	f->gfn = KXEN_NO_GFN;
}

static int grow_by_one(struct kxen_gnttab *t)
{
	u32 nr = t->nr_frames;

	t->active[nr] = kvcalloc(KXEN_GNT_V1_FRAME, sizeof(**t->active), GFP_KERNEL_ACCOUNT);
	t->shared[nr] = t->active[nr] ? make_frame() : NULL;
	if (!t->shared[nr]) {
		kvfree(t->active[nr]);
		t->active[nr] = NULL;
		return -ENOMEM;
	}
	kxen_limit_charge(t->domain, KXEN_LIMIT_GRANT_FRAMES);
	/* Pairs with the acquire in kxen_gnt_nr_refs(). */
	smp_store_release(&t->nr_frames, nr + 1);
	return 0;
}

/**
 * kxen_gnt_status_alloc() - Have the status frames for so many frames of entries.
 * @t: the table.
 * @nr: frames of entries.
 *
 * Context: may sleep; grow_lock held.
 * Return: 0 or -ENOMEM; what was made stays.
 */
int kxen_gnt_status_alloc(struct kxen_gnttab *t, u32 nr)
{
	struct kxen_gnt_frame *f;

	lockdep_assert_held(&t->grow_lock);
	while (t->nr_status < kxen_gnt_status_frames(nr)) {
		f = make_frame();
		if (!f)
			return -ENOMEM;
		t->status[t->nr_status] = f;
		WRITE_ONCE(t->nr_status, t->nr_status + 1);
		kxen_limit_charge(t->domain, KXEN_LIMIT_STATUS_FRAMES);
	}
	return 0;
}

/* Version 1 has none. grow_lock is held, and lock for writing, or nobody knows the table. */
void kxen_gnt_status_free(struct kxen_gnttab *t)
{
	u32 i;

	for (i = 0; i < t->nr_status; i++) {
		unplace(t, t->status[i]);
		free_frame(t->status[i]);
		t->status[i] = NULL;
		kxen_limit_uncharge(&t->domain->limit[KXEN_LIMIT_STATUS_FRAMES]);
		cond_resched();
	}
	t->nr_status = 0;
}

/* Status frames first: whoever sees a reference finds its status. */
static int grow_locked(struct kxen_gnttab *t, u32 nr)
{
	int ret = 0;

	lockdep_assert_held(&t->grow_lock);
	if (nr > t->max_frames)
		return -EINVAL;
	if (t->version == 2)
		ret = kxen_gnt_status_alloc(t, nr);
	while (!ret && t->nr_frames < nr)
		ret = grow_by_one(t);
	return ret;
}

/**
 * kxen_gnt_grow() - Have so many frames.
 * @t: the table.
 * @nr: frames.
 *
 * Context: may sleep; takes grow_lock.
 * Return: 0; -EINVAL beyond the domain's limit; -ENOMEM with some of them.
 */
int kxen_gnt_grow(struct kxen_gnttab *t, u32 nr)
{
	int ret;

	mutex_lock(&t->grow_lock);
	ret = grow_locked(t, nr);
	mutex_unlock(&t->grow_lock);
	return ret;
}

/* Frames from @from on, of which nothing is in use. grow_lock held, and lock for writing. */
void kxen_gnt_shrink(struct kxen_gnttab *t, u32 from)
{
	lockdep_assert_held(&t->grow_lock);
	while (t->nr_frames > from) {
		u32 nr = t->nr_frames - 1;

		WRITE_ONCE(t->nr_frames, nr);
		unplace(t, t->shared[nr]);
		free_frame(t->shared[nr]);
		kvfree(t->active[nr]);
		t->shared[nr] = NULL;
		t->active[nr] = NULL;
		kxen_limit_uncharge(&t->domain->limit[KXEN_LIMIT_GRANT_FRAMES]);
		cond_resched();
	}
}

/* --- placing ----------------------------------------------------------------------------- */

/* Is it where it was placed? The guest may have taken it away since. */
static bool is_placed(struct kxen_gnttab *t, const struct kxen_gnt_frame *f)
{
	struct kxen_p2m_entry *e;

	lockdep_assert_held(&t->grow_lock);
	if (!f->placed)
		return false;
	e = kxen_p2m_entry_get(t->domain, f->gfn);
	if (e)
		kxen_p2m_entry_put(e);
	return e == f->placed;
}

/**
 * kxen_gnt_gfn() - Where the guest has a frame.
 * @t: the table.
 * @f: one of its frames.
 *
 * Context: may sleep; grow_lock held.
 * Return: the frame of the guest's, KXEN_NO_GFN: nowhere.
 */
u64 kxen_gnt_gfn(struct kxen_gnttab *t, const struct kxen_gnt_frame *f)
{
	return is_placed(t, f) ? f->gfn : KXEN_NO_GFN;
}

/* As on Xen it takes the place of what the guest may take away, and is nowhere else then (D61). */
int kxen_gnt_place(struct kxen_gnttab *t, struct kxen_gnt_frame *f, u64 gfn)
{
	struct kxen_p2m_entry *e;
	int ret;

	lockdep_assert_held(&t->grow_lock);
	if (kxen_gnt_gfn(t, f) == gfn)
		return 0;
	e = kxen_p2m_own(f->page, 0);
	if (!e)
		return -ENOMEM;
	kxen_p2m_remove(t->domain, gfn);
	ret = kxen_p2m_place(t->domain, gfn, e);
	if (ret) {
		e->release(e);
		return ret == -EEXIST ? -EINVAL : ret;
	}
	unplace(t, f);
	f->placed = e;
	f->gfn = gfn;
	return 0;
}

/* Status frame @nr, if there can be all that it is for (D60). */
static struct kxen_gnt_frame *status_of(struct kxen_gnttab *t, u64 nr)
{
	u32 frames;
	int ret;

	lockdep_assert_held(&t->grow_lock);
	if (nr >= kxen_gnt_status_frames(t->max_frames))
		return ERR_PTR(-EINVAL);
	frames = (nr + 1) * (KXEN_GNT_STATUS_FRAME / KXEN_GNT_V2_FRAME);
	ret = nr < t->nr_status ? 0 : grow_locked(t, frames);
	return ret ? ERR_PTR(ret) : t->status[array_index_nospec(nr, t->nr_status)];
}

/* The frame with an index of the guest's, made if there is room for it: or an error pointer. */
struct kxen_gnt_frame *kxen_gnt_frame(struct kxen_gnttab *t, u64 idx)
{
	int ret;

	lockdep_assert_held(&t->grow_lock);
	if (t->version == 2 && idx & KXEN_GNT_IDX_STATUS)
		return status_of(t, idx & ~(u64)KXEN_GNT_IDX_STATUS);
	if (idx >= t->max_frames)
		return ERR_PTR(-EINVAL);
	ret = grow_locked(t, idx + 1);
	return ret ? ERR_PTR(ret) : t->shared[array_index_nospec(idx, t->nr_frames)];
}

/* XENMAPSPACE_grant_table: under a lock from the look-up to the end (XSA-379, 384, 486). */
static long gnttab_add(struct kxen_hc *hc, u64 idx, u64 gfn)
{
	struct kxen_gnttab *t = hc->d->gnttab;
	struct kxen_gnt_frame *f;
	long ret;

	if (mutex_lock_killable(&t->grow_lock))
		return -EINTR;
	f = kxen_gnt_frame(t, idx);
	ret = IS_ERR(f) ? PTR_ERR(f) : kxen_gnt_place(t, f, gfn);
	mutex_unlock(&t->grow_lock);
	return ret;
}

const struct kxen_space kxen_gnt_spaces[] = {
	{ XENMAPSPACE_grant_table, gnttab_add },
	{ }
};

/* A life of the guest ends: it has none of the frames any more. grow_lock held. */
void kxen_gnt_unplace_all(struct kxen_gnttab *t)
{
	u32 i;

	for (i = 0; i < t->nr_frames; i++)
		unplace(t, t->shared[i]);
	for (i = 0; i < t->nr_status; i++)
		unplace(t, t->status[i]);
}

/* --- the table --------------------------------------------------------------------------- */

/* Nobody knows it. */
void kxen_gnt_free(struct kxen_gnttab *t)
{
	if (!t)
		return;
	mutex_lock(&t->grow_lock);
	kxen_gnt_status_free(t);
	kxen_gnt_shrink(t, 0);
	mutex_unlock(&t->grow_lock);
	kvfree(t->shared);
	kvfree(t->status);
	kvfree(t->active);
	percpu_free_rwsem(&t->lock);
	kfree(t);
}

static int alloc_arrays(struct kxen_gnttab *t)
{
	t->shared = kvcalloc(t->max_frames, sizeof(*t->shared), GFP_KERNEL_ACCOUNT);
	t->status = kvcalloc(kxen_gnt_status_frames(t->max_frames), sizeof(*t->status),
			     GFP_KERNEL_ACCOUNT);
	t->active = kvcalloc(t->max_frames, sizeof(*t->active), GFP_KERNEL_ACCOUNT);
	return t->shared && t->status && t->active ? 0 : -ENOMEM;
}

/**
 * kxen_gnt_alloc() - Make a table with its first frame.
 * @d: whose.
 * @max_frames: its limit, at least 1.
 *
 * Context: may sleep; nobody knows the domain.
 * Return: the table, or NULL.
 */
struct kxen_gnttab *kxen_gnt_alloc(struct kxen_domain *d, u32 max_frames)
{
	struct kxen_gnttab *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!t)
		return NULL;
	if (percpu_init_rwsem(&t->lock)) {
		kfree(t);
		return NULL;
	}
	mutex_init(&t->grow_lock);
	spin_lock_init(&t->memory.lock);
	t->domain = d;
	t->version = 1;
	t->max_frames = max_frames;
	d->limit[KXEN_LIMIT_GRANT_FRAMES].max = max_frames;
	d->limit[KXEN_LIMIT_STATUS_FRAMES].max = kxen_gnt_status_frames(max_frames);
	ret = alloc_arrays(t);
	if (!ret)
		ret = kxen_gnt_grow(t, 1);
	if (!ret)
		return t;
	kxen_gnt_free(t);
	return NULL;
}
