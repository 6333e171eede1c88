// SPDX-License-Identifier: GPL-2.0
/*
 * What a VMM does to a domain while its guest runs, and measures: a memory slot and a
 * pause beside a long hypercall, a pause right behind an unpause, a page that does not
 * come yet, memory that changes under the guest. The report is lines of the guests' kind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/kvm.h>
#include <linux/kvm_xen.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

#define COUNTER		0x2000000	/* of the image scount */
#define STUCK_PAGE	0x2000000	/* of the images stuck and gntstuck */
#define STUCK_PAGES	5
#define PULLED_PAGE	0x2000000	/* of the image pulled */
#define PULLED_PAGES	16
#define PAGE		4096
#define SOON_MS		3000

static long ms_since(const struct timespec *a)
{
	struct timespec b;

	clock_gettime(CLOCK_MONOTONIC, &b);
	return (b.tv_sec - a->tv_sec) * 1000 + (b.tv_nsec - a->tv_nsec) / 1000000;
}

static int result(const char *name, long ms)
{
	printf("%sok - %s within %d ms (%ld)\n", ms > SOON_MS ? "not " : "", name,
	       SOON_MS, ms);
	fflush(stdout);
	return ms > SOON_MS;
}

static void pause_it(bool on)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = vm.domid };

	xioctl(vm.ctl, on ? KXEN_PAUSE : KXEN_UNPAUSE, &a, "pause");
}

/* --- beside a hypercall that takes long --------------------------------------------- */

static void *set_slots(void *arg)
{
	struct kvm_userspace_memory_region r = {
		.slot = 5, .guest_phys_addr = 1ULL << 32, .memory_size = 4096,
	};
	struct timespec a;
	int bad;

	(void)arg;
	r.userspace_addr = (uintptr_t)mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	xioctl(vm.vm, KVM_SET_USER_MEMORY_REGION, &r, "memory slot");
	bad = result("a memory slot is set", ms_since(&a));
	clock_gettime(CLOCK_MONOTONIC, &a);
	pause_it(true);
	bad += result("the domain is paused", ms_since(&a));
	exit(bad);
	return NULL;
}

void start_slots(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, set_slots, NULL))
		die("no thread");
}

/* --- a pause behind an unpause -------------------------------------------------------- */

static void wait_counting(const volatile uint64_t *n)
{
	uint64_t a = *n;

	while (*n == a)
		usleep(1000);
}

static void *toggle(void *arg)
{
	volatile uint64_t *n = (void *)(vm.ram + COUNTER);
	unsigned int i, bad = 0;
	uint64_t a;

	(void)arg;
	wait_counting(n);
	pause_it(true);
	for (i = 0; i < vm.toggle; i++) {
		pause_it(false);
		pause_it(true);
		/* Long enough for a CPU that executes to count. */
		a = *n;
		usleep(100);
		bad += *n != a;
	}
	/* That the counter shows it at all: unpaused, it goes on. */
	pause_it(false);
	wait_counting(n);
	printf("%sok - paused %u times, the guest stood still each time (not: %u)\n",
	       bad ? "not " : "", i, bad);
	fflush(stdout);
	_exit(!!bad);
	return NULL;
}

void start_toggling(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, toggle, NULL))
		die("no thread");
}

/* --- a page that does not come yet ------------------------------------------------------ */

/* Whoever wants a page waits for a line on standard input, or as long as the machine lives. */
static void *bring_pages(void *arg)
{
	struct pollfd p = { .fd = (int)(intptr_t)arg, .events = POLLIN };
	struct uffdio_zeropage z = { .range.len = PAGE };
	struct uffd_msg m;
	char line[16];

	while (poll(&p, 1, -1) == 1) {
		if (read(p.fd, &m, sizeof(m)) != sizeof(m))
			continue;
		puts("VMM a thread waits for the page");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		z.range.start = m.arg.pagefault.address & -(uint64_t)PAGE;
		xioctl(p.fd, UFFDIO_ZEROPAGE, &z, "UFFDIO_ZEROPAGE");
	}
	return NULL;
}

void make_stuck_pages(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register r = {
		.range = { (uintptr_t)vm.ram + STUCK_PAGE, STUCK_PAGES * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	pthread_t t;

	if (fd < 0)
		die("userfaultfd: %s", strerror(errno));
	xioctl(fd, UFFDIO_API, &api, "UFFDIO_API");
	xioctl(fd, UFFDIO_REGISTER, &r, "UFFDIO_REGISTER");
	if (pthread_create(&t, NULL, bring_pages, (void *)(intptr_t)fd))
		die("no thread");
}

/* --- memory that changes under the guest ------------------------------------------------- */

/* In the order of the image pulled; gntstuck, gntgone and gnthuge know some of them, too. */
enum { DISCARD = 10, DISCARD_AREA, MAP_OVER, MOVE_AWAY, READ_ONLY, WRITABLE, SLOT_AGAIN,
       SHARE, PUNCH, SLOT_ADD, SLOT_READ_ONLY, SLOT_WRITABLE, SLOT_MOVE, A_LINE, UNMAP,
       RUN_ANOTHER, SLOT_LOGGED, SLOT_UNLOGGED, DISCARD_PAGE = 64 };

#define PULLED_SLOT	3
#define PULLED_SLOT_AT	0x10000000	/* behind the memory; moved, twice as high */

static void map_page(void *at, int flags)
{
	if (mmap(at, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0) == MAP_FAILED)
		die("mmap: %s", strerror(errno));
}

static void move_page(void *page)
{
	void *to = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (to == MAP_FAILED ||
	    mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		die("mremap: %s", strerror(errno));
	map_page(page, MAP_FIXED_NOREPLACE);
}

/* All of the memory; the vCPU that asks for it is the only one, and is not in the guest. */
static void set_slot_again(void)
{
	struct kvm_userspace_memory_region r = {
		.userspace_addr = (uintptr_t)vm.ram,
	};

	xioctl(vm.vm, KVM_SET_USER_MEMORY_REGION, &r, "memory slot, deleted");
	r.memory_size = vm.mem;
	xioctl(vm.vm, KVM_SET_USER_MEMORY_REGION, &r, "memory slot");
}

/* KVM maps small pages while the VMM has a log of what changes, and then large ones again. */
static void log_slot(bool on)
{
	struct kvm_userspace_memory_region r = {
		.flags = on ? KVM_MEM_LOG_DIRTY_PAGES : 0, .memory_size = vm.mem,
		.userspace_addr = (uintptr_t)vm.ram,
	};

	xioctl(vm.vm, KVM_SET_USER_MEMORY_REGION, &r, "memory slot, logged or not");
}

/* As a balloon has it: the page is a file's. */
static int shared_file(void)
{
	static int fd = -1;

	if (fd >= 0)
		return fd;
	fd = memfd_create("pulled", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, PAGE))
		die("memfd: %s", strerror(errno));
	return fd;
}

static void share_page(void *page)
{
	if (mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 shared_file(), 0) == MAP_FAILED)
		die("mmap of a file: %s", strerror(errno));
}

static void punch_hole(void)
{
	if (fallocate(shared_file(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE))
		die("FALLOC_FL_PUNCH_HOLE: %s", strerror(errno));
}

static void put_slot(uint64_t at, uint32_t flags, size_t size)
{
	static void *memory;
	struct kvm_userspace_memory_region r = {
		.slot = PULLED_SLOT, .flags = flags, .guest_phys_addr = at, .memory_size = size,
	};

	if (!memory)
		memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	r.userspace_addr = (uintptr_t)memory;
	xioctl(vm.vm, KVM_SET_USER_MEMORY_REGION, &r, "memory slot");
}

/* Two pages of their own, which the guest has no code in. Only new slots change their flags. */
static void change_slot(unsigned int how)
{
	if (how == SLOT_READ_ONLY || how == SLOT_WRITABLE)
		put_slot(PULLED_SLOT_AT, 0, 0);
	put_slot(how == SLOT_MOVE ? 2 * PULLED_SLOT_AT : PULLED_SLOT_AT,
		 how == SLOT_READ_ONLY ? KVM_MEM_READONLY : 0, 2 * PAGE);
}

static void discard(void *page)
{
	if (madvise(page, PAGE, MADV_DONTNEED))
		die("madvise: %s", strerror(errno));
}

static void protect(void *page, int prot)
{
	if (mprotect(page, PAGE, prot))
		die("mprotect: %s", strerror(errno));
}

static void unmap(void *page)
{
	if (munmap(page, PAGE))
		die("munmap: %s", strerror(errno));
}

/* In the same process: what this one had goes, the machine with it. */
static void run_another(void)
{
	execlp("sleep", "sleep", "1000", NULL);
	die("sleep: %s", strerror(errno));
}

void pull_page(unsigned int how)
{
	uint8_t *page = vm.ram + PULLED_PAGE;

	switch (how) {
	case DISCARD:		discard(page); break;
	case DISCARD_AREA:	discard(page + PAGE); break;
	case MAP_OVER:		map_page(page, MAP_FIXED); break;
	case MOVE_AWAY:		move_page(page); break;
	case READ_ONLY:		protect(page, PROT_READ); break;
	case WRITABLE:		protect(page, PROT_READ | PROT_WRITE); break;
	case SLOT_AGAIN:	set_slot_again(); break;
	case SHARE:		share_page(page); break;
	case PUNCH:		punch_hole(); break;
	case UNMAP:		unmap(page + 2 * PAGE); break;
	case RUN_ANOTHER:	run_another(); break;
	case SLOT_LOGGED:	log_slot(true); break;
	case SLOT_UNLOGGED:	log_slot(false); break;
	case SLOT_ADD:
	case SLOT_READ_ONLY:
	case SLOT_WRITABLE:
	case SLOT_MOVE:		change_slot(how); break;
	case A_LINE:		wait_for_a_line(); break;
	default:
		if (how < DISCARD_PAGE || how >= DISCARD_PAGE + PULLED_PAGES)
			die("the guest asks for %u", how);
		discard(page + (how - DISCARD_PAGE) * PAGE);
	}
}

/* --- a machine that sleeps ---------------------------------------------------------------- */

static void run_no_guest(struct kvm_run *run)
{
	run->immediate_exit = 1;
	if (!ioctl(vm.vcpu[0], KVM_RUN, 0) || errno != EINTR)
		die("KVM_RUN with immediate_exit: %s", strerror(errno));
	run->immediate_exit = 0;
}

/* The guest goes on where it was: no firmware, nothing of it lost. The only vCPU's thread. */
void sleep_and_wake(struct kvm_run *run)
{
	struct kvm_sregs sregs, anew;
	struct kvm_regs regs, first = { .rip = 0xfff0, .rflags = 2 };

	run_no_guest(run);	/* the access to the port is complete then */
	xioctl(vm.vcpu[0], KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	xioctl(vm.vcpu[0], KVM_GET_REGS, &regs, "KVM_GET_REGS");
	anew = sregs;
	anew.cr0 = 0x60000010;
	anew.cr4 = 0;
	anew.efer = 0;
	anew.cs.l = 0;
	xioctl(vm.vcpu[0], KVM_SET_SREGS, &anew, "KVM_SET_SREGS, real mode");
	xioctl(vm.vcpu[0], KVM_SET_REGS, &first, "KVM_SET_REGS");
	run_no_guest(run);
	xioctl(vm.vcpu[0], KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	xioctl(vm.vcpu[0], KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

/* --- who runs it ------------------------------------------------------------------------ */

void limit_memlock(unsigned int kbytes)
{
	struct rlimit l = { kbytes * 1024UL, kbytes * 1024UL };

	if (setrlimit(RLIMIT_MEMLOCK, &l))
		die("RLIMIT_MEMLOCK: %s", strerror(errno));
}

void become(unsigned int uid)
{
	if (setgroups(0, NULL) || setgid(uid) || setuid(uid))
		die("user %u: %s", uid, strerror(errno));
}
