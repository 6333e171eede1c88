// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/privcmd, as Linux has it in domain 0 on Xen: hypercalls of a process, as domain 0,
 * with arguments in its own memory. Of its ioctls there is HYPERCALL; which hypercalls there
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
#include <linux/string.h>
#include <linux/uaccess.h>
#include <xen/interface/xen.h>
#include <xen/privcmd.h>

#include "../kvm-xen/hypercall.h"
#include "dom0_internal.h"

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

static long privcmd_ioctl(struct file *file, unsigned int cmd, unsigned long uptr)
{
	if (cmd != IOCTL_PRIVCMD_HYPERCALL)
		return -ENOTTY;
	return privcmd_hypercall((const struct privcmd_hypercall __user *)uptr);
}

/* Who has the file speaks for domain 0: that takes more than a node's mode. */
static int privcmd_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return nonseekable_open(inode, file);
}

/* A 32-bit process gets -ENOTTY of every ioctl, as from Linux's driver. */
static const struct file_operations privcmd_fops = {
	.owner = THIS_MODULE,
	.open = privcmd_open,
	.unlocked_ioctl = privcmd_ioctl,
};

struct miscdevice kxen_privcmd_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/privcmd",
	.fops = &privcmd_fops,
	.mode = 0600,
};
