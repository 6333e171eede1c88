// SPDX-License-Identifier: GPL-2.0
/*
 * The stream of a saved domain, with records of our own: which streams are taken, and why
 * the others are not. The fuzzer's bytes are records, and what is said of them has to be what
 * Documentation/save-stream.rst says, which is written down here once more. With -DSTEPS:
 * one damage after the other.
 */
#include "shim.h"

#include "../../kvm-xen/stream.c"

#define ARCH	62
#define DOMID	7
#define LONGEST	(64U << 20)
#define MOST	16384

/* The first is needed; the second has a list; the third is a vCPU's; the last has two layouts. */
#define REC_ONE		KXEN_REC(1, 1, 1)
#define REC_LIST	KXEN_REC(1, 9, 1)
#define REC_VCPU	KXEN_REC(2, 1, 1)
#define REC_OLD		KXEN_REC(0x40, 1, 1)
#define REC_NEW		KXEN_REC(0x40, 1, 3)
#define REC_UNKNOWN	KXEN_REC(0x33, 7, 1)

static const struct kxen_rec_desc descs[] = {
	{ .id = REC_ONE, .len = 16, .needed = true },
	{ .id = REC_LIST, .len = 8, .each = 16, .max = 3 },
	{ .id = REC_VCPU, .len = 8, .per_vcpu = true },
	{ .id = REC_OLD, .len = 8 },
	{ .id = REC_NEW, .len = 24 },
};

#define NR_DESCS	(sizeof(descs) / sizeof(descs[0]))

static unsigned long looks;	/* into the table */

static const struct kxen_rec_desc *desc_at(u32 n)
{
	looks++;
	return n < NR_DESCS ? &descs[n] : NULL;
}

static struct kxen_rec recs[MOST];

static int parse(const void *buf, u32 len, struct kxen_stream_in *im)
{
	memset(im, 0, sizeof(*im));
	im->rec = recs;
	return kxen_stream_parse(buf, len, ARCH, desc_at, im);
}

#ifndef STEPS
/* --- the document, once more ------------------------------------------------------------- */

struct model {
	u32 why, known, skipped;
	bool one;
};

static u32 get32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static u32 get16(const u8 *p)
{
	return p[0] | p[1] << 8;
}

/* The one length, or the lengths, that a known record has; @known: it is one. */
static bool good_length(u32 type, u32 version, u32 len, bool *known)
{
	*known = true;
	switch (type << 8 | version) {
	case 0x010101: return len == 16;
	case 0x010901: return len == 8 || len == 24 || len == 40 || len == 56;
	case 0x020101: return len == 8;
	case 0x400101: return len == 8;
	case 0x400103: return len == 24;
	}
	*known = false;
	return false;
}

/* One record behind the others: false if it refuses the stream. */
static bool model_record(struct model *m, u32 raw, u32 version, u32 len, const u8 *data)
{
	static u32 last_type, last_version, last_vcpu;
	u32 type = raw & 0x7fff;
	bool known, good = version < 256 && good_length(type, version, len, &known);

	if (version >= 256)
		known = false;
	m->why = KXEN_RESTORE_FORMAT;
	if (!version || !(type >> 8) || !(type & 255))
		return false;
	if (!known) {
		m->why = KXEN_RESTORE_VERSION;
		m->skipped += raw >> 15;
		return raw >> 15;
	}
	if (!good)
		return false;
	if (m->known && type == last_type &&
	    (type != 0x0201 || version != last_version || get32(data) <= last_vcpu))
		return false;
	last_type = type;
	last_version = version;
	last_vcpu = len ? get32(data) : 0;
	m->one |= type == 0x0101;
	m->known++;
	return true;
}

static void model(struct model *m, const u8 *s, u32 len)
{
	u32 pos = 16, type = 0, n, now, size;

	memset(m, 0, sizeof(*m));
	for (n = 0; ; n++) {
		m->why = KXEN_RESTORE_FORMAT;
		if (n == MOST || len - pos < 8)
			return;
		now = get16(s + pos) & 0x7fff;
		size = get32(s + pos + 4);
		if (size % 8 || size > len - pos - 8 || now < type)
			return;
		if (now == 0x7fff) {
			m->why = get16(s + pos + 2) > 1 ? KXEN_RESTORE_VERSION :
							  KXEN_RESTORE_FORMAT;
			if (get16(s + pos + 2) != 1)
				return;
			m->why = KXEN_RESTORE_FORMAT;
			break;
		}
		if (!model_record(m, get16(s + pos), get16(s + pos + 2), size, s + pos + 8))
			return;
		type = now;
		pos += 8 + size;
	}
	if (!size && pos + 8 == len && m->one)
		m->why = KXEN_RESTORE_OK;
}

/* --- the fuzzer ---------------------------------------------------------------------------- */

/* Bytes choose records, mostly such as there are; what is left over is taken as it is. */
static u32 compose(const u8 *data, size_t size, u8 *out)
{
	static const u32 ids[] = { REC_ONE, REC_LIST, REC_VCPU, REC_VCPU, REC_OLD, REC_NEW,
				   REC_UNKNOWN, KXEN_REC_END };
	static const u32 lens[] = { 16, 24, 8, 8, 8, 24, 0, 0 };
	u32 pos = 16, id, len;

	for (; size >= 4 && pos + 256 < 4096; size -= 4, data += 4) {
		id = ids[data[0] & 7];
		len = lens[data[0] & 7];
		if (!(data[1] & 7))
			len = data[3];
		if (!(data[1] >> 3 & 7))
			id ^= (u32)data[2] << (data[3] & 15);
		*(struct kxen_save_rec *)(out + pos) = (struct kxen_save_rec) {
			id | (data[1] & 0x80 ? KXEN_REC_OPTIONAL : 0), id >> 16, len };
		memset(out + pos + 8, 0, 256);
		out[pos + 8] = data[2];
		pos += 8 + (len + 7) / 8 * 8;
	}
	memcpy(out + pos, data, size);
	return pos + size;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 stream[8192];
	u32 len = compose(data, size, stream);
	struct kxen_stream_in im;
	struct model m;
	u8 *exact;
	int ret;

	*(struct kxen_save_header *)stream = (struct kxen_save_header) {
		KXEN_SAVE_MAGIC, 2, len, ARCH, DOMID };
	/* Exactly as long as it must be: a look beyond it is found. */
	exact = malloc(len);
	memcpy(exact, stream, len);
	model(&m, exact, len);
	ret = parse(exact, len, &im);
	if (!ret != (m.why == KXEN_RESTORE_OK))
		fail("%s: %d, reason %u for %u", ret ? "refused" : "taken", ret, im.why, m.why);
	if (ret && im.why != m.why)
		fail("refused for reason %u, not %u", im.why, m.why);
	if (ret && ret != (im.why == KXEN_RESTORE_FORMAT ? -EINVAL : -EOPNOTSUPP))
		fail("reason %u with %d", im.why, ret);
	if (im.nr != m.known || im.skipped != m.skipped)
		fail("%u known, %u skipped; not %u and %u", im.nr, im.skipped, m.known, m.skipped);
	free(exact);
	return 0;
}
#else
/* --- one damage after the other -------------------------------------------------------------- */

static u8 buf[LONGEST] __attribute__((aligned(8)));
static struct kxen_stream_out sink;
static int bad;

static void step(void)
{
}

static void begin(void)
{
	sink = (struct kxen_stream_out) { .buf = buf, .room = sizeof(buf) };
	kxen_stream_begin(&sink);
}

/* @len bytes of a record, the first of which are the vCPU's number. */
static void put(u32 id, u32 vcpu, u32 len)
{
	static u8 zero[256];

	*(u32 *)zero = vcpu;
	kxen_rec(&sink, id, zero, len);
}

static void optional(u32 id, u32 vcpu, u32 len)
{
	put(id, vcpu, len);
	((struct kxen_save_rec *)(buf + sink.open))->type |= KXEN_REC_OPTIONAL;
}

static void check(const char *name, u32 len, int want, u32 why, u32 skipped)
{
	struct kxen_stream_in im;
	int ret = parse(buf, len, &im);

	if (ret == want && (!ret || im.why == why) && im.skipped == skipped) {
		printf("ok - %s\n", name);
		return;
	}
	printf("not ok - %s: %d, reason %u, %u skipped; not %d, %u, %u\n", name, ret, im.why,
	       im.skipped, want, why, skipped);
	bad = 1;
}

static void end(const char *name, int want, u32 why, u32 skipped)
{
	kxen_stream_end(&sink, ARCH, DOMID);
	check(name, sink.len, want, why, skipped);
	begin();
}

#define TAKEN(name, skipped)	end(name, 0, KXEN_RESTORE_OK, skipped)
#define DAMAGED(name)		end(name, -EINVAL, KXEN_RESTORE_FORMAT, 0)
#define NEWER(name)		end(name, -EOPNOTSUPP, KXEN_RESTORE_VERSION, 0)

static void headers(void)
{
	struct kxen_save_header *h = (void *)buf, good;

	put(REC_ONE, 0, 16);
	kxen_stream_end(&sink, ARCH, DOMID);
	good = *h;
	check("a stream", h->len, 0, 0, 0);
	check("one byte more than it says", h->len + 1, -EINVAL, KXEN_RESTORE_FORMAT, 0);
	check("one byte less", h->len - 1, -EINVAL, KXEN_RESTORE_FORMAT, 0);
	check("less than a header", 15, -EINVAL, KXEN_RESTORE_FORMAT, 0);
	h->len = 16;
	check("nothing but a header", 16, -EINVAL, KXEN_RESTORE_FORMAT, 0);
	*h = good;
	h->magic++;
	check("another magic number", h->len, -EINVAL, KXEN_RESTORE_FORMAT, 0);
	*h = good;
	h->version = 1;
	check("the version before", h->len, -EOPNOTSUPP, KXEN_RESTORE_OLD, 0);
	h->version = 3;
	check("the version of tomorrow", h->len, -EOPNOTSUPP, KXEN_RESTORE_VERSION, 0);
	*h = good;
	h->arch++;
	check("another architecture", h->len, -EOPNOTSUPP, KXEN_RESTORE_ARCH, 0);
	begin();
}

static void lengths(void)
{
	put(REC_ONE, 0, 8);
	DAMAGED("a record that is too short");
	put(REC_ONE, 0, 24);
	DAMAGED("a record that is too long");
	put(REC_ONE, 0, 16);
	put(REC_LIST, 0, 8);
	TAKEN("a list of nothing", 0);
	put(REC_ONE, 0, 16);
	put(REC_LIST, 0, 8 + 3 * 16);
	TAKEN("as much as a list may have", 0);
	put(REC_ONE, 0, 16);
	put(REC_LIST, 0, 8 + 4 * 16);
	DAMAGED("one element too many");
	put(REC_ONE, 0, 16);
	put(REC_LIST, 0, 16);
	DAMAGED("half an element");
	put(REC_ONE, 0, 16);
	put(REC_VCPU, 0, 0);
	DAMAGED("a vCPU's record without its number");
	put(REC_ONE, 0, 16);
	put(KXEN_REC_END, 0, 8);
	DAMAGED("an end that is not empty");
	put(REC_ONE, 0, 16);
	put(KXEN_REC_END, 0, 0);
	DAMAGED("something behind the end");
	put(REC_ONE, 0, 16);
	((struct kxen_save_header *)buf)[0] = (struct kxen_save_header) {
		KXEN_SAVE_MAGIC, 2, sink.len, ARCH, DOMID };
	check("no end", sink.len, -EINVAL, KXEN_RESTORE_FORMAT, 0);
	begin();
	put(REC_ONE, 0, 16);
	((struct kxen_save_rec *)(buf + sink.open))->len += 8;
	DAMAGED("a record that reaches into the next one");
	put(REC_ONE, 0, 16);
	((struct kxen_save_rec *)(buf + sink.open))->len = -8;
	DAMAGED("a record of 4 GB");
}

static void order(void)
{
	put(REC_ONE, 0, 16);
	put(REC_VCPU, 3, 8);
	put(REC_VCPU, 500, 8);
	put(REC_OLD, 0, 8);
	TAKEN("in order", 0);
	put(REC_VCPU, 0, 8);
	put(REC_ONE, 0, 16);
	DAMAGED("another owner's first");
	put(REC_LIST, 0, 8);
	put(REC_ONE, 0, 16);
	DAMAGED("another of the owner's first");
	put(REC_ONE, 0, 16);
	put(REC_ONE, 0, 16);
	DAMAGED("one twice");
	put(REC_ONE, 0, 16);
	put(REC_VCPU, 2, 8);
	put(REC_VCPU, 2, 8);
	DAMAGED("a vCPU twice");
	put(REC_ONE, 0, 16);
	put(REC_VCPU, 2, 8);
	put(REC_VCPU, 1, 8);
	DAMAGED("the second vCPU first");
	put(REC_ONE, 0, 16);
	put(REC_OLD, 0, 8);
	put(REC_NEW, 0, 24);
	DAMAGED("the same in two versions");
	put(REC_LIST, 0, 8);
	DAMAGED("what is needed is not there");
	DAMAGED("nothing is there");
}

static void unknown(void)
{
	put(REC_ONE, 0, 16);
	put(REC_UNKNOWN, 0, 16);
	NEWER("an unknown record");
	put(REC_ONE, 0, 16);
	optional(REC_UNKNOWN, 0, 16);
	optional(REC_UNKNOWN, 0, 16);
	TAKEN("two that may be skipped", 2);
	put(REC_ONE, 0, 16);
	put(REC_ONE + 1, 0, 16);
	NEWER("one that a known owner will have");
	put(REC_ONE, 0, 16);
	put(REC_VCPU + (1 << 16), 0, 8);
	NEWER("a newer version of a known record");
	put(REC_ONE, 0, 16);
	optional(REC_VCPU + (1 << 16), 0, 8);
	TAKEN("one that may be skipped", 1);
	optional(REC_ONE + (1 << 16), 0, 16);
	end("a newer version of what is needed", -EINVAL, KXEN_RESTORE_FORMAT, 1);
	put(REC_ONE, 0, 16);
	put(REC_NEW - (1 << 16), 0, 24);
	NEWER("a version that never was");
	put(REC_ONE, 0, 16);
	put(REC_NEW, 0, 24);
	TAKEN("the later one of two versions", 0);
	optional(REC_ONE, 0, 16);
	TAKEN("a known one that might be skipped is read", 0);
	optional(REC_ONE, 0, 8);
	DAMAGED("and has to be right");
	put(REC_ONE, 0, 16);
	optional(REC_UNKNOWN, 0, 16);
	put(REC_VCPU, 0, 8);
	end("what is skipped is in order too", -EINVAL, KXEN_RESTORE_FORMAT, 1);
	optional(REC_UNKNOWN & 0xffff, 0, 0);
	DAMAGED("no version");
	optional(KXEN_REC(0, 1, 1), 0, 0);
	DAMAGED("no owner");
	put(REC_ONE, 0, 16);
	optional(KXEN_REC(2, 0, 1), 0, 0);
	DAMAGED("no number");
}

static void many(u32 n)
{
	put(REC_ONE, 0, 16);
	while (n--)
		optional(REC_UNKNOWN, 0, 0);
}

static void amounts(void)
{
	u32 n = (LONGEST - 16 - 24 - 8) / 8;

	many(MOST - 2);
	TAKEN("as many records as may be", MOST - 2);
	many(MOST - 1);
	end("one more", -EINVAL, KXEN_RESTORE_FORMAT, MOST - 1);
	many(n);
	looks = 0;
	end("64 MB of records that may be skipped", -EINVAL, KXEN_RESTORE_FORMAT, MOST - 1);
	if (looks > (NR_DESCS + 1) * MOST)
		fail("%lu looks into a table of %zu", looks, NR_DESCS);
	put(REC_ONE, 0, 16);
	for (n = 0; n < 512; n++)
		put(REC_VCPU, n, 8);
	TAKEN("512 vCPUs", 0);
}

/* More than its number can count: nothing is written behind the room, and it is too much still. */
static void overflow(void)
{
	static u8 page[4096], room[8192];
	struct kxen_stream_out s = { .buf = room, .room = 4096 };
	u32 i, behind = 0;

	memset(page, 0xee, sizeof(page));
	for (i = 0; i < 1U << 20; i++)
		kxen_rec_put(&s, page, sizeof(page));
	kxen_rec_put(&s, page, 100);
	for (i = 4096; i < sizeof(room); i++)
		behind += room[i];
	if (s.len <= s.room || behind || room[4095] != 0xee) {
		printf("a stream of 4 GiB: %u bytes, %u behind the room\n", s.len, behind);
		bad++;
	}
}

int main(void)
{
	u32 room = kxen_stream_room(LONGEST);

	if (room != MOST || kxen_stream_room(40) != 5)
		fail("room for %u records", room);
	begin();
	headers();
	lengths();
	order();
	unknown();
	amounts();
	overflow();
	return bad;
}
#endif
