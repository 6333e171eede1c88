// SPDX-License-Identifier: GPL-2.0-only
/* From an event to a vCPU that looks: the upcall flag, and vCPUs that poll. */
#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm_glue.h"
#include "../kvm-xen/trace.h"
#include "evtchn_internal.h"

/**
 * kxen_upcall_mark() - Set upcall_pending; if it was clear, raise the upcall.
 * @kv: the vCPU.
 * @vi: its vcpu_info, under RCU or with interrupts off.
 */
void kxen_upcall_mark(struct kxen_vcpu *kv, void *vi)
{
	if (xchg((u8 *)vi, 1))
		return;
	atomic64_inc(&kv->upcalls);
	trace_kxen_upcall(kv->domain->domid, kv->id);
	kxen_arch_upcall(kv);
	if (unlikely(READ_ONCE(kv->poll_port)))
		kxen_glue_unblock(kv->vcpu);
}

/**
 * kxen_poll_wake() - Wake vCPUs that poll for a port (A112).
 * @d: the domain.
 * @port: the port that became pending, masked or not.
 *
 * The event's atomic bit is a full barrier. It pairs with the one between
 * publishing poll_port and looking at the bit in SCHEDOP_poll.
 */
void kxen_poll_wake(struct kxen_domain *d, u32 port)
{
	u32 i;

	if (likely(!atomic_read(&d->pollers)))
		return;
	for (i = 0; i < READ_ONCE(d->nr_vcpus); i++) {
		struct kxen_vcpu *kv = kxen_domain_vcpu(d, i);
		u32 waits = kv ? READ_ONCE(kv->poll_port) : 0;

		if (waits == port || waits == U32_MAX)
			kxen_glue_unblock(kv->vcpu);
	}
}
