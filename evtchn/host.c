// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports of domain 0, which is this kernel: an event calls a function. What the devices
 * of dom0/ and other kernel code use.
 */
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "evtchn_internal.h"

static u32 evtchn_host_max_ports(struct kxen_domain *d)
{
	return EVTCHN_FIFO_NR_CHANNELS;
}

static void evtchn_host_set_pending(struct kxen_domain *d, struct kxen_port *p)
{
	/* Stays while the sender's lock is held: closing takes that, too. */
	struct kxen_host_port *host = READ_ONCE(p->host);

	if (host)
		host->event(host, p->port);
}

static void evtchn_host_nothing(struct kxen_domain *d, struct kxen_port *p)
{
}

/* Whether an event waits is known to its consumer alone. */
static bool evtchn_host_never(struct kxen_domain *d, struct kxen_port *p)
{
	return false;
}

const struct kxen_evtchn_ops kxen_evtchn_host = {
	.abi = KXEN_ABI_HOST,
	.max_ports = evtchn_host_max_ports,
	.set_pending = evtchn_host_set_pending,
	.clear_pending = evtchn_host_nothing,
	.unmask = evtchn_host_nothing,
	.is_pending = evtchn_host_never,
	.is_masked = evtchn_host_never,
};

/**
 * kxen_host_alloc_unbound() - A port of domain 0 that @remote may bind to.
 * @remote: domain id, need not exist.
 * @host: the consumer; must stay until the port is closed.
 * @port: the port. Events may come before this returns.
 *
 * Context: may sleep.
 * Return: 0, -ENOSPC, -ENOMEM.
 */
long kxen_host_alloc_unbound(u32 remote, struct kxen_host_port *host, u32 *port)
{
	if (remote == DOMID_SELF)
		remote = 0;
	return kxen_port_alloc_unbound(kxen_dom0, remote, true, host, port);
}

/**
 * kxen_host_alloc_service() - A port of domain 0 that stands for one of another domain.
 * @domid: that domain; a process of domain 0 that names it, and the port, is connected.
 * @host: the consumer, as above.
 * @port: the port, with KXEN_HOST_SERVICE for whoever is to bind to it.
 *
 * Context: may sleep. Return: 0, -ENOSPC, -ENOMEM.
 */
long kxen_host_alloc_service(u16 domid, struct kxen_host_port *host, u32 *port)
{
	long ret = kxen_port_alloc_unbound(kxen_dom0, kxen_dom0->domid, true, host, port);

	if (ret)
		return ret;
	/* Whoever has bound to it by its own number meanwhile has what he asked for. */
	mutex_lock(&kxen_dom0->evtchn->event_lock);
	kxen_port(kxen_dom0, *port)->serves = domid;
	mutex_unlock(&kxen_dom0->evtchn->event_lock);
	return 0;
}

/* Has it another end? As of now; context: any. */
bool kxen_host_is_bound(u32 port)
{
	struct kxen_port *p = kxen_port(kxen_dom0, port);
	unsigned long flags;
	bool bound;

	if (!p)
		return false;
	raw_spin_lock_irqsave(&p->lock, flags);
	bound = p->state == KXEN_PORT_INTERDOMAIN;
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return bound;
}

/* As above, connected to @remote_port of @remote; also -ESRCH and -EINVAL. */
long kxen_host_bind_interdomain(u32 remote, u32 remote_port,
				struct kxen_host_port *host, u32 *port)
{
	struct kxen_domain *rd =
		kxen_domain_get(remote == DOMID_SELF ? 0 : remote);
	long ret;

	if (!rd)
		return -ESRCH;
	if (remote_port & KXEN_HOST_SERVICE)
		ret = kxen_port_bind_service(rd->domid, remote_port & ~KXEN_HOST_SERVICE, host,
					     port);
	else
		ret = kxen_port_bind_interdomain(kxen_dom0, rd, remote_port, host, port);
	kxen_domain_put(rd);
	return ret;
}

/* As above, for a virtual interrupt; -EINVAL, -EEXIST. */
long kxen_host_bind_virq(u32 virq, struct kxen_host_port *host, u32 *port)
{
	return kxen_virq_bind_host(virq, host, port);
}

/**
 * kxen_host_close() - Close a port of domain 0.
 * @port: the port.
 *
 * Context: may sleep. On return its consumer is not called any more: nobody else closes it.
 * Return: 0 or -EINVAL.
 */
int kxen_host_close(u32 port)
{
	int ret;

	/* Not if its peer has died, and another one of that number came meanwhile (A27). */
	do
		ret = kxen_port_close(kxen_dom0, port);
	while (ret && test_bit(port, kxen_dom0->evtchn->set.used));
	return ret;
}

/**
 * kxen_host_send() - Tell the other end of a port of domain 0.
 * @port: the port.
 * @host: its consumer, which the caller keeps from being freed.
 *
 * Context: any.
 * Return: 0; -ENOTCONN if the port is another consumer's by now; -EINVAL.
 */
long kxen_host_send(u32 port, const struct kxen_host_port *host)
{
	return kxen_port_send(kxen_dom0, port, host);
}
