/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream of a saved domain: a header, then records. Its reader takes it for hostile.
 *
 * All numbers are little-endian, all structures without holes and a multiple of 8 bytes.
 * A reader refuses a record that it does not know: a new one raises KXEN_SAVE_VERSION.
 */
#ifndef KXEN_STREAM_H
#define KXEN_STREAM_H

#include <linux/types.h>

#define KXEN_SAVE_MAGIC		0x5653584b	/* "KXSV" */
#define KXEN_SAVE_VERSION	1

struct kxen_save_domain;

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

/* Where records go; without @buf they are only counted. */
struct kxen_sink {
	u8 *buf;
	u32 room;
	u32 len;
	u32 nr;
	u32 open;		/* offset of the record that is being written */
};

void kxen_stream_begin(struct kxen_sink *s);
void kxen_stream_end(struct kxen_sink *s);
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

int kxen_stream_parse(const u8 *buf, u32 len, struct kxen_image *im);
const struct kxen_rec *kxen_rec_next(const struct kxen_image *im, u32 *from,
				     u32 type, u32 len);
const struct kxen_rec *kxen_rec_find(const struct kxen_image *im, u32 type,
				     u32 len);

#endif
