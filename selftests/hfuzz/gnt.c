// SPDX-License-Identifier: GPL-2.0
/* /dev/xen/gntdev and /dev/xen/gntalloc: maps that threads take from each other, pages, copies. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/sys/gntalloc.h>
#include <xen/sys/gntdev.h>

#include "hfuzz.h"

#define PAGE		4096u
#define MOST		8	/* pages of a map */
#define KEPT		16	/* maps and pages that are there for longer */
#define GREF		1	/* GNTCOPY_source_gref; 2: dest_gref */

/* What this thread has mapped and will unmap later, in parts. */
static __thread struct {
	char *at;
	size_t len;
} kept[KEPT];

/* The guests beside have entries, those from 48 on for domain 0 as a rule. */
static uint32_t some_ref(void)
{
	if (one_in(10))
		return odd();
	return one_in(3) ? below(64) : 48 + below(16);
}

static uint32_t granter(void)
{
	return one_in(4) ? any_domid() : GUEST_DOMID + below(2);
}

static char elsewhere[8 * MOST * PAGE] __attribute__((aligned(4096)));

/* A page of it first: another thread may have something there by the time that the rest goes. */
static void take_down(char *old, size_t len)
{
	size_t at = below(len / PAGE) * PAGE;

	munmap(old + at, PAGE);
	if (at)
		munmap(old, at);
	if (len - at > PAGE)
		munmap(old + at + PAGE, len - at - PAGE);
}

/* In place of another one. */
static void keep(char *p, size_t len)
{
	uint32_t i = below(KEPT);

	if (kept[i].at)
		take_down(kept[i].at, kept[i].len);
	if (one_in(8) && mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				elsewhere + below(8) * MOST * PAGE) != MAP_FAILED) {
		kept[i].at = NULL;
		return;
	}
	kept[i].at = p;
	kept[i].len = len;
}

/* The same of either device. */
static bool map_some(int fd, uint64_t index, uint32_t nr)
{
	int prot = one_in(3) ? PROT_READ : PROT_READ | PROT_WRITE;
	int how = one_in(20) ? MAP_PRIVATE : MAP_SHARED;
	volatile char *p = mmap(NULL, nr * PAGE, prot, how, fd, index);

	count(CALL_GNT_MMAP, p == MAP_FAILED ? -1 : 0);
	if (p == MAP_FAILED)
		return false;
	(void)p[below(nr * PAGE)];
	if (prot & PROT_WRITE && one_in(8))
		p[below(nr * PAGE)] = 1;
	keep((char *)p, nr * PAGE);
	return true;
}

static void gntdev_map(int fd)
{
	union {
		struct ioctl_gntdev_map_grant_ref op;
		char room[sizeof(struct ioctl_gntdev_map_grant_ref) +
			  MOST * sizeof(struct ioctl_gntdev_grant_ref)];
	} u = { .op = { .count = one_in(4) ? MOST : below(MOST) } };
	struct ioctl_gntdev_unmap_grant_ref un;
	uint32_t i, domid = granter(), ref = some_ref();

	for (i = 0; i < MOST; i++) {
		u.op.refs[i].domid = domid;
		u.op.refs[i].ref = one_in(20) ? some_ref() : ref + i;
	}
	if (one_in(30))
		u.op.count = odd() | 1U << 20;
	if (count(CALL_GNT_MAP, ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, &u)))
		return;
	count(CALL_GNT_MAPPED,
	      map_some(fd, one_in(10) ? below(64) * PAGE : u.op.index, u.op.count) ? 0 : -1);
	if (one_in(10))
		return;
	un = (struct ioctl_gntdev_unmap_grant_ref){ .index = u.op.index, .count = u.op.count };
	count(CALL_GNT_UNMAP, ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &un));
}

static void gntdev_copy(int fd)
{
	static __thread char mine[4 * PAGE];
	struct ioctl_gntdev_grant_copy_segment s[MOST] = { 0 };
	struct ioctl_gntdev_grant_copy c = { .count = below(MOST + 1), .segments = s };
	uint32_t i;

	for (i = 0; i < MOST; i++) {
		s[i].flags = one_in(20) ? odd() : 1 + below(3);
		s[i].len = one_in(10) ? odd() : below(PAGE + 1);
		s[i].source.virt = one_in(20) ? (void *)odd() : mine + below(2 * PAGE);
		s[i].dest.virt = one_in(20) ? (void *)odd() : mine + below(2 * PAGE);
		if (s[i].flags & GREF) {
			s[i].source.foreign.ref = some_ref();
			s[i].source.foreign.domid = granter();
			s[i].source.foreign.offset = one_in(10) ? odd() : 0;
		}
		if (s[i].flags & GREF << 1) {
			s[i].dest.foreign.ref = some_ref();
			s[i].dest.foreign.domid = granter();
			s[i].dest.foreign.offset = one_in(10) ? odd() : 0;
		}
	}
	for (i = 0; i < MOST; i++)
		s[i].status = -1;
	count(CALL_GNT_COPY, ioctl(fd, IOCTL_GNTDEV_GRANT_COPY, &c));
	for (i = 0; i < c.count; i++)
		count(CALL_GNT_COPIED, s[i].status ? -1 : 0);
}

static void notify(int fd, unsigned long cmd)
{
	struct ioctl_gntdev_unmap_notify n = {
		.index = below(64) * PAGE + below(PAGE), .action = one_in(10) ? odd() : below(4),
		.event_channel_port = one_in(10) ? odd() : below(100),
	};

	count(CALL_GNT_NOTIFY, ioctl(fd, cmd, &n));
}

static void gntalloc(int fd)
{
	union {
		struct ioctl_gntalloc_alloc_gref op;
		uint32_t room[8 + MOST];
	} u = { .op = { .domid = any_domid(), .flags = below(2), .count = below(MOST + 1) } };
	struct ioctl_gntalloc_dealloc_gref d;

	if (count(CALL_GNT_ALLOC, ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, &u)))
		return;
	if (u.op.count)
		map_some(fd, u.op.index, u.op.count);
	if (one_in(4))
		notify(fd, IOCTL_GNTALLOC_SET_UNMAP_NOTIFY);
	d = (struct ioctl_gntalloc_dealloc_gref){ .index = u.op.index, .count = u.op.count };
	if (!one_in(200))
		count(CALL_GNT_DEALLOC, ioctl(fd, IOCTL_GNTALLOC_DEALLOC_GREF, &d));
}

void gn_step(void)
{
	int i = below(NR_FILES);

	switch (below(8)) {
	case 0 ... 2: gntdev_map(gntdev_file[i]); break;
	case 3 ... 4: gntdev_copy(gntdev_file[i]); break;
	case 5: notify(gntdev_file[i], IOCTL_GNTDEV_SET_UNMAP_NOTIFY); break;
	case 6: gntalloc(gntalloc_file[i]); break;
	case 7:
		count(CALL_GNT_OTHER, ioctl(one_in(2) ? gntdev_file[i] : gntalloc_file[i],
					    one_in(2) ? odd() : _IOC(_IOC_NONE, 'G', below(16), 24),
					    odd()));
		break;
	}
}
