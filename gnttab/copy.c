// SPDX-License-Identifier: GPL-2.0-only
/* GNTTABOP_copy (D70 to D77). */
#include <linux/nospec.h>
#include <linux/sched.h>

#include "../kvm-xen/hc_arg.h"
#include "batch.h"
#include "copy.h"

/* As a 32-bit caller has it. */
struct copy_ptr_compat {
	u32 value;
	u16 domid;
	u16 offset;
};

struct copy_compat {
	struct copy_ptr_compat source, dest;
	u16 len;
	u16 flags;
	s16 status;
	u16 pad;
};

/**
 * struct copies - copies that are made in a row.
 * @src: where they come from.
 * @dst: where they go.
 */
struct copies {
	struct kxen_gnt_end src;
	struct kxen_gnt_end dst;
};

/* Xen looks at the page of both ends first, and at what is granted then. */
static s16 check_range(const struct kxen_gnt_end *e, u32 offset, u32 len)
{
	if (e->name.granted && !kxen_gnt_in_part(&e->use.place, offset, len))
		return GNTST_general_error;
	return GNTST_okay;
}

/* Memory of the caller's own is where it was found. */
static bool is_there(const struct kxen_gnt_end *e)
{
	return !e->by_user || !e->v || e->v->gaps == e->gaps;
}

/* Without holding what is the caller's own: false if that has to be. */
static bool move_now(const struct copies *c, u32 from, u32 to, u32 len)
{
	if (!is_there(&c->src) || !is_there(&c->dst) || (c->src.by_user && c->dst.by_user))
		return false;
	if (c->dst.by_user)
		return kxen_guest_to_user(c->dst.user + to, kxen_gptr_at(c->src.at, from), len);
	if (c->src.by_user)
		return kxen_guest_from_user(kxen_gptr_at(c->dst.at, to), c->src.user + from, len);
	kxen_guest_move(kxen_gptr_at(c->dst.at, to), kxen_gptr_at(c->src.at, from), len);
	return true;
}

static s16 move_bytes(struct copies *c, u32 from, u32 to, u32 len)
{
	s16 st;

	if (move_now(c, from, to, len))
		return GNTST_okay;
	st = kxen_gnt_end_hold(&c->src) ?: kxen_gnt_end_hold(&c->dst);
	if (!st)
		kxen_guest_move(kxen_gptr_at(c->dst.at, to), kxen_gptr_at(c->src.at, from), len);
	return st;
}

static s16 copy_bytes(struct copies *c, const struct kxen_gnt_name *src,
		      const struct kxen_gnt_name *dst, u32 len)
{
	s16 st;

	if (!kxen_gnt_in_page(src->offset, len) || !kxen_gnt_in_page(dst->offset, len))
		return GNTST_bad_copy_arg;
	st = check_range(&c->src, src->offset, len) ?: check_range(&c->dst, dst->offset, len);
	if (st)
		return st;
	barrier_nospec();
	return move_bytes(c, src->offset, dst->offset, len);
}

/* Between a grant and memory of the caller's own: nothing is held for that, mostly. */
static bool copy_briefly(struct copies *c, const struct kxen_gnt_name *src,
			 const struct kxen_gnt_name *dst, u32 len)
{
	const struct kxen_gnt_name *grant = src->granted ? src : dst;
	struct kxen_gnt_bytes b = { .offset = grant->offset, .len = len };

	if (src->granted == dst->granted || !kxen_gnt_in_page(src->offset, len) ||
	    !kxen_gnt_in_page(dst->offset, len))
		return false;
	if (src->granted) {
		if (!kxen_gnt_end_find(&c->dst) || !is_there(&c->dst))
			return false;
		b.user = c->dst.user + dst->offset;
		return kxen_gnt_end_copy(&c->src, &b);
	}
	if (!kxen_gnt_end_find(&c->src) || !is_there(&c->src))
		return false;
	b.user = c->src.user + src->offset;
	return kxen_gnt_end_copy(&c->dst, &b);
}

static s16 try_copy(struct copies *c, const struct kxen_gnt_name *src,
		    const struct kxen_gnt_name *dst, u32 len)
{
	s16 st;

	if (!len)
		return GNTST_okay;
	st = kxen_gnt_end_name(&c->src, src) ?: kxen_gnt_end_name(&c->dst, dst);
	if (!st && copy_briefly(c, src, dst, len))
		return GNTST_okay;
	if (!st)
		st = kxen_gnt_end_claim(&c->src) ?: kxen_gnt_end_claim(&c->dst);
	return st ?: copy_bytes(c, src, dst, len);
}

static void drop(struct copies *c)
{
	kxen_gnt_end_drop(&c->src);
	kxen_gnt_end_drop(&c->dst);
}

static s16 copy(struct copies *c, const struct kxen_gnt_name *src,
		const struct kxen_gnt_name *dst, u32 len)
{
	s16 st = try_copy(c, src, dst, len);

	if (st)
		drop(c);
	return st;
}

static struct copies copies_of(struct kxen_vcpu *v, struct kxen_domain *d)
{
	return (struct copies) {
		.src = { .v = v, .d = d },
		.dst = { .v = v, .d = d, .write = true },
	};
}

static struct kxen_gnt_name name_of(const struct gnttab_copy_ptr *p, bool granted)
{
	return (struct kxen_gnt_name) {
		.granted = granted,
		.domid = p->domid,
		.value = granted ? p->u.ref : p->u.gmfn,
		.offset = p->offset,
	};
}

static struct kxen_gnt_name name_of_compat(const struct copy_ptr_compat *p, bool granted)
{
	return (struct kxen_gnt_name) {
		.granted = granted,
		.domid = p->domid,
		.value = p->value,
		.offset = p->offset,
	};
}

static void copy_some(struct kxen_hc *hc, void *ops, u32 nr)
{
	struct copies c = copies_of(hc->v, hc->d);
	struct gnttab_copy *op;

	for (op = ops; op < (struct gnttab_copy *)ops + nr; op++) {
		struct kxen_gnt_name src = name_of(&op->source, op->flags & GNTCOPY_source_gref);
		struct kxen_gnt_name dst = name_of(&op->dest, op->flags & GNTCOPY_dest_gref);

		op->status = copy(&c, &src, &dst, op->len);
	}
	drop(&c);
}

static void copy_some_compat(struct kxen_hc *hc, void *ops, u32 nr)
{
	struct copies c = copies_of(hc->v, hc->d);
	struct copy_compat *op;

	for (op = ops; op < (struct copy_compat *)ops + nr; op++) {
		struct kxen_gnt_name src =
			name_of_compat(&op->source, op->flags & GNTCOPY_source_gref);
		struct kxen_gnt_name dst =
			name_of_compat(&op->dest, op->flags & GNTCOPY_dest_gref);

		op->status = copy(&c, &src, &dst, op->len);
	}
	drop(&c);
}

/**
 * kxen_gnt_op_copy() - GNTTABOP_copy.
 * @hc: the call: array and number of elements, which is not negative.
 *
 * Context: as a hypercall. Return: as the guest gets it.
 */
long kxen_gnt_op_copy(struct kxen_hc *hc)
{
	BUILD_BUG_ON(sizeof(struct gnttab_copy) != 40);
	BUILD_BUG_ON(sizeof(struct copy_compat) != 24);
	if (hc->compat)
		return kxen_gnt_batch(hc, sizeof(struct copy_compat), copy_some_compat);
	return kxen_gnt_batch(hc, sizeof(struct gnttab_copy), copy_some);
}

/* --- domain 0 ----------------------------------------------------------------------- */

/* What is the caller's is at its end already; a page is his to give back. */
static void host_end(struct kxen_gnt_end *e, const struct kxen_gnt_side *s,
		     struct kxen_gnt_name *n)
{
	*n = (struct kxen_gnt_name) {
		.granted = s->granted, .domid = s->granted ? s->domid : DOMID_SELF,
		.value = s->ref, .offset = s->offset,
	};
	if (s->granted)
		return;
	e->held = true;
	e->name = *n;
	e->by_user = !s->page;
	e->user = s->user;
	if (s->page)
		e->at = kxen_gptr_page(s->page, 0);
}

/**
 * kxen_gnt_host_copy() - A copy by a process of domain 0.
 * @src: from.
 * @dst: to; a page of the caller's own can be written to.
 * @len: bytes.
 *
 * Context: no lock held, may sleep, for as long as a granter likes.
 * Return: GNTST_*, as a guest gets it for an element of GNTTABOP_copy.
 */
s16 kxen_gnt_host_copy(const struct kxen_gnt_side *src, const struct kxen_gnt_side *dst, u32 len)
{
	struct copies c = copies_of(NULL, kxen_dom0);
	struct kxen_gnt_name from, to;
	s16 st;

	host_end(&c.src, src, &from);
	host_end(&c.dst, dst, &to);
	st = copy(&c, &from, &to, len);
	drop(&c);
	return st;
}
