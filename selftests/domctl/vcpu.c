// SPDX-License-Identifier: GPL-2.0
/* A vCPU's state, and on which processors it may run. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domctl.h"

#define MANY	300	/* bits, more than there are processors */

static long vcpu_info(domid_t domid, uint32_t vcpu)
{
	memset(&c, 0, sizeof(c));
	c.cmd = XEN_DOMCTL_getvcpuinfo;
	c.interface_version = NEW;
	c.domain = domid;
	c.u.getvcpuinfo.vcpu = vcpu;
	return call(__HYPERVISOR_domctl, &c);
}

void test_vcpu(domid_t domid)
{
	struct xen_domctl_getvcpuinfo *i = &c.u.getvcpuinfo;
	uint64_t time;
	int n;

	check("getvcpuinfo", vcpu_info(domid, 0), 0);
	check("it is online", i->online, 1);
	check("on a processor that there is", i->cpu < sysconf(_SC_NPROCESSORS_CONF), 1);
	check("it has had time", i->cpu_time > 0, 1);
	time = i->cpu_time;
	check("no more than its domain", !info(NEW, domid) && c.u.getdomaininfo.cpu_time >= time, 1);
	check("pause", domctl(XEN_DOMCTL_pausedomain, NEW, domid), 0);
	check("one of a domain that is paused", vcpu_info(domid, 0), 0);
	check("is online still", i->online, 1);
	check("and does not run", i->running, 0);
	/* Its thread may have been waiting for a processor, on its way to where it sleeps. */
	for (n = 0; n < 100; n++) {
		time = i->cpu_time;
		usleep(50000);
		if (vcpu_info(domid, 0) || i->cpu_time == time)
			break;
	}
	check("for no time", i->cpu_time == time, 1);
	check("unpause", domctl(XEN_DOMCTL_unpausedomain, NEW, domid), 0);
	check("another vCPU", vcpu_info(domid, 1), -ENOENT);
	check("a number that none can have", vcpu_info(domid, ~0U), -ENOENT);
	check("of nobody", vcpu_info(999, 0), -ESRCH);
	check("a processor of domain 0", vcpu_info(0, 0), 0);
	check("runs", i->running && i->online && !i->blocked, 1);
	check("has had time", i->cpu_time > 0, 1);
	check("is where it is", i->cpu, 0);
	check("and one that is not there", vcpu_info(0, 1 << 20), -ENOENT);
}

static uint8_t hard[MANY / 8 + 2], soft[MANY / 8 + 2];

static long affinity(uint32_t cmd, domid_t domid, uint32_t vcpu, uint32_t flags, uint32_t bits)
{
	memset(&c, 0, sizeof(c));
	c.cmd = cmd;
	c.interface_version = NEW;
	c.domain = domid;
	c.u.vcpuaffinity.vcpu = vcpu;
	c.u.vcpuaffinity.flags = flags;
	c.u.vcpuaffinity.cpumap_hard.nr_bits = bits;
	c.u.vcpuaffinity.cpumap_soft.nr_bits = bits;
	set_xen_guest_handle(c.u.vcpuaffinity.cpumap_hard.bitmap, hard);
	set_xen_guest_handle(c.u.vcpuaffinity.cpumap_soft.bitmap, soft);
	return call(__HYPERVISOR_domctl, &c);
}

static long get(domid_t domid, uint32_t vcpu, uint32_t flags, uint32_t bits)
{
	memset(hard, 0xaa, sizeof(hard));
	memset(soft, 0xaa, sizeof(soft));
	return affinity(XEN_DOMCTL_getvcpuaffinity, domid, vcpu, flags, bits);
}

static long set(domid_t domid, uint32_t flags, uint8_t h, uint8_t s)
{
	memset(hard, 0, sizeof(hard));
	memset(soft, 0, sizeof(soft));
	hard[0] = h;
	soft[0] = s;
	return affinity(XEN_DOMCTL_setvcpuaffinity, domid, 0, flags, 8);
}

static int count(const uint8_t *map, int bytes)
{
	int i, n = 0;

	for (i = 0; i < bytes; i++)
		n += __builtin_popcount(map[i]);
	return n;
}

/* How many threads of a process may run on processor 0 alone. */
static int pinned(pid_t pid)
{
	struct dirent *e;
	char name[64];
	cpu_set_t s;
	int n = 0;
	DIR *d;

	snprintf(name, sizeof(name), "/proc/%d/task", pid);
	d = opendir(name);
	while (d && (e = readdir(d)))
		n += atoi(e->d_name) > 0 && !sched_getaffinity(atoi(e->d_name), sizeof(s), &s) &&
		     CPU_COUNT(&s) == 1 && CPU_ISSET(0, &s);
	if (d)
		closedir(d);
	return n;
}

static void test_get(domid_t domid)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);

	check("getvcpuaffinity", get(domid, 0, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, MANY), 0);
	check("all processors", count(hard, MANY / 8 + 1) >= cpus, 1);
	check("and none preferred", memcmp(hard, soft, MANY / 8 + 1), 0);
	check("no further than it may", hard[MANY / 8 + 1], 0xaa);
	check("with room for one", get(domid, 0, XEN_VCPUAFFINITY_HARD, 1), 0);
	check("a byte is written", hard[0] != 0xaa && hard[1] == 0xaa, 1);
	check("and none of the other", soft[0], 0xaa);
	check("with room for none", get(domid, 0, XEN_VCPUAFFINITY_HARD, 0) ?: hard[0], 0xaa);
	check("of another vCPU", get(domid, 1, XEN_VCPUAFFINITY_HARD, 8), -EINVAL);
	check("that none can be", get(domid, ~0U, XEN_VCPUAFFINITY_HARD, 8), -EINVAL);
	check("of neither kind", get(domid, 0, 0, 8), -EINVAL);
	check("of nobody", get(999, 0, XEN_VCPUAFFINITY_HARD, 8), -ESRCH);
	check("of domain 0", get(0, 0, XEN_VCPUAFFINITY_HARD, 8) ?: hard[0], 1);
}

static long bad_map(uint32_t cmd, domid_t domid, void *to, uint32_t bits)
{
	memset(&c, 0, sizeof(c));
	c.cmd = cmd;
	c.interface_version = NEW;
	c.domain = domid;
	c.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	c.u.vcpuaffinity.cpumap_hard.nr_bits = bits;
	set_xen_guest_handle(c.u.vcpuaffinity.cpumap_hard.bitmap, to);
	return call(__HYPERVISOR_domctl, &c);
}

static void test_bad_maps(domid_t domid)
{
	uint8_t *end = at_end(4);

	check("no map", bad_map(XEN_DOMCTL_getvcpuaffinity, domid, NULL, 8), -EINVAL);
	check("none there", bad_map(XEN_DOMCTL_getvcpuaffinity, domid, end + 4, 8), -EFAULT);
	check("half of one", bad_map(XEN_DOMCTL_getvcpuaffinity, domid, end, ~0U), -EFAULT);
	check("just as long as it is", bad_map(XEN_DOMCTL_getvcpuaffinity, domid, end, 32), 0);
	check("none to set", bad_map(XEN_DOMCTL_setvcpuaffinity, domid, NULL, 8), -EINVAL);
	check("none there to set", bad_map(XEN_DOMCTL_setvcpuaffinity, domid, end + 4, 8), -EFAULT);
}

static long put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	long n = fd >= 0 && write(fd, text, strlen(text)) > 0 ? 0 : -errno;

	if (fd >= 0)
		close(fd);
	return n;
}

#define GROUPS	"/tmp/cgroups"

/* The VMM is let run on processor 0, by who has put it into a cpuset. */
static void test_cpuset(domid_t domid, pid_t pid)
{
	char number[16];

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		puts("skip - a thread in a cpuset");
		return;
	}
	snprintf(number, sizeof(number), "%d", pid);
	mkdir(GROUPS, 0700);
	check("a hierarchy of groups", mount("none", GROUPS, "cgroup2", 0, NULL), 0);
	check("with cpusets", put(GROUPS "/cgroup.subtree_control", "+cpuset"), 0);
	check("and one of them", mkdir(GROUPS "/one", 0700), 0);
	check("of one processor", put(GROUPS "/one/cpuset.cpus", "0"), 0);
	check("the VMM is put there", put(GROUPS "/one/cgroup.procs", number), 0);
	check("on a processor that is not its", set(domid, XEN_VCPUAFFINITY_HARD, 2, 0), -EINVAL);
	check("anywhere: that is where its cpuset is",
	      set(domid, XEN_VCPUAFFINITY_HARD, 3, 0) ?: hard[0], 1);
	check("no thread is elsewhere", get(domid, 0, XEN_VCPUAFFINITY_HARD, 8) ?: hard[0], 1);
	check("it has two", put(GROUPS "/one/cpuset.cpus", "0-1"), 0);
	check("on the other one", set(domid, XEN_VCPUAFFINITY_HARD, 2, 0) ?: hard[0], 2);
	check("on both", set(domid, XEN_VCPUAFFINITY_HARD, 3, 0) ?: hard[0], 3);
	check("the VMM is in none", put(GROUPS "/cgroup.procs", number), 0);
	check("the cpuset goes", rmdir(GROUPS "/one"), 0);
	umount(GROUPS);
	rmdir(GROUPS);
}

void test_affinity(domid_t domid, pid_t pid)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), before = pinned(pid);

	test_get(domid);
	test_bad_maps(domid);
	check("setvcpuaffinity", set(domid, XEN_VCPUAFFINITY_HARD, 1, 0) ?: hard[0], 1);
	check("a thread of the VMM's is there now", pinned(pid) - (cpus > 1 ? before : 0) > 0, 1);
	check("that is told, too", get(domid, 0, XEN_VCPUAFFINITY_HARD, 8) ?: hard[0], 1);
	check("on no processor", set(domid, XEN_VCPUAFFINITY_HARD, 0, 0), -EINVAL);
	check("one preferred", set(domid, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, 0xff, 0),
	      -EOPNOTSUPP);
	check("nothing has changed", get(domid, 0, XEN_VCPUAFFINITY_HARD, 8) ?: hard[0], 1);
	check("all preferred", set(domid, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, 0xff, 0xff), 0);
	check("of those that there are", count(hard, 1), cpus);
	check("the thread is anywhere again", pinned(pid), before);
	check("of domain 0", set(0, XEN_VCPUAFFINITY_HARD, 1, 0), -EPERM);
	check("of nobody", set(999, XEN_VCPUAFFINITY_HARD, 1, 0), -ESRCH);
	test_cpuset(domid, pid);
}
