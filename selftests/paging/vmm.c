// SPDX-License-Identifier: GPL-2.0
/* A VM with 64 MiB, one vCPU or more, and a program of a few bytes. */
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

#define MAX_CPUS	16

unsigned char *ram;
unsigned long ram_size = 64 * MB;
uint32_t domid;
int ctl, vm, vcpu;
static int vcpus[MAX_CPUS];
static struct kvm_run *runs[MAX_CPUS];

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

static void make_vcpu(int cpu)
{
	struct kvm_mp_state can_run = { .mp_state = KVM_MP_STATE_RUNNABLE };
	int fd = ioctl(vm, KVM_CREATE_VCPU, cpu);
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	runs[cpu] = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, 0);
	close(kvm);
	if (fd < 0 || runs[cpu] == MAP_FAILED || ioctl(fd, KVM_SET_MP_STATE, &can_run))
		die("vCPU");
	vcpus[cpu] = fd;
}

/* So many in all. */
void make_vcpus(int nr)
{
	int i;

	for (i = 1; i < nr; i++)
		make_vcpu(i);
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
	make_vcpu(0);
	vcpu = vcpus[0];
	close(kvm);
	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	domid = attach(vm);
	memset(ram, 1, 16 * MB);
}

/* In real mode, code below 64 KiB: a byte from there, below 1 MiB, to the VMM by port 0x99. */
void set_code_of(int cpu, uint64_t addr, uint64_t target)
{
	const unsigned char code[] = {
		0xb8, (target * PAGE >> 4) & 0xff, target * PAGE >> 12 & 0xff,	/* mov ax, segment */
		0x8e, 0xd8,			/* mov ds, ax */
		0xa0, 0x00, 0x00,		/* mov al, [0] */
		0xe6, 0x99,			/* out 0x99, al */
	};
	struct kvm_sregs s;
	struct kvm_regs r = { .rflags = 2, .rip = addr };

	memcpy(ram + addr, code, sizeof(code));
	ioctl(vcpus[cpu], KVM_GET_SREGS, &s);
	s.cs.selector = 0;
	s.cs.base = 0;
	ioctl(vcpus[cpu], KVM_SET_SREGS, &s);
	ioctl(vcpus[cpu], KVM_SET_REGS, &r);
}

void set_code(uint64_t gfn, uint64_t target)
{
	set_code_of(0, gfn * PAGE, target);
}

/* Until it says something: the byte, or four; or a negative errno. */
int run_cpu(int cpu)
{
	struct kvm_run *run = runs[cpu];
	const void *data;

	while (1) {
		if (ioctl(vcpus[cpu], KVM_RUN, 0)) {
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

int run_vcpu(void)
{
	return run_cpu(0);
}
