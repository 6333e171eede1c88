// SPDX-License-Identifier: GPL-2.0
/*
 * What user space sees of the probe (selftests/probe), on a domain that it makes: its call of
 * the control device, with each wrong argument, and its statistics.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

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

static unsigned int make(void)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };

	check("a domain", call(KXEN_CREATE, &c), 0);
	return c.domid;
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
	a.flags = 2;
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

int main(void)
{
	unsigned int domid;

	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	domid = make();
	test_call(domid);
	check("none is taken", stat_of(domid, KXEN_STAT_PROBES), 0);
	check("of so many", stat_of(domid, KXEN_STAT_MAX_PROBES), PROBE_MAX);
	check("no hypercall", stat_of(domid, KXEN_STAT_PROBE_CALLS), 0);
	check("its name", strcmp(name_of(KXEN_STAT_PROBE_CALLS), "probe_calls"), 0);
	check("domain 0 has them, too", stat_of(0, KXEN_STAT_MAX_PROBES), PROBE_MAX);
	return bad;
}
