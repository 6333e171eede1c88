// SPDX-License-Identifier: GPL-2.0
/*
 * KXEN_RESTORE of a guest's whole state with its n-th allocation failing: refused with
 * ENOMEM, its memory as it was, and taken at the next try, as if nothing had been. The guest
 * does not go on.
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

/* In all of the guest's memory: what is pending there must not be cleared. */
#define ALL_PENDING	0xff

static struct saved head;
static void *stream;

/* Records as Documentation/save-stream.rst has them. */
#define HEADER		16
#define REC_PORTS	0x10210
#define PORT_WORDS	8
#define UNBOUND		1
#define NO_QUEUE	(~0u)
#define FAR_PORT	200	/* nobody has so many */

/*
 * One port more, far behind the others: memory for it is looked for when all of them are there,
 * with what is pending on them.
 */
static void add_port(void)
{
	static const uint32_t port[PORT_WORDS] = { FAR_PORT, UNBOUND, [6] = NO_QUEUE };
	uint8_t *at = (uint8_t *)stream + HEADER;
	uint32_t *rec = (uint32_t *)at;

	while (*rec != REC_PORTS) {
		at += 8 + rec[1];
		rec = (uint32_t *)at;
	}
	at += 8 + rec[1];
	memmove(at + sizeof(port), at, head.xen_len - (at - (uint8_t *)stream));
	memcpy(at, port, sizeof(port));
	rec[1] += sizeof(port);
	head.xen_len += sizeof(port);
	((uint32_t *)stream)[2] = head.xen_len;
}

static void read_state(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &head, sizeof(head)) != sizeof(head)) {
		perror(name);
		exit(2);
	}
	stream = malloc(head.xen_len + 4 * PORT_WORDS);
	if (!stream || read(fd, stream, head.xen_len) != (ssize_t)head.xen_len)
		exit(2);
	close(fd);
	add_port();
}

static void fresh(void)
{
	new_vm(head.cpus, head.mem);
	fill_ram(ALL_PENDING);
	if (create(0, KXEN_DOM_NLEVEL) || attach() || domain_op(KXEN_PAUSE)) {
		perror("hnth: no domain");
		exit(2);
	}
}

/* What RESTORE returns: a failure for want of memory has a reason of its own. */
long for_no_memory(long ret, uint32_t reason)
{
	if (ret && errno == ENOMEM && reason != KXEN_RESTORE_NOMEM) {
		printf("# RESTORE: ENOMEM for reason %u\n", reason);
		errno = EPROTO;
	}
	return ret;
}

static long restore(void)
{
	struct kxen_stream_arg a = {
		.size = sizeof(a), .domid = domid, .buf = (uintptr_t)stream,
		.len = head.xen_len,
	};
	long ret = ioctl(ctl_file(), KXEN_RESTORE, &a);

	ret = for_no_memory(ret, a.reason);
	if (ret && !ram_is(ALL_PENDING)) {
		printf("# RESTORE: refused, and has written into the guest's memory\n");
		errno = EPROTO;
	}
	return ret;
}

void sweep_restore(const char *file)
{
	static const struct op op = { "RESTORE of a guest", fresh, restore, gone, false, NULL };

	read_state(file);
	sweep(&op);
}
