// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCPUOP_* that only this architecture has: Xen's timers, bringing up, NMI; and calls: semantics
 * G1, G40, G42.
 */
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/xen_abi.h"
#include "x86.h"

static long vcpuop_set_periodic(struct kxen_hc *hc, struct kxen_vcpu *v)
{
	u64 period;

	if (kxen_hc_get(hc, &period, hc->arg[2], sizeof(period)))
		return -EFAULT;
	return kxen_timer_periodic(v, period);
}

static long vcpuop_set_singleshot(struct kxen_hc *hc, struct kxen_vcpu *v)
{
	struct { u64 ns; u32 flags; } __packed a;

	if (v != hc->v)
		return -EINVAL;
	/* 16 bytes with padding for a 64-bit caller, 12 for a 32-bit one */
	if (kxen_hc_get(hc, &a, hc->arg[2], sizeof(a)))
		return -EFAULT;
	return kxen_timer_singleshot(v, a.ns);
}

static long timer_op(struct kxen_hc *hc, struct kxen_vcpu *v)
{
	switch ((u32)hc->arg[0]) {
	case VCPUOP_set_periodic_timer:
		return vcpuop_set_periodic(hc, v);
	case VCPUOP_stop_periodic_timer:
		kxen_timer_periodic_stop(v);
		return 0;
	case VCPUOP_set_singleshot_timer:
		return vcpuop_set_singleshot(hc, v);
	case VCPUOP_stop_singleshot_timer:
		if (v != hc->v)
			return -EINVAL;
		kxen_timer_singleshot_stop(v);
		return 0;
	default:
		return -ENOSYS;
	}
}

long kxen_arch_vcpu_op(struct kxen_hc *hc, struct kxen_vcpu *v)
{
	switch ((u32)hc->arg[0]) {
	case VCPUOP_initialise:
		return kxen_vcpu_initialise(hc, v);
	case VCPUOP_is_up:
		return kxen_vcpu_is_up(v);
	case VCPUOP_up:
		return kxen_vcpu_up(v);
	case VCPUOP_register_vcpu_time_memory_area:
		return kxen_hc_register_area(hc, v, false, kxen_timer_register_area);
	case VCPUOP_register_vcpu_time_phys_area:
		return kxen_hc_register_area(hc, v, true, kxen_timer_register_area);
	case VCPUOP_send_nmi:
		if (hc->arg[2])
			return -EINVAL;
		kxen_glue_inject_nmi(v->vcpu);
		return 0;
	case VCPUOP_get_physid:
		return -EINVAL;	/* not pinned */
	default:
		return timer_op(hc, v);
	}
}

/* HYPERVISOR_set_timer_op(abs ns), in two registers for a 32-bit caller. */
static long set_timer(struct kxen_hc *hc)
{
	u64 abs = hc->compat ? (u32)hc->arg[0] | hc->arg[1] << 32 : hc->arg[0];

	return kxen_set_timer_op(hc->v, abs);
}

/* With a virtual LAPIC. */
static long xenpmu(struct kxen_hc *hc)
{
	return -EOPNOTSUPP;
}

const struct kxen_hc_entry kxen_arch_hypercalls[] = {
	{ __HYPERVISOR_set_timer_op, 2, set_timer, .fast = { .all = true } },
	{ __HYPERVISOR_xenpmu_op, 2, xenpmu },
	{ }
};
