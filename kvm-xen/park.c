// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU's thread that sleeps, in KVM_RUN, for something that may never come: while it does, it
 * executes nothing of its guest's, and whoever pauses the domain need not wait for it. Before it
 * goes on it looks whether the domain is paused.
 */
#include <linux/sched/signal.h>

#include "park.h"

/**
 * kxen_park() - From here to kxen_unpark() this vCPU executes nothing of its guest's.
 * @v: the calling thread's vCPU.
 *
 * Context: no lock and no SRCU of KVM held.
 */
void kxen_park(struct kxen_vcpu *v)
{
	WRITE_ONCE(v->paused, true);
	/* Pairs with the waiter in kxen_domain_pause(). */
	smp_mb();
	wake_up_all(&v->domain->pause_wait);
}

static void leave(struct kxen_vcpu *v)
{
	WRITE_ONCE(v->paused, false);
	/*
	 * Paused since then, by somebody who may have seen us paused: with the barrier in
	 * kxen_domain_pause() one of us sees the other.
	 */
	smp_mb();
}

/**
 * kxen_park_paused() - Sleep here while the domain is paused.
 * @v: the calling thread's vCPU.
 *
 * Context: no lock and no SRCU of KVM held. Return: 0, or -EINTR when a signal came first.
 */
int kxen_park_paused(struct kxen_vcpu *v)
{
	struct kxen_domain *d = v->domain;
	int ret = 0;

	while (!ret && !kxen_may_run(d)) {
		kxen_park(v);
		ret = wait_event_interruptible(d->pause_wait, kxen_may_run(d));
		leave(v);
	}
	return ret ? -EINTR : 0;
}

/* The end of kxen_park(). Return: as kxen_park_paused(): with a signal it leaves KVM_RUN. */
int kxen_unpark(struct kxen_vcpu *v)
{
	leave(v);
	return kxen_park_paused(v);
}
