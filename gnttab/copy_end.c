// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends of a copy: what is named there, looked at for each copy anew, and its page, which is
 * kept for the next one only if that names the same in the same way (D71 to D73).
 *
 * A frame of the caller's own that is the VMM's memory is reached by the VMM's address, as
 * arguments are: to hold its page takes longer than a copy. Good is that as long as KVM's SRCU is
 * held without a break; where the page is not there, or SRCU was given up to wait for the other
 * end's, the frame is looked at again, and its page held.
 */
#include <linux/mm.h>

#include "../kvm-xen/guest_mem.h"
#include "../kvm-xen/kvm/glue.h"
#include "copy.h"

static bool same(const struct kxen_gnt_name *a, const struct kxen_gnt_name *b)
{
	return a->granted == b->granted && a->domid == b->domid && a->value == b->value;
}

/*
 * Memory of the caller's VMM, written to by as many copies as have named it. Behind them all: the
 * log may have been read in between.
 */
static void mark_written(struct kxen_gnt_end *e)
{
	if (e->write && e->v && (e->by_user || e->page))
		kxen_glue_mark_dirty(e->v->vcpu, e->name.value << XEN_PAGE_SHIFT);
}

static void drop_own(struct kxen_gnt_end *e)
{
	mark_written(e);
	if (e->entry)
		kxen_p2m_entry_put(e->entry);
	else if (e->page && e->write)
		kxen_memory_unpin(e->page);
	else if (e->page)
		unpin_user_page(e->page);
	e->entry = NULL;
	e->page = NULL;
	e->by_user = false;
}

static void drop_grant(struct kxen_gnt_end *e)
{
	if (e->third.granter) {
		kxen_gnt_release(&e->third);
		kxen_domain_put(e->third.granter);
		e->third.granter = NULL;
	}
	kxen_gnt_release(&e->use);
}

static void drop_page(struct kxen_gnt_end *e)
{
	if (!e->held)
		return;
	if (e->name.granted)
		drop_grant(e);
	else
		drop_own(e);
	e->held = false;
	e->at = kxen_gptr_own(NULL);	/* what was there may be anybody's by now */
}

/**
 * kxen_gnt_end_drop() - Keep nothing for the next copy.
 * @e: the end.
 *
 * Context: may sleep; waits for nobody outside the kernel.
 */
void kxen_gnt_end_drop(struct kxen_gnt_end *e)
{
	drop_page(e);
	if (e->use.granter)
		kxen_domain_put(e->use.granter);
	e->use.granter = NULL;
}

/**
 * kxen_gnt_end_name() - May the caller name this, and is there such a domain?
 * @e: the end; what it has held is dropped, if it is another.
 * @n: what the copy names.
 *
 * The first question is asked of every copy (CVE-2026-102704). Context: may sleep.
 * Return: GNTST_*.
 */
s16 kxen_gnt_end_name(struct kxen_gnt_end *e, const struct kxen_gnt_name *n)
{
	bool again = same(&e->name, n);

	if (!n->granted && n->domid != DOMID_SELF)
		return GNTST_permission_denied;
	if (e->held && again)
		return GNTST_okay;
	e->again = again;
	/* The granter is mostly the one of before. */
	if (n->granted && e->use.granter && e->name.domid == n->domid)
		drop_page(e);
	else
		kxen_gnt_end_drop(e);
	e->name = *n;
	if (!n->granted || e->use.granter)
		return GNTST_okay;
	e->use.granter = kxen_domain_get(n->domid == DOMID_SELF ? e->d->domid : n->domid);
	return e->use.granter ? GNTST_okay : GNTST_bad_domain;
}

static s16 claim_grant(struct kxen_gnt_end *e)
{
	const struct kxen_gnt_want want = { .domid = e->d->domid, .write = e->write };
	s16 st;

	e->use.v = e->v;
	e->third.v = e->v;
	e->use.ref = e->name.value;
	st = kxen_gnt_follow(&e->use, &e->third, &want);
	if (st == GNTST_okay) {
		e->use.place = e->third.place;
		e->use.page = e->third.page;
	} else if (st == KXEN_GNT_NOT_TRANSITIVE) {
		st = kxen_gnt_acquire(&e->use, &want, KXEN_GNT_WAITS);
	}
	if (st == GNTST_okay)
		e->at = kxen_gptr_page(e->use.page, 0);
	return st;
}

/* Memory of the caller's VMM, whose thread this is: held for the copy alone. */
static s16 claim_ram(struct kxen_gnt_end *e, const struct kxen_p2m *at)
{
	if (pin_user_pages_fast(at->hva, 1, e->write ? FOLL_WRITE : 0, &e->page) != 1) {
		e->page = NULL;
		return GNTST_bad_page;
	}
	e->at = kxen_gptr_page(e->page, at->offset);
	return GNTST_okay;
}

/* What is placed there: its reference goes from @at to @e. */
static s16 claim_placed(struct kxen_gnt_end *e, struct kxen_p2m *at)
{
	if (e->write && at->entry->read_only)
		return GNTST_bad_page;
	e->entry = at->entry;
	at->entry = NULL;
	e->at = kxen_gptr_page(e->entry->page, e->entry->offset);
	return GNTST_okay;
}

/* The VMM's memory, as it has it: nothing says that it is there. */
static bool find_ram(struct kxen_gnt_end *e)
{
	u64 gfn = e->name.value;
	struct kxen_mem m;

	if (gfn > KXEN_P2M_MAX_GFN || kxen_gnt_outlived(e->v) ||
	    !kxen_p2m_ram(e->v, kxen_gfn_to_kvm(gfn), &m))
		return false;
	e->by_user = true;
	e->user = kxen_mem_at(&m, gfn << XEN_PAGE_SHIFT);
	e->gaps = e->v->gaps;
	return true;
}

/**
 * kxen_gnt_end_find() - Is it memory that the calling task reaches, with nothing held for it?
 * @e: the end, a frame of the caller's own; kxen_gnt_end_name() agreed.
 *
 * Nothing says that it is there. Context: as a hypercall; does not sleep.
 */
bool kxen_gnt_end_find(struct kxen_gnt_end *e)
{
	if (!e->held)
		e->held = find_ram(e);
	return e->by_user;
}

/**
 * kxen_gnt_end_copy() - Copy from or to a grant that is not held for that.
 * @e: its end; kxen_gnt_end_name() agreed.
 * @b: the bytes, and where they are in memory of the caller's own, found without a gap since.
 *
 * The first copy that names a grant: one behind it that names the same has it held
 * (kxen_gnt_end_claim()). Context: as there; waits for nobody.
 * Return: false: it has to be held, or there is something wrong.
 */
bool kxen_gnt_end_copy(struct kxen_gnt_end *e, const struct kxen_gnt_bytes *b)
{
	const struct kxen_gnt_want want = { .domid = e->d->domid, .write = e->write };

	if (e->held || e->again)
		return false;
	e->use.v = e->v;
	e->use.ref = e->name.value;
	return kxen_gnt_copy_briefly(&e->use, &want, b);
}

/* Whatever is there. */
static s16 hold_own(struct kxen_gnt_end *e)
{
	struct kxen_p2m at = kxen_p2m_lookup(e->d, e->name.value);
	s16 st = GNTST_bad_page;

	/* A frame of another guest's: an element before has waited. */
	if (kxen_gnt_outlived(e->v))
		st = GNTST_general_error;
	else if (at.kind == KXEN_P2M_RAM)
		st = claim_ram(e, &at);
	else if (at.kind == KXEN_P2M_OWN)
		st = claim_placed(e, &at);
	else if (at.kind == KXEN_P2M_OUT)
		st = GNTST_eagain;
	kxen_p2m_put(&at);
	return st;
}

/**
 * kxen_gnt_end_claim() - Hold what is named.
 * @e: the end, kxen_gnt_end_name() agreed.
 *
 * Context: no lock held; may sleep for as long as the granter likes.
 * Return: GNTST_*.
 */
s16 kxen_gnt_end_claim(struct kxen_gnt_end *e)
{
	s16 st;

	if (e->held)
		return GNTST_okay;
	if (e->name.granted)
		st = claim_grant(e);
	else
		st = find_ram(e) ? GNTST_okay : hold_own(e);
	e->held = st == GNTST_okay;
	return st;
}

/**
 * kxen_gnt_end_hold() - Hold what could not be reached without that.
 * @e: the end, kxen_gnt_end_claim() agreed. Of a process's own memory nothing is held here.
 *
 * Context: as there. Return: GNTST_*.
 */
s16 kxen_gnt_end_hold(struct kxen_gnt_end *e)
{
	s16 st;

	if (!e->by_user)
		return GNTST_okay;
	drop_own(e);
	st = e->v ? hold_own(e) : GNTST_bad_page;
	e->held = st == GNTST_okay;
	return st;
}
