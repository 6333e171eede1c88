// SPDX-License-Identifier: GPL-2.0
/* What else the kernel does with memory that is paged, and with what it has got by that. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "paging.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define FIRST	(8 * 256UL)	/* frames of 2 MiB each, of what everything here is done to */
#define REGION	512UL
#define REGIONS	3UL
#define THP	"/sys/kernel/mm/transparent_hugepage/"
#define KSM	"/sys/kernel/mm/ksm/"

static unsigned char save[PAGE] __attribute__((aligned(4096)));

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		printf("# %s: cannot be %s\n", path, value);
	close(fd);
}

static long number_in(const char *path, const char *name)
{
	char line[256], word[128];
	long n = -1, v;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (!name) {
			n = atol(line);
			break;
		}
		if (sscanf(line, "%127s %ld", word, &v) == 2 && !strcmp(word, name))
			n = v;
	}
	if (f)
		fclose(f);
	return n;
}

static unsigned char byte_of(uint64_t gfn)
{
	return (gfn * 7 + 1) & 0xff;
}

static void write_all(void)
{
	uint64_t i;

	for (i = FIRST; i < FIRST + REGIONS * REGION; i++) {
		memset(ram + i * PAGE, byte_of(i), PAGE);
		*(uint64_t *)(ram + i * PAGE + 8) = i;	/* no two are alike */
	}
}

static int all_right(void)
{
	uint64_t i;
	int bad = 0;

	for (i = FIRST; i < FIRST + REGIONS * REGION; i++)
		bad += ram[i * PAGE] != byte_of(i) || ram[i * PAGE + PAGE - 1] != byte_of(i);
	return !bad;
}

/* --- who moves memory -------------------------------------------------------------------- */

static unsigned long went, drops, bad_fills;

/* One page out, and in. */
static void go_round(void)
{
	uint64_t gfn = FIRST + random() % (REGIONS * REGION);
	struct kxen_pager_event e;

	if (!out(gfn, save)) {
		went++;
		bad_fills += fill(gfn, save) != 0;
	}
	while (event(&e, 0))
		drops += !!(e.flags & KXEN_PAGING_DROP);
}

static void judge(const char *who)
{
	char name[100];

	printf("# %s: %lu pages went out and in\n", who, went);
	snprintf(name, sizeof(name), "%s: no page is given up by that", who);
	ck(name, !drops && !bad_fills);
	ck("  and each has what was in it", all_right());
}

/* Until the counter has grown so much; a limit is for a hang. */
static int rounds_until(const char *path, const char *counter, long more, unsigned long at_least)
{
	long from = number_in(path, counter);
	int i;

	went = drops = bad_fills = 0;
	for (i = 0; i < 3000000; i++) {
		go_round();
		if (went >= at_least && !(i & 15) && number_in(path, counter) >= from + more)
			return 1;
	}
	printf("# %s: %ld -> %ld\n", counter, from, number_in(path, counter));
	return 0;
}

static void khugepaged(void)
{
	char was[64] = "";
	int fd = open(THP "enabled", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, was, sizeof(was) - 1) <= 0) {
		printf("skip - khugepaged\n");
		return;
	}
	close(fd);
	drain();
	madvise(ram + FIRST * PAGE, REGIONS * REGION * PAGE, MADV_HUGEPAGE);
	write_all();
	put(THP "enabled", "always");
	put(THP "khugepaged/scan_sleep_millisecs", "0");
	put(THP "khugepaged/alloc_sleep_millisecs", "0");
	put(THP "khugepaged/pages_to_scan", "8192");
	put(THP "khugepaged/max_ptes_swap", "511");
	ck("khugepaged makes huge pages of what is paged",
	   rounds_until("/proc/vmstat", "thp_collapse_alloc", 8, 300));
	judge("khugepaged");
	put(THP "khugepaged/scan_sleep_millisecs", "10000");
	put(THP "enabled", strstr(was, "[madvise]") ? "madvise" : "always");
}

static void *collapse(void *arg)
{
	struct access *a = arg;

	a->tid = syscall(SYS_gettid);
	a->ret = madvise(ram + FIRST * PAGE, REGION * PAGE, MADV_COLLAPSE) ? -errno : 0;
	a->done = 1;
	return NULL;
}

/* The VMM's own thread does what khugepaged does: it waits, as for any access. */
static void collapses_itself(void)
{
	struct access a = { .gfn = FIRST };
	struct kxen_pager_event e;

	madvise(ram + FIRST * PAGE, REGION * PAGE, MADV_HUGEPAGE);
	write_all();
	drain();
	ck("MADV_COLLAPSE of what is out", out(FIRST + 5, save) == 0);
	pthread_create(&a.thread, NULL, collapse, &a);
	if (!event(&e, 2000)) {
		/* Not on each kernel does it ask for what it does not find. */
		ck("  it is refused", ends(&a) && a.ret);
		fill(FIRST + 5, save);
	} else {
		ck("  it asks for that", e.gfn == FIRST + 5);
		ck("  and waits", sleeps(&a));
		ck("  it comes", fill(FIRST + 5, save) == 0 && ends(&a));
	}
	printf("# MADV_COLLAPSE: %ld\n", a.ret);
	ck("  all is as it was", all_right());
}

static void compaction(void)
{
	int i;

	if (access("/proc/sys/vm/compact_memory", W_OK)) {
		printf("skip - compaction\n");
		return;
	}
	write_all();
	drain();
	went = drops = bad_fills = 0;
	for (i = 0; i < 400; i++) {
		if (!(i % 40))
			put("/proc/sys/vm/compact_memory", "1");
		go_round();
	}
	judge("compaction");
}

#define MERGED	64U	/* frames that are alike */

/*
 * ksmd makes pages one, and says only behind that where they are: who takes them out of page tables
 * in between could not put them back.
 */
static void ksm_merges_meanwhile(uint64_t merged)
{
	int32_t res[MERGED];
	uint64_t gfn[MERGED];
	unsigned long i, n = 0, shared = 0, wrong = 0;
	int round, tries;

	for (i = 0; i < MERGED; i++)
		gfn[i] = merged + i;
	for (round = 0; round < 20; round++) {
		memset(ram + merged * PAGE, 0x40 + round, MERGED * PAGE);	/* none is shared now */
		for (tries = 0; tries < 100000; tries++) {
			if (batch(KXEN_PAGER_NOMINATE, gfn, res, NULL, MERGED) != (int)MERGED)
				break;
			for (i = 0; i < MERGED; i++) {
				n += !res[i];
				bad_fills += !res[i] && fill(gfn[i], save);
			}
			if (number_in(KSM "pages_sharing", NULL) >= (long)MERGED - 4)
				break;
		}
		shared += number_in(KSM "pages_sharing", NULL);
		for (i = 0; i < MERGED; i++)
			wrong += ram[gfn[i] * PAGE + 9] != 0x40 + round;
	}
	printf("# KSM: %lu nominated while it merged %lu\n", n, shared);
	ck("KSM: pages are nominated while they are merged", n > MERGED && shared > MERGED);
	ck("  and each has what was in it", !wrong && !bad_fills);
	drain();
}

static void ksm(void)
{
	uint64_t i, merged = FIRST + 2 * REGION;

	if (access(KSM "run", W_OK)) {
		printf("skip - KSM\n");
		return;
	}
	write_all();
	drain();
	memset(ram + merged * PAGE, 0x99, MERGED * PAGE);
	madvise(ram + FIRST * PAGE, REGIONS * REGION * PAGE, MADV_NOHUGEPAGE);
	madvise(ram + FIRST * PAGE, REGIONS * REGION * PAGE, MADV_MERGEABLE);
	put(KSM "sleep_millisecs", "0");
	put(KSM "pages_to_scan", "2000");
	put(KSM "run", "1");
	went = drops = bad_fills = 0;
	for (i = 0; i < 1000000 && (number_in(KSM "pages_sharing", NULL) < 60 || went < 300); i++)
		go_round();
	printf("# KSM: %ld pages share\n", number_in(KSM "pages_sharing", NULL));
	ck("KSM: what is shared with others: EBUSY", nominate(merged + 1) == -EBUSY ||
	   nominate(merged + 2) == -EBUSY);
	put(KSM "run", "0");
	for (i = 0; i < MERGED; i++)
		bad_fills += ram[(merged + i) * PAGE + 9] != 0x99;
	for (i = 0; i < MERGED; i++)
		memset(ram + (merged + i) * PAGE, byte_of(merged + i), PAGE);
	judge("KSM");
	ck("  written to, it is paged", out(merged + 1, save) == 0 && fill(merged + 1, save) == 0);
	put(KSM "run", "1");
	ksm_merges_meanwhile(merged);
	madvise(ram + FIRST * PAGE, REGIONS * REGION * PAGE, MADV_UNMERGEABLE);
	put(KSM "run", "2");
	put(KSM "run", "0");
}

/* The content of what is out need not be kept any more. */
static void madv_free(void)
{
	struct kxen_pager_event e;

	drain();
	memset(ram + 304 * PAGE, 65, PAGE);
	out(304, save);
	madvise(ram + 304 * PAGE, PAGE, MADV_FREE);
	if (event(&e, 5000)) {
		ck("MADV_FREE of what is out: DROP", e.gfn == 304 && e.flags == KXEN_PAGING_DROP);
		ck("  it is empty", ram[304 * PAGE] == 0 && fill(304, save) == -ENOENT);
		return;
	}
	ck("MADV_FREE leaves what is out", fill(304, save) == 0 && ram[304 * PAGE] == 65);
}

/* --- several at once ----------------------------------------------------------------------- */

/* A vCPU, and the VMM, want one page: it is asked for once, and comes to both. */
static void two_want_it(void)
{
	struct kxen_pager_event e;
	struct access a, v, w;

	memset(ram + 3 * PAGE, 0x43, PAGE);
	set_code(2, 3);
	drain();
	ck("one page is out", out(3, save) == 0);
	begin(&v, 3, VCPU);
	ck("  a vCPU asks for it", event(&e, 60000) && e.gfn == 3 && sleeps(&v));
	begin(&a, 3, LOAD);
	begin(&w, 3, MEM);
	ck("  others wait, too, who need not ask", sleeps(&a) && sleeps(&w) && !event(&e, 0));
	ck("  it comes to all of them", fill(3, save) == 0 && ends(&v) && ends(&a) && ends(&w) &&
	   v.value == 0x43 && a.value == 0x43 && w.value == 0x43);
}

static volatile int racing;
static volatile long wrong;

#define RACED	360UL	/* frames */
#define RACERS	4UL

/* The VMM gives memory up, and uses it again: nobody sees anything else than that. */
static void *give_up(void *arg)
{
	volatile unsigned char *at = ram + (RACED + (uintptr_t)arg) * PAGE;
	unsigned int i;

	for (i = 1; racing; i++) {
		madvise((void *)at, PAGE, MADV_DONTNEED);
		wrong += at[5] != 0;
		at[5] = i;
		at[4000] = i;
		sched_yield();
		wrong += at[5] != (i & 0xff) || at[4000] != (i & 0xff);
	}
	return NULL;
}

/* What comes back comes where it was, or nowhere. */
static void races_with_discard(void)
{
	static unsigned char saves[RACERS][PAGE];
	pthread_t t[RACERS];
	unsigned long i, n = 0;

	drain();
	racing = 1;
	for (i = 0; i < RACERS; i++)
		pthread_create(&t[i], NULL, give_up, (void *)i);
	for (i = 0; i < 400000 && n < 1000; i++) {
		uint64_t gfn = RACED + i % RACERS;

		if (out(gfn, saves[i % RACERS]))
			continue;
		fill(gfn, saves[i % RACERS]);
		n++;
	}
	racing = 0;
	for (i = 0; i < RACERS; i++)
		pthread_join(t[i], NULL);
	drain();
	printf("# given up while it goes out and in: %lu times out\n", n);
	ck("pages go out and in while they are given up: each is what it was, or empty", n && !wrong);
	ck("  none is left anywhere", stat_of(domid, KXEN_STAT_PAGED_OUT) == 0 &&
	   stat_of(domid, KXEN_STAT_PAGING_NOMINATED) == 0);
}

/* The VMM takes the memory away from its guest, as when it is unplugged, and gives it back, or not. */
static void unplugged(void)
{
	struct kvm_userspace_memory_region none = { }, all = {
		.memory_size = ram_size, .userspace_addr = (uintptr_t)ram };
	struct kxen_pager_event e;

	drain();
	memset(ram + 380 * PAGE, 0x45, PAGE);
	memset(ram + 381 * PAGE, 0x46, PAGE);
	ck("two pages are out", out(380, save) == 0 && out(381, save) == 0);
	ck("  the guest has no memory any more", ioctl(vm, KVM_SET_USER_MEMORY_REGION, &none) == 0);
	ck("  no more of it goes out", nominate(382) == -EBUSY);
	madvise(ram + 380 * PAGE, PAGE, MADV_DONTNEED);
	ck("  the VMM gives up one: DROP", event(&e, 60000) && e.gfn == 380 &&
	   e.flags == KXEN_PAGING_DROP);
	ck("  and uses the other one: it comes", fill(381, save) == 0 && ram[381 * PAGE] == 0x46);
	ck("  the guest has it again", ioctl(vm, KVM_SET_USER_MEMORY_REGION, &all) == 0 &&
	   out(381, save) == 0 && fill(381, save) == 0);
}

/* --- direct input and output ---------------------------------------------------------------- */

struct direct {
	struct access a;
	int disk;
	struct iovec v[2];
};

static void *write_directly(void *arg)
{
	struct direct *d = arg;

	d->a.tid = syscall(SYS_gettid);
	d->a.ret = pwritev(d->disk, d->v, 2, 0);
	d->a.done = 1;
	return NULL;
}

/* A page of a write to a disk that is under way: the next one of that has to be waited for. */
static void direct_io(void)
{
	int u = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	int disk = open("/dev/ram0", O_RDWR | O_DIRECT);
	unsigned char *next = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register r = {
		.range = { (uintptr_t)next, PAGE }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct direct d = { .disk = disk, .v = { { ram + 370 * PAGE, PAGE }, { next, PAGE } } };
	struct uffdio_zeropage z = { .range = r.range };
	struct uffdio_api api = { .api = UFFD_API };
	struct pollfd p = { .fd = u, .events = POLLIN };

	if (u < 0 || disk < 0 || ioctl(u, UFFDIO_API, &api) || ioctl(u, UFFDIO_REGISTER, &r)) {
		printf("skip - direct I/O\n");
		return;
	}
	memset(ram + 370 * PAGE, 0x44, PAGE);
	pthread_create(&d.a.thread, NULL, write_directly, &d);
	ck("direct I/O is under way", poll(&p, 1, 60000) == 1 && sleeps(&d.a));
	ck("  its page: EBUSY", nominate(370) == -EBUSY && ram[370 * PAGE] == 0x44);
	ioctl(u, UFFDIO_ZEROPAGE, &z);
	ck("  it ends", ends(&d.a) && d.a.ret == 2 * (long)PAGE);
	ck("  then the page goes out", out(370, save) == 0);
	memset(&d.a, 0, sizeof(d.a));
	pthread_create(&d.a.thread, NULL, write_directly, &d);
	ck("  direct I/O of what is out waits for it", sleeps(&d.a));
	ck("  and has it", fill(370, save) == 0 && ends(&d.a) && d.a.ret == 2 * (long)PAGE &&
	   pread(disk, next, PAGE, 0) == PAGE && next[77] == 0x44);
	close(u);
	close(disk);
	munmap(next, PAGE);
	drain();
}

/* --- whose a frame is --------------------------------------------------------------------- */

static uint64_t frame_of(const void *at)
{
	static int fd = -1;
	uint64_t e = 0;

	if (fd < 0)
		fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pread(fd, &e, 8, (uintptr_t)at / PAGE * 8) != 8)
		e = 0;
	return e & ((1ULL << 55) - 1);
}

/* More memory until it has that frame: where, or NULL. What the kernel gives is looked at first. */
static unsigned char *get_frame(uint64_t frame, unsigned char *at, unsigned long pages, int *full)
{
	unsigned long i;

	for (i = 0; i < pages; i++) {
		*full += *(volatile uint64_t *)(at + i * PAGE + 64) != 0;
		*(volatile uint64_t *)(at + i * PAGE) = 1;
		if (frame_of(at + i * PAGE) == frame)
			return at + i * PAGE;
	}
	madvise(at, pages * PAGE, MADV_DONTNEED);
	return NULL;
}

/* A vCPU reads a page, which goes out: the frame that it was in. */
static uint64_t read_and_out(void)
{
	struct access a;
	uint64_t frame;

	set_code(2, 3);
	begin(&a, 3, VCPU);
	if (!ends(&a) || a.value != 0x41)
		return 0;
	frame = frame_of(ram + 3 * PAGE);
	return out(3, save) ? 0 : frame;
}

/* A page goes out, and its frame to somebody else, while a vCPU has it mapped, or had (XSA-345). */
static void another_has_the_frame(void)
{
	unsigned long pages = 4096;
	unsigned char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), *his = NULL;
	uint64_t frame = 0;
	struct access a;
	cpu_set_t here, all;
	int i, full = 0;

	/* A frame that is given back is on its CPU's list, where others may be quicker. */
	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	memset(ram + 3 * PAGE, 0x41, PAGE);
	for (i = 0; i < 50 && !his; i++) {
		if (i)
			fill(3, save);
		frame = read_and_out();
		his = frame ? get_frame(frame, at, pages, &full) : NULL;
	}
	ck("what a vCPU has read goes out, and its frame is somebody else's", his != NULL);
	if (!his)
		his = at;
	ck("  who finds nothing in it", !full);
	memset(his, 0xee, PAGE);
	set_code(2, 3);
	begin(&a, 3, VCPU);
	ck("  the vCPU does not: it waits", sleeps(&a));
	ck("  and finds what was in the page", fill(3, save) == 0 && ends(&a) && a.value == 0x41);
	ram[3 * PAGE + 8] = 0x42;
	ck("  which is in another one now", frame_of(ram + 3 * PAGE) != frame && his[8] == 0xee);
	munmap(at, pages * PAGE);
	sched_setaffinity(0, sizeof(all), &all);
	drain();
}

void look_at_kernel(void)
{
	two_want_it();
	races_with_discard();
	unplugged();
	direct_io();
	another_has_the_frame();
	madv_free();
	collapses_itself();
	khugepaged();
	compaction();
	ksm();
}
