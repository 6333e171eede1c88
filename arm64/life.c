// SPDX-License-Identifier: GPL-2.0-only
/* KVM's moments in the life of a VM and its vCPUs, handed on to the core; and a machine's end. */
#include <linux/sched.h>
#include <xen/interface/sched.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/arm64/glue.h"
#include "arm64.h"

int kxen_arch_domain_init(struct kxen_domain *d, struct kvm *kvm)
{
	d->arch.born = ktime_get_ns();
	return 0;
}

void kxen_arch_domain_reset(struct kxen_domain *d)
{
	WRITE_ONCE(d->arch.held, false);
}

void kxen_arch_hold(struct kxen_domain *d)
{
	lockdep_assert_held(&d->lock);
	WRITE_ONCE(d->arch.held, true);
}

/* What there is of it is the guest's device tree's. */
void kxen_arch_vcpu_reset(struct kxen_vcpu *v)
{
	lockdep_assert_held(&v->domain->lock);
}

/*
 * No register says where a machine begins: that is where the VMM likes. It resets each vCPU by
 * KVM_ARM_VCPU_INIT; one that the guest switches on is reset in its own KVM_RUN (PSCI).
 */
int kxen_on_reset_vcpu(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	if (!kxen_glue_is_running_here(v->vcpu))
		WRITE_ONCE(v->arch.begun, true);
	return 0;
}

/* The VMM begins with the first one; that it has been reset is of the past once it has run. */
bool kxen_arch_begins_anew(struct kxen_vcpu *v)
{
	if (likely(!READ_ONCE(v->arch.begun)))
		return false;
	WRITE_ONCE(v->arch.begun, false);
	return !v->kvm_id;
}

/*
 * arm64 has no fault that ends a machine, so KVM_RUN ends as by SCHEDOP_shutdown, at its
 * beginning: kxen_on_run(). A vCPU that is in there leaves for it when it next looks for
 * interrupts, kxen_on_flush_irqs(), for which it is woken.
 */
bool kxen_arch_crash(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	WRITE_ONCE(d->arch.crash, true);
	kxen_for_each_vcpu(d, i, v)
		if (!kxen_glue_offline(v->vcpu))
			kxen_glue_unblock(v->vcpu);
	return true;
}

bool kxen_arch_crashing(struct kxen_domain *d)
{
	return READ_ONCE(d->arch.crash);
}

void kxen_arch_forget_crash(struct kxen_domain *d)
{
	WRITE_ONCE(d->arch.crash, false);
}

/* int kvm_arch_vcpu_ioctl_run(vcpu): KVM_RUN begins */
int kxen_on_run(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	kxen_vcpu_enter(v);
	if (likely(!READ_ONCE(v->domain->arch.crash)) || !xchg(&v->domain->arch.crash, false))
		return 0;
	kxen_glue_exit_shutdown(v->vcpu, SHUTDOWN_crash);
	a->ret = 0;
	return 1;
}

/* int kvm_arch_vcpu_precreate(kvm, id): of any VM */
int kxen_on_vcpu_coming(struct kvm *kvm, struct kxen_hook_args *a)
{
	int ret = kxen_domain_vcpu_coming(kvm, a->arg[1]);

	a->ret = ret;
	return !!ret;
}

/* void kvm_arch_vcpu_postcreate(vcpu): of any VM */
int kxen_on_vcpu_created(struct kvm_vcpu *vcpu, struct kxen_hook_args *a)
{
	kxen_domain_vcpu_created(vcpu);
	return 0;
}

/* void kvm_arch_sync_dirty_log(kvm, slot): as on x86, all that the host may write to is dirty. */
int kxen_on_sync_dirty(struct kvm *kvm, struct kxen_hook_args *a)
{
	kxen_domain_mark_dirty(kvm, (struct kvm_memory_slot *)a->arg[1]);
	return 0;
}

/* void kvm_arch_pre_destroy_vm(kvm): of any VM, when no vCPU of it can run any more */
int kxen_on_vm_gone(struct kvm *kvm, struct kxen_hook_args *a)
{
	kxen_domain_vm_gone(kvm);
	return 0;
}
