// SPDX-License-Identifier: GPL-2.0-only
/* The pager's thread that reads notices, and brings back what is wanted. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kvm-xen.h"
#include "page.h"

#define AT_ONCE	64

static unsigned long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

/* What it says of a frame is true as long as the hand does nothing. Locked. */
static void note(struct pager *p, const struct kxen_pager_event *e)
{
	enum frame_state state = page_state(p, e->gfn);

	if (state != FRAME_NOMINATED && state != FRAME_OUT)
		return;
	if (e->flags & KXEN_PAGING_DROP) {
		p->n.dropped++;
		page_set(p, e->gfn, FRAME_IN);
	} else if (e->flags & KXEN_PAGING_EVICT_FAIL) {
		p->n.touched++;
		page_warm(p, e->gfn);
		page_set(p, e->gfn, FRAME_IN);
	}
}

/*
 * Notices are read and noted under the lock, so that none is noted after the hand has done something
 * else with its frame: the module takes back what is unread when a page is nominated anew.
 */
static int read_notices(struct pager *p, struct kxen_pager_event *e)
{
	ssize_t n;
	int i;

	pthread_mutex_lock(&p->lock);
	n = read(p->fd, e, AT_ONCE * sizeof(*e));
	for (i = 0; i < n / (ssize_t)sizeof(*e); i++)
		if (e[i].gfn < p->frames)
			note(p, &e[i]);
	pthread_mutex_unlock(&p->lock);
	return n > 0 ? n / (ssize_t)sizeof(*e) : 0;
}

static void serve(struct pager *p, const struct kxen_pager_event *e, unsigned char *buf)
{
	unsigned long long us = now_us();

	if (!(e->flags & (KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN)) || e->gfn >= p->frames ||
	    page_bring(p, e->gfn, buf, &p->n.ins_wanted, true) <= 0)
		return;
	us = now_us() - us;
	pthread_mutex_lock(&p->lock);
	page_warm(p, e->gfn);
	p->n.us += us;
	if (us > p->n.us_max)
		p->n.us_max = us;
	pthread_mutex_unlock(&p->lock);
}

/* Those that were wanted while the hand had them, which has had no memory for them and put them back. */
static void serve_left(struct pager *p)
{
	struct kxen_pager_event e = { .flags = KXEN_PAGING_VCPU };
	uint64_t n;

	if (read(p->wish, &n, sizeof(n)) < 0)
		return;
	for (e.gfn = 0; e.gfn < p->frames && !p->gone; e.gfn++)
		if (p->state[e.gfn] & FRAME_WANTED)
			serve(p, &e, p->serve_buf);
}

static void *serve_all(void *arg)
{
	struct pager *p = arg;
	struct pollfd f[] = { { .fd = p->fd, .events = POLLIN }, { .fd = p->wish, .events = POLLIN } };
	struct kxen_pager_event e[AT_ONCE];
	uint64_t one = 1;
	int i, n;

	while (!p->gone && !(f[0].revents & POLLHUP)) {
		if (poll(f, 2, -1) < 0 && errno != EINTR)
			break;
		n = f[0].revents & POLLIN ? read_notices(p, e) : 0;
		for (i = 0; i < n; i++)
			serve(p, &e[i], p->serve_buf);
		if (f[1].revents)
			serve_left(p);
		if (p->failed && write(p->wake, &one, sizeof(one)) < 0)
			break;
	}
	p->gone = true;
	return write(p->wake, &one, sizeof(one)) < 0 ? p : NULL;
}

void page_serve_begin(struct pager *p)
{
	pthread_t t;
	int error = pthread_create(&t, NULL, serve_all, p);

	if (error)
		fail(1, "cannot start a thread: %s", strerror(error));
	pthread_detach(t);
}
