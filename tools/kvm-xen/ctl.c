// SPDX-License-Identifier: GPL-2.0-only
/* Calls on /dev/kvm-xen, and the commands that only look. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_xen.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm-xen.h"

#define DEVICE "/dev/kvm-xen"

static const char *const state_names[] = {
	"created", "running", "shutdown", "dying", "host",
};
static const char *const abi_names[] = {
	[KXEN_ABI_2L] = "2-level", [KXEN_ABI_FIFO] = "FIFO",
	[KXEN_ABI_HOST] = "host", [KXEN_ABI_NLEVEL] = "N-level",
};
static const char *const port_names[] = {
	"closed", "unbound", "interdomain", "pirq", "virq", "ipi",
};

int ctl_open(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		fail(EXIT_REFUSED, "there is no " DEVICE ": load the module first (modprobe kvm-xen, or insmod kvm-xen.ko)");
	if (errno == EACCES)
		fail(EXIT_REFUSED, "no permission to open " DEVICE ": be root, or in the group that the udev rule gives it to");
	fail(1, DEVICE ": %s", strerror(errno));
}

int ctl_create(int ctl, const struct domain_options *o)
{
	struct kxen_create c = {
		.size = sizeof(c),
		.flags = o->flags,
		.domid = o->domid,
		.xen_major = o->xen_major,
		.xen_minor = o->xen_minor,
		.max_ports = o->max_ports,
	};

	memcpy(c.uuid, o->uuid, sizeof(c.uuid));
	if (!ioctl(ctl, KXEN_CREATE, &c))
		return c.domid;
	switch (errno) {
	case EEXIST:
		fail(EXIT_REFUSED, "domain %u exists already: 'kvm-xen list' shows it; choose another --domid",
		     o->domid);
	case ENOSPC:
		fail(EXIT_REFUSED, "no domain id is free");
	case EINVAL:
		fail(EXIT_USAGE, "the module does not take these values for a domain");
	default:
		fail(1, "cannot create a domain: %s", strerror(errno));
	}
}

void ctl_attach(int ctl, uint32_t domid, int vm_fd)
{
	static const char *const why[] = {
		[KXEN_WHY_NOT_A_VM] = "that is not a KVM virtual machine",
		[KXEN_WHY_VM_ATTACHED] = "the virtual machine has a domain already: 'kvm-xen list'",
		[KXEN_WHY_DOM_ATTACHED] = "the domain has a virtual machine already",
		[KXEN_WHY_PROTECTED] = "the guest's memory is encrypted (SEV, TDX): Xen's shared pages cannot work",
		[KXEN_WHY_KVM_XEN] = "KVM's own Xen support is set up for it: leave 'xen-version' out of the VMM's options",
		[KXEN_WHY_NO_LAPIC] = "it has no LAPIC in the kernel: use 'kernel-irqchip=on' or 'split'",
		[KXEN_WHY_VCPUS] = "it has more vCPUs than a domain can have: 'kvm-xen info'",
		[KXEN_WHY_DYING] = "it is being torn down",
		[KXEN_WHY_HOOKS] = "KVM cannot be hooked now: the last lines of 'dmesg' say why",
	};
	struct kxen_attach a = { .size = sizeof(a), .domid = domid,
				 .vm_fd = vm_fd };

	if (!ioctl(ctl, KXEN_ATTACH, &a))
		return;
	if (a.reason && a.reason < sizeof(why) / sizeof(why[0]))
		fail(EXIT_REFUSED, "cannot attach: %s", why[a.reason]);
	fail(1, "cannot attach: %s", strerror(errno));
}

static bool has_flag(int argc, char **argv, const char *flag)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], flag))
			return true;
	return false;
}

static void help_if_asked(int argc, char **argv, const char *text)
{
	if (has_flag(argc, argv, "--help")) {
		fputs(text, stdout);
		exit(0);
	}
}

/* --- list ---------------------------------------------------------------------- */

static void list_one(const struct kxen_query *q, bool json, bool first)
{
	if (json)
		printf("%s{\"domid\": %u, \"state\": \"%s\", \"vcpus\": %u, \"pid\": %d, \"ports\": %u, \"upcalls\": %llu}",
		       first ? "" : ", ", q->domid, state_names[q->state],
		       q->vcpus, q->pid, q->ports,
		       (unsigned long long)q->upcalls);
	else
		printf("%5u  %-9s %5u  %7d  %6u  %10llu\n", q->domid,
		       state_names[q->state], q->vcpus, q->pid, q->ports,
		       (unsigned long long)q->upcalls);
}

int cmd_list(int argc, char **argv)
{
	struct kxen_query q = { .size = sizeof(q), .flags = KXEN_QUERY_NEXT };
	bool json, first = true;
	int ctl;

	help_if_asked(argc, argv, "usage: kvm-xen list [--json]\n");
	json = has_flag(argc, argv, "--json");
	ctl = ctl_open();
	puts(json ? "[" : "domid  state     vcpus      pid   ports     upcalls");
	while (!ioctl(ctl, KXEN_QUERY, &q)) {
		list_one(&q, json, first);
		first = false;
		q.domid++;
		q.flags = KXEN_QUERY_NEXT;
	}
	if (errno != ENOENT)
		fail(1, "cannot list: %s", strerror(errno));
	if (json)
		puts("]");
	return 0;
}

/* --- dump ---------------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t offset;
	int size;
} fields[] = {
#define F(n) { #n, offsetof(struct kxen_query, n), \
	       sizeof(((struct kxen_query *)0)->n) }
	F(vcpus), F(paused), F(pid), F(width), F(ports), F(max_ports),
	F(pinned_pages), F(resets), F(hypercalls), F(sends), F(upcalls),
	F(vectors), F(timers),
#undef F
};

static unsigned long long field(const struct kxen_query *q, unsigned int i)
{
	const char *p = (const char *)q + fields[i].offset;

	return fields[i].size == 8 ? *(const unsigned long long *)p :
				     *(const unsigned int *)p;
}

static void dump_state(const struct kxen_query *q, bool json)
{
	unsigned int i;

	printf(json ? "{\"domid\": %u, \"state\": \"%s\", \"xen_version\": \"%u.%u\"" :
		      "domain %u: %s, Xen %u.%u\n", q->domid,
	       state_names[q->state], q->xen_version >> 16,
	       q->xen_version & 0xffff);
	printf(json ? ", \"events\": \"%s\"" : "  events        %s\n",
	       q->evtchn_abi < sizeof(abi_names) / sizeof(abi_names[0]) ?
	       abi_names[q->evtchn_abi] : "unknown");
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		printf(json ? ", \"%s\": %llu" : "  %-13s %llu\n",
		       fields[i].name, field(q, i));
}

static void dump_port(const struct kxen_port_info *p, bool json, bool first)
{
	if (json) {
		printf("%s{\"port\": %u, \"state\": \"%s\", \"vcpu\": %u, \"remote_domid\": %u, \"remote_port\": %u, \"virq\": %u, \"pending\": %s, \"masked\": %s}",
		       first ? "" : ", ", p->port, port_names[p->state], p->vcpu,
		       p->remote_domid, p->remote_port, p->virq,
		       p->pending ? "true" : "false",
		       p->masked ? "true" : "false");
		return;
	}
	printf("  %6u %-11s vcpu %u", p->port, port_names[p->state], p->vcpu);
	if (p->state == 1)
		printf(" for d%u", p->remote_domid);
	if (p->state == 2)
		printf(" to d%u:%u", p->remote_domid, p->remote_port);
	if (p->state == 4)
		printf(" virq %u", p->virq);
	printf("%s%s\n", p->pending ? " pending" : "", p->masked ? " masked" : "");
}

static void dump_ports(int ctl, uint32_t domid, bool json)
{
	struct kxen_port_info p = { .size = sizeof(p), .domid = domid,
				    .flags = KXEN_PORT_NEXT };
	bool first = true;

	printf(json ? ", \"event_channels\": [" : "event channels\n");
	while (!ioctl(ctl, KXEN_PORT, &p)) {
		if (p.state) {
			dump_port(&p, json, first);
			first = false;
		}
		p.port++;
		p.flags = KXEN_PORT_NEXT;
	}
	if (json)
		printf("]");
}

static uint32_t domid_arg(int argc, char **argv)
{
	unsigned long v;
	char *end;
	int i;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		v = strtoul(argv[i], &end, 0);
		if (*end || v > 0x7fef)
			fail(EXIT_USAGE, "'%s' is not a domain id", argv[i]);
		return v;
	}
	fail(EXIT_USAGE, "which domain? 'kvm-xen list' shows them");
}

int cmd_dump(int argc, char **argv)
{
	struct kxen_query q = { .size = sizeof(q) };
	bool json;
	int ctl;

	help_if_asked(argc, argv, "usage: kvm-xen dump [--json] DOMID\n");
	json = has_flag(argc, argv, "--json");
	q.domid = domid_arg(argc, argv);
	ctl = ctl_open();
	if (ioctl(ctl, KXEN_QUERY, &q))
		fail(EXIT_REFUSED, "there is no domain %u: 'kvm-xen list' shows the ones there are",
		     q.domid);
	dump_state(&q, json);
	dump_ports(ctl, q.domid, json);
	if (json)
		puts("}");
	return 0;
}

/* --- pause, unpause, info ------------------------------------------------------- */

static int on_domain(int argc, char **argv, unsigned long call,
		     const char *what)
{
	struct kxen_domid_arg a = { .size = sizeof(a) };
	int ctl;

	if (has_flag(argc, argv, "--help")) {
		printf("usage: kvm-xen %s DOMID\n", what);
		return 0;
	}
	a.domid = domid_arg(argc, argv);
	ctl = ctl_open();
	if (ioctl(ctl, call, &a))
		fail(EXIT_REFUSED, "cannot %s domain %u: %s", what, a.domid,
		     errno == ESHUTDOWN ? "it has no virtual machine" :
		     errno == EINVAL ? "it is not paused" : strerror(errno));
	return 0;
}

int cmd_pause(int argc, char **argv)
{
	return on_domain(argc, argv, KXEN_PAUSE, "pause");
}

int cmd_unpause(int argc, char **argv)
{
	return on_domain(argc, argv, KXEN_UNPAUSE, "unpause");
}

int cmd_info(int argc, char **argv)
{
	struct kxen_info i = { .size = sizeof(i) };

	help_if_asked(argc, argv, "usage: kvm-xen info\n");
	if (ioctl(ctl_open(), KXEN_INFO, &i))
		fail(1, "cannot ask the module: %s", strerror(errno));
	printf("interface version %u\nfeatures          %s%s%s%s%s\nlimits            %u vCPUs, %u ports\ndomains           %u\nhooks             %s\n",
	       i.abi_version, i.features & KXEN_F_EVTCHN_2L ? "2-level " : "",
	       i.features & KXEN_F_EVTCHN_FIFO ? "FIFO " : "",
	       i.features & KXEN_F_EVTCHN_NLEVEL ? "N-level " : "",
	       i.features & KXEN_F_UNPLUG ? "unplug " : "",
	       i.features & KXEN_F_PAUSE ? "pause" : "", i.max_vcpus,
	       i.max_ports, i.domains, i.hooks_armed ? "armed" : "not armed");
	return 0;
}
