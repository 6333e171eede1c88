/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a vCPU's thread sleeps, and executes nothing of its guest's: it counts as stopped. */
#ifndef KXEN_PARK_H
#define KXEN_PARK_H

#include "kxen.h"

static inline bool kxen_may_run(struct kxen_domain *d)
{
	return !READ_ONCE(d->pause_count);
}

void kxen_park(struct kxen_vcpu *v);
int kxen_unpark(struct kxen_vcpu *v);
int kxen_park_paused(struct kxen_vcpu *v);

#endif
