/* SPDX-License-Identifier: GPL-2.0-only */
/* What the core's records of a saved domain hold: stream.h has what a record is. */
#ifndef KXEN_SAVE_H
#define KXEN_SAVE_H

#include <linux/types.h>

#include "stream.h"

#define KXEN_NO_TIME		(~0ULL)

/* Of a watchdog that has expired: a fault is to come; none is, so that the VMM forgave its own. */
#define KXEN_WATCHDOG_EXPIRED	0ULL
#define KXEN_WATCHDOG_FORGIVEN	(KXEN_NO_TIME - 1)

#define KXEN_REC_DOMAIN		KXEN_REC(KXEN_OWNER_CORE, 1, 1)
#define KXEN_REC_SHARED_INFO	KXEN_REC(KXEN_OWNER_CORE, 2, 1)
#define KXEN_REC_VCPU		KXEN_REC(KXEN_OWNER_CORE, 3, 1)
#define KXEN_REC_MEMORY_MAP	KXEN_REC(KXEN_OWNER_CORE, 4, 1)
#define KXEN_REC_HOLES		KXEN_REC(KXEN_OWNER_CORE, 5, 1)
#define KXEN_REC_UNPLACED	KXEN_REC(KXEN_OWNER_CORE, 6, 1)
#define KXEN_REC_SPECIAL	KXEN_REC(KXEN_OWNER_CORE, 7, 1)

struct kxen_save_domain {
	u32 compat;
	u32 shutdown_reason;
	u16 xen_major;
	u16 xen_minor;
	u32 vm_assist;
	u64 shared_info_gfn;	/* KXEN_NO_GFN: nowhere, and its page is a record */
	u64 params[39];
	u8 uuid[16];
	u64 watchdog[2];	/* ns that are left, KXEN_WATCHDOG_*; KXEN_NO_TIME: none */
};

/* A page of the host's own: the guest has not placed it, or where its VMM has no memory. */
struct kxen_save_shared_info {
	u8 page[4096];		/* Xen's, whatever the host's pages are */
};

struct kxen_save_area {
	u64 gfn[2];
	u32 offset;
	u32 len;		/* 0: none */
};

struct kxen_save_vcpu {
	u32 vcpu;
	u32 runstate;
	u64 vcpu_info_gfn;	/* KXEN_NO_GFN: not registered */
	u32 vcpu_info_offset;
	u32 reserved;
	u64 vcpu_info[8];	/* of one that has no slot, and is not registered */
	struct kxen_save_area time_area;
	struct kxen_save_area runstate_area;
	u64 runstate_times[4];
	u64 singleshot;		/* guest system time, or KXEN_NO_TIME */
	u64 periodic;		/* the next expiry, likewise */
	u64 period;
};

/* One range of what the guest is told of its memory; no such record: what there is. */
struct kxen_save_memory_map {
	u64 addr;
	u64 size;
	u32 type;
	u32 reserved;
};

/* A list of them: frames whose memory the guest has given up. */
struct kxen_save_holes {
	u64 gfn;		/* of the first one, a multiple of their number */
	u8 bits[4096];		/* of each a bit, the lowest one first */
};

#define KXEN_MAX_HOLES	KXEN_HOLE_CHUNKS

struct kxen_save_unplaced {
	u64 pages;		/* that the guest has, and that have no frame */
};

/* A list of them: special pages of the module's own. */
struct kxen_save_special {
	u64 gfn;
	u8 page[4096];
};

struct kxen_domain;

int kxen_domain_save(struct kxen_domain *d, u64 ubuf, u32 *len);
int kxen_domain_restore(struct kxen_domain *d, u64 ubuf, u32 len, u32 *why,
			u32 *skipped);

#endif
