// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments of hypercalls: a process's own memory, domains, structures that a 32-bit caller lays
 * out otherwise, and those that are read and written back. It knows no call: handlers stand on it.
 *
 * A 32-bit caller's long is the lower half of ours: both are little-endian.
 */
#include <linux/err.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "hc_arg.h"

#define MAX_LONGS	8	/* of a multicall's entry */

/* kxen_hc_get() of a process's argument. Out of line: guests come first. */
int kxen_hc_get_user(void *dst, u64 at, u32 len)
{
	return copy_from_user(dst, u64_to_user_ptr(at), len) ? -EFAULT : 0;
}

/* kxen_hc_put() of a process's argument. */
int kxen_hc_put_user(u64 at, const void *src, u32 len)
{
	return copy_to_user(u64_to_user_ptr(at), src, len) ? -EFAULT : 0;
}

/**
 * kxen_hc_domain() - The domain that a call names.
 * @hc: the call.
 * @domid: its number, DOMID_SELF for the caller's.
 *
 * For calls that look at something else before they refuse another domain than the
 * caller's; the others use kxen_hc_own_domain(). Context: any.
 * Return: the domain, with a reference for kxen_domain_put(), or NULL.
 */
struct kxen_domain *kxen_hc_domain(const struct kxen_hc *hc, u16 domid)
{
	return kxen_domain_get(domid == DOMID_SELF ? hc->d->domid : domid);
}

/**
 * kxen_hc_target() - The domain that a call is to act upon.
 * @hc: the call.
 * @domid: its number, DOMID_SELF for the caller's.
 *
 * For what domain 0 may do to any domain, and a guest to itself (0.11). Context: any.
 * Return: the domain, with a reference for kxen_domain_put(); -ESRCH if there is none, -EPERM
 * if it is not for the caller.
 */
struct kxen_domain *kxen_hc_target(const struct kxen_hc *hc, u16 domid)
{
	struct kxen_domain *d = kxen_hc_domain(hc, domid);

	if (!d)
		return ERR_PTR(-ESRCH);
	if (kxen_hc_controls(hc, d))
		return d;
	kxen_domain_put(d);
	return ERR_PTR(-EPERM);
}

/**
 * kxen_hc_own_domain() - Does a call name the caller's own domain?
 * @hc: the call.
 * @domid: the number that it gives.
 *
 * A guest may name no other (0.10). Context: any.
 * Return: 0; -ESRCH if there is no such domain, -EPERM if it is another one.
 */
int kxen_hc_own_domain(const struct kxen_hc *hc, u16 domid)
{
	struct kxen_domain *d;

	if (domid == DOMID_SELF || domid == hc->d->domid)
		return 0;
	d = kxen_domain_get(domid);
	if (!d)
		return -ESRCH;
	kxen_domain_put(d);
	return -EPERM;
}

/**
 * kxen_hc_get_struct() - Read a structure that has two layouts.
 * @hc: the call.
 * @dst: where to, in the native layout.
 * @at: the caller's address of it.
 * @s: the layouts.
 *
 * Context: as kxen_hc_get(). Return: 0 or -EFAULT.
 */
int kxen_hc_get_struct(const struct kxen_hc *hc, void *dst, u64 at,
		       const struct kxen_struct *s)
{
	const struct kxen_field *f;
	u8 c[KXEN_MAX_COMPAT];

	if (!hc->compat)
		return kxen_hc_get(hc, dst, at, s->native);
	if (kxen_hc_get(hc, c, at, s->compat))
		return -EFAULT;
	memset(dst, 0, s->native);
	for (f = s->field; f < s->field + s->nr; f++)
		memcpy(dst + f->native, c + f->compat, f->size);
	return 0;
}

/**
 * kxen_hc_put_struct() - Write a structure that has two layouts.
 * @hc: the call.
 * @at: the caller's address of it.
 * @src: the structure in the native layout, padding and all.
 * @s: the layouts.
 *
 * What does not fit into a 32-bit caller's field is cut off.
 * Context: as kxen_hc_put(). Return: 0 or -EFAULT.
 */
int kxen_hc_put_struct(const struct kxen_hc *hc, u64 at, const void *src,
		       const struct kxen_struct *s)
{
	u8 c[KXEN_MAX_COMPAT] = { };
	const struct kxen_field *f;

	if (!hc->compat)
		return kxen_hc_put(hc, at, src, s->native);
	for (f = s->field; f < s->field + s->nr; f++)
		memcpy(c + f->compat, src + f->native, f->size);
	return kxen_hc_put(hc, at, c, s->compat);
}

/**
 * kxen_hc_get_longs() - Read words of the caller's width.
 * @hc: the call.
 * @dst: where to.
 * @at: the caller's address of them.
 * @nr: how many, at most MAX_LONGS.
 *
 * Context: as kxen_hc_get(). Return: 0 or -EFAULT.
 */
int kxen_hc_get_longs(const struct kxen_hc *hc, u64 *dst, u64 at, u32 nr)
{
	u32 c[MAX_LONGS], i;

	if (WARN_ON_ONCE(nr > MAX_LONGS))
		return -EFAULT;
	if (!hc->compat)
		return kxen_hc_get(hc, dst, at, nr * sizeof(*dst));
	if (kxen_hc_get(hc, c, at, nr * sizeof(*c)))
		return -EFAULT;
	for (i = 0; i < nr; i++)
		dst[i] = c[i];
	return 0;
}

/**
 * kxen_hc_put_longs() - Write words of the caller's width.
 * @hc: the call.
 * @at: the caller's address of them.
 * @src: from where.
 * @nr: how many, at most MAX_LONGS.
 *
 * Context: as kxen_hc_put(). Return: 0 or -EFAULT.
 */
int kxen_hc_put_longs(const struct kxen_hc *hc, u64 at, const u64 *src, u32 nr)
{
	u32 c[MAX_LONGS], i;

	if (WARN_ON_ONCE(nr > MAX_LONGS))
		return -EFAULT;
	if (!hc->compat)
		return kxen_hc_put(hc, at, src, nr * sizeof(*src));
	for (i = 0; i < nr; i++)
		c[i] = src[i];
	return kxen_hc_put(hc, at, c, nr * sizeof(*c));
}

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
	if (unlikely(!hc->v))
		return kxen_hc_get_user(dst, at, len);
	return kxen_arch_copy_and_find(hc->v, dst, at, len, &a->win);
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
	if (likely(a->hc->v &&
		   !kxen_arch_copy_to_window(a->hc->v, &a->win, pos, src, len)))
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
