// SPDX-License-Identifier: GPL-2.0-only
/* KXEN_QUERY. It is frozen: what else is counted is a statistic, stats.c. */
#include <linux/string.h>
#include <uapi/linux/kvm_xen.h>

#include "kxen.h"
#include "stats.h"
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

static void query_counters(struct kxen_domain *d, struct kxen_query *q)
{
	q->vcpus = kxen_stat(d, KXEN_STAT_VCPUS);
	q->ports = kxen_stat(d, KXEN_STAT_PORTS);
	q->max_ports = kxen_stat(d, KXEN_STAT_MAX_PORTS);
	q->ports_high = kxen_stat(d, KXEN_STAT_PORTS_HIGH);
	q->pinned_pages = kxen_stat(d, KXEN_STAT_PINNED_PAGES);
	q->max_pinned = kxen_stat(d, KXEN_STAT_MAX_PINNED);
	q->pinned_high = kxen_stat(d, KXEN_STAT_PINNED_HIGH);
	q->holders = kxen_stat(d, KXEN_STAT_HOLDERS);
	q->resets = kxen_stat(d, KXEN_STAT_RESETS);
	q->hypercalls = kxen_stat(d, KXEN_STAT_HYPERCALLS);
	q->sends = kxen_stat(d, KXEN_STAT_SENDS);
	q->upcalls = kxen_stat(d, KXEN_STAT_UPCALLS);
	q->vectors = kxen_stat(d, KXEN_STAT_VECTORS);
	q->timers = kxen_stat(d, KXEN_STAT_TIMERS);
}

/*
 * Fill in what KXEN_QUERY reports. Nothing is locked: whoever asks must not have to wait
 * for what the domain's owner does.
 */
void kxen_domain_query(struct kxen_domain *d, struct kxen_query *q)
{
	q->domid = d->domid;
	q->state = query_state(d);
	q->shutdown_reason = READ_ONCE(d->shutdown_reason);
	q->dom_flags = d->flags;
	q->xen_version = d->xen_major << 16 | d->xen_minor;
	q->width = READ_ONCE(d->compat) ? 32 : 64;
	memcpy(q->uuid, d->uuid, sizeof(q->uuid));
	q->paused = READ_ONCE(d->pause_count);
	q->pid = READ_ONCE(d->kvm) ? READ_ONCE(d->pid) : 0;
	query_counters(d, q);
	kxen_subsys_query(d, q);
}
