// SPDX-License-Identifier: GPL-2.0
/*
 * Two Debian guests share pages by their kernels' own drivers: gntpair PEER makes some and says
 * their references, gntpair PEER REFERENCE... in the other guest maps them. Each lets the other
 * one map pages of its own. What they tell each other is in the first page. Prints
 * "L2 ok - NAME".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xen/sys/gntalloc.h>
#include <xen/sys/gntdev.h>

#define PAGE	4096UL
#define WORDS	(PAGE / 8)
#define PAGES	3		/* of data, that each side makes */

/* The first page. A side's step says how far it is: it has done all that was before. */
struct shared {
	uint64_t step[2];
	uint32_t ref[PAGES];	/* of the second one's pages */
};

/* A set of pages of one's own. */
struct own {
	uint64_t index;
	uint32_t ref[PAGES];
	volatile uint64_t *at;
};

static int alloc_fd, map_fd, peer;

static void check(const char *name, long got, long want)
{
	if (got == want)
		printf("L2 ok - %s\n", name);
	else
		printf("L2 not ok - %s = %ld, want %ld (errno %d)\n", name, got, want, errno);
	fflush(stdout);
}

static void give_up(const char *what)
{
	printf("L2 not ok - %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_node(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		give_up(path);
	return fd;
}

/* --- the two drivers ----------------------------------------------------------------- */

static int alloc(struct own *o, int nr, int flags)
{
	union {
		struct ioctl_gntalloc_alloc_gref op;
		char room[sizeof(struct ioctl_gntalloc_alloc_gref) + PAGES * 4];
	} u = { .op = { .domid = peer, .flags = flags, .count = nr } };

	if (ioctl(alloc_fd, IOCTL_GNTALLOC_ALLOC_GREF, &u))
		return errno;
	o->index = u.op.index;
	memcpy(o->ref, u.op.gref_ids, nr * 4);
	return 0;
}

static int dealloc(struct own *o, int nr)
{
	struct ioctl_gntalloc_dealloc_gref d = { .index = o->index, .count = nr };

	if (o->at)
		munmap((void *)o->at, nr * PAGE);
	o->at = NULL;
	return ioctl(alloc_fd, IOCTL_GNTALLOC_DEALLOC_GREF, &d) ? errno : 0;
}

static void make(struct own *o, int nr, int flags)
{
	if (alloc(o, nr, flags))
		give_up("ALLOC_GREF");
	o->at = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, alloc_fd, o->index);
	if (o->at == MAP_FAILED)
		give_up("mmap of gntalloc");
}

/* NULL, with errno, if it cannot be. */
static void *map(const uint32_t *ref, int nr, int prot, uint64_t *index)
{
	union {
		struct ioctl_gntdev_map_grant_ref op;
		char room[sizeof(struct ioctl_gntdev_map_grant_ref) +
			  PAGES * sizeof(struct ioctl_gntdev_grant_ref)];
	} u = { .op = { .count = nr } };
	void *p;
	int i;

	for (i = 0; i < nr; i++)
		u.op.refs[i] = (struct ioctl_gntdev_grant_ref){ peer, ref[i] };
	if (ioctl(map_fd, IOCTL_GNTDEV_MAP_GRANT_REF, &u))
		return NULL;
	*index = u.op.index;
	p = mmap(NULL, nr * PAGE, prot, MAP_SHARED, map_fd, u.op.index);
	return p == MAP_FAILED ? NULL : p;
}

static int unmap(void *p, int nr, uint64_t index)
{
	struct ioctl_gntdev_unmap_grant_ref u = { .index = index, .count = nr };

	if (p)
		munmap(p, nr * PAGE);
	return ioctl(map_fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &u) ? errno : 0;
}

/* --- what is in the pages -------------------------------------------------------------- */

static uint64_t word(int who, int i)
{
	return (uint64_t)(who + 1) << 56 | 0x123456789abULL * (i + 1);
}

static void fill(volatile uint64_t *p, int who)
{
	unsigned int i;

	for (i = 0; i < PAGES * WORDS; i++)
		p[i] = word(who, i);
}

static long bad_words(const volatile uint64_t *p, int who, unsigned int nr)
{
	unsigned int i, bad = 0;

	for (i = 0; i < nr * WORDS; i++)
		bad += p[i] != word(who, i);
	return bad;
}

/* Until the other side is there, which may have to boot first; the limit is for a hang. */
static void wait_step(volatile struct shared *s, int who, uint64_t step)
{
	time_t end = time(NULL) + 300;

	while (__atomic_load_n(&s->step[who], __ATOMIC_ACQUIRE) < step) {
		if (time(NULL) > end) {
			printf("L2 not ok - the other side does not come to step %d: it is at %d\n",
			       (int)step, (int)s->step[who]);
			exit(1);
		}
		usleep(1000);
	}
}

static void step(volatile struct shared *s, int who, uint64_t n)
{
	__atomic_store_n(&s->step[who], n, __ATOMIC_RELEASE);
}

/* --- the two sides --------------------------------------------------------------------- */

static void first(void)
{
	struct own ctl = { 0 }, rw = { 0 }, ro = { 0 };
	volatile struct shared *s;
	volatile uint64_t *p;
	uint64_t index;
	int i;

	make(&ctl, 1, GNTALLOC_FLAG_WRITABLE);
	make(&rw, PAGES, GNTALLOC_FLAG_WRITABLE);
	make(&ro, 1, 0);
	s = (void *)ctl.at;
	fill(rw.at, 0);
	for (i = 0; i < (int)WORDS; i++)
		ro.at[i] = word(0, i);
	printf("L2 refs %u %u", ctl.ref[0], ro.ref[0]);
	for (i = 0; i < PAGES; i++)
		printf(" %u", rw.ref[i]);
	puts("");
	fflush(stdout);

	wait_step(s, 1, 1);
	check("what the other one has written into them", bad_words(rw.at, 1, PAGES), 0);
	p = map((uint32_t *)s->ref, PAGES, PROT_READ | PROT_WRITE, &index);
	check("the other one's pages are mapped", p != NULL, 1);
	if (!p)
		exit(1);
	check("what is in them", bad_words(p, 1, PAGES), 0);
	fill(p, 0);
	check("they are unmapped", unmap((void *)p, PAGES, index), 0);
	/* They are mapped there: the kernel keeps them, and tries again until they are not. */
	check("given back", dealloc(&rw, PAGES) || dealloc(&ro, 1), 0);
	step(s, 0, 2);
	wait_step(s, 1, 3);
	check("the first page, too", dealloc(&ctl, 1), 0);
}

static void second(char **refs)
{
	uint64_t at_ctl, at_ro, at_rw, at_none;
	uint32_t ref[PAGES + 2], none = 999;
	struct own own = { 0 };
	volatile struct shared *s;
	volatile uint64_t *p, *ro;
	int i;

	for (i = 0; i < PAGES + 2; i++)
		ref[i] = strtoul(refs[i], NULL, 0);
	s = map(&ref[0], 1, PROT_READ | PROT_WRITE, &at_ctl);
	if (!s)
		give_up("map the first page");
	p = map(&ref[2], PAGES, PROT_READ | PROT_WRITE, &at_rw);
	check("pages are mapped", p != NULL, 1);
	ro = map(&ref[1], 1, PROT_READ, &at_ro);
	check("one to be read, too", ro != NULL, 1);
	if (!p || !ro)
		exit(1);
	check("what is in them", bad_words(p, 0, PAGES), 0);
	check("in that one, too", bad_words(ro, 0, 1), 0);
	check("that one cannot be mapped to write", !map(&ref[1], 1, PROT_READ | PROT_WRITE, &at_none), 1);
	check("nor what is not granted", !map(&none, 1, PROT_READ, &at_none), 1);
	fill(p, 1);
	make(&own, PAGES, GNTALLOC_FLAG_WRITABLE);
	fill(own.at, 1);
	for (i = 0; i < PAGES; i++)
		s->ref[i] = own.ref[i];
	step(s, 1, 1);

	wait_step(s, 0, 2);
	check("what the other one has written into mine", bad_words(own.at, 0, PAGES), 0);
	check("mine are given back", dealloc(&own, PAGES), 0);
	check("what is mapped stays when it is given back there", bad_words(p, 1, PAGES) ||
	      bad_words(ro, 0, 1), 0);
	check("unmapped", unmap((void *)p, PAGES, at_rw) || unmap((void *)ro, 1, at_ro), 0);
	step(s, 1, 3);
	check("the first page is unmapped", unmap((void *)s, 1, at_ctl), 0);
}

int main(int argc, char **argv)
{
	if (argc != 2 && argc != 2 + PAGES + 2) {
		fprintf(stderr, "usage: gntpair PEER [REFERENCE...]\n");
		return 2;
	}
	peer = atoi(argv[1]);
	alloc_fd = open_node("/dev/xen/gntalloc");
	map_fd = open_node("/dev/xen/gntdev");
	if (argc == 2)
		first();
	else
		second(argv + 2);
	return 0;
}
