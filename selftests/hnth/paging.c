// SPDX-License-Identifier: GPL-2.0
/*
 * A pager's calls, for more pages than need no memory: what fails leaves each page as it was, with
 * what is in it, or has done with it all that it was asked. A page that is not nominated says that it
 * is busy, for whatever reason; one that is not brought back says that there is no memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kvm_xen.h>

#include "hnth.h"

#define PAGE	4096
#define FIRST	256	/* frames */
#define NR	40	/* two runs of the module's, and more than its stack has room for */

static int pager = -1;
static bool is_done[NR];	/* by the call that is looked at */
static uint8_t content[NR][PAGE];

static uint8_t value_of(unsigned int i)
{
	return i * 7 + 3;
}

static long pager_new(void)
{
	struct kxen_pager_arg a = { .size = sizeof(a), .domid = domid };
	long ret = ioctl(ctl_file(), KXEN_PAGER, &a);

	pager = ret ? -1 : a.fd;
	return ret;
}

static void pager_gone(void)
{
	if (pager >= 0)
		close(pager);
	pager = -1;
	gone();
}

/* A domain's other pager may have to go first. */
static void no_pager(void)
{
	attached(1);
}

static uint64_t stat_of(uint32_t id)
{
	struct kxen_stat s[128];
	struct kxen_stats_arg a = { .size = sizeof(a), .domid = domid, .nr = 128,
				    .buf = (uintptr_t)s };
	uint32_t i;

	if (!ioctl(ctl_file(), KXEN_STATS, &a))
		for (i = 0; i < a.nr && i < 128; i++)
			if (s[i].id == id)
				return s[i].value;
	return ~0ULL;
}

/* For those that are not done; how many are, now. Of the others @why is the only reason. */
static long batch(unsigned long req, void *buf, int why)
{
	static int32_t res[NR];
	uint64_t gfn[NR];
	unsigned int at[NR], i, n = 0, wrong = 0;
	struct kxen_pager_batch b = { .size = sizeof(b), .gfns = (uintptr_t)gfn,
				      .results = (uintptr_t)res };
	static uint8_t some[NR][PAGE];

	for (i = 0; i < NR; i++) {
		if (is_done[i])
			continue;
		if (req == KXEN_PAGER_FILL)
			memcpy(some[n], content[i], PAGE);
		at[n] = i;
		gfn[n++] = FIRST + i;
	}
	b.nr = n;
	b.buf = buf ? (uintptr_t)some : 0;
	if (ioctl(pager, req, &b))
		return -1;
	for (i = 0; i < b.done; i++) {
		is_done[at[i]] = !res[i];
		wrong += res[i] && res[i] != -why;
		if (!res[i] && req == KXEN_PAGER_READ)
			memcpy(content[at[i]], some[i], PAGE);
	}
	if (wrong || b.done != n)
		printf("# a page has another result\n");
	errno = wrong || b.done != n ? EPROTO : ENOMEM;
	for (i = 0; i < NR; i++)
		if (!is_done[i])
			return -1;
	return 0;
}

static unsigned int nr_done(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < NR; i++)
		n += is_done[i];
	return n;
}

/* All are in use, each with what is in it. */
static bool all_right(void)
{
	uint8_t *at = ram_at(FIRST * PAGE);
	unsigned int i, n, wrong = 0;

	for (i = 0; i < NR; i++)
		for (n = 0; n < PAGE; n++)
			wrong += at[i * PAGE + n] != value_of(i);
	if (wrong || stat_of(KXEN_STAT_PAGING_NOMINATED) || stat_of(KXEN_STAT_PAGED_OUT))
		printf("# %u bytes are wrong, or a page is not in use\n", wrong);
	return !wrong && !stat_of(KXEN_STAT_PAGING_NOMINATED) && !stat_of(KXEN_STAT_PAGED_OUT);
}

/* --- before, and back -------------------------------------------------------------------- */

static void drain(void)
{
	struct pollfd p = { .fd = pager, .events = POLLIN };
	struct kxen_pager_event e[64];

	while (poll(&p, 1, 0) > 0 && read(pager, e, sizeof(e)) > 0)
		;
}

static void fresh(void)
{
	unsigned int i;

	drain();
	for (i = 0; i < NR; i++)
		memset(ram_at((FIRST + i) * PAGE), value_of(i), PAGE);
	memset(is_done, 0, sizeof(is_done));
}

static void must(unsigned long req, void *buf)
{
	if (batch(req, buf, 0)) {
		printf("not ok - a pager's call before: %s\n", strerror(errno));
		exit(1);
	}
	memset(is_done, 0, sizeof(is_done));
}

static void nominated(void)
{
	fresh();
	must(KXEN_PAGER_NOMINATE, NULL);
}

static void out(void)
{
	nominated();
	must(KXEN_PAGER_READ, content);
	must(KXEN_PAGER_EVICT, NULL);
}

static void in_use(void)
{
	(void)all_right();
}

static void back(void)
{
	memset(is_done, 0, sizeof(is_done));
	if (stat_of(KXEN_STAT_PAGED_OUT))
		must(KXEN_PAGER_FILL, content);
	in_use();
}

/* --- calls ---------------------------------------------------------------------------------- */

/* What is nominated is; what is not is in use, and can be nominated when it is called again. */
static long nominate(void)
{
	long ret = batch(KXEN_PAGER_NOMINATE, NULL, EBUSY);
	int err = errno;

	if (ret && err == ENOMEM && stat_of(KXEN_STAT_PAGING_NOMINATED) != nr_done()) {
		printf("# %u of %llu pages are nominated\n", nr_done(),
		       (unsigned long long)stat_of(KXEN_STAT_PAGING_NOMINATED));
		err = EPROTO;
	}
	errno = err;
	return ret;
}

/* The same, and then all of them are used. */
static long nominate_and_use(void)
{
	long ret = batch(KXEN_PAGER_NOMINATE, NULL, EBUSY);
	int err = errno;

	if (ret && !all_right())
		err = EPROTO;
	memset(is_done, 0, sizeof(is_done));
	errno = err;
	return ret;
}

static long read_them(void)
{
	return batch(KXEN_PAGER_READ, content, 0);
}

static long evict(void)
{
	return batch(KXEN_PAGER_EVICT, NULL, 0);
}

static long fill(void)
{
	return batch(KXEN_PAGER_FILL, content, ENOMEM);
}

const struct op pager_ops[] = {
	{ "KXEN_PAGER", no_pager, pager_new, pager_gone, false, NULL },
	{ 0 },
};

static const struct op page_ops[] = {
	{ "NOMINATE", fresh, nominate, in_use, false, NULL },
	{ "NOMINATE, then they are used", fresh, nominate_and_use, in_use, false, all_right },
	{ "READ", nominated, read_them, in_use, false, all_right },
	{ "EVICT", nominated, evict, back, false, NULL },
	{ "FILL", out, fill, in_use, false, all_right },
	{ 0 },
};

/* One pager for all of its calls: with each new one functions of the kernel are hooked. */
void sweep_paging(void)
{
	const struct op *o;

	attached(1);
	madvise(ram_at(0), FIRST * PAGE * 2, MADV_NOHUGEPAGE);
	if (pager_new()) {
		report(false, "a pager: %s", strerror(errno));
		return;
	}
	for (o = page_ops; o->name; o++)
		sweep(o);
	fresh();
	report(all_right(), "all pages are right at last");
	pager_gone();
}
