// SPDX-License-Identifier: GPL-2.0
/* The end of a pager, and of who waits for it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paging.h"

int is_lost(uint64_t gfn);
static unsigned char save[PAGE] __attribute__((aligned(4096)));

/* A mark does not say whose it is: a process has one pager for all of its VMs. */
static void second_vm(void)
{
	uint32_t id;
	int fd = make_another(&id);

	ck("another VM of the process has no pager of its own: EBUSY", pager_open(id) == -EBUSY);
	close(fd);
}

static void pager_dies(void)
{
	struct kxen_pager_event e;
	struct access a, v;

	memset(ram + 340 * PAGE, 68, PAGE);
	memset(ram + 341 * PAGE, 69, PAGE);
	memset(ram + 3 * PAGE, 70, PAGE);
	set_code(2, 3);
	drain();
	ck("out, nominated, out", out(340, save) == 0 && nominate(341) == 0 && out(3, save) == 0);
	begin(&a, 340, WRITE);
	begin(&v, 3, VCPU);
	event(&e, 60000);
	event(&e, 60000);
	ck("two sleep", sleeps(&a) && sleeps(&v));
	ck("a second pager: EBUSY", pager_open(domid) == -EBUSY);
	close(pager);
	ck("the pager ends: a write() from it fails", ends(&a) && a.ret == -1);
	ck("  KVM_RUN fails", ends(&v) && v.ret < 0 && v.ret != -EINTR);
	pager = pager_open(domid);
	ck("  the domain can have another one at once", pager >= 0);
	ck("  what was nominated is there", ram[341 * PAGE] == 69);
	ck("  what was out is not: SIGBUS", is_lost(340));
	ck("  also for a nomination", nominate(340) == -EBUSY);
	ck("  and is counted", stat_of(domid, KXEN_STAT_PAGES_LOST) == 2);
	close(pager);
	pager = pager_open(domid);	/* and its hooks go, and come */
	ck("  without a pager it is SIGBUS as well", is_lost(340));
	madvise(ram + 340 * PAGE, PAGE, MADV_DONTNEED);
	madvise(ram + 3 * PAGE, PAGE, MADV_DONTNEED);
	ck("  until the VMM gives it up", ram[340 * PAGE] == 0);
}

/* --- a descriptor that nobody is told of ------------------------------------------------- */

static volatile int flips;
static void *answer_page;

/* The answer can be written, or not. */
static void *flip(void *arg)
{
	(void)arg;
	while (flips) {
		mprotect(answer_page, PAGE, PROT_READ);
		mprotect(answer_page, PAGE, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

static int open_files(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* Another VMM with a pager, which does nothing: as long as there is one, hooks stay. */
static pid_t make_other_pager(void)
{
	int p[2];
	pid_t pid;
	char c;

	if (pipe(p))
		return -1;
	pid = fork();
	if (!pid) {
		munmap(ram, ram_size);
		make_vmm(0);
		if (pager_open(domid) < 0 || write(p[1], "", 1) != 1)
			_exit(1);
		while (1)
			pause();
	}
	if (read(p[0], &c, 1) != 1)
		return -1;
	close(p[0]);
	close(p[1]);
	return pid;
}

static void not_told(void)
{
	int i, ret, before, good = 0, faults = 0, fd = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	struct kxen_pager_arg *a;
	pthread_t t;
	pid_t other;

	close(pager);	/* before a child has it, too */
	other = make_other_pager();
	answer_page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	a = answer_page;
	before = open_files();
	flips = 1;
	pthread_create(&t, NULL, flip, NULL);
	for (i = 0; i < 1000000 && (faults < 100 || good < 10); i++) {
		/* It may not be written by us, either. */
		do {
			struct kxen_pager_arg new = { .size = sizeof(new), .domid = domid };
			struct iovec l = { &new, sizeof(new) }, r = { a, sizeof(new) };

			ret = process_vm_writev(getpid(), &l, 1, &r, 1, 0);
		} while (ret != sizeof(*a));
		ret = ioctl(fd, KXEN_PAGER, a) ? -errno : 0;
		if (!ret)
			close(a->fd);
		good += !ret;
		faults += ret == -EFAULT;
	}
	flips = 0;
	pthread_join(t, NULL);
	printf("# %d pagers, %d times EFAULT\n", good, faults);
	ck("a pager whose descriptor cannot be told is none", faults >= 100 && open_files() == before);
	close(fd);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	pager = pager_open(domid);
}

/* Another VMM is killed: in a child, with all that it has. */
static void vmm_dies(void)
{
	int p[2], status, said = 0;
	struct kxen_pager_event e;
	struct pollfd f = { .events = POLLIN };
	uint32_t id = 0;
	pid_t pid;

	close(pager);
	if (pipe(p))
		return;
	pid = fork();
	if (!pid) {
		munmap(ram, ram_size);
		make_vmm(0);
		if (write(p[1], &domid, sizeof(domid)) != sizeof(domid))
			_exit(1);
		/* Now and then: the pager needs its time to take it out. */
		while (1) {
			*(volatile unsigned char *)(ram + 100 * PAGE) = 1;
			usleep(300000);
		}
	}
	if (read(p[0], &id, sizeof(id)) != sizeof(id))
		return;
	pager = pager_open(id);
	ck("another VMM, and its pager", pager >= 0);
	for (status = 0; status < 1200 && !said; status++) {
		if (out(100, save))
			continue;
		said = event(&e, 60000) && e.flags & KXEN_PAGING_FOREIGN;
		if (!said)
			fill(100, save);
	}
	ck("  it waits for a page", said);
	ck("  one more is nominated", nominate(102) == 0);
	kill(pid, SIGKILL);
	ck("  killed, it ends", waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	f.fd = pager;
	ck("  and the pager is told", poll(&f, 1, 60000) == 1 && f.revents & POLLHUP);
	ck("  its calls say so", nominate(101) == -ESHUTDOWN && fill(100, save) == -ESHUTDOWN);
	close(pager);
}

void look_at_ends(void)
{
	second_vm();
	pager_dies();
	not_told();
	vmm_dies();
}
