// SPDX-License-Identifier: GPL-2.0-only
/* Xen's CPUID leaves (semantics G12) and the hypercall page MSR (G13). */
#include <asm/xen/cpuid.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/kxen_evtchn.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "x86.h"

#define XEN_MAX_LEAF	5

/* The block moves up when the VMM shows Hyper-V's leaves at the first place. */
u32 kxen_cpuid_base(struct kxen_vcpu *v)
{
	return kxen_glue_hyperv(v->vcpu) ? 0x40000100 : 0x40000000;
}

static void leaf_time(struct kxen_vcpu *v, u32 sub, u32 *r)
{
	switch (sub) {
	case 0:
		r[1] = 2;	/* TSC mode: never emulated */
		r[2] = kxen_glue_tsc_khz(v->vcpu);
		r[3] = 1;	/* incarnation */
		break;
	case 2:
		r[0] = kxen_glue_tsc_khz(v->vcpu);
		break;
	}
}

static void leaf_hvm(struct kxen_vcpu *v, u32 sub, u32 *r)
{
	if (sub)
		return;
	r[0] = XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT |
	       XEN_HVM_CPUID_UPCALL_VECTOR;
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

	if ((leaf & 0xffff0000) != 0x40000000)
		return 0;
	base = kxen_cpuid_base(v);
	kxen_domain_mark_active(v->domain);
	/* Below Xen's block Hyper-V's stays; above it there is nothing. */
	if (leaf < base)
		return 0;
	switch (leaf - base) {
	case 0:
		r[0] = base + XEN_MAX_LEAF;
		r[1] = XEN_CPUID_SIGNATURE_EBX;
		r[2] = XEN_CPUID_SIGNATURE_ECX;
		r[3] = XEN_CPUID_SIGNATURE_EDX;
		break;
	case 1:
		r[0] = v->domain->xen_major << 16 | v->domain->xen_minor;
		break;
	case 2:
		r[0] = 1;	/* hypercall pages; FreeBSD insists on one */
		r[1] = base == 0x40000000 ? KXEN_MSR_HYPERCALL :
		       KXEN_MSR_HYPERCALL_VIRIDIAN;
		break;
	case 3:
		leaf_time(v, *ecx, r);
		break;
	case 4:
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
