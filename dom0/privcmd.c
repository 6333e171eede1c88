// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/privcmd, as Linux has it in domain 0 on Xen: hypercalls of a process, as domain 0,
 * with arguments in its own memory, and memory of guests (privcmd_map.c). Which hypercalls there
 * are is said by the table in kvm-xen/hypercall.c.
 *
 * A call that takes long goes on by itself, and lets others have the CPU meanwhile. As with
 * Linux's driver a signal waits for its end; but one that kills ends it.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <xen/interface/xen.h>
#include <xen/privcmd.h>

#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/kxen.h"
#include "dom0_internal.h"
#include "privcmd.h"

#define DM_OP_BUFFERS	16	/* that one call may have, as with Linux's driver */

static long privcmd_hypercall(const struct privcmd_hypercall __user *user)
{
	struct kxen_hc hc = { .d = kxen_dom0 };
	struct privcmd_hypercall call;
	long ret;

	static_assert(sizeof(call.arg) <= sizeof(hc.arg));
	if (copy_from_user(&call, user, sizeof(call)))
		return -EFAULT;
	hc.nr = call.op;
	memcpy(hc.arg, call.arg, sizeof(call.arg));
	for (;;) {
		ret = kxen_hypercall_by_host(&hc);
		if (!hc.restart)
			return ret;
		if (fatal_signal_pending(current))
			return -EINTR;
		hc.restart = false;
		cond_resched();
	}
}

/* Once; whoever asks for the same again has got it. */
static long privcmd_restrict(struct privcmd_file *f, const u16 __user *u)
{
	u16 domid, was;

	if (get_user(domid, u))
		return -EFAULT;
	was = cmpxchg(&f->domid, DOMID_INVALID, domid);
	return was == DOMID_INVALID || was == domid ? 0 : -EINVAL;
}

/* There are none; with no buffer it asks whether there is such a call, and there is. */
static long privcmd_dm_op(struct privcmd_file *f, const struct privcmd_dm_op __user *u)
{
	struct privcmd_dm_op op;
	struct kxen_domain *d;

	if (copy_from_user(&op, u, sizeof(op)))
		return -EFAULT;
	if (!kxen_privcmd_may(f, op.dom))
		return -EPERM;
	if (!op.num)
		return 0;
	if (op.num > DM_OP_BUFFERS)
		return -E2BIG;
	d = kxen_domain_get(op.dom);
	if (!d)
		return -ESRCH;
	kxen_domain_put(d);
	return d == kxen_dom0 ? -EPERM : -EOPNOTSUPP;
}

static long privcmd_ioctl(struct file *file, unsigned int cmd, unsigned long uptr)
{
	struct privcmd_file *f = file->private_data;
	void __user *u = (void __user *)uptr;

	switch (cmd) {
	case IOCTL_PRIVCMD_HYPERCALL:
		/* Nobody has looked which domain it is about. */
		return kxen_privcmd_may(f, DOMID_INVALID) ? privcmd_hypercall(u) : -EPERM;
	case IOCTL_PRIVCMD_MMAP:
		return -ENOSYS;	/* as where frames of the machine mean nothing */
	case IOCTL_PRIVCMD_MMAPBATCH:
	case IOCTL_PRIVCMD_MMAPBATCH_V2:
		return kxen_privcmd_mmap_batch(f, u, cmd == IOCTL_PRIVCMD_MMAPBATCH);
	case IOCTL_PRIVCMD_MMAP_RESOURCE:
		return kxen_privcmd_mmap_resource(f, u);
	case IOCTL_PRIVCMD_DM_OP:
		return privcmd_dm_op(f, u);
	case IOCTL_PRIVCMD_RESTRICT:
		return privcmd_restrict(f, u);
	default:
		return -ENOTTY;
	}
}

/* Who has the file speaks for domain 0: that takes more than a node's mode. */
static int privcmd_open(struct inode *inode, struct file *file)
{
	struct privcmd_file *f;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return -ENOMEM;
	f->domid = DOMID_INVALID;
	file->private_data = f;
	return nonseekable_open(inode, file);
}

/* Nothing of it is mapped any more: that would hold the file. */
static int privcmd_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

/* A 32-bit process gets -ENOTTY of every ioctl, as from Linux's driver. */
static const struct file_operations privcmd_fops = {
	.owner = THIS_MODULE,
	.open = privcmd_open,
	.release = privcmd_release,
	.mmap = kxen_privcmd_mmap,
	.unlocked_ioctl = privcmd_ioctl,
};

struct miscdevice kxen_privcmd_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/privcmd",
	.fops = &privcmd_fops,
	.mode = 0600,
};
