// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaving an ABI, for a while or for good.
 *
 * A frozen domain: its ports can be sent to, and nothing is written into its memory. An
 * ABI of its own on top of the one in use, which takes note of what is raised; thawing
 * raises that. A silent one forgets it: its memory belongs to another life already.
 */
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/stream.h"
#include "evtchn_internal.h"

/* The ABI below. Interrupts are off, which thawing waits for, or event_lock is held. */
static const struct kxen_evtchn_ops *inner_ops(struct kxen_domain *d)
{
	return READ_ONCE(d->evtchn->inner_ops);
}

static u32 evtchn_frozen_max_ports(struct kxen_domain *d)
{
	return inner_ops(d)->max_ports(d);
}

static void evtchn_frozen_set_pending(struct kxen_domain *d,
				      struct kxen_port *p)
{
	WRITE_ONCE(p->pending_deferred, true);
}

static void evtchn_frozen_clear_pending(struct kxen_domain *d,
					struct kxen_port *p)
{
	inner_ops(d)->clear_pending(d, p);
}

/* Of the domain's own vCPUs, which are paused: nobody is there to call it. */
static void evtchn_frozen_unmask(struct kxen_domain *d, struct kxen_port *p)
{
	inner_ops(d)->unmask(d, p);
}

static bool evtchn_frozen_is_pending(struct kxen_domain *d, struct kxen_port *p)
{
	return READ_ONCE(p->pending_deferred) || inner_ops(d)->is_pending(d, p);
}

static bool evtchn_frozen_is_masked(struct kxen_domain *d, struct kxen_port *p)
{
	return inner_ops(d)->is_masked(d, p);
}

static bool evtchn_frozen_is_busy(struct kxen_domain *d, struct kxen_port *p)
{
	return inner_ops(d)->is_busy && inner_ops(d)->is_busy(d, p);
}

static bool evtchn_frozen_any_pending(struct kxen_vcpu *v)
{
	return inner_ops(v->domain)->any_pending(v);
}

static const struct kxen_evtchn_ops kxen_evtchn_frozen = {
	.max_ports = evtchn_frozen_max_ports,
	.set_pending = evtchn_frozen_set_pending,
	.clear_pending = evtchn_frozen_clear_pending,
	.unmask = evtchn_frozen_unmask,
	.is_pending = evtchn_frozen_is_pending,
	.is_masked = evtchn_frozen_is_masked,
	.is_busy = evtchn_frozen_is_busy,
	.any_pending = evtchn_frozen_any_pending,
};

static u32 evtchn_silent_max_ports(struct kxen_domain *d)
{
	return d->evtchn->set.max_ports;
}

static void evtchn_silent_nothing(struct kxen_domain *d, struct kxen_port *p)
{
}

static bool evtchn_silent_never(struct kxen_domain *d, struct kxen_port *p)
{
	return false;
}

static bool evtchn_silent_any_pending(struct kxen_vcpu *v)
{
	return false;
}

static const struct kxen_evtchn_ops kxen_evtchn_silent = {
	.abi = KXEN_ABI_2L,
	.max_ports = evtchn_silent_max_ports,
	.set_pending = evtchn_silent_nothing,
	.clear_pending = evtchn_silent_nothing,
	.unmask = evtchn_silent_nothing,
	.is_pending = evtchn_silent_never,
	.is_masked = evtchn_silent_never,
	.any_pending = evtchn_silent_any_pending,
};

/* The ABI in use, and what it holds, goes; frozen or not. event_lock held, may sleep. */
static void leave_for(struct kxen_domain *d, const struct kxen_evtchn_ops *to)
{
	struct kxen_evtchn *e = d->evtchn;
	const struct kxen_evtchn_ops *old = e->inner_ops ?: e->ops;

	lockdep_assert_held(&e->event_lock);
	if (e->ops == to)
		return;
	/* Pairs with the reads of e->ops. */
	smp_store_release(&e->ops, to);
	/*
	 * Whoever has read the old ops has interrupts off until it is done. With the lock
	 * held: the next change must not find the old ABI's state half taken away.
	 */
	synchronize_rcu();
	WRITE_ONCE(e->inner_ops, NULL);
	if (old->stop)
		old->stop(d);
}

/* 2-level again, and no guest page of another ABI held; event_lock held, may sleep. */
void kxen_evtchn_to_2l(struct kxen_domain *d)
{
	leave_for(d, &kxen_evtchn_2l);
}

/* From now on nothing of the guest's memory is read or written; event_lock held. */
void kxen_evtchn_silence(struct kxen_domain *d)
{
	leave_for(d, &kxen_evtchn_silent);
}

/**
 * kxen_evtchn_freeze() - From now on no sender writes into the domain's memory.
 * @d: the domain, locked and paused. May be frozen already.
 *
 * Context: may sleep.
 */
void kxen_evtchn_freeze(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;

	lockdep_assert_held(&d->lock);
	mutex_lock(&e->event_lock);
	if (!e->inner_ops) {
		WRITE_ONCE(e->inner_ops, e->ops);
		/* Pairs with the reads of e->ops. */
		smp_store_release(&e->ops, &kxen_evtchn_frozen);
		synchronize_rcu();
	}
	mutex_unlock(&e->event_lock);
}

/* The ABI below is in use again; what was deferred stays so. */
static void unfreeze(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;

	lockdep_assert_held(&e->event_lock);
	/* Pairs with the reads of e->ops. */
	smp_store_release(&e->ops, e->inner_ops);
	synchronize_rcu();
	WRITE_ONCE(e->inner_ops, NULL);
}

/*
 * Raise what was deferred of the ports [from, to), and can be raised by now; what cannot is
 * deferred again. event_lock held.
 */
void kxen_evtchn_replay_deferred(struct kxen_domain *d, u32 from, u32 to)
{
	struct kxen_evtchn *e = d->evtchn;
	unsigned long flags;
	u32 port;

	lockdep_assert_held(&e->event_lock);
	/* Pairs with the barrier in fifo_defer_pending(). */
	smp_mb();
	for (port = from; port < min(to, e->table.nr_valid); port++) {
		struct kxen_port *p = kxen_port(d, port);

		if (READ_ONCE(p->pending_deferred) && xchg(&p->pending_deferred, false)) {
			local_irq_save(flags);
			kxen_port_raise(d, p);
			local_irq_restore(flags);
		}
		if (!(port % KXEN_PORTS_PER_BUCKET))
			cond_resched();
	}
}

/*
 * The domain goes on: raise what was sent meanwhile. The lock is given up now and then: domain 0
 * may wait for it with its own one, and there may be a million ports. A peer that closes its end
 * then leaves what it has sent. The vCPUs of a machine that has woken up run already, and may
 * close ports, whose notes go with them, bind others, which have none, or change the ABI, which
 * takes the notes over. Nobody freezes the domain again, for which it has to be locked. May sleep.
 */
void kxen_evtchn_thaw(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	u32 port, nr = 0;

	lockdep_assert_held(&d->lock);
	mutex_lock(&e->event_lock);
	if (e->inner_ops) {
		unfreeze(d);
		nr = e->table.nr_valid;
	}
	for (port = 0; port < nr; port += KXEN_PORTS_PER_BUCKET) {
		kxen_evtchn_replay_deferred(d, port, port + KXEN_PORTS_PER_BUCKET);
		mutex_unlock(&e->event_lock);
		cond_resched();
		mutex_lock(&e->event_lock);
	}
	mutex_unlock(&e->event_lock);
}

/**
 * kxen_evtchn_is_fresh() - Can a domain that is being restored take its saved ABI?
 * @d: the domain; event_lock held, and kept until the ABI is in its place.
 * @im: the stream, which is told why not.
 *
 * Return: 0; -EBUSY if a vCPU that was still on its way to stop was first.
 */
int kxen_evtchn_is_fresh(struct kxen_domain *d, struct kxen_stream_in *im)
{
	lockdep_assert_held(&d->evtchn->event_lock);
	if (d->evtchn->ops == &kxen_evtchn_2l)
		return 0;
	im->why = KXEN_RESTORE_STATE;
	return -EBUSY;
}
