/* SPDX-License-Identifier: GPL-2.0-only */
/* What a controller prepares for a guest: calls of /dev/kvm-xen that are ctl_prepare.c's. */
#ifndef KXEN_CTL_H
#define KXEN_CTL_H

#include "part.h"

extern const struct kxen_ctl_call kxen_prepare_map;
extern const struct kxen_ctl_call kxen_prepare_param;
extern const struct kxen_ctl_call kxen_prepare_special;

#endif
