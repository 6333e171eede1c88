// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a domain that whoever has its VM has not chosen: a toolstack's.
 *
 * A VM's vCPUs run in the process that made it, and nowhere else, and its memory is that
 * process's: so the process is killed, and with it the VM goes, unless somebody else has a file
 * of it. That one's VM never runs again, and is no more than a domain that is dying.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/wait.h>

#include "kill.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "subsys.h"

/*
 * The kernel's own macro names a lock that a module does not have, where the kernel is to prove its
 * use of RCU. The caller has called rcu_read_lock().
 */
#define EACH_THREAD(p, t) \
	list_for_each_entry_rcu(t, &(p)->signal->thread_head, thread_node)

#define ATTACH_LIMIT	(10 * HZ)	/* for one that is under way */

static bool vm_is_gone(struct kxen_domain *d)
{
	return !READ_ONCE(d->kvm);
}

/* The memory of the VM's process, to be told by; NULL: there is no VM. -EINTR. */
static struct mm_struct *vm_mm(struct kxen_domain *d)
{
	struct mm_struct *mm = NULL;

	if (mutex_lock_killable(&d->lock))
		return ERR_PTR(-EINTR);
	/* One that ends by itself is not killed: its process may have other VMs. */
	if (d->kvm && READ_ONCE(d->state) != KXEN_DYING) {
		mm = kxen_glue_vm_mm(d->kvm);
		mmgrab(mm);
	}
	mutex_unlock(&d->lock);
	return mm;
}

/*
 * A process that has this memory, NULL, or -EPERM. Threads of the kernel that use it are not
 * meant, and go with it; without the first process there is no host.
 */
static struct pid *process_of(const struct mm_struct *mm)
{
	struct task_struct *p, *t;
	struct pid *pid = NULL;

	rcu_read_lock();
	for_each_process(p) {
		if (p->flags & PF_KTHREAD)
			continue;
		EACH_THREAD(p, t) {
			if (READ_ONCE(t->mm) != mm)
				continue;
			pid = is_global_init(p) ? ERR_PTR(-EPERM) : get_task_pid(p, PIDTYPE_TGID);
			goto out;
		}
	}
out:
	rcu_read_unlock();
	return pid;
}

/* None of its threads has a file any more; that somebody has looked at their end is not needed. */
static bool has_ended(struct pid *pid)
{
	struct task_struct *p, *t;
	bool ended = true;

	rcu_read_lock();
	p = pid_task(pid, PIDTYPE_TGID);
	if (p)
		EACH_THREAD(p, t)
			ended = ended && READ_ONCE(t->exit_state);
	rcu_read_unlock();
	return ended;
}

/* Wait for a process's end; nobody tells us, unless the VM goes with it. */
static int kill_and_wait(struct kxen_domain *d, struct pid *pid)
{
	long ret = 0;

	kill_pid(pid, SIGKILL, 1);
	while (ret >= 0 && !vm_is_gone(d) && !has_ended(pid))
		ret = wait_event_killable_timeout(d->pause_wait,
						  vm_is_gone(d) || has_ended(pid), 1);
	put_pid(pid);
	return ret < 0 ? -EINTR : 0;
}

/* No vCPU runs any more, nor will: but somebody else has the VM. */
static int mark(struct kxen_domain *d)
{
	bool first;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	first = d->kvm && !d->killed;
	if (first)
		d->killed = true;
	mutex_unlock(&d->lock);
	if (first)
		kxen_subsys_state_changed(d);
	return 0;
}

static int kill_vm(struct kxen_domain *d, struct mm_struct *mm)
{
	struct pid *pid;
	int ret = 0;

	while (!ret && !vm_is_gone(d)) {
		pid = process_of(mm);
		if (IS_ERR(pid))
			return PTR_ERR(pid);
		if (!pid)
			return mark(d);
		ret = kill_and_wait(d, pid);
	}
	return ret;
}

/**
 * kxen_domain_kill() - End a domain, whoever has its VM.
 * @d: the domain, not that of the host.
 *
 * Context: may sleep, no lock held; waits for the end of the process that has the VM, which is
 * killed.
 * Return: 0: no vCPU runs any more, the domain is dying, if not gone; -EINTR: the caller is being
 * killed; -EPERM: it would be the end of the host's first process; -EBUSY: it is being attached all
 * the time, or its end takes long.
 */
int kxen_domain_kill(struct kxen_domain *d)
{
	unsigned long end = jiffies + ATTACH_LIMIT;
	struct mm_struct *mm;
	int ret;

	while ((ret = kxen_domain_destroy(d)) == -EBUSY) {
		mm = vm_mm(d);
		if (IS_ERR(mm))
			return PTR_ERR(mm);
		if (mm) {
			ret = kill_vm(d, mm);
			mmdrop(mm);
			return ret;
		}
		/* Its attach is under way, which may wait for the VMM's memory, or its end. */
		if (time_after(jiffies, end))
			return -EBUSY;
		schedule_timeout_killable(1);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	if (ret == -ESHUTDOWN)	/* it may have begun a moment ago */
		ret = wait_event_killable(d->pause_wait, vm_is_gone(d)) ? -EINTR : 0;
	return ret;
}
