// SPDX-License-Identifier: GPL-2.0
/* A pager: calls for one frame. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "paging.h"

int pager = -1;
uint64_t pager_frames, pager_pages;

int pager_open(uint32_t id)
{
	struct kxen_pager_arg a = { .size = sizeof(a), .domid = id };
	int fd = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	int ret = ioctl(fd, KXEN_PAGER, &a) ? -errno : a.fd;

	close(fd);
	pager_frames = a.frames;
	pager_pages = a.pages;
	return ret;
}

int batch(unsigned long req, const uint64_t *gfn, int32_t *res, void *buf, uint32_t nr)
{
	struct kxen_pager_batch b = {
		.size = sizeof(b), .nr = nr, .gfns = (uintptr_t)gfn, .results = (uintptr_t)res,
		.buf = (uintptr_t)buf };

	if (ioctl(pager, req, &b))
		return -errno;
	return b.done;
}

static int one(unsigned long req, uint64_t gfn, void *buf)
{
	int32_t res = 1;
	int ret = batch(req, &gfn, &res, buf, 1);

	return ret == 1 ? res : ret;
}

int nominate(uint64_t gfn)
{
	return one(KXEN_PAGER_NOMINATE, gfn, NULL);
}

int evict(uint64_t gfn)
{
	return one(KXEN_PAGER_EVICT, gfn, NULL);
}

int peek(uint64_t gfn, void *buf)
{
	return one(KXEN_PAGER_READ, gfn, buf);
}

int fill(uint64_t gfn, const void *buf)
{
	return one(KXEN_PAGER_FILL, gfn, (void *)buf);
}

/* The whole way out, its content in @buf. */
int out(uint64_t gfn, void *buf)
{
	int ret = nominate(gfn);

	ret = ret ? ret : peek(gfn, buf);
	return ret ? ret : evict(gfn);
}

/* Is there one within that time? */
int event(struct kxen_pager_event *e, int ms)
{
	struct pollfd p = { .fd = pager, .events = POLLIN };

	memset(e, 0, sizeof(*e));
	return poll(&p, 1, ms) > 0 && p.revents & POLLIN && read(pager, e, sizeof(*e)) == sizeof(*e);
}

void drain(void)
{
	struct kxen_pager_event e;

	while (event(&e, 0))
		;
}

uint64_t stat_of(uint32_t id, uint32_t what)
{
	struct kxen_stat s[128];
	struct kxen_stats_arg a = {
		.size = sizeof(a), .domid = id, .nr = 128, .buf = (uintptr_t)s };
	int fd = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	uint64_t value = ~0ULL;
	uint32_t i;

	if (!ioctl(fd, KXEN_STATS, &a))
		for (i = 0; i < a.nr && i < 128; i++)
			if (s[i].id == what)
				value = s[i].value;
	close(fd);
	return value;
}
