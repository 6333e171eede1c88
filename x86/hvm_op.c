// SPDX-License-Identifier: GPL-2.0-only
/* HVMOP_* and HVM_PARAM_* that only this architecture has: semantics G.4. */
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/hvm/hvm_op.h>
#include <xen/interface/hvm/params.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "xen_abi.h"

bool kxen_arch_param(u32 index, bool set)
{
	switch (index) {
	case HVM_PARAM_VM86_TSS:
	case HVM_PARAM_ACPI_IOPORTS_LOCATION:
	case HVM_PARAM_VM_GENERATION_ID_ADDR:
	case HVM_PARAM_X87_FIP_WIDTH:
	case HVM_PARAM_VM86_TSS_SIZED:
		return true;
	case HVM_PARAM_ALTP2M:
		return !set;
	default:
		return false;
	}
}

static long pagetable_dying(struct kxen_hc *hc)
{
	struct xen_hvm_pagetable_dying a;

	if (kxen_hc_get(hc, &a, hc->arg[1], sizeof(a)))
		return -EFAULT;
	if (a.domid != DOMID_SELF && a.domid != hc->d->domid)
		return -EOPNOTSUPP;
	return -EINVAL;	/* nested paging: Linux then does without */
}

static long upcall_vector(struct kxen_hc *hc)
{
	struct { u32 vcpu; u8 vector; } a;
	struct kxen_vcpu *v;

	/* 5 bytes of payload, 8 of structure */
	u64 raw;

	if (kxen_hc_get(hc, &raw, hc->arg[1], sizeof(raw)))
		return -EFAULT;
	a.vcpu = raw;
	a.vector = raw >> 32;
	if (a.vector < KXEN_MIN_VECTOR)
		return -EINVAL;
	v = kxen_domain_vcpu(hc->d, a.vcpu);
	if (!v)
		return -ENOENT;
	WRITE_ONCE(v->arch.upcall_vector, a.vector);
	kxen_arch_upcall_again(v);
	return 0;
}

static long get_time(struct kxen_hc *hc)
{
	u64 now = kxen_arch_guest_now(hc->v);

	return kxen_hc_put(hc, hc->arg[1], &now, sizeof(now));
}

long kxen_arch_hvm_op(struct kxen_hc *hc)
{
	switch (hc->arg[0]) {
	case HVMOP_flush_tlbs:
		if (hc->arg[1])
			return -EINVAL;
		kxen_glue_flush_tlbs(hc->d->kvm);
		return 0;
	case HVMOP_get_time:
		return get_time(hc);
	case HVMOP_xentrace:
		return 0;
	case HVMOP_pagetable_dying:
		return pagetable_dying(hc);
	case HVMOP_set_evtchn_upcall_vector:
		return upcall_vector(hc);
	case HVMOP_altp2m:
		return -EOPNOTSUPP;
	default:
		return -ENOSYS;
	}
}
