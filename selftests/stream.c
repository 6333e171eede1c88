// SPDX-License-Identifier: GPL-2.0
/*
 * What KXEN_RESTORE makes of a stream's form: which it takes, skips a part of, or refuses,
 * and why. What the records hold is vmm/save.c's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/kvm_xen.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define ROOM		(256 << 10)
#define MAX_RECS	16384
#define PAGE		4096
#define OPTIONAL	0x8000
#define DOMAIN		0x0101
#define SHARED_INFO	0x0102
#define VCPU		0x0103
#define PORTS		0x0210
#define GRANTS		0x0301
#define GRANT_FRAMES	0x0302
#define X86_VCPU	0x4001
#define END		0x7fff

struct header {
	uint32_t magic, version, len;
	uint16_t arch, domid;
};

struct record {
	uint16_t type, version;
	uint32_t len;
};

union stream {
	struct header h;
	uint8_t byte[ROOM];
};

/* The memory of all guests. */
static uint8_t ram[16 * PAGE] __attribute__((aligned(PAGE)));

/* A domain with a VM that has two vCPUs, paused. */
struct target {
	int vm, vcpu;		/* the first one */
	unsigned int domid;
};

static int call(int fd, unsigned long req, void *arg)
{
	return ioctl(fd, req, arg) ? errno : 0;
}

static unsigned int max_ports, max_grant_frames;	/* 0: as many as there are by default */

static struct target make_target(int fd)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO,
				 .max_ports = max_ports,
				 .max_grant_frames = max_grant_frames };
	struct kxen_attach a = { .size = sizeof(a) };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	struct kvm_userspace_memory_region r = {
		.memory_size = sizeof(ram), .userspace_addr = (uintptr_t)ram,
	};
	struct target t = { .vm = ioctl(kvm, KVM_CREATE_VM, 0) };

	close(kvm);
	if (ioctl(t.vm, KVM_SET_USER_MEMORY_REGION, &r) || ioctl(t.vm, KVM_CREATE_IRQCHIP, 0))
		return (struct target) { .vm = -1 };
	t.vcpu = ioctl(t.vm, KVM_CREATE_VCPU, 0);
	if (t.vcpu < 0 || ioctl(t.vm, KVM_CREATE_VCPU, 1) < 0 || call(fd, KXEN_CREATE, &c))
		return (struct target) { .vm = -1 };
	t.domid = a.domid = d.domid = c.domid;
	a.vm_fd = t.vm;
	if (call(fd, KXEN_ATTACH, &a) || call(fd, KXEN_PAUSE, &d))
		return (struct target) { .vm = -1 };
	return t;
}

FIXTURE(stream) {
	int fd;
	union stream *good, *bad;
	struct target to;
	unsigned int why, skipped;
};

FIXTURE_SETUP(stream)
{
	struct kxen_stream_arg im = { .size = sizeof(im), .len = ROOM };
	struct kxen_evtchn_arg port = { .size = sizeof(port), .op = KXEN_EVTCHN_ALLOC };
	struct target from;

	self->fd = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	ASSERT_GE(self->fd, 0);
	self->good = calloc(1, ROOM);
	self->bad = calloc(1, ROOM);
	ASSERT_NE(NULL, self->good);
	ASSERT_NE(NULL, self->bad);
	from = make_target(self->fd);
	ASSERT_GE(from.vm, 0);
	port.domid = im.domid = from.domid;
	ASSERT_EQ(0, call(self->fd, KXEN_EVTCHN, &port));
	im.buf = (uintptr_t)self->good;
	ASSERT_EQ(0, call(self->fd, KXEN_SAVE, &im));
	ASSERT_EQ(im.len, self->good->h.len);
	close(from.vm);
	self->to = make_target(self->fd);
	ASSERT_GE(self->to.vm, 0);
	memcpy(self->bad, self->good, ROOM);
}

FIXTURE_TEARDOWN(stream)
{
	close(self->to.vm);
	close(self->fd);
	free(self->good);
	free(self->bad);
}

/* The bad one is tried, and is as the good one again: 0, or its errno. */
static int restore(FIXTURE_DATA(stream) *self)
{
	struct kxen_stream_arg im = { .size = sizeof(im), .domid = self->to.domid,
				     .buf = (uintptr_t)self->bad,
				     .len = self->bad->h.len };
	int ret = call(self->fd, KXEN_RESTORE, &im);

	self->why = im.reason;
	self->skipped = im.skipped;
	memcpy(self->bad, self->good, ROOM);
	/* One that was restored is not new. */
	if (!ret) {
		close(self->to.vm);
		self->to = make_target(self->fd);
	}
	return ret;
}

#define EXPECT_RESTORE(err, reason) do {			\
	EXPECT_EQ(err, restore(self));				\
	EXPECT_EQ(reason, self->why);				\
} while (0)

static struct record *record(union stream *s, unsigned int pos)
{
	return (struct record *)(s->byte + pos);
}

static unsigned int next(union stream *s, unsigned int pos)
{
	return pos + sizeof(struct record) + record(s, pos)->len;
}

#define for_each_record(pos, s) \
	for ((pos) = sizeof(struct header); (pos) < (s)->h.len; (pos) = next(s, pos))

/* All but the end. */
#define for_each_content(pos, s) \
	for_each_record(pos, s) if (record(s, pos)->type != END)

/* A record of @len zeros at @pos, before what is there. */
static struct record *insert(union stream *s, unsigned int pos, unsigned int type,
			     unsigned int version, unsigned int len)
{
	unsigned int more = sizeof(struct record) + len;
	struct record *r = record(s, pos);

	memmove(s->byte + pos + more, s->byte + pos, s->h.len - pos);
	memset(r, 0, more);
	*r = (struct record) { type, version, len };
	s->h.len += more;
	return r;
}

static struct record *find(union stream *s, unsigned int type)
{
	unsigned int pos;

	for_each_content(pos, s)
		if (record(s, pos)->type == type)
			return record(s, pos);
	return NULL;
}

static unsigned int end_of(const union stream *s)
{
	return s->h.len - sizeof(struct record);
}

TEST_F(stream, as_it_was_saved)
{
	unsigned int pos, nr = 0, last = 0;

	for_each_record(pos, self->good) {
		EXPECT_GE(record(self->good, pos)->type, last);
		EXPECT_EQ(1, record(self->good, pos)->version);
		last = record(self->good, pos)->type;
		nr++;
	}
	EXPECT_EQ(END, last);
	EXPECT_EQ(self->good->h.len, pos);
	/* The domain, its shared_info, two vCPUs, ports, the end. */
	EXPECT_EQ(6, nr);
	EXPECT_EQ(2, self->good->h.version);
#ifdef __x86_64__
	EXPECT_EQ(62, self->good->h.arch);
#endif
	EXPECT_RESTORE(0, KXEN_RESTORE_OK);
	EXPECT_EQ(0, self->skipped);
}

/* States of ports are Xen's numbers: one that waits for a domain is 1. */
TEST_F(stream, states_of_ports)
{
	unsigned int pos;
	uint8_t *port = NULL;

	for_each_content(pos, self->good)
		if (record(self->good, pos)->type == PORTS)
			port = self->good->byte + pos + sizeof(struct record);
	ASSERT_NE(NULL, port);
	ASSERT_EQ(32, record(self->good, port - self->good->byte - sizeof(struct record))->len);
	EXPECT_EQ(1, port[4]);
	EXPECT_RESTORE(0, KXEN_RESTORE_OK);
}

/* What the toolstack gave the guest before is not the stream's to give: silent, but there. */
TEST_F(stream, port_of_a_global_virq)
{
	uint32_t *port;

	ASSERT_NE(NULL, find(self->bad, PORTS));
	port = (uint32_t *)(find(self->bad, PORTS) + 1);
	((uint8_t *)port)[4] = 4;
	port[3] = 3;	/* VIRQ_DOM_EXC */
	EXPECT_RESTORE(0, KXEN_RESTORE_OK);
}

/* A guest of 32 bits now, which was one of 64 when it had this port. */
TEST_F(stream, port_beyond_the_width)
{
	struct kxen_stream_arg im = { .size = sizeof(im), .domid = self->to.domid,
				     .buf = (uintptr_t)self->bad,
				     .len = self->bad->h.len };

	ASSERT_NE(NULL, find(self->bad, DOMAIN));
	ASSERT_NE(NULL, find(self->bad, PORTS));
	*(uint32_t *)(find(self->bad, PORTS) + 1) = 4096;
	EXPECT_RESTORE(ENOSPC, KXEN_RESTORE_PORTS);
	*(uint32_t *)(find(self->bad, DOMAIN) + 1) = 1;
	*(uint32_t *)(find(self->bad, PORTS) + 1) = 3000;
	ASSERT_EQ(0, call(self->fd, KXEN_RESTORE, &im));
	/* And what is saved again can be restored again. */
	im.len = ROOM;
	ASSERT_EQ(0, call(self->fd, KXEN_SAVE, &im));
	close(self->to.vm);
	self->to = make_target(self->fd);
	EXPECT_RESTORE(0, KXEN_RESTORE_OK);
	/* It may have had an N-level tree then, and more ports than 2-level has bits. */
	close(self->to.vm);
	max_ports = 8192;
	self->to = make_target(self->fd);
	*(uint32_t *)(find(self->bad, PORTS) + 1) = 5000;
	EXPECT_RESTORE(0, KXEN_RESTORE_OK);
	*(uint32_t *)(find(self->bad, PORTS) + 1) = 8192;
	EXPECT_RESTORE(ENOSPC, KXEN_RESTORE_PORTS);
}

TEST_F(stream, header)
{
	self->bad->h.version = 1;
	EXPECT_RESTORE(EOPNOTSUPP, KXEN_RESTORE_OLD);
	self->bad->h.version = 3;
	EXPECT_RESTORE(EOPNOTSUPP, KXEN_RESTORE_VERSION);
	self->bad->h.arch = 183;
	EXPECT_RESTORE(EOPNOTSUPP, KXEN_RESTORE_ARCH);
	self->bad->h.magic++;
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	self->bad->h.len = sizeof(struct header);
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	EXPECT_RESTORE(0, KXEN_RESTORE_OK);
}

/* A domain that was restored and has not run is saved as it was, the time of its vCPUs too. */
TEST_F(stream, saved_again)
{
	struct kxen_stream_arg im = { .size = sizeof(im), .domid = self->to.domid,
				     .buf = (uintptr_t)self->good,
				     .len = self->good->h.len };
	const uint64_t times[4] = { 1001, 2002, 3003, 4004 };
	unsigned int pos, nr = 0;

	for_each_content(pos, self->good) if (record(self->good, pos)->type == VCPU)
		memcpy(self->good->byte + pos + sizeof(struct record) + 136, times,
		       sizeof(times));
	ASSERT_EQ(0, call(self->fd, KXEN_RESTORE, &im));
	im = (struct kxen_stream_arg) { .size = sizeof(im), .domid = self->to.domid,
				       .buf = (uintptr_t)self->bad, .len = ROOM };
	ASSERT_EQ(0, call(self->fd, KXEN_SAVE, &im));
	for_each_content(pos, self->bad) if (record(self->bad, pos)->type == VCPU) {
		EXPECT_EQ(0, memcmp(self->bad->byte + pos + sizeof(struct record) + 136,
				    times, sizeof(times)));
		nr++;
	}
	EXPECT_EQ(2, nr);
}

TEST_F(stream, cut_off)
{
	unsigned int pos;

	for_each_record(pos, self->good) {
		self->bad->h.len = pos;
		EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
		self->bad->h.len = pos + 4;
		EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	}
	insert(self->bad, self->bad->h.len, END, 1, 0);
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
}

/* What nobody knows is refused, or skipped if it says so: whose it is makes no difference. */
TEST_F(stream, unknown_records)
{
	static const unsigned int types[] = { 0x027f, 0x0401, 0x7e01 };
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		insert(self->bad, end_of(self->bad), types[i], 1, 24);
		EXPECT_RESTORE(EOPNOTSUPP, KXEN_RESTORE_VERSION);
		EXPECT_EQ(0, self->skipped);
		insert(self->bad, end_of(self->bad), types[i] | OPTIONAL, 1, 24);
		insert(self->bad, end_of(self->bad), types[i] | OPTIONAL, 7, 0);
		EXPECT_RESTORE(0, KXEN_RESTORE_OK);
		EXPECT_EQ(2, self->skipped);
	}
}

/* What may be skipped has to be a record all the same. */
TEST_F(stream, optional_but_damaged)
{
	unsigned int end = end_of(self->good);

	insert(self->bad, end, 0x7e01 | OPTIONAL, 1, 24)->len = 40;
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	insert(self->bad, end, 0x7e01 | OPTIONAL, 1, 24)->len = 20;
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	insert(self->bad, end, 0x7e01 | OPTIONAL, 1, 24)->len = -8;
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	insert(self->bad, end, 0x7e01 | OPTIONAL, 0, 24);
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	insert(self->bad, end, 0x7e00 | OPTIONAL, 1, 24);
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	insert(self->bad, sizeof(struct header), 0x0001 | OPTIONAL, 1, 24);
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
}

/* Each record has a version of its own; one that is known is read, whatever it says. */
TEST_F(stream, versions_of_records)
{
	unsigned int pos;

	for_each_record(pos, self->good) {
		record(self->bad, pos)->version = 2;
		EXPECT_RESTORE(EOPNOTSUPP, KXEN_RESTORE_VERSION);
		record(self->bad, pos)->version = 0;
		EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
		record(self->bad, pos)->type |= OPTIONAL;
		EXPECT_RESTORE(0, KXEN_RESTORE_OK);
		EXPECT_EQ(0, self->skipped);
	}
}

/* Skipped, although a domain needs it. */
TEST_F(stream, nothing_is_left)
{
	unsigned int pos;

	for_each_content(pos, self->good) {
		record(self->bad, pos)->version = 2;
		record(self->bad, pos)->type |= OPTIONAL;
		EXPECT_EQ(EINVAL, restore(self));
		EXPECT_EQ(1, self->skipped);
	}
	for_each_content(pos, self->good) {
		record(self->bad, pos)->version = 2;
		record(self->bad, pos)->type |= OPTIONAL;
	}
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	EXPECT_EQ(5, self->skipped);
}

static void take_away(union stream *s, struct record *r)
{
	uint8_t *behind = (uint8_t *)(r + 1) + r->len;

	s->h.len -= behind - (uint8_t *)r;
	memmove(r, behind, s->byte + ROOM - behind);
}

/* --- grant tables -------------------------------------------------------------------- */

struct grants {
	uint32_t version, nr_frames, nr_status, reserved;
};

struct grant_frame {
	uint64_t gfn;
	uint8_t page[PAGE];
};

/* A table of so many frames, none of which is placed, in the stream that is tried next. */
static struct grant_frame *grants(FIXTURE_DATA(stream) *self, uint32_t version, uint32_t nr,
				  uint32_t status, uint32_t frames)
{
	const struct grants g = { version, nr, status, 0 };
	struct grant_frame *f;
	uint32_t i;

	memcpy(insert(self->bad, end_of(self->bad), GRANTS, 1, sizeof(g)) + 1, &g, sizeof(g));
	f = (void *)(insert(self->bad, end_of(self->bad), GRANT_FRAMES, 1,
			    frames * sizeof(*f)) + 1);
	for (i = 0; i < frames; i++)
		f[i].gfn = ~0ULL;
	return f;
}

/* A stream without one is that of a table as it was made; one that is in use is saved. */
TEST_F(stream, grants)
{
	struct kxen_stream_arg im = { .size = sizeof(im), .domid = self->to.domid };
	struct kxen_grant_info info = { .size = sizeof(info), .domid = self->to.domid,
					.flags = KXEN_GRANT_NEXT };
	struct grant_frame *f;
	uint32_t len;

	ASSERT_EQ(NULL, find(self->good, GRANTS));
	f = grants(self, 2, 2, 1, 3);
	f[1].gfn = 3;
	*(uint32_t *)(f[1].page + 16) = 5 << 16 | 1;
	*(uint64_t *)(f[1].page + 24) = 0x123456789ULL;
	len = im.len = self->bad->h.len;
	im.buf = (uintptr_t)self->bad;
	ASSERT_EQ(0, call(self->fd, KXEN_RESTORE, &im));
	ASSERT_EQ(0, call(self->fd, KXEN_GRANT_INFO, &info));
	EXPECT_EQ(257, info.ref);
	EXPECT_EQ(2, info.version);
	EXPECT_EQ(5, info.to);
	EXPECT_EQ(0x123456789ULL, info.frame);
	/* And is saved as it was, with the place of its frame. */
	memset(self->bad, 0, ROOM);
	im.len = ROOM;
	ASSERT_EQ(0, call(self->fd, KXEN_SAVE, &im));
	ASSERT_EQ(len, im.len);
	ASSERT_NE(NULL, find(self->bad, GRANTS));
	EXPECT_EQ(2, *(uint32_t *)(find(self->bad, GRANTS) + 1));
	ASSERT_NE(NULL, find(self->bad, GRANT_FRAMES));
	f = (void *)(find(self->bad, GRANT_FRAMES) + 1);
	EXPECT_EQ(3, f[1].gfn);
	EXPECT_EQ(~0ULL, f[0].gfn);
	EXPECT_EQ(0x123456789ULL, *(uint64_t *)(f[1].page + 24));
}

TEST_F(stream, grants_that_are_wrong)
{
	static const struct { uint32_t version, nr, status, frames; } wrong[] = {
		{ 3, 1, 0, 1 }, { 0, 1, 0, 1 }, { 1, 0, 0, 0 }, { 1, 1, 1, 2 }, { 2, 9, 1, 10 },
		{ 1, 1, 0, 2 }, { 1, 2, 0, 1 }, { 1, ~0U, 0, 1 }, { 2, 1, ~0U, 0 },
	};
	struct kxen_grant_info info = { .size = sizeof(info), .flags = KXEN_GRANT_NEXT };
	struct grant_frame *f;
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		grants(self, wrong[i].version, wrong[i].nr, wrong[i].status, wrong[i].frames);
		EXPECT_RESTORE(EINVAL, KXEN_RESTORE_VALUES);
	}
	grants(self, 1, 1, 0, 1);
	take_away(self->bad, find(self->bad, GRANTS));
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_VALUES);
	grants(self, 1, 1, 0, 1);
	take_away(self->bad, find(self->bad, GRANT_FRAMES));
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_VALUES);
	f = grants(self, 1, 2, 0, 2);
	memset(f[0].page, 0xff, PAGE);
	f[0].gfn = 2;
	f[1].gfn = 1ULL << 60;
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_MEMORY);
	/* Nothing of it is in the domain. */
	info.domid = self->to.domid;
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_GRANT_INFO, &info));
	max_grant_frames = 2;
	close(self->to.vm);
	self->to = make_target(self->fd);
	grants(self, 1, 3, 0, 3);
	EXPECT_RESTORE(ENOSPC, KXEN_RESTORE_GRANTS);
	grants(self, 1, 2, 0, 2);
	EXPECT_RESTORE(0, KXEN_RESTORE_OK);
}

/*
 * Refused by its last record, with shared_info placed by then: the guest's memory is as it
 * was, and nothing of it is in the domain, of whose guest no life has ended.
 */
TEST_F(stream, refused_late)
{
	struct kxen_query q = { .size = sizeof(q), .domid = self->to.domid };
	struct kxen_stream_arg im = { .size = sizeof(im), .domid = self->to.domid,
				     .buf = (uintptr_t)self->bad, .len = ROOM };
	uint64_t gfn = 1;
	uint32_t *r;
	unsigned int i;

	memset(ram, 0x5a, sizeof(ram));
	ASSERT_NE(NULL, find(self->bad, DOMAIN));
	memcpy((uint8_t *)(find(self->bad, DOMAIN) + 1) + 16, &gfn, sizeof(gfn));
	ASSERT_NE(NULL, find(self->bad, SHARED_INFO));
	take_away(self->bad, find(self->bad, SHARED_INFO));
	r = (uint32_t *)(insert(self->bad, end_of(self->bad), X86_VCPU, 1, 8) + 1);
	r[1] = 1;	/* an exception's vector */
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_VALUES);
	for (i = 0; i < sizeof(ram) && ram[i] == 0x5a; i++)
		;
	EXPECT_EQ(sizeof(ram), i);
	ASSERT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(0, q.resets);
	ASSERT_EQ(0, call(self->fd, KXEN_SAVE, &im));
	ASSERT_NE(NULL, find(self->bad, SHARED_INFO));
	/* The slots of all vCPUs, up to the bits of event channels. */
	for (i = 0; i < 2048 && !((uint8_t *)(find(self->bad, SHARED_INFO) + 1))[i]; i++)
		;
	EXPECT_EQ(2048, i);
}

/* Eight bytes more or less are no record any more. */
TEST_F(stream, lengths)
{
	unsigned int pos, end;
	int by;

	for_each_record(pos, self->good) {
		for (by = -8; by <= 8; by += 16) {
			end = next(self->good, pos);
			if ((int)record(self->good, pos)->len < -by)
				continue;
			memmove(self->bad->byte + end + by, self->good->byte + end,
				self->good->h.len - end);
			record(self->bad, pos)->len += by;
			self->bad->h.len += by;
			EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
		}
	}
}

/* Each once, and each vCPU's once. */
TEST_F(stream, twice)
{
	unsigned int pos;

	for_each_content(pos, self->good) {
		const struct record *r = record(self->good, pos);

		memcpy(insert(self->bad, pos, r->type, r->version, r->len) + 1, r + 1,
		       r->len);
		EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	}
}

/* Any two that are exchanged. */
TEST_F(stream, order)
{
	unsigned int pos, behind, end;

	for_each_content(pos, self->good) {
		behind = next(self->good, pos);
		end = next(self->good, behind);
		memcpy(self->bad->byte + pos, self->good->byte + behind, end - behind);
		memcpy(self->bad->byte + pos + end - behind, self->good->byte + pos,
		       behind - pos);
		EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
	}
}

TEST_F(stream, many_that_are_skipped)
{
	unsigned int pos, nr = 0;

	for_each_record(pos, self->good)
		nr++;
	while (nr++ < MAX_RECS)
		insert(self->bad, end_of(self->bad), 0x7e01 | OPTIONAL, 1, 0);
	EXPECT_RESTORE(0, KXEN_RESTORE_OK);
	EXPECT_EQ(MAX_RECS - 6, self->skipped);
	for (nr = 6; nr <= MAX_RECS; nr++)
		insert(self->bad, end_of(self->bad), 0x7e01 | OPTIONAL, 1, 0);
	EXPECT_RESTORE(EINVAL, KXEN_RESTORE_FORMAT);
}

/* --- watchdogs, and machines that are reset ----------------------------------------- */

#define RESET_PAGE	0xfffff000UL
#define WATCHDOGS	352	/* in the record of the domain */
#define EXPIRED		0ULL
#define FORGIVEN	~1ULL

static uint8_t rom[PAGE] __attribute__((aligned(PAGE)));

/* With these two watchdogs: 0, or an errno. */
static int restore_with(FIXTURE_DATA(stream) *self, uint64_t first, uint64_t second)
{
	struct kxen_stream_arg im = { .size = sizeof(im), .domid = self->to.domid,
				     .buf = (uintptr_t)self->bad,
				     .len = self->bad->h.len };
	const uint64_t dogs[] = { first, second };

	memcpy((uint8_t *)(find(self->bad, DOMAIN) + 1) + WATCHDOGS, dogs, sizeof(dogs));
	return call(self->fd, KXEN_RESTORE, &im);
}

static int save(FIXTURE_DATA(stream) *self)
{
	struct kxen_stream_arg im = { .size = sizeof(im), .domid = self->to.domid,
				     .buf = (uintptr_t)self->bad, .len = ROOM };

	return call(self->fd, KXEN_SAVE, &im);
}

static struct kvm_run *map_run(const struct target *t)
{
	return mmap(NULL, sizeof(struct kvm_run), PROT_READ | PROT_WRITE, MAP_SHARED, t->vcpu, 0);
}

/* Whether it was reset or woke up, its guest has not said: it is not to be saved. */
TEST_F(stream, held)
{
	struct kxen_domid_arg d = { .size = sizeof(d), .domid = self->to.domid };
	struct kvm_run *run = map_run(&self->to);

	ASSERT_NE(MAP_FAILED, run);
	ASSERT_EQ(0, restore_with(self, ~0ULL, ~0ULL));
	EXPECT_EQ(0, save(self));
	ASSERT_EQ(0, call(self->fd, KXEN_UNPAUSE, &d));
	/* It begins at the reset vector, and does not get there. */
	run->immediate_exit = 1;
	EXPECT_EQ(EINTR, call(self->to.vcpu, KVM_RUN, NULL));
	ASSERT_EQ(0, call(self->fd, KXEN_PAUSE, &d));
	EXPECT_EQ(EINPROGRESS, save(self));
	EXPECT_EQ(EINPROGRESS, save(self));
	munmap(run, sizeof(*run));
}

/* Restored with these, and saved again at once: with those. 0, or an errno. */
static int restore_dogs(FIXTURE_DATA(stream) *self, uint64_t dogs[2])
{
	int ret = restore_with(self, dogs[0], dogs[1]) ?: save(self);

	if (!ret)
		memcpy(dogs, (uint8_t *)(find(self->bad, DOMAIN) + 1) + WATCHDOGS, 16);
	memcpy(self->bad, self->good, ROOM);
	close(self->to.vm);
	self->to = make_target(self->fd);
	return ret;
}

/* One whose fault is to come, one whose fault was forgiven, one that runs: as they were. */
TEST_F(stream, watchdogs)
{
	uint64_t expired[] = { EXPIRED, ~0ULL }, runs[] = { FORGIVEN, 1000000000000ULL };

	ASSERT_EQ(0, restore_dogs(self, expired));
	EXPECT_EQ(EXPIRED, expired[0]);
	EXPECT_EQ(~0ULL, expired[1]);
	ASSERT_EQ(0, restore_dogs(self, runs));
	EXPECT_EQ(FORGIVEN, runs[0]);
	EXPECT_GT(runs[1], 1000000000ULL);
	EXPECT_LT(runs[1], 1000000000001ULL);
}

/* A fault that a watchdog has asked for is the machine's before the reset, not the new one's. */
TEST_F(stream, fault_before_reset)
{
	struct kvm_userspace_memory_region r = {
		.slot = 1, .guest_phys_addr = RESET_PAGE, .memory_size = sizeof(rom),
		.userspace_addr = (uintptr_t)rom,
	};
	struct kxen_domid_arg d = { .size = sizeof(d), .domid = self->to.domid };
	struct kxen_query q = { .size = sizeof(q), .domid = self->to.domid };
	struct kvm_run *run = map_run(&self->to);

	ASSERT_NE(MAP_FAILED, run);
	memcpy(rom + 0xff0, "\xe6\xf4", 2);	/* out %al,$0xf4 */
	ASSERT_EQ(0, call(self->to.vm, KVM_SET_USER_MEMORY_REGION, &r));
	ASSERT_EQ(0, restore_with(self, EXPIRED, ~0ULL));
	while (q.shutdown_reason != 4) {	/* SHUTDOWN_watchdog */
		ASSERT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	}
	ASSERT_EQ(0, call(self->fd, KXEN_UNPAUSE, &d));
	EXPECT_EQ(0, call(self->to.vcpu, KVM_RUN, NULL));
	EXPECT_EQ(KVM_EXIT_IO, run->exit_reason);
	munmap(run, sizeof(*run));
}

TEST_HARNESS_MAIN
