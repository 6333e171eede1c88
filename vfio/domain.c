// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device and the domain of its VM.
 *
 * A VMM opens the device when its machine is complete and no vCPU has run. Then a domain is made
 * and given the VM, which VFIO knows, so that nobody needs any right on the VMM's process. From
 * then on the domain is the VM's. A device that goes, because the guest's PCI slot was emptied,
 * leaves the domain behind, and finds it again when it is put back.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <kvm-xen/domain.h>

#include "kxen_vfio.h"
#include "log.h"

/* Those that are open: one VM has one at most. Nothing is waited for under it. */
static DEFINE_MUTEX(kxen_pci_open_lock);
static LIST_HEAD(kxen_pci_all);

static const char *why_not(u32 reason)
{
	static const char *const why[] = {
		[KXEN_ATTACH_VM_ATTACHED] = "the VM has a domain already",
		[KXEN_ATTACH_DOM_ATTACHED] = "somebody else has given the domain a VM",
		[KXEN_ATTACH_PROTECTED] = "the guest's memory is encrypted",
		[KXEN_ATTACH_KVM_XEN] = "KVM's own Xen support is set up: leave 'xen-version' out",
		[KXEN_ATTACH_NO_IRQCHIP] = "no LAPIC in the kernel: use 'kernel-irqchip=on'",
		[KXEN_ATTACH_VCPUS] = "it has more vCPUs than a domain can have",
		[KXEN_ATTACH_DYING] = "it is being torn down",
		[KXEN_ATTACH_HOOKS] = "KVM cannot be hooked: see above",
		[KXEN_ATTACH_DIRTY_RING] = "dirty pages go to a ring: no 'dirty-ring-size'",
		[KXEN_ATTACH_MEMORY] = "its memory is a file on a disk: use memory-backend-memfd",
	};

	return reason < ARRAY_SIZE(why) && why[reason] ? why[reason] : "an error";
}

static const char *why_none(int error)
{
	switch (error) {
	case -EEXIST:
		return "there is a domain of that number";
	case -ENOSPC:
		return "no number is free";
	case -EINVAL:
	case -EOPNOTSUPP:
		return "the module does not take these attributes";
	default:
		return "an error";
	}
}

/*
 * The domain is the VMM's user's. But whoever wrote the attributes may choose a number, and as
 * many devices as the administrator makes for a user, as many domains that user has.
 */
static struct kxen_domain *create(const struct kxen_create *c)
{
	struct cred *cred = prepare_creds();
	const struct cred *old;
	struct kxen_domain *d;

	if (!cred)
		return ERR_PTR(-ENOMEM);
	cap_raise(cred->cap_effective, CAP_SYS_ADMIN);
	old = override_creds(cred);
	d = kxen_domain_create(c, KXEN_NO_OWNER);
	revert_creds(old);
	put_cred(cred);
	return d;
}

static int give_domain(struct kxen_pci *p, struct kvm *kvm)
{
	struct kxen_domain *d = create(&p->want);
	u32 reason = KXEN_ATTACH_NONE;
	int ret;

	if (IS_ERR(d)) {
		kxen_pci_err(p, "no domain: %s (%ld)", why_none(PTR_ERR(d)), PTR_ERR(d));
		return PTR_ERR(d);
	}
	ret = kxen_domain_attach(d, kvm, NULL, 0, &reason);
	if (ret) {
		kxen_pci_err(p, "no attach: %s (%d)", why_not(reason), ret);
		kxen_domain_destroy(d);
	} else {
		p->had = kxen_domain_id(d);
	}
	kxen_domain_put(d);
	return ret;
}

/* Has the VM a domain, and is it one that the device may have? */
static int find_domain(struct kxen_pci *p, struct kvm *kvm)
{
	struct kxen_domain *d = kxen_domain_of(kvm);
	bool same = d && kxen_domain_id(d) == p->had;

	if (d)
		kxen_domain_put(d);
	if (!p->attach || same)
		return 0;
	if (!d)
		return give_domain(p, kvm);
	kxen_pci_err(p, "the VM has a domain already: write 0 to 'attach'");
	return -EBUSY;
}

/* One device for a VM, since all of them would stand for the same domain. */
static int enter(struct kxen_pci *p, struct kvm *kvm)
{
	struct kxen_pci *other;
	int ret = 0;

	mutex_lock(&kxen_pci_open_lock);
	list_for_each_entry(other, &kxen_pci_all, same)
		if (other->kvm == kvm)
			ret = -EBUSY;
	if (!ret) {
		p->kvm = kvm;
		list_add(&p->same, &kxen_pci_all);
	}
	mutex_unlock(&kxen_pci_open_lock);
	if (ret)
		kxen_pci_err(p, "the VM has another such device");
	return ret;
}

static void leave(struct kxen_pci *p)
{
	mutex_lock(&kxen_pci_open_lock);
	list_del(&p->same);
	p->kvm = NULL;
	mutex_unlock(&kxen_pci_open_lock);
}

static void set_open(struct kxen_pci *p, bool open)
{
	mutex_lock(&p->lock);
	p->open = open;
	mutex_unlock(&p->lock);
}

static int open_held(struct kxen_pci *p, struct kvm *kvm)
{
	int ret = enter(p, kvm);

	if (ret)
		return ret;
	/* From here on @want and @attach stay. */
	set_open(p, true);
	ret = find_domain(p, kvm);
	if (ret) {
		set_open(p, false);
		leave(p);
	}
	return ret;
}

/**
 * kxen_pci_open() - A VMM opens the device.
 * @p: the device; its first user.
 *
 * Context: may sleep. VFIO opens and closes one device by turns, and keeps the VM's pointer good
 * until this returns.
 * Return: 0; -EINVAL without KVM, -ENODEV for a VM that is being torn down, -EBUSY for one that
 * has such a device or another domain; as kxen_domain_create() and kxen_domain_attach().
 */
int kxen_pci_open(struct kxen_pci *p)
{
	struct kvm *kvm = p->vdev.kvm;
	int ret;

	if (!kvm) {
		kxen_pci_err(p, "the VMM has no KVM: use '-accel kvm'");
		return -EINVAL;
	}
	p->hold = kxen_vm_hold(kvm);
	if (IS_ERR(p->hold))
		return PTR_ERR(p->hold);
	ret = open_held(p, kvm);
	if (ret)
		kxen_vm_unhold(p->hold);
	return ret;
}

/**
 * kxen_pci_close() - Its last user has closed it.
 * @p: the device.
 *
 * The domain stays the VM's. Context: may sleep.
 */
void kxen_pci_close(struct kxen_pci *p)
{
	leave(p);
	set_open(p, false);
	kxen_vm_unhold(p->hold);
}

/* The number of the domain that the VM has which the device is open with; 0: none. */
u32 kxen_pci_domid(struct kxen_pci *p)
{
	struct kxen_domain *d = NULL;
	u32 domid = 0;

	mutex_lock(&kxen_pci_open_lock);
	if (p->kvm)
		d = kxen_domain_of(p->kvm);
	mutex_unlock(&kxen_pci_open_lock);
	if (d) {
		domid = kxen_domain_id(d);
		kxen_domain_put(d);
	}
	return domid;
}
