// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm-xen-vfio.ko: Xen's platform PCI device, 5853:0001, as a VFIO mediated device.
 *
 * A module of its own, since it needs mdev and VFIO, which a host may lack.
 */
#include <linux/err.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "kxen_vfio.h"

/* As many as there are numbers for domains, of which 0 is the host's. */
#define MAX_DEVICES	0x7fef

static int pci_probe(struct mdev_device *mdev)
{
	struct kxen_pci *p = vfio_alloc_device(kxen_pci, vdev, &mdev->dev, &kxen_pci_ops);
	char text[UUID_STRING_LEN + 1];
	int ret;

	if (IS_ERR(p))
		return PTR_ERR(p);
	/* The mdev's has three words in the other order. */
	snprintf(text, sizeof(text), "%pUl", &mdev->uuid);
	if (!uuid_parse(text, &p->uuid))
		memcpy(p->want.uuid, &p->uuid, sizeof(p->want.uuid));
	dev_set_drvdata(&mdev->dev, p);
	ret = vfio_register_emulated_iommu_dev(&p->vdev);
	if (ret)
		vfio_put_device(&p->vdev);
	return ret;
}

/* Waits until nobody has it open. */
static void pci_remove(struct mdev_device *mdev)
{
	struct kxen_pci *p = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&p->vdev);
	vfio_put_device(&p->vdev);
}

static ssize_t pci_description(struct mdev_type *type, char *buf)
{
	return sysfs_emit(buf, "makes the VM a Xen domain; PCI device 5853:0001\n");
}

static struct mdev_driver pci_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = MAX_DEVICES,
	.probe = pci_probe,
	.remove = pci_remove,
	.show_description = pci_description,
	.driver = {
		.name = "kvm-xen-vfio",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
		.dev_groups = kxen_pci_groups,
	},
};

static struct mdev_type pci_type = {
	.sysfs_name = "platform",
	.pretty_name = "Xen platform device",
};

static struct mdev_type *pci_types[] = { &pci_type };
static struct mdev_parent pci_parent;

/* What they hang off: the name of its driver is the first word of the type's. */
static struct platform_driver parent_driver = {
	.driver = {
		.name = "kvm-xen",
		.suppress_bind_attrs = true,
	},
};

static struct platform_device *parent;

static int __init register_parent(void)
{
	int ret = platform_driver_register(&parent_driver);

	if (ret)
		return ret;
	parent = platform_device_register_simple("kvm-xen", PLATFORM_DEVID_NONE, NULL, 0);
	if (!IS_ERR(parent))
		return 0;
	platform_driver_unregister(&parent_driver);
	return PTR_ERR(parent);
}

static void unregister_parent(void)
{
	platform_device_unregister(parent);
	platform_driver_unregister(&parent_driver);
}

static int __init pci_module_init(void)
{
	int ret = mdev_register_driver(&pci_driver);

	if (ret)
		return ret;
	ret = register_parent();
	if (ret) {
		mdev_unregister_driver(&pci_driver);
		return ret;
	}
	ret = mdev_register_parent(&pci_parent, &parent->dev, &pci_driver, pci_types,
				   ARRAY_SIZE(pci_types));
	if (ret) {
		unregister_parent();
		mdev_unregister_driver(&pci_driver);
	}
	return ret;
}

static void __exit pci_module_exit(void)
{
	mdev_unregister_parent(&pci_parent);
	unregister_parent();
	mdev_unregister_driver(&pci_driver);
}

module_init(pci_module_init);
module_exit(pci_module_exit);

MODULE_DESCRIPTION("Xen's platform PCI device for guests of kvm-xen, by VFIO");
MODULE_AUTHOR("The kvm-xen maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(KXEN_VERSION);
