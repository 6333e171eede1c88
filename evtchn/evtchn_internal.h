/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports, and the seam to the ABIs that tell a guest of events.
 *
 * Port states, binding and life-cycle (port_map.h, port.c, bind.c, close.c, op.c, virq.c)
 * know no ABI; an ABI (2l.c) knows no states. Locks, outermost first:
 *   event_lock   mutex per domain: allocation, binding, closing; two domains in
 *                the order of their numbers, domain 0 last;
 *   virq_lock    raw, per vCPU and per domain: virq to port;
 *   port->lock   raw, per port: its state; a pair in the order of addresses;
 *   queue lock   raw, per FIFO queue: one at a time.
 * A send takes only the lock of the sender's port, and with FIFO that of a queue;
 * N-level needs none of its own.
 */
#ifndef KXEN_EVTCHN_INTERNAL_H
#define KXEN_EVTCHN_INTERNAL_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "../kvm-xen/kxen.h"
#include "../kvm-xen/part.h"
#include "../kvm-xen/trace.h"
#include "evtchn.h"
#include "port.h"
#include "port_map.h"

struct dentry;
struct evtchn_fifo_init;
struct kxen_fifo;
struct kxen_hc;
struct kxen_stream_in;
struct kxen_nlevel;
struct kxen_port_info;
struct kxen_stream_out;

/**
 * struct kxen_evtchn_ops - how a guest is told of events.
 * @abi: KXEN_ABI_*, for dumps.
 * @max_ports: ports that the ABI can name for this domain now.
 * @set_pending: an event on this port; port's sender is locked, interrupts are
 *	off.
 * @clear_pending: the port is freed.
 * @unmask: EVTCHNOP_unmask.
 * @is_pending: for poll and dumps.
 * @is_masked: for dumps.
 * @is_busy: a free port that must not be handed out yet; may be NULL.
 * @set_priority: EVTCHNOP_set_priority, port locked; may be NULL.
 * @save: records of what the ABI holds; event_lock held; NULL if it holds nothing.
 * @any_pending: there may be an event that this vCPU has not seen.
 * @stop: take what the ABI holds away: nobody uses it any more. event_lock held, may
 *	sleep; NULL if it holds nothing.
 *
 * All but @max_ports, @save and @stop are called with interrupts off, which a change of the
 * ABI waits for.
 */
struct kxen_evtchn_ops {
	u32 abi;
	u32 (*max_ports)(struct kxen_domain *d);
	void (*set_pending)(struct kxen_domain *d, struct kxen_port *p);
	void (*clear_pending)(struct kxen_domain *d, struct kxen_port *p);
	void (*unmask)(struct kxen_domain *d, struct kxen_port *p);
	bool (*is_pending)(struct kxen_domain *d, struct kxen_port *p);
	bool (*is_masked)(struct kxen_domain *d, struct kxen_port *p);
	bool (*is_busy)(struct kxen_domain *d, struct kxen_port *p);
	int (*set_priority)(struct kxen_domain *d, struct kxen_port *p,
			    u32 priority);
	bool (*any_pending)(struct kxen_vcpu *v);
	void (*save)(struct kxen_domain *d, struct kxen_stream_out *s);
	void (*stop)(struct kxen_domain *d);
};

extern const struct kxen_evtchn_ops kxen_evtchn_2l;
extern const struct kxen_evtchn_ops kxen_evtchn_fifo;
extern const struct kxen_evtchn_ops kxen_evtchn_nlevel;
extern const struct kxen_evtchn_ops kxen_evtchn_host;

/**
 * struct kxen_evtchn - a domain's event channels.
 * @ops: the ABI in use; changed under @event_lock, read with interrupts off.
 * @inner_ops: the ABI that @ops stands in for while the domain is frozen, else NULL.
 * @fifo: its state, while that is FIFO.
 * @nlevel: its state, while that is N-level.
 * @table: the ports. Senders read it and the above; what allocations write is on other
 *	cache lines.
 * @event_lock: allocation, binding, closing.
 * @set: which ports are used.
 * @reset_next: EVTCHNOP_reset is running, and its progress; 0: it is not.
 * @restored: a reset that was under way when the domain was saved may go on, once.
 * @dying: no new ports.
 * @broken: events that were lost since the guest broke the rules of its FIFO words.
 */
struct kxen_evtchn {
	const struct kxen_evtchn_ops *ops;
	const struct kxen_evtchn_ops *inner_ops;
	struct kxen_fifo *fifo;
	struct kxen_nlevel *nlevel;
	struct kxen_port_table table;
	struct mutex event_lock ____cacheline_aligned;
	struct kxen_port_set set;
	u32 reset_next;
	bool restored;
	bool dying;
	atomic64_t broken;
};

/**
 * kxen_port() - Port by number.
 * @d: the domain.
 * @port: the number, may come from a guest.
 *
 * Return: the port, which lives as long as the domain, or NULL.
 */
static inline struct kxen_port *kxen_port(struct kxen_domain *d, u32 port)
{
	return kxen_port_table_at(&d->evtchn->table, port);
}

/* The ABI in use. Interrupts are off, or event_lock is held. */
static inline const struct kxen_evtchn_ops *
kxen_evtchn_ops(const struct kxen_domain *d)
{
	/* Pairs with the release when the ABI changes: its state is complete. */
	return smp_load_acquire(&d->evtchn->ops);
}

/* upcall.c */
void kxen_trace_pending(struct kxen_domain *d, struct kxen_port *p);

static inline void kxen_port_raise(struct kxen_domain *d, struct kxen_port *p)
{
	if (trace_kxen_pending_enabled())
		kxen_trace_pending(d, p);
	kxen_evtchn_ops(d)->set_pending(d, p);
}

/* port.c */
int kxen_ports_init(struct kxen_domain *d);
void kxen_ports_free(struct kxen_evtchn *e);
int kxen_port_alloc(struct kxen_domain *d, struct kxen_port **out);
int kxen_port_alloc_at(struct kxen_domain *d, u32 port, struct kxen_port **out);
void kxen_port_set(struct kxen_domain *d, struct kxen_port *p, u8 state,
		   u32 vcpu);
void kxen_port_free_locked(struct kxen_domain *d, struct kxen_port *p);
void kxen_event_lock_two(struct kxen_domain *a, struct kxen_domain *b);
void kxen_event_unlock_two(struct kxen_domain *a, struct kxen_domain *b);
void kxen_port_lock_two(struct kxen_port *a, struct kxen_port *b,
			unsigned long *flags);
void kxen_port_unlock_two(struct kxen_port *a, struct kxen_port *b,
			  unsigned long flags);

/* Dump of one port. */
int kxen_evtchn_port_info(struct kxen_domain *d, struct kxen_port_info *info);

/* close.c */
int kxen_port_close(struct kxen_domain *d, u32 port);
void kxen_evtchn_close_all(struct kxen_domain *d);
void kxen_evtchn_drop_all(struct kxen_domain *d);
u32 kxen_evtchn_close_from(struct kxen_domain *d, u32 port, u32 budget);

/* control.c, debugfs.c */
extern const struct kxen_ctl_call kxen_evtchn_ctl[];
void kxen_evtchn_debugfs(struct kxen_domain *d, struct dentry *dir);

/* fifo.c, fifo_setup.c */
int kxen_fifo_init_control(struct kxen_domain *d, u32 vcpu, u64 gfn, u32 offset);
int kxen_fifo_init_batch(struct kxen_domain *d,
			 const struct evtchn_fifo_init *list, u32 nr);
bool kxen_fifo_offset_ok(u32 offset);
bool kxen_fifo_queue_ok(struct kxen_domain *d, u32 at);
int kxen_fifo_expand_array(struct kxen_domain *d, u64 gfn);

/* 2l.c */
void kxen_evtchn_merge_pending(struct kxen_domain *d, const struct kxen_shared_info *old);

/* freeze.c */
void kxen_evtchn_freeze(struct kxen_domain *d);
void kxen_evtchn_thaw(struct kxen_domain *d);
void kxen_evtchn_to_2l(struct kxen_domain *d);
void kxen_evtchn_silence(struct kxen_domain *d);
void kxen_evtchn_replay_deferred(struct kxen_domain *d, u32 from, u32 to);
int kxen_evtchn_is_fresh(struct kxen_domain *d, struct kxen_stream_in *im);

/* nlevel_tree.c */
void kxen_evtchn_width_changed(struct kxen_domain *d);

/* save.c */
void kxen_evtchn_save(struct kxen_domain *d, struct kxen_stream_out *s);
void kxen_evtchn_restored(struct kxen_domain *d, const struct kxen_stream_in *im);

/* op.c */
long kxen_hc_event_channel(struct kxen_hc *hc);
long kxen_hc_event_channel_host(struct kxen_hc *hc);

/* nlevel_op.c */
long kxen_evtchn_ext(struct kxen_hc *hc);

/* reset.c */
long kxen_evtchn_reset(struct kxen_hc *hc, u16 domid, bool cont);
long kxen_evtchn_reset_other(struct kxen_domain *d);

/* bind.c */
long kxen_port_alloc_unbound(struct kxen_domain *d, u16 remote, bool allowed,
			     struct kxen_host_port *host, u32 *out);
long kxen_port_bind_interdomain(struct kxen_domain *d, struct kxen_domain *rd,
				u32 remote_port, struct kxen_host_port *host,
				u32 *out);
long kxen_port_bind_service(u16 domid, u32 remote_port, struct kxen_host_port *host, u32 *out);
void kxen_port_reconnect(struct kxen_domain *d, u32 port,
			 struct kxen_domain *rd, u32 remote_port);
long kxen_port_send(struct kxen_domain *d, u32 port,
		    const struct kxen_host_port *host);

/* upcall.c */
void kxen_vcpu_mark_events_pending(struct kxen_vcpu *v, struct kxen_gptr vcpu_info);
void kxen_evtchn_check_pollers(struct kxen_domain *d, u32 port);
void kxen_evtchn_rescan(struct kxen_vcpu *v, bool force);

/* virq.c */
bool kxen_virq_is_per_vcpu(u32 virq);
int kxen_virq_set_handler(struct kxen_domain *d, u32 virq);
void kxen_virq_drop_handler(struct kxen_domain *d);
long kxen_virq_bind(struct kxen_domain *d, u32 virq, u32 vcpu, u32 *port);
long kxen_virq_bind_host(u32 virq, struct kxen_host_port *host, u32 *port);
bool kxen_virq_may_restore(struct kxen_domain *d, u32 virq, u32 vcpu);
void kxen_virq_restore(struct kxen_domain *d, struct kxen_port *p);
void kxen_virq_unbind(struct kxen_domain *d, u32 virq, u32 vcpu);

#endif
