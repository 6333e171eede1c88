// SPDX-License-Identifier: GPL-2.0-only
/*
 * HYPERVISOR_memory_op(cmd, arg): semantics G.3. What places other pages than shared_info, and
 * the guest's own, is the parts' that have them: they add to the table, or to its spaces.
 */
#include <linux/cache.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>

#include "balloon.h"
#include "hypercall.h"
#include "kvm/glue.h"
#include "p2m.h"
#include "subsys.h"
#include "xen_abi.h"

/* --- structures, in both layouts --------------------------------------------- */

struct add_to_physmap {
	u16 domid;
	u16 size;
	u32 space;
	u64 idx;
	u64 gpfn;
};

struct add_to_physmap_compat {
	u16 domid;
	u16 size;
	u32 space;
	u32 idx;
	u32 gpfn;
};

static const struct kxen_field add_fields[] = {
	KXEN_FIELD(add_to_physmap, add_to_physmap_compat, domid),
	KXEN_FIELD(add_to_physmap, add_to_physmap_compat, size),
	KXEN_FIELD(add_to_physmap, add_to_physmap_compat, space),
	KXEN_FIELD(add_to_physmap, add_to_physmap_compat, idx),
	KXEN_FIELD(add_to_physmap, add_to_physmap_compat, gpfn),
};

static const struct kxen_struct add_layout =
	KXEN_STRUCT(add_to_physmap, add_to_physmap_compat, add_fields);

struct remove_from_physmap {
	u16 domid;
	u64 gpfn;
};

struct remove_from_physmap_compat {
	u16 domid;
	u32 gpfn;
};

static const struct kxen_field remove_fields[] = {
	KXEN_FIELD(remove_from_physmap, remove_from_physmap_compat, domid),
	KXEN_FIELD(remove_from_physmap, remove_from_physmap_compat, gpfn),
};

static const struct kxen_struct remove_layout =
	KXEN_STRUCT(remove_from_physmap, remove_from_physmap_compat,
		    remove_fields);

/* --- operations -------------------------------------------------------------- */

static long add_page_of_part(struct kxen_hc *hc, const struct add_to_physmap *a)
{
	const struct kxen_space *s = kxen_subsys_space(a->space);

	if (s)
		return s->add(hc, a->idx, a->gpfn);
	return -ENOSYS;	/* none that we have */
}

/**
 * kxen_hc_unhook() - Take away what the caller has placed at a frame.
 * @hc: the call.
 * @gfn: the frame, not trusted.
 *
 * Context: as a hypercall.
 * Return: 0; -ENOENT if nothing is placed there; -EBUSY if it is not for the guest to take away.
 */
long kxen_hc_unhook(struct kxen_hc *hc, u64 gfn)
{
	/* What was placed hides the rest. */
	long ret = kxen_p2m_remove(hc->d, gfn);

	if (ret != -ENOENT)
		return ret;
	mutex_lock(&hc->d->lock);
	ret = kxen_shared_info_remove(hc->d, gfn);
	mutex_unlock(&hc->d->lock);
	return ret == -ENOENT ? kxen_subsys_space_remove(hc, gfn) : ret;
}

/* Xen's order: what must not move stays, and then what is at the other end is gone. */
static long move_frame(struct kxen_hc *hc, u64 from, u64 to)
{
	long ret = hc->d->as_it_is ? -EINVAL : kxen_balloon_may_move(hc->d, from);

	if (ret)
		return ret;
	ret = kxen_hc_unhook(hc, to);
	if (ret && ret != -ENOENT)
		return ret == -EBUSY ? -ENXIO : ret;
	return kxen_balloon_move(hc->v, from, to);
}

static long add_to_physmap(struct kxen_hc *hc)
{
	struct add_to_physmap a;
	long ret;

	if (kxen_hc_get_struct(hc, &a, hc->arg[1], &add_layout))
		return -EFAULT;
	/* A foreign page has to come through the batch call. */
	if (a.space == XENMAPSPACE_gmfn_foreign)
		return -ENOSYS;
	ret = kxen_hc_own_domain(hc, a.domid);
	if (ret)
		return ret;
	if (a.space == XENMAPSPACE_shared_info)
		return a.idx ? -EINVAL : kxen_shared_info_set(hc->d, a.gpfn);
	if (a.space == XENMAPSPACE_gmfn)
		return move_frame(hc, a.idx, a.gpfn);
	return add_page_of_part(hc, &a);
}

static long remove_from_physmap(struct kxen_hc *hc)
{
	struct remove_from_physmap r;
	long ret;

	if (kxen_hc_get_struct(hc, &r, hc->arg[1], &remove_layout))
		return -EFAULT;
	ret = kxen_hc_own_domain(hc, r.domid);
	if (ret)
		return ret;
	ret = kxen_hc_unhook(hc, r.gpfn);
	return ret == -EBUSY ? -EINVAL : ret;
}

/* Domain 0 has no VM, others have none before and behind their life: no page of it. */
static long pages_of(struct kxen_domain *d, u32 cmd)
{
	long pages;

	lockdep_assert_held(&d->lock);	/* while it has one, it keeps it */
	if (!d->kvm)
		return 0;
	if (cmd == XENMEM_maximum_gpfn)
		return kxen_gfn_from_kvm(kxen_glue_max_gfn(d->kvm) + 1) - 1;
	pages = kxen_gfn_from_kvm(kxen_glue_nr_pages(d->kvm));
	if (cmd == XENMEM_current_reservation)
		pages -= (long)READ_ONCE(d->p2m_holes) - READ_ONCE(d->p2m_unplaced);
	return max(pages, 0L);
}

/* Pages that a domain has, or may have at most; the latter is what a balloon can grow to. */
u64 kxen_domain_pages(struct kxen_domain *d, bool max)
{
	return pages_of(d, max ? XENMEM_maximum_reservation : XENMEM_current_reservation);
}

/* current_reservation, maximum_reservation, maximum_gpfn: {u16 domid} */
static long reservation(struct kxen_hc *hc)
{
	u32 cmd = hc->arg[0];
	struct kxen_domain *d;
	long ret = -EINTR;
	u16 domid;

	if (kxen_hc_get(hc, &domid, hc->arg[1], sizeof(domid)))
		return -EFAULT;
	d = kxen_hc_target(hc, domid);
	if (IS_ERR(d))
		return PTR_ERR(d);
	if (!mutex_lock_killable(&d->lock)) {
		ret = pages_of(d, cmd);
		mutex_unlock(&d->lock);
	}
	kxen_domain_put(d);
	return ret;
}

/* {u32 flags, u32 nr_entries, handle, domid}: there are no such regions. */
static long reserved_map(struct kxen_hc *hc)
{
	struct { u32 flags, nr; } map;
	struct kxen_arg a;

	if (kxen_arg_get(&a, hc, hc->arg[1], &map, sizeof(map)))
		return -EFAULT;
	if (map.flags & ~1U)
		return -EINVAL;
	map.nr = 0;
	return kxen_arg_put(&a, 0, &map, sizeof(map));
}

/* {u16 domid, u16 pad, ...}: no virtual NUMA. */
static long vnumainfo(struct kxen_hc *hc)
{
	struct { u16 domid, pad; } v;
	long ret;

	if (kxen_hc_get(hc, &v, hc->arg[1], sizeof(v)))
		return -EFAULT;
	if (v.pad)
		return -EINVAL;
	ret = kxen_hc_own_domain(hc, v.domid);
	return ret ?: -EOPNOTSUPP;
}

/* No HVM guest gets the machine's (4.17). */
static long no_map(struct kxen_hc *hc)
{
	return -ENOSYS;
}

/* REFUSED: a part of a domain that serves it takes its place. */
#define REFUSED	true

static struct kxen_mem_slot commands[BIT(KXEN_MEM_CMD_BITS)] __ro_after_init = {
	[XENMEM_current_reservation] = { reservation, .host = reservation,
					 .means = KXEN_MEANS_NOTHING },
	[XENMEM_maximum_reservation] = { reservation, .host = reservation,
					 .means = KXEN_MEANS_NOTHING },
	[XENMEM_maximum_gpfn] = { reservation, .host = reservation },
	[XENMEM_add_to_physmap] = { add_to_physmap, .means = KXEN_MEANS_NEW_LIFE },
	[XENMEM_remove_from_physmap] = { remove_from_physmap },
	[XENMEM_memory_map] = { kxen_hc_memory_map, .means = KXEN_MEANS_NOTHING },
	[XENMEM_set_memory_map] = { kxen_hc_set_memory_map, .means = KXEN_MEANS_NEW_LIFE },
	[XENMEM_machine_memory_map] = { no_map, REFUSED, .means = KXEN_MEANS_NOTHING },
	[XENMEM_increase_reservation] = { kxen_hc_increase_reservation, .part = true },
	[XENMEM_decrease_reservation] = { kxen_hc_decrease_reservation, .part = true,
					  .host = kxen_hc_reservation_host },
	[XENMEM_populate_physmap] = { kxen_hc_populate_physmap, .part = true,
				      .host = kxen_hc_reservation_host },
	[XENMEM_get_vnumainfo] = { vnumainfo, REFUSED },
	[XENMEM_reserved_device_memory_map] = { reserved_map, REFUSED },
};

/* The parts' commands come into the table: at load. 0; -EEXIST if two want the same one. */
int __init kxen_hc_memory_init(void)
{
	return kxen_subsys_memory_ops(commands, ARRAY_SIZE(commands));
}

/* What goes on with a call was begun in the life before. */
enum kxen_meaning kxen_hc_memory_means(const struct kxen_hc *hc)
{
	u32 cmd = hc->arg[0];

	return cmd >> KXEN_MEM_CMD_BITS ? KXEN_MEANS_WOKEN :
	       commands[cmd & (BIT(KXEN_MEM_CMD_BITS) - 1)].means;
}

long kxen_hc_memory_op(struct kxen_hc *hc)
{
	u32 cmd = hc->arg[0] & (BIT(KXEN_MEM_CMD_BITS) - 1);	/* always inside of the table */
	const struct kxen_mem_slot *slot = &commands[cmd];

	/* Of one that is never cut progress can only be made up (0.12). */
	if ((u32)hc->arg[0] >> KXEN_MEM_CMD_BITS && !slot->part)
		return cmd == XENMEM_remove_from_physmap ? -EINVAL : -ENOSYS;
	return slot->fn ? slot->fn(hc) : -ENOSYS;
}

/* By a process of domain 0: what tools ask about a domain. The rest changes the caller's. */
long kxen_hc_memory_op_host(struct kxen_hc *hc)
{
	const struct kxen_mem_slot *slot;
	u32 cmd = hc->arg[0];

	if (cmd >= ARRAY_SIZE(commands))
		return -ENOSYS;
	slot = &commands[array_index_nospec(cmd, ARRAY_SIZE(commands))];
	return slot->host ? slot->host(hc) : -ENOSYS;
}
