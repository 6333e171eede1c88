// SPDX-License-Identifier: GPL-2.0
/*
 * A second module, which makes and finds domains by what kvm-xen.ko exports:
 *
 *   attach	"DOMID VM": make the domain and give it this VM, a descriptor of the writer's
 *   find	"DOMID": is it there? ENOENT if not
 *
 * A reference to the domain that was made last stays until this module goes, or "0" is found.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kvm-xen/domain.h>
#include <uapi/linux/kvm_xen.h>

static struct kxen_domain *made;	/* under the kernel's lock of our parameters */

static void put_made(void)
{
	if (made)
		kxen_domain_put(made);
	made = NULL;
}

/* The VM has a domain: another one is made, refused, and ended. */
static void make_another(u32 domid, struct kvm *kvm)
{
	struct kxen_create c = { .size = sizeof(c), .domid = domid };
	struct kxen_domain *d = kxen_domain_create(&c, KXEN_NO_OWNER);
	u32 reason;

	if (IS_ERR(d)) {
		pr_err("another domain is not made: %ld\n", PTR_ERR(d));
		return;
	}
	if (kxen_domain_attach(d, kvm, NULL, 0, &reason) == -EBUSY &&
	    reason == KXEN_ATTACH_VM_ATTACHED)
		pr_info("another domain is refused\n");
	if (!kxen_domain_destroy(d) && kxen_domain_destroy(d) == -ESHUTDOWN)
		pr_info("another domain is ended, once\n");
	kxen_domain_put(d);
}

static int make(u32 domid, struct kvm *kvm)
{
	struct kxen_create c = { .size = sizeof(c), .domid = domid };
	struct kxen_domain *d = kxen_domain_create(&c, KXEN_NO_OWNER), *of;
	u32 reason;
	int ret;

	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = kxen_domain_attach(d, kvm, NULL, 0, &reason);
	if (ret) {
		pr_info("no attach: reason %u\n", reason);
		kxen_domain_destroy(d);
		kxen_domain_put(d);
		return ret;
	}
	of = kxen_domain_of(kvm);
	if (of != d || kxen_domain_id(d) != domid)
		pr_err("the VM's domain is not the one that was made\n");
	if (of)
		kxen_domain_put(of);
	make_another(domid + 1000, kvm);
	put_made();
	made = d;
	return 0;
}

static int set_attach(const char *val, const struct kernel_param *kp)
{
	struct file *f;
	int fd, ret;
	u32 domid;

	if (sscanf(val, "%u %d", &domid, &fd) != 2)
		return -EINVAL;
	f = fget(fd);
	if (!f)
		return -EBADF;
	/* A module that has to know has it from KVM; here it is the test that says so. */
	if (strcmp(f->f_path.dentry->d_name.name, "kvm-vm"))
		ret = -EINVAL;
	else
		ret = make(domid, f->private_data);
	fput(f);
	return ret;
}

static int set_find(const char *val, const struct kernel_param *kp)
{
	struct kxen_domain *d;
	u32 domid;

	if (kstrtou32(val, 0, &domid))
		return -EINVAL;
	if (!domid) {
		put_made();
		return 0;
	}
	d = kxen_domain_get(domid);
	if (!d)
		return -ENOENT;
	kxen_domain_put(d);
	return 0;
}

static const struct kernel_param_ops attach_ops = { .set = set_attach };
static const struct kernel_param_ops find_ops = { .set = set_find };

module_param_cb(attach, &attach_ops, NULL, 0200);
module_param_cb(find, &find_ops, NULL, 0200);

static int __init second_init(void)
{
	return 0;
}

static void __exit second_exit(void)
{
	put_made();
}

module_init(second_init);
module_exit(second_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("what another module does with domains of kvm-xen");
