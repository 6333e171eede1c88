// SPDX-License-Identifier: GPL-2.0
/*
 * KXEN_RESTORE of a guest's whole state with its n-th allocation failing: refused with
 * ENOMEM, and taken at the next try, as if nothing had been. The guest does not go on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/kvm_xen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hnth.h"

/* The head of what vmm --save writes; the stream follows (vmm/save.c). */
struct saved {
	uint64_t mem, cpus, xen_len;
	struct kvm_irqchip chip[3];
	struct kvm_pit_state2 pit;
	struct kvm_clock_data clock;
};

static struct saved head;
static void *stream;

static void read_state(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &head, sizeof(head)) != sizeof(head)) {
		perror(name);
		exit(2);
	}
	stream = malloc(head.xen_len);
	if (!stream || read(fd, stream, head.xen_len) != (ssize_t)head.xen_len)
		exit(2);
	close(fd);
}

static void fresh(void)
{
	new_vm(head.cpus, head.mem);
	if (create(0, KXEN_DOM_NLEVEL) || attach() || domain_op(KXEN_PAUSE)) {
		perror("hnth: no domain");
		exit(2);
	}
}

static long restore(void)
{
	struct kxen_stream_arg a = {
		.size = sizeof(a), .domid = domid, .buf = (uintptr_t)stream,
		.len = head.xen_len,
	};

	return ioctl(ctl_file(), KXEN_RESTORE, &a);
}

void sweep_restore(const char *file)
{
	static const struct op op = { "RESTORE of a guest", fresh, restore, gone, false, NULL };

	read_state(file);
	sweep(&op);
}
