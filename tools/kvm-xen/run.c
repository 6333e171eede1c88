// SPDX-License-Identifier: GPL-2.0-only
/* run, restore and attach: from a VMM to a domain. */
#include <getopt.h>
#include <linux/kvm_xen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devtree.h"
#include "files.h"
#include "kvm-xen.h"
#include "platform.h"
#include "prepare.h"
#include "qmp.h"
#include "vmm.h"

static const char options_help[] =
	"  --domid N        domain id (default: the next free one)\n"
	"  --xen-version V  reported version, such as 4.17\n"
	"  --max-ports N    event channels that the guest can have\n"
	"  --max-grant-frames N\n"
	"                   frames of its grant table, 512 grants each\n"
	"  --max-maptrack-frames N\n"
	"                   256 pages of others that it can map, for each\n"
	PREPARE_HELP
	"  --nlevel         offer the N-level event channel ABI to the guest\n"
	"  --unplug         answer I/O port 0x10, so that an HVM guest uses\n"
	"                   paravirtual devices only\n"
	"  --help           this text\n";

static const char run_help[] =
	"  --platform       Xen's platform device, which Linux needs for grants where it\n"
	"                   does not enter by PVH; the default there, if its module is loaded\n"
	"  --no-platform    without it: a guest that has it cannot be saved\n";

static void set_version(struct domain_options *o, const char *s)
{
	unsigned int major, minor;
	char rest;

	if (sscanf(s, "%u.%u%c", &major, &minor, &rest) != 2 ||
	    major > 0xffff || minor > 0xffff)
		fail(EXIT_USAGE, "'%s' is not a version such as 4.17", s);
	o->xen_major = major;
	o->xen_minor = minor;
}

enum { O_DOMID = 1, O_VERSION, O_PORTS, O_GRANTS, O_MAPTRACK, O_MAP, O_PARAM, O_GRANT, O_UNPLUG,
       O_NLEVEL, O_PID, O_QMP, O_PLATFORM, O_NO_PLATFORM, O_HELP };

#define DOMAIN_OPTIONS \
	{ "domid", 1, 0, O_DOMID }, { "xen-version", 1, 0, O_VERSION }, \
	{ "max-ports", 1, 0, O_PORTS }, { "unplug", 0, 0, O_UNPLUG }, \
	{ "max-grant-frames", 1, 0, O_GRANTS }, { "max-maptrack-frames", 1, 0, O_MAPTRACK }, \
	{ "memory-map", 1, 0, O_MAP }, { "hvm-param", 1, 0, O_PARAM }, { "grant", 1, 0, O_GRANT }, \
	{ "nlevel", 0, 0, O_NLEVEL }, { "help", 0, 0, O_HELP }

static const struct option restore_options[] = { DOMAIN_OPTIONS, { 0 } };
static const struct option run_options[] = {
	DOMAIN_OPTIONS, { "platform", 0, 0, O_PLATFORM },
	{ "no-platform", 0, 0, O_NO_PLATFORM }, { 0 },
};

static const struct option attach_options[] = {
	DOMAIN_OPTIONS, { "pid", 1, 0, O_PID }, { "qmp", 1, 0, O_QMP }, { 0 },
};

/* What attach and run are told besides. */
struct more_options {
	pid_t pid;
	const char *qmp;
	enum platform_use platform;
};

/* The options of the commands; returns the index of the first other word. */
static int parse(int argc, char **argv, const struct option *options,
		 struct domain_options *o, struct more_options *more, const char *usage)
{
	const char *help = options == run_options ? run_help : "";
	int c;

	memset(o, 0, sizeof(*o));
	o->domid = KXEN_DOMID_AUTO;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case O_DOMID:
			o->domid = number(optarg, "domain id", MAX_DOMID);
			break;
		case O_VERSION:
			set_version(o, optarg);
			break;
		case O_PORTS:
			o->max_ports = number(optarg, "number of ports", 1 << 20);
			break;
		case O_GRANTS:
			o->max_grant_frames = number(optarg, "number of frames", 4096);
			break;
		case O_MAPTRACK:
			o->max_maptrack_frames = number(optarg, "number of frames", 16384);
			break;
		case O_MAP:
			prepare_range(optarg);
			break;
		case O_PARAM:
			prepare_param(optarg);
			break;
		case O_GRANT:
			prepare_grant(optarg);
			break;
		case O_UNPLUG:
			o->flags |= KXEN_DOM_UNPLUG;
			break;
		case O_NLEVEL:
			o->flags |= KXEN_DOM_NLEVEL;
			break;
		case O_PID:
			more->pid = number(optarg, "process", 1 << 30);
			break;
		case O_QMP:
			more->qmp = optarg;
			break;
		case O_PLATFORM:
			more->platform = PLATFORM_YES;
			break;
		case O_NO_PLATFORM:
			more->platform = PLATFORM_NO;
			break;
		case O_HELP:
			printf("%s%s%s", usage, options_help, help);
			exit(0);
		default:
			fprintf(stderr, "%s%s%s", usage, options_help, help);
			exit(EXIT_USAGE);
		}
	}
	return optind;
}

/* The VM becomes the domain's, and nothing here keeps it up: it lives with its VMM. */
static void give_vm(int ctl, int domid, int vm, struct qmp *m)
{
	struct kxen_vcpu_id *ids = NULL;
	unsigned int n = m ? vcpu_ids(m, ctl_vcpu_ids(ctl), &ids) : 0;

	prepare_domain(ctl, domid);
	ctl_attach(ctl, domid, vm, ids, n);
	free(ids);
	close(vm);
}

/* Let it run, unless the user wants it otherwise, and wait for its end. */
static int go(struct qmp *m, enum vmm_how how, uint32_t domid)
{
	if (how == VMM_STAYS_PAUSED)
		fprintf(stderr, "kvm-xen: domain %u stays paused, since the VMM has -S: 'cont' in its monitor resumes it\n",
			domid);
	else if (!qmp_do(m, "cont"))
		fail(1, "the VMM does not resume its guest: %s", m->error);
	qmp_close(m);
	return vmm_wait();
}

/* From a command line to a VMM with a domain; @saved: it was saved there. */
static struct qmp *start_vmm(char **args, int argc, const struct domain_options *o,
			     const struct saved *saved, bool any_domid, int ctl, uint32_t *domid)
{
	struct qmp *m;

	*domid = ctl_create(ctl, o, any_domid);
	m = vmm_start(args, argc, saved);
	give_vm(ctl, *domid, vmm_vm(), m);
	if (saved)
		restore_all(saved, ctl, m, *domid);
	return m;
}

struct qmp *run_start(char **args, int argc, const struct domain_options *o, int platform, int ctl,
		      uint32_t *domid)
{
	struct qmp *m;

	vmm_tree(&args, &argc, o);
	if (!platform_make(&args, &argc, o, platform) || !platform_attaches())
		return start_vmm(args, argc, o, NULL, false, ctl, domid);
	/* The VMM itself makes the domain, by opening a device that it is given. */
	m = vmm_start(args, argc, false);
	*domid = platform_domain();
	prepare_domain(ctl, *domid);
	return m;
}

int cmd_run(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen run [OPTIONS] -- qemu-system-x86_64 -accel kvm ...\n"
		"The VMM is started paused, its VM becomes a Xen domain, then it runs.\n"
		"The exit status is the VMM's, or 128 and the signal that ended it.\n";
	struct more_options more = { 0 };
	struct domain_options o;
	int first = parse(argc, argv, run_options, &o, &more, usage), ctl;
	char **args = argv + first;
	enum vmm_how how;
	uint32_t domid;
	struct qmp *m;

	argc -= first;
	if (argc <= 0)
		fail(EXIT_USAGE, "no VMM is given: kvm-xen run -- qemu-system-x86_64 ...");
	how = vmm_check(args, o.flags & KXEN_DOM_UNPLUG);
	ctl = ctl_open();
	m = run_start(args, argc, &o, more.platform, ctl, &domid);
	close(ctl);
	return go(m, how, domid);
}

int cmd_restore(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen restore FILE [OPTIONS] -- qemu-system-x86_64 -accel kvm ...\n"
		"The VMM's command line is that of the saved one. FILE and FILE.vm are read.\n"
		"Options are those of the saved domain if they are not given.\n";
	struct domain_options given, *o;
	struct saved saved;
	enum vmm_how how;
	const char *file;
	uint32_t domid;
	int first, ctl;
	struct qmp *m;
	char **args;

	if (argc < 2 || (argv[1][0] == '-' && strcmp(argv[1], "--help")))
		fail(EXIT_USAGE, "which file? kvm-xen restore FILE -- qemu-system-x86_64 ...");
	file = argv[1];
	if (!strcmp(file, "--help"))
		first = parse(argc, argv, restore_options, &given, NULL, usage);
	first = parse(argc - 1, argv + 1, restore_options, &given, NULL, usage) + 1;
	if (first >= argc)
		fail(EXIT_USAGE, "no VMM is given: kvm-xen restore FILE -- qemu-system-x86_64 ...");
	saved_open(&saved, file);
	o = &saved.options;
	o->flags |= given.flags;
	if (given.domid != KXEN_DOMID_AUTO)
		o->domid = given.domid;
	if (given.max_ports)
		o->max_ports = given.max_ports;
	o->max_grant_frames = given.max_grant_frames;
	o->max_maptrack_frames = given.max_maptrack_frames;
	if (given.xen_major) {
		o->xen_major = given.xen_major;
		o->xen_minor = given.xen_minor;
	}
	args = argv + first;
	argc -= first;
	how = vmm_check(args, o->flags & KXEN_DOM_UNPLUG);
	ctl = ctl_open();
	vmm_tree(&args, &argc, o);
	m = start_vmm(args, argc, o, &saved, given.domid == KXEN_DOMID_AUTO, ctl, &domid);
	close(ctl);
	return go(m, how, domid);
}

/* The guest of a migration that is on its way has run already. */
static void check_running(pid_t pid)
{
	char **args = proc_args(pid);

	if (args && vmm_has_option(args, "-incoming"))
		fail(EXIT_REFUSED, "process %d has '-incoming': a domain cannot take over a migration; 'kvm-xen save' and 'kvm-xen restore' move a guest",
		     pid);
	free(args);
}

int cmd_attach(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen attach [OPTIONS] --pid PID\n"
		"The guest must not have started: QEMU's -S, then 'cont' in its monitor.\n"
		"  --pid PID        the VMM\n"
		"  --qmp SOCKET     its monitor, which tells the numbers of its vCPUs; needed if\n"
		"                   some are added later, or the topology has gaps\n";
	struct more_options vmm = { 0 };
	struct qmp *m = NULL;
	struct domain_options o;
	int ctl, vm, domid;

	parse(argc, argv, attach_options, &o, &vmm, usage);
	if (!vmm.pid)
		fail(EXIT_USAGE, "which VMM? kvm-xen attach --pid PID");
	ctl = ctl_open();
	check_running(vmm.pid);
	vm = proc_take_vm(vmm.pid);
	if (vmm.qmp)
		m = qmp_connect(vmm.qmp);
	domid = ctl_create(ctl, &o, false);
	give_vm(ctl, domid, vm, m);
	printf("%d\n", domid);
	return 0;
}
