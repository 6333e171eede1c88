/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream of a saved domain: a header, then records. Its reader takes it for hostile.
 *
 * All numbers are little-endian, all structures without holes and a multiple of 8 bytes.
 * A reader refuses a record that it does not know: a new one raises KXEN_SAVE_VERSION.
 */
#ifndef KXEN_SAVE_H
#define KXEN_SAVE_H

#include <linux/types.h>

#define KXEN_SAVE_MAGIC		0x5653584b	/* "KXSV" */
#define KXEN_SAVE_VERSION	1
#define KXEN_SAVE_MAX		(64U << 20)	/* bytes that a reader accepts */
#define KXEN_NO_GFN		(~0ULL)
#define KXEN_NO_TIME		(~0ULL)

enum kxen_rec_type {
	KXEN_REC_DOMAIN = 1,
	KXEN_REC_SHINFO,	/* a page of the host's own */
	KXEN_REC_VCPU,
	KXEN_REC_PORTS,
	KXEN_REC_FIFO,
	KXEN_REC_FIFO_VCPU,
	KXEN_REC_NLEVEL,
	KXEN_REC_NLEVEL_VCPU,
	KXEN_NR_RECS
};

struct kxen_save_header {
	u32 magic;
	u32 version;
	u32 len;		/* of all, this included */
	u32 nr;			/* records */
};

struct kxen_save_rec {
	u32 type;
	u32 len;		/* of what follows */
};

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

/* Where records go; without @buf they are only counted. */
struct kxen_sink {
	u8 *buf;
	u32 room;
	u32 len;
	u32 nr;
	u32 open;		/* offset of the record that is being written */
};

void kxen_rec_begin(struct kxen_sink *s, u32 type);
void kxen_rec_put(struct kxen_sink *s, const void *data, u32 len);
void kxen_rec_end(struct kxen_sink *s);
void kxen_rec(struct kxen_sink *s, u32 type, const void *data, u32 len);

/* One record as it was read: its length is good, its content is not known. */
struct kxen_rec {
	u32 type;
	u32 len;
	const void *data;
};

/**
 * struct kxen_image - a stream taken apart.
 * @rec: its records.
 * @nr: how many.
 * @domain: the first record of that type, which is there.
 * @why: KXEN_RESTORE_*: why it is refused.
 * @undo: it is refused, and a part of it is in the domain by now.
 */
struct kxen_image {
	struct kxen_rec *rec;
	u32 nr;
	const struct kxen_save_domain *domain;
	u32 why;
	bool undo;
};

const struct kxen_rec *kxen_rec_find(const struct kxen_image *im, u32 type,
				     u32 len);

struct kxen_domain;

int kxen_domain_save(struct kxen_domain *d, u64 ubuf, u32 *len);
int kxen_domain_restore(struct kxen_domain *d, u64 ubuf, u32 len, u32 *why);

#endif
