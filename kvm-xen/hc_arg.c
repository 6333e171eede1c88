// SPDX-License-Identifier: GPL-2.0-only
/* Arguments of hypercalls: those that are read, and written back. */
#include <linux/types.h>

#include "arch.h"
#include "hypercall.h"

/**
 * kxen_arg_get() - Read an argument that will be written back.
 * @a: filled in.
 * @hc: the call.
 * @at: the caller's address of it.
 * @dst: where to.
 * @len: bytes.
 *
 * Context: the caller's own thread, no lock held, may sleep.
 * Return: 0 or -EFAULT. That it can be written to is not looked at.
 */
int kxen_arg_get(struct kxen_arg *a, struct kxen_hc *hc, u64 at, void *dst, u32 len)
{
	a->hc = hc;
	a->at = at;
	return kxen_arch_copy_and_find(hc->kv, dst, at, len, &a->win);
}

/**
 * kxen_arg_put() - Write an argument back, or a part of it.
 * @a: what was read.
 * @pos: the part's place in it.
 * @src: from where.
 * @len: bytes; no more than was read.
 *
 * Context: as kxen_arg_get(), in the same call.
 * Return: 0; -EFAULT also for memory that the caller may only read.
 */
int kxen_arg_put(const struct kxen_arg *a, u32 pos, const void *src, u32 len)
{
	if (likely(!kxen_arch_copy_to_window(a->hc->kv, &a->win, pos, src, len)))
		return 0;
	return kxen_hc_put(a->hc, a->at + pos, src, len);
}

/**
 * kxen_hc_call_back() - Call what answers in its argument.
 * @hc: the call.
 * @at: the caller's address of the argument.
 * @arg: room for it.
 * @size: bytes.
 * @fn: acts on the copy, which is written back if it returns 0.
 *
 * Context: as kxen_arg_get(), and as @fn.
 * Return: as @fn; -EFAULT.
 */
long kxen_hc_call_back(struct kxen_hc *hc, u64 at, void *arg, u32 size,
		       long (*fn)(struct kxen_hc *hc, void *arg))
{
	struct kxen_arg a;
	long ret;

	if (kxen_arg_get(&a, hc, at, arg, size))
		return -EFAULT;
	ret = fn(hc, arg);
	if (!ret && kxen_arg_put(&a, 0, arg, size))
		ret = -EFAULT;
	return ret;
}
