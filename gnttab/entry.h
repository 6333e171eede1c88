/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of a grant table, which the guest changes at the same time: what they say, and the bits
 * by which the guest is told that a grant is in use (D3, D4, D26, D46). Every loop is bounded
 * (XSA-295). No locks and no memory management: this also builds in user space, where the tests
 * run it against a hostile guest.
 */
#ifndef KXEN_GNT_ENTRY_H
#define KXEN_GNT_ENTRY_H

#define KXEN_GNT_TRIES	5	/* to set a bit in a word that the guest changes, as Xen */

/**
 * struct kxen_gnt_want - who wants to use a grant, and for what.
 * @domid: he.
 * @write: also to write.
 * @whole: a part of a page will not do.
 * @pinned: it is his already: whose it is, and of what type, is not looked at again.
 * @transitive: it is to be a transitive one.
 */
struct kxen_gnt_want {
	u16 domid;
	bool write;
	bool whole;
	bool pinned;
	bool transitive;
};

/**
 * struct kxen_gnt_at - an entry.
 * @d: whose.
 * @entry: its first byte.
 * @status: where it is said that it is in use: the same in version 1.
 * @v2: it is one of version 2.
 */
struct kxen_gnt_at {
	struct kxen_domain *d;
	struct kxen_gptr entry;
	struct kxen_gptr status;
	bool v2;
};

/**
 * struct kxen_gnt_place - what an entry grants.
 * @gfn: the frame.
 * @start: the first byte of it.
 * @length: bytes.
 * @part: it was granted as a part.
 */
struct kxen_gnt_place {
	u64 gfn;
	u16 start;
	u16 length;
	bool part;
};

/* Type, flags and domain are one word: whoever looks at them sees them at one time. */
static inline u32 kxen_gnt_header(struct kxen_gnt_at at)
{
	return kxen_guest_read32(at.entry);
}

/* May he use it? */
static inline bool kxen_gnt_allows(u32 header, const struct kxen_gnt_want *w)
{
	u32 mask = GTF_type_mask | (w->whole ? GTF_sub_page : 0);
	u32 type = w->transitive ? GTF_transitive : GTF_permit_access;

	if (!w->pinned && ((header & mask) != type || header >> 16 != w->domid))
		return false;
	return !(w->write && (header & GTF_readonly));
}

static inline bool kxen_gnt_set_v1(struct kxen_gnt_at at, const struct kxen_gnt_want *w)
{
	u32 set = GTF_reading | (w->write ? GTF_writing : 0);
	u32 old = kxen_gnt_header(at), was, i;

	for (i = 0; i < KXEN_GNT_TRIES && kxen_gnt_allows(old, w); i++) {
		was = kxen_guest_cmpxchg32(at.d, at.entry, old, old | set);
		if (was == old)
			return true;
		old = was;
	}
	return false;
}

/* Bits of a word of 16, by an operation on the 64 that it is in. */
static inline u32 kxen_gnt_bit(struct kxen_gptr *g, u32 bit)
{
	u32 off = kxen_gptr_low(*g) & 7;

	*g = kxen_gptr_at(*g, -(long)off);
	return off * 8 + bit;
}

static inline void kxen_gnt_status_set(struct kxen_gnt_at at, u32 bit)
{
	u32 nr = kxen_gnt_bit(&at.status, bit);

	kxen_guest_test_and_set(at.d, at.status, nr);
}

static inline void kxen_gnt_status_clear(struct kxen_gnt_at at, u32 bit)
{
	u32 nr = kxen_gnt_bit(&at.status, bit);

	kxen_guest_test_and_clear(at.d, at.status, nr);
}

/* Nobody writes, or nobody uses it at all, any more. */
static inline void kxen_gnt_clear(struct kxen_gnt_at at, bool writing, bool reading)
{
	if (writing)
		kxen_gnt_status_clear(at, _GTF_writing);
	if (reading)
		kxen_gnt_status_clear(at, _GTF_reading);
}

/* The guest withdraws an entry first, and looks at the status then; this goes the other way. */
static inline bool kxen_gnt_set_v2(struct kxen_gnt_at at, const struct kxen_gnt_want *w)
{
	if (!kxen_gnt_allows(kxen_gnt_header(at), w))
		return false;
	if (!w->pinned)
		kxen_gnt_status_set(at, _GTF_reading);
	if (w->write)
		kxen_gnt_status_set(at, _GTF_writing);
	if (kxen_gnt_allows(kxen_gnt_header(at), w))
		return true;
	kxen_gnt_clear(at, w->write, !w->pinned);
	return false;
}

/**
 * kxen_gnt_set() - Tell the guest that a grant of his is in use.
 * @at: the entry.
 * @w: by whom.
 *
 * For the first user, and for the first that writes. Its active entry's lock is held.
 * Return: false: it is not granted, or changes all the time; then nothing has been set.
 */
static inline bool kxen_gnt_set(struct kxen_gnt_at at, const struct kxen_gnt_want *w)
{
	return at.v2 ? kxen_gnt_set_v2(at, w) : kxen_gnt_set_v1(at, w);
}

/* What is granted, read once: a guest that changes it meanwhile gets one or the other. */
static inline struct kxen_gnt_place kxen_gnt_where(struct kxen_gnt_at at)
{
	struct kxen_gnt_place p = { .length = XEN_PAGE_SIZE };
	u32 part;

	if (!at.v2) {
		p.gfn = kxen_guest_read32(kxen_gptr_at(at.entry, 4));
		return p;
	}
	p.gfn = kxen_guest_read64(kxen_gptr_at(at.entry, 8));
	if (!(kxen_gnt_header(at) & GTF_sub_page))
		return p;
	part = kxen_guest_read32(kxen_gptr_at(at.entry, 4));
	p.start = part;
	p.length = part >> 16;
	p.part = true;
	return p;
}

static inline bool kxen_gnt_place_same(const struct kxen_gnt_place *a,
				       const struct kxen_gnt_place *b)
{
	return a->gfn == b->gfn && a->start == b->start && a->length == b->length &&
		a->part == b->part;
}

/* --- copies ------------------------------------------------------------------------- */

/* D75, first: nothing of a copy leaves its page. */
static inline bool kxen_gnt_in_page(u32 offset, u32 len)
{
	return offset + len <= XEN_PAGE_SIZE;
}

/* And then: nor what is granted. Both are below 2^17. */
static inline bool kxen_gnt_in_part(const struct kxen_gnt_place *p, u32 offset, u32 len)
{
	return !p->part || (offset >= p->start && offset + len <= (u32)p->start + p->length);
}

#endif
