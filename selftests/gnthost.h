/* SPDX-License-Identifier: GPL-2.0 */
/* For programs that test grants between the host and a guest that runs guest/gnthost.c. */
#ifndef SELFTESTS_GNTHOST_H
#define SELFTESTS_GNTHOST_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntalloc.h>
#include <xen/sys/gntdev.h>

#include "guest/gnthost.h"

#define PAGE	4096UL

static int bad;

static void check(const char *name, long got, long want)
{
	bad += got != want;
	printf("%s - %s", got == want ? "ok" : "not ok", name);
	if (got != want)
		printf(" = %ld, want %ld (errno %d)", got, want, errno);
	puts("");
	fflush(stdout);
}

/* What a call fails with; 0 if it does not. */
static inline int err(long ret)
{
	return ret < 0 ? errno : 0;
}

static int open_node(const char *name)
{
	int fd = open(name, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		printf("not ok - %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

/* --- gntdev --------------------------------------------------------------------------- */

/* An index for @nr grants from @ref on, @step apart; -1 and errno. */
static inline long map_refs(int fd, uint32_t domid, uint32_t ref, int nr, int step)
{
	union {
		struct ioctl_gntdev_map_grant_ref op;
		char room[sizeof(struct ioctl_gntdev_map_grant_ref) +
			  256 * sizeof(struct ioctl_gntdev_grant_ref)];
	} u = { .op = { .count = nr } };
	int i;

	for (i = 0; i < nr; i++) {
		u.op.refs[i].domid = domid;
		u.op.refs[i].ref = ref + i * step;
	}
	return ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, &u) ? -1 : (long)u.op.index;
}

static inline int unmap_refs(int fd, uint64_t index, uint32_t count)
{
	struct ioctl_gntdev_unmap_grant_ref u = { .index = index, .count = count };

	return ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &u);
}

/* mmap() there; as libxengnttab, again for as long as something has to be waited for. */
static inline void *map_at(int fd, uint64_t index, int nr, int prot)
{
	void *p;

	do
		p = mmap(NULL, nr * PAGE, prot, MAP_SHARED, fd, index);
	while (p == MAP_FAILED && errno == EAGAIN);
	return p;
}

/* Both, of one page that must be there. */
static inline volatile uint64_t *map_one(int fd, uint32_t domid, uint32_t ref, int prot)
{
	long index = map_refs(fd, domid, ref, 1, 1);
	void *p = index < 0 ? MAP_FAILED : map_at(fd, index, 1, prot);

	if (p == MAP_FAILED) {
		printf("not ok - map reference %u: %s\n", ref, strerror(errno));
		exit(1);
	}
	return p;
}

/* --- the guest ------------------------------------------------------------------------- */

static struct {
	uint16_t domid;
	int ev, gnt;
	uint32_t port;
	volatile struct gnt_ctl *ctl;
} guest;

/* The next port that fires within that time; -1: none. */
static inline int fired(int ev, int ms)
{
	struct pollfd p = { .fd = ev, .events = POLLIN };
	uint32_t port;

	if (poll(&p, 1, ms) != 1 || read(ev, &port, 4) != 4 || write(ev, &port, 4) != 4)
		return -1;
	return port;
}

static inline int unbound_port(int ev, uint32_t domid)
{
	struct ioctl_evtchn_bind_unbound_port b = { .remote_domain = domid };

	return ioctl(ev, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &b);
}

static inline int bind_port(int ev, uint32_t domid, uint32_t port)
{
	struct ioctl_evtchn_bind_interdomain b = { .remote_domain = domid, .remote_port = port };

	return ioctl(ev, IOCTL_EVTCHN_BIND_INTERDOMAIN, &b);
}

static inline void guest_open(int domid)
{
	guest.domid = domid;
	guest.gnt = open_node("/dev/xen/gntdev");
	guest.ev = open_node("/dev/xen/evtchn");
	guest.port = bind_port(guest.ev, domid, GNT_PORT);
	check("a channel to the guest", (int)guest.port > 0, 1);
	check("it is pending", fired(guest.ev, 10000), guest.port);
	guest.ctl = (void *)map_one(guest.gnt, domid, GNT_CTL, PROT_READ | PROT_WRITE);
}

/* Have it do something; its result. */
static inline long ask_at(enum gnt_cmd cmd, uint32_t ref, uint64_t at, uint64_t value)
{
	struct ioctl_evtchn_notify n = { .port = guest.port };

	guest.ctl->cmd = cmd;
	guest.ctl->ref = ref;
	guest.ctl->at = at;
	guest.ctl->value = value;
	guest.ctl->result = -1000;
	if (ioctl(guest.ev, IOCTL_EVTCHN_NOTIFY, &n) || fired(guest.ev, 30000) != (int)guest.port) {
		puts("not ok - the guest does not answer");
		exit(1);
	}
	return guest.ctl->result;
}

static inline uint64_t peek(uint32_t ref, uint64_t at)
{
	ask_at(GNT_PEEK, ref, at, 0);
	return guest.ctl->value;
}

static inline uint16_t flags_of(uint32_t ref)
{
	ask_at(GNT_FLAGS, ref, 0, 0);
	return guest.ctl->value;
}

#endif
