// SPDX-License-Identifier: GPL-2.0
/* The end of a pager, and of who waits for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paging.h"

int is_lost(uint64_t gfn);
static unsigned char save[PAGE] __attribute__((aligned(4096)));

/* Until the end of the one before has been made. */
static int new_pager(void)
{
	int i, fd = -EBUSY;

	for (i = 0; i < 1200 && fd == -EBUSY; i++) {
		fd = pager_open(domid);
		if (fd == -EBUSY)
			usleep(50000);
	}
	return fd;
}

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
	pager = new_pager();
	ck("  the domain can have another one", pager >= 0);
	ck("  what was nominated is there", ram[341 * PAGE] == 69);
	ck("  what was out is not: SIGBUS", is_lost(340));
	ck("  also for a nomination", nominate(340) == -EBUSY);
	ck("  and is counted", stat_of(domid, KXEN_STAT_PAGES_LOST) == 2);
	close(pager);
	pager = new_pager();	/* and its hooks go, and come */
	ck("  without a pager it is SIGBUS as well", is_lost(340));
	madvise(ram + 340 * PAGE, PAGE, MADV_DONTNEED);
	madvise(ram + 3 * PAGE, PAGE, MADV_DONTNEED);
	ck("  until the VMM gives it up", ram[340 * PAGE] == 0);
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
	vmm_dies();
}
