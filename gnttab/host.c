// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants of domain 0, whose processes map pages of guests and grant pages of theirs. Its table is
 * like any other's; nobody but this file writes entries there, so what they say is trusted.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mutex.h>

#include "use.h"

#define ATTRIBUTES	(GTF_PWT | GTF_PCD | GTF_PAT)

/* --- of guests, for the host ------------------------------------------------------------ */

/* As Linux has it of what Xen says. */
static int to_errno(s16 st)
{
	if (st == GNTST_okay)
		return 0;
	return st == GNTST_eagain ? -EAGAIN : -EINVAL;
}

static s16 acquire(struct kxen_gnt_use *u, bool read_only, enum kxen_gnt_wait wait)
{
	const struct kxen_gnt_want want = {
		.domid = kxen_dom0->domid,
		.write = !read_only,
		.whole = true,
	};
	s16 st = kxen_gnt_acquire(u, &want, wait);

	if (st == GNTST_okay && (u->header & ATTRIBUTES)) {
		kxen_gnt_release(u);
		return GNTST_general_error;
	}
	return st;
}

/**
 * kxen_gnt_host_bring() - Wait for a page that kxen_gnt_host_map() has not found there.
 * @domid: the granter.
 * @ref: the reference.
 *
 * Whether it came is for the next attempt to say. Context: no lock held; may sleep, for as long
 * as the granter likes.
 */
void kxen_gnt_host_bring(u16 domid, u32 ref)
{
	struct kxen_gnt_use u = { .granter = kxen_domain_get(domid), .ref = ref };

	if (!u.granter)
		return;
	if (acquire(&u, true, KXEN_GNT_WAITS) == GNTST_okay)
		kxen_gnt_release(&u);
	kxen_domain_put(u.granter);
}

/**
 * kxen_gnt_host_map() - Map a page of a guest's.
 * @domid: the granter.
 * @ref: the reference, not trusted.
 * @read_only: nobody will write to it.
 * @m: filled in.
 *
 * Context: may sleep; the calling process's mmap_lock may be held for writing.
 * Return: 0; -EAGAIN: kxen_gnt_host_bring(), and again; -EINVAL for all else that Xen refuses.
 */
int kxen_gnt_host_map(u16 domid, u32 ref, bool read_only, struct kxen_gnt_map *m)
{
	struct kxen_gnt_use u = { .granter = kxen_domain_get(domid), .ref = ref };
	s16 st = GNTST_bad_domain;

	if (!u.granter)
		return -EINVAL;
	if (kxen_domain_hold(u.granter)) {
		st = acquire(&u, read_only, KXEN_GNT_NO_WAIT);
		if (st != GNTST_okay)
			kxen_domain_unhold(u.granter);
	}
	if (st != GNTST_okay) {
		kxen_domain_put(u.granter);
		return to_errno(st);
	}
	*m = (struct kxen_gnt_map) {
		.granter = u.granter, .ref = u.ref, .page = u.page, .read_only = read_only,
	};
	return 0;
}

/**
 * kxen_gnt_host_unmap() - And no more.
 * @m: what kxen_gnt_host_map() has filled in; no process reaches the page by it any more.
 *
 * Context: may sleep; waits for nobody outside the kernel.
 */
void kxen_gnt_host_unmap(struct kxen_gnt_map *m)
{
	struct kxen_gnt_use u = {
		.granter = m->granter, .ref = m->ref, .one = kxen_pin_one(!m->read_only),
	};

	kxen_gnt_release(&u);
	kxen_domain_unhold(m->granter);
	kxen_domain_put(m->granter);
	*m = (struct kxen_gnt_map) { };
}

/* --- of the host, for guests -------------------------------------------------------------- */

static DEFINE_MUTEX(host_lock);
static DECLARE_BITMAP(host_refs, KXEN_GNT_FRAMES * KXEN_GNT_V1_FRAME);	/* granted; host_lock */

/* Somebody has it in use. The table's lock is held for reading. */
static bool pinned(struct kxen_gnttab *t, u32 ref)
{
	return READ_ONCE(kxen_gnt_active(t, ref)->pin);
}

/* A number that is neither granted nor in use still; U32_MAX: none in the frames there are. */
static u32 find_ref(struct kxen_gnttab *t)
{
	u32 nr = min_t(u32, kxen_gnt_nr_refs(t), KXEN_GNT_FRAMES * KXEN_GNT_V1_FRAME);
	u32 ref = KXEN_GNT_RESERVED;

	lockdep_assert_held(&host_lock);
	for_each_clear_bit_from(ref, host_refs, nr)
		if (!pinned(t, ref))
			return ref;
	return U32_MAX;
}

/* The frame first: who sees that it is granted sees of what. */
static void write_entry(struct kxen_gnttab *t, u32 ref, u32 header, u32 frame)
{
	struct kxen_gnt_active *a = kxen_gnt_active(t, ref);
	struct kxen_gptr e = kxen_gnt_entry(t, ref);

	kxen_gnt_lock(a);
	if (header)
		kxen_guest_write32(kxen_gptr_at(e, 4), frame);
	kxen_guest_write32(e, header);
	kxen_gnt_unlock(a);
}

static int grant_locked(struct kxen_gnttab *t, u16 domid, struct page *page, bool read_only,
			u32 *ref)
{
	u32 header = (u32)domid << 16 | GTF_permit_access | (read_only ? GTF_readonly : 0);

	percpu_down_read(&t->lock);
	*ref = find_ref(t);
	if (*ref != U32_MAX) {
		get_page(page);
		write_entry(t, *ref, header, page_to_pfn(page));
		set_bit(*ref, host_refs);
	}
	percpu_up_read(&t->lock);
	return *ref == U32_MAX ? -ENOSPC : 0;
}

static int one_more_frame(struct kxen_gnttab *t)
{
	return kxen_gnt_grow(t, READ_ONCE(t->nr_frames) + 1);
}

/**
 * kxen_gnt_host_grant() - Grant a page of the host's.
 * @domid: to whom.
 * @page: the page, which the grant takes a reference to.
 * @read_only: he may not write to it.
 * @ref: its number.
 *
 * Context: may sleep.
 * Return: 0; -ENOSPC without a free number; -EINVAL for a page that version 1 cannot name.
 */
int kxen_gnt_host_grant(u16 domid, struct page *page, bool read_only, u32 *ref)
{
	struct kxen_gnttab *t = kxen_dom0->gnttab;
	int ret;

	if (page_to_pfn(page) > U32_MAX)
		return -EINVAL;
	do {
		mutex_lock(&host_lock);
		ret = grant_locked(t, domid, page, read_only, ref);
		mutex_unlock(&host_lock);
	} while (ret && !one_more_frame(t));
	return ret;
}

/* Has somebody mapped it? Context: any. */
bool kxen_gnt_host_in_use(u32 ref)
{
	struct kxen_gnttab *t = kxen_dom0->gnttab;
	bool is;

	percpu_down_read(&t->lock);
	is = pinned(t, ref);
	percpu_up_read(&t->lock);
	return is;
}

/**
 * kxen_gnt_host_end() - It is granted no more.
 * @ref: what kxen_gnt_host_grant() gave.
 *
 * Who has it mapped has a reference to the page of his own, and the number is nobody else's until
 * he unmaps it. Context: may sleep.
 */
void kxen_gnt_host_end(u32 ref)
{
	struct kxen_gnttab *t = kxen_dom0->gnttab;
	struct page *page;

	mutex_lock(&host_lock);
	percpu_down_read(&t->lock);
	page = pfn_to_page(kxen_guest_read32(kxen_gptr_at(kxen_gnt_entry(t, ref), 4)));
	write_entry(t, ref, 0, 0);
	clear_bit(ref, host_refs);
	percpu_up_read(&t->lock);
	mutex_unlock(&host_lock);
	put_page(page);
}
