// SPDX-License-Identifier: GPL-2.0-only
/*
 * HYPERVISOR_sysctl(arg) of domain 0: what Xen's tools ask of the machine. Who calls, and what is
 * not here: as domctl.
 */
#include <linux/build_bug.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <xen/interface/xen.h>

#include "arch.h"
#include "hypercall.h"
#include "kxen.h"
#include "hc_toolstack.h"

static_assert(sizeof(struct kxen_sysctl) == 136);
static_assert(sizeof(struct kxen_physinfo) == 112);
static_assert(sizeof(struct kxen_readconsole) == 24);
static_assert(sizeof(struct kxen_cpupool_op) == 40);

static long physinfo(struct kxen_hc *hc, struct kxen_sysctl *s)
{
	struct kxen_physinfo *p = &s->u.physinfo;
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
	return 0;
}

/* From a number on, as many as there are and have room. */
static long getdomaininfolist(struct kxen_hc *hc, struct kxen_sysctl *s)
{
	struct kxen_getdomaininfolist *l = &s->u.list;
	struct kxen_getdomaininfo i;
	struct kxen_domain *d;
	u32 next = l->first_domain;

	l->num_domains = 0;
	while (l->num_domains < l->max_domains && next < DOMID_FIRST_RESERVED) {
		d = kxen_domain_next(next);
		if (!d)
			break;
		next = d->domid + 1;
		kxen_toolstack_info(d, &i);
		kxen_domain_put(d);
		if (kxen_hc_put(hc, l->buffer + (u64)l->num_domains * sizeof(i), &i, sizeof(i)))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		l->num_domains++;
		cond_resched();
	}
	return 0;
}

static long sched_id(struct kxen_hc *hc, struct kxen_sysctl *s)
{
	s->u.sched_id = KXEN_SCHED_UNKNOWN;
	return 0;
}

/* There is one pool, of all processors, and nobody changes that. */
static long cpupool(struct kxen_hc *hc, struct kxen_sysctl *s)
{
	struct kxen_cpupool_op *p = &s->u.cpupool;

	switch (p->op) {
	case KXEN_CPUPOOL_OP_INFO:
		if (p->cpupool_id)
			return -ENOENT;
		p->sched_id = KXEN_SCHED_UNKNOWN;
		p->n_dom = kxen_domains_count() + 1;
		return kxen_hc_put_bitmap(hc, &p->cpumap, cpumask_bits(cpu_online_mask),
					  nr_cpu_ids);
	case KXEN_CPUPOOL_OP_FREEINFO:
		return kxen_hc_put_bitmap(hc, &p->cpumap, cpumask_bits(cpu_none_mask), nr_cpu_ids);
	case KXEN_CPUPOOL_OP_CREATE:
	case KXEN_CPUPOOL_OP_DESTROY:
	case KXEN_CPUPOOL_OP_ADDCPU:
	case KXEN_CPUPOOL_OP_RMCPU:
	case KXEN_CPUPOOL_OP_MOVEDOMAIN:
		return -EOPNOTSUPP;
	default:
		return -ENOSYS;
	}
}

typedef long (*sysctl_fn)(struct kxen_hc *hc, struct kxen_sysctl *s);

/* From 0 on; one that is not here is -ENOSYS. */
static const sysctl_fn sysctl_ops[] = {
	[KXEN_SYSCTL_readconsole] = kxen_hc_readconsole,
	[KXEN_SYSCTL_physinfo] = physinfo,
	[KXEN_SYSCTL_sched_id] = sched_id,
	[KXEN_SYSCTL_getdomaininfolist] = getdomaininfolist,
	[KXEN_SYSCTL_cputopoinfo] = kxen_hc_cputopoinfo,
	[KXEN_SYSCTL_numainfo] = kxen_hc_numainfo,
	[KXEN_SYSCTL_cpupool_op] = cpupool,
	[KXEN_SYSCTL_pcitopoinfo] = kxen_hc_pcitopoinfo,
};

/**
 * kxen_hc_sysctl() - HYPERVISOR_sysctl, of domain 0.
 * @hc: the call, of a process.
 *
 * Context, return: as kxen_hc_domctl().
 */
long kxen_hc_sysctl(struct kxen_hc *hc)
{
	struct kxen_sysctl s;
	sysctl_fn fn = NULL;
	long ret;

	if (kxen_hc_get(hc, &s, hc->arg[0], sizeof(s)))
		return -EFAULT;
	if (s.interface_version < KXEN_SYSCTL_FIRST || s.interface_version > KXEN_SYSCTL_LAST)
		return -EACCES;
	if (s.cmd < ARRAY_SIZE(sysctl_ops))
		fn = sysctl_ops[array_index_nospec(s.cmd, ARRAY_SIZE(sysctl_ops))];
	ret = fn ? fn(hc, &s) : -ENOSYS;
	if (!ret && kxen_hc_put(hc, hc->arg[0], &s, sizeof(s)))
		ret = -EFAULT;
	return ret;
}
