/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels: the door for the rest of the module. */
#ifndef KXEN_EVTCHN_H
#define KXEN_EVTCHN_H

#include <linux/types.h>

struct kxen_domain;
struct kxen_vcpu;

#define KXEN_HOST_PORTS	131072	/* of domain 0 */

/**
 * struct kxen_host_port - the consumer of a port of domain 0.
 * @event: called for each event, with interrupts off and locks held: it must neither
 *	sleep nor send.
 * @closed: the other end is not there any more, called likewise; may be NULL.
 */
struct kxen_host_port {
	void (*event)(struct kxen_host_port *host, u32 port);
	void (*closed)(struct kxen_host_port *host);
};

/*
 * A number with this bit is no port of the domain's that a process names with it, but of domain 0,
 * where this kernel does something for that domain: the guest has no port then, and sees nothing.
 */
#define KXEN_HOST_SERVICE	BIT(30)

long kxen_host_alloc_unbound(u32 remote, struct kxen_host_port *host, u32 *port);
long kxen_host_alloc_service(u16 domid, struct kxen_host_port *host, u32 *port);
bool kxen_host_is_bound(u32 port);
long kxen_host_bind_interdomain(u32 remote, u32 remote_port,
				struct kxen_host_port *host, u32 *port);
long kxen_host_bind_virq(u32 virq, struct kxen_host_port *host, u32 *port);
int kxen_host_close(u32 port);
long kxen_host_send(u32 port, const struct kxen_host_port *host);

/* Of a domain that is to lose all its ports. */
bool kxen_evtchn_close_some(struct kxen_domain *d, u32 budget);

/* Virtual interrupts. Any context. */
void kxen_virq_raise_vcpu(struct kxen_vcpu *v, u32 virq);
void kxen_virq_raise_global(u32 virq);

/* Poll: is this port pending? 1, 0, or -EINVAL for a port nobody can use. */
int kxen_evtchn_poll(struct kxen_domain *d, u32 port);

#endif
