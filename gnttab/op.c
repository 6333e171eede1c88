// SPDX-License-Identifier: GPL-2.0-only
/*
 * HYPERVISOR_grant_table_op(cmd, array, count): who may call what (D.2), and what needs no page
 * of anybody's.
 */
#include <linux/err.h>
#include <linux/nospec.h>
#include <xen/interface/xen.h>
#include <xen/interface/grant_table.h>

#include "../kvm-xen/kvm/glue.h"
#include "gnttab_internal.h"

/* --- whose table ----------------------------------------------------------------------- */

/* A table that the caller may ask for: a reference to its domain; NULL, and @status says why. */
static struct kxen_domain *whose(const struct kxen_hc *hc, u16 domid, s16 *status)
{
	struct kxen_domain *d = kxen_hc_domain(hc, domid);

	*status = d ? GNTST_okay : GNTST_bad_domain;
	if (d && !kxen_hc_controls(hc, d)) {
		kxen_domain_put(d);
		d = NULL;
		*status = GNTST_permission_denied;
	}
	return d;
}

/* --- setup_table ------------------------------------------------------------------------ */

struct setup_table {
	u16 dom;
	u32 nr_frames;
	s16 status;
	u64 frame_list;
};

struct setup_table_compat {
	u16 dom;
	u32 nr_frames;
	s16 status;
	u32 frame_list;
};

static const struct kxen_field setup_fields[] = {
	KXEN_FIELD(setup_table, setup_table_compat, dom),
	KXEN_FIELD(setup_table, setup_table_compat, nr_frames),
	KXEN_FIELD(setup_table, setup_table_compat, status),
	KXEN_FIELD(setup_table, setup_table_compat, frame_list),
};

static const struct kxen_struct setup_layout =
	KXEN_STRUCT(setup_table, setup_table_compat, setup_fields);

/* Where the guest has a frame; all ones: nowhere, as far as we know (XSA-101). */
static u64 gfn_of(struct kxen_gnttab *t, u32 nr)
{
	u64 gfn;

	mutex_lock(&t->grow_lock);
	gfn = nr < t->nr_frames ? kxen_gnt_gfn(t, t->shared[nr]) : KXEN_NO_GFN;
	mutex_unlock(&t->grow_lock);
	return gfn;
}

static s16 list_frames(const struct kxen_hc *hc, struct kxen_gnttab *t, u32 nr, u64 list)
{
	u64 gfn;
	u32 i;

	for (i = 0; i < nr; i++) {
		gfn = gfn_of(t, array_index_nospec(i, nr));
		if (kxen_hc_put_longs(hc, list + (u64)i * kxen_hc_long_size(hc), &gfn, 1))
			return GNTST_bad_virt_addr;
	}
	return GNTST_okay;
}

static s16 setup_of(const struct kxen_hc *hc, struct kxen_gnttab *t, const struct setup_table *a)
{
	if (kxen_gnt_grow(t, a->nr_frames))
		return GNTST_general_error;
	return list_frames(hc, t, a->nr_frames, a->frame_list);
}

static long setup_table(struct kxen_hc *hc)
{
	struct setup_table a;
	struct kxen_domain *d;

	if ((u32)hc->arg[2] != 1)
		return -EINVAL;
	if (kxen_hc_get_struct(hc, &a, hc->arg[1], &setup_layout))
		return -EFAULT;
	d = whose(hc, a.dom, &a.status);
	if (d) {
		a.status = setup_of(hc, d->gnttab, &a);
		kxen_domain_put(d);
	}
	return kxen_hc_put_struct(hc, hc->arg[1], &a, &setup_layout);
}

/* --- query_size -------------------------------------------------------------------------- */

static long query_size(struct kxen_hc *hc)
{
	struct gnttab_query_size q;
	struct kxen_domain *d;

	if ((u32)hc->arg[2] != 1)
		return -EINVAL;
	if (kxen_hc_get(hc, &q, hc->arg[1], sizeof(q)))
		return -EFAULT;
	d = whose(hc, q.dom, &q.status);
	if (d) {
		q.nr_frames = READ_ONCE(d->gnttab->nr_frames);
		q.max_nr_frames = d->gnttab->max_frames;
		kxen_domain_put(d);
	}
	return kxen_hc_put(hc, hc->arg[1], &q, sizeof(q));
}

/* --- swap_grant_ref ---------------------------------------------------------------------- */

static void swap_bytes(struct kxen_gptr a, struct kxen_gptr b, u32 len)
{
	u8 x[sizeof(union grant_entry_v2)], y[sizeof(union grant_entry_v2)];

	kxen_guest_read(x, a, len);
	kxen_guest_read(y, b, len);
	kxen_guest_write(a, y, len);
	kxen_guest_write(b, x, len);
}

/* The lock is held for writing: nobody begins to use either of them meanwhile (D80). */
static s16 swap_locked(struct kxen_gnttab *t, u32 a, u32 b)
{
	u32 nr = kxen_gnt_nr_refs(t);

	if (a >= nr || b >= nr)
		return GNTST_bad_gntref;
	a = array_index_nospec(a, nr);
	b = array_index_nospec(b, nr);
	if (a == b)
		return GNTST_okay;
	if (kxen_gnt_active(t, a)->pin || kxen_gnt_active(t, b)->pin)
		return GNTST_eagain;
	swap_bytes(kxen_gnt_entry(t, a), kxen_gnt_entry(t, b),
		   XEN_PAGE_SIZE / kxen_gnt_frame_refs(t->version));
	if (t->version == 2)
		swap_bytes(kxen_gnt_status(t, a), kxen_gnt_status(t, b), sizeof(u16));
	return GNTST_okay;
}

static int swap_one(struct kxen_hc *hc)
{
	struct kxen_gnttab *t = hc->d->gnttab;
	struct gnttab_swap_grant_ref a;

	if (kxen_hc_get(hc, &a, hc->arg[1], sizeof(a)))
		return -EFAULT;
	percpu_down_write(&t->lock);
	a.status = swap_locked(t, a.ref_a, a.ref_b);
	percpu_up_write(&t->lock);
	return kxen_hc_put(hc, hc->arg[1] + offsetof(struct gnttab_swap_grant_ref, status),
			   &a.status, sizeof(a.status));
}

/* One after the other: to wait for all readers takes its time, so each may be the last one. */
static long swap_grant_ref(struct kxen_hc *hc)
{
	u32 left = hc->arg[2];

	if (!left)
		return 0;
	if (swap_one(hc))
		return -EFAULT;
	if (left == 1)
		return 0;
	hc->arg[1] += sizeof(struct gnttab_swap_grant_ref);
	hc->arg[2] = left - 1;
	return kxen_hc_restart(hc);
}

/* --- all of them -------------------------------------------------------------------------- */

long kxen_hc_gnttab(struct kxen_hc *hc)
{
	static long (* const ops[])(struct kxen_hc *hc) = {
		[GNTTABOP_map_grant_ref] = kxen_gnt_op_map,
		[GNTTABOP_unmap_grant_ref] = kxen_gnt_op_unmap,
		[GNTTABOP_setup_table] = setup_table,
		[GNTTABOP_copy] = kxen_gnt_op_copy,
		[GNTTABOP_query_size] = query_size,
		[GNTTABOP_set_version] = kxen_gnt_set_version,
		[GNTTABOP_get_version] = kxen_gnt_get_version,
		[GNTTABOP_swap_grant_ref] = swap_grant_ref,
	};
	u32 cmd = hc->arg[0];

	if (cmd >= ARRAY_SIZE(ops) || !ops[array_index_nospec(cmd, ARRAY_SIZE(ops))])
		return -ENOSYS;
	if ((s32)hc->arg[2] < 0)
		return -EINVAL;
	return ops[array_index_nospec(cmd, ARRAY_SIZE(ops))](hc);
}

/* Who only asks says nothing of himself; a guest that begins sets the table up. */
enum kxen_meaning kxen_hc_gnttab_means(const struct kxen_hc *hc)
{
	switch ((u32)hc->arg[0]) {
	case GNTTABOP_query_size:
	case GNTTABOP_get_version:
		return KXEN_MEANS_NOTHING;
	default:
		return KXEN_MEANS_WOKEN;
	}
}
