// SPDX-License-Identifier: GPL-2.0
/* sysctl: the machine, its domains, its log. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xen/sysctl.h>

#include "domctl.h"

static struct xen_sysctl s;

static long sysctl(uint32_t cmd)
{
	s.cmd = cmd;
	s.interface_version = 0x15;
	return call(__HYPERVISOR_sysctl, &s);
}

static long list(domid_t first, uint32_t max, struct xen_domctl_getdomaininfo *to, uint32_t *nr)
{
	long ret;

	memset(&s, 0, sizeof(s));
	s.u.getdomaininfolist.first_domain = first;
	s.u.getdomaininfolist.max_domains = max;
	set_xen_guest_handle(s.u.getdomaininfolist.buffer, to);
	ret = sysctl(XEN_SYSCTL_getdomaininfolist);
	*nr = s.u.getdomaininfolist.num_domains;
	return ret;
}

static long pool(uint32_t op, uint32_t id, uint32_t *map, uint32_t bits)
{
	memset(&s, 0, sizeof(s));
	s.u.cpupool_op.op = op;
	s.u.cpupool_op.cpupool_id = id;
	s.u.cpupool_op.cpumap.nr_bits = bits;
	set_xen_guest_handle(s.u.cpupool_op.cpumap.bitmap, (uint8_t *)map);
	return sysctl(XEN_SYSCTL_cpupool_op);
}

static void test_pools(void)
{
	uint32_t map = ~0U, op;

	check("a pool", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 0, &map, 32), 0);
	check("the first one", s.u.cpupool_op.cpupool_id, 0);
	check("of all processors", __builtin_popcount(map), sysconf(_SC_NPROCESSORS_ONLN));
	check("and all domains", s.u.cpupool_op.n_dom, 2);
	check("there is no other", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 1, &map, 32), -ENOENT);
	check("no map of it", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 0, NULL, 32), -EFAULT);
	check("processors of none", pool(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0, &map, 32), 0);
	check("there are none", map, 0);
	for (op = XEN_SYSCTL_CPUPOOL_OP_CREATE; op < XEN_SYSCTL_CPUPOOL_OP_FREEINFO; op++)
		if (op != XEN_SYSCTL_CPUPOOL_OP_INFO)
			check("a change", pool(op, 0, &map, 32), -EOPNOTSUPP);
	check("another call", pool(99, 0, &map, 32), -ENOSYS);
}

static long cpus(xen_sysctl_cputopo_t *to, uint32_t nr)
{
	memset(&s, 0, sizeof(s));
	s.u.cputopoinfo.num_cpus = nr;
	set_xen_guest_handle(s.u.cputopoinfo.cputopo, to);
	return sysctl(XEN_SYSCTL_cputopoinfo);
}

static void test_cpus(void)
{
	xen_sysctl_cputopo_t t[3] = { };
	uint32_t nr;

	check("how many processors", cpus(NULL, 0), 0);
	nr = s.u.cputopoinfo.num_cpus;
	check("those that there are", nr >= sysconf(_SC_NPROCESSORS_ONLN), 1);
	t[1].core = 12345;
	check("of one", cpus(t, 1) ?: (long)s.u.cputopoinfo.num_cpus, 1);
	check("it is somewhere", t[0].core != XEN_INVALID_CORE_ID &&
	      t[0].socket != XEN_INVALID_SOCKET_ID && t[0].node != XEN_INVALID_NODE_ID, 1);
	check("of no other", t[1].core, 12345);
	check("none there", cpus((void *)8, 1), -EFAULT);
}

static long nodes(xen_sysctl_meminfo_t *m, uint32_t *distance, uint32_t nr)
{
	memset(&s, 0, sizeof(s));
	s.u.numainfo.num_nodes = nr;
	set_xen_guest_handle(s.u.numainfo.meminfo, m);
	set_xen_guest_handle(s.u.numainfo.distance, distance);
	return sysctl(XEN_SYSCTL_numainfo);
}

static void test_nodes(void)
{
	xen_sysctl_meminfo_t m = { };
	uint32_t d = 0;

	check("how many nodes", nodes(NULL, NULL, 0) ?: s.u.numainfo.num_nodes > 0, 1);
	check("of one", nodes(&m, &d, 1) ?: (long)s.u.numainfo.num_nodes, 1);
	check("its memory", m.memsize > m.memfree && m.memfree > 0, 1);
	check("its distance from itself", d, 10);
	check("of none", nodes(&m, &d, 0) ?: (long)s.u.numainfo.num_nodes, 0);
	check("no memory there", nodes((void *)8, NULL, 1), -EFAULT);
	check("no distances there", nodes(NULL, (void *)8, 1), -EFAULT);
}

static long devices(struct physdev_pci_device *dev, uint32_t *node, uint32_t nr)
{
	memset(&s, 0, sizeof(s));
	s.u.pcitopoinfo.num_devs = nr;
	set_xen_guest_handle(s.u.pcitopoinfo.devs, dev);
	set_xen_guest_handle(s.u.pcitopoinfo.nodes, node);
	return sysctl(XEN_SYSCTL_pcitopoinfo);
}

/* The bridge of the host, which is there, and two that are not. */
static void test_devices(void)
{
	struct physdev_pci_device dev[3] = { { 0, 0, 0 }, { 0, 0, 0xff }, { 0xffff, 0xff, 0xff } };
	uint32_t node[4] = { 5, 5, 5, 5 }, done = 0, calls = 0, *few = at_end(4);

	/* A call may be cut short when somebody else wants the processor. */
	while (done < 3 && calls++ < 100 && !devices(dev + done, node + done, 3 - done))
		done += s.u.pcitopoinfo.num_devs;
	check("devices", done, 3);
	check("one that is there", node[0] == XEN_INVALID_NODE_ID || node[0] == 0, 1);
	check("one that is not", node[1], XEN_INVALID_DEV);
	check("one that can hardly be", node[2], XEN_INVALID_DEV);
	check("no further", node[3], 5);
	check("of no device", devices(dev, node, 0) ?: (long)s.u.pcitopoinfo.num_devs, 0);
	check("no list", devices(NULL, node, 1), -EINVAL);
	check("no place for the answer", devices(dev, NULL, 1), -EINVAL);
	check("no list there", devices((void *)8, node, 1), -EFAULT);
	do
		done = devices(dev, few, 3);
	while (!done && s.u.pcitopoinfo.num_devs < 2);
	check("room for one answer", (int)done, -EFAULT);
}

void test_sysctl(domid_t domid)
{
	struct xen_domctl_getdomaininfo i[3] = { };
	uint32_t nr;

	check("list", list(0, 3, i, &nr), 0);
	check("two", nr, 2);
	check("domain 0", i[0].domain, 0);
	check("and the guest", i[1].domain, domid);
	check("of which it says the same", i[1].max_pages, PAGES);
	check("with room for one", list(0, 1, i, &nr) ?: (long)nr, 1);
	check("from the guest on", list(domid, 3, i, &nr) ?: (long)nr, 1);
	check("behind it", list(domid + 1, 3, i, &nr) ?: (long)nr, 0);
	check("no room at all", list(0, 0, NULL, &nr) ?: (long)nr, 0);
	check("no buffer", list(0, 3, NULL, &nr), -EFAULT);
	check("physinfo", sysctl(XEN_SYSCTL_physinfo), 0);
	check("it has processors", s.u.physinfo.nr_cpus > 0, 1);
	check("and memory, of which some is free", s.u.physinfo.free_pages > 0 &&
	      s.u.physinfo.free_pages < s.u.physinfo.total_pages, 1);
	s.interface_version = 0x14;
	check("an older sysctl", call(__HYPERVISOR_sysctl, &s), -EACCES);
	check("another sysctl", sysctl(12345), -ENOSYS);
	check("the first of none", sysctl(0), -ENOSYS);
	check("counters of locks", sysctl(XEN_SYSCTL_lockprof_op), -ENOSYS);
	check("sched_id", sysctl(XEN_SYSCTL_sched_id), 0);
	check("none of Xen's", s.u.sched_id.sched_id, 0);
	test_pools();
	test_cpus();
	test_nodes();
	test_devices();
}

static char log_text[1 << 16];

static long read_log(char *to, uint32_t room, int clear, int on, uint32_t from)
{
	memset(&s, 0, sizeof(s));
	s.u.readconsole.clear = clear;
	s.u.readconsole.incremental = on;
	s.u.readconsole.index = from;
	s.u.readconsole.count = room;
	set_xen_guest_handle(s.u.readconsole.buffer, to);
	return sysctl(XEN_SYSCTL_readconsole);
}

static int log_has(const char *line)
{
	log_text[s.u.readconsole.count] = 0;
	return !!strstr(log_text, line);
}

/* Two lines, one of which is none of the module's. */
static void say(const char *line)
{
	int f = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char ours[64], theirs[64];

	snprintf(ours, sizeof(ours), "kvm-xen: %s\n", line);
	snprintf(theirs, sizeof(theirs), "not of Xen's: %s\n", line);
	check("the log is written", write(f, ours, strlen(ours)) > 0 &&
	      write(f, theirs, strlen(theirs)) > 0, 1);
	close(f);
}

void test_log(void)
{
	uint32_t room = sizeof(log_text) - 1, at;
	char *end = at_end(8);

	say("first line");
	check("readconsole", read_log(log_text, room, 0, 0, 0), 0);
	check("it has the line", log_has("kvm-xen: first line\n"), 1);
	check("and no other's", log_has("not of Xen's"), 0);
	at = s.u.readconsole.index;
	check("nothing more", read_log(log_text, room, 0, 1, at) ?: (long)s.u.readconsole.count, 0);
	say("second line");
	check("but what is new", read_log(log_text, room, 0, 1, at), 0);
	check("the second line", log_has("kvm-xen: second line\n"), 1);
	check("and not the first", log_has("first line"), 0);
	check("from a place that is none", read_log(log_text, room, 0, 1, at - 1000000), 0);
	check("it begins anew", log_has("first line") && log_has("second line"), 1);
	check("no room", read_log(log_text, 0, 0, 0, 0) ?: (long)s.u.readconsole.count, 0);
	check("room for a part of a line", read_log(end, 8, 0, 0, 0) ?: (long)s.u.readconsole.count, 8);
	check("less room than is said", read_log(end, room, 0, 0, 0), -EFAULT);
	check("it is cleared", read_log(log_text, room, 1, 0, 0), 0);
	check("when it was read", log_has("second line"), 1);
	check("and is empty", read_log(log_text, room, 0, 0, 0) ?: (long)s.u.readconsole.count, 0);
	say("third line");
	check("until something is said", read_log(log_text, room, 0, 0, 0) ?:
	      log_has("third line") && !log_has("second line"), 1);
}
