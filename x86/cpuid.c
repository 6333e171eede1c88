// SPDX-License-Identifier: GPL-2.0-only
/* Xen's CPUID leaves (semantics G12) and the hypercall page MSR (G13). */
#include <asm/cpufeature.h>
#include <linux/time64.h>
#include <asm/pvclock.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/kxen_evtchn.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "x86.h"
#include "xen_abi.h"

/* The block moves up when the VMM shows Hyper-V's leaves at the first place. */
u32 kxen_cpuid_base(struct kxen_vcpu *v)
{
	return XEN_CPUID_FIRST_LEAF + (kxen_glue_hyperv(v->vcpu) ? KXEN_CPUID_STEP : 0);
}

/* How the guest makes nanoseconds of its TSC: ((tsc << shift) * multiplier >> 32) - offset. */
static void leaf_time_scale(struct kxen_vcpu *v, u32 *r)
{
	const struct pvclock_vcpu_time_info *c = &v->arch.clock;
	u64 offset = pvclock_scale_delta(c->tsc_timestamp, c->tsc_to_system_mul, c->tsc_shift) -
		     c->system_time;

	r[0] = offset;
	r[1] = offset >> 32;
	r[2] = c->tsc_to_system_mul;
	r[3] = c->tsc_shift;	/* with its sign */
}

static void leaf_time(struct kxen_vcpu *v, u32 sub, u32 *r)
{
	switch (sub) {
	case KXEN_TIME_SCALE:
		leaf_time_scale(v, r);
		break;
	case KXEN_TIME_GUEST:
		r[0] = boot_cpu_has(X86_FEATURE_RDTSCP) ? KXEN_TIME_RDTSCP : 0;
		r[1] = XEN_CPUID_TSC_MODE_NEVER_EMULATE;
		r[2] = kxen_glue_tsc_khz(v->vcpu);
		r[3] = 1;	/* incarnation */
		break;
	case KXEN_TIME_HOST:
		r[0] = kxen_glue_tsc_khz(v->vcpu);
		break;
	}
}

static void leaf_hvm(struct kxen_vcpu *v, u32 sub, u32 *r)
{
	if (sub)
		return;
	r[0] = XEN_HVM_CPUID_IOMMU_MAPPINGS | XEN_HVM_CPUID_VCPU_ID_PRESENT |
	       XEN_HVM_CPUID_DOMID_PRESENT | XEN_HVM_CPUID_UPCALL_VECTOR;
	r[1] = v->id;
	r[2] = v->domain->domid;
}

/* What a guest that knows this module may ask for; Xen has nothing there. */
static void leaf_ext(struct kxen_vcpu *v, u32 *r)
{
	r[0] = KXEN_CPUID_SIGNATURE;
	r[1] = KXEN_EXT_FIFO_BATCH;
	if (v->domain->flags & KXEN_DOM_NLEVEL)
		r[1] |= KXEN_EXT_NLEVEL;
}

/* bool kvm_cpuid(vcpu, u32 *eax, *ebx, *ecx, *edx, bool exact_only) */
int kxen_on_cpuid(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	u32 *eax = (u32 *)a->arg[1], *ebx = (u32 *)a->arg[2];
	u32 *ecx = (u32 *)a->arg[3], *edx = (u32 *)a->arg[4];
	u32 base, leaf = *eax, r[4] = { 0 };

	if ((leaf & KXEN_CPUID_BLOCKS) != XEN_CPUID_FIRST_LEAF)
		return 0;
	base = kxen_cpuid_base(v);
	kxen_domain_mark_active(v->domain);
	/* Below Xen's block Hyper-V's stays; above it there is nothing. */
	if (leaf < base)
		return 0;
	switch (leaf - base) {
	case KXEN_LEAF_SIGNATURE:
		r[0] = base + KXEN_LEAF_PV;	/* the last one */
		r[1] = XEN_CPUID_SIGNATURE_EBX;
		r[2] = XEN_CPUID_SIGNATURE_ECX;
		r[3] = XEN_CPUID_SIGNATURE_EDX;
		break;
	case KXEN_LEAF_VERSION:
		r[0] = v->domain->xen_major << 16 | v->domain->xen_minor;
		break;
	case KXEN_LEAF_HYPERCALL:
		r[0] = 1;	/* hypercall pages; FreeBSD insists on one */
		r[1] = base == XEN_CPUID_FIRST_LEAF ? KXEN_MSR_HYPERCALL :
		       KXEN_MSR_HYPERCALL_VIRIDIAN;
		break;
	case KXEN_LEAF_TIME:
		leaf_time(v, *ecx, r);
		break;
	case KXEN_LEAF_HVM:
		leaf_hvm(v, *ecx, r);
		break;
	case KXEN_CPUID_LEAF:
		leaf_ext(v, r);
		break;
	}
	*eax = r[0];
	*ebx = r[1];
	*ecx = r[2];
	*edx = r[3];
	a->ret = true;
	return 1;
}
