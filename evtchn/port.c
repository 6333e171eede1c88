// SPDX-License-Identifier: GPL-2.0-only
/* Ports: allocation and state. Knows no event ABI. */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "../kvm-xen/trace.h"
#include "evtchn_internal.h"

static struct kxen_port *make_bucket(u32 first)
{
	struct kxen_port *bucket = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	u32 i;

	static_assert(sizeof(*bucket) * KXEN_PORTS_PER_BUCKET <= PAGE_SIZE);
	if (!bucket)
		return NULL;
	for (i = 0; i < KXEN_PORTS_PER_BUCKET; i++) {
		raw_spin_lock_init(&bucket[i].lock);
		bucket[i].port = first + i;
		bucket[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		bucket[i].lastq = KXEN_NO_QUEUE;
	}
	return bucket;
}

/* Make the bucket that holds @port. */
static int grow(struct kxen_evtchn *e, u32 port)
{
	lockdep_assert_held(&e->event_lock);
	return kxen_port_table_grow(&e->table, port, make_bucket);
}

/**
 * kxen_ports_init() - Make room for the domain's ports.
 * @d: the domain, not yet published; its limit is final.
 *
 * Return: 0, or -ENOMEM with what is there for kxen_ports_free().
 */
int kxen_ports_init(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	u32 max = d->limit[KXEN_LIMIT_PORTS].max;
	u32 nr = DIV_ROUND_UP(max, KXEN_PORTS_PER_BUCKET);
	int ret;

	e->set.max_ports = max;
	e->set.used = kvcalloc(BITS_TO_LONGS(nr * KXEN_PORTS_PER_BUCKET),
			       sizeof(long), GFP_KERNEL_ACCOUNT);
	e->table.buckets = kvcalloc(nr, sizeof(void *), GFP_KERNEL_ACCOUNT);
	if (!e->set.used || !e->table.buckets)
		return -ENOMEM;
	mutex_lock(&e->event_lock);
	ret = grow(e, 0);
	if (!ret) {
		__set_bit(0, e->set.used);
		kxen_port(d, 0)->state = KXEN_PORT_RESERVED;
	}
	mutex_unlock(&e->event_lock);
	return ret;
}

void kxen_ports_free(struct kxen_evtchn *e)
{
	u32 i;

	for (i = 0; i < e->table.nr_valid / KXEN_PORTS_PER_BUCKET; i++)
		free_page((unsigned long)e->table.buckets[i]);
	kvfree(e->table.buckets);
	kvfree(e->set.used);
}

static bool is_busy(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_evtchn_ops *ops = d->evtchn->ops;
	unsigned long flags;
	bool busy = false;

	lockdep_assert_held(&d->evtchn->event_lock);
	if (ops->is_busy) {
		local_irq_save(flags);
		busy = ops->is_busy(d, p);
		local_irq_restore(flags);
	}
	return busy;
}

/**
 * kxen_port_alloc() - Find the lowest free port.
 * @d: the domain, event_lock held.
 * @out: the port, still free: kxen_port_set() takes it.
 *
 * Return: 0; -EINVAL if the domain is dying; -ENOSPC; -ENOMEM (A3).
 */
int kxen_port_alloc(struct kxen_domain *d, struct kxen_port **out)
{
	struct kxen_evtchn *e = d->evtchn;
	u32 port = 0, max = e->ops->max_ports(d);
	int ret;

	lockdep_assert_held(&e->event_lock);
	if (e->dying)
		return -EINVAL;
	do {
		port = kxen_port_set_find(&e->set, port, max);
		if (port == U32_MAX)
			return -ENOSPC;
		ret = grow(e, port);
		if (ret)
			return ret;
		*out = kxen_port(d, port++);
	} while (unlikely(is_busy(d, *out)));
	return 0;
}

/*
 * A guest that has become one of 32 bits keeps the ports that it cannot name (A91), those of
 * an N-level tree too: with the 2-level ABI any port may be there, and has no bits.
 */
static u32 max_restored(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;

	if (e->fifo || e->nlevel)
		return min(e->set.max_ports, e->ops->max_ports(d));
	return e->set.max_ports;
}

/**
 * kxen_port_alloc_at() - This port and no other, for a domain that is restored.
 * @d: the domain, event_lock held.
 * @port: the number, not trusted.
 * @out: the port, still free.
 *
 * Return: 0; -EINVAL if it is taken; -ENOSPC beyond the domain's limit; -ENOMEM.
 */
int kxen_port_alloc_at(struct kxen_domain *d, u32 port, struct kxen_port **out)
{
	struct kxen_evtchn *e = d->evtchn;
	int ret;

	lockdep_assert_held(&e->event_lock);
	if (e->dying)
		return -EINVAL;
	if (port >= max_restored(d))
		return -ENOSPC;
	if (test_bit(port, e->set.used))
		return -EINVAL;
	ret = grow(e, port);
	if (!ret)
		*out = kxen_port(d, port);
	return ret;
}

/**
 * kxen_port_set() - A free port gets its first state.
 * @d: the domain, event_lock held.
 * @p: the port, locked if it can be sent to already.
 * @state: the state.
 * @vcpu: vCPU to notify.
 */
void kxen_port_set(struct kxen_domain *d, struct kxen_port *p, u8 state,
		   u32 vcpu)
{
	lockdep_assert_held(&d->evtchn->event_lock);
	if (p->state == KXEN_PORT_FREE) {
		kxen_port_set_take(&d->evtchn->set, p->port);
		kxen_limit_charge(d, KXEN_LIMIT_PORTS);
	}
	WRITE_ONCE(p->notify_vcpu, vcpu);
	p->state = state;
	trace_kxen_port(d->domid, p->port, state, vcpu);
}

/* Back to free; event_lock and the port's lock held (A26). */
void kxen_port_free_locked(struct kxen_domain *d, struct kxen_port *p)
{
	lockdep_assert_held(&d->evtchn->event_lock);
	lockdep_assert_held(&p->lock);
	kxen_evtchn_ops(d)->clear_pending(d, p);
	/* Whatever the ABI: what is noted, and may be raised soon, is not for the next user. */
	WRITE_ONCE(p->pending_deferred, false);
	p->state = KXEN_PORT_FREE;
	p->remote = NULL;
	p->remote_domid = 0;
	p->virq = 0;
	p->serves = 0;
	WRITE_ONCE(p->host, NULL);
	p->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	WRITE_ONCE(p->notify_vcpu, 0);
	kxen_port_set_release(&d->evtchn->set, p->port);
	kxen_limit_uncharge(&d->limit[KXEN_LIMIT_PORTS]);
	trace_kxen_port(d->domid, p->port, KXEN_PORT_FREE, 0);
}

/*
 * Both domains' event_lock, in the order of their numbers, but domain 0's last; may be the same.
 * A guest can have its own lock held for one grace period after another: nobody who waits for
 * that may have domain 0's, which all the others need.
 */
void kxen_event_lock_two(struct kxen_domain *a, struct kxen_domain *b)
{
	if (a->is_host || (a->domid > b->domid && !b->is_host))
		swap(a, b);
	mutex_lock(&a->evtchn->event_lock);
	if (a != b)
		mutex_lock_nested(&b->evtchn->event_lock,
				  SINGLE_DEPTH_NESTING);
}

void kxen_event_unlock_two(struct kxen_domain *a, struct kxen_domain *b)
{
	mutex_unlock(&a->evtchn->event_lock);
	if (a != b)
		mutex_unlock(&b->evtchn->event_lock);
}

/* Two different ports, in the order of their addresses. */
void kxen_port_lock_two(struct kxen_port *a, struct kxen_port *b,
			unsigned long *flags)
	__acquires(&a->lock) __acquires(&b->lock)
{
	if (a > b)
		swap(a, b);
	raw_spin_lock_irqsave(&a->lock, *flags);
	raw_spin_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
}

void kxen_port_unlock_two(struct kxen_port *a, struct kxen_port *b,
			  unsigned long flags)
	__releases(&a->lock) __releases(&b->lock)
{
	raw_spin_unlock(a > b ? &a->lock : &b->lock);
	raw_spin_unlock_irqrestore(a > b ? &b->lock : &a->lock, flags);
}

static const u8 status_of[] = {
	[KXEN_PORT_FREE] = EVTCHNSTAT_closed,
	[KXEN_PORT_RESERVED] = EVTCHNSTAT_closed,
	[KXEN_PORT_UNBOUND] = EVTCHNSTAT_unbound,
	[KXEN_PORT_INTERDOMAIN] = EVTCHNSTAT_interdomain,
	[KXEN_PORT_VIRQ] = EVTCHNSTAT_virq,
	[KXEN_PORT_IPI] = EVTCHNSTAT_ipi,
};

/**
 * kxen_evtchn_port_info() - State of one port, no lock held across ports.
 * @d: the domain.
 * @info: in: flags and port; out: the rest.
 *
 * Return: 0; -ENOENT at the end; -EINVAL for a port that never was.
 */
int kxen_evtchn_port_info(struct kxen_domain *d, struct kxen_port_info *info)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_port *p;
	unsigned long flags;

	if (info->flags & KXEN_PORT_NEXT) {
		info->port = kxen_port_set_next(&e->set, info->port,
						READ_ONCE(e->table.nr_valid));
		if (info->port == U32_MAX)
			return -ENOENT;
	}
	p = kxen_port(d, info->port);
	if (!p)
		return -EINVAL;
	raw_spin_lock_irqsave(&p->lock, flags);
	info->state = status_of[p->state];
	info->vcpu = p->notify_vcpu;
	info->virq = p->virq;
	info->remote_domid = p->remote_domid;
	info->remote_port = 0;
	if (p->state == KXEN_PORT_INTERDOMAIN) {
		info->remote_domid = p->remote->domid;
		info->remote_port = p->remote_port;
	}
	info->pending = kxen_evtchn_ops(d)->is_pending(d, p);
	info->masked = kxen_evtchn_ops(d)->is_masked(d, p);
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}
