// SPDX-License-Identifier: GPL-2.0-only
/* Virtual interrupts (semantics A17 to A19). */
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "evtchn_internal.h"
#include "../kvm-xen/xen_abi.h"

enum virq_class { VIRQ_PER_VCPU, VIRQ_PER_DOMAIN, VIRQ_GLOBAL };

static enum virq_class class_of(u32 virq)
{
	switch (virq) {
	case VIRQ_TIMER:
	case VIRQ_DEBUG:
	case VIRQ_XENOPROF:
	case VIRQ_XENPMU:
		return VIRQ_PER_VCPU;
	case VIRQ_ARGO:
		return VIRQ_PER_DOMAIN;
	default:
		return VIRQ_GLOBAL;
	}
}

bool kxen_virq_is_per_vcpu(u32 virq)
{
	return class_of(virq) == VIRQ_PER_VCPU;
}

/*
 * Who handles a global one; NULL: domain 0. Raisers look under RCU; a domain that dies
 * is taken out before it is freed. Changed under handler_lock, below d->lock.
 */
static struct kxen_domain __rcu *handlers[KXEN_NR_VIRQS];
static DEFINE_MUTEX(handler_lock);

static bool is_handler(struct kxen_domain *d, u32 virq)
{
	struct kxen_domain *h = rcu_access_pointer(handlers[virq]);

	return d == (h ?: kxen_dom0);
}

/**
 * kxen_virq_set_handler() - Whom a global virtual interrupt goes to.
 * @d: the domain.
 * @virq: which one.
 *
 * A port that another domain has bound to it stays, and is silent, as on Xen.
 * Context: may sleep.
 * Return: 0, -EINVAL if it is none of the global ones, -ESRCH for a domain that is dying.
 */
int kxen_virq_set_handler(struct kxen_domain *d, u32 virq)
{
	int ret = 0;

	if (virq >= KXEN_NR_VIRQS || class_of(virq) != VIRQ_GLOBAL)
		return -EINVAL;
	virq = array_index_nospec(virq, KXEN_NR_VIRQS);
	mutex_lock(&handler_lock);
	if (READ_ONCE(d->state) == KXEN_DYING)
		ret = -ESRCH;
	else
		rcu_assign_pointer(handlers[virq], d->is_host ? NULL : d);
	mutex_unlock(&handler_lock);
	return ret;
}

/* A domain dies: what it handled is domain 0's again (A121). It is DYING already. */
void kxen_virq_drop_handler(struct kxen_domain *d)
{
	u32 i;

	mutex_lock(&handler_lock);
	for (i = 0; i < KXEN_NR_VIRQS; i++)
		if (rcu_access_pointer(handlers[i]) == d)
			RCU_INIT_POINTER(handlers[i], NULL);
	mutex_unlock(&handler_lock);
}

/* Domain 0 has no vCPUs: all of its are the domain's. */
static u32 *map_of(struct kxen_domain *d, u32 virq, struct kxen_vcpu *v)
{
	return v && class_of(virq) == VIRQ_PER_VCPU ? &v->virq_port[virq] :
						       &d->virq_port[virq];
}

static raw_spinlock_t *lock_of(struct kxen_domain *d, u32 virq,
			       struct kxen_vcpu *v)
{
	return v && class_of(virq) == VIRQ_PER_VCPU ? &v->virq_lock :
						       &d->virq_lock;
}

static long bind(struct kxen_domain *d, u32 virq, struct kxen_vcpu *v,
		 u32 vcpu, struct kxen_host_port *host, u32 *port)
{
	u32 *map = map_of(d, virq, v);
	struct kxen_port *p;
	unsigned long flags;
	int ret;

	lockdep_assert_held(&d->evtchn->event_lock);
	if (READ_ONCE(*map))
		return -EEXIST;
	ret = kxen_port_alloc(d, &p);
	if (ret)
		return ret;
	raw_spin_lock_irqsave(&p->lock, flags);
	p->virq = virq;
	p->host = host;
	kxen_port_set(d, p, KXEN_PORT_VIRQ, vcpu);
	raw_spin_unlock_irqrestore(&p->lock, flags);
	*port = p->port;
	/* Last: from here on it can be raised. */
	raw_spin_lock_irqsave(lock_of(d, virq, v), flags);
	WRITE_ONCE(*map, p->port);
	raw_spin_unlock_irqrestore(lock_of(d, virq, v), flags);
	return 0;
}

/**
 * kxen_virq_bind() - EVTCHNOP_bind_virq.
 * @d: the domain.
 * @virq: number, from the guest.
 * @vcpu: vCPU, from the guest.
 * @port: the new port.
 *
 * Return: 0; -EINVAL, -ENOENT, -EBUSY, -EEXIST, or as kxen_port_alloc(); in this
 * order (A17).
 */
long kxen_virq_bind(struct kxen_domain *d, u32 virq, u32 vcpu, u32 *port)
{
	struct kxen_vcpu *v;
	long ret;

	if (virq >= KXEN_NR_VIRQS)
		return -EINVAL;
	virq = array_index_nospec(virq, KXEN_NR_VIRQS);
	if (class_of(virq) != VIRQ_PER_VCPU && vcpu)
		return -EINVAL;
	v = kxen_domain_vcpu(d, vcpu);
	if (!v)
		return -ENOENT;
	if (class_of(virq) == VIRQ_GLOBAL && !is_handler(d, virq))
		return -EBUSY;
	mutex_lock(&d->evtchn->event_lock);
	ret = bind(d, virq, v, vcpu, NULL, port);
	mutex_unlock(&d->evtchn->event_lock);
	return ret;
}

/* The same for domain 0. */
long kxen_virq_bind_host(u32 virq, struct kxen_host_port *host, u32 *port)
{
	long ret;

	if (virq >= KXEN_NR_VIRQS)
		return -EINVAL;
	virq = array_index_nospec(virq, KXEN_NR_VIRQS);
	if (class_of(virq) == VIRQ_GLOBAL && !is_handler(kxen_dom0, virq))
		return -EBUSY;
	mutex_lock(&kxen_dom0->evtchn->event_lock);
	ret = bind(kxen_dom0, virq, NULL, 0, host, port);
	mutex_unlock(&kxen_dom0->evtchn->event_lock);
	return ret;
}

/*
 * Could a port of a saved domain have this? A global one is silent until the domain is made
 * its handler again, which is the toolstack's to say.
 */
bool kxen_virq_may_restore(struct kxen_domain *d, u32 virq, u32 vcpu)
{
	struct kxen_vcpu *v = kxen_domain_vcpu(d, vcpu);

	if (virq >= KXEN_NR_VIRQS || !v)
		return false;
	virq = array_index_nospec(virq, KXEN_NR_VIRQS);
	return !READ_ONCE(*map_of(d, virq, v));
}

/* A port whose virq and vCPU are set, and can have it: from here on it is raised. */
void kxen_virq_restore(struct kxen_domain *d, struct kxen_port *p)
{
	struct kxen_vcpu *v = kxen_domain_vcpu(d, p->notify_vcpu);
	u32 virq = array_index_nospec(p->virq, KXEN_NR_VIRQS);
	unsigned long flags;

	lockdep_assert_held(&d->evtchn->event_lock);
	raw_spin_lock_irqsave(lock_of(d, virq, v), flags);
	WRITE_ONCE(*map_of(d, virq, v), p->port);
	raw_spin_unlock_irqrestore(lock_of(d, virq, v), flags);
}

/* The port is closed: nobody finds it any more when this returns (A25). */
void kxen_virq_unbind(struct kxen_domain *d, u32 virq, u32 vcpu)
{
	struct kxen_vcpu *v = kxen_domain_vcpu(d, vcpu);
	unsigned long flags;

	lockdep_assert_held(&d->evtchn->event_lock);
	raw_spin_lock_irqsave(lock_of(d, virq, v), flags);
	WRITE_ONCE(*map_of(d, virq, v), 0);
	raw_spin_unlock_irqrestore(lock_of(d, virq, v), flags);
}

static void virq_raise(struct kxen_domain *d, raw_spinlock_t *lock, const u32 *map)
{
	struct kxen_port *p;
	unsigned long flags;

	raw_spin_lock_irqsave(lock, flags);
	p = *map ? kxen_port(d, *map) : NULL;
	if (p) {
		raw_spin_lock(&p->lock);
		kxen_port_raise(d, p);
		raw_spin_unlock(&p->lock);
	}
	raw_spin_unlock_irqrestore(lock, flags);
}

/**
 * kxen_virq_raise_vcpu() - Raise a per-vCPU virtual interrupt.
 * @v: the vCPU.
 * @virq: one of the per-vCPU ones.
 *
 * Context: any, also a timer's.
 */
void kxen_virq_raise_vcpu(struct kxen_vcpu *v, u32 virq)
{
	virq_raise(v->domain, &v->virq_lock, &v->virq_port[virq]);
}

/* A global one, to its handler. Any context. */
void kxen_virq_raise_global(u32 virq)
{
	struct kxen_domain *d;

	rcu_read_lock();
	d = rcu_dereference(handlers[virq]) ?: kxen_dom0;
	virq_raise(d, &d->virq_lock, &d->virq_port[virq]);
	rcu_read_unlock();
}
