// SPDX-License-Identifier: GPL-2.0
/*
 * A device of the host's that reads the VMM's memory by itself: vhost, which is a kernel thread that
 * has adopted the VMM's memory, or on newer kernels a thread of the VMM's. It waits for a page that
 * is out; the VMM can be killed meanwhile.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paging.h"

#define RING	400UL	/* frames: descriptors, what is available, what is used, a packet */
#define PACKET	(RING + 3)
#define ENTRIES	8

static void must(int fd, unsigned long req, void *arg, const char *what)
{
	if (ioctl(fd, req, arg) < 0) {
		perror(what);
		_exit(2);
	}
}

static uint64_t at(uint64_t gfn)
{
	return (uintptr_t)ram + gfn * PAGE;
}

static void set_queue(int fd, unsigned int nr, int kick)
{
	struct vhost_vring_state s = { .index = nr, .num = ENTRIES };
	struct vhost_vring_file f = { .index = nr, .fd = kick };
	struct vhost_vring_addr a = {
		.index = nr, .desc_user_addr = at(RING + nr * 16),
		.avail_user_addr = at(RING + nr * 16 + 1), .used_user_addr = at(RING + nr * 16 + 2) };

	must(fd, VHOST_SET_VRING_NUM, &s, "number");
	s.num = 0;
	must(fd, VHOST_SET_VRING_BASE, &s, "base");
	must(fd, VHOST_SET_VRING_ADDR, &a, "address");
	must(fd, VHOST_SET_VRING_KICK, &f, "kick");
}

/* The device, with two queues of which the second is what the guest sends: its eventfd. */
static int make_device(int fd)
{
	struct { struct vhost_memory m; struct vhost_memory_region r; } mem = {
		.m.nregions = 1, .r = { 0, ram_size, (uintptr_t)ram, 0 } };
	uint64_t cid = 77;
	int i, run = 1, kick[2];

	must(fd, VHOST_SET_OWNER, NULL, "owner");
	must(fd, VHOST_SET_MEM_TABLE, &mem, "memory");
	memset(ram + RING * PAGE, 0, 32 * PAGE);
	for (i = 0; i < 2; i++) {
		kick[i] = eventfd(0, 0);
		set_queue(fd, i, kick[i]);
	}
	must(fd, VHOST_VSOCK_SET_GUEST_CID, &cid, "cid");
	must(fd, VHOST_VSOCK_SET_RUNNING, &run, "run");
	return kick[1];
}

/* A packet that the device has to look at: it is one of nothing, and given back. */
static void offer(void)
{
	struct vring_desc *d = (void *)at(RING + 16);
	struct vring_avail *a = (void *)at(RING + 17);

	d[0] = (struct vring_desc) { .addr = PACKET * PAGE, .len = 44 };
	a->ring[a->idx % ENTRIES] = 0;
	__sync_synchronize();
	a->idx++;
}

/* The VMM: a letter is a command. */
static void vmm(int in, int answer, int fd)
{
	uint64_t one = 1;
	int kick;
	char c;

	munmap(ram, ram_size);
	make_vmm(0);
	kick = make_device(fd);
	if (write(answer, &domid, sizeof(domid)) != sizeof(domid))
		_exit(1);
	while (read(in, &c, 1) == 1) {
		if (c == 'o')
			offer();
		else if (write(kick, &one, 8) != 8)
			_exit(1);
		if (c == 'u')	/* until it is given back */
			while (!*(volatile uint16_t *)(at(RING + 18) + 2))
				usleep(10000);
		if (write(answer, &c, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static int tell[2], answer[2];

static int ask(char c)
{
	struct pollfd p = { .fd = answer[0], .events = POLLIN };

	return write(tell[1], &c, 1) == 1 && poll(&p, 1, 60000) == 1 && read(answer[0], &c, 1) == 1;
}

/* The last: no pager is left by those before. */
void look_at_vhost(void)
{
	static unsigned char save[PAGE];
	int fd = open("/dev/vhost-vsock", O_RDWR | O_CLOEXEC), status;
	struct kxen_pager_event e;
	struct pollfd p;
	uint32_t id;
	pid_t pid;

	if (fd < 0) {
		printf("skip - vhost\n");
		return;
	}
	if (pipe(tell) || pipe(answer))
		exit(2);
	pid = fork();
	if (!pid)
		vmm(tell[0], answer[1], fd);
	close(fd);
	if (read(answer[0], &id, sizeof(id)) != sizeof(id))
		exit(2);
	pager = pager_open(id);
	ck("a VMM with vhost, and its pager", pager >= 0);
	ck("  something is sent", ask('o'));
	ck("  where that is said is out", out(RING + 17, save) == 0);
	ck("  vhost is told", ask('k'));
	ck("  and wants it", event(&e, 60000) && e.gfn == RING + 17 && e.flags == KXEN_PAGING_FOREIGN);
	ck("  it comes, and vhost goes on", fill(RING + 17, save) == 0 && ask('u'));
	ck("  another one", ask('o') && out(RING + 17, save) == 0 && ask('k') && event(&e, 60000) &&
	   e.gfn == RING + 17);
	kill(pid, SIGKILL);
	p = (struct pollfd) { .fd = pager, .events = POLLIN };
	ck("  killed while vhost waits, it ends", waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	ck("  and its pager is told", poll(&p, 1, 60000) == 1 && p.revents & POLLHUP);
	close(pager);
	pager = -1;
}
