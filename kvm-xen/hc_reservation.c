// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory_op's reservation calls, as balloon drivers make them (semantics G20): each returns how
 * many extents are done, and never an error. A call that is cut goes on where its command says,
 * which the guest can have made up. An extent is not cut: it has at most 512 frames.
 */
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>

#include "balloon.h"
#include "hypercall.h"
#include "kvm/glue.h"
#include "p2m.h"
#include "p2m_hole.h"
#include "subsys.h"

#define MAX_ORDER_DOMU	9
#define MAX_EXTENTS	(U32_MAX >> KXEN_MEM_CMD_BITS)
#define MAX_FRAMES	BIT(MAX_ORDER_DOMU)	/* before the caller is let look up */

/* mem_flags */
#define ADDRESS_BITS	0xffU
#define NODE		0xff00U
#define ON_DEMAND	BIT(16)
#define EXACT_NODE	BIT(17)
#define VIRTUAL_NODE	BIT(18)

struct reservation {
	u64 extents;
	u64 nr;
	u32 order;
	u32 flags;
	u16 domid;
};

struct reservation_compat {
	u32 extents;
	u32 nr;
	u32 order;
	u32 flags;
	u16 domid;
};

static const struct kxen_field fields[] = {
	KXEN_FIELD(reservation, reservation_compat, extents),
	KXEN_FIELD(reservation, reservation_compat, nr),
	KXEN_FIELD(reservation, reservation_compat, order),
	KXEN_FIELD(reservation, reservation_compat, flags),
	KXEN_FIELD(reservation, reservation_compat, domid),
};

static const struct kxen_struct reservation_layout =
	KXEN_STRUCT(reservation, reservation_compat, fields);

/* What may be asked for, of one's own domain. */
static bool reservation_ok(const struct kxen_hc *hc, const struct reservation *r)
{
	u32 bits = r->flags & ADDRESS_BITS;

	if (kxen_hc_own_domain(hc, r->domid) || r->order > MAX_ORDER_DOMU)
		return false;
	if (bits && bits <= XEN_PAGE_SHIFT)
		return false;
	/* Any node serves a guest, unless it insists on one. */
	return r->flags & VIRTUAL_NODE || !(r->flags & EXACT_NODE && r->flags & NODE);
}

static int get_extent(struct kxen_hc *hc, const struct reservation *r, u64 i, u64 *gfn)
{
	u32 size = kxen_hc_long_size(hc);
	u64 at = r->extents + i * size;

	if (at < r->extents || (hc->compat && at + size > BIT_ULL(32)))
		return -EFAULT;
	return kxen_hc_get_longs(hc, gfn, at, 1);
}

/* All extents, or as many as go well, in pieces. */
static long each_extent(struct kxen_hc *hc,
			bool (*one)(struct kxen_hc *hc, const struct reservation *r, u64 i))
{
	u64 done = hc->arg[0] >> KXEN_MEM_CMD_BITS, first = done;
	struct reservation r;

	if (kxen_hc_get_struct(hc, &r, hc->arg[1], &reservation_layout))
		return done;
	if (r.nr > MAX_EXTENTS || done >= r.nr || !reservation_ok(hc, &r))
		return done;
	while (one(hc, &r, done) && ++done < r.nr) {
		if ((done - first) << r.order < MAX_FRAMES &&
		    !kxen_glue_work_pending(hc->v->vcpu))
			continue;
		hc->arg[0] &= BIT(KXEN_MEM_CMD_BITS) - 1;
		hc->arg[0] |= done << KXEN_MEM_CMD_BITS;
		return kxen_hc_restart(hc);
	}
	return done;
}

/* What the guest has placed there goes first; shared_info and the like are then nowhere. */
static bool give_up(struct kxen_hc *hc, u64 gfn)
{
	long ret = kxen_hc_unhook(hc, gfn);

	if (ret && ret != -ENOENT)
		return false;
	/* What was placed may have been all that there was. */
	return !kxen_balloon_out(hc->d, gfn) || !ret;
}

/* As Xen, whose frames stay away that came before one that is not there. */
static bool decrease_one(struct kxen_hc *hc, const struct reservation *r, u64 i)
{
	u64 gfn, j;

	if (get_extent(hc, r, i, &gfn))
		return false;
	/* To see that nobody has a frame can take long, and the VMM may be on its way out. */
	for (j = 0; j < BIT(r->order); j++) {
		if (fatal_signal_pending(current) || !give_up(hc, gfn + j))
			return false;
		cond_resched();
	}
	return true;
}

static bool populate_one(struct kxen_hc *hc, const struct reservation *r, u64 i)
{
	u64 gfn, j;

	if (r->flags & ON_DEMAND || get_extent(hc, r, i, &gfn) ||
	    kxen_holes_spare(hc->d) < BIT(r->order))
		return false;
	for (j = 0; j < BIT(r->order); j++) {
		if (fatal_signal_pending(current) || kxen_balloon_in(hc->v, gfn + j))
			return false;
		cond_resched();
	}
	return true;
}

/* Pages that no frame shows, as Xen gives them to a guest with a physmap. */
static bool increase_one(struct kxen_hc *hc, const struct reservation *r, u64 i)
{
	return kxen_holes_claim(hc->d, BIT(r->order));
}

long kxen_hc_decrease_reservation(struct kxen_hc *hc)
{
	return each_extent(hc, decrease_one);
}

long kxen_hc_increase_reservation(struct kxen_hc *hc)
{
	return each_extent(hc, increase_one);
}

long kxen_hc_populate_physmap(struct kxen_hc *hc)
{
	return each_extent(hc, populate_one);
}

/**
 * kxen_hc_reservation_host() - decrease_reservation, populate_physmap by a process of domain 0.
 * @hc: the call, without a vCPU.
 *
 * Of another domain's memory its VMM has to say. What a toolstack takes away, and gives again, is
 * the page of a pager's ring, which no guest has.
 * Context: the process's own thread, no lock held, may sleep.
 * Return: how many extents, 1 or 0, and never an error, as Xen's.
 */
long kxen_hc_reservation_host(struct kxen_hc *hc)
{
	bool there = (u32)hc->arg[0] == XENMEM_populate_physmap;
	struct reservation r;
	struct kxen_domain *d;
	long done = 0;
	u64 gfn;

	if (kxen_hc_get_struct(hc, &r, hc->arg[1], &reservation_layout))
		return 0;
	d = kxen_hc_target(hc, r.domid);
	if (IS_ERR(d))
		return 0;
	if (r.nr == 1 && !r.order && !get_extent(hc, &r, 0, &gfn) && kxen_p2m_is_ring(d, gfn))
		done = d->frame_ops->ring_place(d, there);
	kxen_domain_put(d);
	return done;
}
