/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices of a guest's own see what it has mapped of other domains: p2m_iommu.c. */
#ifndef KXEN_P2M_IOMMU_H
#define KXEN_P2M_IOMMU_H

#include "kxen.h"

struct iommu_group;
struct page;

void kxen_iommu_init(struct kxen_domain *d);
void kxen_iommu_attach(struct kxen_domain *d, struct kvm *kvm);
void kxen_iommu_detach(struct kxen_domain *d);
void kxen_iommu_changed(void *dev);
void kxen_iommu_detached(struct iommu_group *group);
int kxen_iommu_map(struct kxen_domain *d, u64 gfn, struct page *page, bool read_only);
void kxen_iommu_unmap(struct kxen_domain *d, const u64 *gfn, u32 nr);

/*
 * Has the VM such devices? Who maps a page asks behind the change of the table, by a full
 * barrier, which pairs with that in add_group().
 */
static inline bool kxen_iommu_any(const struct kxen_domain *d)
{
	return unlikely(READ_ONCE(d->iommu.nr));
}

#endif
