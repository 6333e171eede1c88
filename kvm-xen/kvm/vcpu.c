// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs: the mark by which ours are known, waking them, and the end of KVM_RUN. */
#ifdef KXEN_ENTRY_VIRT
#include <linux/entry-virt.h>
#else
#include <linux/entry-kvm.h>
#endif
#include <xen/interface/xen.h>
#include <xen/interface/sched.h>

#include "glue.h"
#include "internal.h"

/**
 * kxen_glue_mark() - Make a vCPU ours.
 * @vcpu: the vCPU.
 * @ours: what takes the place of KVM's callbacks, and is found from there.
 * @theirs: set to KVM's, before ours can be called.
 *
 * Context: any; callers serialise per vCPU.
 * Return: 0, or -EBUSY if somebody else has replaced KVM's callbacks.
 */
int kxen_glue_mark(struct kvm_vcpu *vcpu, struct preempt_ops *ours, struct preempt_ops **theirs)
{
	struct preempt_notifier *pn = &vcpu->preempt_notifier;

	if (!kxen_ops_are_kvms(pn->ops))
		return -EBUSY;
	*theirs = pn->ops;
	/* Pairs with the dependent load in kxen_glue_marked() and the hooks. */
	smp_store_release(&pn->ops, ours);
	kxen_glue_want_clock(vcpu);
	return 0;
}

void kxen_glue_unmark(struct kvm_vcpu *vcpu, struct preempt_ops *theirs)
{
	if (theirs)	/* else it was never marked */
		WRITE_ONCE(vcpu->preempt_notifier.ops, theirs);
}

/* After KVM's own sched_out: the thread lost the CPU, it did not sleep. */
bool kxen_glue_preempted(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->preempted);
}

/*
 * Have a vCPU notice a request that was made before: wake it, or make it leave the
 * guest. One that is on its way into the guest sees the request itself: it says so
 * in vcpu->mode before it looks, and says that it sleeps before it looks.
 */
void kxen_glue_kick(struct kvm_vcpu *vcpu)
{
	/* Pairs with the barriers behind both of these in KVM. */
	smp_mb__after_atomic();
	if (rcuwait_active(kvm_arch_vcpu_get_wait(vcpu)) ||
	    READ_ONCE(vcpu->mode) == IN_GUEST_MODE)
		kxen_kvm_kick(vcpu);
}

/* Have a sleeping vCPU look around, whether or not there is an interrupt. */
void kxen_glue_unblock(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_UNBLOCK, vcpu);
	kxen_kvm_kick(vcpu);
}

/*
 * SCHEDOP_yield, as a PAUSE loop: let another vCPU of the VM have the CPU. The vCPU's own
 * thread.
 */
void kxen_glue_yield(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	kxen_kvm(kvm_vcpu_on_spin)(vcpu, true);
}

/*
 * Does somebody want the vCPU's thread, or KVM something done before the guest goes on? A
 * long hypercall ends then, to be gone on with. The vCPU's own thread.
 */
bool kxen_glue_work_pending(struct kvm_vcpu *vcpu)
{
	return kvm_request_pending(vcpu) || __xfer_to_guest_mode_work_pending();
}

/* Make KVM_RUN end with what the guest asked SCHEDOP_shutdown for. */
void kxen_glue_exit_shutdown(struct kvm_vcpu *vcpu, u32 reason)
{
	u32 type = KVM_SYSTEM_EVENT_SHUTDOWN;

	if (reason == SHUTDOWN_reboot)
		type = KVM_SYSTEM_EVENT_RESET;
	else if (reason == SHUTDOWN_crash || reason == SHUTDOWN_watchdog)
		type = KVM_SYSTEM_EVENT_CRASH;
	memset(&vcpu->run->system_event, 0, sizeof(vcpu->run->system_event));
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = type;
}

/* The thread that last ran the vCPU, with a reference, or NULL. */
struct task_struct *kxen_glue_vcpu_task(struct kvm_vcpu *vcpu)
{
	struct task_struct *t;

#ifdef KXEN_KVM_PID_LOCK	/* the old one is not kept for readers under RCU */
	read_lock(&vcpu->pid_lock);
	t = get_pid_task(vcpu->pid, PIDTYPE_PID);
	read_unlock(&vcpu->pid_lock);
#else
	rcu_read_lock();
	t = get_pid_task(rcu_dereference(vcpu->pid), PIDTYPE_PID);
	rcu_read_unlock();
#endif
	return t;
}

/* On which processors a thread's cpuset lets it run, now. May sleep; the caller has a reference. */
void kxen_glue_cpuset(struct task_struct *t, struct cpumask *m)
{
#ifdef CONFIG_CPUSETS
	kxen_kvm(cpuset_cpus_allowed)(t, m);
#else
	cpumask_copy(m, cpu_possible_mask);
#endif
}

/* Where it runs, or was last; 0 before it has run. */
u32 kxen_glue_vcpu_cpu(struct kvm_vcpu *vcpu)
{
	int cpu = READ_ONCE(vcpu->cpu);

	return cpu < 0 ? 0 : cpu;
}

/* No ioctl of this vCPU is in progress; a later one sees what was set before. */
bool kxen_glue_vcpu_idle(struct kvm_vcpu *vcpu)
{
	if (!mutex_trylock(&vcpu->mutex))
		return false;
	mutex_unlock(&vcpu->mutex);
	return true;
}
