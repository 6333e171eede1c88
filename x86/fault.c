// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's own accesses to frames that something is placed over: KVM asks for the page when the
 * guest faults, and gets the one that the table has. What it has mapped it keeps until the
 * table's owner has changed that and flushed (p2m_map.c): a fault that has asked before and maps
 * afterwards is told by KVM's own count of invalidations, which it reads before it asks.
 */
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/p2m.h"
#include "x86.h"

/* Is there anything in the large page around this frame, or was there? */
static bool placed_near(struct kxen_domain *d, u64 gfn)
{
	bool near;

	rcu_read_lock();
	near = kxen_p2m_slot(d, gfn);
	rcu_read_unlock();
	return near;
}

/* Called from entry.S only: in a fault, kvm->srcu held; or below KVM's mmu_lock. Does not sleep. */
int kxen_on_faultin(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	struct kxen_glue_fault f;
	struct page *page;
	bool read_only;

	if (likely(!kxen_p2m_any(v->domain) && !READ_ONCE(v->domain->p2m_view)))
		return 0;
	kxen_glue_fault_args(&f, a->arg, a->stack);
	if (!f.slot)
		return 0;
	if (placed_near(v->domain, kxen_gfn_from_kvm(f.gfn)))
		kxen_glue_fault_cover(v->domain->kvm, &f);
	page = kxen_p2m_page(v->domain, kxen_gfn_from_kvm(f.gfn), KXEN_GLUE_FAULT_HOLDS,
			     &read_only);
	if (!page && !kxen_glue_fault_in_view(&f))
		return 0;
	a->ret = page ? kxen_glue_fault_page(&f, page, read_only) : kxen_glue_fault_none(&f);
	return 1;
}

/* Likewise: neighbours of a page that has faulted, for shadow page tables. */
int kxen_on_prefetch(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	u32 i, nr = a->arg[3];

	if (likely(!kxen_p2m_any(v->domain)))
		return 0;
	for (i = 0; i < nr; i++) {
		if (kxen_p2m_word(v->domain, kxen_gfn_from_kvm(a->arg[1] + i))) {
			a->ret = -1;
			return 1;
		}
	}
	return 0;
}
