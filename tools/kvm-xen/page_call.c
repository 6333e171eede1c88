// SPDX-License-Identifier: GPL-2.0-only
/* A pager's calls, and what it knows of each frame. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kvm-xen.h"
#include "page.h"

#define TRIES		5	/* to read a page */
#define AGAIN_MS	100
#define SAID		8	/* pages that are named, of those that cannot be read */
#define WARMEST		5

static const char *why_no_pager(int error)
{
	switch (error) {
	case EBUSY:
		return "it has no VM yet, or its VMM has a pager already, which is to end first";
	case EINVAL:
		return "domain 0 is this host";
	case ENODEV:
		return "KVM has no nested page tables on this host (the parameter npt of kvm_amd, ept of kvm_intel)";
	case ENOTTY:
		return "this module cannot page: it is older than this command, or was built for a kernel that cannot";
	case EOPNOTSUPP:
		return "this host's kernel cannot page guests: 'dmesg' says more";
	case ESHUTDOWN:
		return "it is dying";
	default:
		return ctl_why(error);
	}
}

/* A byte for each frame; most of them are never looked at. */
static void *map_zeroes(uint64_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		fail(1, "no memory");
	return at;
}

void page_open(struct pager *p)
{
	struct kxen_pager_arg a = { .size = sizeof(a), .domid = p->domid };
	int ctl = ctl_open();
	struct kxen_query q = { .size = sizeof(q), .domid = p->domid };

	ctl_query(ctl, &q);
	p->pid = q.pid;
	if (ioctl(ctl, KXEN_PAGER, &a))
		fail(EXIT_REFUSED, "cannot be the pager of domain %u: %s", p->domid,
		     why_no_pager(errno));
	p->fd = a.fd;
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
	p->frames = a.frames;
	p->pages = a.pages;
	p->state = map_zeroes(p->frames + 1);
	p->heat = map_zeroes(p->frames + 1);
	p->buf = map_zeroes(PAGE_BATCH * PAGE);
	p->serve_buf = map_zeroes(PAGE);
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->wish = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake < 0 || p->wish < 0)
		fail(1, "cannot make an eventfd: %s", strerror(errno));
}

uint64_t page_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

/*
 * How many have a result: all, but for a VMM that has ended. A call is cut by whatever wants the
 * thread, also where signals are blocked: a freezer, a debugger.
 */
unsigned int page_call(struct pager *p, unsigned long call, const uint64_t *gfn, int32_t *res,
		       void *buf, unsigned int nr)
{
	unsigned int done = 0;

	while (done < nr) {
		struct kxen_pager_batch b = {
			.size = sizeof(b), .nr = nr - done, .gfns = (uintptr_t)(gfn + done),
			.results = (uintptr_t)(res + done),
			.buf = buf ? (uintptr_t)buf + done * PAGE : 0 };

		if (!ioctl(p->fd, call, &b)) {
			done += b.done;
			continue;
		}
		if (errno == ENOMEM)
			poll(NULL, 0, AGAIN_MS);
		if (errno == ENOMEM || errno == EINTR)
			continue;
		if (errno != ESHUTDOWN)
			p->error = errno;
		p->gone = true;
		break;
	}
	return done;
}

enum frame_state page_state(const struct pager *p, uint64_t gfn)
{
	return p->state[gfn] & FRAME_STATE;
}

/* Locked. */
void page_set(struct pager *p, uint64_t gfn, enum frame_state state)
{
	enum frame_state was = page_state(p, gfn);
	uint8_t *s = &p->state[gfn];

	p->out += (state == FRAME_OUT || state == FRAME_COMING) -
		  (was == FRAME_OUT || was == FRAME_COMING);
	p->nominated += (state == FRAME_NOMINATED) - (was == FRAME_NOMINATED);
	*s = (*s & ~FRAME_STATE) | state;
	if (state == FRAME_IN)
		*s &= ~FRAME_WANTED;
	if (state == FRAME_OUT && *s & FRAME_STALE) {
		*s &= ~FRAME_STALE;
		p->stale--;
	}
	if (state == FRAME_IN && was > FRAME_NOMINATED && !(*s & FRAME_STALE)) {
		*s |= FRAME_STALE;
		p->stale++;
	}
	if (state == FRAME_IN && *s & FRAME_BAD) {
		*s &= ~FRAME_BAD;
		p->bad--;
	}
}

/* It is in use, or cannot go: the hand passes it by, each time more often. Locked. */
void page_warm(struct pager *p, uint64_t gfn)
{
	unsigned int level = p->heat[gfn] >> 5;

	level += level < WARMEST;
	p->heat[gfn] = level << 5 | ((1U << level) - 1);
}

/* --- one page comes back -------------------------------------------------------------------- */

/*
 * Its content; false: it cannot be had, and nothing else is to be put in its place. Once one cannot,
 * nobody is kept waiting for the next ones.
 */
static bool read_page(struct pager *p, uint64_t gfn, unsigned char *buf)
{
	unsigned int i;

	for (i = 0; i < (p->failed ? 1 : TRIES); i++) {
		if (i)
			poll(NULL, 0, AGAIN_MS);
		if (page_file_read(&p->file, gfn, buf))
			return true;
		if (p->bad < SAID)
			fprintf(stderr, "kvm-xen: frame %#llx of domain %u cannot be read from %s: %s\n",
				(unsigned long long)gfn, p->domid, p->file.name, strerror(errno));
	}
	return false;
}

/*
 * 0; -ENOMEM: there is none for it now, where nobody waits until there is. That nobody wants it any
 * more is as good.
 */
static int fill_page(struct pager *p, uint64_t gfn, unsigned char *buf, bool wait)
{
	int32_t res;

	while (page_call(p, KXEN_PAGER_FILL, &gfn, &res, buf, 1)) {
		if (res != -ENOMEM)
			return res == -ENOENT ? 0 : res;
		if (!p->starved)
			fprintf(stderr, "kvm-xen: there is no memory for pages of domain %u to come back to: its VMM waits until there is (look at the memory limit of its cgroup)\n",
				p->domid);
		p->starved = true;
		if (!wait)
			return res;
		poll(NULL, 0, AGAIN_MS);
	}
	return -ESHUTDOWN;
}

/* It is out, and this thread is to bring it back. Else, if another one does, it hears of the wish. */
static bool take_page(struct pager *p, uint64_t gfn, bool wait)
{
	enum frame_state state;

	pthread_mutex_lock(&p->lock);
	state = page_state(p, gfn);
	if (state == FRAME_OUT) {
		p->state[gfn] &= ~FRAME_WANTED;
		page_set(p, gfn, FRAME_COMING);
	} else if (state == FRAME_COMING && wait) {
		p->state[gfn] |= FRAME_WANTED;
	}
	pthread_mutex_unlock(&p->lock);
	return state == FRAME_OUT;
}

/* What becomes of it, and whether somebody has wanted it meanwhile. */
static bool settle(struct pager *p, uint64_t gfn, int error, unsigned long long *count)
{
	bool wanted;

	pthread_mutex_lock(&p->lock);
	wanted = p->state[gfn] & FRAME_WANTED;
	page_set(p, gfn, error ? FRAME_OUT : FRAME_IN);
	if (!error) {
		(*count)++;
	} else if (error != -ENOMEM && !p->gone) {
		p->failed = true;
		if (!(p->state[gfn] & FRAME_BAD))
			p->bad++;
		p->state[gfn] |= FRAME_BAD;
	}
	pthread_mutex_unlock(&p->lock);
	return wanted;
}

/*
 * Bring a page back that is out: 1; 0: it was not, or cannot be; -ENOMEM: there is no memory, it is out
 * still. @buf: a page of the thread's own. @count: the reason why. @wait: until there is memory;
 * that is for the thread that serves, which gets what is wanted and what nobody else waited for.
 */
int page_bring(struct pager *p, uint64_t gfn, unsigned char *buf, unsigned long long *count,
	       bool wait)
{
	uint64_t one = 1;
	int error;

	if (!take_page(p, gfn, wait))
		return 0;
	error = read_page(p, gfn, buf) ? fill_page(p, gfn, buf, wait) : -EIO;
	if (error && error != -ENOMEM && error != -EIO && error != -ESHUTDOWN)
		fprintf(stderr, "kvm-xen: frame %#llx of domain %u cannot come back: %s\n",
			(unsigned long long)gfn, p->domid, strerror(-error));
	if (settle(p, gfn, error, count) && error && write(p->wish, &one, sizeof(one)) < 0)
		perror("kvm-xen: eventfd");
	return error == -ENOMEM ? error : !error;
}
