// SPDX-License-Identifier: GPL-2.0-only
/* HYPERVISOR_sched_op(cmd, arg): semantics G43, G44, A.8. */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/sched.h>

#include "../evtchn/evtchn.h"
#include "arch.h"
#include "hrtimer.h"
#include "hypercall.h"
#include "kvm/glue.h"
#include "subsys.h"

#define MAX_POLL_PORTS	128
#define NO_REASON	U32_MAX
#define CLOSE_BATCH	64	/* ports that a soft reset closes at a time */

struct poll {
	u64 ports;
	u32 nr;
	u32 pad;
	u64 timeout;
};

struct poll_compat {
	u32 ports;
	u32 nr;
	u64 timeout;
};

static const struct kxen_field poll_fields[] = {
	KXEN_FIELD(poll, poll_compat, ports),
	KXEN_FIELD(poll, poll_compat, nr),
	KXEN_FIELD(poll, poll_compat, timeout),
};

static const struct kxen_struct poll_layout =
	KXEN_STRUCT(poll, poll_compat, poll_fields);

static enum hrtimer_restart poll_timeout(struct hrtimer *t);

struct poll_timer {
	struct hrtimer timer;
	struct kxen_vcpu *v;
	bool fired;
};

static enum hrtimer_restart poll_timeout(struct hrtimer *t)
{
	struct poll_timer *pt = container_of(t, struct poll_timer, timer);

	WRITE_ONCE(pt->fired, true);
	kxen_glue_unblock(pt->v->vcpu);
	return HRTIMER_NORESTART;
}

/* Any of the ports pending? 1, 0, -EINVAL, -EFAULT. */
static int check_ports(struct kxen_hc *hc, const struct poll *p, u32 *first)
{
	u32 i, port;
	int ret;

	for (i = 0; i < p->nr; i++) {
		if (kxen_hc_get(hc, &port, p->ports + 4ULL * i, sizeof(port)))
			return -EFAULT;
		*first = port;
		ret = kxen_evtchn_poll(hc->d, port);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Sleep until an event, the time, or a signal. Waking for nothing is allowed,
 * sleeping through an event is not: poll_port is published before anybody looks.
 */
static void sleep_polling(struct kxen_vcpu *v, u64 timeout)
{
	struct poll_timer pt = { .v = v };
	u64 now = kxen_arch_guest_now(v);

	if (timeout && timeout <= now)
		return;
	kxen_hrtimer_setup_on_stack(&pt.timer, poll_timeout, CLOCK_BOOTTIME);
	if (timeout)
		hrtimer_start(&pt.timer,
			      ns_to_ktime(min_t(u64, timeout - now, KTIME_MAX)),
			      HRTIMER_MODE_REL_HARD);
	kxen_glue_halt(v->vcpu);
	hrtimer_cancel(&pt.timer);
	destroy_hrtimer_on_stack(&pt.timer);
}

static long poll(struct kxen_hc *hc)
{
	struct kxen_vcpu *v = hc->v;
	struct kxen_domain *d = hc->d;
	struct poll p;
	u32 port = 0;
	int ret;

	if (kxen_hc_get_struct(hc, &p, hc->arg[1], &poll_layout))
		return -EFAULT;
	if (p.nr > MAX_POLL_PORTS)
		return -EINVAL;
	if (p.nr == 1) {
		if (kxen_hc_get(hc, &port, p.ports, sizeof(port)))
			return -EFAULT;
	}
	WRITE_ONCE(v->poll_port, p.nr == 1 && port ? port : U32_MAX);
	atomic_inc(&d->pollers);
	/* Pairs with the event's atomic bit: see kxen_evtchn_check_pollers(). */
	smp_mb__after_atomic();

	ret = 0;
	if (!kxen_arch_upcall_deliverable(v)) {
		ret = check_ports(hc, &p, &port);
		if (!ret)
			sleep_polling(v, p.timeout);
	}
	atomic_dec(&d->pollers);
	WRITE_ONCE(v->poll_port, 0);
	return ret < 0 ? ret : 0;
}

/* Until an upcall is pending; whether interrupts are enabled does not matter. */
static long block(struct kxen_hc *hc)
{
	struct kxen_vcpu *v = hc->v;

	WRITE_ONCE(v->poll_port, U32_MAX);
	/* Pairs with the xchg in kxen_vcpu_mark_events_pending(), which then looks at it. */
	smp_mb();
	if (!kxen_arch_upcall_deliverable(v))
		sleep_polling(v, 0);
	WRITE_ONCE(v->poll_port, 0);
	return 0;
}

static void set_reason(struct kxen_domain *d, u32 reason, bool overwrite)
{
	mutex_lock(&d->lock);
	if (overwrite || d->shutdown_reason == NO_REASON)
		d->shutdown_reason = reason;
	mutex_unlock(&d->lock);
}

static long shutdown(struct kxen_hc *hc)
{
	struct kxen_domain *d = hc->d;
	struct sched_shutdown s;

	if (kxen_hc_get(hc, &s, hc->arg[1], sizeof(s)))
		return -EFAULT;
	s.reason &= 0xff;
	if (s.reason == SHUTDOWN_soft_reset) {
		/* It may have many ports: the same call goes on with the rest. */
		if (!kxen_evtchn_close_some(d, CLOSE_BATCH))
			return kxen_hc_restart(hc);
		/* The guest goes on, in a machine that is new to Xen (G44). */
		kxen_domain_reset(d);
		return 0;
	}
	/* No toolstack saves the domain: tell the guest that it goes on. */
	if (s.reason == SHUTDOWN_suspend)
		return 1;
	set_reason(d, s.reason, false);
	mutex_lock(&d->lock);
	d->state = KXEN_SHUTDOWN;
	hc->exit_reason = d->shutdown_reason;
	mutex_unlock(&d->lock);
	kxen_subsys_state_changed(d);
	hc->exit = true;
	return 0;
}

static long shutdown_code(struct kxen_hc *hc)
{
	struct sched_shutdown s;

	if (kxen_hc_get(hc, &s, hc->arg[1], sizeof(s)))
		return -EFAULT;
	set_reason(hc->d, s.reason & 0xff, false);
	return 0;
}

static long remote_shutdown(struct kxen_hc *hc)
{
	struct { u16 domid, pad; u32 reason; } a;

	if (kxen_hc_get(hc, &a, hc->arg[1], sizeof(a)))
		return -EFAULT;
	/* One that is remote: DOMID_SELF is none, its own number is not the caller's to shut. */
	if (a.domid == DOMID_SELF)
		return -ESRCH;
	return kxen_hc_own_domain(hc, a.domid) ?: -EPERM;
}

static long watchdog(struct kxen_hc *hc)
{
	struct sched_watchdog w;

	if (kxen_hc_get(hc, &w, hc->arg[1], sizeof(w)))
		return -EFAULT;
	return kxen_watchdog_op(hc->d, w.id, w.timeout);
}

long kxen_hc_sched_op(struct kxen_hc *hc)
{
	switch ((u32)hc->arg[0]) {
	case SCHEDOP_yield:
		kxen_glue_yield(hc->v->vcpu);
		return 0;
	case SCHEDOP_block:
		return block(hc);
	case SCHEDOP_shutdown:
		return shutdown(hc);
	case SCHEDOP_poll:
		return poll(hc);
	case SCHEDOP_remote_shutdown:
		return remote_shutdown(hc);
	case SCHEDOP_shutdown_code:
		return shutdown_code(hc);
	case SCHEDOP_watchdog:
		return watchdog(hc);
	case SCHEDOP_pin_override:
		return -EPERM;
	default:
		return -ENOSYS;
	}
}
