// SPDX-License-Identifier: GPL-2.0-only
/* The commands that look at domains, and those that stop and mend them. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <linux/kvm_xen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm-xen.h"
#include "store.h"

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

/* A toolstack has given it one, in xenstore; nobody else need have written it. */
static char *name_of(struct xs_handle *h, uint32_t domid)
{
	char *name = h ? store_read(h, "/local/domain/%u/name", domid) : NULL, *at;

	for (at = name; at && *at; at++)
		if (!isgraph((unsigned char)*at) || *at == '"' || *at == '\\')
			*at = '?';
	return name;
}

static void list_one(int ctl, const struct kxen_query *q, const char *name, bool json, bool first)
{
	unsigned long long out = stats_one(ctl, q->domid, KXEN_STAT_PAGED_OUT);

	if (json)
		printf("%s{\"domid\": %u, \"state\": \"%s\", \"vcpus\": %u, \"pid\": %d, \"ports\": %u, \"upcalls\": %llu, \"name\": \"%s\", \"paged_out\": %llu, \"paging_waits\": %llu, \"pages_lost\": %llu}",
		       first ? "" : ", ", q->domid, state_names[q->state],
		       q->vcpus, q->pid, q->ports,
		       (unsigned long long)q->upcalls, name ? name : "", out,
		       stats_one(ctl, q->domid, KXEN_STAT_PAGING_WAITS),
		       stats_one(ctl, q->domid, KXEN_STAT_PAGES_LOST));
	else
		printf("%5u  %-9s %5u  %7d  %6u  %10llu  %-15s %8llu\n", q->domid,
		       state_names[q->state], q->vcpus, q->pid, q->ports,
		       (unsigned long long)q->upcalls, name && *name ? name : "-", out);
}

int cmd_list(int argc, char **argv)
{
	struct kxen_query q = { .size = sizeof(q), .flags = KXEN_QUERY_NEXT };
	struct xs_handle *h;
	bool json, first = true;
	char *name;
	int ctl;

	help_if_asked(argc, argv, "usage: kvm-xen list [--json]\n");
	json = has_flag(argc, argv, "--json");
	ctl = ctl_open();
	h = xs_open(0);
	puts(json ? "[" : "domid  state     vcpus      pid   ports     upcalls  name            paged out");
	while (!ioctl(ctl, KXEN_QUERY, &q)) {
		name = name_of(h, q.domid);
		list_one(ctl, &q, name, json, first);
		free(name);
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

static void dump_state(int ctl, const struct kxen_query *q, bool json)
{
	printf(json ? "{\"domid\": %u, \"state\": \"%s\", \"xen_version\": \"%u.%u\"" :
		      "domain %u: %s, Xen %u.%u\n", q->domid,
	       state_names[q->state], q->xen_version >> 16,
	       q->xen_version & 0xffff);
	printf(json ? ", \"events\": \"%s\"" : "  events        %s\n",
	       q->evtchn_abi < sizeof(abi_names) / sizeof(abi_names[0]) ?
	       abi_names[q->evtchn_abi] : "unknown");
	printf(json ? ", \"paused\": %u, \"pid\": %d, \"width\": %u" :
		      "  paused        %u\n  pid           %d\n  width         %u\n",
	       q->paused, q->pid, q->width);
	stats_print(ctl, q->domid, json);
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

/* What of the event channels is wanted; -1: any state. */
struct filter {
	int state;
	bool pending, masked;
};

static bool wanted(const struct filter *f, const struct kxen_port_info *p)
{
	return p->state && (f->state < 0 || (int)p->state == f->state) &&
	       (!f->pending || p->pending) && (!f->masked || p->masked);
}

/* One call for each: nothing in the kernel is held from one to the next. */
static void dump_ports(int ctl, uint32_t domid, bool json,
		       const struct filter *f)
{
	struct kxen_port_info p = { .size = sizeof(p), .domid = domid,
				    .flags = KXEN_PORT_NEXT };
	bool first = true;

	printf(json ? "\"event_channels\": [" : "event channels\n");
	while (!ioctl(ctl, KXEN_PORT, &p)) {
		if (wanted(f, &p)) {
			dump_port(&p, json, first);
			first = false;
		}
		p.port++;
		p.flags = KXEN_PORT_NEXT;
	}
	if (json)
		printf("]");
}

static void dump_grant(const struct kxen_grant_info *g, bool json, bool first)
{
	static const char *const names[] = { "invalid", "access", "transfer", "transitive" };
	unsigned int readers = (g->pins & 0xff) + (g->pins >> 16 & 0xff);
	unsigned int writers = (g->pins >> 8 & 0xff) + (g->pins >> 24);

	if (json) {
		printf("%s{\"ref\": %u, \"version\": %u, \"type\": \"%s\", \"read_only\": %s, \"to\": %u, \"frame\": %llu, \"user\": %u, \"readers\": %u, \"writers\": %u}",
		       first ? "" : ", ", g->ref, g->version, names[g->entry & 3],
		       g->entry & 4 ? "true" : "false", g->to, g->frame, g->user, readers,
		       writers);
		return;
	}
	printf("  %6u %-10s for d%u frame %#llx%s", g->ref, names[g->entry & 3], g->to, g->frame,
	       g->entry & 4 ? " read-only" : "");
	if (g->pins)
		printf(" used by d%u, %u reading, %u writing", g->user, readers, writers);
	putchar('\n');
}

/* One call for each, as above. */
static void dump_grants(int ctl, uint32_t domid, bool json)
{
	struct kxen_grant_info g = { .size = sizeof(g), .domid = domid, .flags = KXEN_GRANT_NEXT };
	bool first = true;

	printf(json ? "\"grants\": [" : "grants\n");
	while (!ioctl(ctl, KXEN_GRANT_INFO, &g)) {
		dump_grant(&g, json, first);
		first = false;
		g.ref++;
	}
	if (json)
		printf("]");
}

/* Of what looks like a name: xenstore may know it. */
static uint32_t domid_of(const char *arg)
{
	struct xs_handle *h = cfg_name_ok(arg) ? xs_open(0) : NULL;
	uint32_t domid;
	bool found = h && store_find(h, arg, &domid);

	if (h)
		xs_close(h);
	return found ? domid : number(arg, "domain id", MAX_DOMID);
}

uint32_t domid_arg(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			return domid_of(argv[i]);
	fail(EXIT_USAGE, "which domain? 'kvm-xen list' shows them");
}

static int state_arg(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(port_names) / sizeof(port_names[0]); i++)
		if (!strcmp(name, port_names[i]))
			return i;
	fail(EXIT_USAGE, "'%s' is no state: unbound, interdomain, virq, ipi",
	     name);
}

int cmd_dump(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen dump [OPTIONS] DOMID\n"
		"  --json           for programs\n"
		"  --ports          only the event channels\n"
		"  --grants         only the grants that it has made\n"
		"  --state S        only those in this state: unbound, interdomain, virq, ipi\n"
		"  --pending        only those that are pending\n"
		"  --masked         only those that are masked\n"
		"  --help           this text\n";
	static const struct option options[] = {
		{ "json", 0, 0, 'j' }, { "ports", 0, 0, 'p' }, { "grants", 0, 0, 'g' },
		{ "state", 1, 0, 's' }, { "pending", 0, 0, 'P' },
		{ "masked", 0, 0, 'M' }, { "help", 0, 0, 'h' }, { 0 },
	};
	struct kxen_query q = { .size = sizeof(q) };
	struct filter f = { .state = -1 };
	bool json = false, ports = false, grants = false;
	int c, ctl;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'j': json = true; break;
		case 'p': ports = true; break;
		case 'g': grants = true; break;
		case 's': f.state = state_arg(optarg); break;
		case 'P': f.pending = true; break;
		case 'M': f.masked = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	q.domid = domid_arg(argc - optind + 1, argv + optind - 1);
	ctl = ctl_open();
	ctl_query(ctl, &q);
	if (!ports && !grants)
		dump_state(ctl, &q, json);
	if (json)
		printf(ports || grants ? "{" : ", ");
	if (ports || !grants)
		dump_ports(ctl, q.domid, json, &f);
	if (json && ports && grants)
		printf(", ");
	if (grants)
		dump_grants(ctl, q.domid, json);
	if (json)
		puts("}");
	return 0;
}

/* --- evtchn ----------------------------------------------------------------------- */

static void evtchn_failed(const char *what, uint32_t domid)
{
	fail(EXIT_REFUSED, "cannot %s for domain %u: %s", what, domid,
	     errno == EBUSY ? "it is resetting itself" :
	     errno == EAGAIN ? "a channel was bound meanwhile; try again" :
	     errno == EINVAL && !strcmp(what, "reset the event channels") ?
	     "it is not paused: 'kvm-xen pause'" : ctl_why(errno));
}

int cmd_evtchn(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen evtchn DOMID reset\n"
		"       kvm-xen evtchn DOMID alloc REMOTE\n"
		"       kvm-xen evtchn DOMID virq N\n"
		"reset closes all channels of a paused domain; alloc makes one that REMOTE may\n"
		"bind to, and prints its port; virq sends a global virtual interrupt there.\n";
	struct kxen_evtchn_arg a = { .size = sizeof(a) };
	const char *what = "reset the event channels";

	help_if_asked(argc, argv, usage);
	if (argc < 3 || argc > 4)
		return fputs(usage, stderr), EXIT_USAGE;
	a.domid = domid_arg(2, argv);
	if (!strcmp(argv[2], "alloc") && argc == 4) {
		a.op = KXEN_EVTCHN_ALLOC;
		a.value = number(argv[3], "domain id", MAX_DOMID);
		what = "make a channel";
	} else if (!strcmp(argv[2], "virq") && argc == 4) {
		a.op = KXEN_EVTCHN_VIRQ;
		a.value = number(argv[3], "virtual interrupt", UINT32_MAX);
		what = "take that virtual interrupt";
	} else if (strcmp(argv[2], "reset") || argc != 3) {
		return fputs(usage, stderr), EXIT_USAGE;
	}
	if (ioctl(ctl_open(), KXEN_EVTCHN, &a))
		evtchn_failed(what, a.domid);
	if (a.op == KXEN_EVTCHN_ALLOC)
		printf("%u\n", a.port);
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
		     errno == EINVAL ? "it is not paused" : ctl_why(errno));
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

/* As this tool calls them, in the order of their bits. */
static const char *const features[] = {
	"2-level", "unplug", "pause", "FIFO", "N-level", "save", "vcpu-ids", "hold", "stats",
	"grants", "give", "special", "paging",
};

static void print_features(unsigned long long f)
{
	unsigned int i;

	printf("features         ");
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (f >> i & 1)
			printf(" %s", features[i]);
	/* A newer module: say what is not known rather than hide it. */
	if (f >> i)
		printf(" %#llx", f >> i << i);
	printf("\n");
}

int cmd_info(int argc, char **argv)
{
	struct kxen_info i = { .size = sizeof(i) };

	help_if_asked(argc, argv, "usage: kvm-xen info\n");
	if (ioctl(ctl_open(), KXEN_INFO, &i))
		fail(1, "cannot ask the module: %s", strerror(errno));
	printf("interface version %u\n", i.abi_version);
	print_features(i.features);
	printf("limits            %u vCPUs, %u ports\ndomains           %u\nhooks             %s\n",
	       i.max_vcpus, i.max_ports, i.domains, i.hooks_armed ? "armed" : "not armed");
	return 0;
}
