// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCHEDOP_watchdog (G43). When one expires the machine is reset as by a triple
 * fault, which every VMM understands.
 */
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/sched.h>

#include "arch.h"
#include "hrtimer.h"
#include "kxen.h"
#include "save.h"

#define AGAIN	(10 * NSEC_PER_MSEC)

/* While all vCPUs run guests of their own it comes again, until one can have the fault. */
static enum hrtimer_restart watchdog_fn(struct hrtimer *t)
{
	struct kxen_watchdog *w = container_of(t, struct kxen_watchdog, timer);

	WRITE_ONCE(w->expired, true);
	WRITE_ONCE(w->domain->shutdown_reason, SHUTDOWN_watchdog);
	if (kxen_arch_crash(w->domain))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(t, ns_to_ktime(AGAIN));
	return HRTIMER_RESTART;
}

void kxen_watchdog_init(struct kxen_domain *d)
{
	int i;

	for (i = 0; i < KXEN_NR_WATCHDOGS; i++) {
		d->watchdog[i].domain = d;
		kxen_hrtimer_setup(&d->watchdog[i].timer, watchdog_fn,
				   CLOCK_MONOTONIC);
	}
}

/* On return none fires any more. May sleep. True if one had expired. */
bool kxen_watchdog_stop(struct kxen_domain *d)
{
	bool expired = false;
	int i;

	for (i = 0; i < KXEN_NR_WATCHDOGS; i++) {
		hrtimer_cancel(&d->watchdog[i].timer);
		expired |= d->watchdog[i].expired;
		d->watchdog[i].active = false;
		d->watchdog[i].expired = false;
	}
	return expired;
}

/**
 * kxen_watchdog_save() - What a saved domain has of a watchdog.
 * @w: the watchdog; its domain is locked, and paused.
 *
 * Return: the ns that are left, or one of KXEN_NO_TIME, KXEN_WATCHDOG_*.
 */
u64 kxen_watchdog_save(struct kxen_watchdog *w)
{
	s64 left = ktime_to_ns(hrtimer_get_remaining(&w->timer));

	lockdep_assert_held(&w->domain->lock);
	if (!w->active)
		return KXEN_NO_TIME;
	if (!READ_ONCE(w->expired))
		return max_t(s64, left, 1);
	/*
	 * It waits for a vCPU that can have the fault, or one has not taken it yet; that may be
	 * the guest's own, which nothing tells apart, and which ends the machine as well.
	 */
	return hrtimer_active(&w->timer) || kxen_arch_crashing(w->domain) ?
	       KXEN_WATCHDOG_EXPIRED : KXEN_WATCHDOG_FORGIVEN;
}

/**
 * kxen_watchdog_restore() - Have a watchdog as it was saved.
 * @w: the watchdog, which is off; its domain is locked.
 * @left: as kxen_watchdog_save() gave it, or any other number.
 */
void kxen_watchdog_restore(struct kxen_watchdog *w, u64 left)
{
	lockdep_assert_held(&w->domain->lock);
	if (left == KXEN_NO_TIME)
		return;
	w->active = true;
	WRITE_ONCE(w->expired, left == KXEN_WATCHDOG_EXPIRED || left == KXEN_WATCHDOG_FORGIVEN);
	if (left != KXEN_WATCHDOG_FORGIVEN)
		hrtimer_start(&w->timer, ns_to_ktime(min_t(u64, left, KTIME_MAX)),
			      HRTIMER_MODE_REL_HARD);
}

/* It is off, and its function does not run. */
static void start(struct kxen_watchdog *w, u32 timeout)
{
	w->active = true;
	/* One whose fault did not end the machine, as its VMM wanted it, begins anew. */
	WRITE_ONCE(w->expired, false);
	hrtimer_start(&w->timer, ktime_set(timeout, 0), HRTIMER_MODE_REL_HARD);
}

static int start_new(struct kxen_domain *d, u32 timeout)
{
	int i;

	for (i = 0; i < KXEN_NR_WATCHDOGS; i++) {
		if (d->watchdog[i].active)
			continue;
		start(&d->watchdog[i], timeout);
		return i + 1;
	}
	return -ENOSPC;
}

/*
 * What becomes of one that is on. Its function may be at any place: it has ended before anything
 * is decided, or it would find the timer started by somebody else, and start it once more.
 */
static void change(struct kxen_watchdog *w, u32 timeout)
{
	bool waited = hrtimer_cancel(&w->timer) && w->expired;

	lockdep_assert_held(&w->domain->lock);
	if (waited) {
		/* Too late: it waits for a vCPU that runs no guest of its own, as the caller. */
		if (!kxen_arch_crash(w->domain))
			hrtimer_start(&w->timer, ns_to_ktime(AGAIN), HRTIMER_MODE_REL_HARD);
	} else if (timeout) {
		start(w, timeout);
	} else {
		w->active = false;
	}
}

/**
 * kxen_watchdog_op() - SCHEDOP_watchdog.
 * @d: the domain.
 * @id: 0: a new one; else which.
 * @timeout: seconds; 0 stops it.
 *
 * Return: the new one's id, or 0; -EINVAL for an unknown or unused id; -ENOSPC.
 */
int kxen_watchdog_op(struct kxen_domain *d, u32 id, u32 timeout)
{
	struct kxen_watchdog *w;
	int ret = 0;

	if (id > KXEN_NR_WATCHDOGS)
		return -EINVAL;
	mutex_lock(&d->lock);
	if (!id) {
		/* Xen: a new one with no time is no watchdog. */
		ret = timeout ? start_new(d, timeout) : -EINVAL;
		goto out;
	}
	w = &d->watchdog[array_index_nospec(id - 1, KXEN_NR_WATCHDOGS)];
	if (w->active)
		change(w, timeout);
	else
		ret = -EINVAL;
out:
	mutex_unlock(&d->lock);
	return ret;
}
