// SPDX-License-Identifier: GPL-2.0
/* /dev/kvm-xen, and what the module shows in debugfs. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/kvm_xen.h>

#include "hfuzz.h"

/* Any of the structures, and room behind it. */
union arg {
	uint32_t word[64];
	struct kxen_info info;
	struct kxen_create create;
	struct kxen_attach attach;
	struct kxen_query query;
	struct kxen_domid_arg domid;
	struct kxen_port_info port;
	struct kxen_stream_arg stream;
	struct kxen_evtchn_arg evtchn;
	struct kxen_stats_arg stats;
};

static void fill_info(union arg *a)
{
	a->word[0] = sizeof(a->info);
}

/* Not a guest's number, which its VMM would then not get. */
static void fill_create(union arg *a)
{
	a->create = (struct kxen_create) {
		.size = sizeof(a->create), .flags = below(8),
		.domid = one_in(6) ? odd() : GUEST_DOMID + NR_GUESTS +
			 below(NR_DOMIDS - NR_GUESTS),
		.max_ports = one_in(3) ? odd() : below(5000),
	};
}

static void fill_attach(union arg *a)
{
	a->attach = (struct kxen_attach) {
		.size = sizeof(a->attach), .domid = any_domid(),
		.vm_fd = one_in(8) ? (int)odd() : one_in(8) ? (int)below(60) :
			 vm_file[below(NR_VMS)],
	};
}

static void fill_query(union arg *a)
{
	a->query = (struct kxen_query) {
		.size = sizeof(a->query), .flags = below(2), .domid = any_domid(),
	};
}

static void fill_domid(union arg *a)
{
	a->domid = (struct kxen_domid_arg) {
		.size = sizeof(a->domid), .domid = any_domid(),
	};
}

static void fill_destroy(union arg *a)
{
	fill_domid(a);
	a->domid.domid = domid_to_end();
}

static void fill_port(union arg *a)
{
	a->port = (struct kxen_port_info) {
		.size = sizeof(a->port), .flags = below(2), .domid = any_domid(),
		.port = below(100),
	};
}

/* SAVE and RESTORE of good streams are stream.c's; here is what is not right. */
static void fill_stream(union arg *a)
{
	static char few[4096];

	a->stream = (struct kxen_stream_arg) {
		.size = sizeof(a->stream), .domid = domid_to_end(),
		.buf = one_in(2) ? odd() : (uintptr_t)few, .len = below(sizeof(few)),
	};
}

static void fill_evtchn(union arg *a)
{
	a->evtchn = (struct kxen_evtchn_arg) {
		.size = sizeof(a->evtchn), .domid = any_domid(), .op = below(4),
		.value = one_in(2) ? below(26) : one_in(2) ? any_domid() : odd(),
	};
}

static void fill_stats(union arg *a)
{
	static struct kxen_stat_name few[64];

	a->stats = (struct kxen_stats_arg) {
		.size = sizeof(a->stats), .domid = one_in(2) ? 0 : any_domid(),
		.nr = below(65), .buf = one_in(8) ? odd() : (uintptr_t)few,
	};
}

static const struct {
	unsigned long cmd;
	enum kind kind;
	void (*fill)(union arg *a);
} calls[] = {
	{ KXEN_INFO, CALL_INFO, fill_info },
	{ KXEN_CREATE, CALL_CREATE, fill_create },
	{ KXEN_ATTACH, CALL_ATTACH, fill_attach },
	{ KXEN_QUERY, CALL_QUERY, fill_query },
	{ KXEN_DESTROY, CALL_DESTROY, fill_destroy },
	{ KXEN_DESTROY, CALL_DESTROY, fill_destroy },
	{ KXEN_UNPAUSE, CALL_UNPAUSE, fill_domid },
	{ KXEN_UNHOLD, CALL_UNHOLD, fill_domid },
	{ KXEN_PORT, CALL_PORT, fill_port },
	{ KXEN_SAVE, CALL_SAVE, fill_stream },
	{ KXEN_RESTORE, CALL_RESTORE, fill_stream },
	{ KXEN_EVTCHN, CALL_EVTCHN, fill_evtchn },
	{ KXEN_STATS, CALL_STATS, fill_stats },
	{ KXEN_STAT_NAMES, CALL_STAT_NAMES, fill_stats },
};

/* One call with one structure, of which a word may be wrong, and its size. */
static void one_call(int fd)
{
	unsigned int i = below(sizeof(calls) / sizeof(calls[0]));
	unsigned long cmd = calls[i].cmd;
	enum kind kind = calls[i].kind;
	union arg a;
	void *p = &a;

	memset(&a, 0, sizeof(a));
	calls[i].fill(&a);
	if (one_in(12))
		a.word[0] = one_in(2) ? odd() : below(300);
	if (one_in(12))
		a.word[below(64)] = odd();
	if (one_in(60)) {
		cmd = (cmd & ~0xffUL) | below(256);
		kind = CALL_WILD;
		/* The guests' numbers are taken again and again: held() leaves them alone. */
		if (cmd == KXEN_HOLD)
			return;
	}
	if (one_in(40))
		p = (void *)odd();
	count(kind, ioctl(fd, cmd, p));
}

/* A domain that goes again at once: whoever else knows its number may be faster. */
static void create_destroy(int fd)
{
	union arg a;

	memset(&a, 0, sizeof(a));
	fill_create(&a);
	if (count(CALL_CREATE, ioctl(fd, KXEN_CREATE, &a.create)) || one_in(2))
		return;
	a.domid = (struct kxen_domid_arg) {
		.size = sizeof(a.domid), .domid = a.create.domid,
	};
	count(CALL_DESTROY, ioctl(fd, KXEN_DESTROY, &a.domid));
}

/* Whoever pauses a domain lets it go again. */
static void paused(int fd)
{
	bool end = one_in(2);
	struct kxen_domid_arg d = {
		.size = sizeof(d), .domid = end ? domid_to_end() : any_domid(),
	};
	struct kxen_evtchn_arg e = { .size = sizeof(e), .domid = d.domid };

	if (count(CALL_PAUSE, ioctl(fd, KXEN_PAUSE, &d)))
		return;
	if (one_in(2))
		save_domain(ctl_file[below(NR_FILES)], d.domid);
	if (end && one_in(3))
		count(CALL_EVTCHN, ioctl(ctl_file[below(NR_FILES)], KXEN_EVTCHN, &e));
	if (end && one_in(3))
		restore_domain(ctl_file[below(NR_FILES)], d.domid);
	if (one_in(4))
		usleep(below(3000));
	while (count(CALL_UNPAUSE, ioctl(fd, KXEN_UNPAUSE, &d)) && errno == EINTR)
		;
}

/* One that dies meanwhile stays; whoever lets it go last ends it. */
static void held(int fd)
{
	struct kxen_domid_arg d = {
		.size = sizeof(d),
		.domid = GUEST_DOMID + NR_GUESTS + below(NR_DOMIDS - NR_GUESTS),
	};

	if (count(CALL_HOLD, ioctl(fd, KXEN_HOLD, &d)) && one_in(2))
		return;
	if (one_in(2))
		count(CALL_DESTROY, ioctl(ctl_file[below(NR_FILES)], KXEN_DESTROY, &d));
	if (one_in(4))
		usleep(below(3000));
	count(CALL_UNHOLD, ioctl(fd, KXEN_UNHOLD, &d));
}

static void read_debugfs(void)
{
	static const char * const names[] = { "state", "ports" };
	char path[80], text[4096];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm-xen/d%u/%s",
		 one_in(8) ? 0 : GUEST_DOMID + below(NR_DOMIDS), names[below(2)]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (count(CALL_DEBUGFS, fd) < 0)
		return;
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

void ctl_step(void)
{
	unsigned int i = below(NR_FILES);

	switch (below(20)) {
	case 0:
		close(ctl_file[i]);
		ctl_file[i] = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
		break;
	case 1 ... 2:
		paused(ctl_file[i]);
		break;
	case 3:
		read_debugfs();
		break;
	case 4:
		held(ctl_file[i]);
		break;
	case 5 ... 7:
		create_destroy(ctl_file[i]);
		break;
	default:
		one_call(ctl_file[i]);
	}
}
