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

#include "../kvm-xen/save.h"
#include "evtchn_internal.h"

static void save_port(struct kxen_port *p, struct kxen_save_port *r)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->lock, flags);
	*r = (struct kxen_save_port) {
		.port = p->port,
		.state = p->state,
		.priority = p->priority,
		.saved = READ_ONCE(p->saved),
		.vcpu = p->notify_vcpu,
		.virq = p->virq,
		.remote_domid = p->remote_domid,
		.last_place = p->last_place,
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
void kxen_evtchn_save(struct kxen_domain *d, struct kxen_sink *s)
{
	struct kxen_evtchn *e = d->evtchn;
	const struct kxen_evtchn_ops *ops;
	struct kxen_save_port r;
	u32 port;

	mutex_lock(&e->event_lock);
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
	ops = e->below ?: e->ops;
	if (ops->save)
		ops->save(d, s);
	mutex_unlock(&e->event_lock);
}

/* --- reading ---------------------------------------------------------------------- */

/* The list of ports; its entries are not known to be good. */
static const struct kxen_save_port *ports_of(const struct kxen_image *im,
					     u32 *nr)
{
	const struct kxen_rec *rec = kxen_rec_find(im, KXEN_REC_PORTS, 0);

	if (!rec || rec->len % sizeof(struct kxen_save_port))
		return NULL;
	*nr = rec->len / sizeof(struct kxen_save_port);
	return rec->data;
}

static bool is_peer(const struct kxen_image *im, const struct kxen_save_port *r)
{
	return r->state == KXEN_PORT_INTERDOMAIN &&
	       r->remote_domid != im->domain->domid;
}

/* Ours is another number than the saved one, maybe. */
static u32 new_domid(struct kxen_domain *d, const struct kxen_image *im, u32 id)
{
	return id == im->domain->domid ? d->domid : id;
}

static int check_port(struct kxen_domain *d, const struct kxen_save_port *r)
{
	if (r->state < KXEN_PORT_UNBOUND || r->state > KXEN_PORT_IPI ||
	    !kxen_domain_vcpu(d, r->vcpu) || r->remote_domid > 0xffff ||
	    r->priority > EVTCHN_FIFO_PRIORITY_MIN || r->saved > 1)
		return -EINVAL;
	if (d->evtchn->fifo && !kxen_fifo_place_ok(d, r->last_place))
		return -EINVAL;
	if (r->state == KXEN_PORT_VIRQ &&
	    !kxen_virq_may_restore(d, r->virq, r->vcpu))
		return -EINVAL;
	return 0;
}

static int restore_port(struct kxen_domain *d, struct kxen_image *im,
			const struct kxen_save_port *r)
{
	struct kxen_port *p;
	int ret = check_port(d, r);

	if (ret)
		return ret;
	im->why = KXEN_RESTORE_PORTS;
	ret = kxen_port_alloc_at(d, r->port, &p);
	if (ret)
		return ret;
	im->why = KXEN_RESTORE_VALUES;
	p->remote_domid = new_domid(d, im, r->remote_domid);
	p->virq = r->virq;
	p->priority = r->priority;
	p->saved = r->saved;
	p->last_place = d->evtchn->fifo ? r->last_place : KXEN_NO_PLACE;
	/* Connected later, each pair at once. */
	kxen_port_set(d, p, r->state == KXEN_PORT_INTERDOMAIN ?
			    KXEN_PORT_UNBOUND : r->state, r->vcpu);
	if (r->state == KXEN_PORT_VIRQ)
		kxen_virq_restore(d, p);
	return 0;
}

/* Both ends are in the stream, and name each other. */
static int restore_pair(struct kxen_domain *d, const struct kxen_save_port *r)
{
	struct kxen_port *p = kxen_port(d, r->port);
	struct kxen_port *rp = kxen_port(d, r->remote_port);

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
static int go_on(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int restore_ports(struct kxen_domain *d, struct kxen_image *im)
{
	const struct kxen_save_port *r;
	u32 i, nr = 0;
	int ret = 0;

	lockdep_assert_held(&d->evtchn->event_lock);
	im->why = KXEN_RESTORE_VALUES;
	r = ports_of(im, &nr);
	if (!r)
		return -EINVAL;
	for (i = 0; i < nr && !ret; i++)
		ret = go_on() ?: restore_port(d, im, &r[i]);
	for (i = 0; i < nr && !ret; i++)
		if (r[i].state == KXEN_PORT_INTERDOMAIN && !is_peer(im, &r[i]))
			ret = go_on() ?: restore_pair(d, &r[i]);
	return ret;
}

static int restore_abi(struct kxen_domain *d, struct kxen_image *im)
{
	switch (im->domain->abi) {
	case KXEN_ABI_2L:
		return 0;
	case KXEN_ABI_FIFO:
		return kxen_fifo_restore(d, im);
	case KXEN_ABI_NLEVEL:
		/* The guest has it, and this domain was not made with it. */
		if (d->flags & KXEN_DOM_NLEVEL)
			return kxen_nl_restore(d, im);
		fallthrough;
	default:
		im->why = KXEN_RESTORE_FEATURE;
		return -EOPNOTSUPP;
	}
}

/**
 * kxen_evtchn_restore() - Ports and ABI of a saved domain.
 * @d: the domain, locked; no port is open, and nobody knows it. May be frozen.
 * @im: the stream.
 *
 * Nothing is raised yet, and nothing written into the guest's memory.
 * Context: may sleep.
 * Return: 0 or -errno; what is there by then goes with kxen_evtchn_drop_all().
 */
int kxen_evtchn_restore(struct kxen_domain *d, struct kxen_image *im)
{
	int ret;

	lockdep_assert_held(&d->lock);
	/* A domain that was saved itself is frozen: this is another life. */
	mutex_lock(&d->evtchn->event_lock);
	kxen_evtchn_to_2l(d);
	mutex_unlock(&d->evtchn->event_lock);
	ret = restore_abi(d, im);
	if (ret)
		return ret;
	mutex_lock(&d->evtchn->event_lock);
	ret = restore_ports(d, im);
	mutex_unlock(&d->evtchn->event_lock);
	return ret;
}

/**
 * kxen_evtchn_restored() - Raise what was noted, and connect the channels to other domains.
 * @d: the domain, locked; its ports are restored, and nothing can fail any more.
 * @im: the stream.
 *
 * Context: may sleep.
 */
void kxen_evtchn_restored(struct kxen_domain *d, const struct kxen_image *im)
{
	const struct kxen_save_port *r;
	struct kxen_domain *rd;
	u32 i, nr = 0;

	mutex_lock(&d->evtchn->event_lock);
	d->evtchn->restored = true;
	kxen_evtchn_raise_noted(d, 0, d->evtchn->table.nr_valid);
	mutex_unlock(&d->evtchn->event_lock);
	r = ports_of(im, &nr);
	for (i = 0; i < nr; i++) {
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
