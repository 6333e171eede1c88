// SPDX-License-Identifier: GPL-2.0
/*
 * domctl, sysctl and hvm_op of /dev/xen/privcmd: domctl DOMID PID, a guest that runs on one vCPU,
 * beside no other, and its VMM; domctl destroy DOMID PID, the end of such a one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sys/privcmd.h>

#include "domctl.h"

static int fd, bad;

void check(const char *name, long got, long want)
{
	bad += got != want;
	printf("%s - %s", got == want ? "ok" : "not ok", name);
	if (got != want)
		printf(" = %ld, want %ld", got, want);
	puts("");
	fflush(stdout);
}

long call2(uint64_t op, uint64_t first, const void *arg)
{
	struct privcmd_hypercall h = { op, { first, (uintptr_t)arg } };
	long ret = ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h);

	return ret == -1 ? -errno : ret;
}

long call(uint64_t op, const void *arg)
{
	return call2(op, (uintptr_t)arg, NULL);
}

/* Memory of which nothing behind so many bytes is there. */
void *at_end(size_t size)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p + 4096, 4096);
	return p + 4096 - size;
}

struct xen_domctl c;

long domctl(uint32_t cmd, uint32_t version, domid_t domain)
{
	memset(&c, 0, sizeof(c));
	c.cmd = cmd;
	c.interface_version = version;
	c.domain = domain;
	return call(__HYPERVISOR_domctl, &c);
}

long info(uint32_t version, domid_t domain)
{
	return domctl(XEN_DOMCTL_getdomaininfo, version, domain);
}

uint32_t flag(domid_t domain, uint32_t which)
{
	return info(NEW, domain) ? ~0U : c.u.getdomaininfo.flags & which;
}

static void test_info(domid_t domid)
{
	uint32_t v;

	for (v = 0x15; v <= 0x18; v++)
		check("getdomaininfo", info(v, domid), 0);
	check("its number", c.u.getdomaininfo.domain, domid);
	check("its pages", c.u.getdomaininfo.tot_pages, PAGES);
	check("and how many it may have", c.u.getdomaininfo.max_pages, PAGES);
	check("a guest with nested paging", c.u.getdomaininfo.flags &
	      (XEN_DOMINF_hvm_guest | XEN_DOMINF_hap | XEN_DOMINF_dying | XEN_DOMINF_shutdown),
	      XEN_DOMINF_hvm_guest | XEN_DOMINF_hap);
	check("one vCPU", c.u.getdomaininfo.nr_online_vcpus, 1);
	check("number 0", c.u.getdomaininfo.max_vcpu_id, 0);
	check("it has had time", c.u.getdomaininfo.cpu_time > 0, 1);
	check("domain 0", info(NEW, 0), 0);
	check("it is none of them, and runs", c.u.getdomaininfo.flags, XEN_DOMINF_running);
	check("it has had time, too", c.u.getdomaininfo.cpu_time > 0, 1);
	check("4.17: the next one", info(OLD, 1), 0);
	check("4.17: that is", c.domain, domid);
	check("4.17: no next one", info(OLD, domid + 1), -ESRCH);
	check("4.20: nobody", info(NEW, 1), -ESRCH);
	check("4.17: DOMID_SELF", info(OLD, DOMID_SELF), -EINVAL);
	check("4.20: DOMID_SELF", info(NEW, DOMID_SELF), -ESRCH);
}

static void test_bad(domid_t domid)
{
	char *half = at_end(100);

	check("an older version", info(0x14, domid), -EACCES);
	check("a newer one", info(0x19, domid), -EACCES);
	check("another call", domctl(12345, NEW, domid), -ENOSYS);
	check("of nobody", domctl(12345, NEW, 999), -ESRCH);
	check("createdomain", domctl(XEN_DOMCTL_createdomain, NEW, 0), -ENOSYS);
	check("createdomain of any number",
	      domctl(XEN_DOMCTL_createdomain, NEW, DOMID_INVALID), -ENOSYS);
	check("no structure", call(__HYPERVISOR_domctl, NULL), -EFAULT);
	memcpy(half, &c, 100);
	check("half a structure", call(__HYPERVISOR_domctl, half), -EFAULT);
	check("no structure of the other", call(__HYPERVISOR_sysctl, NULL), -EFAULT);
}

static void test_pause(domid_t domid)
{
	int i, n = 0;

	check("unpause of one that runs", domctl(XEN_DOMCTL_unpausedomain, NEW, domid), -EINVAL);
	check("pause", domctl(XEN_DOMCTL_pausedomain, NEW, domid), 0);
	check("it is", flag(domid, XEN_DOMINF_paused), XEN_DOMINF_paused);
	for (i = 1; i < 255; i++)
		n += domctl(XEN_DOMCTL_pausedomain, NEW, domid) == 0;
	check("as often as Xen lets", n, 254);
	check("and no more", domctl(XEN_DOMCTL_pausedomain, NEW, domid), -EUSERS);
	for (i = 1, n = 0; i < 255; i++)
		n += domctl(XEN_DOMCTL_unpausedomain, NEW, domid) == 0;
	check("all but one are undone", n, 254);
	check("it still is", flag(domid, XEN_DOMINF_paused), XEN_DOMINF_paused);
	check("unpause", domctl(XEN_DOMCTL_unpausedomain, NEW, domid), 0);
	check("it is not", flag(domid, XEN_DOMINF_paused), 0);
	check("domain 0 is not paused", domctl(XEN_DOMCTL_pausedomain, NEW, 0), -EINVAL);
	check("nor nobody", domctl(XEN_DOMCTL_pausedomain, NEW, 999), -ESRCH);
}

int main(int argc, char **argv)
{
	int destroy = argc == 4 && !strcmp(argv[1], "destroy");
	domid_t domid;
	pid_t pid;

	fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (fd < 0 || argc != 3 + destroy) {
		perror("not ok - /dev/xen/privcmd");
		return 1;
	}
	domid = atoi(argv[1 + destroy]);
	pid = atoi(argv[2 + destroy]);
	if (destroy) {
		test_destroy(domid, pid);
		return !!bad;
	}
	test_info(domid);
	test_bad(domid);
	test_pause(domid);
	test_vcpu(domid);
	test_affinity(domid, pid);
	test_sysctl(domid);
	test_log();
	test_hvm(domid);
	test_version();
	return !!bad;
}
