// SPDX-License-Identifier: GPL-2.0
/* The calls of /dev/xen/privcmd that allocate. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/sys/privcmd.h>

#include "hnth.h"

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

const struct op pc_ops[] = {
	{ "privcmd: alloc_unbound", full_bucket, alloc_unbound, closed, false, NULL },
	{ 0 },
};
