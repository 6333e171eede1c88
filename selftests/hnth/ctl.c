// SPDX-License-Identifier: GPL-2.0
/* The calls of /dev/kvm-xen, and what KVM calls the module for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/kvm_xen.h>

#include "hnth.h"

#define MORE_PORTS	70	/* more than a table of ports has at first */
#define MORE_STATS	64	/* more than there are */

static int opened = -1;
static uint8_t stream[1 << 16];
static uint32_t stream_len;

static void nothing(void)
{
}

static long open_ctl(void)
{
	opened = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	return opened < 0 ? -1 : 0;
}

static void close_opened(void)
{
	if (opened >= 0)
		close(opened);
	opened = -1;
}

static long info(void)
{
	struct kxen_info i = { .size = sizeof(i) };

	return ioctl(ctl_file(), KXEN_INFO, &i);
}

static long create_plain(void)
{
	return create(0, 0);
}

static long create_large(void)
{
	return create(131072, KXEN_DOM_UNPLUG | KXEN_DOM_NLEVEL);
}

static void vm_and_domain(void)
{
	new_vm(2, 4 << 20);
	create(0, KXEN_DOM_UNPLUG | KXEN_DOM_NLEVEL);
}

static void a_domain(void)
{
	create(0, 0);
}

static long destroy(void)
{
	return domain_op(KXEN_DESTROY);
}

static long attach_ids(void)
{
	static const struct kxen_vcpu_id ids[] = { { 0, 5 }, { 2, 3 } };

	return attach_with(ids, 2);
}

static long stats(unsigned long cmd, uint32_t id, void *buf)
{
	struct kxen_stats_arg a = {
		.size = sizeof(a), .domid = id, .nr = MORE_STATS, .buf = (uintptr_t)buf,
	};

	return ioctl(ctl_file(), cmd, &a);
}

static long stat_names(void)
{
	static struct kxen_stat_name names[MORE_STATS];

	return stats(KXEN_STAT_NAMES, 0, names);
}

static long stat_values(void)
{
	static struct kxen_stat values[MORE_STATS];

	return stats(KXEN_STATS, domid, values);
}

/* --- an attached VM ----------------------------------------------------------------- */

static void with_one(void)
{
	attached(1);
}

static void with_two(void)
{
	attached(2);
}

static void with_ports(void)
{
	unsigned int i;

	attached(2);
	for (i = 0; i < MORE_PORTS; i++)
		evtchn_op(KXEN_EVTCHN_ALLOC, 0);
}

/* Up to where the next one needs a further bucket of ports, which are 16 or 64. */
static void with_full_bucket(void)
{
	struct kxen_query q = { .size = sizeof(q) };

	attached(2);
	q.domid = domid;
	do
		evtchn_op(KXEN_EVTCHN_ALLOC, 0);
	while (!ioctl(ctl_file(), KXEN_QUERY, &q) && q.ports % 64 != 63);
}

static void paused(void)
{
	attached(2);
	domain_op(KXEN_PAUSE);
}

static void paused_with_ports(void)
{
	with_ports();
	domain_op(KXEN_PAUSE);
}

static long second_vcpu(void)
{
	return create_vcpu(1);
}

static bool two_known(void)
{
	return known_vcpus() == 2;
}

static long query(void)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };

	return ioctl(ctl_file(), KXEN_QUERY, &q);
}

static long pause_it(void)
{
	return domain_op(KXEN_PAUSE);
}

static long unpause(void)
{
	return domain_op(KXEN_UNPAUSE);
}

static long hold(void)
{
	return domain_op(KXEN_HOLD);
}

/* It lives on for whoever holds it. */
static void held(void)
{
	attached(1);
	domain_op(KXEN_HOLD);
	drop_vm();
}

static long unhold(void)
{
	return domain_op(KXEN_UNHOLD);
}

static void held_and_gone(void)
{
	domain_op(KXEN_UNHOLD);
	gone();
}

static long port(void)
{
	struct kxen_port_info p = {
		.size = sizeof(p), .domid = domid, .flags = KXEN_PORT_NEXT,
	};

	return ioctl(ctl_file(), KXEN_PORT, &p);
}

static long grant(void)
{
	struct kxen_grant_arg g = { .size = sizeof(g), .domid = domid, .ref = 1, .gfn = 5 };

	return ioctl(ctl_file(), KXEN_GRANT, &g);
}

static long grant_info(void)
{
	struct kxen_grant_info i = { .size = sizeof(i), .domid = domid, .flags = KXEN_GRANT_NEXT };
	long ret = ioctl(ctl_file(), KXEN_GRANT_INFO, &i);

	return ret && errno == ENOENT ? 0 : ret;
}

static void with_grant(void)
{
	attached(1);
	grant();
}

static long alloc(void)
{
	return evtchn_op(KXEN_EVTCHN_ALLOC, 0);
}

static long virq(void)
{
	return evtchn_op(KXEN_EVTCHN_VIRQ, 3);
}

static long reset(void)
{
	return evtchn_op(KXEN_EVTCHN_RESET, 0);
}

static long image(unsigned long cmd, uint32_t len)
{
	struct kxen_stream_arg a = {
		.size = sizeof(a), .domid = domid, .buf = (uintptr_t)stream, .len = len,
	};
	long ret = ioctl(ctl_file(), cmd, &a);

	if (!ret && cmd == KXEN_SAVE)
		stream_len = a.len;
	return cmd == KXEN_RESTORE ? for_no_memory(ret, a.reason) : ret;
}

static long save(void)
{
	return image(KXEN_SAVE, sizeof(stream));
}

static long save_length(void)
{
	long ret = image(KXEN_SAVE, 0);

	return ret && errno == ENOSPC ? 0 : ret;
}

/* What the domain before has left in the buffer. */
static long restore(void)
{
	return image(KXEN_RESTORE, stream_len);
}

static void paused_and_saved(void)
{
	paused_with_ports();
	grant();
	save();
	gone();
	paused();
}

static long end_of_vm(void)
{
	drop_vm();
	return 0;
}

/* --- debugfs ------------------------------------------------------------------------ */

static long read_all(const char *name)
{
	char path[80], text[4096];
	long n;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm-xen/d%u/%s", domid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	do
		n = read(fd, text, sizeof(text));
	while (n > 0);
	close(fd);
	return n;
}

static long state_file(void)
{
	return read_all("state");
}

static long ports_file(void)
{
	return read_all("ports");
}

static long grants_file(void)
{
	return read_all("grants");
}

const struct op ctl_ops[] = {
	{ "open /dev/kvm-xen", nothing, open_ctl, close_opened, false, NULL },
	{ "INFO", nothing, info, nothing, false, NULL },
	{ "CREATE", nothing, create_plain, gone, false, NULL },
	{ "CREATE with 131072 ports", nothing, create_large, gone, false, NULL },
	{ "DESTROY", a_domain, destroy, gone, false, NULL },
	{ "ATTACH", vm_and_domain, attach, gone, false, NULL },
	{ "ATTACH with numbers of vCPUs", vm_and_domain, attach_ids, gone, false, two_known },
	{ "KVM_CREATE_VCPU of an attached VM", with_one, second_vcpu, gone, false, two_known },
	{ "QUERY", with_two, query, gone, false, NULL },
	{ "PAUSE", with_two, pause_it, gone, false, NULL },
	{ "UNPAUSE", paused, unpause, gone, false, NULL },
	{ "HOLD", with_one, hold, held_and_gone, false, NULL },
	{ "UNHOLD", held, unhold, held_and_gone, false, NULL },
	{ "STATS", with_ports, stat_values, gone, false, NULL },
	{ "STAT_NAMES", nothing, stat_names, nothing, false, NULL },
	{ "PORT", with_ports, port, gone, false, NULL },
	{ "GRANT", with_one, grant, gone, false, NULL },
	{ "GRANT_INFO", with_grant, grant_info, gone, false, NULL },
	{ "EVTCHN: ALLOC", with_full_bucket, alloc, gone, false, NULL },
	{ "EVTCHN: VIRQ", with_two, virq, gone, false, NULL },
	{ "EVTCHN: RESET", paused_with_ports, reset, gone, false, NULL },
	{ "SAVE for its length", paused_with_ports, save_length, gone, false, NULL },
	{ "SAVE", paused_with_ports, save, gone, false, NULL },
	{ "RESTORE", paused_and_saved, restore, gone, false, NULL },
	{ "state in debugfs", with_ports, state_file, gone, false, NULL },
	{ "ports in debugfs", with_ports, ports_file, gone, false, NULL },
	{ "grants in debugfs", with_grant, grants_file, gone, false, NULL },
	{ "the end of a VM", with_ports, end_of_vm, gone, true, NULL },
	{ 0 },
};

/* Only while nothing is hooked: each round begins without a domain. */
const struct op first_ops[] = {
	{ "the first ATTACH, which hooks KVM", vm_and_domain, attach, gone, false, NULL },
	{ 0 },
};
