// SPDX-License-Identifier: GPL-2.0-only
/*
 * The version of a grant table's entries: GNTTABOP_set_version, get_version (D52, D54).
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
		e.flags = (keep[i].v2.hdr.flags & ~IN_USE) | (keep[i].status & IN_USE);
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

static void clear(struct kxen_gnttab *t)
{
	u32 i;

	for (i = 0; i < t->nr_frames; i++)
		kxen_guest_zero(t->shared[i]->at, XEN_PAGE_SIZE);
	for (i = 0; i < t->nr_status; i++)
		kxen_guest_zero(t->status[i]->at, XEN_PAGE_SIZE);
}

/* Is any reference from @from on pinned? The table's lock is held for writing. */
static bool any_pinned(const struct kxen_gnttab *t, u32 from)
{
	u32 i, nr = kxen_gnt_nr_refs(t);

	for (i = from; i < nr; i++)
		if (kxen_gnt_active(t, i)->pin)
			return true;
	return false;
}

static int to_v2(struct kxen_gnttab *t)
{
	struct kept keep[KXEN_GNT_RESERVED] = { };

	read_v1(t, keep);
	t->version = 2;
	clear(t);
	write_v2(t, keep);
	return 0;
}

static int to_v1(struct kxen_gnttab *t)
{
	struct kept keep[KXEN_GNT_RESERVED];
	int ret = read_v2(t, keep);

	if (ret)
		return ret;
	t->version = 1;
	clear(t);
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

/*
 * The next life of the guest finds the table as new. What others have mapped they have still, so
 * the frames stay, and what is known of the references.
 */
void kxen_gnt_renew(struct kxen_gnttab *t)
{
	mutex_lock(&t->grow_lock);
	kxen_gnt_unplace_all(t);
	percpu_down_write(&t->lock);
	t->version = 1;
	t->generation++;
	clear(t);
	kxen_gnt_status_free(t);
	percpu_up_write(&t->lock);
	mutex_unlock(&t->grow_lock);
}
