// SPDX-License-Identifier: GPL-2.0
/* /dev/xen/privcmd: hypercalls of domain 0, those that there are and others. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/memory.h>
#include <xen/sys/privcmd.h>

#include "hfuzz.h"
#include "../../kvm-xen/toolstack_abi.h"

#define MANY	200	/* entries of a multicall: more than are made at once */

union any {
	uint64_t words[128];	/* room for the longest string */
	struct evtchn_alloc_unbound alloc;
	struct evtchn_status status;
	struct kxen_domctl domctl;
	struct kxen_sysctl sysctl;
	struct xen_hvm_param param;
	domid_t domid;
};

static uint64_t at(void *arg)
{
	return one_in(20) ? odd() : (uintptr_t)arg;
}

/* One that has its ports taken has fewer for itself: those that stay keep most of theirs. */
static void event_channel(uint64_t *a, union any *arg)
{
	if (one_in(8)) {
		arg->alloc = (struct evtchn_alloc_unbound){ domid_to_end(), any_domid(), 0 };
		a[0] = EVTCHNOP_alloc_unbound;
	} else {
		arg->status = (struct evtchn_status){ .dom = any_domid(),
						      .port = one_in(10) ? odd() : below(200) };
		a[0] = one_in(10) ? odd() : EVTCHNOP_status;
	}
	a[1] = at(arg);
}

/* No more than there is room for: who has more has it filled. */
static struct kxen_xenctl_bitmap some_map(void *buffer)
{
	return (struct kxen_xenctl_bitmap){ at(buffer), below(8 * sizeof(union any)), 0 };
}

/* None is paused, nor destroyed: who stays so at the end would not come to his. */
static void domctl(uint64_t *a, struct kxen_domctl *c, void *buffer)
{
	static const uint32_t ops[] = {
		KXEN_DOMCTL_getdomaininfo, KXEN_DOMCTL_unpausedomain, KXEN_DOMCTL_getvcpuinfo,
		KXEN_DOMCTL_getvcpuaffinity, KXEN_DOMCTL_setvcpuaffinity,
	};

	*c = (struct kxen_domctl){
		.cmd = one_in(10) ? 5 + below(100) : ops[below(5)],
		.interface_version = one_in(20) ? odd() : 0x15 + below(4),
		.domain = any_domid(),
		.u.affinity = { .vcpu = one_in(10) ? odd() : below(4), .flags = below(8),
				.hard = some_map(buffer), .soft = some_map(buffer) },
	};
	a[0] = at(c);
}

/* The argument of one that there is, in a union with those of all. */
static void sysctl_arg(struct kxen_sysctl *s, void *buffer)
{
	switch (s->cmd) {
	case KXEN_SYSCTL_getdomaininfolist:
		s->u.list.first_domain = any_domid();
		s->u.list.max_domains = below(8);
		s->u.list.buffer = at(buffer);
		break;
	case KXEN_SYSCTL_readconsole:
		s->u.console.clear = one_in(4);
		s->u.console.incremental = one_in(2);
		s->u.console.index = odd();
		s->u.console.count = below(sizeof(union any));
		s->u.console.buffer = at(buffer);
		break;
	case KXEN_SYSCTL_cputopoinfo:
		s->u.cputopo.num_cpus = below(8);
		s->u.cputopo.cputopo = one_in(4) ? 0 : at(buffer);
		break;
	case KXEN_SYSCTL_numainfo:
		s->u.numa.num_nodes = below(8);
		s->u.numa.meminfo = one_in(4) ? 0 : at(buffer);
		s->u.numa.distance = one_in(4) ? 0 : at(buffer);
		break;
	case KXEN_SYSCTL_cpupool_op:
		s->u.cpupool.op = below(10);
		s->u.cpupool.cpupool_id = below(3);
		s->u.cpupool.cpumap = some_map(buffer);
		break;
	}
}

static void sysctl(uint64_t *a, struct kxen_sysctl *s, void *buffer)
{
	static const uint32_t ops[] = {
		KXEN_SYSCTL_physinfo, KXEN_SYSCTL_getdomaininfolist, KXEN_SYSCTL_readconsole,
		KXEN_SYSCTL_sched_id, KXEN_SYSCTL_cputopoinfo, KXEN_SYSCTL_numainfo,
		KXEN_SYSCTL_cpupool_op,
	};

	*s = (struct kxen_sysctl){
		.cmd = one_in(10) ? odd() : ops[below(7)],
		.interface_version = one_in(20) ? odd() : 0x15 + below(2),
	};
	sysctl_arg(s, buffer);
	a[0] = at(s);
}

/* Nothing is set: guests look at their own. */
static void hvm(uint64_t *a, struct xen_hvm_param *p)
{
	*p = (struct xen_hvm_param){ .domid = any_domid(), .index = one_in(10) ? odd() : below(40) };
	a[0] = one_in(10) ? odd() : HVMOP_get_param;
	if (a[0] == HVMOP_set_param)
		a[0] = HVMOP_get_param;
	a[1] = at(p);
}

/* The number of a call, and its first two arguments. */
static uint64_t some_call(uint64_t *a, union any *arg)
{
	static __thread union any other;
	void *buffer = one_in(2) ? arg : &other;
	static const uint32_t ops[] = {
		XENMEM_current_reservation, XENMEM_maximum_reservation, XENMEM_maximum_gpfn,
		XENMEM_acquire_resource,
	};

	switch (below(11)) {
	case 10:
		hvm(a, &arg->param);
		return __HYPERVISOR_hvm_op;
	case 8:
		domctl(a, &arg->domctl, buffer);
		return __HYPERVISOR_domctl;
	case 9:
		sysctl(a, &arg->sysctl, buffer);
		return __HYPERVISOR_sysctl;
	case 0 ... 2:
		event_channel(a, arg);
		return __HYPERVISOR_event_channel_op;
	case 3 ... 5:
		arg->domid = any_domid();
		a[0] = one_in(10) ? odd() : ops[below(4)];
		a[1] = at(arg);
		return __HYPERVISOR_memory_op;
	case 6:
		a[0] = below(16);
		a[1] = at(arg);
		return __HYPERVISOR_xen_version;
	default:
		a[0] = odd();
		a[1] = at(arg);
		return one_in(4) ? odd() : below(64);
	}
}

void pc_step(void)
{
	static __thread multicall_entry_t list[MANY];
	static __thread union any args[MANY];
	struct privcmd_hypercall h = { 0 };
	uint64_t a[2];
	uint32_t i, nr;

	if (one_in(50)) {
		count(CALL_PRIVCMD, ioctl(privcmd_file, odd(), one_in(2) ? (void *)odd() : &h));
		return;
	}
	if (one_in(3)) {
		fm_step();
		return;
	}
	if (!one_in(8)) {
		h.op = some_call(a, args);
		h.arg[0] = a[0];
		h.arg[1] = a[1];
	} else {
		nr = below(MANY) + 1;
		for (i = 0; i < nr; i++) {
			list[i].op = some_call(a, &args[i]);
			list[i].args[0] = a[0];
			list[i].args[1] = a[1];
		}
		h.op = __HYPERVISOR_multicall;
		h.arg[0] = at(list);
		h.arg[1] = nr;
	}
	count(CALL_PRIVCMD, ioctl(privcmd_file, IOCTL_PRIVCMD_HYPERCALL, &h));
}
