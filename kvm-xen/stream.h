/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream of a saved domain: a header, then records, the last of which says that it is.
 * Its reader takes it for hostile.
 *
 * All numbers are little-endian, all structures without holes and a multiple of 8 bytes.
 * Documentation/save-stream.rst has each byte. The format is frozen with the first release:
 * a record whose layout has to change gets another version, with a row of its own in its
 * owner's table, and the rows of before stay.
 */
#ifndef KXEN_STREAM_H
#define KXEN_STREAM_H

#include <linux/types.h>

#define KXEN_SAVE_MAGIC		0x5653584b	/* "KXSV" */
#define KXEN_SAVE_VERSION	2
#define KXEN_SAVE_MAX		(64U << 20)	/* bytes that a reader accepts */
#define KXEN_SAVE_MAX_RECS	16384		/* and records */
#define KXEN_NO_GFN		(~0ULL)

/*
 * What a record is: its owner, which of the owner's, and the version of its layout; none of
 * them is 0. A reader that has no row for it skips it if it is OPTIONAL, and refuses the
 * stream if not.
 */
#define KXEN_REC(owner, nr, version)	((version) << 16 | (owner) << 8 | (nr))
#define KXEN_REC_OPTIONAL		0x8000
#define KXEN_REC_TYPE(id)		((id) & 0x7fff)

/*
 * Owners. A number is given once, here and in the document, and never again. They are in the
 * order in which records are written: the core, parts of the domain as in parts.h, and the
 * architecture, from KXEN_ARCH_OWNERS on.
 */
#define KXEN_ARCH_OWNERS	0x40
#define KXEN_OWNER_CORE		0x01
#define KXEN_OWNER_EVTCHN	0x02
#define KXEN_OWNER_GNTTAB	0x03	/* for grant tables */
#define KXEN_OWNER_MEMPAGING	0x04	/* for paging */
#define KXEN_OWNER_DOM0		0x05	/* for what domain 0 does for a domain */
#define KXEN_OWNER_TRIED	0x3f	/* for parts that somebody tries */
#define KXEN_OWNER_X86		0x40
#define KXEN_OWNER_ARM64	0x41
#define KXEN_OWNER_STREAM	0x7f

#define KXEN_REC_END		KXEN_REC(KXEN_OWNER_STREAM, 255, 1)

struct kxen_save_header {
	u32 magic;
	u32 version;
	u32 len;		/* of all, this included */
	u16 arch;		/* EM_* of ELF */
	u16 domid;		/* of the domain that was saved */
};

struct kxen_save_rec {
	u16 type;		/* KXEN_REC_TYPE(), maybe KXEN_REC_OPTIONAL */
	u16 version;
	u32 len;		/* of what follows */
};

/* Where records go; without @buf they are only counted. */
struct kxen_stream_out {
	u8 *buf;
	u32 room;
	u32 len;
	u32 open;		/* offset of the record that is being written */
};

void kxen_stream_begin(struct kxen_stream_out *s);
void kxen_stream_end(struct kxen_stream_out *s, u16 arch, u16 domid);
void kxen_rec_begin(struct kxen_stream_out *s, u32 id);
void kxen_rec_put(struct kxen_stream_out *s, const void *data, u32 len);
void kxen_rec_end(struct kxen_stream_out *s);
void kxen_rec(struct kxen_stream_out *s, u32 id, const void *data, u32 len);

struct kxen_domain;
struct kxen_frames;
struct kxen_stream_in;
struct kxen_rec;

/**
 * struct kxen_rec_desc - a record that can be read; a table ends with one that has no @id.
 * @id: KXEN_REC().
 * @len: bytes that it always has.
 * @each: bytes of each element of the list behind them; 0: there is no list.
 * @max: elements that the list may have.
 * @per_vcpu: there may be one for each vCPU, whose number it begins with, 32 bits wide. Else
 *	there may be one.
 * @needed: a stream without it is none.
 * @restore: what @nr records of it say, in the order of their vCPUs, for a domain where
 *	nothing is in use; their lengths are good, their contents are not known. 0, or -errno
 *	with @im->why set to more than KXEN_RESTORE_VALUES if that is not the reason: the
 *	domain is reset then. Nothing is written into its memory yet, records of other types
 *	may be read with kxen_recs(). Domain locked, may sleep. NULL: the owner's functions
 *	for other records do it.
 * @frames: tells kxen_frame() of each frame that will be held for this record, which is not
 *	known to be good either. A restore holds what is there, and goes back to its beginning
 *	for what is not, a few times. No lock held, may sleep. NULL: there are none.
 */
struct kxen_rec_desc {
	u32 id;
	u32 len;
	u32 each;
	u32 max;
	bool per_vcpu;
	bool needed;
	int (*restore)(struct kxen_domain *d, struct kxen_stream_in *im,
		       const struct kxen_rec *rec, u32 nr);
	void (*frames)(const struct kxen_rec *rec, struct kxen_frames *f);
};

/**
 * struct kxen_rec - one record as it was read.
 * @desc: what it is.
 * @nr: elements of its list.
 * @data: its content, as long as it should be, and not known to be good.
 */
struct kxen_rec {
	const struct kxen_rec_desc *desc;
	u32 nr;
	const void *data;
};

/**
 * struct kxen_stream_in - a stream taken apart.
 * @rec: its records that are known, in the order of their types and vCPUs.
 * @nr: how many.
 * @skipped: how many were not, and are OPTIONAL.
 * @domid: the number of the domain that was saved.
 * @why: KXEN_RESTORE_*: why it is refused.
 * @undo: it is refused, and a part of it is in the domain by now.
 */
struct kxen_stream_in {
	struct kxen_rec *rec;
	u32 nr;
	u32 skipped;
	u32 domid;
	u32 why;
	bool undo;
};

/* The @n-th of all records that can be read, NULL behind the last one. */
typedef const struct kxen_rec_desc *(*kxen_rec_at_fn)(u32 n);

u32 kxen_stream_room(u32 len);
int kxen_stream_parse(const void *buf, u32 len, u16 arch, kxen_rec_at_fn at,
		      struct kxen_stream_in *im);
const struct kxen_rec *kxen_recs(const struct kxen_stream_in *im, u32 id, u32 *nr);

#endif
