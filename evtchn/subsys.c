// SPDX-License-Identifier: GPL-2.0-only
/* Event channels as a part of a domain: what the core calls at each turn of its life. */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "evtchn_internal.h"
#include "records.h"

/*
 * What a domain may hold of KXEN_LIMIT_EVENT_PAGES: per vCPU a FIFO control block or nine pages
 * of N-level selectors; the 128 pages of a FIFO array or 64 of N-level leaves; some that are
 * about to be among these.
 */
#define MAX_EVENT_PAGES	(KXEN_MAX_VCPUS * 9 + 128 + 8)

#define DEFAULT_PORTS	4096
#define MAX_PORTS	0x100000

/* Nobody knows the domain, or any of its ports, any more. */
static void evtchn_destroy(struct kxen_domain *d)
{
	kxen_ports_free(d->evtchn);
	kfree(d->evtchn);
	d->evtchn = NULL;
}

/* The domain's limit of ports is final. */
static int evtchn_create(struct kxen_domain *d, const struct kxen_create *c)
{
	struct kxen_evtchn *e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);

	if (!e)
		return -ENOMEM;
	mutex_init(&e->event_lock);
	e->ops = d->is_host ? &kxen_evtchn_host : &kxen_evtchn_2l;
	d->evtchn = e;
	d->limit[KXEN_LIMIT_PORTS].max = d->is_host ? KXEN_HOST_PORTS :
					 c->max_ports ?: DEFAULT_PORTS;
	d->limit[KXEN_LIMIT_EVENT_PAGES].max = MAX_EVENT_PAGES;
	if (!kxen_ports_init(d))
		return 0;
	evtchn_destroy(d);
	return -ENOMEM;
}

static void evtchn_stop(struct kxen_domain *d)
{
	kxen_virq_drop_handler(d);
	kxen_evtchn_close_all(d);
}

static void evtchn_reset_done(struct kxen_domain *d)
{
	mutex_lock(&d->evtchn->event_lock);
	d->evtchn->dying = false;
	/* A reset that the guest will not go on with must not stay in the way. */
	d->evtchn->reset_next = 0;
	d->evtchn->restored = false;
	mutex_unlock(&d->evtchn->event_lock);
}

static bool evtchn_in_use(struct kxen_domain *d)
{
	return kxen_limit_used(&d->limit[KXEN_LIMIT_PORTS]);
}

/* All events are looked at again; those of the old place are in the new one. */
static void evtchn_shared_info_moved(struct kxen_domain *d,
				     const struct kxen_shared_info *old)
{
	struct kxen_vcpu *v;
	u32 i;

	if (old)
		kxen_evtchn_merge_pending(d, old);
	kxen_for_each_vcpu(d, i, v)
		kxen_evtchn_rescan(v, false);
}

static void evtchn_vcpu_info_set(struct kxen_vcpu *v)
{
	kxen_evtchn_rescan(v, true);	/* A82 */
}

/* Toolstacks look when they are told (A121). */
static void evtchn_state_changed(struct kxen_domain *d)
{
	kxen_virq_raise_global(VIRQ_DOM_EXC);
}

static u32 abi_of(struct kxen_domain *d)
{
	const struct kxen_evtchn_ops *inner = READ_ONCE(d->evtchn->inner_ops);

	return (inner ?: READ_ONCE(d->evtchn->ops))->abi;
}

static void evtchn_query(struct kxen_domain *d, struct kxen_query *q)
{
	q->evtchn_abi = abi_of(d);
}

static u64 sends(struct kxen_vcpu *v)
{
	return READ_ONCE(v->stats.sends);
}

static u64 broken(struct kxen_domain *d)
{
	return atomic64_read(&d->evtchn->broken);
}

static const struct kxen_stat_desc evtchn_stats[] = {
	KXEN_STAT_LIMIT(KXEN_STAT_PORTS, "ports", KXEN_LIMIT_PORTS, used),
	KXEN_STAT_LIMIT(KXEN_STAT_MAX_PORTS, "max_ports", KXEN_LIMIT_PORTS, max),
	KXEN_STAT_LIMIT(KXEN_STAT_PORTS_HIGH, "ports_high", KXEN_LIMIT_PORTS, high),
	KXEN_STAT_LIMIT(KXEN_STAT_EVENT_PAGES, "event_pages", KXEN_LIMIT_EVENT_PAGES, used),
	KXEN_STAT_LIMIT(KXEN_STAT_MAX_EVENT_PAGES, "max_event_pages", KXEN_LIMIT_EVENT_PAGES,
			max),
	KXEN_STAT_LIMIT(KXEN_STAT_EVENT_PAGES_HIGH, "event_pages_high", KXEN_LIMIT_EVENT_PAGES,
			high),
	{ KXEN_STAT_SENDS, KXEN_STAT_GROWS, "sends", .vcpu = sends },
	{ KXEN_STAT_BROKEN, KXEN_STAT_GROWS, "broken", .domain = broken },
	{ }
};

static const struct kxen_hc_entry evtchn_hypercalls[] = {
	{ __HYPERVISOR_event_channel_op, 2, kxen_hc_event_channel,
	  .host = kxen_hc_event_channel_host,
	  .fast = { .cmds = BIT(EVTCHNOP_send) | BIT(EVTCHNOP_unmask),
		    .copies = BIT(EVTCHNOP_send) | BIT(EVTCHNOP_unmask),
		    .at = 1, .len = sizeof(struct evtchn_send) } },
	{ }
};

static const struct kxen_create_limit evtchn_create_limits[] = {
	{ offsetof(struct kxen_create, max_ports), MAX_PORTS },
	{ }
};

const struct kxen_subsys kxen_evtchn_subsys = {
	.name = "event channels",
	.features = KXEN_F_EVTCHN_2L | KXEN_F_EVTCHN_FIFO | KXEN_F_EVTCHN_NLEVEL,
	.create_flags = KXEN_DOM_NLEVEL,
	.create_limits = evtchn_create_limits,
	.create = evtchn_create,
	.destroy = evtchn_destroy,
	.stop = evtchn_stop,
	.reset = kxen_evtchn_drop_all,
	.reset_done = evtchn_reset_done,
	.freeze = kxen_evtchn_freeze,
	.thaw = kxen_evtchn_thaw,
	.in_use = evtchn_in_use,
	.save = kxen_evtchn_save,
	.recs = kxen_evtchn_recs,
	.restore_done = kxen_evtchn_restored,
	.width_changed = kxen_evtchn_width_changed,
	.shared_info_moved = evtchn_shared_info_moved,
	.vcpu_info_set = evtchn_vcpu_info_set,
	.state_changed = evtchn_state_changed,
	.query = evtchn_query,
	.stats = evtchn_stats,
	.debugfs = kxen_evtchn_debugfs,
	.hypercalls = evtchn_hypercalls,
	.ctl = kxen_evtchn_ctl,
};
