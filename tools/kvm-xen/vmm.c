// SPDX-License-Identifier: GPL-2.0-only
/* From a command line to a VMM whose machine is complete and paused. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm-xen.h"
#include "qmp.h"
#include "vmm.h"

#define MONITOR		"chardev=kvm-xen-tool,mode=control"
#define LOOK_MS		500	/* from one look at the processes to the next */
#define FIRST_WORD	(5000 / LOOK_MS)
#define NEXT_WORD	(30000 / LOOK_MS)
#define START_LOOKS	(60000 / LOOK_MS) /* without a VM in sight */
#define ANSWER_S	600	/* a machine's memory may have to be made first */
#define END_TRIES	100

static bool bound;	/* children end with this process, even if it is killed */
static int child_log = -1;

static pid_t child;
static unsigned long long child_start;

/* What ran below this process before: a shell may have become it. */
static struct process *others;
static unsigned int nr_others;

/* --- its process -------------------------------------------------------------------- */

static void pass_on(int sig)
{
	if (child > 0)
		kill(child, sig);
}

static const int passed[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

#define NR_PASSED	(sizeof(passed) / sizeof(passed[0]))

static void pass_signals(void)
{
	struct sigaction sa = { .sa_handler = pass_on };
	unsigned int i;

	for (i = 0; i < NR_PASSED; i++)
		sigaction(passed[i], &sa, NULL);
}

/* Let them wait; @old: what it was before. */
static void hold_signals(sigset_t *old)
{
	sigset_t set;
	unsigned int i;

	sigemptyset(&set);
	for (i = 0; i < NR_PASSED; i++)
		sigaddset(&set, passed[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

/* Nothing that was started may go on without a domain; at exit. */
static void kill_tree(void)
{
	struct process *list;
	unsigned int n;

	if (child <= 0)
		return;
	/* What a wrapper left has become a child of this process. */
	for (n = proc_tree(getpid(), &list, child_start, others, nr_others); n > 1; n--)
		kill(list[n - 1].pid, SIGKILL);
	free(list);
	waitpid(child, NULL, 0);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* It has ended too early: its status is ours, and its own words are above. */
static void __attribute__((noreturn)) ended(int status)
{
	/* A wrapper may have left something. */
	kill_tree();
	child = 0;
	if (WIFSIGNALED(status))
		fail(128 + WTERMSIG(status), "signal %d (%s) ended the VMM before its machine was complete",
		     WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (!WEXITSTATUS(status))
		fail(EXIT_REFUSED, "the VMM ended before its machine was complete: is it a QEMU, and does it stay in the foreground?");
	fail(WEXITSTATUS(status), "the VMM ended with status %d before its machine was complete; its own message may say why",
	     WEXITSTATUS(status));
}

/*
 * Has it the VM? If it, or what the child has become, was not given the words that were
 * added, the guest would run without a domain, or not at all.
 */
static bool is_vmm(pid_t pid)
{
	bool has_vm = proc_has_vm(pid), known;

	if (!has_vm && pid != child)
		return false;
	if (!proc_has_text(pid, MONITOR, &known) && known)
		fail(EXIT_REFUSED, "process %d was not given the words that this command adds (-S and a monitor): a wrapper has to pass all words on, as in sh -c 'exec qemu-system-x86_64 \"$@\"' x ...",
		     pid);
	return has_vm;
}

/* The process that has the VM, or 0. */
static pid_t look_at_tree(void)
{
	struct process *list;
	unsigned int n = proc_tree(child, &list, 0, NULL, 0), i;
	pid_t vmm = 0;

	for (i = 0; i < n && !vmm; i++)
		if (is_vmm(list[i].pid))
			vmm = list[i].pid;
	free(list);
	return vmm;
}

/* A wait that looks after the processes meanwhile. */
static void wait_monitor(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned int looks, without = 0;
	int status;

	for (looks = 1; poll(&p, 1, LOOK_MS) <= 0; looks++) {
		if (waitpid(child, &status, WNOHANG) == child)
			ended(status);
		without = look_at_tree() ? 0 : without + 1;
		if (without > START_LOOKS)
			fail(EXIT_REFUSED, "the VMM opens no monitor: is it a QEMU?");
		if (looks == FIRST_WORD || !(looks % NEXT_WORD))
			fprintf(stderr, "kvm-xen: the VMM has not opened its monitor yet\n");
	}
}

/* The command line with what makes it wait for this program. */
static char **more_args(char **args, int argc, int monitor, bool incoming)
{
	static char chardev[64];
	char **v = calloc(argc + 8, sizeof(*v));

	if (!v)
		fail(1, "no memory");
	snprintf(chardev, sizeof(chardev), "socket,id=kvm-xen-tool,fd=%d", monitor);
	memcpy(v, args, argc * sizeof(*v));
	v[argc++] = "-S";
	v[argc++] = "-chardev";
	v[argc++] = chardev;
	v[argc++] = "-mon";
	v[argc++] = MONITOR;
	if (incoming) {
		v[argc++] = "-incoming";
		v[argc++] = "defer";
	}
	return v;
}

void vmm_bind_children(int log)
{
	bound = true;
	child_log = log;
}

void vmm_in_child(pid_t parent)
{
	if (bound && (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent))
		_exit(127);
	if (bound)
		signal(SIGPIPE, SIG_DFL);
	if (child_log >= 0) {
		dup2(child_log, 1);
		dup2(child_log, 2);
	}
}

/* In the child: become the other program, or report why not. */
static void __attribute__((noreturn)) become(char **v, int monitor, int report)
{
	int error;

	fcntl(monitor, F_SETFD, 0);
	execvp(v[0], v);
	error = errno;
	while (write(report, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* Returns when the other program is there, or says why it is not. */
static void spawn(char **v, int monitor)
{
	pid_t self = getpid();
	int report[2], error;
	sigset_t old;
	ssize_t n;

	/* One that came between the two would end this program, and not the child. */
	hold_signals(&old);
	if (pipe2(report, O_CLOEXEC) || (child = fork()) < 0)
		fail(1, "cannot start a process: %s", strerror(errno));
	if (!child) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		vmm_in_child(self);
		become(v, monitor, report[1]);
	}
	pass_signals();
	sigprocmask(SIG_SETMASK, &old, NULL);
	child_start = proc_start(child);
	close(report[1]);
	do {
		n = read(report[0], &error, sizeof(error));
	} while (n < 0 && errno == EINTR);
	if (n == sizeof(error)) {
		waitpid(child, NULL, 0);
		child = 0;
		fail(127, "cannot run '%s': %s", v[0], strerror(error));
	}
	close(report[0]);
}

struct qmp *vmm_start(char **args, int argc, bool incoming)
{
	int pair[2], status, tries;
	struct qmp *m;
	char **v;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		fail(1, "cannot make a socket: %s", strerror(errno));
	/* What a wrapper leaves behind stays in sight. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	nr_others = proc_tree(getpid(), &others, 0, NULL, 0);
	v = more_args(args, argc, pair[1], incoming);
	atexit(kill_tree);
	spawn(v, pair[1]);
	free(v);
	close(pair[1]);
	wait_monitor(pair[0]);
	m = qmp_new(pair[0], "the VMM");
	m->limit = ANSWER_S;
	if (qmp_greeting(m))
		return m;
	/* It closes the monitor a moment before its end. */
	for (tries = 0; m->gone && tries < END_TRIES; tries++) {
		if (waitpid(child, &status, WNOHANG) == child)
			ended(status);
		poll(NULL, 0, LOOK_MS / 10);
	}
	fail(1, "the VMM's monitor cannot be used: %s", m->error);
}

int vmm_vm(void)
{
	pid_t vmm = look_at_tree();

	return proc_take_vm(vmm ? vmm : child);
}

int vmm_wait(void)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			fail(1, "lost the VMM: %s", strerror(errno));
	child = 0;
	return status_of(status);
}

pid_t vmm_child(void)
{
	return child;
}

void vmm_has_ended(void)
{
	child = 0;
}
