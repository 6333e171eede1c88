// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOCTL_GNTDEV_GRANT_COPY: between pages that were granted and memory of the calling process, or
 * two granted pages. As in Linux's driver a segment must not leave a page on a side that is
 * granted, and may on the other, which is then copied piece by piece.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <xen/interface/xen.h>
#include <xen/interface/grant_table.h>
#include <xen/gntdev.h>

#include "../gnttab/gnttab.h"
#include "../kvm-xen/guest_word.h"
#include "gntdev.h"

/**
 * struct copy_side - one side of a segment.
 * @g: as the copy wants it; its offset, and the caller's memory if none is granted, are those of
 *	one piece.
 * @virt: where in the process, if none is granted.
 * @offset: in the page that is granted.
 */
struct copy_side {
	struct kxen_gnt_side g;
	unsigned long virt;
	u32 offset;
};

static void copy_side_granted(struct copy_side *s, u16 domid, u32 ref, u32 offset)
{
	s->g.granted = true;
	s->g.domid = domid;
	s->g.ref = ref;
	s->offset = offset;
}

/* How much of @left can be had at once; 0 if a granted side's would not end in its page. */
static u32 copy_side_room(const struct copy_side *s, u32 done, u32 left)
{
	if (s->g.granted)
		return s->offset + done + left > XEN_PAGE_SIZE ? 0 : left;
	return min_t(u32, left, PAGE_SIZE - offset_in_page(s->virt + done));
}

/* The piece after @done bytes. */
static void copy_side_at(struct copy_side *s, u32 done)
{
	if (s->g.granted) {
		s->g.offset = s->offset + done;
		return;
	}
	s->g.offset = offset_in_page(s->virt + done);
	s->g.user = (u8 __user *)(s->virt + done - s->g.offset);
	s->g.page = NULL;
}

static int copy_side_get(struct copy_side *s, bool write)
{
	if (s->g.granted || pin_user_pages_fast((unsigned long)s->g.user, 1,
						write ? FOLL_WRITE : 0, &s->g.page) == 1)
		return 0;
	return -EFAULT;
}

static void copy_side_put(struct copy_side *s, bool write)
{
	if (!s->g.granted)
		unpin_user_pages_dirty_lock(&s->g.page, 1, write);
}

/* With the process's memory held: a status or -errno. */
static int copy_piece_held(struct copy_side *src, struct copy_side *dst, u32 len, s16 *status)
{
	int ret = copy_side_get(src, false);

	if (ret)
		return ret;
	ret = copy_side_get(dst, true);
	if (!ret) {
		*status = kxen_gnt_host_copy(&src->g, &dst->g, len);
		copy_side_put(dst, true);
	}
	copy_side_put(src, false);
	return ret;
}

/*
 * A status, or -errno. Mostly the process's memory is there; if that is not all, what is wrong with
 * it is said first.
 */
static int copy_piece(struct copy_side *src, struct copy_side *dst, u32 done, u32 len, s16 *status)
{
	copy_side_at(src, done);
	copy_side_at(dst, done);
	*status = kxen_gnt_host_copy(&src->g, &dst->g, len);
	if (*status == GNTST_okay || (src->g.granted && dst->g.granted))
		return 0;
	return copy_piece_held(src, dst, len, status);
}

/* All pieces, whatever becomes of one of them; the status is that of the first that fails. */
static int copy_segment(const struct gntdev_grant_copy_segment *seg, s16 *status)
{
	struct copy_side src = { }, dst = { };
	u32 done, n;
	s16 st;
	int ret;

	if (!(seg->flags & (GNTCOPY_source_gref | GNTCOPY_dest_gref)))
		return -EINVAL;
	if (seg->flags & GNTCOPY_source_gref)
		copy_side_granted(&src, seg->source.foreign.domid, seg->source.foreign.ref,
				  seg->source.foreign.offset);
	else
		src.virt = (unsigned long)seg->source.virt;
	if (seg->flags & GNTCOPY_dest_gref)
		copy_side_granted(&dst, seg->dest.foreign.domid, seg->dest.foreign.ref,
				  seg->dest.foreign.offset);
	else
		dst.virt = (unsigned long)seg->dest.virt;
	for (done = 0; done < seg->len; done += n) {
		n = seg->len - done;
		n = min(copy_side_room(&src, done, n), copy_side_room(&dst, done, n));
		if (!n)
			return -EINVAL;
		ret = copy_piece(&src, &dst, done, n, &st);
		if (ret)
			return ret;
		if (*status == GNTST_okay)
			*status = st;
	}
	return 0;
}

static int copy_one(struct gntdev_grant_copy_segment __user *user)
{
	struct gntdev_grant_copy_segment seg;
	s16 status = GNTST_okay;
	int ret;

	/* Before: what cannot be told of is not done. */
	if (copy_from_user(&seg, user, sizeof(seg)) || put_user(status, &user->status))
		return -EFAULT;
	ret = copy_segment(&seg, &status);
	if (!ret && status != GNTST_okay && put_user(status, &user->status))
		ret = -EFAULT;
	return ret;
}

/**
 * kxen_gntdev_copy() - The ioctl.
 * @user: its argument.
 *
 * Context: the process's own thread; may sleep, no lock held.
 * Return: 0, each segment's status says what became of it; -EFAULT: something is not the
 *	process's; -EINVAL: a segment is none; -EINTR: killed. Those before it are done.
 */
long kxen_gntdev_copy(const struct ioctl_gntdev_grant_copy __user *user)
{
	struct ioctl_gntdev_grant_copy c;
	unsigned int i;
	int ret = 0;

	if (copy_from_user(&c, user, sizeof(c)))
		return -EFAULT;
	for (i = 0; !ret && i < c.count; i++) {
		ret = copy_one(c.segments + i);
		cond_resched();
		if (!ret && fatal_signal_pending(current))
			ret = -EINTR;
	}
	return ret;
}
