// SPDX-License-Identifier: GPL-2.0
/*
 * paging bench: instructions of what a pager does, of a page's way back to who touches it, and of the
 * same by userfaultfd, as the guest's benchmark counts them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../guest/mark.h"
#include "../tsc.h"
#include "paging.h"

#define SAMPLES	151
#define MARKED	33
#define BATCH	64
#define MANY	4096		/* out at once, to see what that takes */
#define FIRST	1024		/* frames of the pager's; a vCPU reaches those below 1 MiB */
#define LOW	64
#define FFD_LOW	128		/* and BATCH of these are userfaultfd's */

/* Behind those of gntdev_bench. */
enum { NOMINATE = 70, NOMINATE1, EVICT, EVICT1, FILL, FILL1, TOUCH, IN_LOAD, IN_VCPU,
       FFD_WP, FFD_WP1, FFD_ZAP, FFD_ZAP1, FFD_COPY, FFD_COPY1, FFD_LOAD, FFD_VCPU };

static unsigned char content[BATCH][PAGE] __attribute__((aligned(4096)));
static uint64_t gfn[MANY];
static int32_t res[MANY];
static int ffd = -1, wrong;
static unsigned int took;	/* what the guest has counted */

static int median(int *n, int nr)
{
	qsort(n, nr, sizeof(*n), by_value);
	return n[nr / 2];
}

/* @own: what was counted by somebody else, or 0. */
#define BENCH(id, op, per, before, what, own, after) do {			\
	static int _n[SAMPLES];							\
	int _i;									\
										\
	for (_i = 0; _i < SAMPLES; _i++) {					\
		uint64_t _t;							\
										\
		before;								\
		_t = rdtsc();							\
		what;								\
		_n[_i] = rdtsc() - _t;						\
		if (own)							\
			_n[_i] = own;						\
		after;								\
	}									\
	printf("BENCH %s %d %d\n", op, median(_n, SAMPLES), per);		\
	for (_i = 0; _i < MARKED; _i++) {					\
		before;								\
		MARK(id, 1);							\
		what;								\
		MARK(id, 0);							\
		after;								\
	}									\
	printf("MARKED %d %s\n", id, op);					\
} while (0)

/* --- a pager's calls --------------------------------------------------------------------------- */

static void all(unsigned long req, unsigned int n)
{
	int32_t bad = 0;
	unsigned int i;

	if (batch(req, gfn, res, req == KXEN_PAGER_FILL ? content : NULL, n) != (int)n)
		bad = 1;
	for (i = 0; i < n; i++)
		bad |= res[i];
	wrong += !!bad;
}

static void touch(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		((volatile unsigned char *)ram)[gfn[i] * PAGE] = i;
}

static void give_back(unsigned int n)
{
	all(KXEN_PAGER_EVICT, n);
	all(KXEN_PAGER_FILL, n);
}

static void nominates(void)
{
	BENCH(NOMINATE, "page_nominate64", BATCH, touch(BATCH), all(KXEN_PAGER_NOMINATE, BATCH), 0,
	      give_back(BATCH));
	BENCH(NOMINATE1, "page_nominate1", 1, touch(1), all(KXEN_PAGER_NOMINATE, 1), 0,
	      give_back(1));
}

static void evicts(void)
{
	BENCH(EVICT, "page_evict64", BATCH, touch(BATCH); all(KXEN_PAGER_NOMINATE, BATCH),
	      all(KXEN_PAGER_EVICT, BATCH), 0, all(KXEN_PAGER_FILL, BATCH));
	BENCH(EVICT1, "page_evict1", 1, touch(1); all(KXEN_PAGER_NOMINATE, 1),
	      all(KXEN_PAGER_EVICT, 1), 0, all(KXEN_PAGER_FILL, 1));
}

static void take_out(unsigned int n)
{
	touch(n);
	all(KXEN_PAGER_NOMINATE, n);
	all(KXEN_PAGER_EVICT, n);
}

static void fills(void)
{
	BENCH(FILL, "page_fill64", BATCH, take_out(BATCH), all(KXEN_PAGER_FILL, BATCH), 0, );
	BENCH(FILL1, "page_fill1", 1, take_out(1), all(KXEN_PAGER_FILL, 1), 0, );
	BENCH(TOUCH, "page_touch1", 1, touch(1); all(KXEN_PAGER_NOMINATE, 1), touch(1), 0, drain());
}

/* --- who waits ---------------------------------------------------------------------------------- */

/* From the host's clock before to that behind, by port 0x98, in real mode. */
static void in_guest(uint64_t at)
{
	static const unsigned char code[] = {
		0x0f, 0x31,			/* rdtsc */
		0x66, 0x89, 0xc1,		/* mov ecx, eax */
		0xa0, 0x00, 0x00,		/* mov al, [0] */
		0x0f, 0x31,			/* rdtsc */
		0x66, 0x29, 0xc8,		/* sub eax, ecx */
		0x66, 0xe7, 0x98,		/* out 0x98, eax */
	};

	set_code(2, at);
	/* Behind those that make the segment. */
	memcpy(ram + 2 * PAGE + 5, code, sizeof(code));
	took = run_vcpu();
	wrong += (int)took < 0;
}

static void *serve(void *arg)
{
	struct kxen_pager_event e;

	(void)arg;
	while (read(pager, &e, sizeof(e)) == sizeof(e))
		if (e.flags & (KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN))
			fill(e.gfn, content);
	return NULL;
}

static void waits(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, serve, NULL))
		exit(2);
	pthread_detach(t);
	BENCH(IN_LOAD, "page_in_load", 1, take_out(1), touch(1), 0, );
	gfn[0] = LOW;
	BENCH(IN_VCPU, "page_in_vcpu", 1, in_guest(LOW); take_out(1), in_guest(LOW), took, );
}

/* --- userfaultfd --------------------------------------------------------------------------------- */

static void ffd_wp(unsigned int n, int on)
{
	struct uffdio_writeprotect w = {
		.range = { (uintptr_t)ram + FFD_LOW * PAGE, n * PAGE },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0 };

	wrong += !!ioctl(ffd, UFFDIO_WRITEPROTECT, &w);
}

static void ffd_zap(unsigned int n)
{
	wrong += !!madvise(ram + FFD_LOW * PAGE, n * PAGE, MADV_DONTNEED);
}

static void ffd_copy(unsigned int n)
{
	struct uffdio_copy c = { .dst = (uintptr_t)ram + FFD_LOW * PAGE,
				 .src = (uintptr_t)content, .len = n * PAGE };

	wrong += !!ioctl(ffd, UFFDIO_COPY, &c);
}

static void *ffd_serve(void *arg)
{
	struct uffd_msg m;

	(void)arg;
	while (read(ffd, &m, sizeof(m)) == sizeof(m))
		if (m.event == UFFD_EVENT_PAGEFAULT)
			ffd_copy(1);
	return NULL;
}

static void ffd_begin(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	struct uffdio_register r = {
		.range = { (uintptr_t)ram + FFD_LOW * PAGE, BATCH * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP };

	ffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (ffd < 0 || ioctl(ffd, UFFDIO_API, &api) || ioctl(ffd, UFFDIO_REGISTER, &r)) {
		perror("userfaultfd");
		exit(2);
	}
}

static void peers(void)
{
	pthread_t t;

	ffd_begin();
	BENCH(FFD_WP, "ffd_wp64", BATCH, ffd_wp(BATCH, 0), ffd_wp(BATCH, 1), 0, ffd_wp(BATCH, 0));
	BENCH(FFD_WP1, "ffd_wp1", 1, ffd_wp(1, 0), ffd_wp(1, 1), 0, ffd_wp(1, 0));
	BENCH(FFD_ZAP, "ffd_zap64", BATCH, , ffd_zap(BATCH), 0, ffd_copy(BATCH));
	BENCH(FFD_ZAP1, "ffd_zap1", 1, , ffd_zap(1), 0, ffd_copy(1));
	BENCH(FFD_COPY, "ffd_copy64", BATCH, ffd_zap(BATCH), ffd_copy(BATCH), 0, );
	BENCH(FFD_COPY1, "ffd_copy1", 1, ffd_zap(1), ffd_copy(1), 0, );
	if (pthread_create(&t, NULL, ffd_serve, NULL))
		exit(2);
	pthread_detach(t);
	BENCH(FFD_LOAD, "ffd_in_load", 1, ffd_zap(1), ((volatile unsigned char *)ram)[FFD_LOW * PAGE], 0, );
	BENCH(FFD_VCPU, "ffd_in_vcpu", 1, in_guest(FFD_LOW); ffd_zap(1), in_guest(FFD_LOW), took, );
}

/* --- others ----------------------------------------------------------------------------------- */

static unsigned long in_slabs(void)
{
	unsigned long used, size, sum = 0;
	char line[256], name[64];
	FILE *f = fopen("/proc/slabinfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %lu %*u %lu", name, &used, &size) == 3 &&
		    (!strcmp(name, "kmalloc-32") || !strcmp(name, "kmalloc-cg-32") ||
		     !strcmp(name, "radix_tree_node")))
			sum += used * size;
	if (f)
		fclose(f);
	return sum;
}

static void memory(void)
{
	unsigned long before = in_slabs();
	unsigned int i;

	for (i = 0; i < MANY; i += KXEN_PAGER_MAX) {
		batch(KXEN_PAGER_NOMINATE, gfn + i, res, NULL, KXEN_PAGER_MAX);
		batch(KXEN_PAGER_EVICT, gfn + i, res, NULL, KXEN_PAGER_MAX);
	}
	wrong += stat_of(domid, KXEN_STAT_PAGED_OUT) != MANY;
	printf("BENCH page_memory %lu\n", (in_slabs() - before + MANY / 2) / MANY);
	/* Those around the ones in the middle stay out, as they do when a guest is paged. */
	memmove(gfn, gfn + MANY / 2 - BATCH / 2, BATCH * sizeof(*gfn));
	for (i = 0; i < BATCH; i++)
		wrong += !!fill(gfn[i], content);
}

/* A process of its own, whose pages are in swap, if there is any: it has nothing to do with this. */
static void swap_in(const char *name)
{
	volatile unsigned char *at = mmap(NULL, BATCH * PAGE, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rusage before, after;
	static int n[SAMPLES];
	int i, tries, nr = 0;
	uint64_t t;

	for (tries = 0; nr < SAMPLES && tries < 2 * SAMPLES; tries++) {
		for (i = 0; i < (int)BATCH; i++)
			at[i * PAGE] = i;
		if (madvise((void *)at, BATCH * PAGE, MADV_PAGEOUT))
			break;
		for (i = 0; i < (int)BATCH && nr < SAMPLES; i++) {
			getrusage(RUSAGE_SELF, &before);
			t = rdtsc();
			(void)at[i * PAGE];
			n[nr] = rdtsc() - t;
			getrusage(RUSAGE_SELF, &after);
			nr += after.ru_majflt != before.ru_majflt;
		}
	}
	if (nr == SAMPLES)
		printf("BENCH %s %d\n", name, median(n, SAMPLES));
	munmap((void *)at, BATCH * PAGE);
}

int bench(void)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	swap_in("bystander_swapin_none");
	make_vmm(0);
	pager = pager_open(domid);
	memset(ram, 1, ram_size);
	memset(content, 1, sizeof(content));
	for (i = 0; i < MANY; i++)
		gfn[i] = FIRST + i;
	swap_in("bystander_swapin_pager");
	memory();
	nominates();
	evicts();
	fills();
	waits();
	peers();
	printf("%s - each one was done\n", wrong ? "not ok" : "ok");
	return !!wrong;
}
