// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's clock. A guest on arm64 reads the processor's own, of which it is told by nobody:
 * no time is published. System time, of which it is told in its runstate and its wallclock, is
 * that since the machine was made.
 */
#include <linux/ktime.h>

#include "../kvm-xen/arch.h"
#include "arm64.h"

u64 kxen_arch_domain_now(struct kxen_domain *d)
{
	return ktime_get_ns() - READ_ONCE(d->arch.born);
}

u64 kxen_arch_guest_now(struct kxen_vcpu *v)
{
	return kxen_arch_domain_now(v->domain);
}

/* Where vcpu_info lies has changed: the upcall that came with it is looked at on the next entry. */
void kxen_arch_clock_moved(struct kxen_vcpu *v)
{
}

void kxen_arch_publish_time(struct kxen_vcpu *v, bool force)
{
}

void kxen_arch_init_time(struct kxen_vcpu *v, struct kxen_gptr vcpu_info)
{
}

void kxen_arch_publish_time_area(struct kxen_vcpu *v, struct kxen_vcpu *caller)
{
}
