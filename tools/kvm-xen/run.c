// SPDX-License-Identifier: GPL-2.0-only
/* run and attach: from a VMM to a domain. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/kvm_xen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm-xen.h"

static const char options_help[] =
	"  --domid N        domain id (default: the next free one)\n"
	"  --xen-version V  reported version, such as 4.17\n"
	"  --max-ports N    event channels that the guest can have\n"
	"  --nlevel         offer the N-level event channel ABI to the guest\n"
	"  --unplug         answer I/O port 0x10, so that an HVM guest uses\n"
	"                   paravirtual devices only\n"
	"  --help           this text\n";

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

enum { O_DOMID = 1, O_VERSION, O_PORTS, O_UNPLUG, O_NLEVEL, O_PID, O_HELP };

static const struct option long_options[] = {
	{ "domid", 1, 0, O_DOMID }, { "xen-version", 1, 0, O_VERSION },
	{ "max-ports", 1, 0, O_PORTS }, { "unplug", 0, 0, O_UNPLUG },
	{ "nlevel", 0, 0, O_NLEVEL },
	{ "pid", 1, 0, O_PID }, { "help", 0, 0, O_HELP }, { 0 },
};

/* The options of both commands; returns the index of the first other word. */
static int parse(int argc, char **argv, struct domain_options *o, pid_t *pid,
		 const char *usage)
{
	int c;

	memset(o, 0, sizeof(*o));
	o->domid = KXEN_DOMID_AUTO;
	while ((c = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
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
		case O_UNPLUG:
			o->flags |= KXEN_DOM_UNPLUG;
			break;
		case O_NLEVEL:
			o->flags |= KXEN_DOM_NLEVEL;
			break;
		case O_PID:
			*pid = number(optarg, "process", 1 << 30);
			break;
		case O_HELP:
			printf("%s%s", usage, options_help);
			exit(0);
		default:
			fprintf(stderr, "%s%s", usage, options_help);
			exit(EXIT_USAGE);
		}
	}
	return optind;
}

/* --- the VM's file descriptor --------------------------------------------------- */

static bool is_vm(pid_t pid, const char *fd)
{
	char path[300], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	return !strcmp(target, "anon_inode:kvm-vm");
}

static int take_vm_fd(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), fd = -1;
	char path[32];
	struct dirent *e;
	DIR *d;

	if (pidfd < 0)
		fail(1, "there is no process %d", pid);
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	if (!d)
		fail(1, "cannot look at process %d: %s; run as its user or as root",
		     pid, strerror(errno));
	while ((e = readdir(d)))
		if (is_vm(pid, e->d_name))
			fd = atoi(e->d_name);
	closedir(d);
	if (fd < 0)
		fail(EXIT_REFUSED, "process %d has no KVM virtual machine: start it with '-accel kvm'",
		     pid);
	fd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (fd < 0)
		fail(1, "cannot take the VM of process %d: %s; this needs ptrace rights on it",
		     pid, strerror(errno));
	close(pidfd);
	return fd;
}

/* --- unplug ---------------------------------------------------------------------- */

static bool is_word(const char *arg, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(arg, *words))
			return true;
	return false;
}

/*
 * Port 0x10 tells the guest that its emulated devices are gone, but QEMU does
 * not take them away: one image reached through both is lost.
 */
static void check_unplug(char **args)
{
	static const char *const emulated[] = {
		"-hda", "-hdb", "-hdc", "-hdd", "-cdrom", "-sd", "-net", "-nic",
		NULL
	};
	bool nodefaults = false;

	for (; *args; args++) {
		const char *v = args[1];

		if (!strcmp(*args, "-nodefaults"))
			nodefaults = true;
		if (is_word(*args, emulated) &&
		    !(v && !strcmp(v, "none")))
			fail(EXIT_REFUSED, "--unplug with '%s': the guest would reach that device twice; leave one of them out",
			     *args);
		if (!strcmp(*args, "-drive") && v && !strstr(v, "if=none") &&
		    !strstr(v, "if=virtio") && !strstr(v, "if=pflash"))
			fail(EXIT_REFUSED, "--unplug with an emulated '-drive %s': add if=none",
			     v);
		if (!strcmp(*args, "-device") && v &&
		    (!strncmp(v, "ide-", 4) || !strncmp(v, "e1000", 5) ||
		     !strncmp(v, "rtl8139", 7)))
			fail(EXIT_REFUSED, "--unplug with '-device %s': the guest would reach that device twice",
			     v);
	}
	if (!nodefaults)
		fail(EXIT_REFUSED, "--unplug needs '-nodefaults': QEMU's default devices are emulated ones");
}

/* --- run --------------------------------------------------------------------------- */

static pid_t child;

static void pass_on(int sig)
{
	if (child > 0)
		kill(child, sig);
}

static void pass_signals(void)
{
	static const int sigs[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1,
				    SIGUSR2 };
	struct sigaction sa = { .sa_handler = pass_on };
	unsigned int i;

	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
}

/* @incoming: the machine's state comes later, by the monitor. */
static pid_t start_vmm(char **args, int argc, const char *socket, bool incoming)
{
	char qmp[128];
	char **v = calloc(argc + 6, sizeof(*v));
	pid_t pid;

	if (!v)
		fail(1, "no memory");
	memcpy(v, args, argc * sizeof(*v));
	snprintf(qmp, sizeof(qmp), "unix:%s,server=on,wait=off", socket);
	v[argc] = "-S";
	v[argc + 1] = "-qmp";
	v[argc + 2] = qmp;
	if (incoming) {
		v[argc + 3] = "-incoming";
		v[argc + 4] = "defer";
	}
	pid = fork();
	if (pid < 0)
		fail(1, "cannot start a process: %s", strerror(errno));
	if (!pid) {
		execvp(v[0], v);
		fail(127, "cannot run '%s': %s", v[0], strerror(errno));
	}
	free(v);
	return pid;
}

static void kill_child(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

static int wait_child(void)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			fail(1, "lost the VMM: %s", strerror(errno));
	child = 0;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* From a command line to a VMM with a domain, which runs; @file: it was saved there. */
static int run_vmm(char **args, int argc, const struct domain_options *o,
		   const char *file, bool any_domid)
{
	char dir[] = "/tmp/kvm-xen.XXXXXX", socket[64];
	int ctl, qmp, vm, domid;

	if (o->flags & KXEN_DOM_UNPLUG)
		check_unplug(args);
	ctl = ctl_open();
	domid = ctl_create(ctl, o, any_domid);
	if (!mkdtemp(dir))
		fail(1, "cannot make a directory in /tmp: %s", strerror(errno));
	snprintf(socket, sizeof(socket), "%s/qmp", dir);
	child = start_vmm(args, argc, socket, file);
	atexit(kill_child);
	pass_signals();
	qmp = qmp_connect(socket, child);
	unlink(socket);
	rmdir(dir);
	vm = take_vm_fd(child);
	ctl_attach(ctl, domid, vm);
	/* The domain's life is the VM's: no reference of ours may keep that up. */
	close(vm);
	if (file)
		restore_all(file, ctl, qmp, domid);
	close(ctl);
	qmp_command(qmp, "cont");
	close(qmp);
	return wait_child();
}

int cmd_run(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen run [OPTIONS] -- qemu-system-x86_64 -accel kvm ...\n"
		"The VMM is started paused, its VM becomes a Xen domain, then it runs.\n"
		"The exit status is the VMM's, or 128 and the signal that ended it.\n";
	struct domain_options o;
	int first = parse(argc, argv, &o, NULL, usage);

	if (first >= argc)
		fail(EXIT_USAGE, "no VMM is given: kvm-xen run -- qemu-system-x86_64 ...");
	return run_vmm(argv + first, argc - first, &o, NULL, false);
}

int cmd_restore(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen restore FILE [OPTIONS] -- qemu-system-x86_64 -accel kvm ...\n"
		"The VMM's command line is that of the saved one. FILE and FILE.vm are read.\n"
		"Options are those of the saved domain if they are not given.\n";
	struct domain_options saved, given;
	const char *file;
	int first;

	if (argc < 2 || (argv[1][0] == '-' && strcmp(argv[1], "--help")))
		fail(EXIT_USAGE, "which file? kvm-xen restore FILE -- qemu-system-x86_64 ...");
	file = argv[1];
	if (!strcmp(file, "--help"))
		first = parse(argc, argv, &given, NULL, usage);
	first = parse(argc - 1, argv + 1, &given, NULL, usage) + 1;
	if (first >= argc)
		fail(EXIT_USAGE, "no VMM is given: kvm-xen restore FILE -- qemu-system-x86_64 ...");
	restore_head(file, &saved);
	saved.flags |= given.flags;
	if (given.domid != KXEN_DOMID_AUTO)
		saved.domid = given.domid;
	if (given.max_ports)
		saved.max_ports = given.max_ports;
	return run_vmm(argv + first, argc - first, &saved, file,
		       given.domid == KXEN_DOMID_AUTO);
}

int cmd_attach(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen attach [OPTIONS] --pid PID\n"
		"The guest must not have started: QEMU's -S, then 'cont' in its monitor.\n"
		"  --pid PID        the VMM\n";
	struct domain_options o;
	pid_t pid = 0;
	int ctl, vm, domid;

	parse(argc, argv, &o, &pid, usage);
	if (!pid)
		fail(EXIT_USAGE, "which VMM? kvm-xen attach --pid PID");
	ctl = ctl_open();
	vm = take_vm_fd(pid);
	domid = ctl_create(ctl, &o, false);
	ctl_attach(ctl, domid, vm);
	printf("%d\n", domid);
	return 0;
}
