// SPDX-License-Identifier: GPL-2.0
/*
 * What user space sees of the probe (selftests/probe), on a domain that it makes: its call of
 * the control device, with each wrong argument, and its statistics. hprobe placed DOMID, whose guest
 * has not run: neither is it saved while something is placed over its memory, nor another one
 * restored into it. hprobe lent LENDER BORROWER PID: two guests (guest/lent.c) have a page, and
 * the lender's VMM is killed.
 */
#define _GNU_SOURCE
#define __XEN_TOOLS__	1
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>

#include "probe/abi.h"

static int ctl, bad;

static void check(const char *name, long got, long want)
{
	if (got == want)
		printf("ok - %s\n", name);
	else
		printf("not ok - %s = %ld, want %ld\n", name, got, want);
	bad |= got != want;
}

static int call(unsigned long req, void *arg)
{
	return ioctl(ctl, req, arg) ? errno : 0;
}

static unsigned int make(unsigned int flags, unsigned int limit)
{
	struct kxen_create c = {
		.size = sizeof(c), .domid = KXEN_DOMID_AUTO, .flags = flags, .reserved = limit,
	};

	check("a domain", call(KXEN_CREATE, &c), 0);
	return c.domid;
}

static long kept(unsigned int domid)
{
	struct kxen_probe_arg a = { .size = sizeof(a), .domid = domid };

	return call(KXEN_PROBE, &a) ? -1 : (long)a.value;
}

static void test_call(unsigned int domid)
{
	struct kxen_probe_arg a = { .size = sizeof(a), .domid = domid };
	int other = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);

	check("what is kept", call(KXEN_PROBE, &a), 0);
	check("is nothing", a.value, 0);
	a.flags = KXEN_PROBE_SET;
	a.value = 42;
	check("something to keep", call(KXEN_PROBE, &a), 0);
	check("nothing was before", a.value, 0);
	a.flags = 0;
	check("what is kept now", call(KXEN_PROBE, &a), 0);
	check("is that", a.value, 42);
	a.flags = 16;
	check("an unknown flag", call(KXEN_PROBE, &a), EOPNOTSUPP);
	a.flags = 0;
	a.reserved = 1;
	check("a reserved field", call(KXEN_PROBE, &a), EINVAL);
	a.reserved = 0;
	a.size--;
	check("too short", call(KXEN_PROBE, &a), EINVAL);
	a.size++;
	a.domid = 31000;
	check("no such domain", call(KXEN_PROBE, &a), ENOENT);
	a.domid = domid;
	check("a call that there is not", call(_IO(KXEN_IOC, 0x71), &a), ENOTTY);
	check("an administrator's other file may", ioctl(other, KXEN_PROBE, &a), 0);
}

static long stat_of(unsigned int domid, unsigned int id)
{
	struct kxen_stat s[64];
	struct kxen_stats_arg a = {
		.size = sizeof(a), .domid = domid, .nr = 64, .buf = (unsigned long)s,
	};
	unsigned int i;

	if (call(KXEN_STATS, &a))
		return -errno;
	for (i = 0; i < a.nr && i < 64; i++)
		if (s[i].id == id)
			return s[i].value;
	return -ENOENT;
}

static const char *name_of(unsigned int id)
{
	static struct kxen_stat_name s[64];
	struct kxen_stats_arg a = { .size = sizeof(a), .nr = 64, .buf = (unsigned long)s };
	unsigned int i;

	if (call(KXEN_STAT_NAMES, &a))
		return "none";
	for (i = 0; i < a.nr && i < 64; i++)
		if (s[i].id == id)
			return s[i].name;
	return "none";
}

/* --- a page that outlives its domain ------------------------------------------------ */

static struct kxen_query query(unsigned int domid)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };

	if (call(KXEN_QUERY, &q))
		q.state = ~0U;
	return q;
}

/* What a domain's number can be had with. */
static int take_number(unsigned int domid)
{
	struct kxen_create c = { .size = sizeof(c), .domid = domid };

	return call(KXEN_CREATE, &c);
}

/* Domain 0 is told of something. The limit is for a hang. */
static int told(int evtchn)
{
	struct pollfd p = { .fd = evtchn, .events = POLLIN };
	unsigned int port;

	return poll(&p, 1, 20000) == 1 && read(evtchn, &port, sizeof(port)) == sizeof(port) &&
	       write(evtchn, &port, sizeof(port)) == sizeof(port);
}

/* It is told, and the domain is dying; or it is not told. */
static int dying(int evtchn, unsigned int domid)
{
	while (told(evtchn))
		if (query(domid).state == KXEN_STATE_DYING)
			return 0;
	return -1;
}

/* The same when it is gone. Its number is free then, and not before. */
static int gone(int evtchn, unsigned int domid)
{
	while (told(evtchn))
		if (!take_number(domid))
			return 0;
	return -1;
}

/* The limit is for a hang. */
static int reached(unsigned int domid, unsigned long long step)
{
	struct kxen_probe_arg a = { .size = sizeof(a), .domid = domid };
	int i;

	for (i = 0; i < 1200; i++) {
		if (!call(KXEN_PROBE, &a) && a.value == step)
			return 0;
		usleep(50000);
	}
	return -1;
}

static int go_on(unsigned int domid, unsigned long long step)
{
	struct kxen_probe_arg a = {
		.size = sizeof(a), .flags = KXEN_PROBE_SET, .domid = domid, .value = step,
	};

	return call(KXEN_PROBE, &a);
}

static int of_frame(unsigned int domid, unsigned int flags)
{
	struct kxen_probe_arg a = { .size = sizeof(a), .flags = flags, .domid = domid, .value = 1 };

	return call(KXEN_PROBE, &a);
}

static void test_lent(unsigned int lender, unsigned int borrower, pid_t vmm)
{
	struct ioctl_evtchn_bind_virq b = { .virq = VIRQ_DOM_EXC };
	int evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);

	check("VIRQ_DOM_EXC", ioctl(evtchn, IOCTL_EVTCHN_BIND_VIRQ, &b) > 0, 1);
	check("a page is borrowed", reached(borrower, PROBE_STEP_BORROWED), 0);
	check("that holds the lender", query(lender).holders, 1);
	kill(vmm, SIGKILL);
	check("the lender is dying, and domain 0 is told", dying(evtchn, lender), 0);
	check("the page holds it", query(lender).holders, 1);
	check("it is all that is left of it", query(lender).pinned_pages, 1);
	check("its number is taken", take_number(lender), EEXIST);
	check("the borrower goes on", go_on(borrower, PROBE_STEP_DIED), 0);
	check("and has used the page", reached(borrower, PROBE_STEP_USED), 0);
	check("the lender is dying still", query(lender).state, KXEN_STATE_DYING);
	check("the page is to be given back", go_on(borrower, PROBE_STEP_GIVE_BACK), 0);
	check("the lender is gone, and domain 0 is told", gone(evtchn, lender), 0);
}

/* What it brings, and what a domain can be made with. */
static void test_create(void)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO, .reserved = PROBE_MOST + 1 };
	struct kxen_info i = { .size = sizeof(i) };
	unsigned int domid;

	check("what there is", call(KXEN_INFO, &i), 0);
	check("is the probe, too", !!(i.features & KXEN_F_PROBE), 1);
	check("and event channels", !!(i.features & KXEN_F_EVTCHN_FIFO), 1);
	check("more than the largest limit", call(KXEN_CREATE, &c), EINVAL);
	c.reserved = 0;
	domid = make(KXEN_DOM_PROBE | KXEN_DOM_NLEVEL, PROBE_MOST);
	check("with a flag of its own", kept(domid), PROBE_FIRST);
	check("and a limit", stat_of(domid, KXEN_STAT_MAX_PROBES), PROBE_MOST);
}

static int domain_op(unsigned int domid, unsigned long req)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = domid };

	return call(req, &a);
}

static int wanted(void)
{
	char line[64];
	FILE *f = fopen("/sys/kernel/debug/kvm-xen/d0/probe", "r");
	int n = -1;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "wanted %d", &n);
	if (f)
		fclose(f);
	return n;
}

/* Frame 1 is paged out: who maps it is told, and it is asked for. Its neighbours are there. */
static void test_foreign(unsigned int domid)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC), before = wanted();
	xen_pfn_t gfn[3] = { 0, 1, 2 }, again = 3;
	char *at = mmap(NULL, 3 * 4096, PROT_READ, MAP_SHARED, fd, 0);
	int err[3] = { 1, 1, 1 };
	struct privcmd_mmapbatch_v2 b = {
		.num = 3, .dom = domid, .addr = (unsigned long)at, .arr = gfn, .err = err,
	};

	check("memory for frames of it", at != MAP_FAILED, 1);
	check("a frame is paged out", ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &b) ? errno : 0, ENOENT);
	check("that one", err[1], -ENOENT);
	check("the others are not", err[0] || err[2], 0);
	check("it is wanted", wanted() - before, 1);
	b.num = 1;
	b.addr += 4096;
	b.arr = gfn + 1;
	check("it is out still", ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &b) ? errno : 0, ENOENT);
	check("it is wanted again", wanted() - before, 2);
	b.arr = &again;
	check("another one in its place", ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &b), 0);
	check("is there", err[0], 0);
	munmap(at, 3 * 4096);
	close(fd);
}

/* What it has been so far is a stream that it could be restored from. */
static void test_placed(unsigned int domid)
{
	static char stream[1 << 16];
	struct kxen_stream_arg a = {
		.size = sizeof(a), .domid = domid, .buf = (unsigned long)stream,
		.len = sizeof(stream),
	};

	check("it is paused", domain_op(domid, KXEN_PAUSE), 0);
	check("it is saved", call(KXEN_SAVE, &a), 0);
	check("something is placed", of_frame(domid, KXEN_PROBE_PLACE), 0);
	test_foreign(domid);
	check("then it is not restored", call(KXEN_RESTORE, &a), EBUSY);
	check("because of its state", a.reason, KXEN_RESTORE_STATE);
	check("nor saved", call(KXEN_SAVE, &a), EOPNOTSUPP);
	check("it is taken away", of_frame(domid, KXEN_PROBE_UNPLACE), 0);
	check("once", of_frame(domid, KXEN_PROBE_UNPLACE), ENOENT);
	check("then it is saved", call(KXEN_SAVE, &a), 0);
	check("and restored", call(KXEN_RESTORE, &a), 0);
	check("it goes on", domain_op(domid, KXEN_UNPAUSE), 0);
}

/* Xen's tools ask for a domain, by its number and with all others. Exit status: 0. */
static int asks(unsigned int domid)
{
	struct xen_domctl d = {
		.cmd = XEN_DOMCTL_getdomaininfo, .interface_version = 0x15, .domain = domid,
	};
	xen_domctl_getdomaininfo_t list[8];
	struct xen_sysctl s = { .cmd = XEN_SYSCTL_getdomaininfolist, .interface_version = 0x15 };
	struct privcmd_hypercall h = { __HYPERVISOR_domctl, { (uintptr_t)&d } };
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	if (ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h) || d.domain != domid ||
	    d.u.getdomaininfo.flags != (XEN_DOMINF_hvm_guest | XEN_DOMINF_hap | XEN_DOMINF_paused))
		return 1;
	s.u.getdomaininfolist.max_domains = 8;
	set_xen_guest_handle(s.u.getdomaininfolist.buffer, list);
	h = (struct privcmd_hypercall){ __HYPERVISOR_sysctl, { (uintptr_t)&s } };
	if (ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h))
		return 2;
	return s.u.getdomaininfolist.num_domains < 2 || list[0].domain ? 3 : 0;
}

/* A child's exit status; -1 if it does not end, when it is killed. The limit is for a hang. */
static int ended(pid_t pid)
{
	int i, status;

	for (i = 0; i < 400; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		usleep(50000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -1;
}

/* Somebody has the domain's lock, and waits for something that does not come. */
static void test_locked(unsigned int domid)
{
	struct kxen_probe_arg a = {
		.size = sizeof(a), .flags = KXEN_PROBE_LOCK, .domid = domid, .value = PROBE_STEP_LOCKED,
	};
	pid_t holder, asker;

	fflush(stdout);
	holder = fork();
	if (!holder)
		_exit(call(KXEN_PROBE, &a));
	check("its lock is taken", reached(domid, PROBE_STEP_LOCKED), 0);
	asker = fork();
	if (!asker)
		_exit(asks(domid));
	check("who asks how it is does not wait for that", ended(asker), 0);
	check("it is taken still", waitpid(holder, NULL, WNOHANG), 0);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	check("what is said with the lock is the same", asks(domid), 0);
}

int main(int argc, char **argv)
{
	unsigned int domid;

	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	if (argc == 5 && !strcmp(argv[1], "lent")) {
		test_lent(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
		return bad;
	}
	if (argc == 3 && !strcmp(argv[1], "placed")) {
		test_placed(atoi(argv[2]));
		return bad;
	}
	test_create();
	domid = make(0, 0);
	test_call(domid);
	test_locked(domid);
	check("none is taken", stat_of(domid, KXEN_STAT_PROBES), 0);
	check("of so many", stat_of(domid, KXEN_STAT_MAX_PROBES), PROBE_MAX);
	check("no hypercall", stat_of(domid, KXEN_STAT_PROBE_CALLS), 0);
	check("its name", strcmp(name_of(KXEN_STAT_PROBE_CALLS), "probe_calls"), 0);
	check("domain 0 has them, too", stat_of(0, KXEN_STAT_MAX_PROBES), PROBE_MAX);
	return bad;
}
