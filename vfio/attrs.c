// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of a device in sysfs: with what its domain is made. They can be written until a
 * VMM opens it, by root.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "kxen_vfio.h"

static struct kxen_pci *pci_of(struct device *dev)
{
	return dev_get_drvdata(dev);
}

/* Between the two nobody opens it. -EBUSY: somebody has. */
static int change_begin(struct kxen_pci *p)
{
	mutex_lock(&p->lock);
	if (!p->open)
		return 0;
	mutex_unlock(&p->lock);
	return -EBUSY;
}

static void change_end(struct kxen_pci *p)
{
	mutex_unlock(&p->lock);
}

static ssize_t set_u32(struct device *dev, const char *buf, size_t n, size_t at)
{
	struct kxen_pci *p = pci_of(dev);
	u32 v;
	int ret = kstrtou32(buf, 0, &v);

	if (!ret)
		ret = change_begin(p);
	if (ret)
		return ret;
	WRITE_ONCE(*(u32 *)((void *)&p->want + at), v);
	change_end(p);
	return n;
}

#define U32_ATTR(name) \
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{ \
	return sysfs_emit(buf, "%u\n", READ_ONCE(pci_of(dev)->want.name)); \
} \
static ssize_t name##_store(struct device *dev, struct device_attribute *attr, \
			    const char *buf, size_t n) \
{ \
	return set_u32(dev, buf, n, offsetof(struct kxen_create, name)); \
} \
static DEVICE_ATTR_RW(name)

U32_ATTR(max_ports);
U32_ATTR(max_grant_frames);
U32_ATTR(max_maptrack_frames);

static ssize_t set_flag(struct device *dev, const char *buf, size_t n, u32 flag)
{
	struct kxen_pci *p = pci_of(dev);
	bool on;
	int ret = kstrtobool(buf, &on);

	if (!ret)
		ret = change_begin(p);
	if (ret)
		return ret;
	WRITE_ONCE(p->want.flags, on ? p->want.flags | flag : p->want.flags & ~flag);
	change_end(p);
	return n;
}

#define FLAG_ATTR(name, flag) \
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{ \
	return sysfs_emit(buf, "%d\n", !!(READ_ONCE(pci_of(dev)->want.flags) & (flag))); \
} \
static ssize_t name##_store(struct device *dev, struct device_attribute *attr, \
			    const char *buf, size_t n) \
{ \
	return set_flag(dev, buf, n, flag); \
} \
static DEVICE_ATTR_RW(name)

FLAG_ATTR(unplug, KXEN_DOM_UNPLUG);
FLAG_ATTR(nlevel, KXEN_DOM_NLEVEL);

static ssize_t domid_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u32 domid = READ_ONCE(pci_of(dev)->want.domid);

	return domid == KXEN_DOMID_AUTO ? sysfs_emit(buf, "auto\n") :
					  sysfs_emit(buf, "%u\n", domid);
}

static ssize_t domid_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t n)
{
	struct kxen_pci *p = pci_of(dev);
	u32 domid = KXEN_DOMID_AUTO;
	int ret = sysfs_streq(buf, "auto") ? 0 : kstrtou32(buf, 0, &domid);

	/* Which of them there are for domains is known to who makes one. */
	if (!ret && (!domid || domid > KXEN_DOMID_AUTO))
		ret = -EINVAL;
	if (!ret)
		ret = change_begin(p);
	if (ret)
		return ret;
	WRITE_ONCE(p->want.domid, domid);
	change_end(p);
	return n;
}
static DEVICE_ATTR_RW(domid);

static ssize_t xen_version_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct kxen_pci *p = pci_of(dev);
	u16 major, minor;

	mutex_lock(&p->lock);
	major = p->want.xen_major;
	minor = p->want.xen_minor;
	mutex_unlock(&p->lock);
	return major || minor ? sysfs_emit(buf, "%u.%u\n", major, minor) :
				sysfs_emit(buf, "default\n");
}

static ssize_t xen_version_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t n)
{
	struct kxen_pci *p = pci_of(dev);
	u16 major = 0, minor = 0;
	char rest;
	int ret;

	if (!sysfs_streq(buf, "default") &&
	    (sscanf(buf, "%hu.%hu%c", &major, &minor, &rest) < 2 || !major))
		return -EINVAL;
	ret = change_begin(p);
	if (ret)
		return ret;
	p->want.xen_major = major;
	p->want.xen_minor = minor;
	change_end(p);
	return n;
}
static DEVICE_ATTR_RW(xen_version);

static ssize_t attach_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(pci_of(dev)->attach));
}

static ssize_t attach_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t n)
{
	struct kxen_pci *p = pci_of(dev);
	bool on;
	int ret = kstrtobool(buf, &on);

	if (!ret)
		ret = change_begin(p);
	if (ret)
		return ret;
	WRITE_ONCE(p->attach, on);
	change_end(p);
	return n;
}
static DEVICE_ATTR_RW(attach);

/* The domain of the VM that has the device open, or nothing. */
static ssize_t domain_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u32 domid = kxen_pci_domid(pci_of(dev));

	return domid ? sysfs_emit(buf, "%u\n", domid) : sysfs_emit(buf, "\n");
}
static DEVICE_ATTR_RO(domain);

static struct attribute *pci_attrs[] = {
	&dev_attr_attach.attr,
	&dev_attr_domain.attr,
	&dev_attr_domid.attr,
	&dev_attr_max_grant_frames.attr,
	&dev_attr_max_maptrack_frames.attr,
	&dev_attr_max_ports.attr,
	&dev_attr_nlevel.attr,
	&dev_attr_unplug.attr,
	&dev_attr_xen_version.attr,
	NULL,
};

static const struct attribute_group pci_group = {
	.name = "xen",
	.attrs = pci_attrs,
};

const struct attribute_group *kxen_pci_groups[] = { &pci_group, NULL };
