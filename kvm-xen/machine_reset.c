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
 * Calls that only ask, which a new life makes first, decide nothing.
 */
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/interface/grant_table.h>
#include <xen/interface/hvm/hvm_op.h>
#include <xen/interface/hvm/params.h>

#include "arch.h"
#include "guest_mem.h"
#include "hc_arg.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "subsys.h"
#include "xen_abi.h"
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

static void go_on(struct kxen_vcpu *caller)
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

enum meaning { NOTHING, NEW_LIFE, WOKEN };

static enum meaning of_memory_op(u64 cmd)
{
	switch (cmd) {
	case XENMEM_add_to_physmap:
		return NEW_LIFE;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_memory_map:
	case XENMEM_machine_memory_map:
		return NOTHING;
	default:
		return WOKEN;
	}
}

static enum meaning of_hvm_op(u64 cmd)
{
	switch (cmd) {
	case HVMOP_set_param:
		return NEW_LIFE;
	case HVMOP_get_param:
	case HVMOP_get_time:
		return NOTHING;
	default:
		return WOKEN;
	}
}

static enum meaning of_call(const struct kxen_hc *hc)
{
	switch (hc->nr) {
	case __HYPERVISOR_xen_version:
	case __HYPERVISOR_console_io:
		return NOTHING;
	case __HYPERVISOR_memory_op:
		return of_memory_op((u32)hc->arg[0]);
	case __HYPERVISOR_hvm_op:
		return of_hvm_op((u32)hc->arg[0]);
	case __HYPERVISOR_grant_table_op:
		return (u32)hc->arg[0] == GNTTABOP_query_size ? NOTHING : WOKEN;
	default:
		return WOKEN;
	}
}

/**
 * kxen_reset_first_call() - A call of a domain that is new, or held.
 * @hc: the call, with its arguments.
 *
 * Context: the vCPU's own thread, may sleep.
 */
void kxen_reset_first_call(struct kxen_hc *hc)
{
	struct kxen_domain *d = hc->d;

	if (!READ_ONCE(d->reset_pending)) {
		WRITE_ONCE(d->active, true);
		return;
	}
	switch (of_call(hc)) {
	case NEW_LIFE:
		kxen_reset_new_life(d);
		break;
	case WOKEN:
		go_on(hc->v);
		break;
	case NOTHING:
		break;
	}
}
