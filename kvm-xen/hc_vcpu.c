// SPDX-License-Identifier: GPL-2.0-only
/* HYPERVISOR_vcpu_op(cmd, vcpu, arg): semantics G40, A81, A85. */
#include <linux/mm.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>

#include "arch.h"
#include "hypercall.h"
#include "xen_abi.h"

/* struct vcpu_runstate_info, without padding for a 32-bit caller. */
struct vcpu_runstate_compat {
	u32 state;
	u64 state_entry_time;
	u64 time[4];
} __packed;

static const struct kxen_field runstate_fields[] = {
	KXEN_FIELD(vcpu_runstate_info, vcpu_runstate_compat, state),
	KXEN_FIELD(vcpu_runstate_info, vcpu_runstate_compat, state_entry_time),
	KXEN_FIELD(vcpu_runstate_info, vcpu_runstate_compat, time),
};

static const struct kxen_struct runstate_layout =
	KXEN_STRUCT(vcpu_runstate_info, vcpu_runstate_compat, runstate_fields);

static long register_info(struct kxen_hc *hc, struct kxen_vcpu *v)
{
	struct vcpu_register_vcpu_info a;
	const struct kxen_layout *l = &kxen_layouts[READ_ONCE(hc->d->compat)];

	if (kxen_hc_get(hc, &a, hc->arg[2], sizeof(a)))
		return -EFAULT;
	if (a.offset > XEN_PAGE_SIZE - l->vcpu_info_size)
		return -ENXIO;
	if (a.offset & (l->long_bits / 8 - 1))
		return -ENXIO;
	return kxen_vcpu_set_info(v, a.mfn, a.offset);
}

/**
 * kxen_hc_register_area() - An area of a vCPU's that is written for the guest.
 * @hc: VCPUOP_register_runstate_memory_area or its like: the structure holds one address.
 * @v: the vCPU.
 * @phys: the address is a physical one of 64 bits; else one of the caller's, of its width.
 * @fn: takes it.
 *
 * Context: as a handler.
 * Return: what @fn does, or -EFAULT.
 */
long kxen_hc_register_area(struct kxen_hc *hc, struct kxen_vcpu *v, bool phys,
			   int (*fn)(struct kxen_vcpu *v,
				     const struct kxen_guest_addr *ga))
{
	struct kxen_guest_addr ga = { .caller = hc->v, .phys = phys };

	if (phys ? kxen_hc_get(hc, &ga.addr, hc->arg[2], sizeof(ga.addr)) :
		   kxen_hc_get_longs(hc, &ga.addr, hc->arg[2], 1))
		return -EFAULT;
	return fn(v, &ga);
}

static long get_runstate(struct kxen_hc *hc, struct kxen_vcpu *v)
{
	struct vcpu_runstate_info r;

	kxen_runstate_get(v, &r);
	return kxen_hc_put_struct(hc, hc->arg[2], &r, &runstate_layout);
}

long kxen_hc_vcpu_op(struct kxen_hc *hc)
{
	struct kxen_vcpu *v;

	v = kxen_domain_vcpu(hc->d, (u32)hc->arg[1]);
	if (!v)
		return -ENOENT;
	switch ((u32)hc->arg[0]) {
	case VCPUOP_get_runstate_info:
		return get_runstate(hc, v);
	case VCPUOP_register_runstate_memory_area:
		return kxen_hc_register_area(hc, v, false, kxen_runstate_register);
	case VCPUOP_register_runstate_phys_area:
		return kxen_hc_register_area(hc, v, true, kxen_runstate_register);
	case VCPUOP_register_vcpu_info:
		return register_info(hc, v);
	default:
		return kxen_arch_vcpu_op(hc, v);
	}
}
