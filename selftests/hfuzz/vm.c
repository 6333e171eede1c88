// SPDX-License-Identifier: GPL-2.0
/*
 * Small VMs: each is made, attached, paused, saved, restored, run for a moment and
 * closed, in this order for the most part, while others may do all of that to it, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/kvm.h>
#include <linux/kvm_xen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hfuzz.h"

#define MEMORY		(64UL << 20)	/* as much as the guests have that are saved */
#define MAX_VCPUS	3
#define CODE		0x1000

struct vm {
	int fd, vcpu[MAX_VCPUS], slot;
	bool lapics;
	unsigned int nr;
	uint32_t domid;
};

static __thread uint8_t *ram;

/* In real mode: a hypercall, a write to a port, and again. */
static const uint8_t code[] = {
	0x0f, 0x01, 0xd9,	/* vmmcall */
	0xe6, 0xf4,		/* out %al, $0xf4 */
	0xeb, 0xf9,		/* jmp to the first */
};

static void add_vcpu(struct vm *v)
{
	/*
	 * A vCPU without a LAPIC switches a branch in KVM_RUN, and the emulator has trouble
	 * with text that is patched while another CPU executes it.
	 */
	if (v->nr == MAX_VCPUS || !v->lapics)
		return;
	v->vcpu[v->nr] = ioctl(v->fd, KVM_CREATE_VCPU, 2UL * v->nr);
	if (count(CALL_VCPU, v->vcpu[v->nr]) >= 0)
		v->nr++;
}

static bool make_vm(struct vm *v)
{
	struct kvm_userspace_memory_region r = { .memory_size = MEMORY };

	if (!ram)
		ram = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram == MAP_FAILED)
		abort();
	madvise(ram, MEMORY, MADV_DONTNEED);
	memcpy(ram + CODE, code, sizeof(code));
	r.userspace_addr = (uintptr_t)ram;
	v->nr = 0;
	v->fd = ioctl(kvm_file, KVM_CREATE_VM, 0);
	if (v->fd < 0)
		return false;
	ioctl(v->fd, KVM_SET_TSS_ADDR, 0xfffbd000UL);
	v->lapics = !one_in(16) && !ioctl(v->fd, KVM_CREATE_IRQCHIP, 0);
	ioctl(v->fd, KVM_SET_USER_MEMORY_REGION, &r);
	v->slot = below(NR_VMS);
	vm_file[v->slot] = v->fd;
	return true;
}

static void attach(struct vm *v, int ctl)
{
	struct kxen_create c = {
		.size = sizeof(c), .flags = below(8),
		.domid = one_in(2) ? KXEN_DOMID_AUTO : GUEST_DOMID + NR_GUESTS +
			 below(NR_DOMIDS - NR_GUESTS),
	};
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = v->fd };

	count(CALL_CREATE, ioctl(ctl, KXEN_CREATE, &c));
	v->domid = c.domid;
	a.domid = v->domid;
	count(CALL_ATTACH, ioctl(ctl, KXEN_ATTACH, &a));
}

static void add_ports(struct vm *v, int ctl)
{
	struct kxen_evtchn_arg e = {
		.size = sizeof(e), .domid = v->domid, .op = KXEN_EVTCHN_ALLOC,
	};
	uint32_t n = below(20);

	while (n--) {
		e.value = any_domid();
		count(CALL_EVTCHN, ioctl(ctl, KXEN_EVTCHN, &e));
	}
}

/* Save and restore in any order, as often as it comes. */
static void while_paused(struct vm *v, int ctl)
{
	struct kxen_domid_arg d = { .size = sizeof(d), .domid = v->domid };
	struct kxen_evtchn_arg e = { .size = sizeof(e), .domid = v->domid };
	uint32_t n = below(8);

	if (count(CALL_PAUSE, ioctl(ctl, KXEN_PAUSE, &d)))
		return;
	while (n--) {
		switch (below(8)) {
		case 0: case 1: save_domain(ctl, v->domid); break;
		case 2: count(CALL_EVTCHN, ioctl(ctl, KXEN_EVTCHN, &e)); break;
		case 3: add_vcpu(v); break;
		default: restore_domain(ctl, v->domid);
		}
	}
	while (count(CALL_UNPAUSE, ioctl(ctl, KXEN_UNPAUSE, &d)) && errno == EINTR)
		;
}

/* memory_op, xen_version, vcpu_op, event_channel_op, hvm_op: none of them sleeps. */
static void run(int vcpu)
{
	static const uint8_t calls[] = { 12, 17, 24, 32, 34 };
	struct kvm_regs r = {
		.rflags = 2, .rip = CODE, .rax = calls[below(5)], .rbx = below(16),
		.rcx = odd(), .rdx = odd(),
	};
	struct kvm_sregs s;
	uint32_t n = below(20);

	if (ioctl(vcpu, KVM_GET_SREGS, &s))
		return;
	s.cs.base = 0;
	s.cs.selector = 0;
	ioctl(vcpu, KVM_SET_SREGS, &s);
	ioctl(vcpu, KVM_SET_REGS, &r);
	while (n-- && !over())
		count(CALL_RUN, ioctl(vcpu, KVM_RUN, 0));
}

static void close_vm(struct vm *v)
{
	bool vm_first = one_in(2);
	uint32_t i;

	vm_file[v->slot] = -1;
	if (vm_first)
		close(v->fd);
	for (i = 0; i < v->nr; i++)
		close(v->vcpu[i]);
	if (!vm_first)
		close(v->fd);
}

void vm_step(void)
{
	int ctl = ctl_file[below(NR_FILES)];
	/* Two, as the guests have whose streams are restored; or any number. */
	uint32_t before = one_in(2) ? 2 : below(3);
	uint32_t after = before == 2 ? one_in(4) : below(3);
	struct vm v;

	if (!make_vm(&v))
		return;
	while (before--)
		add_vcpu(&v);
	attach(&v, ctl);
	while (after--)
		add_vcpu(&v);
	add_ports(&v, ctl);
	while_paused(&v, ctl);
	if (v.nr)
		run(v.vcpu[0]);
	if (one_in(2))
		while_paused(&v, ctl);
	close_vm(&v);
}
