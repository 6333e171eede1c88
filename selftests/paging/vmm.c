// SPDX-License-Identifier: GPL-2.0
/* A VM with 64 MiB, one vCPU, and a program of a few bytes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "paging.h"

unsigned char *ram;
unsigned long ram_size = 64 * MB;
uint32_t domid;
int ctl, vm, vcpu;
static struct kvm_run *run;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* A domain of this VM's. */
static uint32_t attach(int fd)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = fd };

	if (ctl < 0 || ioctl(ctl, KXEN_CREATE, &c))
		die("create");
	a.domid = c.domid;
	if (ioctl(ctl, KXEN_ATTACH, &a))
		die("attach");
	return c.domid;
}

/* A second VM in this process, without memory, until its descriptor is closed. */
int make_another(uint32_t *id)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int fd = ioctl(kvm, KVM_CREATE_VM, 0);

	if (fd < 0 || ioctl(fd, KVM_CREATE_IRQCHIP, 0))
		die("another VM");
	close(kvm);
	*id = attach(fd);
	return fd;
}

void make_vmm(int huge)
{
	struct kvm_userspace_memory_region r = { .memory_size = ram_size };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0 || ioctl(vm, KVM_CREATE_IRQCHIP, 0))
		die("VM");
	ram = mmap((void *)0x600000000000, ram_size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	madvise(ram, ram_size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	r.userspace_addr = (uintptr_t)ram;
	if (ram == MAP_FAILED || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &r))
		die("memory");
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
		   MAP_SHARED, vcpu, 0);
	if (vcpu < 0 || run == MAP_FAILED)
		die("vCPU");
	close(kvm);
	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	domid = attach(vm);
	memset(ram, 1, 16 * MB);
}

/* In real mode: a byte from there, below 1 MiB, to the VMM by port 0x99. */
void set_code(uint64_t gfn, uint64_t target)
{
	const unsigned char code[] = {
		0xb8, (target * PAGE >> 4) & 0xff, target * PAGE >> 12 & 0xff,	/* mov ax, segment */
		0x8e, 0xd8,			/* mov ds, ax */
		0xa0, 0x00, 0x00,		/* mov al, [0] */
		0xe6, 0x99,			/* out 0x99, al */
	};
	struct kvm_sregs s;
	struct kvm_regs r = { .rflags = 2, .rip = gfn * PAGE & 0xffff };

	memcpy(ram + gfn * PAGE, code, sizeof(code));
	ioctl(vcpu, KVM_GET_SREGS, &s);
	s.cs.selector = 0;
	s.cs.base = 0;
	ioctl(vcpu, KVM_SET_SREGS, &s);
	ioctl(vcpu, KVM_SET_REGS, &r);
}

/* Until it says something: the byte, or four; or a negative errno. */
int run_vcpu(void)
{
	const void *data;

	while (1) {
		if (ioctl(vcpu, KVM_RUN, 0)) {
			if (errno == EINTR || errno == EAGAIN)
				return -EINTR;
			return -errno;
		}
		if (run->exit_reason != KVM_EXIT_IO)
			return -EIO;
		data = (unsigned char *)run + run->io.data_offset;
		return run->io.size == 4 ? *(const int *)data : *(const unsigned char *)data;
	}
}
