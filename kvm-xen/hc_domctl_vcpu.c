// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: a vCPU's state, and on which processors it may run. A guest's vCPU is a thread of its
 * VMM's: where that may run is Linux's to know. A vCPU of domain 0 is a processor of the host.
 */
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>

#include "hypercall.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "hc_toolstack.h"

static_assert(sizeof(struct kxen_getvcpuinfo) == 24);
static_assert(sizeof(struct kxen_vcpuaffinity) == 40);

/* --- getvcpuinfo ------------------------------------------------------------------------- */

static long host_vcpu_info(struct kxen_getvcpuinfo *i)
{
	u32 cpu = i->vcpu;

	if (cpu >= nr_cpu_ids)
		return -ENOENT;
	cpu = array_index_nospec(cpu, nr_cpu_ids);
	if (!cpu_possible(cpu))
		return -ENOENT;
	i->online = cpu_online(cpu);
	i->blocked = 0;
	i->running = i->online;
	i->cpu_time = kxen_toolstack_cpu_time(cpu);
	i->cpu = cpu;
	return 0;
}

static void guest_vcpu_info(struct kxen_vcpu *v, struct kxen_getvcpuinfo *i)
{
	struct vcpu_runstate_info r;

	lockdep_assert_held(&v->domain->lock);
	kxen_runstate_get(v, &r);
	i->online = !kxen_glue_offline(v->vcpu);
	i->blocked = r.state == RUNSTATE_blocked;
	i->running = r.state == RUNSTATE_running;
	i->cpu_time = r.time[RUNSTATE_running];
	i->cpu = kxen_glue_vcpu_cpu(v->vcpu);
}

/* vCPUs are there as long as the VM: -ENOENT. */
long kxen_hc_getvcpuinfo(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c)
{
	struct kxen_vcpu *v;

	if (d->is_host)
		return host_vcpu_info(&c->u.vcpu);
	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	v = d->kvm ? kxen_domain_vcpu(d, c->u.vcpu.vcpu) : NULL;
	if (v)
		guest_vcpu_info(v, &c->u.vcpu);
	mutex_unlock(&d->lock);
	return v ? 0 : -ENOENT;
}

/* --- getvcpuaffinity, setvcpuaffinity ----------------------------------------------------- */

/* In Xen's order: -EINVAL for a number that no vCPU can have, -ESRCH for one that none has. */
static long check_vcpu(struct kxen_domain *d, u32 id)
{
	lockdep_assert_held(&d->lock);
	if (id >= d->nr_vcpus)
		return -EINVAL;
	return d->kvm && kxen_domain_vcpu(d, id) ? 0 : -ESRCH;
}

static bool params_invalid(const struct kxen_vcpuaffinity *a)
{
	return !a->flags || (a->flags & KXEN_VCPUAFFINITY_HARD && !a->hard.bitmap) ||
	       (a->flags & KXEN_VCPUAFFINITY_SOFT && !a->soft.bitmap);
}

/*
 * The thread that runs a vCPU, with a reference; NULL: none has yet, so nothing is known but
 * that it may run anywhere.
 */
static struct task_struct *thread_of(struct kxen_domain *d, const struct kxen_vcpuaffinity *a)
{
	struct task_struct *t = NULL;
	long ret;

	if (mutex_lock_killable(&d->lock))
		return ERR_PTR(-EINTR);
	ret = check_vcpu(d, a->vcpu);
	if (!ret && params_invalid(a))
		ret = -EINVAL;
	if (!ret)
		t = kxen_glue_vcpu_task(kxen_domain_vcpu(d, a->vcpu)->vcpu);
	mutex_unlock(&d->lock);
	return ret ? ERR_PTR(ret) : t;
}

static void allowed(struct task_struct *t, struct cpumask *m)
{
	unsigned long flags;

	if (!t) {
		cpumask_copy(m, cpu_possible_mask);
		return;
	}
	raw_spin_lock_irqsave(&t->pi_lock, flags);
	cpumask_and(m, &t->cpus_mask, cpu_possible_mask);
	raw_spin_unlock_irqrestore(&t->pi_lock, flags);
}

/* Nothing prefers a processor to another: the soft affinity is all of them. */
static long tell(struct kxen_hc *hc, const struct kxen_vcpuaffinity *a, const struct cpumask *hard,
		 const struct cpumask *soft)
{
	long ret = 0;

	if (a->flags & KXEN_VCPUAFFINITY_HARD)
		ret = kxen_hc_put_bitmap(hc, &a->hard, cpumask_bits(hard), nr_cpu_ids);
	if (!ret && a->flags & KXEN_VCPUAFFINITY_SOFT)
		ret = kxen_hc_put_bitmap(hc, &a->soft, cpumask_bits(soft), nr_cpu_ids);
	return ret;
}

static long host_affinity(struct kxen_hc *hc, const struct kxen_vcpuaffinity *a)
{
	u32 cpu = a->vcpu;

	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	if (!cpu_possible(cpu))
		return -ESRCH;
	if (params_invalid(a))
		return -EINVAL;
	cpu = array_index_nospec(cpu, nr_cpu_ids);
	return tell(hc, a, cpumask_of(cpu), cpu_possible_mask);
}

long kxen_hc_getvcpuaffinity(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c)
{
	struct kxen_vcpuaffinity *a = &c->u.affinity;
	struct task_struct *t;
	struct cpumask *m;
	long ret;

	if (d->is_host)
		return host_affinity(hc, a);
	t = thread_of(d, a);
	if (IS_ERR(t))
		return PTR_ERR(t);
	m = kzalloc(cpumask_size(), GFP_KERNEL_ACCOUNT);
	ret = m ? 0 : -ENOMEM;
	if (!ret) {
		allowed(t, m);
		ret = tell(hc, a, m, cpu_possible_mask);
		kfree(m);
	}
	if (t)
		put_task_struct(t);
	return ret;
}

/* One that is to be preferred cannot be had; all of them is what there is. */
static long check_soft(struct kxen_hc *hc, const struct kxen_vcpuaffinity *a, struct cpumask *m)
{
	if (!(a->flags & KXEN_VCPUAFFINITY_SOFT))
		return 0;
	if (kxen_hc_get_bitmap(hc, &a->soft, cpumask_bits(m), nr_cpu_ids))
		return -EFAULT;
	return cpumask_subset(cpu_online_mask, m) ? 0 : -EOPNOTSUPP;
}

/*
 * Within the thread's cpuset, as Xen keeps a vCPU within its pool of processors. A cpuset that
 * changes lets its threads run in all of it: what was found before must not take this one out of
 * it after that, so look once more, as the system call for that does.
 */
static long confine(struct task_struct *t, struct cpumask *m, struct cpumask *within)
{
	long ret;

	kxen_glue_cpuset(t, within);
	cpumask_and(m, m, within);
	if (!cpumask_intersects(m, cpu_online_mask))
		return -EINVAL;
	ret = set_cpus_allowed_ptr(t, m);
	if (ret)
		return ret;
	kxen_glue_cpuset(t, within);
	return cpumask_subset(m, within) ? 0 : set_cpus_allowed_ptr(t, within);
}

static long set_hard(struct kxen_hc *hc, const struct kxen_vcpuaffinity *a, struct task_struct *t,
		     struct cpumask *m)
{
	struct cpumask *within;
	long ret;

	if (!(a->flags & KXEN_VCPUAFFINITY_HARD))
		return 0;
	if (kxen_hc_get_bitmap(hc, &a->hard, cpumask_bits(m), nr_cpu_ids))
		return -EFAULT;
	within = kzalloc(cpumask_size(), GFP_KERNEL_ACCOUNT);
	if (!within)
		return -ENOMEM;
	ret = confine(t, m, within);
	kfree(within);
	return ret;
}

/* Nothing is changed unless all of it can be; what it has come to is told. */
static long set_affinity(struct kxen_hc *hc, const struct kxen_vcpuaffinity *a,
			 struct task_struct *t, struct cpumask *m)
{
	long ret = check_soft(hc, a, m) ?: set_hard(hc, a, t, m);

	if (ret)
		return ret;
	allowed(t, m);
	cpumask_and(m, m, cpu_online_mask);
	return tell(hc, a, m, m);
}

/* -EAGAIN: the vCPU has not run yet, so no thread is known. */
long kxen_hc_setvcpuaffinity(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c)
{
	struct task_struct *t = thread_of(d, &c->u.affinity);
	struct cpumask *m;
	long ret;

	if (IS_ERR(t))
		return PTR_ERR(t);
	if (!t)
		return -EAGAIN;
	m = kzalloc(cpumask_size(), GFP_KERNEL_ACCOUNT);
	ret = m ? 0 : -ENOMEM;
	if (!ret) {
		ret = set_affinity(hc, &c->u.affinity, t, m);
		kfree(m);
	}
	put_task_struct(t);
	return ret;
}
