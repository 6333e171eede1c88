// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypercall page (semantics G13). New Linux never asks for it; BSD, older
 * Linux and firmware do.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/p2m.h"
#include "x86.h"
#include "xen_abi.h"

#define STUB_SIZE	32

static bool is_ours(struct kxen_vcpu *v, u32 index)
{
	return index == (kxen_cpuid_base(v) == XEN_CPUID_FIRST_LEAF ?
			 KXEN_MSR_HYPERCALL : KXEN_MSR_HYPERCALL_VIRIDIAN);
}

/* mov $nr, %eax; vmcall or vmmcall; ret. The same bytes in 32 and 64 bit. */
static void write_stub(u8 *p, u32 nr)
{
	static const u8 amd[] = { 0x0f, 0x01, 0xd9 };
	static const u8 intel[] = { 0x0f, 0x01, 0xc1 };

	if (nr == __HYPERVISOR_iret) {
		p[0] = 0x0f;	/* ud2 */
		p[1] = 0x0b;
		return;
	}
	p[0] = 0xb8;
	memcpy(p + 1, &nr, sizeof(nr));
	memcpy(p + 5, boot_cpu_data.x86_vendor == X86_VENDOR_AMD ||
	       boot_cpu_data.x86_vendor == X86_VENDOR_HYGON ? amd : intel, 3);
	p[8] = 0xc3;
}

static int write_page(struct kxen_vcpu *v, u64 gpa)
{
	u8 *page;
	u32 nr;
	int ret;

	page = (u8 *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!page)
		return 1;
	memset(page, 0xcc, XEN_PAGE_SIZE);
	for (nr = 0; nr < XEN_PAGE_SIZE / STUB_SIZE; nr++)
		write_stub(page + nr * STUB_SIZE, nr);
	ret = kxen_p2m_write(v->domain, gpa >> XEN_PAGE_SHIFT, page);
	free_page((unsigned long)page);
	return ret ? 1 : 0;
}

/* int kvm_set_msr_common(vcpu, struct msr_data *); 1 makes KVM raise #GP. */
int kxen_on_set_msr(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	struct kxen_domain *d = v->domain;
	u32 index;
	u64 data;

	if (!kxen_glue_msr((void *)a->arg[1], &index, &data) ||
	    !is_ours(v, index))
		return 0;
	a->ret = 1;
	if (data & ~XEN_PAGE_MASK)
		return 1;	/* only page 0 exists */
	kxen_reset_new_life(d);
	a->ret = write_page(v, data);
	if (!a->ret) {
		mutex_lock(&d->lock);
		kxen_shared_info_latch_width(d, !kxen_glue_long_mode(v->vcpu));
		mutex_unlock(&d->lock);
	}
	return 1;
}

int kxen_on_get_msr(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	u32 index;
	u64 data;

	if (!kxen_glue_msr((void *)a->arg[1], &index, &data) ||
	    !is_ours(v, index))
		return 0;
	kxen_glue_msr_result((void *)a->arg[1], 0);
	a->ret = 0;
	return 1;
}
