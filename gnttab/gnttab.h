/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: the door for the rest of the module.
 *
 * A domain grants pages of its own, by writing entries into its table; another one maps such a
 * page, or has it copied. Domain 0 does both as a process of the host: host.c.
 */
#ifndef KXEN_GNTTAB_H
#define KXEN_GNTTAB_H

#include <linux/types.h>

struct kxen_domain;
struct page;

/**
 * struct kxen_gnt_map - a page of a guest's that the host has mapped by a grant.
 * @granter: whose, held.
 * @ref: the grant reference.
 * @page: the page, which stays until it is unmapped.
 * @read_only: nobody may write to it.
 */
struct kxen_gnt_map {
	struct kxen_domain *granter;
	u32 ref;
	struct page *page;
	bool read_only;
};

/**
 * struct kxen_gnt_side - one side of a copy by the host.
 * @granted: it is @ref of domain @domid; else it is memory of the caller's.
 * @domid: the granter.
 * @ref: the grant reference.
 * @page: the caller's page, held by him; or NULL.
 * @user: the page as the caller has it, if @page is NULL, may be 0: one that is not there is
 *	bad_page.
 * @offset: in the page, bytes.
 */
struct kxen_gnt_side {
	bool granted;
	u16 domid;
	u32 ref;
	struct page *page;
	u8 __user *user;
	u32 offset;
};

/*
 * host.c: domain 0. Errors are Linux's: -EAGAIN, -ENOMEM, -EINVAL for all that a guest is told by
 * GNTST_*. A page that the host has mapped or granted is in memory, and stays, whatever its
 * owner's VMM does.
 *
 * kxen_gnt_host_map() and kxen_gnt_host_unmap() are called while a process maps and unmaps memory,
 * with its mmap_lock held for writing; the VMM may be the caller, or map what he has granted.
 * So they wait for no mmap_lock (mmap_read_trylock; none, if it is current->mm's), and have no
 * page brought in: -EAGAIN. kxen_gnt_host_bring() is called then, with no lock held, and waits
 * for what they could not, until a signal that kills; the caller tries again.
 * kxen_gnt_host_copy() is called with no lock held, and waits.
 * kxen_gnt_host_frame() is of the table itself: resource.c.
 *
 * What kxen_gnt_host_grant() was given has a reference of its own, until it is neither granted nor
 * mapped. kxen_gnt_host_end() is the end of that, by a caller who has seen that
 * kxen_gnt_host_in_use() said no: what was mapped since keeps the number and the reference
 * until it is unmapped.
 */
void kxen_gnt_host_bring(u16 domid, u32 ref);
int kxen_gnt_host_map(u16 domid, u32 ref, bool read_only, struct kxen_gnt_map *m);
void kxen_gnt_host_unmap(struct kxen_gnt_map *m);
u32 kxen_gnt_host_frames(struct kxen_domain *d, u32 id);
int kxen_gnt_host_frame(struct kxen_domain *d, u32 id, u32 nr, struct page **page);
s16 kxen_gnt_host_copy(const struct kxen_gnt_side *src, const struct kxen_gnt_side *dst, u32 len);
int kxen_gnt_host_grant(u16 domid, struct page *page, bool read_only, u32 *ref);
bool kxen_gnt_host_in_use(u32 ref);
void kxen_gnt_host_end(u32 ref);

#endif
