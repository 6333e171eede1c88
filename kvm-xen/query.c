// SPDX-License-Identifier: GPL-2.0-only
/* What a domain is asked for. */
#include <uapi/linux/kvm_xen.h>

#include "guest_mem.h"
#include "kxen.h"
#include "subsys.h"

static u32 query_state(struct kxen_domain *d)
{
	if (d->is_host)
		return KXEN_STATE_HOST;
	switch (READ_ONCE(d->state)) {
	case KXEN_CREATED:
		return KXEN_STATE_CREATED;
	case KXEN_RUNNING:
		return KXEN_STATE_RUNNING;
	case KXEN_SHUTDOWN:
		return KXEN_STATE_SHUTDOWN;
	default:
		return KXEN_STATE_DYING;
	}
}

/*
 * Fill in what KXEN_QUERY reports. Nothing is locked: whoever asks must not have to wait
 * for what the domain's owner does.
 */
void kxen_domain_query(struct kxen_domain *d, struct kxen_query *q)
{
	const struct kxen_limit *ports = &d->limit[KXEN_LIMIT_PORTS];
	const struct kxen_limit *pages = &d->limit[KXEN_LIMIT_PAGES];
	struct kxen_vcpu *kv;
	u32 i;

	q->domid = d->domid;
	q->state = query_state(d);
	q->shutdown_reason = READ_ONCE(d->shutdown_reason);
	q->dom_flags = d->flags;
	q->xen_version = d->xen_major << 16 | d->xen_minor;
	q->max_ports = ports->max;
	q->ports = kxen_limit_used(ports);
	q->pinned_pages = kxen_limit_used(pages);
	q->resets = atomic64_read(&d->resets);
	q->ports_high = READ_ONCE(ports->high);
	q->pinned_high = READ_ONCE(pages->high);
	q->max_pinned = pages->max;
	q->width = READ_ONCE(d->compat) ? 32 : 64;
	memcpy(q->uuid, d->uuid, sizeof(q->uuid));
	q->holders = kxen_domain_holders(d);
	q->paused = READ_ONCE(d->pause_count);
	q->pid = READ_ONCE(d->kvm) ? READ_ONCE(d->pid) : 0;
	kxen_for_each_vcpu(d, i, kv) {
		q->vcpus++;
		q->hypercalls += READ_ONCE(kv->stats.hypercalls);
		q->sends += READ_ONCE(kv->stats.sends);
		q->vectors += READ_ONCE(kv->stats.vectors);
		q->upcalls += atomic64_read(&kv->upcalls);
		q->timers += atomic64_read(&kv->timers);
	}
	kxen_subsys_query(d, q);
}
