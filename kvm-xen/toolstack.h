/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of domctl and sysctl. */
#ifndef KXEN_TOOLSTACK_H
#define KXEN_TOOLSTACK_H

#include "toolstack_abi.h"

#ifndef DOMID_FIRST_RESERVED
#define DOMID_FIRST_RESERVED	0x7ff0
#endif

struct kxen_domain;

int kxen_toolstack_info(struct kxen_domain *d, struct kxen_getdomaininfo *i);

#endif
