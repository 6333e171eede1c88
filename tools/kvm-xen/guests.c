// SPDX-License-Identifier: GPL-2.0-only
/* Who looks after a guest: its lives, one after the other, and its directory below /run. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_xen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guests.h"
#include "kvm-xen.h"
#include "platform.h"
#include "store.h"
#include "vmm.h"

#define DIRECTORY	"/run/kvm-xen"
#define KILL_MS		10000	/* until one that is killed has ended, and its domain with it */
#define CRASH_S		10	/* who crashes sooner is not started again, others not at once */
#define LOOK_MS		10	/* from one look at processes to the next */
#define REST_S		30	/* at most, between two lives */

/* --- its directory ------------------------------------------------------------------- */

void guest_path(char *path, size_t size, const char *name, const char *file)
{
	snprintf(path, size, DIRECTORY "/%s/%s", name, file);
}

static void make_directory(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), DIRECTORY "/%s", name);
	if ((mkdir(DIRECTORY, 0755) && errno != EEXIST) || (mkdir(path, 0700) && errno != EEXIST))
		fail(EXIT_REFUSED, "cannot make %s: %s", path, strerror(errno));
}

int guest_lock(const char *name, bool make)
{
	char path[128];
	int fd;

	if (make)
		make_directory(name);
	guest_path(path, sizeof(path), name, "lock");
	fd = open(path, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
	if (fd < 0 && !make)
		return -1;
	if (fd < 0)
		fail(EXIT_REFUSED, "cannot open %s: %s", path, strerror(errno));
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		close(fd);
		return -1;
	}
	return fd;
}

pid_t guest_pid(const char *name)
{
	unsigned long long start = 0;
	char path[128];
	int pid = 0;
	FILE *f;

	guest_path(path, sizeof(path), name, "pid");
	f = fopen(path, "re");
	if (f && fscanf(f, "%d %llu", &pid, &start) != 2)
		pid = 0;
	if (f)
		fclose(f);
	/* One that was killed has left its number, which may be another one's by now. */
	return pid > 1 && proc_start(pid) == start ? pid : 0;
}

pid_t guest_stop(const char *name)
{
	pid_t pid = guest_pid(name);
	int fd = pid ? syscall(SYS_pidfd_open, pid, 0) : -1;

	if (fd < 0)
		return 0;
	/* It was that one before, and is it now. */
	if (guest_pid(name) == pid)
		syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0);
	close(fd);
	return pid;
}

void guest_set_pid(const char *name, pid_t pid)
{
	char path[128];
	FILE *f;

	guest_path(path, sizeof(path), name, "pid");
	if (!pid) {
		unlink(path);
		return;
	}
	f = fopen(path, "we");
	if (!f || fprintf(f, "%d\n%llu\n", pid, proc_start(pid)) < 0 || fclose(f))
		fail(1, "cannot write %s: %s", path, strerror(errno));
}

/* --- what is left --------------------------------------------------------------------- */

struct cleaning {
	struct xs_handle *h;
	int ctl;
	const char *name;
	bool found;
};

/* By its handle: its number may be another one's by now, and so may be the nodes. */
static bool is_same(struct xs_handle *h, const struct kxen_query *q)
{
	char *vm = store_read(h, "/local/domain/%u/vm", q->domid), uuid[37];
	bool same;

	cfg_uuid_text(q->uuid, uuid);
	same = vm && !strncmp(vm, "/vm/", 4) && !strcmp(vm + 4, uuid);
	free(vm);
	return same;
}

/* It has ended with who was killed, unless a wrapper has kept it. */
static void end_vmm(int ctl, const struct kxen_query *q)
{
	struct pollfd p = { .fd = ctl_open_vmm(ctl, q), .events = POLLIN };

	if (p.fd >= 0) {
		syscall(SYS_pidfd_send_signal, p.fd, SIGKILL, NULL, 0);
		poll(&p, 1, KILL_MS);
		close(p.fd);
	}
	if (!ctl_wait_end(ctl, q->domid, true, KILL_MS))
		fail(EXIT_REFUSED, "domain %u, which somebody who was killed has left, is still there, and it is not certain which process has its VM: %d is said to",
		     q->domid, q->pid);
}

/*
 * Its platform device, if it was given one, which has its handle as name, and no VMM any more; what
 * somebody else has open by now is his.
 */
static void remove_platform(struct xs_handle *h, uint32_t domid)
{
	char *vm = store_read(h, "/local/domain/%u/vm", domid);

	if (vm && !strncmp(vm, "/vm/", 4) && platform_idle(vm + 4))
		platform_remove(vm + 4);
	free(vm);
}

static void clean_one(void *to, uint32_t domid, const char *name)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };
	struct cleaning *c = to;
	bool there, other;

	if (strcmp(name, c->name))
		return;
	there = !ioctl(c->ctl, KXEN_QUERY, &q);
	other = there && !is_same(c->h, &q);
	if (there && !other)
		end_vmm(c->ctl, &q);
	if (!other)
		remove_platform(c->h, domid);
	if (!(other ? store_unmark(c->h, domid) : store_remove(c->h, domid)))
		fail(1, "what xenstore has of domain %u cannot be taken away: %s", domid,
		     strerror(errno));
	c->found = true;
	if (other)
		fprintf(stderr, "kvm-xen: '%s' was left behind by somebody who was killed; domain %u is another one by now, and keeps its nodes\n",
			name, domid);
	else
		fprintf(stderr, "kvm-xen: domain %u, '%s', was left behind by somebody who was killed: it is gone now\n",
			domid, name);
}

bool guest_clean(struct xs_handle *h, int ctl, const char *name)
{
	struct cleaning c = { .h = h, .ctl = ctl, .name = name };

	store_each_made(h, clean_one, &c);
	if (c.found)
		guest_set_pid(name, 0);
	return c.found;
}

/* --- its lives ------------------------------------------------------------------------ */

static volatile pid_t living;
static volatile sig_atomic_t stopping;

static void stop(int sig)
{
	(void)sig;
	stopping = 1;
	if (living > 0)
		kill(living, SIGTERM);
}

static void take_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction sa = { .sa_handler = stop };
	unsigned int i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
}

/* What ran below this process before: a shell may have become it. */
static struct process *others;
static unsigned int nr_others;

/*
 * It had children: those that were not bound to it, or are still on their way out. What those have
 * started becomes this process's when they end.
 */
static void end_children(void)
{
	struct process *list;
	unsigned int looks, n, i;

	for (looks = 0; looks < KILL_MS / LOOK_MS; looks++) {
		n = proc_tree(getpid(), &list, 0, others, nr_others);
		for (i = 1; i < n; i++)
			kill(list[i].pid, SIGKILL);
		free(list);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (n <= 1)
			return;
		poll(NULL, 0, LOOK_MS);
	}
	note("a process of the guest's does not end, although it is killed");
}

/* A process that lives one life; a signal that comes meanwhile is not lost. */
static void begin(struct life *l, const struct life_setup *s, int terminal)
{
	sigset_t set, old;
	pid_t pid;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = fork();
	if (pid < 0)
		fail(1, "cannot start a process: %s", strerror(errno));
	if (!pid) {
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		sigprocmask(SIG_SETMASK, &old, NULL);
		if (terminal >= 0)
			dup2(terminal, 2);
		if (terminal >= 0)
			close(terminal);
		life_run(l, s);
	}
	living = pid;
	/* Told to stop between two lives. */
	if (stopping)
		kill(pid, SIGTERM);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* Returns what waitpid() says of it. */
static int one_life(struct life *l, struct life_setup *s, int terminal)
{
	int status = 0;

	guest_turn_log(s->cfg->name, s->log);
	memset(l, 0, sizeof(*l));
	begin(l, s, terminal);
	/* Who waits for word of it sees when it has ended. */
	if (terminal >= 0)
		close(terminal);
	if (s->status >= 0)
		close(s->status);
	s->status = -1;
	while (waitpid(living, &status, 0) < 0 && errno == EINTR)
		;
	living = 0;
	end_children();
	life_undo(l, s->ctl);
	return status;
}

static bool again(const struct life *l, const struct cfg *c, int status, time_t lived)
{
	if (stopping || (WIFEXITED(status) && WEXITSTATUS(status)))
		return false;
	switch (l->end) {
	case LIFE_POWEROFF:
		return c->on_poweroff == CFG_RESTART;
	case LIFE_REBOOT:
		return c->on_reboot == CFG_RESTART;
	case LIFE_CRASH:
		if (c->on_crash == CFG_RESTART && lived < CRASH_S)
			note("it is not started again: it has lived for less than %d s", CRASH_S);
		return c->on_crash == CFG_RESTART && lived >= CRASH_S;
	default:
		return false;
	}
}

/*
 * A guest that ends as soon as it has begun would keep the host busy with its beginnings, and fill
 * its log: each such life in a row waits longer. False: told to stop meanwhile.
 */
static bool rest(unsigned int short_lives)
{
	struct timespec t = { .tv_sec = short_lives < 6 ? 1 << (short_lives - 1) : REST_S };
	sigset_t set, old;

	if (!short_lives)
		return true;
	note("it has lived for less than %d s: it is started again in %lld s", CRASH_S,
	     (long long)t.tv_sec);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	if (!stopping)
		ppoll(NULL, 0, &t, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (stopping)
		note("it is ended from outside before that");
	return !stopping;
}

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

int guest_supervise(struct life_setup *s, int terminal)
{
	struct life *l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);
	unsigned int short_lives = 0;
	bool resumed = false;
	time_t lived;
	int status;

	if (l == MAP_FAILED)
		fail(1, "no memory");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	take_signals();
	/* From now on it can be told to stop. */
	guest_set_pid(s->cfg->name, getpid());
	nr_others = proc_tree(getpid(), &others, 0, NULL, 0);
	s->parent = getpid();
	do {
		status = one_life(l, s, terminal);
		terminal = -1;
		if (WIFSIGNALED(status))
			note("signal %d has ended the process that led the guest", WTERMSIG(status));
		resumed |= l->resumed;
		/* To start two QEMUs, and to end them, may take longer than that. */
		lived = (l->ended ? l->ended : seconds()) - l->ran;
		short_lives = lived < CRASH_S ? short_lives + 1 : 0;
	} while (l->resumed && again(l, s->cfg, status, lived) && rest(short_lives));
	guest_set_pid(s->cfg->name, 0);
	if (resumed)
		return 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
