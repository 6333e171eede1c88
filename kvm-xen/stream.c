// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream of a saved domain: records are written and read here, whatever they hold and
 * whoever owns them.
 *
 * Nothing but lengths and numbers: this also builds in user space, where it is fuzzed.
 */
#include <linux/string.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>

#include "stream.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a stream is little-endian"
#endif

/* --- writing -------------------------------------------------------------------- */

/* What does not fit is counted; a sum that is too large for its number stays the largest. */
void kxen_rec_put(struct kxen_stream_out *s, const void *data, u32 len)
{
	if (s->buf && s->len <= s->room && len <= s->room - s->len)
		memcpy(s->buf + s->len, data, len);
	s->len = len > ~0U - s->len ? ~0U : s->len + len;
}

void kxen_rec_begin(struct kxen_stream_out *s, u32 id)
{
	struct kxen_save_rec r = { .type = id, .version = id >> 16 };

	s->open = s->len;
	kxen_rec_put(s, &r, sizeof(r));
}

void kxen_rec_end(struct kxen_stream_out *s)
{
	struct kxen_save_rec *r = (void *)(s->buf + s->open);

	if (s->buf && s->len <= s->room)
		r->len = s->len - s->open - sizeof(*r);
}

void kxen_rec(struct kxen_stream_out *s, u32 id, const void *data, u32 len)
{
	kxen_rec_begin(s, id);
	kxen_rec_put(s, data, len);
	kxen_rec_end(s);
}

/* What the header says is known at the end. */
void kxen_stream_begin(struct kxen_stream_out *s)
{
	struct kxen_save_header h = { };

	kxen_rec_put(s, &h, sizeof(h));
}

void kxen_stream_end(struct kxen_stream_out *s, u16 arch, u16 domid)
{
	struct kxen_save_header h = {
		.magic = KXEN_SAVE_MAGIC,
		.version = KXEN_SAVE_VERSION,
		.arch = arch,
		.domid = domid,
	};

	kxen_rec_begin(s, KXEN_REC_END);
	kxen_rec_end(s);
	h.len = s->len;
	if (s->buf && s->len <= s->room)
		memcpy(s->buf, &h, sizeof(h));
}

/* --- reading -------------------------------------------------------------------- */

/* How many records there may be in a stream of this length: room for @im->rec. */
u32 kxen_stream_room(u32 len)
{
	u32 most = len / sizeof(struct kxen_save_rec);

	return most < KXEN_SAVE_MAX_RECS ? most : KXEN_SAVE_MAX_RECS;
}

/**
 * kxen_recs() - The records of one type and version.
 * @im: the stream.
 * @id: KXEN_REC().
 * @nr: gets how many there are, one behind the other; may be NULL.
 *
 * Return: the first one; NULL if there is none.
 */
const struct kxen_rec *kxen_recs(const struct kxen_stream_in *im, u32 id, u32 *nr)
{
	u32 first, end;

	for (first = 0; first < im->nr; first++)
		if (im->rec[first].desc->id == id)
			break;
	for (end = first; end < im->nr; end++)
		if (im->rec[end].desc->id != id)
			break;
	if (nr)
		*nr = end - first;
	return end > first ? &im->rec[first] : NULL;
}

static int refuse(struct kxen_stream_in *im, u32 why, int err)
{
	im->why = why;
	return err;
}

/* Magic number, version and length are at their places in every version. */
static int parse_header(const struct kxen_save_header *h, u32 len, u16 arch,
			struct kxen_stream_in *im)
{
	if (len < sizeof(*h) || h->magic != KXEN_SAVE_MAGIC || h->len != len)
		return refuse(im, KXEN_RESTORE_FORMAT, -EINVAL);
	if (h->version < KXEN_SAVE_VERSION)
		return refuse(im, KXEN_RESTORE_OLD, -EOPNOTSUPP);
	if (h->version > KXEN_SAVE_VERSION)
		return refuse(im, KXEN_RESTORE_VERSION, -EOPNOTSUPP);
	if (h->arch != arch)
		return refuse(im, KXEN_RESTORE_ARCH, -EOPNOTSUPP);
	im->domid = h->domid;
	return 0;
}

static const struct kxen_rec_desc *desc_of(kxen_rec_at_fn at, u32 id)
{
	const struct kxen_rec_desc *desc;
	u32 n;

	for (n = 0; (desc = at(n)); n++)
		if (desc->id == id)
			return desc;
	return NULL;
}

/* Is it as long as such a record is? Then it has @nr elements. */
static bool length_ok(const struct kxen_rec_desc *desc, u32 len, u32 *nr)
{
	*nr = 0;
	if (len < desc->len)
		return false;
	len -= desc->len;
	if (!desc->each)
		return !len;
	*nr = len / desc->each;
	return !(len % desc->each) && *nr <= desc->max;
}

/* Behind the last one that is known: of a later type, or of a later vCPU. */
static bool order_ok(const struct kxen_stream_in *im, const struct kxen_rec_desc *desc,
		     const u32 *vcpu)
{
	const struct kxen_rec *last = im->nr ? &im->rec[im->nr - 1] : NULL;

	if (!last || KXEN_REC_TYPE(last->desc->id) != KXEN_REC_TYPE(desc->id))
		return true;
	return last->desc->id == desc->id && desc->per_vcpu &&
	       *vcpu > *(const u32 *)last->data;
}

/* A record that lies in the stream: known, to be skipped, or what refuses it. */
static int parse_record(const struct kxen_save_rec *r, kxen_rec_at_fn at,
			struct kxen_stream_in *im)
{
	u32 id = (u32)r->version << 16 | KXEN_REC_TYPE(r->type), nr;
	const struct kxen_rec_desc *desc = desc_of(at, id);

	if (!r->version || !(id >> 8 & 0x7f) || !(id & 0xff))
		return refuse(im, KXEN_RESTORE_FORMAT, -EINVAL);
	if (!desc && r->type & KXEN_REC_OPTIONAL) {
		im->skipped++;
		return 0;
	}
	if (!desc)
		return refuse(im, KXEN_RESTORE_VERSION, -EOPNOTSUPP);
	if (!length_ok(desc, r->len, &nr) || !order_ok(im, desc, (const u32 *)(r + 1)))
		return refuse(im, KXEN_RESTORE_FORMAT, -EINVAL);
	im->rec[im->nr++] = (struct kxen_rec) { desc, nr, r + 1 };
	return 0;
}

/* At the end: is all there that has to be? */
static int check_needed(kxen_rec_at_fn at, struct kxen_stream_in *im)
{
	const struct kxen_rec_desc *desc;
	u32 n;

	for (n = 0; (desc = at(n)); n++)
		if (desc->needed && !kxen_recs(im, desc->id, NULL))
			return refuse(im, KXEN_RESTORE_FORMAT, -EINVAL);
	return 0;
}

/* The record that says that it is the last one: nothing behind it, nor in it. */
static int parse_end(const struct kxen_save_rec *r, bool last, kxen_rec_at_fn at,
		     struct kxen_stream_in *im)
{
	if (r->version && r->version != KXEN_REC_END >> 16)
		return refuse(im, KXEN_RESTORE_VERSION, -EOPNOTSUPP);
	if (!r->version || r->len || !last)
		return refuse(im, KXEN_RESTORE_FORMAT, -EINVAL);
	return check_needed(at, im);
}

/**
 * kxen_stream_parse() - Take a stream apart.
 * @buf: the stream, not trusted, aligned to 8 bytes; stays while its records are used.
 * @len: its length.
 * @arch: EM_* of this machine.
 * @at: the records that can be read.
 * @im: zero, but for @im->rec, with kxen_stream_room() elements; gets the records.
 *
 * Takes no longer than so many records allow. Context: any.
 * Return: 0; -EINVAL; -EOPNOTSUPP for what another version or architecture has written; with
 * @im->why set.
 */
int kxen_stream_parse(const void *buf, u32 len, u16 arch, kxen_rec_at_fn at,
		      struct kxen_stream_in *im)
{
	const struct kxen_save_rec *r;
	u32 pos = sizeof(struct kxen_save_header), type = 0, n;
	int ret = parse_header(buf, len, arch, im);

	for (n = 0; !ret && n < KXEN_SAVE_MAX_RECS; n++) {
		r = buf + pos;
		if (len - pos < sizeof(*r) || r->len % 8 ||
		    r->len > len - pos - sizeof(*r) || KXEN_REC_TYPE(r->type) < type)
			break;
		type = KXEN_REC_TYPE(r->type);
		pos += sizeof(*r) + r->len;
		if (type == KXEN_REC_TYPE(KXEN_REC_END))
			return parse_end(r, pos == len, at, im);
		ret = parse_record(r, at, im);
	}
	return ret ?: refuse(im, KXEN_RESTORE_FORMAT, -EINVAL);
}
