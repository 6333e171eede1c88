// SPDX-License-Identifier: GPL-2.0-only
/*
 * GNTTABOP_unmap_grant_ref (D40 to D46), and the end of a domain that has mapped something.
 *
 * In two phases: what a batch takes away is flushed at once, and only then is a granter told that
 * his page is free.
 */
#include <linux/minmax.h>
#include <linux/sched.h>

#include "../kvm-xen/hc_arg.h"
#include "../kvm-xen/kvm/glue.h"
#include "batch.h"
#include "use.h"

/**
 * struct kxen_unmapping - mappings that go at once.
 * @d: whose.
 * @vcpu: the list that the handles go to.
 * @nr: how many.
 * @gone: their frames.
 * @handle: they, KXEN_MAPPING_GOING.
 * @granter: of the last of them, which holds it; of no meaning while there is none.
 * @domid: its number.
 */
struct kxen_unmapping {
	struct kxen_domain *d;
	u32 vcpu;
	u32 nr;
	struct kxen_p2m_gone gone;
	u32 handle[KXEN_GNT_BATCH];
	struct kxen_domain *granter;
	u16 domid;
};

/* Who comes second finds that it is going already (XSA-218). */
static bool claim(struct kxen_gnt_mapping *m, u64 where)
{
	return cmpxchg(&m->where, where, where | KXEN_MAPPING_GOING) == where;
}

/*
 * A mapping that was claimed has its grant in use: neither what is known of it goes nor does its
 * page change, so no lock is needed for that.
 */
static struct page *page_of(const struct kxen_domain *granter, u32 ref)
{
	return kxen_gnt_active(granter->gnttab, ref)->page;
}

/* Every mapping holds its granter, so it is there. */
static struct kxen_domain *granter_of(const struct kxen_unmapping *u,
				      const struct kxen_gnt_mapping *m)
{
	return u->nr && u->domid == m->domid ? u->granter : kxen_domain_held(m->domid);
}

static s16 take_away(struct kxen_unmapping *u, struct kxen_gnt_mapping *m, u32 handle, u64 where)
{
	struct kxen_domain *granter = granter_of(u, m);

	if (WARN_ON_ONCE(!granter) ||
	    kxen_p2m_unmap(&u->gone, where >> KXEN_MAPPING_GFN, page_of(granter, m->ref)))
		return GNTST_general_error;
	u->granter = granter;
	u->domid = m->domid;
	u->handle[u->nr++] = handle;
	return GNTST_okay;
}

/* The first phase. */
static s16 unmap(struct kxen_unmapping *u, const struct gnttab_unmap_grant_ref *op)
{
	struct kxen_gnt_mapping *m = kxen_maptrack_find(u->d->gnttab->maptrack, op->handle);
	/* Pairs with the release in publish(), and with the one below. */
	u64 where = m ? smp_load_acquire(&m->where) : 0, gfn = where >> KXEN_MAPPING_GFN;
	s16 st;

	if (!(where & KXEN_MAPPING_USED) || (where & KXEN_MAPPING_GOING))
		return GNTST_bad_handle;
	/* Without a device's half, which no guest of ours has, its address is not looked at. */
	if (!op->host_addr)
		return GNTST_okay;
	if (op->host_addr >> XEN_PAGE_SHIFT != gfn)
		return GNTST_general_error;
	if (!claim(m, where))
		return GNTST_bad_handle;
	st = take_away(u, m, op->handle, where);
	if (st != GNTST_okay)
		smp_store_release(&m->where, where);	/* valid again */
	return st;
}

/* The second one. */
static void release(struct kxen_unmapping *u, u32 handle)
{
	struct kxen_maptrack *t = u->d->gnttab->maptrack;
	struct kxen_gnt_mapping *m = kxen_maptrack_find(t, handle);
	u64 where = m->where;
	struct kxen_gnt_use use = {
		.granter = granter_of(u, m),
		.ref = m->ref,
		.one = kxen_pin_one(where & KXEN_MAPPING_WRITE),
	};

	kxen_gnt_release(&use);
	WRITE_ONCE(m->where, 0);
	kxen_maptrack_put(t, u->vcpu, handle);
	kxen_domain_unhold(use.granter);
}

static void finish(struct kxen_unmapping *u)
{
	u32 i;

	kxen_p2m_flush(&u->gone);
	for (i = 0; i < u->nr; i++)
		release(u, u->handle[i]);
	u->nr = 0;
}

static void unmap_some(struct kxen_hc *hc, void *ops, u32 nr)
{
	struct kxen_unmapping u = { .d = hc->d, .vcpu = hc->v->id, .gone.d = hc->d };
	struct gnttab_unmap_grant_ref *op = ops;
	u32 i;

	for (i = 0; i < nr; i++) {
		op[i].status = unmap(&u, &op[i]);
		/* A page of the guest's has more elements than are flushed at once. */
		if (u.nr == KXEN_GNT_BATCH)
			finish(&u);
	}
	if (u.nr)
		finish(&u);
}

/**
 * kxen_gnt_op_unmap() - GNTTABOP_unmap_grant_ref.
 * @hc: the call: array and number of elements, which is not negative.
 *
 * Context: as a hypercall. Return: as the guest gets it.
 */
long kxen_gnt_op_unmap(struct kxen_hc *hc)
{
	BUILD_BUG_ON(sizeof(struct gnttab_unmap_grant_ref) != 24);
	return kxen_gnt_batch(hc, sizeof(struct gnttab_unmap_grant_ref), unmap_some);
}

/* One of a domain that ends, or whose guest begins anew while other vCPUs of it unmap theirs. */
static void end(struct kxen_unmapping *u, u32 handle)
{
	struct kxen_gnt_mapping *m = kxen_maptrack_find(u->d->gnttab->maptrack, handle);
	/* Pairs with the release in publish(). */
	u64 where = smp_load_acquire(&m->where);

	if (!(where & KXEN_MAPPING_USED) || (where & KXEN_MAPPING_GOING) || !claim(m, where))
		return;
	WARN_ON_ONCE(take_away(u, m, handle, where) != GNTST_okay);
	if (u->nr == KXEN_GNT_BATCH)
		finish(u);
}

/**
 * kxen_gnt_mapper_stop() - A domain ends, or its guest does: it has nothing mapped any more (D100).
 * @d: the domain. A vCPU that runs still, in a soft reset, may map something behind this.
 *
 * Context: may sleep.
 */
void kxen_gnt_mapper_stop(struct kxen_domain *d)
{
	struct kxen_unmapping u = { .d = d, .gone.d = d };
	u32 i = kxen_maptrack_limit(d->gnttab->maptrack);

	while (i--) {
		end(&u, i);
		cond_resched();
	}
	if (u.nr)
		finish(&u);
}
