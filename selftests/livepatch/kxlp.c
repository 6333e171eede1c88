// SPDX-License-Identifier: GPL-2.0
/* A livepatch of a KVM function that kvm-xen hooks, for the test that both know. */
#include <linux/kvm_host.h>
#include <linux/livepatch.h>
#include <linux/module.h>

static void kxlp_postcreate(struct kvm_vcpu *vcpu)
{
}

static struct klp_func funcs[] = {
	{ .old_name = "kvm_arch_vcpu_postcreate", .new_func = kxlp_postcreate },
	{ }
};

static struct klp_object objs[] = {
	{ .name = "kvm", .funcs = funcs },
	{ }
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objs };

static int kxlp_init(void)
{
	return klp_enable_patch(&patch);
}

static void kxlp_exit(void)
{
}

module_init(kxlp_init);
module_exit(kxlp_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("livepatch of a function that kvm-xen hooks");
