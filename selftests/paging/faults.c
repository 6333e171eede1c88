// SPDX-License-Identifier: GPL-2.0
/* What cannot be paged; who touches a page that is nominated, or out. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paging.h"

static unsigned char save[64][PAGE] __attribute__((aligned(4096)));

static void set(uint64_t gfn, unsigned char c)
{
	memset(ram + gfn * PAGE, c, PAGE);
}

static long rss(void)
{
	char line[256];
	long kb = 0;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Rss: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb / 4;
}

/* --- what is refused, and for what reason ------------------------------------------------ */

static void held(void)
{
	struct iovec v = { ram + 10 * PAGE, PAGE };
	static char b[PAGE];
	int p[2];

	set(10, 10);
	set(11, 11);
	if (pipe(p) || vmsplice(p[1], &v, 1, 0) != PAGE)
		exit(2);
	ck("held by a pipe: EBUSY", nominate(10) == -EBUSY && ram[10 * PAGE] == 10);
	if (read(p[0], b, PAGE) != PAGE)
		exit(2);
	close(p[0]);
	close(p[1]);
	ck("given back by the pipe, its neighbour: nominated", nominate(11) == 0);
	ck("nominated twice: EBUSY", nominate(11) == -EBUSY);
	ck("it is there still", ram[11 * PAGE + 5] == 11);
}

static void kinds(void)
{
	int fd = memfd_create("x", 0);
	unsigned char *at = ram + 20 * MB;
	struct access a;

	ck("never touched: EBUSY", nominate(8000) == -EBUSY);
	ck("no memory: EBUSY", nominate(1 << 20) == -EBUSY);
	ck("the LAPIC's registers: EBUSY", nominate(0xfee00) == -EBUSY);
	ck("gfn 2^36: EBUSY", nominate(1ULL << 36) == -EBUSY);
	ck("gfn 2^52 - 1: EBUSY", nominate((1ULL << 52) - 1) == -EBUSY);
	ck("gfn ~0: EBUSY", nominate(~0ULL) == -EBUSY);
	set(320, 1);
	mlock(ram + 320 * PAGE, PAGE);
	ck("mlock(): EBUSY", nominate(320) == -EBUSY);
	munlock(ram + 320 * PAGE, PAGE);
	if (ftruncate(fd, 2 * MB))
		exit(2);
	mmap(at, 2 * MB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	at[0] = 1;
	ck("shared memfd: EBUSY", nominate(20 * 256) == -EBUSY);
	mmap(at, 2 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
	ck("private memfd, only read: EBUSY", at[0] == 1 && nominate(20 * 256) == -EBUSY);
	set(20 * 256, 66);
	ck("private memfd, written: out", out(20 * 256, save[0]) == 0);
	begin(&a, 20 * 256, LOAD);
	ck("a load of it sleeps", sleeps(&a));
	ck("it comes back", fill(20 * 256, save[0]) == 0 && ends(&a) && a.value == 66);
	if (mmap(at, 2 * MB, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED, -1, 0) != MAP_FAILED) {
		at[0] = 1;
		ck("hugetlbfs: EBUSY", nominate(20 * 256) == -EBUSY && at[0] == 1);
	} else {
		printf("skip - hugetlbfs\n");
	}
	mmap(at, 2 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	close(fd);
	drain();
}

/* --- domain 0 ------------------------------------------------------------------------------ */

/* As Linux's <xen/privcmd.h>. */
struct mmapbatch_v2 {
	unsigned int num;
	uint16_t dom;
	unsigned long addr;
	const uint64_t *arr;
	int *err;
};

#define MMAPBATCH_V2	_IOC(_IOC_NONE, 'P', 4, sizeof(struct mmapbatch_v2))

static void mapped_by_host(void)
{
	int err[2] = { 1, 1 }, fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	unsigned char *at = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	uint64_t gfn[2] = { 350, 351 };
	struct mmapbatch_v2 b = { 2, domid, (uintptr_t)at, gfn, err };
	struct kxen_pager_event e;

	set(350, 70);
	set(351, 71);
	drain();
	ck("a frame is out", at != MAP_FAILED && out(351, save[0]) == 0);
	ck("  a foreign map says ENOENT", ioctl(fd, MMAPBATCH_V2, &b) && errno == ENOENT);
	ck("  of that frame alone", err[0] == 0 && err[1] == -ENOENT);
	ck("  and it is asked for", event(&e, 60000) && e.gfn == 351 &&
	   e.flags == KXEN_PAGING_FOREIGN);
	b = (struct mmapbatch_v2) { 1, domid, (uintptr_t)at + PAGE, gfn + 1, err };
	ck("  it comes, and can be mapped", fill(351, save[0]) == 0 &&
	   ioctl(fd, MMAPBATCH_V2, &b) == 0 && at[0] == 70 && at[PAGE] == 71);
	ck("  what is mapped is EBUSY", nominate(350) == -EBUSY && nominate(351) == -EBUSY);
	munmap(at, 2 * PAGE);
	close(fd);
}

/* Records of a domain have nothing of paging. */
static void saved(void)
{
	static unsigned char before[MB], after[MB];
	struct kxen_domid_arg p = { .size = sizeof(p), .domid = domid };
	struct kxen_stream_arg s = {
		.size = sizeof(s), .domid = domid, .len = MB, .buf = (uintptr_t)before };
	uint64_t len;

	set(352, 72);
	if (ioctl(ctl, KXEN_PAUSE, &p))
		exit(2);
	ck("saved", ioctl(ctl, KXEN_SAVE, &s) == 0);
	len = s.len;
	s.len = MB;
	s.buf = (uintptr_t)after;
	ck("  with a page out, too", out(352, save[0]) == 0 && ioctl(ctl, KXEN_SAVE, &s) == 0);
	ck("  and what is saved is as long", s.len == len);
	ck("  it comes back meanwhile", fill(352, save[0]) == 0 && ram[352 * PAGE] == 72);
	ioctl(ctl, KXEN_UNPAUSE, &p);
}

/* --- nominated --------------------------------------------------------------------------- */

static void nominated(void)
{
	struct kxen_pager_event e;

	drain();
	set(30, 30);
	ck("nominated", nominate(30) == 0);
	ck("  what is in it is seen by the pager", peek(30, save[0]) == 0 && save[0][7] == 30);
	ck("  it is counted", stat_of(domid, KXEN_STAT_PAGING_NOMINATED) == 1);
	ck("  a load finds it", ram[30 * PAGE + 5] == 30);
	ck("  EVICT_FAIL, at once", event(&e, 10000) && e.gfn == 30 &&
	   e.flags == KXEN_PAGING_EVICT_FAIL);
	ck("  then it cannot be evicted, nor read", evict(30) == -EBUSY && peek(30, save[0]) == -ENOENT);
	ck("  nominated again", nominate(30) == 0);
	ram[30 * PAGE + 6] = 99;
	ck("  a store: EVICT_FAIL, and is not lost", event(&e, 10000) &&
	   e.flags == KXEN_PAGING_EVICT_FAIL && evict(30) == -EBUSY && ram[30 * PAGE + 6] == 99);
	ck("evict of what was not nominated: EBUSY", evict(31) == -EBUSY);
	ck("fill of what is not out: ENOENT", fill(31, save[0]) == -ENOENT);
	ck("nominated, and given up: fill brings its own content", nominate(30) == 0 &&
	   fill(30, save[5]) == 0 && ram[30 * PAGE + 6] == 99 && !event(&e, 0));
	ck("  touched and nominated again before it is read: the notice is old", nominate(30) == 0 &&
	   ram[30 * PAGE] == 30 && nominate(30) == 0 && !event(&e, 0));
	ck("  and taken out", evict(30) == 0 && fill(30, save[0]) == 0);
	drain();
}

/* --- out --------------------------------------------------------------------------------- */

static void many(void)
{
	static uint64_t gfn[KXEN_PAGER_MAX];
	static int32_t res[KXEN_PAGER_MAX];
	static unsigned char content[KXEN_PAGER_MAX][PAGE];
	struct kxen_pager_event e;
	long before, after;
	int i, bad = 0, n = KXEN_PAGER_MAX;

	for (i = 0; i < n; i++) {
		gfn[i] = 2048 + i;
		set(gfn[i], i | 1);
	}
	memset(content, 1, sizeof(content));
	before = rss();
	ck("512 in one call: nominated", batch(KXEN_PAGER_NOMINATE, gfn, res, NULL, n) == n);
	for (i = 0; i < n; i++)
		bad += res[i];
	ck("  each of them", !bad);
	ck("  read", batch(KXEN_PAGER_READ, gfn, res, content, n) == n);
	ck("  evicted", batch(KXEN_PAGER_EVICT, gfn, res, NULL, n) == n);
	after = rss();
	printf("# Rss %ld -> %ld pages\n", before, after);
	ck("  and the host has the memory", before - after >= n);
	ck("  it is counted", stat_of(domid, KXEN_STAT_PAGED_OUT) == (uint64_t)n);
	ck("  all come back", batch(KXEN_PAGER_FILL, gfn, res, content, n) == n &&
	   stat_of(domid, KXEN_STAT_PAGED_OUT) == 0);
	for (i = 0; i < n; i++)
		bad += ram[gfn[i] * PAGE + 7] != ((i | 1) & 0xff);
	ck("  each with what was in it", !bad);
	for (i = 0; i < 2 * n; i++) {
		batch(KXEN_PAGER_NOMINATE, gfn + i % n, res, NULL, 1);
		if (i < n)
			bad += ram[gfn[i] * PAGE + 7] != ((i | 1) & 0xff);
	}
	ck("  nominated, used, and nominated: no notice of 512 says anything", !event(&e, 0));
	bad += ram[gfn[n - 1] * PAGE + 7] != (((n - 1) | 1) & 0xff);
	ck("  used once more: one does, behind the others", event(&e, 0) && e.gfn == gfn[n - 1] &&
	   !event(&e, 0));
	ck("  all are there", batch(KXEN_PAGER_FILL, gfn, res, content, n) == n && !bad);
	ck("513 in one call: EINVAL", batch(KXEN_PAGER_NOMINATE, gfn, res, NULL, n + 1) == -EINVAL);
	ck("none in one call: EINVAL", batch(KXEN_PAGER_EVICT, gfn, res, NULL, 0) == -EINVAL);
	ck("pages where none are used: EINVAL",
	   batch(KXEN_PAGER_EVICT, gfn, res, content, 1) == -EINVAL);
}

static void sleeps_then_right(enum how how)
{
	uint64_t gfn = how == VCPU ? 3 : 100 + how;
	struct kxen_pager_event e;
	struct access a;
	char name[100];
	int want = how == VCPU ? KXEN_PAGING_VCPU : KXEN_PAGING_FOREIGN;

	drain();
	set(gfn, 50 + how);
	if (how == VCPU)
		set_code(2, gfn);
	snprintf(name, sizeof(name), "%s: out", how_names[how]);
	ck(name, out(gfn, save[how]) == 0);
	begin(&a, gfn, how);
	ck("  it is asked for", event(&e, 60000) && e.gfn == gfn && (int)e.flags == want);
	ck("  and waited for", sleeps(&a));
	ck("  it comes back", fill(gfn, save[how]) == 0);
	ck("  with what was in it", ends(&a) && a.value == 50 + how);
	if (how == STORE)
		ck("  and the write is there", ram[gfn * PAGE + 100] == 77);
}

static volatile int handled;

static void on_usr(int sig)
{
	(void)sig;
	handled++;
}

static void signals(void)
{
	struct kxen_pager_event e;
	struct access a;
	int i;

	drain();
	set(200, 60);
	out(200, save[0]);
	begin(&a, 200, LOAD);
	event(&e, 60000);
	ck("a load sleeps", sleeps(&a));
	pthread_kill(a.thread, SIGUSR1);
	for (i = 0; i < 1200 && !handled; i++)
		usleep(50000);
	ck("  the handler of a signal runs meanwhile", handled == 1 && !a.done);
	ck("  and it goes on to sleep", fill(200, save[0]) == 0 && ends(&a) && a.value == 60);

	handled = 0;
	set(3, 61);
	set_code(2, 3);
	out(3, save[0]);
	begin(&a, 3, VCPU);
	event(&e, 60000);
	ck("a vCPU sleeps", sleeps(&a));
	pthread_kill(a.thread, SIGUSR1);
	ck("  a signal ends KVM_RUN", ends(&a) && a.ret == -EINTR && handled == 1);
	begin(&a, 3, VCPU);
	ck("  it sleeps again", sleeps(&a));
	ck("  then it is right", fill(3, save[0]) == 0 && ends(&a) && a.value == 61);
}

static void *read_into_page(void *arg)
{
	struct access *a = arg;

	a->tid = syscall(SYS_gettid);
	a->ret = read(pager, ram + a->gfn * PAGE, sizeof(struct kxen_pager_event));
	a->done = 1;
	return NULL;
}

/* A notice is read by who has a signal: it comes while his buffer is out. */
static void read_with_signal(void)
{
	struct access a = { .gfn = 210 };

	drain();
	set(210, 63);
	set(211, 64);
	ck("a reader's buffer is out", out(210, save[0]) == 0);
	ck("  there is a notice", nominate(211) == 0 && ram[211 * PAGE] == 64);
	pthread_create(&a.thread, NULL, read_into_page, &a);
	ck("  he sleeps", sleeps(&a));
	pthread_kill(a.thread, SIGUSR1);
	ck("  his buffer comes back", fill(210, save[0]) == 0);
	ck("  he has the notice, not the signal alone", ends(&a) &&
	   a.ret == sizeof(struct kxen_pager_event));
}

/* A domain can be paused while a vCPU of it waits for a page. */
static void paused(void)
{
	static unsigned char state[MB];
	struct kxen_stream_arg st = {
		.size = sizeof(st), .domid = domid, .len = MB, .buf = (uintptr_t)state };
	struct kxen_domid_arg p = { .size = sizeof(p), .domid = domid };
	struct kxen_pager_event e;
	struct access a;

	drain();
	set(3, 62);
	set_code(2, 3);
	out(3, save[0]);
	begin(&a, 3, VCPU);
	event(&e, 60000);
	ck("a vCPU sleeps for a page", sleeps(&a));
	ck("  its domain can be paused", ioctl(ctl, KXEN_PAUSE, &p) == 0);
	ck("  and saved", ioctl(ctl, KXEN_SAVE, &st) == 0 && st.len);
	ck("  the page comes", fill(3, save[0]) == 0);
	ck("  it is paused still", sleeps(&a));
	ck("  it is unpaused", ioctl(ctl, KXEN_UNPAUSE, &p) == 0 && ends(&a) && a.value == 62);
}

/* --- given up ---------------------------------------------------------------------------- */

static void dropped(void)
{
	struct kxen_pager_event e;

	drain();
	set(300, 62);
	out(300, save[0]);
	madvise(ram + 300 * PAGE, PAGE, MADV_DONTNEED);
	ck("MADV_DONTNEED of what is out: DROP", event(&e, 60000) && e.gfn == 300 &&
	   e.flags == KXEN_PAGING_DROP);
	ck("  then it is empty", ram[300 * PAGE] == 0);
	ck("  and cannot be filled", fill(300, save[0]) == -ENOENT && ram[300 * PAGE] == 0);
	set(301, 63);
	nominate(301);
	madvise(ram + 301 * PAGE, PAGE, MADV_DONTNEED);
	ck("MADV_DONTNEED of what is nominated: DROP and EVICT_FAIL", event(&e, 60000) &&
	   e.gfn == 301 && e.flags == (KXEN_PAGING_DROP | KXEN_PAGING_EVICT_FAIL));
	set(302, 64);
	out(302, save[0]);
	mmap(ram + 302 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	     -1, 0);
	ck("something else is mapped there: DROP", event(&e, 60000) && e.gfn == 302 &&
	   e.flags == KXEN_PAGING_DROP);
	ck("  new memory", ram[302 * PAGE] == 0);
	set(303, 65);
	out(303, save[0]);
	mprotect(ram + 303 * PAGE, PAGE, PROT_READ);
	ck("mprotect() is none", fill(303, save[0]) == 0 && ram[303 * PAGE] == 65 && !event(&e, 0));
	mprotect(ram + 303 * PAGE, PAGE, PROT_READ | PROT_WRITE);
}

static sigjmp_buf back;

static void on_bus(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

int is_lost(uint64_t gfn);
int is_lost(uint64_t gfn)
{
	signal(SIGBUS, on_bus);
	if (sigsetjmp(back, 1))
		return 1;
	(void)*(volatile unsigned char *)(ram + gfn * PAGE);
	return 0;
}

static void forked(void)
{
	int status;
	pid_t pid;

	set(310, 65);
	out(310, save[0]);
	pid = fork();
	if (!pid)
		_exit(is_lost(310) ? 42 : 1);
	waitpid(pid, &status, 0);
	ck("a child gets SIGBUS", WIFEXITED(status) && WEXITSTATUS(status) == 42);
	ck("  its parent does not see that", fill(310, save[0]) == 0 && ram[310 * PAGE] == 65);
	drain();
}

static void watched(void)
{
	int u = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	struct uffdio_register r = {
		.range = { (uintptr_t)ram + 328 * PAGE, 8 * PAGE }, .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect w = { .range = r.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP };
	struct uffd_msg m;
	struct access a;

	set(330, 67);
	set(331, 67);
	out(330, save[0]);
	if (u < 0 || ioctl(u, UFFDIO_API, &api) || ioctl(u, UFFDIO_REGISTER, &r)) {
		printf("skip - userfaultfd\n");
		fill(330, save[0]);
		return;
	}
	ck("a userfaultfd watches: EBUSY", nominate(331) == -EBUSY);
	ioctl(u, UFFDIO_WRITEPROTECT, &w);
	ck("  what was out comes back", fill(330, save[0]) == 0 && ram[330 * PAGE] == 67);
	begin(&a, 330, STORE);
	ck("  and a store is caught", sleeps(&a) && read(u, &m, sizeof(m)) == sizeof(m) &&
	   m.event == UFFD_EVENT_PAGEFAULT);
	w.mode = 0;
	ioctl(u, UFFDIO_WRITEPROTECT, &w);
	ck("  and goes on", ends(&a) && ram[330 * PAGE + 100] == 77);
	close(u);
	drain();
}

static void handle_signal(void)
{
	struct sigaction sa = { .sa_handler = on_usr };

	sigaction(SIGUSR1, &sa, NULL);
}

/* What depends on the processor's own tables. */
void look_at_core(void)
{
	handle_signal();
	nominated();
	sleeps_then_right(LOAD);
	sleeps_then_right(VCPU);
	signals();
	paused();
}

void look_at_faults(void)
{
	int how;

	handle_signal();
	held();
	kinds();
	nominated();
	many();
	for (how = 0; how < HOWS; how++)
		sleeps_then_right(how);
	signals();
	read_with_signal();
	paused();
	mapped_by_host();
	saved();
	dropped();
	forked();
	watched();
}
