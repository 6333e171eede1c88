// SPDX-License-Identifier: GPL-2.0
/* The domain and the VM that the calls are made on. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kvm.h>
#include <linux/kvm_xen.h>

#include "hnth.h"

#define MAX_VCPUS	8

uint32_t domid;

static int kvm = -1, vm = -1, vcpu[MAX_VCPUS];
static uint8_t *ram;
static size_t ram_size;

/* One for all calls, since a domain without a VM goes with its file. */
int ctl_file(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		perror("hnth: /dev/kvm-xen");
		exit(2);
	}
	return fd;
}

long create_vcpu(unsigned int n)
{
	vcpu[n] = ioctl(vm, KVM_CREATE_VCPU, 2UL * n);
	return vcpu[n] < 0 ? -1 : 0;
}

void new_vm(unsigned int cpus, size_t mem)
{
	struct kvm_userspace_memory_region r = { .memory_size = mem };
	unsigned int i;

	if (kvm < 0)
		kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	ram = mmap(NULL, mem, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ram_size = mem;
	r.userspace_addr = (uintptr_t)ram;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (ram == MAP_FAILED || vm < 0 || ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000UL) ||
	    ioctl(vm, KVM_CREATE_IRQCHIP, 0) || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &r)) {
		perror("hnth: no VM");
		exit(2);
	}
	for (i = 0; i < MAX_VCPUS; i++)
		vcpu[i] = -1;
	for (i = 0; i < cpus; i++)
		create_vcpu(i);
}

void fill_ram(uint8_t byte)
{
	memset(ram, byte, ram_size);
}

/* Is each byte of it this one? */
bool ram_is(uint8_t byte)
{
	return *ram == byte && !memcmp(ram, ram + 1, ram_size - 1);
}

uint8_t *ram_at(size_t offset)
{
	return ram + offset;
}

void drop_vm(void)
{
	int i;

	if (vm < 0)
		return;
	for (i = 0; i < MAX_VCPUS; i++)
		if (vcpu[i] >= 0)
			close(vcpu[i]);
	close(vm);
	munmap(ram, ram_size);
	vm = -1;
}

long create(uint32_t ports, uint32_t flags)
{
	struct kxen_create c = {
		.size = sizeof(c), .domid = KXEN_DOMID_AUTO, .max_ports = ports,
		.flags = flags,
	};
	long ret = ioctl(ctl_file(), KXEN_CREATE, &c);

	domid = ret ? 0 : c.domid;
	return ret;
}

long attach_with(const struct kxen_vcpu_id *ids, uint32_t nr)
{
	struct kxen_attach a = {
		.size = sizeof(a), .domid = domid, .vm_fd = vm,
		.vcpu_ids = (uintptr_t)ids, .nr_vcpu_ids = nr,
	};

	return ioctl(ctl_file(), KXEN_ATTACH, &a);
}

long attach(void)
{
	return attach_with(NULL, 0);
}

/* PAUSE, UNPAUSE, HOLD, UNHOLD, DESTROY */
long domain_op(unsigned long cmd)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = domid };

	return ioctl(ctl_file(), cmd, &a);
}

long evtchn_op(uint32_t op, uint32_t value)
{
	struct kxen_evtchn_arg e = {
		.size = sizeof(e), .domid = domid, .op = op, .value = value,
	};

	return ioctl(ctl_file(), KXEN_EVTCHN, &e);
}

void attached(unsigned int cpus)
{
	new_vm(cpus, 4 << 20);
	if (create(0, KXEN_DOM_NLEVEL) || attach()) {
		perror("hnth: no domain");
		exit(2);
	}
}

/* Whatever there is of a domain and a VM. */
void gone(void)
{
	while (domid && !domain_op(KXEN_UNPAUSE))
		;
	drop_vm();
	if (domid)
		domain_op(KXEN_DESTROY);
	domid = 0;
}

uint32_t domains(void)
{
	struct kxen_info i = { .size = sizeof(i) };

	ioctl(ctl_file(), KXEN_INFO, &i);
	return i.domains;
}

uint32_t known_vcpus(void)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };

	ioctl(ctl_file(), KXEN_QUERY, &q);
	return q.vcpus;
}
