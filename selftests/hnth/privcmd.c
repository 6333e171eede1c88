// SPDX-License-Identifier: GPL-2.0
/* The calls of /dev/xen/privcmd that allocate. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/sys/privcmd.h>

#include "hnth.h"
#include "../../kvm-xen/toolstack_abi.h"

#define PAGE	4096
#define PAGES	3
#define BUCKET	64	/* ports that are allocated at once, or a part of these */

static int pc = -1;
static uint32_t port;

static long alloc_unbound(void)
{
	struct evtchn_alloc_unbound a = { .dom = domid };
	struct privcmd_hypercall h = {
		__HYPERVISOR_event_channel_op, { EVTCHNOP_alloc_unbound, (uintptr_t)&a },
	};
	long ret = ioctl(pc, IOCTL_PRIVCMD_HYPERCALL, &h);

	port = a.port;
	return ret;
}

/* The next port is the first one of its bucket. */
static void full_bucket(void)
{
	pc = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	create(0, 0);
	do {
		if (alloc_unbound()) {
			perror("hnth: /dev/xen/privcmd");
			exit(2);
		}
	} while (port % BUCKET != BUCKET - 1);
}

static void closed(void)
{
	close(pc);
	gone();
}

/* --- memory of a guest --------------------------------------------------------------------- */

static void *at = MAP_FAILED;
static int err[PAGES];

static void nothing(void)
{
}

static long open_node(void)
{
	pc = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	return pc < 0 ? -1 : 0;
}

static void close_node(void)
{
	if (pc >= 0)
		close(pc);
	pc = -1;
}

static void opened(void)
{
	attached(1);
	if (open_node()) {
		perror("hnth: /dev/xen/privcmd");
		exit(2);
	}
}

static long map(void)
{
	at = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, pc, 0);
	return at == MAP_FAILED ? -1 : 0;
}

static void unmapped(void)
{
	if (at != MAP_FAILED)
		munmap(at, PAGES * PAGE);
	at = MAP_FAILED;
	closed();
}

static void mapped(void)
{
	opened();
	if (map()) {
		perror("hnth: /dev/xen/privcmd");
		exit(2);
	}
}

static long batch(void)
{
	xen_pfn_t gfn[PAGES] = { 1, 2, 3 };
	struct privcmd_mmapbatch_v2 b = {
		.num = PAGES, .dom = domid, .addr = (uintptr_t)at, .arr = gfn, .err = err,
	};

	return ioctl(pc, IOCTL_PRIVCMD_MMAPBATCH_V2, &b);
}

/* A page for which there was no memory says so itself. */
static bool each_or_none(void)
{
	int i;

	for (i = 0; i < PAGES; i++)
		if (err[i] && err[i] != -ENOMEM)
			return false;
	return true;
}

/* With frames that are not there yet. */
static long resource(void)
{
	struct privcmd_mmap_resource r = {
		.dom = domid, .type = XENMEM_resource_grant_table, .idx = 1, .num = PAGES,
		.addr = (uintptr_t)at,
	};

	return ioctl(pc, IOCTL_PRIVCMD_MMAP_RESOURCE, &r);
}

/* --- what tools ask ------------------------------------------------------------------ */

static long hypercall(uint64_t op, const void *arg)
{
	struct privcmd_hypercall h = { op, { (uintptr_t)arg } };

	return ioctl(pc, IOCTL_PRIVCMD_HYPERCALL, &h);
}

static long affinity(void)
{
	uint8_t map[8];
	struct kxen_domctl c = {
		.cmd = KXEN_DOMCTL_getvcpuaffinity, .interface_version = KXEN_DOMCTL_FIRST,
		.domain = domid,
		.u.affinity = { .flags = KXEN_VCPUAFFINITY_HARD,
				.hard = { (uintptr_t)map, 8 * sizeof(map) } },
	};

	return hypercall(__HYPERVISOR_domctl, &c);
}

static long console(void)
{
	char text[64];
	struct kxen_sysctl s = {
		.cmd = KXEN_SYSCTL_readconsole, .interface_version = KXEN_SYSCTL_FIRST,
		.u.console = { .buffer = (uintptr_t)text, .count = sizeof(text) },
	};

	return hypercall(__HYPERVISOR_sysctl, &s);
}

const struct op pc_ops[] = {
	{ "privcmd: open", nothing, open_node, close_node, false, NULL },
	{ "privcmd: mmap", opened, map, unmapped, false, NULL },
	{ "privcmd: MMAPBATCH_V2", mapped, batch, unmapped, false, each_or_none },
	{ "privcmd: MMAP_RESOURCE", mapped, resource, unmapped, false, NULL },
	{ "privcmd: alloc_unbound", full_bucket, alloc_unbound, closed, false, NULL },
	{ "privcmd: getvcpuaffinity", opened, affinity, closed, false, NULL },
	{ "privcmd: readconsole", opened, console, closed, false, NULL },
	{ 0 },
};
