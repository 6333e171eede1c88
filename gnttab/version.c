// SPDX-License-Identifier: GPL-2.0-only
/*
 * The version of a grant table's entries: GNTTABOP_set_version, get_version (D52, D53, D54).
 *
 * A switch clears the table but for the references that the toolstack has made, which it converts.
 * It is done with the table's lock for writing: nobody looks at an entry meanwhile, and who had
 * given the lock up sees by the generation that it was done (XSA-501, 517).
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <xen/interface/xen.h>
#include <xen/interface/grant_table.h>

#include "gnttab_internal.h"

#define IN_USE	(GTF_reading | GTF_writing)

static_assert(sizeof(struct grant_entry_v1) == 8);
static_assert(sizeof(union grant_entry_v2) == 16);

/**
 * struct kept - what is converted: the first entries, as both versions can say it.
 * @v2: the entry of version 2.
 * @status: its status word.
 */
struct kept {
	union grant_entry_v2 v2;
	u16 status;
};

static void read_v1(const struct kxen_gnttab *t, struct kept *keep)
{
	struct grant_entry_v1 e;
	u32 i;

	for (i = 0; i < KXEN_GNT_RESERVED; i++) {
		kxen_guest_read(&e, kxen_gnt_entry(t, i), sizeof(e));
		keep[i].v2.full_page.hdr.flags = e.flags & ~IN_USE;
		keep[i].v2.full_page.hdr.domid = e.domid;
		keep[i].v2.full_page.frame = e.frame;
		keep[i].status = e.flags & IN_USE;
	}
}

/* -ERANGE for what version 1 cannot say. */
static int read_v2(const struct kxen_gnttab *t, struct kept *keep)
{
	u32 i, type;

	for (i = 0; i < KXEN_GNT_RESERVED; i++) {
		kxen_guest_read(&keep[i].v2, kxen_gnt_entry(t, i), sizeof(keep[i].v2));
		kxen_guest_read(&keep[i].status, kxen_gnt_status(t, i), sizeof(u16));
		type = keep[i].v2.hdr.flags & GTF_type_mask;
		if (type == GTF_transitive ||
		    (type == GTF_permit_access && keep[i].v2.full_page.frame >> 32))
			return -ERANGE;
	}
	return 0;
}

static void write_v1(struct kxen_gnttab *t, const struct kept *keep)
{
	struct grant_entry_v1 e;
	u32 i;

	for (i = 0; i < KXEN_GNT_RESERVED; i++) {
		e.flags = keep[i].v2.hdr.flags | (keep[i].status & IN_USE);
		e.domid = keep[i].v2.hdr.domid;
		e.frame = keep[i].v2.full_page.frame;
		kxen_guest_write(kxen_gnt_entry(t, i), &e, sizeof(e));
	}
}

static void write_v2(struct kxen_gnttab *t, const struct kept *keep)
{
	u32 i;

	for (i = 0; i < KXEN_GNT_RESERVED; i++) {
		kxen_guest_write(kxen_gnt_status(t, i), &keep[i].status, sizeof(u16));
		kxen_guest_write(kxen_gnt_entry(t, i), &keep[i].v2, sizeof(keep[i].v2));
	}
}

static void clear(struct kxen_gnt_frame **frames, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		kxen_guest_zero(frames[i]->at, XEN_PAGE_SIZE);
		cond_resched();
	}
}

/* Is any reference from @from on pinned? The table's lock is held for writing. */
static bool any_pinned(const struct kxen_gnttab *t, u32 from)
{
	u32 i, nr = t->nr_frames * KXEN_GNT_V1_FRAME;

	for (i = from; i < nr; i++) {
		if (kxen_gnt_active(t, i)->pin)
			return true;
		if (!(i % KXEN_GNT_V1_FRAME))
			cond_resched();
	}
	return false;
}

/* The same for who does not know the table's lock: does anybody else use pages of the domain? */
bool kxen_gnt_any_pinned(struct kxen_gnttab *t)
{
	bool any;

	percpu_down_write(&t->lock);
	any = any_pinned(t, 0);
	percpu_up_write(&t->lock);
	return any;
}

static int to_v2(struct kxen_gnttab *t)
{
	struct kept keep[KXEN_GNT_RESERVED] = { };

	read_v1(t, keep);
	WRITE_ONCE(t->version, 2);
	clear(t->shared, t->nr_frames);
	write_v2(t, keep);
	return 0;
}

static int to_v1(struct kxen_gnttab *t)
{
	struct kept keep[KXEN_GNT_RESERVED];
	int ret = read_v2(t, keep);

	if (ret)
		return ret;
	WRITE_ONCE(t->version, 1);
	clear(t->shared, t->nr_frames);
	/* Out of the guest's reach before their pages are given back (XSA-255). */
	kxen_gnt_status_free(t);
	write_v1(t, keep);
	return 0;
}

static int switch_version(struct kxen_gnttab *t, u32 version)
{
	int ret = -EBUSY;

	lockdep_assert_held(&t->grow_lock);
	percpu_down_write(&t->lock);
	if (!any_pinned(t, KXEN_GNT_RESERVED)) {
		ret = version == 2 ? to_v2(t) : to_v1(t);
		t->generation += !ret;
	}
	percpu_up_write(&t->lock);
	return ret;
}

static int set_version(struct kxen_gnttab *t, u32 version)
{
	int ret;

	lockdep_assert_held(&t->grow_lock);
	if (version == t->version)
		return 0;
	ret = version == 2 ? kxen_gnt_status_alloc(t, t->nr_frames) : 0;
	if (!ret)
		ret = switch_version(t, version);
	/* It stays version 1, which has none. */
	if (ret && t->version == 1) {
		percpu_down_write(&t->lock);
		kxen_gnt_status_free(t);
		percpu_up_write(&t->lock);
	}
	return ret;
}

/* {u32 version}: in, what is wanted; out, what it is, whatever the result. */
long kxen_gnt_set_version(struct kxen_hc *hc)
{
	struct kxen_gnttab *t = hc->d->gnttab;
	u32 version;
	long ret;

	if (kxen_hc_get(hc, &version, hc->arg[1], sizeof(version)))
		return -EFAULT;
	ret = -EINVAL;
	if (version == 1 || version == 2) {
		if (mutex_lock_killable(&t->grow_lock))
			return -EINTR;
		ret = set_version(t, version);
		mutex_unlock(&t->grow_lock);
	}
	version = READ_ONCE(t->version);
	if (kxen_hc_put(hc, hc->arg[1], &version, sizeof(version)))
		ret = -EFAULT;
	return ret;
}

/* {u16 dom, u16 pad, u32 version} */
long kxen_gnt_get_version(struct kxen_hc *hc)
{
	struct gnttab_get_version a;
	struct kxen_domain *d;

	if (kxen_hc_get(hc, &a, hc->arg[1], sizeof(a)))
		return -EFAULT;
	d = kxen_hc_target(hc, a.dom);
	if (IS_ERR(d))
		return PTR_ERR(d);
	a.version = READ_ONCE(d->gnttab->version);
	kxen_domain_put(d);
	return kxen_hc_put(hc, hc->arg[1], &a, sizeof(a));
}

static void write_given(struct kxen_gnttab *t)
{
	u32 i;

	for (i = 0; i < KXEN_GNT_RESERVED; i++)
		kxen_guest_write(kxen_gnt_entry(t, i), &t->given[i], sizeof(t->given[i]));
}

/*
 * The next life of the guest finds the table as new, with what its controller has given it. What
 * others use of the one before they use still, and what is known of that stays (D102).
 */
void kxen_gnt_renew(struct kxen_gnttab *t)
{
	mutex_lock(&t->grow_lock);
	kxen_gnt_unplace_all(t);
	percpu_down_write(&t->lock);
	WRITE_ONCE(t->version, 1);
	t->generation++;
	clear(t->shared, t->nr_frames);
	kxen_gnt_status_free(t);
	if (!any_pinned(t, KXEN_GNT_V1_FRAME))
		kxen_gnt_shrink(t, 1);
	write_given(t);
	percpu_up_write(&t->lock);
	mutex_unlock(&t->grow_lock);
}

/**
 * kxen_gnt_give() - Write one of the reserved entries, for the guest to find.
 * @t: the table.
 * @ref: the reference, below KXEN_GNT_RESERVED.
 * @e: the entry, as version 1 has it.
 *
 * It is there again after each reset of the guest's machine.
 * Context: may sleep.
 * Return: 0; -EBUSY if the grant is in use, or the guest has taken the table over by version 2.
 */
int kxen_gnt_give(struct kxen_gnttab *t, u32 ref, const struct grant_entry_v1 *e)
{
	int ret = -EBUSY;

	mutex_lock(&t->grow_lock);
	percpu_down_write(&t->lock);
	if (t->version == 1 && !kxen_gnt_active(t, ref)->pin) {
		t->given[ref] = *e;
		kxen_guest_write(kxen_gnt_entry(t, ref), e, sizeof(*e));
		ret = 0;
	}
	percpu_up_write(&t->lock);
	mutex_unlock(&t->grow_lock);
	return ret;
}
