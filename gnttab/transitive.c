// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transitive grants, for copies alone (D74): an entry of version 2 names a reference of a third
 * domain, which that one has granted to the entry's owner. Off unless the administrator wants
 * them: no guest of today makes any, and they have had their share of holes (XSA-226, -411).
 *
 * Each use of such an entry holds a use of its own of what is behind it. The entry itself is in
 * use as well, so that its owner sees it in the status word and can neither swap it nor switch
 * versions; it has no page. Both are looked at one after the other: of two tables none is locked
 * at once, and what is behind may not be transitive, so there is no chain.
 */
#include <linux/moduleparam.h>
#include <linux/nospec.h>
#include <linux/sched.h>

#include "copy.h"

static bool transitive_grants;
module_param(transitive_grants, bool, 0644);
MODULE_PARM_DESC(transitive_grants, "Copies follow transitive grants (off)");

/* What an entry names, read once. */
struct third {
	u16 domid;
	u32 ref;
};

static struct third third_of(struct kxen_gnt_at at)
{
	return (struct third) {
		.domid = kxen_guest_read32(kxen_gptr_at(at.entry, 4)),
		.ref = kxen_guest_read32(kxen_gptr_at(at.entry, 8)),
	};
}

/* Its lock is held. */
static s16 use_entry(struct kxen_gnt_active *a, struct kxen_gnt_at at,
		     struct kxen_gnt_want want, struct kxen_gnt_use *u, struct third *to)
{
	if ((kxen_gnt_header(at) & GTF_type_mask) != GTF_transitive)
		return KXEN_GNT_NOT_TRANSITIVE;
	if (a->pin && (!(a->word & KXEN_GNT_VIA) || a->domid != want.domid ||
		       kxen_pin_full(a->pin, u->one)))
		return GNTST_general_error;
	want.transitive = true;
	want.pinned = a->pin;
	if ((!a->pin || (want.write && !kxen_pin_written(a->pin))) && !kxen_gnt_set(at, &want))
		return GNTST_general_error;
	*to = third_of(at);
	if (!a->pin) {
		a->page = NULL;		/* nor does it remember one (again.c) */
		a->word = BIT(KXEN_GNT_LOCK) | KXEN_GNT_PART | KXEN_GNT_VIA;
		a->length = 0;
		a->domid = want.domid;
	}
	a->pin += u->one;
	return GNTST_okay;
}

/* The entry that is named, if it is one of these. */
static s16 acquire_entry(struct kxen_gnt_use *u, const struct kxen_gnt_want *want,
			 struct third *to)
{
	struct kxen_domain *d = u->granter;
	struct kxen_gnttab *t = d->gnttab;
	s16 st = KXEN_GNT_NOT_TRANSITIVE;
	struct kxen_gnt_active *a;
	u32 nr;

	u->one = kxen_pin_one(want->write);
	percpu_down_read(&t->lock);
	nr = kxen_gnt_nr_refs(t);
	/* For all else there are errors already. */
	if (t->version == 2 && READ_ONCE(d->state) != KXEN_DYING && READ_ONCE(d->kvm) &&
	    u->ref < nr) {
		u->ref = array_index_nospec(u->ref, nr);
		a = kxen_gnt_active(t, u->ref);
		kxen_gnt_lock(a);
		st = use_entry(a, kxen_gnt_at(t, u->ref), *want, u, to);
		kxen_gnt_unlock(a);
	}
	percpu_up_read(&t->lock);
	return st;
}

static s16 acquire_third(struct kxen_gnt_use *u, const struct kxen_domain *owner,
			 const struct third *to, bool write)
{
	const struct kxen_gnt_want want = { .domid = owner->domid, .write = write };
	s16 st;

	if (to->domid == owner->domid)
		return GNTST_general_error;
	u->granter = kxen_domain_get(to->domid);
	if (!u->granter)
		return GNTST_general_error;
	u->ref = to->ref;
	st = kxen_gnt_acquire(u, &want, KXEN_GNT_WAITS);
	if (st == GNTST_okay)
		return st;
	kxen_domain_put(u->granter);
	u->granter = NULL;
	return st;
}

/**
 * kxen_gnt_follow() - Use what is behind a transitive entry.
 * @u: the entry's: granter and reference, which is not trusted; in use if it succeeds.
 * @third: what is behind: filled in, its granter referenced; it is released first.
 * @want: by whom, for what.
 *
 * Context: no lock held; may sleep for as long as the third domain likes.
 * Return: GNTST_*; KXEN_GNT_NOT_TRANSITIVE: it is an entry like others, or these are off.
 */
s16 kxen_gnt_follow(struct kxen_gnt_use *u, struct kxen_gnt_use *third,
		    const struct kxen_gnt_want *want)
{
	struct third to;
	s16 st;

	if (likely(!READ_ONCE(transitive_grants)))
		return KXEN_GNT_NOT_TRANSITIVE;
	st = acquire_entry(u, want, &to);
	if (st != GNTST_okay)
		return st;
	st = acquire_third(third, u->granter, &to, want->write);
	if (st != GNTST_okay)
		kxen_gnt_release(u);
	return st;
}
