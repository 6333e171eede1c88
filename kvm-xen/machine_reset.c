// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine that is reset, or that wakes up from sleep (ACPI S3).
 *
 * KVM is told of neither. Both show as the boot vCPU about to run from where a machine begins,
 * and only what the guest then does tells them apart: a new life begins with finding Xen,
 * a woken guest goes on with its event channels, timers and pages as if nothing had been.
 *
 * Until then the domain is held. It gets no upcall, and nothing is written into memory that
 * may belong to a new life already, which is loaded over the old one; events and timers are
 * noted. The one exception is the clock: a woken guest reads it before it calls anybody. It
 * is brought up to date where the memory still has what was written there last, word by
 * word (kxen_arch_publish_time()).
 *
 * Calls that only ask, which a new life makes first, decide nothing. What a call says is known
 * where it is served.
 */
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/hvm/params.h>

#include "arch.h"
#include "guest_mem.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "subsys.h"
#include "trace.h"

/**
 * kxen_reset_hold() - The boot vCPU is about to run from where a machine begins.
 * @d: the domain, which has had a life before.
 *
 * Context: the boot vCPU's own thread, before it runs; the other vCPUs wait for it. May
 * sleep.
 */
void kxen_reset_hold(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	mutex_lock(&d->lock);
	if (!d->reset_pending) {
		WRITE_ONCE(d->reset_pending, true);
		kxen_subsys_freeze(d);
		kxen_arch_hold(d);
		kxen_for_each_vcpu(d, i, v)
			kxen_areas_hold(v, true);
		/*
		 * A guest that wakes up starts its watchdogs again. One that had expired may
		 * have come for a vCPU once more when the VMM had reset the machine already.
		 */
		if (kxen_watchdog_stop(d))
			kxen_arch_forget_crash(d);
	}
	/* The next call is looked at. */
	WRITE_ONCE(d->active, false);
	mutex_unlock(&d->lock);
}

static void woken(struct kxen_vcpu *caller)
{
	struct kxen_domain *d = caller->domain;
	struct kxen_vcpu *v;
	u32 i;

	mutex_lock(&d->lock);
	if (d->reset_pending) {
		WRITE_ONCE(d->reset_pending, false);
		kxen_for_each_vcpu(d, i, v) {
			kxen_areas_hold(v, false);
			WRITE_ONCE(v->time_stale, true);
			kxen_arch_clock_moved(v);
		}
		if (!d->pause_count)
			kxen_subsys_thaw(d);
		/* What was set before it slept is delivered as it wants it. */
		kxen_arch_set_callback(caller, d->params[HVM_PARAM_CALLBACK_IRQ]);
		WRITE_ONCE(d->active, true);
		trace_kxen_domain(d->domid, "woken");
	}
	mutex_unlock(&d->lock);
}

/* The guest begins a new life. A vCPU's own thread, no lock held. */
void kxen_reset_new_life(struct kxen_domain *d)
{
	if (READ_ONCE(d->reset_pending))
		kxen_domain_reset(d);
	WRITE_ONCE(d->active, true);
}

/**
 * kxen_reset_first_call() - A call of a domain that is new, or held.
 * @v: whose.
 * @means: what it says of a domain that is held.
 *
 * Context: the vCPU's own thread, may sleep.
 */
void kxen_reset_first_call(struct kxen_vcpu *v, enum kxen_meaning means)
{
	struct kxen_domain *d = v->domain;

	if (!READ_ONCE(d->reset_pending)) {
		WRITE_ONCE(d->active, true);
		return;
	}
	switch (means) {
	case KXEN_MEANS_NEW_LIFE:
		kxen_reset_new_life(d);
		break;
	case KXEN_MEANS_WOKEN:
		woken(v);
		break;
	case KXEN_MEANS_NOTHING:
		break;
	}
}
