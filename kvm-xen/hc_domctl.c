// SPDX-License-Identifier: GPL-2.0-only
/*
 * HYPERVISOR_domctl(arg) of domain 0: what Xen's tools ask of domains. Who calls is a process that
 * was let open /dev/xen/privcmd. What is not here is -ENOSYS, as on a Xen that was built without
 * it.
 */
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kernel_stat.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>

#include "hypercall.h"
#include "kill.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"
#include "pause.h"
#include "subsys.h"
#include "hc_toolstack.h"

static_assert(sizeof(struct kxen_domctl) == 144);
static_assert(sizeof(struct kxen_getdomaininfo) == 112);

#define PATIENCE	(HZ / 10)	/* for a domain's lock */

/* --- a domain ----------------------------------------------------------------------- */

/* The host's own: what one of its CPUs has done, but for what guests had of it. */
u64 kxen_toolstack_cpu_time(u32 cpu)
{
	const u64 *t = kcpustat_cpu(cpu).cpustat;

	return t[CPUTIME_USER] + t[CPUTIME_NICE] + t[CPUTIME_SYSTEM] + t[CPUTIME_IRQ] +
		t[CPUTIME_SOFTIRQ] - t[CPUTIME_GUEST];
}

static u64 host_cpu_time(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += kxen_toolstack_cpu_time(cpu);
	return sum;
}

static void host_info(struct kxen_getdomaininfo *i)
{
	i->flags = KXEN_DOMINF_running;
	i->tot_pages = (u64)totalram_pages() << (PAGE_SHIFT - XEN_PAGE_SHIFT);
	i->max_pages = i->tot_pages;
	i->cpu_time = host_cpu_time();
	i->nr_online_vcpus = num_online_cpus();
	i->max_vcpu_id = nr_cpu_ids - 1;
}

/* Running if one is, blocked if all that are up wait. */
static void vcpus_info(struct kxen_domain *d, struct kxen_getdomaininfo *i)
{
	struct vcpu_runstate_info r;
	struct kxen_vcpu *v;
	u32 n;

	lockdep_assert_held(&d->lock);
	i->flags |= KXEN_DOMINF_blocked;
	kxen_for_each_vcpu(d, n, v) {
		i->max_vcpu_id = n;
		kxen_runstate_get(v, &r);
		i->cpu_time += r.time[RUNSTATE_running];
		if (kxen_glue_offline(v->vcpu))
			continue;
		i->nr_online_vcpus++;
		if (r.state != RUNSTATE_blocked)
			i->flags &= ~KXEN_DOMINF_blocked;
		if (r.state == RUNSTATE_running)
			i->flags |= KXEN_DOMINF_running;
	}
}

/* What is known without the domain's lock. Is it alive? */
static bool guest_state(struct kxen_domain *d, struct kxen_getdomaininfo *i)
{
	u32 state = READ_ONCE(d->state);

	i->flags = KXEN_DOMINF_hvm_guest | KXEN_DOMINF_hap;
	memcpy(i->handle, d->uuid, sizeof(i->handle));
	if (state == KXEN_DYING || READ_ONCE(d->killed)) {
		i->flags |= KXEN_DOMINF_dying;
		return false;
	}
	if (state == KXEN_SHUTDOWN)
		i->flags |= KXEN_DOMINF_shutdown |
			    (READ_ONCE(d->shutdown_reason) & 0xff) << KXEN_DOMINF_reason;
	if (READ_ONCE(d->pause_count) || state == KXEN_CREATED)
		i->flags |= KXEN_DOMINF_paused;
	return true;
}

static void guest_info(struct kxen_domain *d, struct kxen_getdomaininfo *i)
{
	lockdep_assert_held(&d->lock);
	if (!guest_state(d, i) || !d->kvm)
		return;
	i->paged_pages = d->frame_ops ? d->frame_ops->paged(d) : 0;
	/* As of two moments. */
	i->tot_pages = kxen_domain_pages(d, false);
	i->tot_pages -= min(i->tot_pages, i->paged_pages);
	i->max_pages = kxen_domain_pages(d, true);
	WRITE_ONCE(d->told_pages, i->tot_pages);
	WRITE_ONCE(d->told_max, i->max_pages);
	vcpus_info(d, i);
}

/*
 * A domain's owner can have its lock held for as long as he likes: a restore waits for the lock of
 * his VMM's memory. Who looks at all domains, and serves them all, as xenconsoled, is not to be
 * kept by one of them; whoever else has the lock gives it back before this has ended.
 */
static bool lock_soon(struct kxen_domain *d)
{
	unsigned long end = jiffies + PATIENCE;

	while (!mutex_trylock(&d->lock)) {
		if (time_after(jiffies, end) || fatal_signal_pending(current))
			return false;
		schedule_timeout_killable(1);
	}
	return true;
}

/**
 * kxen_toolstack_info() - What tools are told of a domain.
 * @d: the domain.
 * @i: all of it is set; of a guest whose lock does not come, its state, and its pages as they
 *	were told last.
 *
 * Context: may sleep, for a moment; takes d->lock.
 */
void kxen_toolstack_info(struct kxen_domain *d, struct kxen_getdomaininfo *i)
{
	memset(i, 0, sizeof(*i));
	i->domain = d->domid;
	i->shared_info_frame = ~0ULL;
	if (d->is_host) {
		host_info(i);
	} else if (lock_soon(d)) {
		guest_info(d, i);
		mutex_unlock(&d->lock);
	} else if (guest_state(d, i)) {
		/* 0 would make a pager of Xen's bring its guest back. */
		i->tot_pages = READ_ONCE(d->told_pages);
		i->max_pages = READ_ONCE(d->told_max);
	}
}

/* Before 4.20 of a number that is not there the next one was told, by which tools went on. */
static long getdomaininfo(struct kxen_domctl *c)
{
	struct kxen_domain *d;

	if (c->domain >= DOMID_FIRST_RESERVED)
		return c->interface_version < KXEN_DOMCTL_NO_NEXT ? -EINVAL : -ESRCH;
	d = kxen_domain_next(c->domain);
	if (d && d->domid != c->domain && c->interface_version >= KXEN_DOMCTL_NO_NEXT) {
		kxen_domain_put(d);
		d = NULL;
	}
	if (!d)
		return -ESRCH;
	kxen_toolstack_info(d, &c->u.info);
	c->domain = d->domid;
	kxen_domain_put(d);
	return 0;
}

/* --- domctl ------------------------------------------------------------------------------ */

static long destroydomain(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c)
{
	return kxen_domain_kill(d);
}

static long pausedomain(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c)
{
	return kxen_domain_tool_pause(d);
}

static long unpausedomain(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c)
{
	return kxen_domain_tool_unpause(d);
}

#define OF_HOST	0

/* Those of the parts come behind them. */
static const struct kxen_domctl_entry domctl_ops[] = {
	{ KXEN_DOMCTL_destroydomain, -EINVAL, false, destroydomain },
	{ KXEN_DOMCTL_pausedomain, -EINVAL, false, pausedomain },
	{ KXEN_DOMCTL_unpausedomain, -EINVAL, false, unpausedomain },
	{ KXEN_DOMCTL_setvcpuaffinity, -EPERM, false, kxen_hc_setvcpuaffinity },
	{ KXEN_DOMCTL_getvcpuinfo, OF_HOST, true, kxen_hc_getvcpuinfo },
	{ KXEN_DOMCTL_getvcpuaffinity, OF_HOST, false, kxen_hc_getvcpuaffinity },
};

static const struct kxen_domctl_entry *find_op(u32 cmd)
{
	const struct kxen_domctl_entry *o;

	for (o = domctl_ops; o < domctl_ops + ARRAY_SIZE(domctl_ops); o++)
		if (o->cmd == cmd)
			return o;
	return kxen_subsys_domctl(cmd);
}

/* @out: the structure is to go back. */
static long of_domain(struct kxen_hc *hc, struct kxen_domctl *c, bool *out)
{
	const struct kxen_domctl_entry *o = find_op(c->cmd);
	struct kxen_domain *d = NULL;
	long ret = -ENOSYS;

	*out = o && o->out;
	/* It names no domain that is there. Who has a VM makes its domain. */
	if (c->cmd == KXEN_DOMCTL_createdomain)
		return -ENOSYS;
	if (c->domain < DOMID_FIRST_RESERVED)
		d = kxen_domain_get(c->domain);
	if (!d)
		return -ESRCH;
	if (o)
		ret = d->is_host && o->host ? o->host : o->fn(hc, d, c);
	kxen_domain_put(d);
	return ret == -ESHUTDOWN ? -ESRCH : ret;
}

/**
 * kxen_hc_domctl() - HYPERVISOR_domctl, of domain 0.
 * @hc: the call, of a process.
 *
 * Context: the process's own thread, no lock held, may sleep.
 * Return: as Xen's: -EACCES for a version that is not known, -ESRCH, -ENOSYS, -EINVAL, -EFAULT.
 */
long kxen_hc_domctl(struct kxen_hc *hc)
{
	struct kxen_domctl c;
	bool out = true;
	long ret;

	if (kxen_hc_get(hc, &c, hc->arg[0], sizeof(c)))
		return -EFAULT;
	if (c.interface_version < KXEN_DOMCTL_FIRST || c.interface_version > KXEN_DOMCTL_LAST)
		return -EACCES;
	if (c.cmd == KXEN_DOMCTL_getdomaininfo)
		ret = getdomaininfo(&c);
	else
		ret = of_domain(hc, &c, &out);
	if (!ret && out && kxen_hc_put(hc, hc->arg[0], &c, sizeof(c)))
		ret = -EFAULT;
	return ret;
}
