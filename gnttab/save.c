// SPDX-License-Identifier: GPL-2.0-only
/*
 * Save and restore of grant tables: version, frames with what is in them, and where the guest has
 * them.
 *
 * What is in use of anybody's cannot be saved: neither the page of another domain that is mapped
 * here, nor that somebody maps ours, would be true after a restore. Whoever saves has such users
 * let go first, and tries again (-EISCONN).
 */
#include <linux/string.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>

#include "gnttab_internal.h"
#include "records.h"

#define PIECE	256	/* bytes that are read of a frame at once */

static_assert(sizeof(struct kxen_save_grants) == 16);
static_assert(sizeof(struct kxen_save_grant_frames) == 8 + XEN_PAGE_SIZE);

/* --- writing ----------------------------------------------------------------------------- */

/**
 * kxen_gnt_may_save() - Is nothing of the domain shared at the moment?
 * @d: the domain, locked; its vCPUs do not run.
 *
 * Return: 0; -EISCONN.
 */
int kxen_gnt_may_save(struct kxen_domain *d)
{
	struct kxen_gnttab *t = d->gnttab;

	return kxen_maptrack_used(t->maptrack) || kxen_gnt_any_pinned(t) ? -EISCONN : 0;
}

static bool is_empty(const struct kxen_gnt_frame *f)
{
	u64 word[PIECE / sizeof(u64)];
	u32 at;

	for (at = 0; at < XEN_PAGE_SIZE; at += PIECE) {
		kxen_guest_read(word, kxen_gptr_at(f->at, at), PIECE);
		if (memchr_inv(word, 0, PIECE))
			return false;
	}
	return true;
}

/* As it was made: a module that has no grant tables can have such a domain, too. */
static bool as_new(struct kxen_gnttab *t)
{
	lockdep_assert_held(&t->grow_lock);
	return t->version == 1 && t->nr_frames == 1 &&
	       kxen_gnt_gfn(t, t->shared[0]) == KXEN_NO_GFN && is_empty(t->shared[0]);
}

static void save_content(const struct kxen_gnt_frame *f, struct kxen_stream_out *s)
{
	u64 word[PIECE / sizeof(u64)];
	u32 at;

	for (at = 0; at < XEN_PAGE_SIZE; at += PIECE) {
		kxen_guest_read(word, kxen_gptr_at(f->at, at), PIECE);
		kxen_rec_put(s, word, PIECE);
	}
}

static void save_frames(struct kxen_gnttab *t, struct kxen_gnt_frame **frames, u32 nr,
			struct kxen_stream_out *s)
{
	u64 gfn;
	u32 i;

	lockdep_assert_held(&t->grow_lock);
	for (i = 0; i < nr; i++) {
		gfn = kxen_gnt_gfn(t, frames[i]);
		kxen_rec_put(s, &gfn, sizeof(gfn));
		save_content(frames[i], s);
		cond_resched();
	}
}

/**
 * kxen_gnt_save() - Records of a domain's grant table.
 * @d: the domain, locked and paused.
 * @s: where to.
 */
void kxen_gnt_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	struct kxen_gnttab *t = d->gnttab;
	struct kxen_save_grants r = { };

	mutex_lock(&t->grow_lock);
	if (!as_new(t)) {
		r.version = t->version;
		r.nr_frames = t->nr_frames;
		r.nr_status = t->nr_status;
		kxen_rec(s, KXEN_REC_GRANTS, &r, sizeof(r));
		kxen_rec_begin(s, KXEN_REC_GRANT_FRAMES);
		save_frames(t, t->shared, t->nr_frames, s);
		save_frames(t, t->status, t->nr_status, s);
		kxen_rec_end(s);
	}
	mutex_unlock(&t->grow_lock);
}

/* --- reading ----------------------------------------------------------------------------- */

static int check_grants(const struct kxen_save_grants *r, u32 nr)
{
	u32 status = r->version == 2 ? kxen_gnt_status_frames(r->nr_frames) : 0;

	if ((r->version != 1 && r->version != 2) || !r->nr_frames ||
	    r->nr_frames > KXEN_GNT_MAX_FRAMES)
		return -EINVAL;
	return r->nr_status == status && nr == r->nr_frames + status ? 0 : -EINVAL;
}

/*
 * All that needs memory: frames, and none of the content. Those of status words first: who sees
 * version 2 looks at them, and another domain may look at any time.
 */
static int restore_size(struct kxen_gnttab *t, const struct kxen_save_grants *r)
{
	int ret;

	mutex_lock(&t->grow_lock);
	ret = r->version == 2 ? kxen_gnt_status_alloc(t, r->nr_frames) : 0;
	if (!ret) {
		percpu_down_write(&t->lock);
		WRITE_ONCE(t->version, r->version);
		t->generation++;
		percpu_up_write(&t->lock);
	}
	mutex_unlock(&t->grow_lock);
	return ret ?: kxen_gnt_grow(t, r->nr_frames);
}

static int restore_frame(struct kxen_gnttab *t, struct kxen_gnt_frame *f,
			 const struct kxen_save_grant_frames *r)
{
	lockdep_assert_held(&t->grow_lock);
	kxen_guest_write(f->at, r->page, XEN_PAGE_SIZE);
	return r->gfn == KXEN_NO_GFN ? 0 : kxen_gnt_place(t, f, r->gfn);
}

static int restore_frames(struct kxen_gnttab *t, const struct kxen_save_grants *r,
			  const struct kxen_save_grant_frames *f)
{
	int ret = 0;
	u32 i;

	mutex_lock(&t->grow_lock);
	/* Its controller's calls may have come in between. */
	if (t->version != r->version || t->nr_frames != r->nr_frames)
		ret = -EINVAL;
	for (i = 0; i < r->nr_frames && !ret; i++)
		ret = restore_frame(t, t->shared[i], &f[i]);
	for (i = 0; i < r->nr_status && !ret; i++)
		ret = restore_frame(t, t->status[i], &f[r->nr_frames + i]);
	mutex_unlock(&t->grow_lock);
	return ret;
}

/* What is there when it is refused goes with kxen_gnt_renew(). */
static int gnttab_restore(struct kxen_domain *d, struct kxen_stream_in *im,
			  const struct kxen_rec *rec, u32 nr)
{
	const struct kxen_rec *frames = kxen_recs(im, KXEN_REC_GRANT_FRAMES, NULL);
	const struct kxen_save_grants *r = rec->data;
	struct kxen_gnttab *t = d->gnttab;
	int ret = frames ? check_grants(r, frames->nr) : -EINVAL;

	lockdep_assert_held(&d->lock);
	if (ret)
		return ret;
	im->why = KXEN_RESTORE_GRANTS;
	if (r->nr_frames > t->max_frames)
		return -ENOSPC;
	ret = restore_size(t, r);
	if (ret)
		return ret;
	im->why = KXEN_RESTORE_MEMORY;
	return restore_frames(t, r, frames->data);
}

/* They are read with the table that they belong to; alone they mean nothing. */
static int gnttab_restore_frames(struct kxen_domain *d, struct kxen_stream_in *im,
				 const struct kxen_rec *rec, u32 nr)
{
	return kxen_recs(im, KXEN_REC_GRANTS, NULL) ? 0 : -EINVAL;
}

const struct kxen_rec_desc kxen_gnt_recs[] = {
	{ .id = KXEN_REC_GRANTS, .len = sizeof(struct kxen_save_grants),
	  .restore = gnttab_restore },
	{ .id = KXEN_REC_GRANT_FRAMES, .each = sizeof(struct kxen_save_grant_frames),
	  .max = 2 * KXEN_GNT_MAX_FRAMES, .restore = gnttab_restore_frames },
	{ }
};
