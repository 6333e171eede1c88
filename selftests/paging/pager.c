// SPDX-License-Identifier: GPL-2.0
/* A pager: calls for one frame, and one that pages all of a guest at random. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "paging.h"

int pager = -1;

int pager_open(uint32_t id)
{
	struct kxen_pager_arg a = { .size = sizeof(a), .domid = id };
	int fd = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	int ret = ioctl(fd, KXEN_PAGER, &a) ? -errno : a.fd;

	close(fd);
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

/* --- at random --------------------------------------------------------------------------- */

#define AT_ONCE	64

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static unsigned char *store;	/* a page for each frame */
static unsigned char *is_out;
static unsigned long outs, ins, fails, drops;

static void bring(uint64_t gfn)
{
	int ret;

	do
		ret = fill(gfn, store + gfn * PAGE);
	while (ret == -ENOMEM);
	is_out[gfn] = 0;
	ins += !ret;
}

static void serve(uint64_t frames)
{
	struct kxen_pager_event e[16];
	ssize_t n = read(pager, e, sizeof(e));
	int i;

	for (i = 0; i < n / (ssize_t)sizeof(e[0]); i++) {
		fails += !!(e[i].flags & KXEN_PAGING_EVICT_FAIL);
		drops += !!(e[i].flags & KXEN_PAGING_DROP);
		if (e[i].gfn < frames && e[i].flags & (KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN))
			bring(e[i].gfn);
	}
}

static void take_out(uint64_t frames)
{
	uint64_t gfn[AT_ONCE], first = random() % frames;
	int32_t res[AT_ONCE];
	unsigned int i, n = 0;

	for (i = 0; i < AT_ONCE && first + i < frames; i++)
		gfn[n++] = first + i;
	if (batch(KXEN_PAGER_NOMINATE, gfn, res, NULL, n) < 0)
		return;
	for (i = 0; i < n; i++) {
		if (res[i] || peek(gfn[i], store + gfn[i] * PAGE))
			continue;
		if (evict(gfn[i])) {
			fill(gfn[i], store);	/* its own content, if it is nominated still */
			continue;
		}
		is_out[gfn[i]] = 1;
		outs++;
	}
}

/* Until SIGTERM, or the guest ends; then all comes back. */
int random_pager(uint32_t id, uint64_t frames, unsigned int seconds)
{
	struct pollfd p = { .events = POLLIN };
	time_t end = time(NULL) + seconds;
	uint64_t i;

	store = mmap(NULL, frames * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	is_out = calloc(frames, 1);
	pager = pager_open(id);
	if (pager < 0 || store == MAP_FAILED || !is_out) {
		printf("no pager: %d\n", pager);
		return 2;
	}
	signal(SIGTERM, on_term);
	p.fd = pager;
	printf("READY\n");
	fflush(stdout);
	while (!stop && time(NULL) < end) {
		if (poll(&p, 1, 0) > 0) {
			if (p.revents & POLLHUP)
				break;
			serve(frames);
			continue;
		}
		take_out(frames);
	}
	for (i = 0; i < frames && !(p.revents & POLLHUP); i++)
		if (is_out[i])
			bring(i);
	printf("outs %lu ins %lu evict_fails %lu drops %lu\n", outs, ins, fails, drops);
	return 0;
}
