// SPDX-License-Identifier: GPL-2.0
/*
 * The guest makes the host's allocations on its behalf fail, to see what its hypercalls
 * do then: a write of N to port 0xF6 arms the file of --fail for the vCPU's own thread
 * (/proc/thread-self/fail-nth, or the module's fail_nth), a read of the port gives how
 * many were left to come, 0 if one has failed, and ends it. A write to port 0xF7 puts a
 * mark into the host's log.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm.h"

#define FAIL_PORT	0xf6
#define MARK_PORT	0xf7

static __thread int fail_file = -1;

static void arm(uint32_t n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (fail_file < 0)
		fail_file = open(vm.fail, O_RDWR | O_CLOEXEC);
	if (fail_file < 0 || pwrite(fail_file, text, len, 0) != len)
		die("%s: %s", vm.fail, strerror(errno));
}

static uint32_t left(void)
{
	char text[16] = "";

	if (pread(fail_file, text, sizeof(text) - 1, 0) < 0)
		die("%s: %s", vm.fail, strerror(errno));
	arm(0);
	return atoi(text);
}

static void mark(uint32_t value)
{
	static int log = -1;

	if (log < 0)
		log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	dprintf(log, "<6>vmm: hypercall %u, allocation %u\n", value >> 16, value & 0xffff);
}

/* Is this access for us? */
bool fail_io(struct kvm_run *run)
{
	uint32_t *data = (uint32_t *)((uint8_t *)run + run->io.data_offset);
	bool out = run->io.direction == KVM_EXIT_IO_OUT;

	if (!vm.fail || run->io.size != 4)
		return false;
	if (run->io.port == MARK_PORT && out)
		mark(*data);
	else if (run->io.port == FAIL_PORT && out)
		arm(*data);
	else if (run->io.port == FAIL_PORT)
		*data = left();
	else
		return false;
	return true;
}
