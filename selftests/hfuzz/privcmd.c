// SPDX-License-Identifier: GPL-2.0
/* /dev/xen/privcmd: hypercalls of domain 0, those that there are and others. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
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

/* None is paused: who stays so at the end would not come to his. */
static void domctl(uint64_t *a, struct kxen_domctl *c)
{
	static const uint32_t ops[] = {
		KXEN_DOMCTL_getdomaininfo, KXEN_DOMCTL_unpausedomain,
	};

	*c = (struct kxen_domctl){
		.cmd = one_in(10) ? 5 + below(100) : ops[below(2)],
		.interface_version = one_in(20) ? odd() : 0x15 + below(4),
		.domain = any_domid(),
	};
	a[0] = at(c);
}

static void sysctl(uint64_t *a, struct kxen_sysctl *s, void *buffer)
{
	*s = (struct kxen_sysctl){
		.cmd = one_in(10) ? odd() :
			one_in(2) ? KXEN_SYSCTL_physinfo : KXEN_SYSCTL_getdomaininfolist,
		.interface_version = one_in(20) ? odd() : 0x15 + below(2),
		.u.list = { .first_domain = any_domid(), .max_domains = one_in(4) ? odd() : below(8),
			    .buffer = at(buffer) },
	};
	a[0] = at(s);
}

/* The number of a call, and its first two arguments. */
static uint64_t some_call(uint64_t *a, union any *arg)
{
	static const uint32_t ops[] = {
		XENMEM_current_reservation, XENMEM_maximum_reservation, XENMEM_maximum_gpfn,
		XENMEM_acquire_resource,
	};

	switch (below(10)) {
	case 8:
		domctl(a, &arg->domctl);
		return __HYPERVISOR_domctl;
	case 9:
		sysctl(a, &arg->sysctl, arg);
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
