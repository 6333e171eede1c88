// SPDX-License-Identifier: GPL-2.0-only
/* KVM's moments in the life of a VM and its vCPUs, handed on to the core. */
#include "../kvm-xen/arch.h"
#include "../kvm-xen/guest_mem.h"
#include "../kvm-xen/p2m_iommu.h"
#include "x86.h"

/* int kvm_arch_vcpu_ioctl_run(vcpu): KVM_RUN begins */
int kxen_on_run(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	kxen_vcpu_enter(v);
	if (unlikely(READ_ONCE(v->arch.starts)))
		kxen_vcpu_start(v);
	return 0;
}

/* void kvm_arch_vcpu_postcreate(vcpu): of any VM */
int kxen_on_vcpu_created(struct kvm_vcpu *vcpu, struct kxen_hook_args *a)
{
	kxen_domain_vcpu_created(vcpu);
	return 0;
}

/*
 * void kvm_arch_sync_dirty_log(kvm, slot): the VMM asks which pages are dirty. All that
 * the host may write to are; to take note of each write would cost every send.
 */
int kxen_on_sync_dirty(struct kvm *kvm, struct kxen_hook_args *a)
{
	kxen_domain_mark_dirty(kvm, (struct kvm_memory_slot *)a->arg[1]);
	return 0;
}

/* int kvm_arch_vcpu_precreate(kvm, id): of any VM */
int kxen_on_vcpu_coming(struct kvm *kvm, struct kxen_hook_args *a)
{
	int ret = kxen_domain_vcpu_coming(kvm, a->arg[1]);

	a->ret = ret;
	return !!ret;
}

/* void kvm_arch_pre_destroy_vm(kvm): of any VM, when no vCPU of it can run any more */
int kxen_on_vm_gone(struct kvm *kvm, struct kxen_hook_args *a)
{
	kxen_domain_vm_gone(kvm);
	return 0;
}

/* void kvm_vfio_update_coherency(dev): of any VM, whose list of groups of devices has changed */
int kxen_on_vfio_changed(void *dev, struct kxen_hook_args *a)
{
	kxen_iommu_changed(dev);
	return 0;
}

/* void vfio_iommu_type1_detach_group(iommu, group): of any user of VFIO */
int kxen_on_vfio_detach(void *iommu_data, struct kxen_hook_args *a)
{
	kxen_iommu_detached((struct iommu_group *)a->arg[1]);
	return 0;
}
