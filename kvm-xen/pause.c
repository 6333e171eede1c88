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
#include <linux/slab.h>
#include <linux/task_work.h>

#include "kvm/glue.h"
#include "kxen.h"
#include "park.h"
#include "pause.h"
#include "subsys.h"

/* A work that is queued for a task that may be about to run this vCPU. */
struct catch {
	struct callback_head work;
	struct kxen_vcpu *v;
};

static void pause_work(struct callback_head *head)
{
	struct catch *c = container_of(head, struct catch, work);
	struct kxen_vcpu *v = c->v;
	struct kxen_domain *d = v->domain;

	cmpxchg(&v->pause_task, current, NULL);
	kfree(c);
	/*
	 * On the way to user space the vCPU is not loaded: the thread is the
	 * VMM's then and must not be held up; KVM_RUN's hook will catch it.
	 */
	if (kxen_glue_is_running_here(v->vcpu))
		kxen_park_paused(v);
	kxen_domain_put(d);
}

/*
 * Have a task pause before it executes code of this vCPU. One task at a time is remembered:
 * another one may have run the vCPU since, and needs a work of its own.
 */
static void catch(struct kxen_vcpu *v, struct task_struct *t, gfp_t gfp)
{
	struct catch *c;

	if (READ_ONCE(v->pause_task) == t)
		return;
	c = kmalloc(sizeof(*c), gfp);
	if (!c)
		return;	/* who waits tries again */
	init_task_work(&c->work, pause_work);
	c->v = v;
	refcount_inc(&v->domain->ref);	/* given back by pause_work() */
	WRITE_ONCE(v->pause_task, t);
	if (task_work_add(t, &c->work, TWA_RESUME)) {
		cmpxchg(&v->pause_task, t, NULL);
		kxen_domain_put(v->domain);
		kfree(c);
	}
}

/**
 * kxen_pause_run() - KVM_RUN begins: sleep here while the domain is paused.
 * @v: the calling thread's vCPU.
 *
 * Nothing is skipped: KVM completes an access that the VMM has answered before it looks at
 * signals or at immediate_exit, and the VMM relies on it. A thread that comes by with one
 * of these is caught on its way into the guest, should it go there after all.
 * Context: the vCPU's own thread, no lock and no SRCU of KVM held.
 */
void kxen_pause_run(struct kxen_vcpu *v)
{
	if (likely(kxen_may_run(v->domain)))
		return;
	kxen_glue_prepare_run(v->vcpu);
	if (kxen_glue_immediate_exit(v->vcpu) || kxen_park_paused(v))
		catch(v, current, GFP_KERNEL | __GFP_NOFAIL);
}

static void catch_one(struct kxen_vcpu *v)
{
	struct task_struct *t = kxen_glue_vcpu_task(v->vcpu);

	if (!t)
		return;
	catch(v, t, GFP_KERNEL);
	kxen_glue_unblock(v->vcpu);
	put_task_struct(t);
}

static bool stopped(struct kxen_vcpu *v)
{
	return READ_ONCE(v->paused) || kxen_glue_vcpu_idle(v->vcpu);
}

/* Does no vCPU execute guest code, nor will, given that the domain is paused? */
bool kxen_domain_stopped(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	kxen_for_each_vcpu(d, i, v)
		if (!stopped(v))
			return false;
	return true;
}

/*
 * A vCPU that was in an ioctl other than KVM_RUN, or left KVM_RUN for a signal,
 * wakes nobody: look again after a tick.
 */
static int wait_stopped(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	while (!kxen_domain_stopped(d)) {
		kxen_for_each_vcpu(d, i, v)
			if (!stopped(v))
				catch_one(v);
		if (wait_event_interruptible_timeout(d->pause_wait,
						     kxen_domain_stopped(d), 1) < 0)
			return -EINTR;
	}
	return 0;
}

static int unpause_locked(struct kxen_domain *d)
{
	lockdep_assert_held(&d->lock);
	if (!d->pause_count)
		return -EINVAL;
	/* What was sent to a saved domain is raised before it goes on. */
	if (d->pause_count == 1 && !d->reset_pending)
		kxen_subsys_thaw(d);
	WRITE_ONCE(d->pause_count, d->pause_count - 1);
	wake_up_all(&d->pause_wait);
	return 0;
}

/* The same without fail, for who has paused it. Takes d->lock. */
static void undo_pause(struct kxen_domain *d, bool tool)
{
	mutex_lock(&d->lock);
	unpause_locked(d);
	d->tool_pauses -= tool;
	mutex_unlock(&d->lock);
}

/**
 * kxen_domain_keep_paused() - One more pause, that nobody else can undo.
 * @d: the domain, locked, paused already.
 *
 * kxen_domain_undo_pause() undoes it, and takes the lock. Context: any that has it.
 */
void kxen_domain_keep_paused(struct kxen_domain *d)
{
	lockdep_assert_held(&d->lock);
	d->kept_paused++;
	WRITE_ONCE(d->pause_count, d->pause_count + 1);
}

void kxen_domain_undo_pause(struct kxen_domain *d)
{
	mutex_lock(&d->lock);
	d->kept_paused--;
	unpause_locked(d);
	mutex_unlock(&d->lock);
}

/* Both counts at once, or neither: whoever unpauses looks at both. */
static int count_pause(struct kxen_domain *d, bool tool)
{
	lockdep_assert_held(&d->lock);
	if (!d->kvm || d->state == KXEN_DYING)
		return -ESHUTDOWN;
	if (tool && d->tool_pauses >= KXEN_MAX_TOOL_PAUSES)
		return -EUSERS;
	if (!kxen_glue_vm_tryget(d->kvm))
		return -ESHUTDOWN;
	d->tool_pauses += tool;
	WRITE_ONCE(d->pause_count, d->pause_count + 1);
	return 0;
}

static int pause_domain(struct kxen_domain *d, bool tool)
{
	struct kvm *kvm;
	int ret;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	ret = count_pause(d, tool);
	kvm = d->kvm;
	mutex_unlock(&d->lock);
	if (ret)
		return ret;
	/* Pairs with those in park.c, and KVM_RUN's vcpu->mutex. */
	smp_mb();
	ret = wait_stopped(d);
	if (ret)
		undo_pause(d, tool);
	kxen_glue_vm_put(kvm);
	return ret;
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
	return pause_domain(d, false);
}

/**
 * kxen_domain_tool_pause() - The same for a tool of Xen's, by domctl.
 * @d: the domain.
 *
 * It is undone by kxen_domain_tool_unpause() alone. Context, return: as kxen_domain_pause();
 * -EUSERS if it has been paused so 255 times, as by Xen.
 */
int kxen_domain_tool_pause(struct kxen_domain *d)
{
	return pause_domain(d, true);
}

/* Those of tools are none of the others', and the other way round. */
static int unpause_domain(struct kxen_domain *d, bool tool)
{
	int ret = -EINVAL;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	if (tool ? d->tool_pauses : d->pause_count > d->tool_pauses + d->kept_paused)
		ret = unpause_locked(d);
	if (!ret)
		d->tool_pauses -= tool;
	mutex_unlock(&d->lock);
	return ret;
}

/**
 * kxen_domain_unpause() - Let a domain's vCPUs run again.
 * @d: the domain.
 *
 * Return: 0; -EINVAL if it was not paused; -EINTR for a task that is being killed.
 */
int kxen_domain_unpause(struct kxen_domain *d)
{
	return unpause_domain(d, false);
}

/* Undo kxen_domain_tool_pause(); return as above. */
int kxen_domain_tool_unpause(struct kxen_domain *d)
{
	return unpause_domain(d, true);
}
