// SPDX-License-Identifier: GPL-2.0-only
/* Virtual machines: what they are, and which of them can be a Xen domain. */
#include <linux/file.h>
#include <uapi/linux/kvm_xen.h>

#include "glue.h"
#include "internal.h"

/**
 * kxen_glue_vm_file() - The VM behind a file descriptor.
 * @fd: a descriptor of the calling process.
 * @kvm: set to the VM; valid while the returned file is held.
 *
 * Return: the file, to be given back with fput(), or an error pointer: -EBADF;
 * -EINVAL if it is not a KVM VM.
 */
struct file *kxen_glue_vm_file(int fd, struct kvm **kvm)
{
	struct file *f = fget(fd);

	if (!f)
		return ERR_PTR(-EBADF);
	if (!kxen_kvm(file_is_kvm)(f)) {
		fput(f);
		return ERR_PTR(-EINVAL);
	}
	*kvm = f->private_data;
	return f;
}

/*
 * The VMM learns of dirty pages from the vCPUs' rings, which only a running vCPU fills: it
 * would not learn of ours.
 */
bool kxen_glue_has_dirty_ring(struct kvm *kvm)
{
	return kvm->dirty_ring_size;
}

/* Why this VM cannot be a Xen domain: KXEN_ATTACH_*, 0 if it can. */
u32 kxen_glue_vm_refuse(struct kvm *kvm, int max_vcpus)
{
	u32 why = kxen_glue_vm_refuse_arch(kvm);

	if (why)
		return why;
	if (atomic_read(&kvm->online_vcpus) > max_vcpus)
		return KXEN_ATTACH_VCPUS;
	if (kxen_glue_has_dirty_ring(kvm))
		return KXEN_ATTACH_DIRTY_RING;
	return KXEN_ATTACH_NONE;
}

/* A reference, unless the VM's last one is gone already. */
bool kxen_glue_vm_tryget(struct kvm *kvm)
{
	return kvm_get_kvm_safe(kvm);
}

void kxen_glue_vm_put(struct kvm *kvm)
{
	kvm_put_kvm(kvm);
}

int kxen_glue_vm_pid(struct kvm *kvm)
{
	return kvm->userspace_pid;
}

/* The vCPU with KVM's index @idx, or NULL. It lives as long as the VM. */
struct kvm_vcpu *kxen_glue_vcpu_by_idx(struct kvm *kvm, u32 idx)
{
	/* Older kernels answer an index that is too large with vCPU 0. */
	return idx < atomic_read(&kvm->online_vcpus) ?
	       kvm_get_vcpu(kvm, idx) : NULL;
}

struct kvm *kxen_glue_vcpu_kvm(struct kvm_vcpu *vcpu)
{
	return vcpu->kvm;
}

u32 kxen_glue_vcpu_idx(struct kvm_vcpu *vcpu)
{
	return vcpu->vcpu_idx;
}

u32 kxen_glue_vcpu_id(struct kvm_vcpu *vcpu)
{
	return vcpu->vcpu_id;
}

/* vCPUs that the VM has, or is about to have. kvm->lock held. */
u32 kxen_glue_created_vcpus(struct kvm *kvm)
{
	return kvm->created_vcpus;
}
