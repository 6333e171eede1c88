// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device as a VMM sees it: regions, an interrupt, reset.
 *
 * Neither BAR can be mapped. The second one is an address range that a guest places grant frames
 * in; where it has placed none there is nothing, as under Xen, and it costs no memory. The
 * interrupt is there since drivers and firmware expect one, and never comes: events are told by a
 * vector, or by a GSI that the VMM has nothing to do with. The device does no DMA.
 */
#include <linux/eventfd.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "kxen_vfio.h"

/* The offset in the file says which region. */
#define REGION_SHIFT	40
#define REGION_OFFSET	((1ULL << REGION_SHIFT) - 1)

static struct kxen_pci *to_pci(struct vfio_device *vdev)
{
	return container_of(vdev, struct kxen_pci, vdev);
}

/* --- regions -------------------------------------------------------------------- */

static u64 region_size(u32 index)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return KXEN_PCI_IO_SIZE;
	case VFIO_PCI_BAR1_REGION_INDEX:
		return KXEN_PCI_MEM_SIZE;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return KXEN_PCI_CONFIG_SIZE;
	default:
		return 0;
	}
}

static int fill_region_info(struct vfio_region_info *info)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info->size = region_size(info->index);
	info->offset = (u64)info->index << REGION_SHIFT;
	info->flags = info->size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	return 0;
}

/*
 * What is read where nothing is. I/O: all ones, but for the first byte, the flags that would lock
 * the firmware's memory, which nobody can. Memory: zero.
 */
static void read_bar(u32 index, u32 at, u8 *buf, u32 len)
{
	bool io = index == VFIO_PCI_BAR0_REGION_INDEX;

	memset(buf, io ? 0xff : 0, len);
	if (io && !at)
		buf[0] = 0;
}

/* One piece of it, inside of the region. What is written to a BAR has no effect. */
static int access(struct kxen_pci *p, u32 index, u32 at, char __user *ubuf, u32 len, bool write)
{
	u8 buf[16];

	if (write) {
		if (copy_from_user(buf, ubuf, len))
			return -EFAULT;
		if (index == VFIO_PCI_CONFIG_REGION_INDEX)
			kxen_pci_config_write(p, at, buf, len);
		return 0;
	}
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		kxen_pci_config_read(p, at, buf, len);
	else
		read_bar(index, at, buf, len);
	return copy_to_user(ubuf, buf, len) ? -EFAULT : 0;
}

static ssize_t read_write(struct vfio_device *vdev, char __user *ubuf, size_t count, loff_t *ppos,
			  bool write)
{
	u64 index = (u64)*ppos >> REGION_SHIFT, at = *ppos & REGION_OFFSET, size;
	size_t done = 0;
	int ret = 0;

	if (index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	size = region_size(index);
	if (at >= size)
		return -EINVAL;
	count = min_t(u64, count, size - at);
	while (done < count) {
		u32 len = min_t(size_t, count - done, 16);

		ret = access(to_pci(vdev), index, at + done, ubuf + done, len, write);
		if (ret)
			break;
		done += len;
	}
	*ppos += done;
	return done ? done : ret;
}

static ssize_t pci_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	return read_write(vdev, buf, count, ppos, false);
}

static ssize_t pci_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			 loff_t *ppos)
{
	return read_write(vdev, (char __user *)buf, count, ppos, true);
}

/* --- the interrupt -------------------------------------------------------------- */

/* Errors and a request to give it back are told by none: the VMM does not ask again. */
static int fill_irq_info(struct vfio_irq_info *info)
{
	switch (info->index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		info->count = 1;
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
			      VFIO_IRQ_INFO_AUTOMASKED;
		return 0;
	case VFIO_PCI_MSI_IRQ_INDEX:
	case VFIO_PCI_MSIX_IRQ_INDEX:
		info->count = 0;
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Kept only so that what the VMM set up is there until it takes it away. */
static void keep_intx(struct kxen_pci *p, struct eventfd_ctx *ctx)
{
	mutex_lock(&p->lock);
	swap(p->intx, ctx);
	mutex_unlock(&p->lock);
	if (ctx)
		eventfd_ctx_put(ctx);
}

static int set_intx_trigger(struct kxen_pci *p, const struct vfio_irq_set *set, const void *data)
{
	u32 type = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	struct eventfd_ctx *ctx = NULL;
	s32 fd;

	if (type == VFIO_IRQ_SET_DATA_EVENTFD) {
		fd = *(s32 *)data;
		if (fd >= 0)
			ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	} else if (type != VFIO_IRQ_SET_DATA_NONE || set->count) {
		/* To have it raised for a test is not offered. */
		return -EINVAL;
	}
	keep_intx(p, ctx);
	return 0;
}

static int set_irqs(struct kxen_pci *p, const struct vfio_irq_set *set, const void *data)
{
	if (set->index != VFIO_PCI_INTX_IRQ_INDEX)
		return -EINVAL;
	switch (set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return set_intx_trigger(p, set, data);
	case VFIO_IRQ_SET_ACTION_MASK:
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return 0;
	default:
		return -EINVAL;
	}
}

static long ioctl_set_irqs(struct kxen_pci *p, void __user *arg)
{
	size_t min = offsetofend(struct vfio_irq_set, count), size = 0;
	struct vfio_irq_set set;
	void *data = NULL;
	int ret;

	if (copy_from_user(&set, arg, min))
		return -EFAULT;
	ret = vfio_set_irqs_validate_and_prepare(&set, set.index == VFIO_PCI_INTX_IRQ_INDEX,
						 VFIO_PCI_NUM_IRQS, &size);
	if (ret)
		return ret;
	if (size) {
		data = memdup_user(arg + min, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	ret = set_irqs(p, &set, data);
	kfree(data);
	return ret;
}

/* --- ioctls --------------------------------------------------------------------- */

/* Copy the fixed part in, which says how long the caller thinks that it is. */
static int get_arg(void *to, void __user *from, size_t min)
{
	if (copy_from_user(to, from, min))
		return -EFAULT;
	return *(u32 *)to < min ? -EINVAL : 0;
}

static long ioctl_info(void __user *arg)
{
	size_t min = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info = { 0 };
	int ret = get_arg(&info, arg, min);

	if (ret)
		return ret;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, min) ? -EFAULT : 0;
}

static long ioctl_irq_info(void __user *arg)
{
	size_t min = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info = { 0 };
	int ret = get_arg(&info, arg, min);

	if (!ret)
		ret = fill_irq_info(&info);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, min) ? -EFAULT : 0;
}

#ifdef KXEN_VFIO_REGION_OP	/* the core has the ioctl, and asks */
static int pci_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
			   struct vfio_info_cap *caps)
{
	return fill_region_info(info);
}
#else
static long ioctl_region_info(void __user *arg)
{
	size_t min = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = { 0 };
	int ret = get_arg(&info, arg, min);

	if (!ret)
		ret = fill_region_info(&info);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, min) ? -EFAULT : 0;
}
#endif

static long pci_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct kxen_pci *p = to_pci(vdev);
	void __user *u = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return ioctl_info(u);
#ifndef KXEN_VFIO_REGION_OP
	case VFIO_DEVICE_GET_REGION_INFO:
		return ioctl_region_info(u);
#endif
	case VFIO_DEVICE_GET_IRQ_INFO:
		return ioctl_irq_info(u);
	case VFIO_DEVICE_SET_IRQS:
		return ioctl_set_irqs(p, u);
	case VFIO_DEVICE_RESET:
		kxen_pci_config_reset(p);
		return 0;
	default:
		return -ENOTTY;
	}
}

/* --- its life ------------------------------------------------------------------- */

static int pci_init(struct vfio_device *vdev)
{
	struct kxen_pci *p = to_pci(vdev);

	mutex_init(&p->lock);
	mutex_init(&p->config_lock);
	p->attach = true;
	p->want.size = sizeof(p->want);
	p->want.domid = KXEN_DOMID_AUTO;
	kxen_pci_config_reset(p);
	return 0;
}

static void pci_release(struct vfio_device *vdev)
{
	struct kxen_pci *p = to_pci(vdev);

	mutex_destroy(&p->config_lock);
	mutex_destroy(&p->lock);
#ifdef KXEN_VFIO_FREE_DEVICE	/* ours to free, where the core does not */
	vfio_free_device(vdev);
#endif
}

static int pci_open(struct vfio_device *vdev)
{
	int ret = kxen_pci_open(to_pci(vdev));

	if (!ret)
		kxen_pci_config_reset(to_pci(vdev));
	return ret;
}

static void pci_close(struct vfio_device *vdev)
{
	keep_intx(to_pci(vdev), NULL);
	kxen_pci_close(to_pci(vdev));
}

const struct vfio_device_ops kxen_pci_ops = {
	.name = "kvm-xen-vfio",
	.init = pci_init,
	.release = pci_release,
	.open_device = pci_open,
	.close_device = pci_close,
	.read = pci_read,
	.write = pci_write,
	.ioctl = pci_ioctl,
#ifdef KXEN_VFIO_REGION_OP
	.get_region_info_caps = pci_region_info,
#endif
#ifdef KXEN_VFIO_IOMMUFD
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#endif
};
