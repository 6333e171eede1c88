// SPDX-License-Identifier: GPL-2.0-only
/* EVTCHNOP_*: arguments, permissions and errors in Xen's order (semantics A.2). */
#include <linux/build_bug.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "../kvm-xen/hc_arg.h"
#include "../kvm-xen/trace.h"
#include "../kvm-xen/xen_abi.h"
#include "evtchn_internal.h"

static long do_alloc_unbound(struct kxen_hc *hc, void *arg)
{
	struct evtchn_alloc_unbound *a = arg;
	struct kxen_domain *d = kxen_hc_domain(hc, a->dom);
	u16 remote = a->remote_dom == DOMID_SELF ? hc->d->domid : a->remote_dom;
	long ret;

	if (!d)
		return -ESRCH;
	/*
	 * In Xen's order: first the port, then the permission (A10). Domain 0's own are made
	 * with a consumer (host.c): of one without nobody would take care.
	 */
	ret = kxen_port_alloc_unbound(d, remote, kxen_hc_controls(hc, d) && !d->is_host,
				      NULL, &a->port);
	kxen_domain_put(d);
	return ret;
}

static long do_bind_interdomain(struct kxen_hc *hc, void *arg)
{
	struct evtchn_bind_interdomain *a = arg;
	struct kxen_domain *rd = kxen_hc_domain(hc, a->remote_dom);
	long ret;

	if (!rd)
		return -ESRCH;
	ret = kxen_port_bind_interdomain(hc->d, rd, a->remote_port, NULL,
					 &a->local_port);
	kxen_domain_put(rd);
	return ret;
}

static long do_bind_virq(struct kxen_hc *hc, void *arg)
{
	struct evtchn_bind_virq *a = arg;

	return kxen_virq_bind(hc->d, a->virq, a->vcpu, &a->port);
}

static long do_bind_ipi(struct kxen_hc *hc, void *arg)
{
	struct evtchn_bind_ipi *a = arg;
	struct kxen_domain *d = hc->d;
	struct kxen_port *p;
	unsigned long flags;
	long ret;

	if (!kxen_domain_vcpu(d, a->vcpu))
		return -ENOENT;
	mutex_lock(&d->evtchn->event_lock);
	ret = kxen_port_alloc(d, &p);
	if (!ret) {
		raw_spin_lock_irqsave(&p->lock, flags);
		kxen_port_set(d, p, KXEN_PORT_IPI, a->vcpu);
		raw_spin_unlock_irqrestore(&p->lock, flags);
		a->port = p->port;
	}
	mutex_unlock(&d->evtchn->event_lock);
	return ret;
}

/* There are no physical interrupts, so no number is valid (A22). */
static long do_bind_pirq(struct kxen_hc *hc, void *arg)
{
	return -EINVAL;
}

static long do_close(struct kxen_hc *hc, void *arg)
{
	struct evtchn_close *a = arg;

	return kxen_port_close(hc->d, a->port);
}

static long do_send(struct kxen_hc *hc, void *arg)
{
	struct evtchn_send *a = arg;

	hc->v->stats.sends++;
	return kxen_port_send(hc->d, a->port, NULL);
}

static void fill_status(struct kxen_port *p, struct evtchn_status *a)
{
	a->vcpu = p->notify_vcpu;
	switch (p->state) {
	case KXEN_PORT_UNBOUND:
		a->status = EVTCHNSTAT_unbound;
		a->u.unbound.dom = p->remote_domid;
		break;
	case KXEN_PORT_INTERDOMAIN:
		a->status = EVTCHNSTAT_interdomain;
		a->u.interdomain.dom = p->remote->domid;
		a->u.interdomain.port = p->remote_port;
		break;
	case KXEN_PORT_VIRQ:
		a->status = EVTCHNSTAT_virq;
		a->u.virq = p->virq;
		break;
	case KXEN_PORT_IPI:
		a->status = EVTCHNSTAT_ipi;
		break;
	default:
		a->status = EVTCHNSTAT_closed;
	}
}

static long do_status(struct kxen_hc *hc, void *arg)
{
	struct evtchn_status *a = arg;
	struct kxen_domain *d = kxen_hc_domain(hc, a->dom);
	struct kxen_port *p;
	unsigned long flags;
	long ret = 0;

	if (!d)
		return -ESRCH;
	p = kxen_port(d, a->port);
	if (!p)
		ret = -EINVAL;
	else if (!kxen_hc_controls(hc, d))
		ret = -EPERM;
	if (!ret) {
		raw_spin_lock_irqsave(&p->lock, flags);
		fill_status(p, a);
		raw_spin_unlock_irqrestore(&p->lock, flags);
	}
	kxen_domain_put(d);
	return ret;
}

static bool may_move(const struct kxen_port *p)
{
	switch (p->state) {
	case KXEN_PORT_UNBOUND:
	case KXEN_PORT_INTERDOMAIN:
		return true;
	case KXEN_PORT_VIRQ:
		return !kxen_virq_is_per_vcpu(p->virq);
	default:
		return false;
	}
}

static long do_bind_vcpu(struct kxen_hc *hc, void *arg)
{
	struct evtchn_bind_vcpu *a = arg;
	struct kxen_domain *d = hc->d;
	struct kxen_port *p;
	unsigned long flags;
	long ret = -EINVAL;

	if (!kxen_domain_vcpu(d, a->vcpu))
		return -ENOENT;
	p = kxen_port(d, a->port);
	if (!p)
		return -EINVAL;
	mutex_lock(&d->evtchn->event_lock);
	raw_spin_lock_irqsave(&p->lock, flags);
	if (may_move(p)) {
		/* What is pending stays where it is (A31). */
		WRITE_ONCE(p->notify_vcpu, a->vcpu);
		trace_kxen_port(d->domid, p->port, p->state, a->vcpu);
		ret = 0;
	}
	raw_spin_unlock_irqrestore(&p->lock, flags);
	mutex_unlock(&d->evtchn->event_lock);
	return ret;
}

static long do_unmask(struct kxen_hc *hc, void *arg)
{
	struct evtchn_unmask *a = arg;
	struct kxen_domain *d = hc->d;
	struct kxen_port *p = kxen_port(d, a->port);
	unsigned long flags;

	if (!p)
		return -EINVAL;
	raw_spin_lock_irqsave(&p->lock, flags);
	kxen_evtchn_ops(d)->unmask(d, p);
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

static long do_reset(struct kxen_hc *hc, void *arg)
{
	struct evtchn_reset *a = arg;

	return kxen_evtchn_reset(hc, a->dom, false);
}

static long do_reset_cont(struct kxen_hc *hc, void *arg)
{
	struct evtchn_reset *a = arg;

	return kxen_evtchn_reset(hc, a->dom, true);
}

static long do_init_control(struct kxen_hc *hc, void *arg)
{
	struct evtchn_init_control *a = arg;
	struct kxen_domain *d = hc->d;
	long ret;

	/* In Xen's order (A36). */
	if (!kxen_domain_vcpu(d, a->vcpu))
		return -ENOENT;
	if (!kxen_fifo_offset_ok(a->offset))
		return -EINVAL;
	ret = kxen_fifo_init_control(d, a->vcpu, a->control_gfn, a->offset);
	a->link_bits = EVTCHN_FIFO_LINK_BITS;
	return ret;
}

static long do_expand_array(struct kxen_hc *hc, void *arg)
{
	struct evtchn_expand_array *a = arg;

	return kxen_fifo_expand_array(hc->d, a->array_gfn);
}

static long set_priority(struct kxen_domain *d, struct kxen_port *p,
			 u32 priority)
{
	const struct kxen_evtchn_ops *ops = kxen_evtchn_ops(d);

	if (!ops->set_priority)
		return -ENOSYS;
	if (p->state == KXEN_PORT_FREE || p->state == KXEN_PORT_RESERVED)
		return -EACCES;
	return ops->set_priority(d, p, priority);
}

static long do_set_priority(struct kxen_hc *hc, void *arg)
{
	struct evtchn_set_priority *a = arg;
	struct kxen_port *p = kxen_port(hc->d, a->port);
	unsigned long flags;
	long ret;

	if (!p)
		return -EINVAL;
	raw_spin_lock_irqsave(&p->lock, flags);
	ret = set_priority(hc->d, p, a->priority);
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return ret;
}

#define ARG_WORDS	3	/* u64s that hold the largest argument */

/*
 * Sizes are the same for 32-bit callers, all fields have fixed widths.
 * In: copied before; out: copied back if it succeeds.
 */
static const struct {
	long (*fn)(struct kxen_hc *hc, void *arg);
	u8 size;
	bool out;
} ops[] = {
#define SIZE(type)							\
	(sizeof(type) + BUILD_BUG_ON_ZERO(sizeof(type) > ARG_WORDS * sizeof(u64)))
#define OP(name, out) { do_##name, SIZE(struct evtchn_##name), out }
	[EVTCHNOP_bind_interdomain] = OP(bind_interdomain, true),
	[EVTCHNOP_bind_virq] = OP(bind_virq, true),
	[EVTCHNOP_bind_pirq] = OP(bind_pirq, true),
	[EVTCHNOP_close] = OP(close, false),
	[EVTCHNOP_send] = OP(send, false),
	[EVTCHNOP_status] = OP(status, true),
	[EVTCHNOP_alloc_unbound] = OP(alloc_unbound, true),
	[EVTCHNOP_bind_ipi] = OP(bind_ipi, true),
	[EVTCHNOP_bind_vcpu] = OP(bind_vcpu, false),
	[EVTCHNOP_unmask] = OP(unmask, false),
	[EVTCHNOP_reset] = OP(reset, false),
	[EVTCHNOP_init_control] = OP(init_control, true),
	[EVTCHNOP_expand_array] = OP(expand_array, false),
	[EVTCHNOP_set_priority] = OP(set_priority, false),
	[KXEN_EVTCHNOP_RESET_CONT] = {
		do_reset_cont, SIZE(struct evtchn_reset), false },
#undef OP
#undef SIZE
};

static noinline long with_copy(struct kxen_hc *hc, u32 cmd)
{
	u64 arg[ARG_WORDS];	/* no more than was copied in goes back */

	if (ops[cmd].out)
		return kxen_hc_call_back(hc, hc->arg[1], arg, ops[cmd].size,
					 ops[cmd].fn);
	if (kxen_hc_get(hc, arg, hc->arg[1], ops[cmd].size))
		return -EFAULT;
	return ops[cmd].fn(hc, arg);
}

/* HYPERVISOR_event_channel_op(cmd, arg) */
long kxen_hc_event_channel(struct kxen_hc *hc)
{
	u32 cmd = hc->arg[0];

	if (cmd >= ARRAY_SIZE(ops))
		return kxen_evtchn_ext(hc);
	cmd = array_index_nospec(cmd, ARRAY_SIZE(ops));
	if (!ops[cmd].fn)
		return -ENOSYS;
	/* Of this call alone, as struct kxen_hc_fast has it: of the size that the command takes. */
	if (hc->fetched)
		return ops[cmd].fn(hc, hc->fetched);
	return with_copy(hc, cmd);
}

/*
 * By a process of domain 0: what tools do for and ask about a domain. Its own ports are those
 * of files, and of kernel code: nothing here makes, changes or closes them.
 */
long kxen_hc_event_channel_host(struct kxen_hc *hc)
{
	switch ((u32)hc->arg[0]) {
	case EVTCHNOP_status:
	case EVTCHNOP_alloc_unbound:
		return kxen_hc_event_channel(hc);
	default:
		return -ENOSYS;
	}
}

/* For SCHEDOP_poll (A110). */
int kxen_evtchn_poll(struct kxen_domain *d, u32 port)
{
	struct kxen_port *p = kxen_port(d, port);
	unsigned long flags;
	int ret = -EINVAL;

	if (!p)
		return -EINVAL;
	raw_spin_lock_irqsave(&p->lock, flags);
	if (p->state != KXEN_PORT_FREE && p->state != KXEN_PORT_RESERVED)
		ret = kxen_evtchn_ops(d)->is_pending(d, p);
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return ret;
}
