// SPDX-License-Identifier: GPL-2.0-only
/* What the control device asks of grant tables: include/uapi/linux/kvm_xen.h. */
#include <linux/build_bug.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>

#include "gnttab_internal.h"
#include "use.h"

/* No holes: the structures are the same for every compiler and width. */
static_assert(sizeof(struct kxen_grant_arg) == 32);
static_assert(sizeof(struct kxen_grant_info) == 48);

static int ctl_grant(struct kxen_domain *d, void *arg)
{
	const struct kxen_grant_arg *a = arg;
	struct grant_entry_v1 e = { .domid = a->to, .frame = a->gfn };

	if (a->reserved || d->is_host || a->ref >= KXEN_GNT_RESERVED ||
	    a->to > U16_MAX || a->gfn > U32_MAX)
		return -EINVAL;
	if (READ_ONCE(d->state) == KXEN_DYING)
		return -ESHUTDOWN;
	e.flags = GTF_permit_access | (a->flags & KXEN_GRANT_READ_ONLY ? GTF_readonly : 0);
	if (a->flags & KXEN_GRANT_END)
		e = (struct grant_entry_v1) { };
	return kxen_gnt_give(d->gnttab, array_index_nospec(a->ref, KXEN_GNT_RESERVED), &e);
}

/* --- one grant -------------------------------------------------------------------------- */

static void read_v1(const struct kxen_gnttab *t, struct kxen_grant_info *i)
{
	struct grant_entry_v1 e;

	kxen_guest_read(&e, kxen_gnt_entry(t, i->ref), sizeof(e));
	i->entry = e.flags;
	i->to = e.domid;
	i->frame = e.frame;
}

static void read_v2(const struct kxen_gnttab *t, struct kxen_grant_info *i)
{
	union grant_entry_v2 e;
	u16 status;

	kxen_guest_read(&e, kxen_gnt_entry(t, i->ref), sizeof(e));
	kxen_guest_read(&status, kxen_gnt_status(t, i->ref), sizeof(status));
	i->entry = e.hdr.flags | status;
	i->to = e.hdr.domid;
	/* Of a transitive one the reference. */
	i->frame = (e.hdr.flags & GTF_type_mask) == GTF_transitive ? e.transitive.gref :
								     e.full_page.frame;
}

/* The table's lock is held for reading; the numbers are of one moment each. */
static bool read_grant(const struct kxen_gnttab *t, struct kxen_grant_info *i)
{
	const struct kxen_gnt_active *a = kxen_gnt_active(t, i->ref);

	i->version = t->version;
	if (t->version == 2)
		read_v2(t, i);
	else
		read_v1(t, i);
	i->pins = READ_ONCE(a->pin);
	i->user = i->pins ? READ_ONCE(a->domid) : 0;
	return i->pins || i->entry & GTF_type_mask;
}

/* Is there any from i->ref on, up to the end of its frame? If not, that is where it is then. */
static int find_in_frame(struct kxen_gnttab *t, struct kxen_grant_info *i)
{
	u32 nr = kxen_gnt_nr_refs(t), per = kxen_gnt_frame_refs(t->version);
	u32 end = min(nr, (i->ref / per + 1) * per);

	if (i->ref >= nr)
		return -ENOENT;
	for (i->ref = array_index_nospec(i->ref, nr); i->ref < end; i->ref++)
		if (read_grant(t, i))
			return 0;
	return -EAGAIN;
}

static int read_this(struct kxen_gnttab *t, struct kxen_grant_info *i)
{
	u32 nr = kxen_gnt_nr_refs(t);

	if (i->ref >= nr)
		return -EINVAL;
	i->ref = array_index_nospec(i->ref, nr);
	read_grant(t, i);
	return 0;
}

/**
 * kxen_gnt_info() - State of one grant, no lock held from one to the next.
 * @d: the domain.
 * @i: in: flags and reference; out: the rest.
 *
 * Context: may sleep. Return: 0; -ENOENT at the end; -EINVAL for a reference that is in no frame.
 */
int kxen_gnt_info(struct kxen_domain *d, struct kxen_grant_info *i)
{
	struct kxen_gnttab *t = d->gnttab;
	int ret;

	do {
		percpu_down_read(&t->lock);
		ret = i->flags & KXEN_GRANT_NEXT ? find_in_frame(t, i) : read_this(t, i);
		percpu_up_read(&t->lock);
		cond_resched();
	} while (ret == -EAGAIN);
	return ret;
}

/* Those of a frame. The table's lock is held for reading. */
static u32 pinned_in_frame(const struct kxen_gnttab *t, u32 frame)
{
	u32 i, n = 0;

	for (i = 0; i < KXEN_GNT_V1_FRAME; i++)
		n += !!READ_ONCE(t->active[frame][i].pin);
	return n;
}

/* How many of its grants are in use. Counted when somebody asks: who maps pays nothing for it. */
u64 kxen_gnt_pinned(struct kxen_domain *d)
{
	struct kxen_gnttab *t = d->gnttab;
	u32 frame, nr = 1;
	u64 n = 0;

	for (frame = 0; frame < nr; frame++) {
		percpu_down_read(&t->lock);
		/* Pairs with the release in grow_by_one(). */
		nr = smp_load_acquire(&t->nr_frames);
		if (frame < nr)
			n += pinned_in_frame(t, frame);
		percpu_up_read(&t->lock);
		cond_resched();
	}
	return n;
}

static bool used_in_frame(struct kxen_gnttab *t, u32 frame, u64 gfn)
{
	const struct kxen_gnt_active *a = t->active[frame];
	u32 i;

	for (i = 0; i < KXEN_GNT_V1_FRAME; i++)
		if (READ_ONCE(a[i].pin) && READ_ONCE(a[i].word) >> KXEN_GNT_GFN == gfn)
			return true;
	return false;
}

/**
 * kxen_gnt_uses() - Does somebody have this frame by a grant?
 * @d: the domain.
 * @gfn: the frame, not trusted.
 *
 * For frames whose page is pinned by somebody: it looks at all that is granted. What is acquired
 * meanwhile may be missed.
 * Context: may sleep, no lock held.
 */
bool kxen_gnt_uses(struct kxen_domain *d, u64 gfn)
{
	struct kxen_gnttab *t = d->gnttab;
	u32 frame, nr = 1;
	bool used = false;

	if (!t)
		return false;
	for (frame = 0; frame < nr && !used; frame++) {
		percpu_down_read(&t->lock);
		/* Pairs with the release in grow_by_one(). */
		nr = smp_load_acquire(&t->nr_frames);
		if (frame < nr)
			used = used_in_frame(t, frame, gfn);
		percpu_up_read(&t->lock);
	}
	return used;
}

static int ctl_grant_info(struct kxen_domain *d, void *arg)
{
	return kxen_gnt_info(d, arg);
}

const struct kxen_ctl_call kxen_gnt_ctl[] = {
	KXEN_CTL_CALL(KXEN_GRANT, kxen_grant_arg, gfn, KXEN_GRANT_READ_ONLY | KXEN_GRANT_END, true,
		      ctl_grant),
	KXEN_CTL_CALL(KXEN_GRANT_INFO, kxen_grant_info, reserved, KXEN_GRANT_NEXT, false,
		      ctl_grant_info),
	{ }
};
