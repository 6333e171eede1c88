// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOMCTL_vm_event_op (semantics E30 to E32): a process of domain 0 is a domain's pager, and is so
 * no more. Of what Xen's rings are for there is paging here, and nothing else.
 */
#include <linux/err.h>

#include "../kvm-xen/p2m_iommu.h"
#include "../kvm-xen/toolstack_abi.h"
#include "mempaging.h"

/* One that has never bound its channel does nothing, and keeps the next one not away. */
static void make_way(struct kxen_domain *d)
{
	struct kxen_pager *pg = kxen_pager_of(d);
	const struct kxen_pg_ring *ring;

	if (!pg)
		return;
	ring = kxen_pg_ring_of(pg);
	if (!READ_ONCE(pg->dead) && ring && !kxen_pg_ring_is_bound(ring))
		kxen_pager_kill(pg);
	kxen_pager_put(pg);
}

static long vm_event_enable(struct kxen_domain *d, u32 *port)
{
	struct kxen_pager *pg;
	int ret;

	if (kxen_iommu_any(d))
		return -EMLINK;
	make_way(d);
	pg = kxen_pager_new(d);
	if (IS_ERR(pg))
		return PTR_ERR(pg);
	ret = kxen_pg_ring_new(pg, port);
	if (ret)
		kxen_pager_kill(pg);
	kxen_pager_put(pg);
	return ret;
}

/* What is out then is lost. */
static long vm_event_disable(struct kxen_domain *d, struct kxen_pager *pg)
{
	kxen_pager_kill(pg);
	return kxen_pager_wait_end(d, pg);
}

/* Of a pager that has a ring. */
static long vm_event_of_pager(struct kxen_domain *d, u32 op)
{
	bool disable = op == KXEN_VM_EVENT_DISABLE;
	struct kxen_pager *pg = kxen_pager_of(d);
	long ret = disable ? -EINVAL : -ENODEV;

	if (!pg)
		return ret;
	spin_lock(&pg->lock);
	if (pg->ring && !pg->dead) {
		ret = 0;
		if (!disable)
			kxen_pg_ring_kick(pg->ring);
	}
	spin_unlock(&pg->lock);
	if (!ret && disable)
		ret = vm_event_disable(d, pg);
	kxen_pager_put(pg);
	return ret;
}

/**
 * kxen_pg_vm_event_op() - DOMCTL_vm_event_op.
 * @hc: the call, of a process of domain 0.
 * @d: the domain.
 * @c: the call's structure.
 *
 * Context: the process's own thread, no lock held; may sleep, for ENABLE and DISABLE as long as the
 * VMM has its own memory locked, killably.
 * Return: 0; in Xen's order: -EINVAL: domain 0, or no vCPU; -ENOSYS: not for paging, or no such
 * operation; -EMLINK: the guest has devices of its own; -EBUSY: it has a pager; -ENODEV: KVM has no
 * nested paging, or RESUME without a ring; -ENOMEM, also for who has not mapped the ring's page
 * before; -EINVAL: DISABLE without a ring; -EINTR.
 */
long kxen_pg_vm_event_op(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c)
{
	struct kxen_vm_event_op *v = &c->u.vm_event;

	if (v->op == KXEN_VM_EVENT_VERSION) {
		v->value = KXEN_VM_EVENT_INTERFACE;
		return 0;
	}
	if (d->is_host)
		return -EINVAL;
	if (READ_ONCE(d->state) == KXEN_DYING)
		return 0;
	if (!READ_ONCE(d->kvm) || !READ_ONCE(d->nr_vcpus))
		return -EINVAL;
	if (v->mode != KXEN_VM_EVENT_PAGING)
		return -ENOSYS;
	switch (v->op) {
	case KXEN_VM_EVENT_ENABLE:
		return vm_event_enable(d, &v->value);
	case KXEN_VM_EVENT_DISABLE:
	case KXEN_VM_EVENT_RESUME:
		return vm_event_of_pager(d, v->op);
	default:
		return -ENOSYS;
	}
}
