// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain and its VM: attaching, vCPUs that come, the VM's end.
 *
 * An attach claims the VM and the domain for each other, does everything that can fail or
 * wait for the VM's owner without a lock that others need, and takes over only then: what
 * fails leaves both as they were.
 *
 * A vCPU is prepared before KVM makes it, where a failure can still be told to the VMM,
 * and adopted when it is there. Its number is what the VMM has said, or the order of
 * creation.
 */
#include <linux/capability.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "arch.h"
#include "guest_mem.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "log.h"
#include "p2m.h"
#include "p2m_iommu.h"
#include "special.h"
#include "subsys.h"
#include "trace.h"

static u32 nr_attached;
static bool armed;

static void disarm_work_fn(struct work_struct *w)
{
	mutex_lock(&kxen_domains_lock);
	if (armed && !nr_attached) {
		kxen_arch_disarm();
		armed = false;
	}
	mutex_unlock(&kxen_domains_lock);
}

static DECLARE_WORK(disarm_work, disarm_work_fn);

bool kxen_hooks_armed(void)
{
	return READ_ONCE(armed);
}

/* The module is unloaded: no domain is left. */
void kxen_attach_exit(void)
{
	flush_work(&disarm_work);
}

static int arm(void)
{
	int ret;

	lockdep_assert_held(&kxen_domains_lock);
	if (armed)
		return 0;
	ret = kxen_arch_arm();
	armed = !ret;
	return ret;
}

/* --- vCPUs ----------------------------------------------------------------------- */

/* Xen's number of a vCPU, or -ENOENT if the VMM has given none for it. */
static int number_of(struct kxen_domain *d, u32 arch_id, u32 idx)
{
	u32 i;

	if (!d->nr_vcpu_ids)
		return idx < KXEN_MAX_VCPUS ? idx : -ENOENT;
	for (i = 0; i < d->nr_vcpu_ids; i++)
		if (d->vcpu_ids[i].arch_id == arch_id)
			return d->vcpu_ids[i].vcpu;
	return -ENOENT;
}

/* The structure that was prepared for this vCPU, or NULL. */
static struct kxen_vcpu *prepared(struct kxen_domain *d, u32 arch_id)
{
	struct kxen_vcpu *v;

	lockdep_assert_held(&d->lock);
	list_for_each_entry(v, &d->prepared, prepared)
		if (v->kvm_id == arch_id)
			return v;
	return NULL;
}

static int prepare(struct kxen_domain *d, u32 arch_id)
{
	struct kxen_vcpu *v;

	lockdep_assert_held(&d->lock);
	if (d->nr_vcpu_ids && number_of(d, arch_id, 0) < 0)
		return -ENOENT;
	/* One is left over where KVM did not make the vCPU after all. */
	if (prepared(d, arch_id))
		return 0;
	if (d->nr_prepared >= KXEN_MAX_VCPUS)
		return -ENOMEM;
	v = kxen_vcpu_alloc(d, GFP_KERNEL_ACCOUNT);
	if (!v)
		return -ENOMEM;
	v->kvm_id = arch_id;
	list_add(&v->prepared, &d->prepared);
	d->nr_prepared++;
	return 0;
}

static void drop_prepared(struct kxen_domain *d)
{
	struct kxen_vcpu *v, *next;

	mutex_lock(&d->lock);
	list_for_each_entry_safe(v, next, &d->prepared, prepared) {
		list_del(&v->prepared);
		kxen_vcpu_free(v);
	}
	d->nr_prepared = 0;
	mutex_unlock(&d->lock);
}

/*
 * The VM's vCPU becomes one of the domain. None is prepared for one that was being made
 * while the VM was attached: that must not fail any more.
 */
static int attach_vcpu(struct kxen_domain *d, struct kvm_vcpu *vcpu)
{
	u32 arch_id = kxen_glue_vcpu_id(vcpu);
	int id = number_of(d, arch_id, kxen_glue_vcpu_idx(vcpu));
	struct kxen_vcpu *v;

	lockdep_assert_held(&d->lock);
	if (id < 0)
		return id;
	v = rcu_dereference_protected(d->vcpus[id], true);
	if (v)
		return v->vcpu == vcpu ? 0 : -EEXIST;
	v = prepared(d, arch_id);
	if (v) {
		list_del(&v->prepared);
		d->nr_prepared--;
	} else {
		v = kxen_vcpu_alloc(d, GFP_KERNEL | __GFP_NOFAIL);
	}
	kxen_vcpu_bind(v, vcpu, id);
	/* It is found by its number first, then hooks find it by its mark. */
	rcu_assign_pointer(d->vcpus[id], v);
	if (id >= d->nr_vcpus)
		WRITE_ONCE(d->nr_vcpus, id + 1);
	return kxen_glue_mark(vcpu, &v->preempt_ops, &v->kvm_ops);
}

/**
 * kxen_domain_vcpu_coming() - Some VM is about to get a vCPU.
 * @kvm: the VM.
 * @arch_id: what KVM will know it by.
 *
 * Called by a hook for every VM of the host: does nothing, and does not sleep,
 * unless the VM has a domain. Context: kvm->lock held.
 * Return: 0, or -errno that KVM_CREATE_VCPU fails with: a vCPU without Xen is none that the
 * guest can use.
 */
int kxen_domain_vcpu_coming(struct kvm *kvm, u32 arch_id)
{
	struct kxen_domain *d = kxen_domain_of(kvm);
	u32 why;
	int ret;

	if (!d)
		return 0;
	/* What could be switched on until there is a vCPU, so also after the attach. */
	why = kxen_glue_vm_refuse(kvm, KXEN_MAX_VCPUS);
	if (kxen_glue_created_vcpus(kvm) >= KXEN_MAX_VCPUS)
		why = KXEN_ATTACH_VCPUS;
	if (why) {
		kxen_warn_guest(d, "no vCPU: an attach would be refused now, for reason %u",
				why);
		ret = -EOPNOTSUPP;
	} else {
		mutex_lock(&d->lock);
		ret = prepare(d, arch_id);
		mutex_unlock(&d->lock);
		if (ret == -ENOENT)
			kxen_warn_guest(d, "no vCPU: the VMM has given no number for id %u",
					arch_id);
	}
	kxen_domain_put(d);
	return ret;
}

/**
 * kxen_domain_vcpu_created() - A vCPU was added to some VM.
 * @vcpu: the vCPU.
 *
 * Called by a hook for every VM of the host: does nothing, and does not sleep,
 * unless the VM has a domain.
 */
void kxen_domain_vcpu_created(struct kvm_vcpu *vcpu)
{
	struct kvm *kvm = kxen_glue_vcpu_kvm(vcpu);
	struct kxen_domain *d = kxen_domain_of(kvm);

	if (!d)
		return;
	mutex_lock(&d->lock);
	if (d->kvm == kvm && attach_vcpu(d, vcpu))
		kxen_warn_guest(d, "vCPU %u stays without Xen",
				kxen_glue_vcpu_idx(vcpu));
	mutex_unlock(&d->lock);
	kxen_domain_put(d);
}

/* --- attaching ---------------------------------------------------------------------- */

static int refusal(struct kxen_domain *d, struct kvm *kvm, u32 *reason)
{
	*reason = KXEN_ATTACH_NONE;
	if (d->state == KXEN_DYING)
		*reason = KXEN_ATTACH_DYING;
	else if (d->claimed || d->is_host)
		*reason = KXEN_ATTACH_DOM_ATTACHED;
	else if (kxen_world_has_vm(kvm))
		*reason = KXEN_ATTACH_VM_ATTACHED;
	else
		*reason = kxen_glue_vm_refuse(kvm, KXEN_MAX_VCPUS);

	switch (*reason) {
	case KXEN_ATTACH_NONE:
		return 0;
	case KXEN_ATTACH_DYING:
		return -ESHUTDOWN;
	case KXEN_ATTACH_DOM_ATTACHED:
	case KXEN_ATTACH_VM_ATTACHED:
	case KXEN_ATTACH_KVM_XEN:
		return -EBUSY;
	default:
		return -EOPNOTSUPP;
	}
}

/* Domain and VM are each other's, and hooks are in place. */
static int claim(struct kxen_domain *d, struct kvm *kvm, u32 *reason)
{
	int ret;

	*reason = KXEN_ATTACH_NONE;
	if (mutex_lock_killable(&kxen_domains_lock))
		return -EINTR;
	ret = refusal(d, kvm, reason);
	if (!ret) {
		ret = arm();
		*reason = ret ? KXEN_ATTACH_HOOKS : KXEN_ATTACH_NONE;
	}
	if (!ret) {
		d->claimed = kvm;
		nr_attached++;
	}
	mutex_unlock(&kxen_domains_lock);
	return ret;
}

static void detach(void)
{
	lockdep_assert_held(&kxen_domains_lock);
	if (!--nr_attached)
		schedule_work(&disarm_work);
}

static void unclaim(struct kxen_domain *d)
{
	drop_prepared(d);
	kvfree(d->vcpu_ids);
	d->vcpu_ids = NULL;
	d->nr_vcpu_ids = 0;
	free_uid(d->user);
	d->user = NULL;
	mutex_lock(&kxen_domains_lock);
	d->claimed = NULL;
	detach();
	mutex_unlock(&kxen_domains_lock);
}

/* The numbers that the VMM gives: each once, and each id once. */
static int check_ids(const struct kxen_vcpu_id *id, u32 nr)
{
	u32 i, k;

	for (i = 0; i < nr; i++) {
		if (id[i].vcpu >= KXEN_MAX_VCPUS)
			return -EINVAL;
		for (k = 0; k < i; k++)
			if (id[k].vcpu == id[i].vcpu ||
			    id[k].arch_id == id[i].arch_id)
				return -EINVAL;
	}
	return 0;
}

static int prepare_vcpus(struct kxen_domain *d, struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	int ret = 0;
	u32 i;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	for (i = 0; !ret && (vcpu = kxen_glue_vcpu_by_idx(kvm, i)); i++)
		ret = prepare(d, kxen_glue_vcpu_id(vcpu));
	mutex_unlock(&d->lock);
	return ret;
}

/* All that can fail; nobody else's lock is held. */
static int make_ready(struct kxen_domain *d, struct kvm *kvm,
		      struct kxen_vcpu_id *ids, u32 nr, u32 *reason)
{
	int ret = check_ids(ids, nr);

	if (!ret) {
		d->vcpu_ids = ids;
		d->nr_vcpu_ids = nr;
		ret = prepare_vcpus(d, kvm);
	} else {
		kvfree(ids);
	}
	if (ret == -EINVAL || ret == -ENOENT) {
		*reason = KXEN_ATTACH_VCPU_IDS;
		return -EINVAL;
	}
	if (!ret)
		ret = kxen_guest_memory_pins(kvm);
	if (ret == -EOPNOTSUPP)
		*reason = KXEN_ATTACH_MEMORY;
	if (ret)
		return ret;
	if (!capable(CAP_IPC_LOCK)) {
		d->user = get_current_user();
		d->memlock = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	}
	ret = kxen_subsys_attach(d);
	if (ret)
		return ret;
	ret = kxen_arch_domain_init(d, kvm);
	if (ret)
		kxen_subsys_detach(d);
	return ret;
}

static void take_over(struct kxen_domain *d, struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	u32 i;

	mutex_lock(&d->lock);
	WRITE_ONCE(d->pid, kxen_glue_vm_pid(kvm));
	WRITE_ONCE(d->kvm, kvm);
	WRITE_ONCE(d->state, KXEN_RUNNING);
	/*
	 * Pairs with KVM's atomic count of vCPUs before kxen_domain_vcpu_created(): one of
	 * us sees the other.
	 */
	smp_mb();
	for (i = 0; (vcpu = kxen_glue_vcpu_by_idx(kvm, i)); i++)
		if (attach_vcpu(d, vcpu))
			kxen_warn_guest(d, "vCPU %u stays without Xen", i);
	mutex_unlock(&d->lock);
}

/**
 * kxen_domain_attach() - Give a domain its VM.
 * @d: the domain.
 * @kvm: the VM, which the caller keeps alive until this returns.
 * @ids: numbers of vCPUs, from kvmalloc(); taken over, also on failure. NULL: none.
 * @nr: how many; 0: the order of creation.
 * @reason: set to KXEN_ATTACH_*.
 *
 * From then on it lives as long as the VM, whatever its maker does. What its guest pins is
 * charged to the calling task's user.
 * Context: may sleep; the first attach arms the hooks, which takes a while.
 * Return: 0, or -errno as KXEN_ATTACH documents with nothing changed.
 */
int kxen_domain_attach(struct kxen_domain *d, struct kvm *kvm,
		       struct kxen_vcpu_id *ids, u32 nr, u32 *reason)
{
	int ret = claim(d, kvm, reason);

	if (ret) {
		kvfree(ids);
		return ret;
	}
	ret = make_ready(d, kvm, ids, nr, reason);
	if (ret) {
		unclaim(d);
		return ret;
	}
	take_over(d, kvm);
	/* Who changes the VM's devices from now on finds the domain. */
	kxen_iommu_attach(d, kvm);
	trace_kxen_domain(d->domid, "attach");
	return 0;
}
EXPORT_SYMBOL_GPL(kxen_domain_attach);

/* --- the end ----------------------------------------------------------------------- */

static void vm_gone(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	/* Peers first: after this nobody sends to us, and no timer fires. */
	kxen_subsys_stop(d);
	kxen_watchdog_stop(d);
	kxen_for_each_vcpu(d, i, v)
		kxen_timer_stop(v);
	/* Senders that had looked a vCPU up before the ports were closed. */
	synchronize_rcu();
	/* It may be a lot, and whoever asks for the domain's state waits for the lock. */
	kxen_p2m_drop(d, true);
	kxen_special_drop(d);
	kxen_iommu_detach(d);

	mutex_lock(&d->lock);
	kxen_for_each_vcpu(d, i, v)
		kxen_glue_unmark(v->vcpu, v->kvm_ops);
	kxen_arch_domain_reset(d);
	kxen_vcpus_reset(d);
	kxen_shared_info_reset(d);
	/* Others may hold pages of ours still; when they give them back, there is no VM. */
	mutex_lock(&d->pin_lock);
	WRITE_ONCE(d->kvm, NULL);
	mutex_unlock(&d->pin_lock);
	mutex_unlock(&d->lock);
	wake_up_all(&d->pause_wait);	/* for who has killed it */
	drop_prepared(d);
}

/**
 * kxen_domain_vm_gone() - A VM of the host is being destroyed: its domain ends.
 * @kvm: the VM.
 *
 * Context: process context, may sleep. No vCPU of it can run any more; its interrupt
 * routing, its memory and its vCPUs are there still.
 */
void kxen_domain_vm_gone(struct kvm *kvm)
{
	struct kxen_domain *d = kxen_domain_of(kvm);

	if (!d)
		return;
	mutex_lock(&kxen_domains_lock);
	WRITE_ONCE(d->state, KXEN_DYING);
	mutex_unlock(&kxen_domains_lock);
	vm_gone(d);
	mutex_lock(&kxen_domains_lock);
	d->claimed = NULL;
	detach();
	mutex_unlock(&kxen_domains_lock);
	kxen_domain_died(d);
	/* Behind the last reference the module may go. */
	kxen_domain_put(d);
}
