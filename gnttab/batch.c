// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays of operations (D10, D14): read, worked off and written back in pieces, each of which is
 * translated once. Between two of them the call is cut if somebody waits for its thread.
 */
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "../kvm-xen/hc_arg.h"
#include "../kvm-xen/kvm/glue.h"
#include "batch.h"
#include "use.h"

#define PIECE	(32 * 32)	/* bytes, of the largest elements */

bool kxen_gnt_somebody_waits(const struct kxen_hc *hc)
{
	if (hc->v)
		return kxen_glue_work_pending(hc->v->vcpu);
	return need_resched() || fatal_signal_pending(current);
}

/*
 * Some of the elements, all in one page, or one that is in two: none of them is done if they
 * cannot be read. 0, or -EFAULT; what was done is done.
 */
static int piece(struct kxen_hc *hc, u64 at, u32 size, u32 nr,
		 void (*fn)(struct kxen_hc *hc, void *ops, u32 nr))
{
	u64 ops[PIECE / sizeof(u64)];
	struct kxen_arg a;

	if (kxen_arg_get(&a, hc, at, ops, nr * size))
		return -EFAULT;
	fn(hc, ops, nr);
	/*
	 * The machine is reset: where the statuses were will be another guest's memory. After a
	 * soft reset it is the same, and who has called wants to know.
	 */
	if (hc->v && kxen_gnt_outlived(hc->v) && READ_ONCE(hc->d->reset_pending))
		return -EFAULT;
	return kxen_arg_put(&a, 0, ops, nr * size);
}

/* How many elements are in the same page as the first; none: it is in two. */
static u32 in_page(u64 at, u32 size)
{
	return (XEN_PAGE_SIZE - xen_offset_in_page(at)) / size;
}

/**
 * kxen_gnt_batch() - Work an array off.
 * @hc: the call: array and number of elements, which is not negative.
 * @size: of an element, a multiple of 8, or of 4 for a 32-bit caller.
 * @fn: acts on some of them, and writes their status. Context: as a hypercall.
 *
 * Return: 0, or -EFAULT.
 */
long kxen_gnt_batch(struct kxen_hc *hc, u32 size,
		    void (*fn)(struct kxen_hc *hc, void *ops, u32 nr))
{
	u32 n, nr = hc->arg[2];
	u64 at = hc->arg[1];

	if (hc->v)
		hc->v->life = kxen_domain_life(hc->d);
	for (; nr; nr -= n, at += (u64)n * size) {
		n = min3(nr, (u32)(PIECE / size), max(in_page(at, size), 1U));
		if (piece(hc, at, size, n, fn))
			return -EFAULT;
		if (nr > n && kxen_gnt_somebody_waits(hc)) {
			hc->arg[1] = at + (u64)n * size;
			hc->arg[2] = nr - n;
			return kxen_hc_restart(hc);
		}
	}
	return 0;
}
