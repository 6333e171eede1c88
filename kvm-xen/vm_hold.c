// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM that another module keeps while it looks at it.
 *
 * The last reference to a VM destroys it, and with it what KVM has of VFIO's. That takes locks
 * of VFIO's which are held where a device of VFIO's is opened and closed, so it is never given
 * back there, but by a worker.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/llist.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <kvm-xen/domain.h>

#include "kvm/glue.h"
#include "kxen.h"

struct kxen_vm_hold {
	struct kvm *kvm;
	struct llist_node node;
};

static LLIST_HEAD(vm_holds_ended);

static void vm_put_fn(struct work_struct *w)
{
	struct kxen_vm_hold *h, *next;

	llist_for_each_entry_safe(h, next, llist_del_all(&vm_holds_ended), node) {
		kxen_glue_vm_put(h->kvm);
		kfree(h);
	}
}

static DECLARE_WORK(vm_put_work, vm_put_fn);

/**
 * kxen_vm_hold() - Keep a VM.
 * @kvm: the VM, whose memory is there until this returns.
 *
 * Context: may sleep.
 * Return: what kxen_vm_unhold() takes; -ENODEV as an error pointer if the VM is being torn
 * down, -ENOMEM.
 */
struct kxen_vm_hold *kxen_vm_hold(struct kvm *kvm)
{
	struct kxen_vm_hold *h = kmalloc(sizeof(*h), GFP_KERNEL_ACCOUNT);

	if (!h)
		return ERR_PTR(-ENOMEM);
	h->kvm = kvm;
	if (!kxen_glue_vm_tryget(kvm)) {
		kfree(h);
		return ERR_PTR(-ENODEV);
	}
	return h;
}
EXPORT_SYMBOL_GPL(kxen_vm_hold);

/**
 * kxen_vm_unhold() - Keep it no more.
 * @h: what kxen_vm_hold() gave.
 *
 * A little later the reference is gone, and the VM if it was the last. Context: any that may
 * queue work.
 */
void kxen_vm_unhold(struct kxen_vm_hold *h)
{
	llist_add(&h->node, &vm_holds_ended);
	queue_work(kxen_unbound_wq, &vm_put_work);
}
EXPORT_SYMBOL_GPL(kxen_vm_unhold);

/* The module is unloaded: nobody holds any. */
void kxen_vm_holds_exit(void)
{
	flush_work(&vm_put_work);
}
