// SPDX-License-Identifier: GPL-2.0-only
/*
 * Save and restore of ports. How the guest is told is saved by each ABI.
 *
 * A channel to another domain is connected again if the other end is there and waits for
 * a domain of this number, as it does after the domain before has died; else it is left
 * unbound, for that domain. The restored end is pending then, as after a bind: what was
 * sent while nobody was there is not lost.
 */
#include <linux/sched/signal.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "fifo.h"
#include "records.h"

static_assert(sizeof(struct kxen_save_fifo) == 8);
static_assert(sizeof(struct kxen_save_fifo_vcpu) == 80);
static_assert(sizeof(struct kxen_save_nlevel) == 8);
static_assert(sizeof(struct kxen_save_nlevel_vcpu) == 80);
static_assert(sizeof(struct kxen_save_ports) == 32);

/* A port's state in the stream is Xen's number for it: ours may change. */
static const u8 stats[] = {
	[KXEN_PORT_UNBOUND] = EVTCHNSTAT_unbound,
	[KXEN_PORT_INTERDOMAIN] = EVTCHNSTAT_interdomain,
	[KXEN_PORT_VIRQ] = EVTCHNSTAT_virq,
	[KXEN_PORT_IPI] = EVTCHNSTAT_ipi,
};

static enum kxen_port_state state_of(u8 stat)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(stats); i++)
		if (stats[i] && stats[i] == stat)
			return i;
	return KXEN_PORT_FREE;
}

static void save_port(struct kxen_port *p, struct kxen_save_ports *r)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->lock, flags);
	*r = (struct kxen_save_ports) {
		.port = p->port,
		.state = stats[p->state],
		.priority = p->priority,
		.deferred = READ_ONCE(p->pending_deferred),
		.vcpu = p->notify_vcpu,
		.virq = p->virq,
		.remote_domid = p->remote_domid,
		.lastq = p->lastq,
	};
	if (p->state == KXEN_PORT_INTERDOMAIN) {
		r->remote_domid = p->remote->domid;
		r->remote_port = p->remote_port;
	}
	raw_spin_unlock_irqrestore(&p->lock, flags);
}

/**
 * kxen_evtchn_save() - Records of ports and ABI.
 * @d: the domain, locked and paused; frozen, unless the records are only counted.
 * @s: where to.
 */
void kxen_evtchn_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	struct kxen_evtchn *e = d->evtchn;
	const struct kxen_evtchn_ops *ops;
	struct kxen_save_ports r;
	u32 port;

	lockdep_assert_held(&d->lock);
	mutex_lock(&e->event_lock);
	ops = e->inner_ops ?: e->ops;
	if (ops->save)
		ops->save(d, s);
	kxen_rec_begin(s, KXEN_REC_PORTS);
	for_each_set_bit(port, e->set.used, e->table.nr_valid) {
		if (!port)
			continue;
		save_port(kxen_port(d, port), &r);
		kxen_rec_put(s, &r, sizeof(r));
		if (!(port % KXEN_PORTS_PER_BUCKET))
			cond_resched();
	}
	kxen_rec_end(s);
	mutex_unlock(&e->event_lock);
}

/* --- reading ---------------------------------------------------------------------- */

static bool is_peer(const struct kxen_stream_in *im, const struct kxen_save_ports *r)
{
	return r->state == EVTCHNSTAT_interdomain &&
	       r->remote_domid != im->domid;
}

/* Ours is another number than the saved one, maybe. */
static u32 new_domid(struct kxen_domain *d, const struct kxen_stream_in *im, u32 id)
{
	return id == im->domid ? d->domid : id;
}

static int check_port(struct kxen_domain *d, const struct kxen_save_ports *r)
{
	if (state_of(r->state) == KXEN_PORT_FREE ||
	    !kxen_domain_vcpu(d, r->vcpu) || r->remote_domid > 0xffff ||
	    r->priority > EVTCHN_FIFO_PRIORITY_MIN || r->deferred > 1)
		return -EINVAL;
	if (d->evtchn->fifo && !kxen_fifo_queue_ok(d, r->lastq))
		return -EINVAL;
	if (r->state == EVTCHNSTAT_virq &&
	    !kxen_virq_may_restore(d, r->virq, r->vcpu))
		return -EINVAL;
	return 0;
}

static int restore_port(struct kxen_domain *d, struct kxen_stream_in *im,
			const struct kxen_save_ports *r)
{
	struct kxen_port *p;
	int ret = check_port(d, r);

	lockdep_assert_held(&d->evtchn->event_lock);
	if (ret)
		return ret;
	ret = kxen_port_alloc_at(d, r->port, &p);
	/* Domain 0 may have made one for the guest meanwhile. */
	im->why = ret == -ENOSPC ? KXEN_RESTORE_PORTS : KXEN_RESTORE_VALUES;
	if (ret)
		return ret;
	p->remote_domid = new_domid(d, im, r->remote_domid);
	p->virq = r->virq;
	p->priority = r->priority;
	p->pending_deferred = r->deferred;
	p->lastq = d->evtchn->fifo ? r->lastq : KXEN_NO_QUEUE;
	/* Connected later, each pair at once. */
	kxen_port_set(d, p, r->state == EVTCHNSTAT_interdomain ?
			    KXEN_PORT_UNBOUND : state_of(r->state), r->vcpu);
	if (r->state == EVTCHNSTAT_virq)
		kxen_virq_restore(d, p);
	return 0;
}

/* Both ends are in the stream, and name each other. */
static int restore_pair(struct kxen_domain *d, const struct kxen_save_ports *r)
{
	struct kxen_port *p = kxen_port(d, r->port);
	struct kxen_port *rp = kxen_port(d, r->remote_port);

	lockdep_assert_held(&d->evtchn->event_lock);
	if (!rp || rp == p || rp->state == KXEN_PORT_FREE)
		return -EINVAL;
	/* The second of the two finds itself connected by the first. */
	if (p->state == KXEN_PORT_INTERDOMAIN)
		return p->remote_port == r->remote_port ? 0 : -EINVAL;
	if (rp->state != KXEN_PORT_UNBOUND || rp->remote_domid != d->domid)
		return -EINVAL;
	p->remote = d;
	p->remote_port = rp->port;
	rp->remote = d;
	rp->remote_port = p->port;
	kxen_port_set(d, p, KXEN_PORT_INTERDOMAIN, p->notify_vcpu);
	kxen_port_set(d, rp, KXEN_PORT_INTERDOMAIN, rp->notify_vcpu);
	return 0;
}

/* A list is as long as its writer wanted: whoever waits for it can be killed. */
static int may_go_on(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int evtchn_restore_ports(struct kxen_domain *d, struct kxen_stream_in *im,
				const struct kxen_rec *rec, u32 nr)
{
	const struct kxen_save_ports *r = rec->data;
	int ret = 0;
	u32 i;

	lockdep_assert_held(&d->lock);
	/* Who binds to one of them at once must not raise it: the stream may yet be refused. */
	kxen_evtchn_freeze(d);
	mutex_lock(&d->evtchn->event_lock);
	for (i = 0; i < rec->nr && !ret; i++)
		ret = may_go_on() ?: restore_port(d, im, &r[i]);
	for (i = 0; i < rec->nr && !ret; i++)
		if (r[i].state == EVTCHNSTAT_interdomain && !is_peer(im, &r[i]))
			ret = may_go_on() ?: restore_pair(d, &r[i]);
	mutex_unlock(&d->evtchn->event_lock);
	return ret;
}

/* Queues and selectors are read with what they belong to; alone they mean nothing. */
static int evtchn_restore_vcpus(struct kxen_domain *d, struct kxen_stream_in *im,
				const struct kxen_rec *rec, u32 nr)
{
	bool fifo = rec->desc->id == KXEN_REC_FIFO_VCPU;

	return (fifo ? (void *)d->evtchn->fifo : d->evtchn->nlevel) ? 0 : -EINVAL;
}

/* What is there of these when one is refused goes with kxen_evtchn_drop_all(). */
const struct kxen_rec_desc kxen_evtchn_recs[] = {
	{ .id = KXEN_REC_FIFO, .each = sizeof(struct kxen_save_fifo),
	  .max = KXEN_FIFO_PAGES, .restore = kxen_fifo_restore,
	  .frames = kxen_fifo_frames },
	{ .id = KXEN_REC_FIFO_VCPU, .len = sizeof(struct kxen_save_fifo_vcpu),
	  .per_vcpu = true, .restore = evtchn_restore_vcpus,
	  .frames = kxen_fifo_vcpu_frames },
	{ .id = KXEN_REC_NLEVEL, .len = sizeof(struct kxen_save_nlevel),
	  .each = 2 * sizeof(u64), .max = KXEN_SAVE_MAX_LEAVES,
	  .restore = kxen_nl_restore, .frames = kxen_nl_frames },
	{ .id = KXEN_REC_NLEVEL_VCPU, .len = sizeof(struct kxen_save_nlevel_vcpu),
	  .per_vcpu = true, .restore = evtchn_restore_vcpus,
	  .frames = kxen_nl_vcpu_frames },
	{ .id = KXEN_REC_PORTS, .each = sizeof(struct kxen_save_ports),
	  .max = KXEN_SAVE_MAX_PORTS, .needed = true,
	  .restore = evtchn_restore_ports },
	{ }
};

/**
 * kxen_evtchn_restored() - Raise what was deferred, and connect the channels to other domains.
 * @d: the domain, locked; its ports are restored, and nothing can fail any more.
 * @im: the stream.
 *
 * Context: may sleep.
 */
void kxen_evtchn_restored(struct kxen_domain *d, const struct kxen_stream_in *im)
{
	const struct kxen_rec *rec = kxen_recs(im, KXEN_REC_PORTS, NULL);
	const struct kxen_save_ports *r = rec->data;
	struct kxen_domain *rd;
	u32 i;

	lockdep_assert_held(&d->lock);
	mutex_lock(&d->evtchn->event_lock);
	d->evtchn->restored = true;
	mutex_unlock(&d->evtchn->event_lock);
	kxen_evtchn_thaw(d);
	for (i = 0; i < rec->nr; i++) {
		if (!is_peer(im, &r[i]))
			continue;
		rd = kxen_domain_get(r[i].remote_domid);
		if (!rd)
			continue;
		if (rd != d)
			kxen_port_reconnect(d, r[i].port, rd, r[i].remote_port);
		kxen_domain_put(rd);
		cond_resched();
	}
}
