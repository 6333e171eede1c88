// SPDX-License-Identifier: GPL-2.0-only
/*
 * A grant table as a resource that domain 0 may have: XENMEM_acquire_resource, and what a process
 * of the host maps of it.
 *
 * What it has is the frame that was the table's then. A frame that the table gives up, in another
 * version or with a guest's life, is nobody's but his from then on.
 */
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>

#include "gnttab_internal.h"

/* As Xen has it, in the layout of a 64-bit caller. */
struct acquire_resource {
	u16 domid;
	u16 type;
	u32 id;
	u32 nr_frames;
	u32 flags;
	u64 frame;
	u64 frame_list;
};

static_assert(sizeof(struct acquire_resource) == 32);

/**
 * kxen_gnt_host_frames() - How many frames a table can have.
 * @d: the domain.
 * @id: XENMEM_resource_grant_table_id_*, not trusted.
 *
 * Context: any. Return: that; 0: there are none of the kind.
 */
u32 kxen_gnt_host_frames(struct kxen_domain *d, u32 id)
{
	if (id == XENMEM_resource_grant_table_id_shared)
		return d->gnttab->max_frames;
	if (id == XENMEM_resource_grant_table_id_status)
		return kxen_gnt_status_frames(d->gnttab->max_frames);
	return 0;
}

/**
 * kxen_gnt_host_frame() - A frame of a table, which is made if it is not there.
 * @d: the domain.
 * @id: XENMEM_resource_grant_table_id_*, not trusted.
 * @nr: its number, not trusted.
 * @page: set to it, with a reference.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL: there cannot be one, as of status words in version 1; -ENOMEM; -EINTR.
 */
int kxen_gnt_host_frame(struct kxen_domain *d, u32 id, u32 nr, struct page **page)
{
	struct kxen_gnttab *t = d->gnttab;
	struct kxen_gnt_frame *f;
	u64 idx = nr;

	if (nr >= kxen_gnt_host_frames(d, id))
		return -EINVAL;
	if (id == XENMEM_resource_grant_table_id_status)
		idx |= KXEN_GNT_IDX_STATUS;
	if (mutex_lock_killable(&t->grow_lock))
		return -EINTR;
	f = kxen_gnt_frame(t, idx);
	if (!IS_ERR(f)) {
		*page = f->page;
		get_page(f->page);
	}
	mutex_unlock(&t->grow_lock);
	return PTR_ERR_OR_ZERO(f);
}

/* Frames have no numbers that a process could do anything with: it maps them by privcmd. */
static long acquire_of(struct kxen_hc *hc, struct kxen_domain *d, struct acquire_resource *a)
{
	u32 nr;

	if (d == hc->d)
		return -EPERM;
	if (a->type != XENMEM_resource_grant_table)
		return -EOPNOTSUPP;
	nr = kxen_gnt_host_frames(d, a->id);
	if (!nr || (!a->frame_list && a->nr_frames))
		return -EINVAL;
	if (a->frame_list)
		return -EOPNOTSUPP;
	return kxen_hc_put(hc, hc->arg[1] + offsetof(struct acquire_resource, nr_frames), &nr,
			   sizeof(nr));
}

/* By a process of domain 0: how large it is. */
static long gnttab_acquire_resource(struct kxen_hc *hc)
{
	struct acquire_resource a;
	struct kxen_domain *d;
	long ret;

	if (kxen_hc_get(hc, &a, hc->arg[1], sizeof(a)))
		return -EFAULT;
	if (a.flags || a.frame + a.nr_frames > U32_MAX || a.frame > U32_MAX)
		return -EINVAL;
	d = kxen_domain_get(a.domid);
	if (!d)
		return -ESRCH;
	ret = acquire_of(hc, d, &a);
	kxen_domain_put(d);
	return ret;
}

const struct kxen_mem_entry kxen_gnt_memory_ops[] = {
	{ XENMEM_acquire_resource, .host = gnttab_acquire_resource },
	{ }
};
