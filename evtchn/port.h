/* SPDX-License-Identifier: GPL-2.0-only */
/* One event channel, whatever the ABI that tells the guest of its events. */
#ifndef KXEN_PORT_H
#define KXEN_PORT_H

#include <linux/cache.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define KXEN_NO_QUEUE	U32_MAX

struct kxen_domain;
struct kxen_host_port;

enum kxen_port_state {
	KXEN_PORT_FREE,
	KXEN_PORT_RESERVED,
	KXEN_PORT_UNBOUND,
	KXEN_PORT_INTERDOMAIN,
	KXEN_PORT_VIRQ,
	KXEN_PORT_IPI,
};

/**
 * struct kxen_port - one event channel, on a cache line of its own.
 * @lock: protects what follows, but for @notify_vcpu.
 * @state: enum kxen_port_state.
 * @remote_domid: peer, while unbound.
 * @port: its number.
 * @notify_vcpu: vCPU to be told; a peer's sender reads it without the lock.
 * @virq: which one, while bound to a virtual interrupt.
 * @remote_port: peer's port, while interdomain.
 * @priority: for FIFO; a sender reads it without the lock.
 * @serves: of domain 0, unbound: the domain for which it can be bound; 0: for none.
 * @pending_deferred: raised, and not told to the guest: its FIFO word is not there yet, or the
 *	domain is frozen.
 * @lastq: for FIFO: the queue that it was in last, changed under its lock.
 * @host: who consumes the events of a port of domain 0.
 * @remote: peer's domain, while interdomain. Stays valid: the peer closes its
 *	ports, which takes this lock, before it goes.
 */
struct kxen_port {
	raw_spinlock_t lock;
	u8 state;
	u16 remote_domid;
	u32 port;
	u32 notify_vcpu;
	u32 virq;
	u32 remote_port;
	u8 priority;
	bool pending_deferred;
	u16 serves;
	u32 lastq;
	struct kxen_domain *remote;
	struct kxen_host_port *host;
} ____cacheline_aligned;

#endif
