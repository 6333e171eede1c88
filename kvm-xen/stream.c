// SPDX-License-Identifier: GPL-2.0-only
/* The stream of a saved domain: records are written and read here, whatever they hold. */
#include <linux/mm.h>
#include <linux/string.h>
#include <uapi/linux/kvm_xen.h>

#include "kxen.h"
#include "stream.h"

/* What there is one of for each vCPU is what there is most of. */
#define MAX_RECORDS	(KXEN_NR_RECS * KXEN_MAX_VCPUS)

void kxen_rec_put(struct kxen_sink *s, const void *data, u32 len)
{
	if (s->buf && s->len + len <= s->room)
		memcpy(s->buf + s->len, data, len);
	s->len += len;
}

void kxen_rec_begin(struct kxen_sink *s, u32 type)
{
	struct kxen_save_rec r = { .type = type };

	s->open = s->len;
	s->nr++;
	kxen_rec_put(s, &r, sizeof(r));
}

void kxen_rec_end(struct kxen_sink *s)
{
	struct kxen_save_rec *r = (void *)(s->buf + s->open);

	if (s->buf && s->len <= s->room)
		r->len = s->len - s->open - sizeof(*r);
}

void kxen_rec(struct kxen_sink *s, u32 type, const void *data, u32 len)
{
	kxen_rec_begin(s, type);
	kxen_rec_put(s, data, len);
	kxen_rec_end(s);
}

/* What the header says is known at the end. */
void kxen_stream_begin(struct kxen_sink *s)
{
	struct kxen_save_header h = { };

	kxen_rec_put(s, &h, sizeof(h));
}

void kxen_stream_end(struct kxen_sink *s)
{
	struct kxen_save_header h = {
		.magic = KXEN_SAVE_MAGIC,
		.version = KXEN_SAVE_VERSION,
		.len = s->len,
		.nr = s->nr,
	};

	if (s->buf && s->len <= s->room)
		memcpy(s->buf, &h, sizeof(h));
}

/* The next record of @type after @from; NULL if there is none, or it is too short. */
const struct kxen_rec *kxen_rec_next(const struct kxen_image *im, u32 *from,
				     u32 type, u32 len)
{
	for (; *from < im->nr; (*from)++) {
		const struct kxen_rec *r = &im->rec[*from];

		if (r->type != type)
			continue;
		(*from)++;
		return r->len >= len ? r : NULL;
	}
	return NULL;
}

/* The first record of @type, at least @len bytes long, or NULL. */
const struct kxen_rec *kxen_rec_find(const struct kxen_image *im, u32 type,
				     u32 len)
{
	u32 from = 0;

	return kxen_rec_next(im, &from, type, len);
}

/**
 * kxen_stream_parse() - Take a stream apart.
 * @buf: the stream, not trusted; stays while its records are used.
 * @len: its length.
 * @im: gets the records; also on failure @im->rec is the caller's to free.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL, -EOPNOTSUPP for another version, -ENOMEM, with @im->why set.
 */
int kxen_stream_parse(const u8 *buf, u32 len, struct kxen_image *im)
{
	const struct kxen_save_header *h = (const void *)buf;
	const struct kxen_save_rec *r;
	u32 pos = sizeof(*h);

	im->why = KXEN_RESTORE_FORMAT;
	if (len < sizeof(*h) || h->magic != KXEN_SAVE_MAGIC || h->len != len)
		return -EINVAL;
	if (h->version != KXEN_SAVE_VERSION) {
		im->why = KXEN_RESTORE_VERSION;
		return -EOPNOTSUPP;
	}
	if (h->nr > len / sizeof(*r) || h->nr > MAX_RECORDS)
		return -EINVAL;
	im->rec = kvcalloc(h->nr, sizeof(*im->rec), GFP_KERNEL_ACCOUNT);
	if (!im->rec)
		return -ENOMEM;
	for (; im->nr < h->nr; im->nr++) {
		r = (const void *)(buf + pos);
		if (len - pos < sizeof(*r) || r->len % 8 ||
		    r->len > len - pos - sizeof(*r) ||
		    !r->type || r->type >= KXEN_NR_RECS)
			return -EINVAL;
		im->rec[im->nr] = (struct kxen_rec) { r->type, r->len, r + 1 };
		pos += sizeof(*r) + r->len;
	}
	return pos == len ? 0 : -EINVAL;
}
