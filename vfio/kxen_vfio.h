/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of kvm-xen-vfio.ko.
 *
 * Locks, outermost first: whatever VFIO holds when it calls; @lock of a device. Nothing of
 * kvm-xen.ko is called under @lock.
 */
#ifndef KXEN_VFIO_H
#define KXEN_VFIO_H

#include <linux/mutex.h>
#include <linux/pci_regs.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <linux/vfio.h>
#include <uapi/linux/kvm_xen.h>

struct eventfd_ctx;
struct kxen_vm_hold;

#define KXEN_PCI_CONFIG_SIZE	256
#define KXEN_PCI_IO_SIZE	0x100		/* BAR 0 */
#define KXEN_PCI_MEM_SIZE	0x1000000	/* BAR 1 */

/**
 * struct kxen_pci - Xen's platform device of one guest.
 * @vdev: what VFIO knows.
 * @uuid: the mdev's name, and the handle of its domain.
 * @lock: what follows, but for @config, @kvm and @hold.
 * @want: what the domain is to be made with, by the attributes.
 * @attach: a domain is made for the VM that the device is opened with.
 * @open: it is; then @want and @attach stay.
 * @had: number of the domain that it has made last, 0: none.
 * @intx: what the VMM wants to be told by; the device never does.
 * @config_lock: @config.
 * @config: configuration space.
 * @kvm: the VM that it is open with, or NULL; under kxen_pci_open_lock.
 * @hold: of that.
 * @same: in the list of those that are open, under the same.
 */
struct kxen_pci {
	struct vfio_device vdev;
	uuid_t uuid;
	struct mutex lock;	/* see above */
	struct kxen_create want;
	bool attach;
	bool open;
	u32 had;
	struct eventfd_ctx *intx;
	struct mutex config_lock; /* see above */
	u8 config[KXEN_PCI_CONFIG_SIZE];
	struct kvm *kvm;
	struct kxen_vm_hold *hold;
	struct list_head same;
};

/* config.c */
void kxen_pci_config_reset(struct kxen_pci *p);
void kxen_pci_config_read(struct kxen_pci *p, u32 at, u8 *buf, u32 len);
void kxen_pci_config_write(struct kxen_pci *p, u32 at, const u8 *buf, u32 len);

/* domain.c */
int kxen_pci_open(struct kxen_pci *p);
void kxen_pci_close(struct kxen_pci *p);
u32 kxen_pci_domid(struct kxen_pci *p);

/* attrs.c */
extern const struct attribute_group *kxen_pci_groups[];

/* device.c */
extern const struct vfio_device_ops kxen_pci_ops;

#endif
