// SPDX-License-Identifier: GPL-2.0-only
/* From an event to a vCPU that looks: the upcall flag, and vCPUs that poll. */
#include <linux/rcupdate.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/trace.h"
#include "evtchn_internal.h"

/**
 * kxen_vcpu_mark_events_pending() - Set upcall_pending; if it was clear, raise the upcall.
 * @v: the vCPU.
 * @vcpu_info: its vcpu_info, under RCU or with interrupts off.
 */
void kxen_vcpu_mark_events_pending(struct kxen_vcpu *v, struct kxen_gptr vcpu_info)
{
	/* evtchn_upcall_pending is the first byte. */
	if (kxen_guest_xchg8(v->domain, vcpu_info, 1))
		return;
	atomic64_inc(&v->upcalls);
	trace_kxen_upcall(v->domain->domid, v->id);
	kxen_arch_upcall(v);
	if (unlikely(READ_ONCE(v->poll_port)))
		kxen_glue_unblock(v->vcpu);
}

/**
 * kxen_evtchn_check_pollers() - Wake vCPUs that poll for a port (A112).
 * @d: the domain.
 * @port: the port that became pending, masked or not.
 *
 * The event's atomic bit is a full barrier. It pairs with the one between
 * publishing poll_port and looking at the bit in SCHEDOP_poll.
 */
void kxen_evtchn_check_pollers(struct kxen_domain *d, u32 port)
{
	u32 i;

	if (likely(!atomic_read(&d->pollers)))
		return;
	for (i = 0; i < READ_ONCE(d->nr_vcpus); i++) {
		struct kxen_vcpu *v = kxen_domain_vcpu(d, i);
		u32 waits = v ? READ_ONCE(v->poll_port) : 0;

		if (waits == port || waits == U32_MAX)
			kxen_glue_unblock(v->vcpu);
	}
}

/**
 * kxen_evtchn_rescan() - Have a vCPU look at every event.
 * @v: the vCPU.
 * @force: also if none is pending (A82 wants it at registration).
 *
 * The selector is the root of the bitmap ABIs; FIFO does not look at it.
 */
void kxen_evtchn_rescan(struct kxen_vcpu *v, bool force)
{
	const struct kxen_layout *l = &kxen_layouts[READ_ONCE(v->domain->compat)];
	unsigned long flags;
	struct kxen_gptr vcpu_info, sel;

	local_irq_save(flags);
	vcpu_info = kxen_gptr_get_sched(&v->vcpu_info);
	sel = kxen_gptr_at(vcpu_info, l->sel);
	if (force || kxen_evtchn_ops(v->domain)->any_pending(v)) {
		if (l->long_bits == 64)
			kxen_guest_write64(sel, ~0ULL);
		else
			kxen_guest_write32(sel, ~0U);
		/* Pairs with the guest's xchg of the selector. */
		smp_mb();
		kxen_vcpu_mark_events_pending(v, vcpu_info);
	}
	local_irq_restore(flags);
}

/* What an event finds, before it is raised; interrupts are off. */
void kxen_trace_pending(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_evtchn_ops *ops = kxen_evtchn_ops(d);

	trace_kxen_pending(d->domid, p->port, READ_ONCE(p->notify_vcpu),
			   READ_ONCE(p->priority), ops->is_pending(d, p),
			   ops->is_masked(d, p));
}
