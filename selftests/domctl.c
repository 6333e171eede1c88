// SPDX-License-Identifier: GPL-2.0
/*
 * domctl and sysctl of /dev/xen/privcmd: domctl DOMID, a guest that runs, and that nobody else has.
 * Layouts are those of libxen-dev's headers; the module's own are compared with them when this is
 * compiled.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/sys/privcmd.h>

#include "../kvm-xen/toolstack_abi.h"

#define SAME_SIZE(ours, xens)	_Static_assert(sizeof(ours) == sizeof(xens), "")
#define SAME(ours, f, xens, g)						\
	_Static_assert(offsetof(ours, f) == offsetof(xens, g) &&	\
		       sizeof(((ours *)0)->f) == sizeof(((xens *)0)->g), "")

SAME_SIZE(struct kxen_domctl, struct xen_domctl);
SAME(struct kxen_domctl, domain, struct xen_domctl, domain);
SAME(struct kxen_domctl, u, struct xen_domctl, u);
SAME_SIZE(struct kxen_getdomaininfo, struct xen_domctl_getdomaininfo);
SAME(struct kxen_getdomaininfo, flags, struct xen_domctl_getdomaininfo, flags);
SAME(struct kxen_getdomaininfo, tot_pages, struct xen_domctl_getdomaininfo, tot_pages);
SAME(struct kxen_getdomaininfo, max_pages, struct xen_domctl_getdomaininfo, max_pages);
SAME(struct kxen_getdomaininfo, paged_pages, struct xen_domctl_getdomaininfo, paged_pages);
SAME(struct kxen_getdomaininfo, shared_info_frame, struct xen_domctl_getdomaininfo,
     shared_info_frame);
SAME(struct kxen_getdomaininfo, cpu_time, struct xen_domctl_getdomaininfo, cpu_time);
SAME(struct kxen_getdomaininfo, nr_online_vcpus, struct xen_domctl_getdomaininfo, nr_online_vcpus);
SAME(struct kxen_getdomaininfo, max_vcpu_id, struct xen_domctl_getdomaininfo, max_vcpu_id);
SAME(struct kxen_getdomaininfo, handle, struct xen_domctl_getdomaininfo, handle);
SAME(struct kxen_getdomaininfo, gpaddr_bits, struct xen_domctl_getdomaininfo, gpaddr_bits);
SAME_SIZE(struct kxen_sysctl, struct xen_sysctl);
SAME(struct kxen_sysctl, u, struct xen_sysctl, u);
SAME_SIZE(struct kxen_physinfo, struct xen_sysctl_physinfo);
SAME(struct kxen_physinfo, capabilities, struct xen_sysctl_physinfo, capabilities);
SAME(struct kxen_physinfo, total_pages, struct xen_sysctl_physinfo, total_pages);
SAME(struct kxen_physinfo, max_mfn, struct xen_sysctl_physinfo, max_mfn);
SAME(struct kxen_physinfo, hw_cap, struct xen_sysctl_physinfo, hw_cap);
SAME_SIZE(struct kxen_getdomaininfolist, struct xen_sysctl_getdomaininfolist);
SAME(struct kxen_getdomaininfolist, buffer, struct xen_sysctl_getdomaininfolist, buffer);
SAME(struct kxen_getdomaininfolist, num_domains, struct xen_sysctl_getdomaininfolist, num_domains);
_Static_assert(KXEN_DOMCTL_getdomaininfo == XEN_DOMCTL_getdomaininfo, "");
_Static_assert(KXEN_DOMCTL_pausedomain == XEN_DOMCTL_pausedomain, "");
_Static_assert(KXEN_DOMCTL_unpausedomain == XEN_DOMCTL_unpausedomain, "");
_Static_assert(KXEN_SYSCTL_physinfo == XEN_SYSCTL_physinfo, "");
_Static_assert(KXEN_SYSCTL_getdomaininfolist == XEN_SYSCTL_getdomaininfolist, "");
_Static_assert(KXEN_DOMINF_dying == XEN_DOMINF_dying, "");
_Static_assert(KXEN_DOMINF_hvm_guest == XEN_DOMINF_hvm_guest, "");
_Static_assert(KXEN_DOMINF_shutdown == XEN_DOMINF_shutdown, "");
_Static_assert(KXEN_DOMINF_paused == XEN_DOMINF_paused, "");
_Static_assert(KXEN_DOMINF_blocked == XEN_DOMINF_blocked, "");
_Static_assert(KXEN_DOMINF_running == XEN_DOMINF_running, "");
_Static_assert(KXEN_DOMINF_hap == XEN_DOMINF_hap, "");
_Static_assert(KXEN_DOMINF_reason == XEN_DOMINF_shutdownshift, "");
_Static_assert(KXEN_PHYSCAP_hvm == XEN_SYSCTL_PHYSCAP_hvm, "");
_Static_assert(KXEN_PHYSCAP_hap == XEN_SYSCTL_PHYSCAP_hap, "");
_Static_assert(KXEN_PHYSCAP_gnttab_v1 == XEN_SYSCTL_PHYSCAP_gnttab_v1, "");
_Static_assert(KXEN_PHYSCAP_gnttab_v2 == XEN_SYSCTL_PHYSCAP_gnttab_v2, "");

#define OLD	0x15	/* interface versions */
#define NEW	0x17
#define PAGES	(64 << 8)	/* of the small VMM's guests */

static int fd, bad;

static void check(const char *name, long got, long want)
{
	bad += got != want;
	printf("%s - %s", got == want ? "ok" : "not ok", name);
	if (got != want)
		printf(" = %ld, want %ld", got, want);
	puts("");
	fflush(stdout);
}

static long call(uint64_t op, const void *arg)
{
	struct privcmd_hypercall h = { op, { (uintptr_t)arg } };
	long ret = ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h);

	return ret == -1 ? -errno : ret;
}

static struct xen_domctl c;

static long domctl(uint32_t cmd, uint32_t version, domid_t domain)
{
	memset(&c, 0, sizeof(c));
	c.cmd = cmd;
	c.interface_version = version;
	c.domain = domain;
	return call(__HYPERVISOR_domctl, &c);
}

static long info(uint32_t version, domid_t domain)
{
	return domctl(XEN_DOMCTL_getdomaininfo, version, domain);
}

static uint32_t flag(domid_t domain, uint32_t which)
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
	char *end = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check("an older version", info(0x14, domid), -EACCES);
	check("a newer one", info(0x19, domid), -EACCES);
	check("another call", domctl(12345, NEW, domid), -ENOSYS);
	check("of nobody", domctl(12345, NEW, 999), -ESRCH);
	check("no structure", call(__HYPERVISOR_domctl, NULL), -EFAULT);
	munmap(end + 4096, 4096);
	memcpy(end + 4096 - 100, &c, 100);
	check("half a structure", call(__HYPERVISOR_domctl, end + 4096 - 100), -EFAULT);
	check("no structure of the other", call(__HYPERVISOR_sysctl, NULL), -EFAULT);
	munmap(end, 4096);
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

static long list(domid_t first, uint32_t max, struct xen_domctl_getdomaininfo *to, uint32_t *nr)
{
	struct xen_sysctl s = { .cmd = XEN_SYSCTL_getdomaininfolist, .interface_version = 0x15 };
	long ret;

	s.u.getdomaininfolist.first_domain = first;
	s.u.getdomaininfolist.max_domains = max;
	set_xen_guest_handle(s.u.getdomaininfolist.buffer, to);
	ret = call(__HYPERVISOR_sysctl, &s);
	*nr = s.u.getdomaininfolist.num_domains;
	return ret;
}

static void test_sysctl(domid_t domid)
{
	struct xen_sysctl s = { .cmd = XEN_SYSCTL_physinfo, .interface_version = 0x15 };
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
	check("physinfo", call(__HYPERVISOR_sysctl, &s), 0);
	check("it has processors", s.u.physinfo.nr_cpus > 0, 1);
	check("and memory, of which some is free", s.u.physinfo.free_pages > 0 &&
	      s.u.physinfo.free_pages < s.u.physinfo.total_pages, 1);
	s.interface_version = 0x14;
	check("an older sysctl", call(__HYPERVISOR_sysctl, &s), -EACCES);
	s.interface_version = 0x15;
	s.cmd = 12345;
	check("another sysctl", call(__HYPERVISOR_sysctl, &s), -ENOSYS);
}

int main(int argc, char **argv)
{
	domid_t domid = argc > 1 ? atoi(argv[1]) : 0;

	fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (fd < 0 || !domid) {
		perror("not ok - /dev/xen/privcmd");
		return 1;
	}
	test_info(domid);
	test_bad(domid);
	test_pause(domid);
	test_sysctl(domid);
	return !!bad;
}
