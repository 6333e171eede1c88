// SPDX-License-Identifier: GPL-2.0
/* The end of domains: one that has no VM, one that is held, and one whose VM somebody else has. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_xen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "domctl.h"

static long destroy(domid_t domid)
{
	return domctl(XEN_DOMCTL_destroydomain, NEW, domid);
}

/* Until it is gone; the test's limit ends one that stays. */
static long gone(domid_t domid)
{
	while (info(NEW, domid) == 0)
		usleep(10000);
	return info(NEW, domid);
}

static void test_without_vm(int ctl)
{
	struct kxen_create a = { .size = sizeof(a), .domid = 710 };

	check("a domain", ioctl(ctl, KXEN_CREATE, &a), 0);
	check("is there", info(NEW, 710), 0);
	check("destroydomain", destroy(710), 0);
	check("it is gone", gone(710), -ESRCH);
}

/* A descriptor of the process's VM, ours now. */
static int vm_of(pid_t pid)
{
	char name[64], to[64];
	struct dirent *e;
	int vm = -1, p = syscall(SYS_pidfd_open, pid, 0);
	DIR *d;

	snprintf(name, sizeof(name), "/proc/%d/fd", pid);
	d = opendir(name);
	while (d && vm < 0 && (e = readdir(d))) {
		memset(to, 0, sizeof(to));
		if (readlinkat(dirfd(d), e->d_name, to, sizeof(to) - 1) > 0 &&
		    !strcmp(to, "anon_inode:kvm-vm"))
			vm = syscall(SYS_pidfd_getfd, p, atoi(e->d_name), 0);
	}
	if (d)
		closedir(d);
	close(p);
	return vm;
}

static char state_of(pid_t pid)
{
	char name[64], text[256] = "", *p;
	int f;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	f = open(name, O_RDONLY);
	if (f < 0)
		return 'X';
	p = read(f, text, sizeof(text) - 1) > 0 ? strrchr(text, ')') : NULL;
	close(f);
	return p ? p[2] : 'X';
}

static int has_ended(pid_t pid)
{
	char state = state_of(pid);

	return state == 'Z' || state == 'X';
}

void test_destroy(domid_t domid, pid_t pid)
{
	struct kxen_domid_arg hold = { .size = sizeof(hold), .domid = domid };
	int ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC), vm = vm_of(pid);

	check("domain 0 is not destroyed", destroy(0), -EINVAL);
	check("nor nobody", destroy(999), -ESRCH);
	check("nor what no domain can be", destroy(DOMID_SELF), -ESRCH);
	test_without_vm(ctl);
	check("somebody else has the VM", vm >= 0, 1);
	check("and holds the domain", ioctl(ctl, KXEN_HOLD, &hold), 0);
	check("paused or not", domctl(XEN_DOMCTL_pausedomain, NEW, domid), 0);
	check("destroydomain", destroy(domid), 0);
	check("its VMM has ended", has_ended(pid), 1);
	check("the domain is dying", flag(domid, XEN_DOMINF_dying), XEN_DOMINF_dying);
	check("it has no pages", c.u.getdomaininfo.tot_pages, 0);
	check("it is, a second time", destroy(domid), 0);
	close(vm);
	check("dying still, for who holds it", flag(domid, XEN_DOMINF_dying), XEN_DOMINF_dying);
	check("it cannot be destroyed more", destroy(domid), 0);
	check("nor paused", domctl(XEN_DOMCTL_pausedomain, NEW, domid), -ESRCH);
	close(ctl);
	check("it is gone", gone(domid), -ESRCH);
	check("nobody is destroyed", destroy(domid), -ESRCH);
}
