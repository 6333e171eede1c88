// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of processors and the like, as Xen's tools pass them: as many bytes as the caller has room
 * for. What we have more is not told, what he has more is zero.
 *
 * Bytes of ours lie as his, since longs are little-endian.
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "hc_arg.h"
#include "hc_toolstack.h"

/* However much that is: who is being killed need not wait. */
static int put_zeros(struct kxen_hc *hc, u64 at, u32 len)
{
	static const u8 zeros[256];
	u32 n;

	for (; len; len -= n, at += n) {
		n = min_t(u32, len, sizeof(zeros));
		if (kxen_hc_put(hc, at, zeros, n))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * kxen_hc_put_bitmap() - Tell a set.
 * @hc: the call.
 * @to: where to, and how many bits there is room for.
 * @bits: the set, with no bit behind the last of its own.
 * @nr: its bits.
 *
 * Context: the caller's own thread, no lock held, may sleep.
 * Return: 0, -EFAULT, -EINTR.
 */
int kxen_hc_put_bitmap(struct kxen_hc *hc, const struct kxen_xenctl_bitmap *to,
		       const unsigned long *bits, u32 nr)
{
	u32 room = DIV_ROUND_UP((u64)to->nr_bits, 8);
	u32 have = min_t(u32, room, DIV_ROUND_UP(nr, 8));

	if (have && kxen_hc_put(hc, to->bitmap, bits, have))
		return -EFAULT;
	return put_zeros(hc, to->bitmap + have, room - have);
}

/**
 * kxen_hc_get_bitmap() - Be told a set.
 * @hc: the call.
 * @from: where it is, and how many bits it has.
 * @bits: all of it is set.
 * @nr: its bits.
 *
 * Context: as above. Return: 0 or -EFAULT.
 */
int kxen_hc_get_bitmap(struct kxen_hc *hc, const struct kxen_xenctl_bitmap *from,
		       unsigned long *bits, u32 nr)
{
	u32 have = min_t(u32, from->nr_bits, nr);

	bitmap_zero(bits, nr);
	if (kxen_hc_get(hc, bits, from->bitmap, DIV_ROUND_UP(have, 8)))
		return -EFAULT;
	if (have % BITS_PER_LONG)
		bits[have / BITS_PER_LONG] &= BITMAP_LAST_WORD_MASK(have);
	return 0;
}
