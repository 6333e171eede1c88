// SPDX-License-Identifier: GPL-2.0-only
/* Domains with a direct map, as far as it is a model: what the core calls. */
#include <linux/capability.h>
#include <linux/debugfs.h>
#include <linux/idr.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/part.h"
#include "../kvm-xen/window.h"
#include "direct.h"

/* Places in the model's memory. */
static DEFINE_IDA(direct_places);

static u32 place_of(const struct kxen_direct *x)
{
	return (x->base >> KXEN_DIRECT_SHIFT) - 1;
}

static int direct_create(struct kxen_domain *d, const struct kxen_create *c)
{
	struct kxen_direct *x;
	int ret;

	if (!(c->flags & KXEN_DOM_DIRECT))
		return 0;
	/* While there is one, all accesses of the host to guests' pages take longer. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = ida_alloc_max(&direct_places, KXEN_DIRECT_MAX - 1, GFP_KERNEL);
	if (ret < 0)
		return ret;
	x = kzalloc(sizeof(*x), GFP_KERNEL_ACCOUNT);
	if (!x) {
		ida_free(&direct_places, ret);
		return -ENOMEM;
	}
	x->base = (ret + 1) * KXEN_DIRECT_SIZE;
	ret = kxen_direct_setup(x);
	if (ret) {
		ida_free(&direct_places, place_of(x));
		kfree(x);
		return ret;
	}
	d->direct = x;
	d->as_it_is = true;
	d->page_held = kxen_direct_held;
	kxen_windows_get(&kxen_direct_windows);
	return 0;
}

static void direct_destroy(struct kxen_domain *d)
{
	struct kxen_direct *x = d->direct;

	if (!x)
		return;
	kxen_windows_put();
	ida_free(&direct_places, place_of(x));
	d->direct = NULL;
	kfree(x);
}

static int direct_vcpu_create(struct kxen_vcpu *v, gfp_t gfp)
{
	if (!v->domain->direct)
		return 0;
	v->direct = kxen_direct_vcpu(v->domain->direct, gfp);
	return v->direct ? 0 : -ENOMEM;
}

static void direct_vcpu_destroy(struct kxen_vcpu *v)
{
	kfree(v->direct);
	v->direct = NULL;
}

DEFINE_SHOW_ATTRIBUTE(kxen_direct);

static void direct_debugfs(struct kxen_domain *d, struct dentry *dir)
{
	if (d->direct)
		debugfs_create_file("windows", 0400, dir, d, &kxen_direct_fops);
}

const struct kxen_subsys kxen_direct_subsys = {
	.name = "direct map",
	.create = direct_create,
	.destroy = direct_destroy,
	.vcpu_create = direct_vcpu_create,
	.vcpu_destroy = direct_vcpu_destroy,
	.debugfs = direct_debugfs,
};
