// SPDX-License-Identifier: GPL-2.0-only
/* GNTTABOP_map_grant_ref (D20 to D33). */
#include <linux/minmax.h>
#include <linux/sched.h>

#include "../kvm-xen/hc_arg.h"
#include "../kvm-xen/kvm/glue.h"
#include "batch.h"
#include "use.h"

#define ATTRIBUTES	(GTF_PWT | GTF_PCD | GTF_PAT)

/* What no guest of ours has (D21). */
#define NOT_FOR_HVM	(GNTMAP_device_map | GNTMAP_application_map | GNTMAP_contains_pte)

/* In the order in which Xen says so. */
static s16 check_flags(u32 flags)
{
	if (!(flags & (GNTMAP_device_map | GNTMAP_host_map)))
		return GNTST_bad_gntref;
	return flags & NOT_FOR_HVM ? GNTST_general_error : GNTST_okay;
}

/* The grant is in use: its page goes to where the guest wants to have it. */
static s16 place(struct kxen_hc *hc, const struct gnttab_map_grant_ref *op,
		 const struct kxen_gnt_use *u)
{
	bool read_only = op->flags & GNTMAP_readonly;

	if ((op->flags & ~(GNTMAP_host_map | GNTMAP_readonly)) || (u->header & ATTRIBUTES))
		return GNTST_general_error;
	if (!kxen_p2m_map(hc->d, op->host_addr >> XEN_PAGE_SHIFT, u->page, read_only))
		return GNTST_okay;
	atomic64_inc(&hc->d->gnttab->refused);
	return GNTST_general_error;
}

/* The handle is valid from here on: who reads it looks at @where first. */
static void publish(struct kxen_hc *hc, struct gnttab_map_grant_ref *op,
		    const struct kxen_gnt_use *u, u32 handle)
{
	struct kxen_gnt_mapping *m = kxen_maptrack_find(hc->d->gnttab->maptrack, handle);
	u64 gfn = op->host_addr >> XEN_PAGE_SHIFT;

	WRITE_ONCE(m->ref, u->ref);
	WRITE_ONCE(m->domid, u->granter->domid);
	/* Pairs with the acquire in unmap(). */
	smp_store_release(&m->where, gfn << KXEN_MAPPING_GFN | KXEN_MAPPING_USED |
			  (op->flags & GNTMAP_readonly ? 0 : KXEN_MAPPING_WRITE));
	op->handle = handle;
	op->dev_bus_addr = gfn << XEN_PAGE_SHIFT;
}

/* The grant is in use, and the granter held: by the mapping, if it comes to one. */
static s16 map_used(struct kxen_hc *hc, struct gnttab_map_grant_ref *op,
		    const struct kxen_gnt_use *u)
{
	struct kxen_maptrack *m = hc->d->gnttab->maptrack;
	u32 handle = kxen_maptrack_get(m, hc->v->id);
	s16 st;

	if (handle == KXEN_NO_HANDLE)
		return GNTST_no_space;
	st = place(hc, op, u);
	if (st == GNTST_okay)
		publish(hc, op, u, handle);
	else
		kxen_maptrack_put(m, hc->v->id, handle);
	return st;
}

/*
 * The granter is referenced, and held while this is mapped. Nothing but the grant is looked at for
 * one that is refused; but that there is no handle for it is said first (D111).
 */
static s16 map_of(struct kxen_hc *hc, struct gnttab_map_grant_ref *op, struct kxen_domain *granter)
{
	const struct kxen_gnt_want want = {
		.domid = hc->d->domid,
		.write = !(op->flags & GNTMAP_readonly),
		.whole = true,
	};
	struct kxen_gnt_use u = { .granter = granter, .v = hc->v, .ref = op->ref };
	s16 st = kxen_gnt_acquire(&u, &want, KXEN_GNT_WAITS);

	if (st != GNTST_okay)
		return kxen_maptrack_any(hc->d->gnttab->maptrack, hc->v->id) ? st : GNTST_no_space;
	st = GNTST_bad_domain;
	if (kxen_domain_hold(granter)) {
		st = map_used(hc, op, &u);
		if (st == GNTST_okay)
			return st;
		kxen_domain_unhold(granter);
	}
	kxen_gnt_release(&u);
	return st;
}

/* @granter: whose the one before was, with a reference, or NULL; then whose this one is. */
static s16 map(struct kxen_hc *hc, struct gnttab_map_grant_ref *op, struct kxen_domain **granter)
{
	s16 st = check_flags(op->flags);

	if (st != GNTST_okay)
		return st;
	/* By number alone: DOMID_SELF is none (D22). */
	if (!*granter || (*granter)->domid != op->dom) {
		if (*granter)
			kxen_domain_put(*granter);
		*granter = kxen_domain_get(op->dom);
	}
	return *granter ? map_of(hc, op, *granter) : GNTST_bad_domain;
}

static void map_some(struct kxen_hc *hc, void *ops, u32 nr)
{
	struct gnttab_map_grant_ref *op = ops;
	struct kxen_domain *granter = NULL;
	u32 i;

	for (i = 0; i < nr; i++)
		op[i].status = map(hc, &op[i], &granter);
	if (granter)
		kxen_domain_put(granter);
}

/**
 * kxen_gnt_op_map() - GNTTABOP_map_grant_ref.
 * @hc: the call: array and number of elements, which is not negative.
 *
 * Context: as a hypercall. Return: as the guest gets it.
 */
long kxen_gnt_op_map(struct kxen_hc *hc)
{
	BUILD_BUG_ON(sizeof(struct gnttab_map_grant_ref) != 32);
	return kxen_gnt_batch(hc, sizeof(struct gnttab_map_grant_ref), map_some);
}
