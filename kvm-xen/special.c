// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain's special pages: the rings of xenstore and of the console, which its toolstack has there
 * before the guest's first instruction (dom0-abi: HVM parameters 1 and 17, grants 1 and 0).
 *
 * Xen takes them out of the domain's memory, and the guest's firmware is told so. A VMM that knows
 * nothing of them has its guest use all memory that it gives, so they are pages of the module's
 * own, where there is no memory. They stay while the domain lives, with what is in them: whoever
 * has the other end of a ring goes on when the machine is reset.
 */
#include <linux/mm.h>
#include <uapi/linux/kvm_xen.h>

#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"
#include "save.h"
#include "special.h"

static_assert(sizeof(struct kxen_save_special) == 8 + XEN_PAGE_SIZE);

#define PIECE	256	/* bytes that are copied at once */

static struct kxen_p2m_entry *make_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	struct kxen_p2m_entry *e;

	if (!page)
		return NULL;
	e = kxen_p2m_own(page, 0);
	put_page(page);	/* the entry has its own */
	if (!e)
		return NULL;
	e->removable = false;
	e->special = true;
	return e;
}

/* The next one, at @gfn: 0; -EEXIST if something is there; -EINVAL, -ENOMEM. */
static int give_page(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m_entry *e;
	int ret;

	lockdep_assert_held(&d->lock);
	if (gfn > KXEN_P2M_MAX_GFN)
		return -EINVAL;
	if (!kxen_glue_no_memory(d->kvm, kxen_gfn_to_kvm(gfn)))
		return -EEXIST;
	e = make_page();
	if (!e)
		return -ENOMEM;
	ret = kxen_p2m_place(d, gfn, e);
	if (ret) {
		e->release(e);
		return ret;
	}
	d->special[d->nr_special++] = (struct kxen_special) { gfn, e };
	return 0;
}

/* Those from @nr on are gone. The domain is locked, or nobody knows it. */
static void drop_from(struct kxen_domain *d, u32 nr)
{
	while (d->nr_special > nr) {
		struct kxen_special *s = &d->special[--d->nr_special];

		kxen_p2m_take(d, s->gfn, s->entry);
		kxen_p2m_entry_put(s->entry);
		*s = (struct kxen_special) { };
	}
}

static int give_pages(struct kxen_domain *d, u64 gfn, u32 nr)
{
	u32 i, was = d->nr_special;
	int ret = 0;

	lockdep_assert_held(&d->lock);
	if (!d->kvm)
		return d->state == KXEN_DYING ? -ESHUTDOWN : -EBUSY;
	if (nr > KXEN_SPECIAL_PAGES - was)
		return -ENOSPC;
	for (i = 0; i < nr && !ret; i++)
		ret = give_page(d, gfn + i);
	if (ret)
		drop_from(d, was);
	return ret;
}

/**
 * kxen_special_give() - Have special pages.
 * @d: the domain, not that of the host.
 * @gfn: where; of no memory of the VMM's, and nothing is placed there.
 * @nr: how many, from there on.
 *
 * The guest finds them there, with nothing in them, when a vCPU next runs.
 * Context: may sleep; takes d->lock.
 * Return: 0; -EEXIST; -EBUSY: the domain has no VM yet; -ENOSPC: it would have too many;
 * -ESHUTDOWN; -EINVAL for a frame that no machine has; -ENOMEM; -EINTR. All or none.
 */
int kxen_special_give(struct kxen_domain *d, u64 gfn, u32 nr)
{
	int ret;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	ret = give_pages(d, gfn, nr);
	mutex_unlock(&d->lock);
	return ret;
}

/**
 * kxen_special_drop() - There are none any more.
 * @d: the domain; nobody else knows it, it has died, or it was restored in part.
 *
 * Who has a page by a grant has it still. Context: may sleep; takes d->lock.
 */
void kxen_special_drop(struct kxen_domain *d)
{
	mutex_lock(&d->lock);
	drop_from(d, 0);
	mutex_unlock(&d->lock);
}

/* --- save and restore -------------------------------------------------------------------- */

/* In pieces: others write to it meanwhile. */
static void save_page(struct page *page, struct kxen_stream_out *s)
{
	u64 words[PIECE / sizeof(u64)];
	u32 at;

	for (at = 0; at < XEN_PAGE_SIZE; at += PIECE) {
		kxen_guest_read(words, kxen_gptr_at(kxen_gptr_page(page, 0), at), PIECE);
		kxen_rec_put(s, words, PIECE);
	}
}

void kxen_special_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	u32 i;

	lockdep_assert_held(&d->lock);
	if (!d->nr_special)
		return;
	kxen_rec_begin(s, KXEN_REC_SPECIAL);
	for (i = 0; i < d->nr_special; i++) {
		kxen_rec_put(s, &d->special[i].gfn, sizeof(d->special[i].gfn));
		save_page(d->special[i].entry->page, s);
	}
	kxen_rec_end(s);
}

/* What it had takes the place of what a controller has given the new one: nothing, that is. */
int kxen_special_restore(struct kxen_domain *d, struct kxen_stream_in *im,
			 const struct kxen_rec *rec, u32 nr)
{
	const struct kxen_save_special *r = rec->data;
	int ret = 0;
	u32 i;

	lockdep_assert_held(&d->lock);
	im->why = KXEN_RESTORE_MEMORY;
	for (i = 0; i < rec->nr && !ret; i++) {
		ret = give_pages(d, r[i].gfn, 1);
		if (!ret)
			kxen_guest_write(kxen_gptr_page(d->special[i].entry->page, 0), r[i].page,
					 XEN_PAGE_SIZE);
	}
	return ret && ret != -ENOMEM ? -EINVAL : ret;
}
