// SPDX-License-Identifier: GPL-2.0-only
/* What is hooked for memory paging on x86: a vCPU's fault, and everybody's. */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "../../kvm-xen/kvm/glue.h"
#include "../../kvm-xen/kvm/x86/glue.h"
#include "../mempaging.h"
#include "entry.h"
#include "hook.h"

static_assert(offsetof(struct vm_fault, orig_pte) == KXEN_VMF_ORIG_PTE);

int kxen_on_vcpu_fault(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_swap(struct vm_fault *vmf, struct kxen_hook_args *a);
void kxen_tramp_vcpu_fault(void);
void kxen_tramp_swap(void);
u64 kxen_call_into(const u64 *arg, u64 into);

/*
 * KVM deals with the fault. What it meets out it does not wait for, with its SRCU held and deaf to
 * signals: it is refused, that is noted, and its error means nothing.
 */
static u64 let_kvm(struct kxen_pager *pg, struct kxen_vcpu *v, struct kxen_hook_args *a, u64 gfn)
{
	struct kxen_mempaging_vcpu *mv = v->mempaging;
	u64 ret;

	mv->met = false;
	mv->gfn = gfn;
	ret = kxen_call_into(a->arg, a->into);
	mv->gfn = KXEN_PG_NO_GFN;
	if (!mv->met || (int)ret != -EFAULT)
		return ret;
	kxen_pg_vcpu_waits(pg, v, gfn);
	return 1;
}

/* Called from entry.S only. Addresses of a nested guest's are none that the pager knows. */
int kxen_on_vcpu_fault(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	u64 gfn = a->arg[1] >> PAGE_SHIFT;
	struct kxen_pager *pg;

	if (kxen_glue_nested(v->vcpu))
		return 0;
	pg = kxen_pager_of(v->domain);
	if (!pg)
		return 0;
	/* When the page is there KVM maps it now, not at another exit; unless it has to look up. */
	if (kxen_pg_vcpu_waits(pg, v, gfn) && kxen_glue_work_pending(v->vcpu))
		a->ret = 1;
	else
		a->ret = let_kvm(pg, v, a, gfn);
	kxen_pager_put(pg);
	return 1;
}

/* Likewise, for every process that has met a mark. */
int kxen_on_swap(struct vm_fault *vmf, struct kxen_hook_args *a)
{
	if (!kxen_mark_is(vmf->orig_pte))
		return 0;
	a->ret = (__force u32)kxen_pg_fault(vmf);
	return 1;
}

static struct kxen_hook mempaging_hooks[] = {
	{ .symbol = "do_swap_page", .nargs = 1, .trampoline = kxen_tramp_swap,
	  .why = "somebody has met a page that is paged out" },
	{ .symbol = "kvm_mmu_page_fault", .nargs = 5, .trampoline = kxen_tramp_vcpu_fault,
	  .why = "a vCPU waits for a page with nothing of KVM's held" },
};

struct kxen_hook_set kxen_mempaging_hooks = {
	.hooks = mempaging_hooks, .nr = ARRAY_SIZE(mempaging_hooks) };
