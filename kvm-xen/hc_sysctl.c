// SPDX-License-Identifier: GPL-2.0-only
/*
 * HYPERVISOR_sysctl(arg) of domain 0: what Xen's tools ask of the machine. Who calls, and what is
 * not here: as domctl.
 */
#include <linux/build_bug.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <xen/interface/xen.h>

#include "arch.h"
#include "hypercall.h"
#include "kxen.h"
#include "toolstack.h"

static_assert(sizeof(struct kxen_sysctl) == 136);
static_assert(sizeof(struct kxen_physinfo) == 112);

static void physinfo(struct kxen_physinfo *p)
{
	struct sysinfo i;
	u32 cpu;

	memset(p, 0, sizeof(*p));
	si_meminfo(&i);
	cpus_read_lock();	/* a CPU that goes has no siblings */
	cpu = cpumask_first(cpu_online_mask);
	p->threads_per_core = cpumask_weight(topology_sibling_cpumask(cpu));
	p->cores_per_socket = cpumask_weight(topology_core_cpumask(cpu)) / p->threads_per_core;
	p->nr_cpus = num_online_cpus();
	cpus_read_unlock();
	p->max_cpu_id = nr_cpu_ids - 1;
	p->nr_nodes = num_online_nodes();
	p->max_node_id = nr_node_ids - 1;
	p->capabilities = KXEN_PHYSCAP_hvm | KXEN_PHYSCAP_hap | KXEN_PHYSCAP_gnttab_v1 |
			  KXEN_PHYSCAP_gnttab_v2;
	p->total_pages = (u64)i.totalram << (PAGE_SHIFT - XEN_PAGE_SHIFT);
	p->free_pages = (u64)i.freeram << (PAGE_SHIFT - XEN_PAGE_SHIFT);
	p->max_mfn = p->total_pages;
	p->cpu_khz = kxen_arch_cpu_khz();
	kxen_arch_cpu_features(p->hw_cap);
}

/* From a number on, as many as there are and have room. */
static long getdomaininfolist(struct kxen_hc *hc, struct kxen_getdomaininfolist *l)
{
	struct kxen_getdomaininfo i;
	struct kxen_domain *d;
	u32 next = l->first_domain;
	int ret = 0;

	l->num_domains = 0;
	while (l->num_domains < l->max_domains && next < DOMID_FIRST_RESERVED) {
		d = kxen_domain_next(next);
		if (!d)
			break;
		next = d->domid + 1;
		ret = kxen_toolstack_info(d, &i);
		kxen_domain_put(d);
		if (!ret && kxen_hc_put(hc, l->buffer + (u64)l->num_domains * sizeof(i), &i,
					sizeof(i)))
			ret = -EFAULT;
		if (ret || fatal_signal_pending(current))
			return ret ?: -EINTR;
		l->num_domains++;
		cond_resched();
	}
	return 0;
}

/**
 * kxen_hc_sysctl() - HYPERVISOR_sysctl, of domain 0.
 * @hc: the call, of a process.
 *
 * Context, return: as kxen_hc_domctl().
 */
long kxen_hc_sysctl(struct kxen_hc *hc)
{
	struct kxen_sysctl s;
	long ret = 0;

	if (kxen_hc_get(hc, &s, hc->arg[0], sizeof(s)))
		return -EFAULT;
	if (s.interface_version < KXEN_SYSCTL_FIRST || s.interface_version > KXEN_SYSCTL_LAST)
		return -EACCES;
	switch (s.cmd) {
	case KXEN_SYSCTL_physinfo:
		physinfo(&s.u.physinfo);
		break;
	case KXEN_SYSCTL_getdomaininfolist:
		ret = getdomaininfolist(hc, &s.u.list);
		break;
	default:
		ret = -ENOSYS;
	}
	if (!ret && kxen_hc_put(hc, hc->arg[0], &s, sizeof(s)))
		ret = -EFAULT;
	return ret;
}
