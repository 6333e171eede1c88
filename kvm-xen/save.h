/* SPDX-License-Identifier: GPL-2.0-only */
/* What the records of a saved domain hold: stream.h has what they are. */
#ifndef KXEN_SAVE_H
#define KXEN_SAVE_H

#include <linux/types.h>

#include "stream.h"

#define KXEN_SAVE_MAX		(64U << 20)	/* bytes that a reader accepts */
#define KXEN_NO_GFN		(~0ULL)
#define KXEN_NO_TIME		(~0ULL)

struct kxen_save_domain {
	u32 domid;
	u32 compat;
	u32 abi;
	u32 nr_vcpus;
	u16 xen_major;
	u16 xen_minor;
	u32 shutdown_reason;
	u64 vm_assist;
	u64 shinfo_gfn;		/* KXEN_NO_GFN: its page is a record */
	u64 params[39];
	u8 uuid[16];
	u64 watchdog[2];	/* ns that are left; KXEN_NO_TIME: none */
};

struct kxen_save_area {
	u64 gfn[2];
	u32 offset;
	u32 len;		/* 0: none */
};

struct kxen_save_vcpu {
	u32 id;
	u32 upcall_vector;
	u64 vi_gfn;		/* KXEN_NO_GFN: not registered */
	u32 vi_offset;
	u32 runstate;
	u64 dummy_vi[8];
	struct kxen_save_area time_area;
	struct kxen_save_area runstate_area;
	u64 runstate_times[4];
	u64 singleshot;		/* guest system time, or KXEN_NO_TIME */
	u64 periodic;		/* the next expiry, likewise */
	u64 period;
};

struct kxen_save_port {
	u32 port;
	u8 state;
	u8 priority;
	u8 saved;
	u8 pad;
	u32 vcpu;
	u32 virq;
	u32 remote_domid;
	u32 remote_port;
	u32 last_place;
	u32 pad2;
};

struct kxen_save_fifo {
	u32 nr_pages;
	u32 pad;
	/* u64 gfn[nr_pages] */
};

struct kxen_save_fifo_vcpu {
	u32 vcpu;
	u32 offset;
	u64 gfn;
	u32 tail[16];
};

struct kxen_save_nlevel {
	u32 levels;
	u32 nr_pages;
	/* u64 pending[nr_pages], mask[nr_pages] */
};

struct kxen_save_nlevel_vcpu {
	u32 vcpu;
	u32 offset;
	u64 l2_gfn;
	u64 l3_gfn[8];
};

struct kxen_domain;

int kxen_domain_save(struct kxen_domain *d, u64 ubuf, u32 *len);
int kxen_domain_restore(struct kxen_domain *d, u64 ubuf, u32 len, u32 *why);

#endif
