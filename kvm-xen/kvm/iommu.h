/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What VFIO has given a VM: groups of devices behind an IOMMU, and what these see of a guest's
 * memory.
 */
#ifndef KXEN_KVM_IOMMU_H
#define KXEN_KVM_IOMMU_H

#include <linux/types.h>

struct file;
struct iommu_domain;
struct iommu_group;
struct iommu_iotlb_gather;
struct kvm;

struct kvm *kxen_glue_vfio_kvm(void *dev);
void kxen_glue_vfio_locked(void *dev, void (*fn)(void *dev));
void kxen_glue_vfio_find(struct kvm *kvm, void (*fn)(void *dev));
int kxen_glue_vfio_each(void *dev, int (*fn)(void *arg, struct file *f), void *arg);
struct iommu_group *kxen_glue_vfio_group(struct file *f);
void kxen_glue_vfio_settle(struct file *f);
struct iommu_domain *kxen_glue_vfio_domain(struct iommu_group *g);
u64 kxen_glue_iommu_at(struct iommu_domain *in, u64 iova);
int kxen_glue_iommu_map(struct iommu_domain *to, u64 iova, u64 pa, bool read_only);
bool kxen_glue_iommu_unmap(struct iommu_domain *from, u64 iova,
			   struct iommu_iotlb_gather *gather);

#endif
