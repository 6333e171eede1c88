// SPDX-License-Identifier: GPL-2.0
/*
 * vmm --intree: the guest on KVM's own Xen support, to compare with. As much of a Xen
 * as the benchmark's image needs; what KVM does not serve comes here.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>

#include "vmm.h"

#define MSR	0x40000000
#define SELF	0x7ff0

static uint32_t next_port = 1;

static void vm_attr(struct kvm_xen_hvm_attr *a, const char *what)
{
	xioctl(vm.vm, KVM_XEN_HVM_SET_ATTR, a, what);
}

/* The machine exists, its vCPUs do not. */
void intree_init(void)
{
	struct kvm_xen_hvm_config c = {
		.flags = KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL |
			 KVM_XEN_HVM_CONFIG_EVTCHN_SEND,
		.msr = MSR,
	};
	struct kvm_xen_hvm_attr a = { .type = KVM_XEN_ATTR_TYPE_LONG_MODE };

	xioctl(vm.vm, KVM_XEN_HVM_CONFIG, &c, "KVM_XEN_HVM_CONFIG");
	a.u.long_mode = 1;
	vm_attr(&a, "long mode");
	a.type = KVM_XEN_ATTR_TYPE_XEN_VERSION;
	a.u.xen_version = 4 << 16 | 17;
	vm_attr(&a, "version");
}

/* Xen's leaves in the place of KVM's; returns the new number of entries. */
unsigned int intree_cpuid(struct kvm_cpuid_entry2 *e, unsigned int n)
{
	static const struct kvm_cpuid_entry2 xen[] = {
		{ .function = 0x40000000, .eax = 0x40000004, .ebx = 0x566e6558,
		  .ecx = 0x65584d4d, .edx = 0x4d4d566e },
		{ .function = 0x40000001, .eax = 4 << 16 | 17 },
		{ .function = 0x40000002, .eax = 1, .ebx = MSR },
		{ .function = 0x40000004, .eax = 8 },
	};
	unsigned int i, kept = 0;

	for (i = 0; i < n; i++)
		if (e[i].function >> 16 != 0x4000)
			e[kept++] = e[i];
	for (i = 0; i < sizeof(xen) / sizeof(xen[0]); i++)
		e[kept++] = xen[i];
	return kept;
}

static void *guest(uint64_t addr)
{
	if (addr >= vm.mem)
		die("hypercall argument outside of memory");
	return vm.ram + addr;
}

static long place_shinfo(const struct xen_add_to_physmap *p)
{
	struct kvm_xen_hvm_attr a = { .type = KVM_XEN_ATTR_TYPE_SHARED_INFO };
	struct kvm_xen_vcpu_attr v = { .type = KVM_XEN_VCPU_ATTR_TYPE_VCPU_INFO };

	if (p->space != XENMAPSPACE_shared_info)
		return -EINVAL;
	a.u.shared_info.gfn = p->gpfn;
	vm_attr(&a, "shared_info");
	v.u.gpa = p->gpfn << 12;
	xioctl(vm.vcpu[0], KVM_XEN_VCPU_SET_ATTR, &v, "vcpu_info");
	return 0;
}

static long set_param(const struct xen_hvm_param *p)
{
	struct kvm_xen_hvm_attr a = { .type = KVM_XEN_ATTR_TYPE_UPCALL_VECTOR };

	if (p->index != HVM_PARAM_CALLBACK_IRQ)
		return -EINVAL;
	a.u.vector = p->value;
	vm_attr(&a, "callback vector");
	return 0;
}

static void route(uint32_t from, uint32_t to)
{
	struct kvm_xen_hvm_attr a = { .type = KVM_XEN_ATTR_TYPE_EVTCHN };

	a.u.evtchn.send_port = from;
	a.u.evtchn.type = EVTCHNSTAT_interdomain;
	a.u.evtchn.deliver.port.port = to;
	a.u.evtchn.deliver.port.priority =
		KVM_IRQ_ROUTING_XEN_EVTCHN_PRIO_2LEVEL;
	vm_attr(&a, "event channel");
}

static long event_op(uint64_t cmd, uint64_t arg)
{
	struct evtchn_alloc_unbound *a;
	struct evtchn_bind_interdomain *b;

	switch (cmd) {
	case EVTCHNOP_alloc_unbound:
		a = guest(arg);
		a->port = next_port++;
		return 0;
	case EVTCHNOP_bind_interdomain:
		b = guest(arg);
		if (b->remote_dom != SELF)
			return -ESRCH;
		b->local_port = next_port++;
		route(b->local_port, b->remote_port);
		route(b->remote_port, b->local_port);
		return 0;
	case EVTCHNOP_close:
		return 0;
	default:
		return -ENOSYS;
	}
}

void intree_hypercall(struct kvm_run *run)
{
	__u64 *p = run->xen.u.hcall.params;
	long ret = -ENOSYS;

	switch (run->xen.u.hcall.input) {
	case __HYPERVISOR_memory_op:
		if (p[0] == XENMEM_add_to_physmap)
			ret = place_shinfo(guest(p[1]));
		break;
	case __HYPERVISOR_hvm_op:
		if (p[0] == HVMOP_set_param)
			ret = set_param(guest(p[1]));
		break;
	case __HYPERVISOR_event_channel_op:
		ret = event_op(p[0], p[1]);
		break;
	case __HYPERVISOR_sched_op:
		if (p[0] == SCHEDOP_shutdown)
			exit(0);
		break;
	}
	run->xen.u.hcall.result = ret;
}
