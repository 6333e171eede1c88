/* SPDX-License-Identifier: GPL-2.0-only */
/* Grants in use: what maps, copies and domain 0 stand on. */
#ifndef KXEN_GNT_USE_H
#define KXEN_GNT_USE_H

#include <linux/bit_spinlock.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/grant_table.h>

#include "../kvm-xen/guest_word.h"
#include "entry.h"
#include "gnttab_internal.h"
#include "pins.h"

/* Linux's headers have not all of them. */
#ifndef GNTST_okay
#define GNTST_okay 0
#endif
#ifndef GNTST_no_space
#define GNTST_no_space (-13)
#endif

/* kxen_gnt_active.word above the lock: a part only; no page; its start, 16 bits; the frame. */
#define KXEN_GNT_LOCK		0
#define KXEN_GNT_PART		BIT(1)
#define KXEN_GNT_VIA		BIT(2)	/* transitive */
#define KXEN_GNT_START		8
#define KXEN_GNT_GFN		24

/**
 * struct kxen_gnt_use - a grant in use.
 * @granter: whose.
 * @v: the vCPU whose call this is, its own thread; NULL: a process's.
 * @ref: which.
 * @one: what the use counts as: KXEN_PIN_*.
 * @page: its page, which stays until the use ends.
 * @place: what was granted.
 * @header: the entry's first word, as it was.
 */
struct kxen_gnt_use {
	struct kxen_domain *granter;
	struct kxen_vcpu *v;
	u32 ref;
	u32 one;
	struct page *page;
	struct kxen_gnt_place place;
	u32 header;
};

/* Has the caller's machine got another guest since its call began? */
static inline bool kxen_gnt_outlived(const struct kxen_vcpu *v)
{
	return kxen_domain_life(v->domain) != v->life;
}

/* How a page that is not held yet may be had. */
enum kxen_gnt_wait {
	KXEN_GNT_WAITS,		/* as long as its owner likes */
	KXEN_GNT_NO_WAIT,	/* under the calling process's mmap_lock: GNTST_eagain */
};

/* active.c */
void kxen_gnt_lock(struct kxen_gnt_active *a) __acquires(bitlock);
void kxen_gnt_unlock(struct kxen_gnt_active *a) __releases(bitlock);
struct kxen_gnt_at kxen_gnt_at(const struct kxen_gnttab *t, u32 ref);
s16 kxen_gnt_acquire(struct kxen_gnt_use *u, const struct kxen_gnt_want *want,
		     enum kxen_gnt_wait wait);
void kxen_gnt_release(const struct kxen_gnt_use *u);

/**
 * struct kxen_gnt_bytes - bytes that are copied between a grant and memory of the calling task's.
 * @user: where they are in that.
 * @offset: where in the page.
 * @len: how many, no further than to its end.
 */
struct kxen_gnt_bytes {
	u8 __user *user;
	u32 offset;
	u32 len;
};

bool kxen_gnt_copy_briefly(struct kxen_gnt_use *u, const struct kxen_gnt_want *want,
			   const struct kxen_gnt_bytes *b);

/* transitive.c */
#define KXEN_GNT_NOT_TRANSITIVE	1	/* beside GNTST_* */

s16 kxen_gnt_follow(struct kxen_gnt_use *u, struct kxen_gnt_use *third,
		    const struct kxen_gnt_want *want);

/* maptrack.c */
struct kxen_gnt_mapping {
	u32 ref;	/* of a free one: the next that is free */
	u16 domid;
	u16 pad;
	u64 where;	/* KXEN_MAPPING_*, and the frame of the mapper's */
};

#define KXEN_MAPPING_USED	BIT_ULL(0)	/* set last, cleared first */
#define KXEN_MAPPING_GOING	BIT_ULL(1)	/* somebody unmaps it */
#define KXEN_MAPPING_WRITE	BIT_ULL(2)
#define KXEN_MAPPING_GFN	16
#define KXEN_NO_HANDLE		U32_MAX

u32 kxen_maptrack_get(struct kxen_maptrack *m, u32 vcpu);
bool kxen_maptrack_any(struct kxen_maptrack *m, u32 vcpu);
void kxen_maptrack_put(struct kxen_maptrack *m, u32 vcpu, u32 handle);
struct kxen_gnt_mapping *kxen_maptrack_find(struct kxen_maptrack *m, u32 handle);
u32 kxen_maptrack_limit(struct kxen_maptrack *m);

#endif
