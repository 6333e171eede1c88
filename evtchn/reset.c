// SPDX-License-Identifier: GPL-2.0-only
/* Closing all ports in steps: EVTCHNOP_reset (semantics A33 to A35), and a soft reset. */
#include <linux/sched/signal.h>
#include <linux/types.h>
#include <xen/interface/xen.h>

#include "../kvm-xen/hc_arg.h"
#include "../kvm-xen/xen_abi.h"
#include "evtchn_internal.h"

#define BATCH	64	/* ports that are closed at a time */

/* One reset at a time; a continuation needs one that is running. */
static long begin(struct kxen_evtchn *e, bool cont)
{
	long ret = 0;

	mutex_lock(&e->event_lock);
	/* One that was saved half-way is gone on with from the beginning. */
	if (cont != !!e->reset_next && !(cont && e->restored))
		ret = -EBUSY;
	else if (!e->reset_next)
		e->reset_next = 1;
	e->restored = false;
	mutex_unlock(&e->event_lock);
	return ret;
}

/* All that were open are closed. What was bound meanwhile makes the caller repeat. */
static long end(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	long ret = 0;

	mutex_lock(&e->event_lock);
	e->reset_next = 0;
	if (kxen_limit_used(&d->limit[KXEN_LIMIT_PORTS]))	/* port 0 does not count */
		ret = -EAGAIN;
	else
		kxen_evtchn_to_2l(d);
	mutex_unlock(&e->event_lock);
	return ret;
}

/* Progress is kept here, not in the guest's registers: they only say "go on". */
static bool close_batch(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	u32 port = kxen_evtchn_close_from(d, READ_ONCE(e->reset_next), BATCH);

	if (port == U32_MAX)
		return false;
	WRITE_ONCE(e->reset_next, max(port, 1U));
	return true;
}

/**
 * kxen_evtchn_reset() - Close all ports of the caller, 2-level again.
 * @hc: the call; may ask to be made again, as the continuation.
 * @domid: the domain; a guest may name itself alone.
 * @cont: this is a continuation.
 *
 * vcpu_info and callbacks stay. Context: the vCPU's own thread, may sleep.
 * Return: 0, -ESRCH, -EPERM, -EBUSY, -EAGAIN.
 */
long kxen_evtchn_reset(struct kxen_hc *hc, u16 domid, bool cont)
{
	struct kxen_domain *d = hc->d;
	long ret;

	ret = kxen_hc_own_domain(hc, domid);
	if (!ret)
		ret = begin(d->evtchn, cont);
	if (ret)
		return ret;
	if (!close_batch(d))
		return end(d);
	/* Whoever waits until the vCPU has left KVM's memory slots is not seen here. */
	hc->arg[0] = KXEN_EVTCHNOP_RESET_CONT;
	return kxen_hc_restart(hc);
}

/**
 * kxen_evtchn_reset_other() - EVTCHNOP_reset, by a controller.
 * @d: the domain, which must be paused.
 *
 * Context: may sleep, ends early on a signal; takes d->lock.
 * Return: 0; -EINVAL if it is not paused; -EBUSY while it resets itself; -EAGAIN if a
 * port was bound meanwhile; -EINTR with some ports closed: call again.
 */
long kxen_evtchn_reset_other(struct kxen_domain *d)
{
	long ret = -EINVAL;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	if (!d->pause_count)
		goto out;
	ret = begin(d->evtchn, false);
	if (ret)
		goto out;
	while (!ret && close_batch(d)) {
		if (signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	if (!ret) {
		ret = end(d);
	} else {
		mutex_lock(&d->evtchn->event_lock);
		d->evtchn->reset_next = 0;
		mutex_unlock(&d->evtchn->event_lock);
	}
out:
	mutex_unlock(&d->lock);
	return ret;
}
