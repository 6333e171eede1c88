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
 * @kv: our side; its preempt_ops take the place of KVM's.
 *
 * Context: any; callers serialise per vCPU.
 * Return: 0, or -EBUSY if somebody else has replaced KVM's callbacks.
 */
int kxen_glue_mark(struct kxen_vcpu *kv)
{
	struct preempt_notifier *pn = &kv->vcpu->preempt_notifier;

	if (pn->ops != kxen_kvm_preempt_ops)
		return -EBUSY;
	kv->kvm_ops = pn->ops;
	/* Pairs with the dependent load in kxen_glue_marked() and the hooks. */
	smp_store_release(&pn->ops, &kv->preempt_ops);
	kxen_glue_want_clock(kv->vcpu);
	return 0;
}

void kxen_glue_unmark(struct kxen_vcpu *kv)
{
	if (kv->kvm_ops)	/* else it was never marked */
		WRITE_ONCE(kv->vcpu->preempt_notifier.ops, kv->kvm_ops);
}

/* After KVM's own sched_out: the thread lost the CPU, it did not sleep. */
bool kxen_glue_preempted(struct kvm_vcpu *v)
{
	return READ_ONCE(v->preempted);
}

/*
 * Have a vCPU notice a request that was made before: wake it, or make it leave the
 * guest. One that is on its way into the guest sees the request itself: it says so
 * in vcpu->mode before it looks, and says that it sleeps before it looks.
 */
void kxen_glue_kick(struct kvm_vcpu *v)
{
	/* Pairs with the barriers behind both of these in KVM. */
	smp_mb__after_atomic();
	if (rcuwait_active(kvm_arch_vcpu_get_wait(v)) ||
	    READ_ONCE(v->mode) == IN_GUEST_MODE)
		kxen_kvm_kick(v);
}

/* Have a sleeping vCPU look around, whether or not there is an interrupt. */
void kxen_glue_unblock(struct kvm_vcpu *v)
{
	kvm_make_request(KVM_REQ_UNBLOCK, v);
	kxen_kvm_kick(v);
}

/* SCHEDOP_yield, as a PAUSE loop: let another vCPU of the VM have the CPU. */
void kxen_glue_yield(struct kvm_vcpu *v)
{
	kxen_kvm(kvm_vcpu_on_spin)(v, true);
}

/*
 * Does somebody want the vCPU's thread, or KVM something done before the guest goes on? A
 * long hypercall ends then, to be gone on with. The vCPU's own thread.
 */
bool kxen_glue_work_pending(struct kvm_vcpu *v)
{
	return kvm_request_pending(v) || __xfer_to_guest_mode_work_pending();
}

/* Make KVM_RUN end with what the guest asked SCHEDOP_shutdown for. */
void kxen_glue_exit_shutdown(struct kvm_vcpu *v, u32 reason)
{
	u32 type = KVM_SYSTEM_EVENT_SHUTDOWN;

	if (reason == SHUTDOWN_reboot)
		type = KVM_SYSTEM_EVENT_RESET;
	else if (reason == SHUTDOWN_crash || reason == SHUTDOWN_watchdog)
		type = KVM_SYSTEM_EVENT_CRASH;
	memset(&v->run->system_event, 0, sizeof(v->run->system_event));
	v->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	v->run->system_event.type = type;
}

/* The thread that last ran the vCPU, with a reference, or NULL. */
struct task_struct *kxen_glue_vcpu_task(struct kvm_vcpu *v)
{
	struct task_struct *t;

#ifdef KXEN_KVM_PID_LOCK	/* the old one is not kept for readers under RCU */
	read_lock(&v->pid_lock);
	t = get_pid_task(v->pid, PIDTYPE_PID);
	read_unlock(&v->pid_lock);
#else
	rcu_read_lock();
	t = get_pid_task(rcu_dereference(v->pid), PIDTYPE_PID);
	rcu_read_unlock();
#endif
	return t;
}

/* No ioctl of this vCPU is in progress; a later one sees what was set before. */
bool kxen_glue_vcpu_idle(struct kvm_vcpu *v)
{
	if (!mutex_trylock(&v->mutex))
		return false;
	mutex_unlock(&v->mutex);
	return true;
}
