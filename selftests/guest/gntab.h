/* SPDX-License-Identifier: GPL-2.0 */
/* Calls of grant tables, for images. */
#ifndef GNTAB_H
#define GNTAB_H

#include "rt.h"

#include <xen/grant_table.h>

#define STATUS_FRAME	0x80000000UL

static inline long gnttab_op(int cmd, void *arg, unsigned int count)
{
	return hc3(__HYPERVISOR_grant_table_op, cmd, arg, count);
}

static inline unsigned long gfn_of(const void *page)
{
	return (unsigned long)page / PAGE_SIZE;
}

static inline long gnt_add(unsigned long idx, const void *page)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .idx = idx,
		.gpfn = gfn_of(page),
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static inline long gnt_remove(const void *page)
{
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF, .gpfn = gfn_of(page) };

	return memory_op(XENMEM_remove_from_physmap, &r);
}

static inline long gnt_set_version(u32 version)
{
	struct gnttab_set_version v = { .version = version };

	return gnttab_op(GNTTABOP_set_version, &v, 1);
}

/* 0: it does not say. */
static inline u32 gnt_version(void)
{
	struct gnttab_get_version v = { .dom = DOMID_SELF };

	return gnttab_op(GNTTABOP_get_version, &v, 1) ? 0 : v.version;
}

static inline u32 gnt_frames(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	return gnttab_op(GNTTABOP_query_size, &q, 1) || q.status ? 0 : q.nr_frames;
}

/* Where the first @nr frames are; a status. */
static inline long gnt_list(unsigned long *list, u32 nr)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = nr };
	long ret;

	set_xen_guest_handle(s.frame_list, list);
	ret = gnttab_op(GNTTABOP_setup_table, &s, 1);
	return ret ?: s.status;
}

#endif
