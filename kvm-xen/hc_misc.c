// SPDX-License-Identifier: GPL-2.0-only
/* The small ones: semantics G.6. */
#include <linux/types.h>
#include <xen/interface/xen.h>

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
