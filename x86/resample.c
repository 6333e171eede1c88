// SPDX-License-Identifier: GPL-2.0-only
/*
 * The callback vector is a level: handed out again as long as upcall_pending is set.
 *
 * KVM asks for a window after each vector that it injects while another one is wanted,
 * and until the guest's handler has cleared the flag that is always so: each upcall would
 * cost a second exit, at the handler's IRET, only to find the flag clear. Xen and KVM's
 * own support pay it. But handlers clear the flag first thing. So a vCPU earns trust:
 * after a number of upcalls whose flag was found clear at that window, no window is asked
 * for. What the vCPU does with the flag is then seen at the next look that KVM takes for
 * whatever reason, or by a work item some milliseconds later; a flag that was left set is
 * handed out again, and the trust is gone.
 *
 * A flag that was left set and one that was cleared and set again are told apart by the
 * count of upcalls, which grows when the host sets a flag that was clear: a new upcall
 * raises KVM's request by itself and needs nothing of this.
 *
 * All but the work item is the vCPU's own thread.
 */
#include <linux/workqueue.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/trace.h"
#include "x86.h"

#define TRUSTED		16	/* upcalls in a row that were dealt with */
#define RESAMPLE_DELAY	msecs_to_jiffies(20)

/* The flag is what it was when the vector was handed out: the host did not set it. */
static bool unchanged(struct kxen_vcpu *v)
{
	return atomic64_read(&v->upcalls) == READ_ONCE(v->arch.upcalls_at_inject);
}

/* The vector is being handed out. */
void kxen_resample_taken(struct kxen_vcpu *v)
{
	WRITE_ONCE(v->arch.upcalls_at_inject, atomic64_read(&v->upcalls));
	WRITE_ONCE(v->arch.vector_inflight, true);
}

/* Has the guest had no chance yet to clear the flag since then? */
static bool on_its_way(struct kxen_vcpu *v, u8 vector)
{
	return kxen_glue_is_injecting(v->vcpu, vector) ||
	       (unchanged(v) && !kxen_glue_intr_allowed(v->vcpu));
}

static void queue_resample_work(struct kxen_domain *d)
{
	/*
	 * vector_inflight is set, then this is looked at. Pairs with the barrier of the
	 * workqueue between clearing its pending bit and resample_work_fn(), which reads it.
	 */
	smp_mb();
	if (!delayed_work_pending(&d->arch.resample_work))
		schedule_delayed_work(&d->arch.resample_work, RESAMPLE_DELAY);
}

/**
 * kxen_resample_wanted() - Is there a callback vector to hand out, or to open a window for?
 * @v: the vCPU.
 * @vector: the callback vector if the flag is set, else 0.
 *
 * Context: the vCPU's own thread, when KVM looks for interrupts.
 * Return: @vector, or 0 while the vector that was handed out last is enough.
 */
u8 kxen_resample_wanted(struct kxen_vcpu *v, u8 vector)
{
	if (!v->arch.vector_inflight)
		return vector;
	if (vector && on_its_way(v, vector)) {
		/* Who traces acknowledgements wants to know of this one soon. */
		if (v->arch.clear_streak < TRUSTED || trace_kxen_ack_enabled())
			return vector;
		queue_resample_work(v->domain);
		return 0;
	}
	WRITE_ONCE(v->arch.vector_inflight, false);
	if (vector && unchanged(v))
		v->arch.clear_streak = 0;
	else if (!vector && v->arch.clear_streak < TRUSTED)
		v->arch.clear_streak++;
	return vector;
}

/* Flags that were left set, of vCPUs that nobody looks at. */
static void resample_work_fn(struct work_struct *w)
{
	struct kxen_domain *d = container_of(to_delayed_work(w),
					     struct kxen_domain, arch.resample_work);
	u32 i;

	for (i = 0; i < READ_ONCE(d->nr_vcpus); i++) {
		struct kxen_vcpu *v = kxen_domain_vcpu(d, i);

		if (!v || !READ_ONCE(v->arch.vector_inflight) || !kxen_upcall_pending(v))
			continue;
		/* Also one that was set anew: to have KVM look once more is harmless. */
		if (unchanged(v))
			atomic64_inc(&d->arch.upcalls_unacked);
		kxen_arch_upcall(v);
	}
}

void kxen_resample_init(struct kxen_domain *d)
{
	INIT_DELAYED_WORK(&d->arch.resample_work, resample_work_fn);
}

/* The vCPUs do not run, or what they do does not matter any more. May sleep. */
void kxen_resample_reset(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	lockdep_assert_held(&d->lock);
	cancel_delayed_work_sync(&d->arch.resample_work);
	kxen_for_each_vcpu(d, i, v) {
		WRITE_ONCE(v->arch.vector_inflight, false);
		v->arch.clear_streak = 0;
	}
}
