// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a guest gives back to the host, and takes again (semantics G20).
 *
 * A frame that it gives up is a hole: p2m_hole.c. The VMM's memory behind it is given back to the
 * host where that is possible, by what the memory is: anonymous memory as by MADV_DONTNEED, shared
 * memory as by MADV_REMOVE. It stays with the VMM, and is only accounted, if it is anything else
 * (huge pages of hugetlbfs, files), locked, about to be migrated post-copy, or held for a device by
 * somebody else, who would not see another page that comes there. A page that the host itself holds
 * for the guest, as for vcpu_info, stays the host's alone: what is registered stays in it, as on
 * Xen (XSA-252). Nothing is released under anybody: who has a page has a reference to it.
 *
 * A frame that the guest takes again is empty, whatever was there meanwhile. Nobody holds a lock
 * while the host's memory is given back or comes, since that can take as long as the VMM likes. So
 * vCPUs that change one frame at once find any of what these calls leave there, and the counts
 * right.
 */
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/kvm_xen.h>

#include "balloon.h"
#include "guest_mem.h"
#include "dom0_page.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"
#include "p2m_hole.h"
#include "save.h"
#include "subsys.h"

static_assert(sizeof(struct kxen_save_holes) == 8 + KXEN_HOLES / 8);
static_assert(sizeof(struct kxen_save_unplaced) == 8);

/* Somebody may have the VMM's page pinned, if it is there, or a neighbour in a large page. */
static bool maybe_pinned(unsigned long hva)
{
	struct page *page;
	bool pinned;

	if (get_user_pages_fast_only(hva, 1, 0, &page) != 1)
		return false;
	pinned = folio_maybe_dma_pinned(page_folio(page));
	put_page(page);
	return pinned;
}

/* Somebody who is not us has it for a device to use, say. */
static bool held_by_others(struct kxen_domain *d, u64 gfn, unsigned long hva)
{
	return !kxen_gfn_is_held(d, gfn) && maybe_pinned(hva);
}

/*
 * A page that another domain has by a grant, or a process of the host by its frame, stays what it
 * is until that ends: it is pinned. Who acquires one meanwhile has looked at the frame before it
 * was a hole, and is found when the frame is to be filled; then what he has is either no page of
 * the guest's any more, or keeps it a hole.
 */
static bool is_shared(struct kxen_domain *d, u64 gfn, unsigned long hva)
{
	return maybe_pinned(hva) &&
	       (kxen_dom0_page_is_mapped(d, gfn) || kxen_subsys_frame_in_use(d, gfn));
}

/* Is what the VMM has there gone, so that it is an empty page when it is next looked at? */
static bool discard(struct kxen_domain *d, u64 gfn, unsigned long hva)
{
	/* Of a larger page other frames are a part. */
	if (KXEN_FRAMES_SHIFT || held_by_others(d, gfn, hva) || !kxen_glue_discard(hva, PAGE_SIZE))
		return false;
	/* Behind that: whoever notes it later holds the page that comes there. */
	kxen_gfn_abandon(d, gfn);
	return true;
}

/**
 * kxen_balloon_out() - The guest gives a frame's memory up.
 * @d: the domain.
 * @gfn: the frame, not trusted; nothing is placed there that is for the guest to take away.
 *
 * Context: a vCPU's own thread, no lock held, may sleep.
 * Return: 0; -ENOENT if there is none; -EBUSY if it shows something that is not the guest's,
 * another domain has it by a grant or the host by its frame, or the host holds the page and cannot
 * have it for itself;
 * -ENOMEM.
 */
int kxen_balloon_out(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, gfn);
	int ret;

	kxen_p2m_put(&at);
	if (at.entry || at.kind != KXEN_P2M_RAM)
		return at.kind == KXEN_P2M_NONE || at.kind == KXEN_P2M_HOLE ? -ENOENT : -EBUSY;
	ret = kxen_hole_make(d, gfn);
	if (ret)
		return ret == -EEXIST ? -ENOENT : ret;
	if (!is_shared(d, gfn, at.hva)) {
		if (discard(d, gfn, at.hva))
			return 0;
		if (!kxen_gfn_is_held(d, gfn)) {
			atomic64_inc(&d->balloon_kept);
			return 0;
		}
	}
	kxen_hole_fill(d, gfn, false);
	return -EBUSY;
}

/**
 * kxen_balloon_in() - The guest takes memory for a frame that has none.
 * @v: a vCPU of it.
 * @gfn: the frame, not trusted.
 *
 * Context: the vCPU's own thread, no lock held, may sleep.
 * Return: 0; -ENOENT if it is no hole, or has no memory of the VMM's any more, or shows something
 * else; -EBUSY while another domain or the host has its memory; -ENOMEM if the guest has all that
 * it is to have; -EFAULT.
 */
int kxen_balloon_in(struct kxen_vcpu *v, u64 gfn)
{
	struct kxen_p2m at = kxen_p2m_lookup(v->domain, gfn);
	void __user *memory = (void __user *)(at.hva + at.offset);
	int ret;

	kxen_p2m_put(&at);
	if (at.kind != KXEN_P2M_HOLE || !at.hva)
		return -ENOENT;
	if (is_shared(v->domain, gfn, at.hva))
		return -EBUSY;
	/* What was not given back, and whatever has come there since. */
	if (!discard(v->domain, gfn, at.hva) && clear_user(memory, XEN_PAGE_SIZE))
		return -EFAULT;
	ret = kxen_hole_fill(v->domain, gfn, true);
	if (!ret)
		kxen_glue_mark_dirty(v->vcpu, gfn << XEN_PAGE_SHIFT);
	return ret;
}

/**
 * kxen_balloon_may_move() - Can what a frame has be moved to another one?
 * @d: the domain.
 * @from: the frame, not trusted.
 *
 * Context: a vCPU's own thread, no lock held, may sleep.
 * Return: 0; -EACCES if it shows no memory of the VMM's; -EBUSY if the host holds its page, which
 * would not come along.
 */
int kxen_balloon_may_move(struct kxen_domain *d, u64 from)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, from);

	kxen_p2m_put(&at);
	if (at.kind != KXEN_P2M_RAM)
		return -EACCES;
	return kxen_gfn_is_held(d, from) ? -EBUSY : 0;
}

/* Where there can be memory: no frame that shows another domain's page, either. */
static int may_have(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, gfn);

	kxen_p2m_put(&at);
	if (at.kind == KXEN_P2M_RAM || (at.kind == KXEN_P2M_HOLE && at.hva))
		return 0;
	return at.kind == KXEN_P2M_FOREIGN ? -ENXIO : -EINVAL;
}

static int fill(struct kxen_vcpu *v, u64 gfn, const void *content)
{
	return kxen_balloon_in(v, gfn) ?: kxen_p2m_write(v->domain, gfn, content);
}

static int move(struct kxen_vcpu *v, u64 from, u64 to, void *buf)
{
	int ret = kxen_balloon_out(v->domain, to);

	if (ret && ret != -ENOENT)
		return ret;
	ret = kxen_p2m_read(v->domain, from, buf) ?: kxen_balloon_out(v->domain, from);
	if (ret)
		return ret;
	ret = fill(v, to, buf);
	/* Somebody has the page there by a grant still, or another vCPU has taken what was left. */
	if (ret)
		fill(v, from, buf);
	return ret;
}

/**
 * kxen_balloon_move() - Another frame shows what one has shown, which is a hole then.
 * @v: a vCPU of the guest's.
 * @from: a frame, not trusted; what it has becomes the content of @to. KVM's memory slots say
 *	which memory a frame can have, so that it is the content that moves.
 * @to: another frame, not trusted. What it had is given up; nothing is placed there that is for the
 *	guest to take away.
 *
 * Context: the vCPU's own thread, no lock held, may sleep.
 * Return: 0; as kxen_balloon_may_move(); -EINVAL if @to has no memory of the VMM's; -ENXIO if
 * another domain's page is mapped there; -EBUSY if another domain has either by a grant; -EFAULT,
 * -ENOMEM.
 */
int kxen_balloon_move(struct kxen_vcpu *v, u64 from, u64 to)
{
	int ret = kxen_balloon_may_move(v->domain, from) ?: may_have(v->domain, to);
	void *buf;

	if (ret || from == to)
		return ret;
	buf = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	ret = move(v, from, to, buf);
	free_page((unsigned long)buf);
	return ret;
}

/* --- a saved domain ------------------------------------------------------------------- */

/* Nothing, if there are none: a stream of such a guest is as it was before there was a balloon. */
void kxen_balloon_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	struct kxen_save_unplaced r = { .pages = d->p2m_unplaced };
	const unsigned long *bits;
	u64 gfn;

	lockdep_assert_held(&d->lock);
	if (!d->p2m_holes)
		return;
	kxen_rec_begin(s, KXEN_REC_HOLES);
	for (gfn = 0; (bits = kxen_holes_next(d, &gfn)); gfn += KXEN_HOLES) {
		kxen_rec_put(s, &gfn, sizeof(gfn));
		kxen_rec_put(s, bits, KXEN_HOLES / 8);
	}
	kxen_rec_end(s);
	if (r.pages)
		kxen_rec(s, KXEN_REC_UNPLACED, &r, sizeof(r));
}

/* The host holds no page that a hole has, but that of shared_info: the frame shows it. */
static int restore_hole(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, gfn);

	lockdep_assert_held(&d->lock);
	kxen_p2m_put(&at);
	if (at.kind != KXEN_P2M_RAM)
		return -EINVAL;
	if (kxen_gfn_is_held(d, gfn) && !kxen_shared_info_is_at(d, gfn))
		return -EINVAL;
	return kxen_hole_make(d, gfn);
}

static int restore_piece(struct kxen_domain *d, const struct kxen_save_holes *h)
{
	const unsigned long *bits = (const unsigned long *)h->bits;
	unsigned long i;
	int ret;

	if (h->gfn % KXEN_HOLES || h->gfn > KXEN_P2M_MAX_GFN)
		return -EINVAL;
	for_each_set_bit(i, bits, KXEN_HOLES) {
		ret = restore_hole(d, h->gfn + i);
		if (ret)
			return ret;
	}
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* The records' functions in the core's table. What is there when one fails goes with a reset. */
int kxen_holes_restore(struct kxen_domain *d, struct kxen_stream_in *im,
		       const struct kxen_rec *rec, u32 nr)
{
	const struct kxen_save_holes *h = rec->data;
	int ret = 0;
	u32 i;

	lockdep_assert_held(&d->lock);
	im->why = KXEN_RESTORE_MEMORY;
	for (i = 0; i < rec->nr && !ret; i++)
		ret = restore_piece(d, h + i);
	return ret;
}

int kxen_unplaced_restore(struct kxen_domain *d, struct kxen_stream_in *im,
			  const struct kxen_rec *rec, u32 nr)
{
	const struct kxen_save_unplaced *r = rec->data;

	lockdep_assert_held(&d->lock);
	if (r->pages > U32_MAX || !kxen_holes_claim(d, r->pages))
		return -EINVAL;
	return 0;
}
