// SPDX-License-Identifier: GPL-2.0
/* The calls of /dev/xen/gntdev and /dev/xen/gntalloc that allocate, but for maps of a guest's. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/sys/gntalloc.h>
#include <xen/sys/gntdev.h>

#include "hnth.h"

#define PAGE	4096
#define PAGES	3

static int gnt = -1;
static uint64_t at;
static void *mapped = MAP_FAILED;

static void nothing(void)
{
}

static void closed(void)
{
	if (mapped != MAP_FAILED)
		munmap(mapped, PAGES * PAGE);
	mapped = MAP_FAILED;
	if (gnt >= 0)
		close(gnt);
	gnt = -1;
}

static long open_gntdev(void)
{
	closed();
	gnt = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	return gnt < 0 ? -1 : 0;
}

static long open_gntalloc(void)
{
	closed();
	gnt = open("/dev/xen/gntalloc", O_RDWR | O_CLOEXEC);
	return gnt < 0 ? -1 : 0;
}

static void must(long ret)
{
	if (!ret)
		return;
	perror("hnth: grants");
	exit(2);
}

static void opened_gntdev(void)
{
	must(open_gntdev());
}

static void opened_gntalloc(void)
{
	must(open_gntalloc());
}

static long map_grant_ref(void)
{
	union {
		struct ioctl_gntdev_map_grant_ref op;
		char room[sizeof(struct ioctl_gntdev_map_grant_ref) +
			  PAGES * sizeof(struct ioctl_gntdev_grant_ref)];
	} u = { .op = { .count = PAGES } };

	return ioctl(gnt, IOCTL_GNTDEV_MAP_GRANT_REF, &u);
}

static long alloc_gref(void)
{
	union {
		struct ioctl_gntalloc_alloc_gref op;
		uint32_t room[8 + PAGES];
	} u = { .op = { .flags = GNTALLOC_FLAG_WRITABLE, .count = PAGES } };
	long ret = ioctl(gnt, IOCTL_GNTALLOC_ALLOC_GREF, &u);

	at = u.op.index;
	return ret;
}

static void allocated(void)
{
	opened_gntalloc();
	must(alloc_gref());
}

static long map_pages(void)
{
	mapped = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, gnt, at);
	return mapped == MAP_FAILED ? -1 : 0;
}

const struct op gn_ops[] = {
	{ "gntdev: open", nothing, open_gntdev, closed, false, NULL },
	{ "gntdev: MAP_GRANT_REF", opened_gntdev, map_grant_ref, closed, false, NULL },
	{ "gntalloc: open", nothing, open_gntalloc, closed, false, NULL },
	{ "gntalloc: ALLOC_GREF", opened_gntalloc, alloc_gref, closed, false, NULL },
	{ "gntalloc: mmap", allocated, map_pages, closed, false, NULL },
	{ 0 },
};
