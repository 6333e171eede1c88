// SPDX-License-Identifier: GPL-2.0-only
/* What the control device asks of event channels: include/uapi/linux/kvm_xen.h. */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/xen.h>

#include "evtchn_internal.h"

/* No holes: the structures are the same for every compiler and width. */
static_assert(sizeof(struct kxen_port_info) == 40);
static_assert(sizeof(struct kxen_evtchn_arg) == 24);

/* EVTCHNOP_alloc_unbound for @d, by a controller: as kxen_port_alloc_unbound(). */
static long alloc_unbound_for(struct kxen_domain *d, u32 remote, u32 *port)
{
	if (remote == DOMID_SELF)
		remote = 0;
	return kxen_port_alloc_unbound(d, remote, true, NULL, port);
}

static int ctl_port(struct kxen_domain *d, void *arg)
{
	return kxen_evtchn_port_info(d, arg);
}

static int ctl_evtchn(struct kxen_domain *d, void *arg)
{
	struct kxen_evtchn_arg *a = arg;

	switch (a->op) {
	case KXEN_EVTCHN_RESET:
		return d->is_host ? -EINVAL : kxen_evtchn_reset_other(d);
	case KXEN_EVTCHN_ALLOC:
		if (d->is_host || a->value > 0xffff)
			return -EINVAL;
		return alloc_unbound_for(d, a->value, &a->port);
	case KXEN_EVTCHN_VIRQ:
		/* Whom an interrupt of the whole host goes to is the host's to say. */
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		return kxen_virq_set_handler(d, a->value);
	default:
		return -EOPNOTSUPP;
	}
}

const struct kxen_ctl_call kxen_evtchn_ctl[] = {
	KXEN_CTL_CALL(KXEN_PORT, kxen_port_info, reserved, KXEN_PORT_NEXT,
		      false, ctl_port),
	KXEN_CTL_CALL(KXEN_EVTCHN, kxen_evtchn_arg, port, 0, true, ctl_evtchn),
	{ }
};
