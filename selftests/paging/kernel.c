// SPDX-License-Identifier: GPL-2.0
/* What else the kernel does with memory that is paged, and with what it has got by that. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

static void ksm(void)
{
	uint64_t i, merged = FIRST + 2 * REGION;

	if (access(KSM "run", W_OK)) {
		printf("skip - KSM\n");
		return;
	}
	write_all();
	drain();
	memset(ram + merged * PAGE, 0x99, 64 * PAGE);
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
	for (i = 0; i < 64; i++)
		bad_fills += ram[(merged + i) * PAGE + 9] != 0x99;
	for (i = 0; i < 64; i++)
		memset(ram + (merged + i) * PAGE, byte_of(merged + i), PAGE);
	judge("KSM");
	ck("  written to, it is paged", out(merged + 1, save) == 0 && fill(merged + 1, save) == 0);
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

/* More memory until it has that frame: where, or NULL. */
static unsigned char *get_frame(uint64_t frame, unsigned char *at, unsigned long pages)
{
	unsigned long i;

	for (i = 0; i < pages; i++) {
		/* What the kernel gives is read before it is written. */
		if (*(volatile uint64_t *)(at + i * PAGE))
			return NULL;
		*(volatile uint64_t *)(at + i * PAGE) = 1;
		if (frame_of(at + i * PAGE) == frame)
			return at + i * PAGE;
	}
	return NULL;
}

/* A page goes out, and its frame to somebody else, while a vCPU has it mapped, or had (XSA-345). */
static void another_has_the_frame(void)
{
	unsigned long pages = 65536;
	unsigned char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), *his;
	cpu_set_t here, all;
	uint64_t frame;
	struct access a;

	/* A frame that is given back is on its CPU's list. */
	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	memset(ram + 3 * PAGE, 0x41, PAGE);
	set_code(2, 3);
	begin(&a, 3, VCPU);
	ck("a vCPU reads a page", ends(&a) && a.value == 0x41);
	frame = frame_of(ram + 3 * PAGE);
	ck("  it goes out", frame && out(3, save) == 0);
	his = get_frame(frame, at, pages);
	ck("  its frame is somebody else's, who finds nothing in it", his &&
	   *(volatile uint64_t *)(his + 64) == 0);
	if (!his)
		his = at;
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
	another_has_the_frame();
	madv_free();
	collapses_itself();
	khugepaged();
	compaction();
	ksm();
}
