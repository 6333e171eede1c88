// SPDX-License-Identifier: GPL-2.0-only
/* sysctl: the host's processors, nodes and devices, as many as the caller has room for. */
#include <linux/bitmap.h>
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/topology.h>
#include <linux/vmstat.h>

#include "hypercall.h"
#include "hc_toolstack.h"

#define NONE		U32_MAX	/* no core, socket, node, distance */
#define NO_MEMORY	U32_MAX

static_assert(sizeof(struct kxen_cputopo) == 12);
static_assert(sizeof(struct kxen_cputopoinfo) == 16);
static_assert(sizeof(struct kxen_numainfo) == 24);
static_assert(sizeof(struct kxen_pci_device) == 4);
static_assert(sizeof(struct kxen_pcitopoinfo) == 24);

static void topology_of(u32 cpu, struct kxen_cputopo *t)
{
	int node;

	t->core = NONE;
	t->socket = NONE;
	t->node = NONE;
	if (!cpu_present(cpu))
		return;
	t->core = topology_core_id(cpu);
	t->socket = topology_physical_package_id(cpu);
	node = cpu_to_node(cpu);
	if (node != NUMA_NO_NODE)
		t->node = node;
}

/* Without an array: how many there are. */
long kxen_hc_cputopoinfo(struct kxen_hc *hc, struct kxen_sysctl *s)
{
	struct kxen_cputopoinfo *i = &s->u.cputopo;
	u32 cpu, nr = cpumask_last(cpu_present_mask) + 1;
	struct kxen_cputopo t;

	if (i->cputopo && nr > i->num_cpus)
		nr = i->num_cpus;
	for (cpu = 0; i->cputopo && cpu < nr; cpu++) {
		topology_of(cpu, &t);
		if (kxen_hc_put(hc, i->cputopo + (u64)cpu * sizeof(t), &t, sizeof(t)))
			return -EFAULT;
	}
	i->num_cpus = nr;
	return 0;
}

static void node_memory(u32 node, struct kxen_meminfo *m)
{
	struct pglist_data *n;
	u64 pages = 0;
	u32 z;

	m->memsize = NO_MEMORY;
	m->memfree = NO_MEMORY;
	if (!node_online(node))
		return;
	n = NODE_DATA(node);
	for (z = 0; z < MAX_NR_ZONES; z++)
		pages += zone_page_state(&n->node_zones[z], NR_FREE_PAGES);
	m->memsize = (u64)n->node_present_pages << PAGE_SHIFT;
	m->memfree = pages << PAGE_SHIFT;
}

static int put_distances(struct kxen_hc *hc, u64 to, u32 node, u32 nr)
{
	u32 other, distance;

	for (other = 0; other < nr; other++) {
		distance = NONE;
		if (node_online(node) && node_online(other))
			distance = node_distance(node, other);
		if (kxen_hc_put(hc, to + ((u64)node * nr + other) * sizeof(distance), &distance,
				sizeof(distance)))
			return -EFAULT;
	}
	return 0;
}

/* As above; either array may be left away. */
long kxen_hc_numainfo(struct kxen_hc *hc, struct kxen_sysctl *s)
{
	struct kxen_numainfo *i = &s->u.numa;
	u32 node, nr = find_last_bit(node_online_map.bits, MAX_NUMNODES) + 1;
	struct kxen_meminfo m;

	if ((i->meminfo || i->distance) && nr > i->num_nodes)
		nr = i->num_nodes;
	for (node = 0; node < nr; node++) {
		node_memory(node, &m);
		if (i->meminfo && kxen_hc_put(hc, i->meminfo + (u64)node * sizeof(m), &m,
					      sizeof(m)))
			return -EFAULT;
		if (i->distance && put_distances(hc, i->distance, node, nr))
			return -EFAULT;
	}
	i->num_nodes = nr;
	return 0;
}

static u32 device_node(const struct kxen_pci_device *dev)
{
	struct pci_dev *p = pci_get_domain_bus_and_slot(dev->seg, dev->bus, dev->devfn);
	u32 node = KXEN_NODE_NO_DEVICE;

	if (p) {
		node = dev_to_node(&p->dev);
		if ((int)node == NUMA_NO_NODE)
			node = KXEN_NODE_NONE;
	}
	pci_dev_put(p);
	return node;
}

/* The caller names the devices. It is told how many were looked at, and goes on with the others. */
long kxen_hc_pcitopoinfo(struct kxen_hc *hc, struct kxen_sysctl *s)
{
	struct kxen_pcitopoinfo *i = &s->u.pci;
	struct kxen_pci_device dev;
	u32 n, node;

	if (!i->devs || !i->nodes)
		return -EINVAL;
	for (n = 0; n < i->num_devs; n++) {
		if (n && (need_resched() || signal_pending(current)))
			break;
		if (kxen_hc_get(hc, &dev, i->devs + (u64)n * sizeof(dev), sizeof(dev)))
			return -EFAULT;
		node = device_node(&dev);
		if (kxen_hc_put(hc, i->nodes + (u64)n * sizeof(node), &node, sizeof(node)))
			return -EFAULT;
	}
	i->num_devs = n;
	return 0;
}
