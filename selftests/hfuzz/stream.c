// SPDX-License-Identifier: GPL-2.0
/* Saved domains: a few of them are kept, and restored with bits that are wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/kvm_xen.h>

#include "hfuzz.h"

#define NR_KEPT	16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { uint8_t *data; uint32_t len; } kept[NR_KEPT];
static __thread uint8_t *buf;

static uint8_t *my_buf(void)
{
	if (!buf)
		buf = malloc(BUF_SIZE);
	if (!buf)
		abort();
	return buf;
}

static void keep(const uint8_t *data, uint32_t len)
{
	unsigned int i = below(NR_KEPT);
	uint8_t *copy = malloc(len);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	pthread_mutex_lock(&lock);
	free(kept[i].data);
	kept[i].data = copy;
	kept[i].len = len;
	pthread_mutex_unlock(&lock);
}

/* Into this thread's buffer; 0 if there is none yet. */
static uint32_t take(void)
{
	unsigned int i = below(NR_KEPT);
	uint32_t len;

	pthread_mutex_lock(&lock);
	len = kept[i].len;
	if (len)
		memcpy(my_buf(), kept[i].data, len);
	pthread_mutex_unlock(&lock);
	return len;
}

/* With room for it, with none, with too little, and to where nothing can be written. */
long save_domain(int fd, uint32_t domid)
{
	struct kxen_stream_arg a = {
		.size = sizeof(a), .domid = domid, .buf = (uintptr_t)my_buf(),
		.len = BUF_SIZE,
	};
	bool whole = false;
	long ret;

	switch (below(10)) {
	case 0: a.len = 0; break;
	case 1: a.len = below(2000); break;
	case 2: a.buf = odd(); break;
	default: whole = true;
	}
	ret = count(CALL_SAVE, ioctl(fd, KXEN_SAVE, &a));
	if (!ret && whole)
		keep(my_buf(), a.len);
	return ret;
}

/* A few bits, or a word; sometimes nothing. */
static uint32_t damage(uint8_t *p, uint32_t len)
{
	uint32_t i, n = one_in(4) ? 0 : 1 + below(4);

	for (i = 0; i < n; i++) {
		/* The head and the first records say what the rest means. */
		uint32_t at = below(one_in(2) && len > 256 ? 256 : len);

		if (one_in(3) && at + 4 <= len) {
			uint32_t word = odd();

			memcpy(p + at, &word, sizeof(word));
		} else {
			p[at] ^= 1 << below(8);
		}
	}
	return one_in(12) ? below(len + 1) : len;
}

long restore_domain(int fd, uint32_t domid)
{
	struct kxen_stream_arg a = {
		.size = sizeof(a), .domid = domid, .buf = (uintptr_t)my_buf(),
	};
	uint32_t len = take();

	if (!len)
		return -1;
	a.len = damage(my_buf(), len);
	return count(CALL_RESTORE, ioctl(fd, KXEN_RESTORE, &a));
}
