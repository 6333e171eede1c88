/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls as those who serve one see them: the context of a call, its arguments. */
#ifndef KXEN_HC_ARG_H
#define KXEN_HC_ARG_H

#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "arch.h"
#include "kxen.h"

/* The number of a vCPU in tracepoints where a process of the host calls. */
#define KXEN_NO_VCPU	U32_MAX

/* May the caller act upon this domain: its own, and domain 0 upon any (0.11)? */
static inline bool kxen_hc_controls(const struct kxen_hc *hc, const struct kxen_domain *d)
{
	return d == hc->d || hc->d->is_host;
}

struct kxen_domain *kxen_hc_domain(const struct kxen_hc *hc, u16 domid);
struct kxen_domain *kxen_hc_target(const struct kxen_hc *hc, u16 domid);
int kxen_hc_own_domain(const struct kxen_hc *hc, u16 domid);

/**
 * kxen_hc_restart() - Cut a call that takes long: it is made again for what is left.
 * @hc: the call, whose arguments say by now what that is.
 *
 * All that the call takes go to where they came from, registers or the entry of a multicall,
 * and the guest's next instruction is the same once more; interrupts, the VMM and whoever
 * else has waited for the thread come first. The guest may change them meanwhile: what goes
 * on is checked like any other call. A call that is cut has got on with something. A process
 * of the host calls again by itself, with what is left in @hc.
 * Context: the caller's own thread; the handler returns what this does.
 * Return: 0, which nobody sees.
 */
static inline long kxen_hc_restart(struct kxen_hc *hc)
{
	hc->restart = true;
	return 0;
}

int kxen_hc_get_user(void *dst, u64 at, u32 len);
int kxen_hc_put_user(u64 at, const void *src, u32 len);

/* The one argument that a call reads which is served where nothing may sleep. */
static __always_inline int kxen_hc_get_fetched(const struct kxen_hc *hc, void *dst, u32 len)
{
	u32 *to = dst, i;

	for (i = 0; i < len / 4 && i < KXEN_FAST_WORDS; i++)
		to[i] = hc->fetched[i];
	return 0;
}

/**
 * kxen_hc_get() - Read an argument.
 * @hc: the call.
 * @dst: where to.
 * @at: the caller's address of it.
 * @len: bytes.
 *
 * A guest's address is virtual, by the page tables and with the privilege of the vCPU that
 * makes the call; a process's is its own. Handlers reach memory through the call alone, so
 * what an address means is decided here.
 * Context: the caller's own thread, no lock held, may sleep.
 * Return: 0 or -EFAULT.
 */
static inline int kxen_hc_get(const struct kxen_hc *hc, void *dst, u64 at, u32 len)
{
	if (unlikely(!hc->v))
		return kxen_hc_get_user(dst, at, len);
	if (hc->fetched)
		return kxen_hc_get_fetched(hc, dst, len);
	return kxen_arch_copy_from_guest(hc->v, dst, at, len);
}

/**
 * kxen_hc_put() - Write a result.
 * @hc: the call.
 * @at: the caller's address of it.
 * @src: from where.
 * @len: bytes.
 *
 * Context: the caller's own thread, no lock held, may sleep.
 * Return: 0; -EFAULT also for memory that the caller may only read.
 */
static inline int kxen_hc_put(const struct kxen_hc *hc, u64 at, const void *src, u32 len)
{
	if (unlikely(!hc->v))
		return kxen_hc_put_user(at, src, len);
	return kxen_arch_copy_to_guest(hc->v, at, src, len);
}

/**
 * struct kxen_field - a field of a structure that a 32-bit caller has in another place, or
 *	of another width.
 * @native: its place.
 * @compat: its place for a 32-bit caller.
 * @size: its bytes for a 32-bit caller; the native one has no fewer.
 */
struct kxen_field {
	u8 native;
	u8 compat;
	u8 size;
};

/**
 * struct kxen_struct - a structure with two layouts.
 * @native: bytes of the one that handlers use.
 * @compat: bytes of a 32-bit caller's.
 * @nr: fields.
 * @field: all but padding.
 */
struct kxen_struct {
	u8 native;
	u8 compat;
	u8 nr;
	const struct kxen_field *field;
};

#define KXEN_MAX_COMPAT	64	/* bytes of the largest of these structures */

/* A row of a table of fields: @f of struct n and of struct c. */
#define KXEN_FIELD(n, c, f) {						\
	.native = offsetof(struct n, f), .compat = offsetof(struct c, f), \
	.size = sizeof_field(struct c, f) +				\
		BUILD_BUG_ON_ZERO(sizeof_field(struct c, f) >		\
				  sizeof_field(struct n, f)) }

/* The structure that has these fields. */
#define KXEN_STRUCT(n, c, fields) {					\
	.native = sizeof(struct n) +					\
		BUILD_BUG_ON_ZERO(sizeof(struct n) > U8_MAX),		\
	.compat = sizeof(struct c) +					\
		BUILD_BUG_ON_ZERO(sizeof(struct c) > KXEN_MAX_COMPAT),	\
	.nr = ARRAY_SIZE(fields), .field = fields }

int kxen_hc_get_struct(const struct kxen_hc *hc, void *dst, u64 at,
		       const struct kxen_struct *s);
int kxen_hc_put_struct(const struct kxen_hc *hc, u64 at, const void *src,
		       const struct kxen_struct *s);

/* Bytes of the caller's words: a handle, a frame number, an entry of a multicall. */
static inline u32 kxen_hc_long_size(const struct kxen_hc *hc)
{
	return hc->compat ? sizeof(u32) : sizeof(u64);
}

int kxen_hc_get_longs(const struct kxen_hc *hc, u64 *dst, u64 at, u32 nr);
int kxen_hc_put_longs(const struct kxen_hc *hc, u64 at, const u64 *src, u32 nr);

/**
 * struct kxen_arg - an argument that is read, and written back.
 * @hc: the call.
 * @at: the caller's address of it.
 * @win: where it was found.
 *
 * Its address is translated once. The handler in between neither sleeps for the guest nor
 * changes what lies there: it is not for the entries of a multicall.
 */
struct kxen_arg {
	struct kxen_hc *hc;
	u64 at;
	struct kxen_window win;
};

int kxen_arg_get(struct kxen_arg *a, struct kxen_hc *hc, u64 at, void *dst, u32 len);
int kxen_arg_put(const struct kxen_arg *a, u32 pos, const void *src, u32 len);
long kxen_hc_call_back(struct kxen_hc *hc, u64 at, void *arg, u32 size,
		       long (*fn)(struct kxen_hc *hc, void *arg));

#endif
