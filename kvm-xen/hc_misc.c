// SPDX-License-Identifier: GPL-2.0-only
/* The small ones: semantics G.6. */
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/grant_table.h>

#include "hypercall.h"

/* A plain guest has no console with the hypervisor, whatever it asks. */
long kxen_hc_console_io(struct kxen_hc *hc)
{
	return -EPERM;
}

long kxen_hc_vm_assist(struct kxen_hc *hc)
{
	u32 cmd = hc->arg[0], type = hc->arg[1];

	if (type != VMASST_TYPE_runstate_update_flag)
		return -EINVAL;
	switch (cmd) {
	case VMASST_CMD_enable:
		set_bit(type, &hc->d->vm_assist);
		return 0;
	case VMASST_CMD_disable:
		clear_bit(type, &hc->d->vm_assist);
		return 0;
	default:
		return -ENOSYS;
	}
}

/* No physical interrupts, so XENFEAT_hvm_pirqs is not offered (G50). */
long kxen_hc_physdev(struct kxen_hc *hc)
{
	return -ENOSYS;
}

/*
 * Until grant tables land. An unmodified Linux probes query_size and then
 * set_version, and goes on without grants when the size is zero frames.
 */
static long query_size(struct kxen_hc *hc)
{
	struct gnttab_query_size q;
	struct kxen_arg a;

	if (kxen_arg_get(&a, hc, hc->arg[1], &q, sizeof(q)))
		return -EFAULT;
	q.nr_frames = 0;
	q.max_nr_frames = 0;
	q.status = GNTST_general_error;
	return kxen_arg_put(&a, 0, &q, sizeof(q));
}

long kxen_hc_grant_table(struct kxen_hc *hc)
{
	u32 cmd = hc->arg[0], count = hc->arg[2];

	if (count > INT_MAX)
		return -EINVAL;
	if (cmd != GNTTABOP_query_size)
		return -ENOSYS;
	return count != 1 ? -EINVAL : query_size(hc);
}

enum kxen_meaning kxen_hc_grant_means(const struct kxen_hc *hc)
{
	return (u32)hc->arg[0] == GNTTABOP_query_size ? KXEN_MEANS_NOTHING : KXEN_MEANS_WOKEN;
}
