// SPDX-License-Identifier: GPL-2.0-only
/* Closing channels: one port, some, or all of a domain. */
#include <linux/types.h>
#include <xen/interface/xen.h>

#include "../kvm-xen/trace.h"
#include "evtchn_internal.h"

static void free_one(struct kxen_domain *d, struct kxen_port *p)
{
	unsigned long flags;

	if (p->state == KXEN_PORT_VIRQ)
		kxen_virq_unbind(d, p->virq, p->notify_vcpu);
	raw_spin_lock_irqsave(&p->lock, flags);
	kxen_port_free_locked(d, p);
	raw_spin_unlock_irqrestore(&p->lock, flags);
}

/* The peer becomes unbound, and the same domain may bind it again (A24). */
static void free_pair(struct kxen_domain *d, struct kxen_port *p,
		      struct kxen_domain *rd)
{
	struct kxen_port *rp = kxen_port(rd, p->remote_port);
	unsigned long flags;

	kxen_port_lock_two(p, rp, &flags);
	rp->state = KXEN_PORT_UNBOUND;
	rp->remote = NULL;
	rp->remote_domid = d->domid;
	if (rp->host && rp->host->closed)
		rp->host->closed(rp->host);
	trace_kxen_port(rd->domid, rp->port, KXEN_PORT_UNBOUND,
			rp->notify_vcpu);
	kxen_port_free_locked(d, p);
	kxen_port_unlock_two(p, rp, flags);
}

/*
 * The peer's domain, with a reference, while our event_lock is held: it cannot
 * finish dying before it has closed its end, which needs our event_lock.
 */
static struct kxen_domain *peer_of(struct kxen_domain *d, struct kxen_port *p)
{
	lockdep_assert_held(&d->evtchn->event_lock);
	if (p->state != KXEN_PORT_INTERDOMAIN)
		return NULL;
	refcount_inc(&p->remote->ref);
	return p->remote;
}

/**
 * kxen_port_close() - EVTCHNOP_close.
 * @d: the domain.
 * @port: the port.
 *
 * Return: 0, or -EINVAL (A23).
 */
int kxen_port_close(struct kxen_domain *d, u32 port)
{
	struct kxen_port *p = kxen_port(d, port);
	struct kxen_domain *rd = NULL, *now;
	int ret = 0;

	if (!p)
		return -EINVAL;
	mutex_lock(&d->evtchn->event_lock);
	rd = peer_of(d, p);
	if (rd) {
		/* The order of locks may want the peer's first. */
		mutex_unlock(&d->evtchn->event_lock);
		kxen_event_lock_two(d, rd);
		now = p->state == KXEN_PORT_INTERDOMAIN ? p->remote : NULL;
		if (now && now != rd)
			ret = -EINVAL;	/* closed and bound anew meanwhile (A27) */
	}
	if (ret)
		;
	else if (p->state == KXEN_PORT_FREE || p->state == KXEN_PORT_RESERVED)
		ret = -EINVAL;
	else if (p->state == KXEN_PORT_INTERDOMAIN)
		free_pair(d, p, rd);
	else
		free_one(d, p);

	if (rd) {
		kxen_event_unlock_two(d, rd);
		kxen_domain_put(rd);
	} else {
		mutex_unlock(&d->evtchn->event_lock);
	}
	return ret;
}

/* No new ports: each that was open is closed when this returns. */
static void close_ports(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	u32 port;

	for (port = 1; port < READ_ONCE(e->table.nr_valid); port++) {
		while (test_bit(port, e->set.used))
			kxen_port_close(d, port);
		cond_resched();
	}
}

static void close_all(struct kxen_domain *d, bool drop)
{
	struct kxen_evtchn *e = d->evtchn;

	mutex_lock(&e->event_lock);
	e->dying = true;
	if (drop)
		kxen_evtchn_silence(d);
	mutex_unlock(&e->event_lock);
	close_ports(d);
	mutex_lock(&e->event_lock);
	kxen_evtchn_to_2l(d);
	mutex_unlock(&e->event_lock);
}

/**
 * kxen_evtchn_close_all() - Close every port; no new ones until reopened.
 * @d: the domain.
 *
 * The ABI is 2-level again, and no guest page is held. Context: may sleep.
 */
void kxen_evtchn_close_all(struct kxen_domain *d)
{
	close_all(d, false);
}

/**
 * kxen_evtchn_drop_all() - The same, and the guest's memory is not touched.
 * @d: the domain.
 *
 * For memory that belongs to another life than the ports: what is pending in it stays.
 * Peers become unbound as ever. Context: may sleep.
 */
void kxen_evtchn_drop_all(struct kxen_domain *d)
{
	close_all(d, true);
}

/**
 * kxen_evtchn_close_from() - Close some of a domain's open ports.
 * @d: the domain.
 * @port: the first one to look at.
 * @budget: how many at most.
 *
 * Context: may sleep.
 * Return: the next one that is open, U32_MAX if there is none behind.
 */
u32 kxen_evtchn_close_from(struct kxen_domain *d, u32 port, u32 budget)
{
	struct kxen_evtchn *e = d->evtchn;

	for (;;) {
		port = kxen_port_set_next(&e->set, port, READ_ONCE(e->table.nr_valid));
		if (port == U32_MAX || !budget--)
			return port;
		kxen_port_close(d, port++);
		cond_resched();
	}
}

/**
 * kxen_evtchn_close_some() - Close some ports of a domain that is to lose them all.
 * @d: the domain. No new ones until it is reopened: each call leaves fewer.
 * @budget: how many at most.
 *
 * For kxen_domain_reset(), which closes what is left, in a call that goes on later.
 * Context: may sleep.
 * Return: true if no port is open any more.
 */
bool kxen_evtchn_close_some(struct kxen_domain *d, u32 budget)
{
	struct kxen_evtchn *e = d->evtchn;

	mutex_lock(&e->event_lock);
	e->dying = true;
	mutex_unlock(&e->event_lock);
	return kxen_evtchn_close_from(d, 1, budget) == U32_MAX;
}
