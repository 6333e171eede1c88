// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers: single-shot and periodic per vCPU, set_timer_op, the domain's
 * watchdogs (semantics G40, G42, G43). Deadlines are guest system time.
 */
#include <linux/ktime.h>
#include <linux/math64.h>

#include "../evtchn/evtchn.h"
#include "arch.h"
#include "hrtimer.h"
#include "kvm/glue.h"
#include "kxen.h"

/* Further ahead than this, or before the epoch: some guests mean "soon". */
#define FAR_AHEAD_NS	BIT_ULL(50)
#define SOON_NS		(100 * NSEC_PER_MSEC)
#define MIN_PERIOD_NS	NSEC_PER_MSEC

static void expired(struct kxen_vcpu *v)
{
	atomic64_inc(&v->timers);
	kxen_virq_raise_vcpu(v, VIRQ_TIMER);
}

static enum hrtimer_restart singleshot_fn(struct hrtimer *t)
{
	expired(container_of(t, struct kxen_vcpu, singleshot));
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart periodic_fn(struct hrtimer *t)
{
	struct kxen_vcpu *v = container_of(t, struct kxen_vcpu, periodic);
	u64 period = READ_ONCE(v->period_ns);

	expired(v);
	if (!period)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(t, ns_to_ktime(period));
	return HRTIMER_RESTART;
}

/* Deadlines are guest system time, which goes on while the host sleeps. */
void kxen_timer_init(struct kxen_vcpu *v)
{
	mutex_init(&v->timer_lock);
	kxen_hrtimer_setup(&v->singleshot, singleshot_fn, CLOCK_BOOTTIME);
	kxen_hrtimer_setup(&v->periodic, periodic_fn, CLOCK_BOOTTIME);
}

/*
 * The periodic timer, started after @first; @period 0 stops it. Any vCPU may set any
 * other's: the callback must not find a timer that somebody starts meanwhile, so stopping
 * and starting is one step.
 */
static void set_periodic(struct kxen_vcpu *v, u64 period, u64 first)
{
	mutex_lock(&v->timer_lock);
	WRITE_ONCE(v->period_ns, 0);
	hrtimer_cancel(&v->periodic);
	WRITE_ONCE(v->period_ns, period);
	if (period)
		hrtimer_start(&v->periodic, ns_to_ktime(first),
			      HRTIMER_MODE_REL_HARD);
	mutex_unlock(&v->timer_lock);
}

/**
 * kxen_timer_stop() - Stop both timers, for good or for a reset.
 * @v: the vCPU.
 *
 * Context: may sleep; on return no callback is running.
 */
void kxen_timer_stop(struct kxen_vcpu *v)
{
	kxen_timer_periodic_stop(v);
	kxen_timer_singleshot_stop(v);
}

void kxen_timer_singleshot_stop(struct kxen_vcpu *v)
{
	hrtimer_cancel(&v->singleshot);
}

/**
 * kxen_timer_singleshot() - VIRQ_TIMER at a guest system time.
 * @v: the calling thread's vCPU.
 * @abs_ns: the time; in the past: now.
 *
 * Return: 0.
 */
int kxen_timer_singleshot(struct kxen_vcpu *v, u64 abs_ns)
{
	u64 now = kxen_arch_guest_now(v);
	u64 delta = abs_ns > now ? abs_ns - now : 0;

	hrtimer_cancel(&v->singleshot);
	if (!delta)
		expired(v);
	else
		hrtimer_start(&v->singleshot,
			      ns_to_ktime(min_t(u64, delta, KTIME_MAX)),
			      HRTIMER_MODE_REL_HARD);
	return 0;
}

void kxen_timer_periodic_stop(struct kxen_vcpu *v)
{
	set_periodic(v, 0, 0);
}

/* Return: 0, or -EINVAL below a millisecond or above what a timer can hold. */
int kxen_timer_periodic(struct kxen_vcpu *v, u64 period_ns)
{
	if (period_ns < MIN_PERIOD_NS || period_ns > KTIME_MAX / 2)
		return -EINVAL;
	set_periodic(v, period_ns, period_ns);
	return 0;
}

/* set_timer_op: 0 stops; odd times mean "in a while", not an error (G42). */
long kxen_set_timer_op(struct kxen_vcpu *v, s64 abs_ns)
{
	u64 now = kxen_arch_guest_now(v);

	if (!abs_ns) {
		kxen_timer_singleshot_stop(v);
		return 0;
	}
	if (abs_ns < 0 || (abs_ns > (s64)now && abs_ns - now > FAR_AHEAD_NS))
		abs_ns = now + SOON_NS;
	return kxen_timer_singleshot(v, abs_ns);
}

/* The next expiry of a timer in guest system time, ~0 if it is stopped. */
static u64 deadline(struct kxen_vcpu *v, struct hrtimer *t)
{
	s64 left;

	if (!hrtimer_active(t))
		return ~0ULL;
	left = ktime_to_ns(hrtimer_get_remaining(t));
	return kxen_arch_domain_now(v->domain) + max_t(s64, left, 0);
}

/* Both timers, for a saved domain. The vCPU is paused. */
void kxen_timer_save(struct kxen_vcpu *v, u64 *singleshot, u64 *periodic,
		     u64 *period)
{
	*singleshot = deadline(v, &v->singleshot);
	*period = READ_ONCE(v->period_ns);
	*periodic = *period ? deadline(v, &v->periodic) : ~0ULL;
	/* Not started since it was restored itself. */
	if (READ_ONCE(v->resume)) {
		*singleshot = v->resume_singleshot;
		*periodic = v->resume_periodic;
		*period = v->resume_period;
	}
}

/* Take note of them: 0, or -EINVAL for a period that no guest could have set. */
int kxen_timer_restore(struct kxen_vcpu *v, u64 singleshot, u64 periodic,
		       u64 period)
{
	if (period && (period < MIN_PERIOD_NS || period > KTIME_MAX / 2))
		return -EINVAL;
	v->resume_singleshot = singleshot;
	v->resume_periodic = periodic;
	v->resume_period = period;
	return 0;
}

/* Start what was noted: the guest's clock is what it was. The vCPU's own thread. */
void kxen_timer_resume(struct kxen_vcpu *v)
{
	u64 now = kxen_arch_guest_now(v), first = 0;

	if (v->resume_singleshot != ~0ULL)
		kxen_timer_singleshot(v, v->resume_singleshot);
	if (!v->resume_period)
		return;
	if (v->resume_periodic > now)
		first = min(v->resume_periodic - now, v->resume_period);
	set_periodic(v, v->resume_period, first);
}

/* The vCPU itself writes it anew before it runs next, and whenever its clock changes. */
static void timer_write_first(struct kxen_vcpu *v, struct kxen_vcpu *caller)
{
	kxen_arch_publish_time_area(v, caller);
	WRITE_ONCE(v->time_stale, true);
	kxen_arch_clock_moved(v);
	kxen_glue_kick(v->vcpu);
}

/**
 * kxen_timer_register_area() - A second place for the vCPU's time.
 * @v: the vCPU.
 * @ga: where; ~0 as a physical address takes the area away.
 *
 * Context and return: as kxen_area_register().
 */
int kxen_timer_register_area(struct kxen_vcpu *v,
			     const struct kxen_guest_addr *ga)
{
	return kxen_area_register(v, &v->time_area, ga, 32, timer_write_first);
}
