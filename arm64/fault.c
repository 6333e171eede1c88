// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's accesses to frames that something is placed over. KVM takes the VMM's page, as for any
 * fault, and calls kvm_pgtable_stage2_map() for it below mmu_lock, when it has seen that nothing
 * has become of that page meanwhile. Whether another one is to be mapped is looked up there: who
 * changes what is placed has KVM unmap the frame afterwards, below mmu_lock, too.
 *
 * A mapping that is there already KVM may make writable without coming by here. So nothing is
 * placed that the guest may only read (KXEN_ARCH_SHOWS_READ_ONLY).
 */
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/arm64/glue.h"
#include "../kvm-xen/p2m.h"
#include "arm64.h"

/* Is anything placed in what is to be mapped, or was it? */
static bool placed_in(struct kxen_domain *d, const struct kxen_stage2_map *m)
{
	u64 gfn = kxen_gfn_from_kvm(m->addr >> PAGE_SHIFT), end = gfn + (m->size >> PAGE_SHIFT);
	bool any = false;

	rcu_read_lock();
	/* The table's chunks are of a large page each, at least one in what is larger. */
	for (; gfn < end && !any; gfn += BIT(KXEN_P2M_CHUNK))
		any = kxen_p2m_slot(d, gfn);
	rcu_read_unlock();
	return any;
}

static void substitute(struct kxen_domain *d, struct kvm_vcpu *vcpu, u64 *arg)
{
	struct kxen_stage2_map m;
	struct page *page;
	bool read_only;

	/* Who places the first one adds to this, and has KVM unmap the frame afterwards. */
	if (likely(!kxen_p2m_any(d)))
		return;
	kxen_glue_stage2_args(&m, arg);
	if (m.size > PAGE_SIZE) {
		if (!placed_in(d, &m))
			return;
		kxen_glue_stage2_one_page(&m, vcpu);
	}
	page = kxen_p2m_page(d, kxen_gfn_from_kvm(m.addr >> PAGE_SHIFT), false, &read_only);
	if (page)
		m.phys = page_to_phys(page);
	kxen_glue_stage2_set(arg, &m, page);
}

/* int kvm_pgtable_stage2_map(tables, addr, size, phys, prot, ...): of any VM, below mmu_lock */
int kxen_on_stage2_map(void *tables, struct kxen_hook_args *a)
{
	struct kvm *kvm = kxen_glue_stage2_vm(tables);
	struct kxen_domain *d = NULL;
	struct kvm_vcpu *vcpu;
	struct kxen_vcpu *v;

	if (!kvm)
		return 0;
	vcpu = kxen_glue_faulting(kvm, &v);
	if (v) {
		substitute(v->domain, vcpu, a->arg);
	} else if (!vcpu) {
		/* The VMM's page has moved, and KVM follows it: 6.1. */
		d = kxen_domain_of(kvm);
		if (d) {
			substitute(d, NULL, a->arg);
			kxen_domain_put(d);
		}
	}
	return 0;
}
