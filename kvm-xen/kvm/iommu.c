// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups of devices that a VM has from VFIO. Its VMM tells KVM of them, for reasons of KVM's own
 * (coherency): so they are known without the VMM's help. What is in KVM's device of that name is
 * private; layout.c compares it with what is assumed here.
 *
 * A domain of the IOMMU belongs to VFIO's type 1 driver, which has the guest's memory in it, and
 * looks at nothing else.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/vfio.h>

#include "glue.h"
#include "iommu.h"
#include "btf.h"
#include "internal.h"
#include "../log.h"

/* virt/kvm/vfio.c: struct kvm_vfio, as far as it is looked at. */
struct vm_groups {
	struct list_head files;
	struct mutex lock;	/* of @files */
};

/* struct kvm_vfio_file, which was kvm_vfio_group. */
struct vm_group {
	struct list_head node;
	struct file *file;
};

/*
 * What the core's table of layouts has of it: the names are those of one of two kernels. The
 * first members are where every such structure has them.
 */
int kxen_glue_check_vfio(const struct kxen_btf *btf)
{
	bool newer = kxen_btf_member(btf, "kvm_vfio_file", "file") ==
		     offsetof(struct vm_group, file) &&
		     kxen_btf_member(btf, "kvm_vfio_file", "node") == 0 &&
		     kxen_btf_member(btf, "kvm_vfio", "file_list") == 0;
	bool older = kxen_btf_member(btf, "kvm_vfio_group", "file") ==
		     offsetof(struct vm_group, file) &&
		     kxen_btf_member(btf, "kvm_vfio_group", "node") == 0 &&
		     kxen_btf_member(btf, "kvm_vfio", "group_list") == 0;

	if ((newer || older) &&
	    kxen_btf_member(btf, "kvm_vfio", "lock") == offsetof(struct vm_groups, lock))
		return 0;
	kxen_err("struct kvm_vfio is another one on this kernel: the module has to learn of it");
	return -ENOEXEC;
}

/* The VM of KVM's VFIO device @dev. */
struct kvm *kxen_glue_vfio_kvm(void *dev)
{
	return ((struct kvm_device *)dev)->kvm;
}

/*
 * Is the caller's caller in there already? Some kernels hold the lock around what we are called
 * from, and some do not.
 */
static bool have_lock(const struct vm_groups *g)
{
	return (atomic_long_read(&g->lock.owner) & ~7UL) == (unsigned long)current;
}

/**
 * kxen_glue_vfio_locked() - Do something while a VM's groups stay what they are.
 * @dev: KVM's VFIO device, whose lock the calling thread may have.
 * @fn: what, with @dev.
 *
 * Context: may sleep; takes the device's lock.
 */
void kxen_glue_vfio_locked(void *dev, void (*fn)(void *dev))
{
	struct vm_groups *g = ((struct kvm_device *)dev)->private;
	bool locked = have_lock(g);

	if (!locked)
		mutex_lock(&g->lock);
	fn(dev);
	if (!locked)
		mutex_unlock(&g->lock);
}

/* The same for the VFIO device of @kvm, if it has one. Takes kvm->lock, too. */
void kxen_glue_vfio_find(struct kvm *kvm, void (*fn)(void *dev))
{
	struct kvm_device *dev;

	mutex_lock(&kvm->lock);
	list_for_each_entry(dev, &kvm->devices, vm_node)
		if (!strcmp(dev->ops->name, "kvm-vfio"))
			kxen_glue_vfio_locked(dev, fn);
	mutex_unlock(&kvm->lock);
}

/**
 * kxen_glue_vfio_each() - Look at each group of devices that a VM has.
 * @dev: KVM's VFIO device, locked.
 * @fn: called with the group's file, which it may keep by get_file(); what is not 0 ends it.
 * @arg: for @fn.
 *
 * Return: what @fn has returned.
 */
int kxen_glue_vfio_each(void *dev, int (*fn)(void *arg, struct file *f), void *arg)
{
	struct vm_groups *g = ((struct kvm_device *)dev)->private;
	struct vm_group *at;
	int ret = 0;

	list_for_each_entry(at, &g->files, node) {
		ret = fn(arg, at->file);
		if (ret)
			break;
	}
	return ret;
}

/*
 * Where a group of VFIO's points to its IOMMU group: by VFIO's own type information, since the
 * function that says it does so on one architecture alone. 0: not known.
 */
static u32 group_offset(void)
{
	static u32 known;
	u32 at = READ_ONCE(known);
	struct kxen_btf *btf;
	int off;

	if (at)
		return at;
	btf = kxen_btf_open("vfio");
	off = IS_ERR(btf) ? PTR_ERR(btf) : kxen_btf_member(btf, "vfio_group", "iommu_group");
	if (!IS_ERR(btf))
		kxen_btf_close(btf);
	if (off <= 0) {
		kxen_err("VFIO's groups cannot be looked at (error %d): devices do not see what their guest maps",
			 off);
		return 0;
	}
	WRITE_ONCE(known, off);
	return off;
}

static bool is_group(struct file *f)
{
	bool (*fn)(struct file *f) = symbol_get(vfio_file_is_group);
	bool is;

	if (!fn)
		return false;
	is = fn(f);
	symbol_put(vfio_file_is_group);
	return is;
}

/*
 * The group of a file of VFIO's, without a reference: as long as the file. NULL for what is no
 * group, or if it is not known how to look at it.
 */
struct iommu_group *kxen_glue_vfio_group(struct file *f)
{
	u32 at = is_group(f) ? group_offset() : 0;

	return at ? *(struct iommu_group **)(f->private_data + at) : NULL;
}

/*
 * Wait until VFIO has done what it is doing to a group: it answers a question that it takes the
 * group's lock for, which it holds while the group leaves an IOMMU. May sleep.
 */
void kxen_glue_vfio_settle(struct file *f)
{
	bool (*fn)(struct file *f) = symbol_get(vfio_file_enforced_coherent);

	if (!fn)
		return;
	fn(f);
	symbol_put(vfio_file_enforced_coherent);
}

static int take_domain(struct device *dev, void *arg)
{
	struct iommu_domain **to = arg;

	*to = iommu_get_domain_for_dev(dev);
	return 1;
}

/*
 * What a group's devices see, if VFIO has set it up: not before the group is in a container. It is
 * there until it is detached from that.
 */
struct iommu_domain *kxen_glue_vfio_domain(struct iommu_group *g)
{
	struct iommu_domain *d = NULL;

	iommu_group_for_each_dev(g, &d, take_domain);
	return d && d->type == IOMMU_DOMAIN_UNMANAGED ? d : NULL;
}

/* What devices see at an address: a physical one; 0: nothing. */
u64 kxen_glue_iommu_at(struct iommu_domain *in, u64 iova)
{
	return iommu_iova_to_phys(in, iova);
}

/**
 * kxen_glue_iommu_map() - Have devices see a page.
 * @to: what they see.
 * @iova: the address at which they do, of a page of Xen's.
 * @pa: the page's.
 * @read_only: they may not write to it.
 *
 * Context: may sleep; nobody else changes what is at @iova.
 * Return: 0; -EEXIST if something is there, which is VFIO's; or what the IOMMU's driver says.
 */
int kxen_glue_iommu_map(struct iommu_domain *to, u64 iova, u64 pa, bool read_only)
{
	int prot = IOMMU_READ | IOMMU_CACHE | (read_only ? 0 : IOMMU_WRITE);

	if (kxen_glue_iommu_at(to, iova))
		return -EEXIST;
#ifdef KXEN_IOMMU_MAP_ATOMIC	/* there was a call for each kind of memory */
	return iommu_map(to, iova, pa, PAGE_SIZE, prot);
#else
	return iommu_map(to, iova, pa, PAGE_SIZE, prot, GFP_KERNEL_ACCOUNT);
#endif
}

/* The opposite. It may be in use until iommu_iotlb_sync() with the same @gather. */
bool kxen_glue_iommu_unmap(struct iommu_domain *from, u64 iova,
			   struct iommu_iotlb_gather *gather)
{
	return iommu_unmap_fast(from, iova, PAGE_SIZE, gather) == PAGE_SIZE;
}
