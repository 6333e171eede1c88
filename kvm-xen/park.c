// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping a domain's vCPUs from the kernel, without help from the VMM.
 *
 * A vCPU is stopped when its thread can execute no guest code until it is let
 * go. Three places cover every state of the thread:
 *  - outside KVM_RUN: the hook at the beginning of KVM_RUN sleeps;
 *  - in KVM_RUN, executing guest code or about to: a task_work, which KVM runs
 *    before each entry with kvm->srcu released, sleeps;
 *  - in KVM_RUN, halted: it is woken, finds the task_work, and sleeps there.
 * All sleeps end on a signal, so that KVM_RUN can be interrupted as ever; the
 * thread is then caught by the hook when it comes back.
 */
#include <linux/sched/signal.h>
#include <linux/task_work.h>

#include "../evtchn/evtchn.h"
#include "kvm_glue.h"
#include "kxen.h"
#include "park.h"

static bool may_run(struct kxen_domain *d)
{
	return !READ_ONCE(d->pause_count);
}

/* Sleep here while the domain is paused: 0, or -EINTR when a signal came first. */
static int park(struct kxen_vcpu *kv)
{
	struct kxen_domain *d = kv->domain;
	int ret = 0;

	while (!ret && !may_run(d)) {
		WRITE_ONCE(kv->parked, true);
		/* Pairs with the waiter in kxen_domain_pause(). */
		smp_mb();
		wake_up_all(&d->park_wait);
		ret = wait_event_interruptible(d->park_wait, may_run(d));
		WRITE_ONCE(kv->parked, false);
		/*
		 * Paused again since then, by somebody who may have seen us parked: with
		 * the barrier in kxen_domain_pause() one of us sees the other.
		 */
		smp_mb();
	}
	return ret ? -EINTR : 0;
}

static void park_work(struct callback_head *head)
{
	struct kxen_vcpu *kv = container_of(head, struct kxen_vcpu, park_work);

	struct kxen_domain *d = kv->domain;

	atomic_set_release(&kv->park_queued, 0);
	/*
	 * On the way to user space the vCPU is not loaded: the thread is the
	 * VMM's then and must not be held up; KVM_RUN's hook will catch it.
	 */
	if (kxen_glue_is_running_here(kv->vcpu))
		park(kv);
	kxen_domain_put(d);
}

void kxen_park_init(struct kxen_vcpu *kv)
{
	init_task_work(&kv->park_work, park_work);
	atomic_set(&kv->park_queued, 0);
}

/* Have the vCPU's thread park before it executes guest code again. */
static void catch(struct kxen_vcpu *kv, struct task_struct *t)
{
	/* One callback_head can be queued once; it says when it is free. */
	if (atomic_cmpxchg_acquire(&kv->park_queued, 0, 1))
		return;
	refcount_inc(&kv->domain->ref);	/* given back by park_work() */
	if (task_work_add(t, &kv->park_work, TWA_RESUME)) {
		atomic_set_release(&kv->park_queued, 0);
		kxen_domain_put(kv->domain);
	}
}

/**
 * kxen_park_run() - KVM_RUN begins: sleep here while the domain is paused.
 * @kv: the calling thread's vCPU.
 *
 * A VMM that only has an access completed gets its thread back at once; should it change
 * its mind meanwhile, the thread is caught on its way into the guest.
 * Context: the vCPU's own thread, no lock and no SRCU of KVM held.
 * Return: 0, or -EINTR when a signal came first.
 */
int kxen_park_run(struct kxen_vcpu *kv)
{
	if (likely(may_run(kv->domain)))
		return 0;
	if (!kxen_glue_immediate_exit(kv->vcpu))
		return park(kv);
	catch(kv, current);
	return 0;
}

static void catch_one(struct kxen_vcpu *kv)
{
	struct task_struct *t = kxen_glue_vcpu_task(kv->vcpu);

	if (!t)
		return;
	catch(kv, t);
	kxen_glue_unblock(kv->vcpu);
	put_task_struct(t);
}

static bool stopped(struct kxen_vcpu *kv)
{
	return READ_ONCE(kv->parked) || kxen_glue_vcpu_idle(kv->vcpu);
}

static bool all_stopped(struct kxen_domain *d)
{
	struct kxen_vcpu *kv;
	u32 i;

	for (i = 0; i < d->nr_vcpus; i++) {
		kv = kxen_domain_vcpu(d, i);
		if (kv && !stopped(kv))
			return false;
	}
	return true;
}

/*
 * A vCPU that was in an ioctl other than KVM_RUN, or left KVM_RUN for a signal,
 * wakes nobody: look again after a tick.
 */
static int wait_stopped(struct kxen_domain *d)
{
	u32 i;

	while (!all_stopped(d)) {
		for (i = 0; i < d->nr_vcpus; i++) {
			struct kxen_vcpu *kv = kxen_domain_vcpu(d, i);

			if (kv && !stopped(kv))
				catch_one(kv);
		}
		if (wait_event_interruptible_timeout(d->park_wait,
						     all_stopped(d), 1) < 0)
			return -EINTR;
	}
	return 0;
}

static int let_go_locked(struct kxen_domain *d)
{
	lockdep_assert_held(&d->lock);
	if (!d->pause_count)
		return -EINVAL;
	/* What was sent to a saved domain is raised before it goes on. */
	if (d->pause_count == 1 && !d->reset_pending)
		kxen_evtchn_thaw(d);
	WRITE_ONCE(d->pause_count, d->pause_count - 1);
	wake_up_all(&d->park_wait);
	return 0;
}

static void let_go(struct kxen_domain *d)
{
	mutex_lock(&d->lock);
	let_go_locked(d);
	mutex_unlock(&d->lock);
}

/**
 * kxen_domain_pause() - Stop all vCPUs of a domain.
 * @d: the domain; the caller is not one of its vCPUs.
 *
 * Nests. Context: may sleep; takes d->lock, but does not hold it while waiting,
 * since a vCPU may need it to finish its hypercall.
 * Return: 0 when no vCPU executes guest code, nor will; -EINTR with nothing
 * changed; -ESHUTDOWN.
 */
int kxen_domain_pause(struct kxen_domain *d)
{
	struct kvm *kvm = NULL;
	int ret;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	if (d->kvm && d->state != KXEN_DYING && kxen_glue_vm_tryget(d->kvm))
		kvm = d->kvm;
	if (kvm)
		WRITE_ONCE(d->pause_count, d->pause_count + 1);
	mutex_unlock(&d->lock);
	if (!kvm)
		return -ESHUTDOWN;
	/* Pairs with the one in park(), and KVM_RUN's vcpu->mutex. */
	smp_mb();
	ret = wait_stopped(d);
	if (ret)
		let_go(d);
	kxen_glue_vm_put(kvm);
	return ret;
}

/**
 * kxen_domain_unpause() - Let a domain's vCPUs go.
 * @d: the domain.
 *
 * Return: 0; -EINVAL if it was not paused; -EINTR for a task that is being killed.
 */
int kxen_domain_unpause(struct kxen_domain *d)
{
	int ret;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	ret = let_go_locked(d);
	mutex_unlock(&d->lock);
	return ret;
}
