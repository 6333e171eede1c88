// SPDX-License-Identifier: GPL-2.0-only
/*
 * XENMEM_paging_op, by a process of domain 0 (semantics E10 to E15): what a pager with a ring does
 * with one page. The same as a pager with a descriptor does with many.
 */
#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "../kvm-xen/dom0_page.h"
#include "../kvm-xen/hc_arg.h"
#include "../kvm-xen/p2m.h"
#include "../kvm-xen/toolstack_abi.h"
#include "mempaging.h"

static_assert(sizeof(struct kxen_mem_paging_op) == 24);

/*
 * A signal that waits ends a nomination before it has begun: that is as good a reason as any to
 * take another page. At the ring's frame a pager would find something else than the guest has.
 */
static long op_nominate(struct kxen_pager *pg, u64 gfn)
{
	s32 res = -EBUSY;
	u32 done = 0;
	void *yield;
	int ret;

	if (kxen_p2m_is_ring(pg->d, gfn))
		return -EBUSY;
	/* Some pagers map a page before they nominate it, and some after (E51). */
	yield = kxen_dom0_page_yield(pg->d, gfn);
	ret = kxen_pager_nominate(pg, &gfn, &res, 1, &done);
	kxen_dom0_page_again(yield);
	return ret ?: done ? res : -EBUSY;
}

/* To a pager a page that is not there any more, which it was not told yet, is brought back. */
static long op_prep(struct kxen_pager *pg, u64 gfn, u64 buffer)
{
	void __user *buf = u64_to_user_ptr(buffer);
	int ret;

	if (!access_ok(buf, PAGE_SIZE))
		return -EINVAL;
	ret = kxen_pg_fill_one(pg, gfn, buf);
	/* None was given, and there is no page to bring back without. */
	if (ret == -EFAULT && !buffer)
		return -EINVAL;
	return ret == -ENOENT && kxen_pg_forgive_drop(pg, gfn) ? 0 : ret;
}

static long op_of_pager(struct kxen_pager *pg, const struct kxen_mem_paging_op *op)
{
	const struct kxen_pg_ring *ring = kxen_pg_ring_of(pg);

	/* Who has no channel would not be missed when he dies. */
	if (READ_ONCE(pg->dead) || !ring || !kxen_pg_ring_is_bound(ring))
		return -ENODEV;
	switch (op->op) {
	case KXEN_PAGING_OP_NOMINATE:
		return op_nominate(pg, op->gfn);
	case KXEN_PAGING_OP_EVICT:
		return kxen_pg_evict_one(pg, op->gfn);
	case KXEN_PAGING_OP_PREP:
		return op_prep(pg, op->gfn, op->buffer);
	default:
		return -ENOSYS;
	}
}

static long op_of_domain(struct kxen_domain *d, const struct kxen_mem_paging_op *op)
{
	struct kxen_pager *pg;
	long ret;

	if (d->is_host)
		return -EPERM;
	if (READ_ONCE(d->state) == KXEN_DYING)
		return -EINVAL;
	pg = kxen_pager_of(d);
	if (!pg)
		return -ENODEV;
	ret = op_of_pager(pg, op);
	kxen_pager_put(pg);
	return ret == -ESHUTDOWN ? -ENODEV : ret;
}

/**
 * kxen_pg_paging_op() - XENMEM_paging_op.
 * @hc: the call, of a process of domain 0.
 *
 * Context: the process's own thread, no lock held; may sleep.
 * Return: 0; -EFAULT; -EPERM: domain 0 itself; -ESRCH; -EINVAL: the domain is dying, or the
 * buffer is no memory of a process's; -ENODEV: no pager has a ring that is bound; -EBUSY: the page
 * cannot be nominated, or taken out; -ENOENT: there is nothing to bring back; -ENOMEM; -ENOSYS.
 */
long kxen_pg_paging_op(struct kxen_hc *hc)
{
	struct kxen_mem_paging_op op;
	struct kxen_domain *d;
	long ret;

	if (kxen_hc_get(hc, &op, hc->arg[1], sizeof(op)))
		return -EFAULT;
	d = kxen_hc_domain(hc, op.domain);
	if (!d)
		return -ESRCH;
	ret = op_of_domain(d, &op);
	kxen_domain_put(d);
	return ret;
}
