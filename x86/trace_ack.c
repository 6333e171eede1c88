// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a guest has acknowledged an upcall, for whoever traces it. A LAPIC vector ends
 * with an EOI. The callback vector has none: the guest clears upcall_pending, and the
 * host sees it at a later exit, which is an upper bound. Nothing of this is done unless
 * the tracepoint is on.
 */
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/trace.h"
#include "x86.h"

static void trace_on_eoi(struct kxen_vcpu *v, int vector)
{
	if (vector == READ_ONCE(v->arch.upcall_vector))
		trace_kxen_ack(v->domain->domid, v->id, 0);
}

/*
 * The tracepoint is switched with the kernel's lock of all tracepoints held, which a
 * probe of another one needs: a work item follows. The module can go with the tracepoint
 * on: then it is switched off after kxen_trace_ack_exit(), and nothing may follow.
 */
static DEFINE_SPINLOCK(eoi_watch_lock);
static bool wanted, ready, gone;
static bool watching;		/* the work item's own */

static void eoi_watch_fn(struct work_struct *w)
{
	bool want = READ_ONCE(wanted);

	/* Before KVM's functions are found: kxen_arch_ready() looks again. */
	if (!READ_ONCE(ready))
		return;
	if (want != watching && !kxen_glue_watch_eoi(want ? trace_on_eoi : NULL))
		watching = want;
}

static DECLARE_WORK(eoi_watch_work, eoi_watch_fn);

static int set_eoi_watch(bool on)
{
	int ret = 0;

	spin_lock(&eoi_watch_lock);
	WRITE_ONCE(wanted, on && !gone);
	if (!gone)
		schedule_work(&eoi_watch_work);
	else if (on)
		ret = -ENODEV;
	spin_unlock(&eoi_watch_lock);
	return ret;
}

int kxen_trace_ack_reg(void)
{
	return set_eoi_watch(true);
}

void kxen_trace_ack_unreg(void)
{
	set_eoi_watch(false);
}

/* The event can be switched on before the module has begun to look at KVM. */
void kxen_arch_ready(void)
{
	WRITE_ONCE(ready, true);
	spin_lock(&eoi_watch_lock);
	if (wanted)
		schedule_work(&eoi_watch_work);
	spin_unlock(&eoi_watch_lock);
}

/* The module is unloaded: EOIs are not looked at any more. */
void kxen_trace_ack_exit(void)
{
	spin_lock(&eoi_watch_lock);
	gone = true;
	WRITE_ONCE(wanted, false);
	spin_unlock(&eoi_watch_lock);
	flush_work(&eoi_watch_work);
	eoi_watch_fn(NULL);
}

/* An exit of a vCPU, or the end of its turn. Its own thread. */
void kxen_arch_trace_ack(struct kxen_vcpu *v)
{
	if (!trace_kxen_ack_enabled() || !READ_ONCE(v->arch.trace_ack_pending) ||
	    kxen_upcall_pending(v))
		return;
	WRITE_ONCE(v->arch.trace_ack_pending, false);
	trace_kxen_ack(v->domain->domid, v->id, 1);
}
