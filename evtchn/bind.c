// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making channels and sending on them, for guests and for the host alike. Who may do
 * what to whom is decided by the callers.
 */
#include <linux/types.h>
#include <xen/interface/xen.h>

#include "../kvm-xen/trace.h"
#include "evtchn_internal.h"

/**
 * kxen_port_alloc_unbound() - A port that another domain may bind to.
 * @d: the domain that gets it.
 * @remote: who may; need not exist (A11).
 * @allowed: the caller may do this to @d.
 * @host: the consumer of a port of domain 0, else NULL.
 * @out: the port.
 *
 * Context: may sleep.
 * Return: 0, -EPERM, or as kxen_port_alloc().
 */
long kxen_port_alloc_unbound(struct kxen_domain *d, u16 remote, bool allowed,
			     struct kxen_host_port *host, u32 *out)
{
	struct kxen_port *p;
	unsigned long flags;
	long ret;

	mutex_lock(&d->evtchn->event_lock);
	ret = kxen_port_alloc(d, &p);
	if (!ret && !allowed)
		ret = -EPERM;
	if (!ret) {
		raw_spin_lock_irqsave(&p->lock, flags);
		p->remote_domid = remote;
		p->host = host;
		kxen_port_set(d, p, KXEN_PORT_UNBOUND, 0);
		raw_spin_unlock_irqrestore(&p->lock, flags);
		*out = p->port;
	}
	mutex_unlock(&d->evtchn->event_lock);
	return ret;
}

/* Both ends change at once, as seen by a sender on either (A14). */
static void connect(struct kxen_domain *d, struct kxen_port *p,
		    struct kxen_host_port *host, struct kxen_domain *rd,
		    struct kxen_port *rp)
{
	unsigned long flags;

	kxen_port_lock_two(p, rp, &flags);
	p->host = host;
	p->remote = rd;
	p->remote_port = rp->port;
	kxen_port_set(d, p, KXEN_PORT_INTERDOMAIN, p->notify_vcpu);
	rp->remote = d;
	rp->remote_port = p->port;
	kxen_port_set(rd, rp, KXEN_PORT_INTERDOMAIN, rp->notify_vcpu);
	/* A notification to the unbound port may have been dropped. */
	kxen_port_raise(d, p);
	kxen_port_unlock_two(p, rp, flags);
}

/**
 * kxen_port_bind_interdomain() - Connect a new port to one that waits for it.
 * @d: the domain that gets the new port.
 * @rd: the peer's domain, may be the same; the caller holds a reference.
 * @remote_port: the peer's port, may come from a guest.
 * @host: the consumer of a port of domain 0, else NULL.
 * @out: the new port, pending from the start.
 *
 * Context: may sleep.
 * Return: 0; as kxen_port_alloc(); -EINVAL if the port is not there for @d (A13).
 */
long kxen_port_bind_interdomain(struct kxen_domain *d, struct kxen_domain *rd,
				u32 remote_port, struct kxen_host_port *host,
				u32 *out)
{
	struct kxen_port *p, *rp;
	long ret;

	kxen_event_lock_two(d, rd);
	ret = kxen_port_alloc(d, &p);
	if (!ret) {
		rp = kxen_port(rd, remote_port);
		if (!rp || rp->state != KXEN_PORT_UNBOUND ||
		    rp->remote_domid != d->domid)
			ret = -EINVAL;
	}
	if (!ret) {
		*out = p->port;
		connect(d, p, host, rd, rp);
	}
	kxen_event_unlock_two(d, rd);
	return ret;
}

/**
 * kxen_port_bind_service() - Connect a new port of domain 0 to what this kernel does there.
 * @domid: for which domain.
 * @remote_port: the port that kxen_host_alloc_service() has made, a process's.
 * @host: the consumer of the new port.
 * @out: the new port, pending from the start.
 *
 * Context: may sleep.
 * Return: 0; as kxen_port_alloc(); -EINVAL if there is no such port, or somebody has it.
 */
long kxen_port_bind_service(u16 domid, u32 remote_port, struct kxen_host_port *host, u32 *out)
{
	struct kxen_domain *d = kxen_dom0;
	struct kxen_port *p, *rp;
	long ret;

	mutex_lock(&d->evtchn->event_lock);
	ret = kxen_port_alloc(d, &p);
	if (!ret) {
		rp = kxen_port(d, remote_port);
		if (!rp || rp->state != KXEN_PORT_UNBOUND || !rp->serves || rp->serves != domid)
			ret = -EINVAL;
	}
	if (!ret) {
		*out = p->port;
		connect(d, p, host, d, rp);
	}
	mutex_unlock(&d->evtchn->event_lock);
	return ret;
}

/**
 * kxen_port_reconnect() - Connect a restored port to its peer of before.
 * @d: the restored domain.
 * @port: its port.
 * @rd: the peer's domain, another one; the caller holds a reference.
 * @remote_port: the peer's port, not trusted.
 *
 * If the peer does not wait for this domain, nothing happens. Context: may sleep.
 */
void kxen_port_reconnect(struct kxen_domain *d, u32 port,
			 struct kxen_domain *rd, u32 remote_port)
{
	struct kxen_port *p = kxen_port(d, port);
	struct kxen_port *rp = kxen_port(rd, remote_port);

	if (!p || !rp)
		return;
	kxen_event_lock_two(d, rd);
	if (p->state == KXEN_PORT_UNBOUND && rp->state == KXEN_PORT_UNBOUND &&
	    p->remote_domid == rd->domid && rp->remote_domid == d->domid &&
	    !rd->evtchn->dying)
		connect(d, p, NULL, rd, rp);
	kxen_event_unlock_two(d, rd);
}

/* Where it goes; the port is locked. */
static void trace_send(struct kxen_domain *d, struct kxen_port *p)
{
	bool other = p->state == KXEN_PORT_INTERDOMAIN;

	trace_kxen_send(d->domid, p->port, p->state,
			other ? p->remote->domid : d->domid,
			other ? p->remote_port : p->port);
}

/**
 * kxen_port_send() - An event to the other end of a port.
 * @d: the domain that sends.
 * @port: its port, may come from a guest.
 * @host: who sends, for a port of domain 0, else NULL.
 *
 * Context: any; takes the port's lock only.
 * Return: 0; -EINVAL for a port that nobody can send on (A28); -ENOTCONN for one that
 * @host has no more.
 */
long kxen_port_send(struct kxen_domain *d, u32 port,
		    const struct kxen_host_port *host)
{
	struct kxen_port *p = kxen_port(d, port);
	unsigned long flags;
	long ret = 0;

	if (!p)
		return -EINVAL;
	raw_spin_lock_irqsave(&p->lock, flags);
	/* Closed meanwhile, and maybe bound anew by somebody else. */
	if (unlikely(p->host != host)) {
		ret = -ENOTCONN;
		goto out;
	}
	if (trace_kxen_send_enabled())
		trace_send(d, p);
	switch (p->state) {
	case KXEN_PORT_INTERDOMAIN:
		kxen_port_raise(p->remote, kxen_port(p->remote,
						     p->remote_port));
		break;
	case KXEN_PORT_IPI:
		kxen_port_raise(d, p);
		break;
	case KXEN_PORT_UNBOUND:
		break;	/* silently nothing (A28) */
	default:
		ret = -EINVAL;
	}
out:
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return ret;
}
