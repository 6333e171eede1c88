// SPDX-License-Identifier: GPL-2.0
/* Processes that play a part, and what is known of them from outside. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

#define STEP	10	/* ms between two looks */

static int to_parent = -1;

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool wait_until(int ms, bool (*cond)(void *), void *arg)
{
	long end = now_ms() + (long)ms * slower;

	while (!cond(arg)) {
		if (now_ms() > end)
			return false;
		usleep(STEP * 1000);
	}
	return true;
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

int within(int ms, int (*fn)(void *), void *arg)
{
	long end = now_ms() + (long)ms * slower;
	pid_t pid = child();
	int status;

	if (!pid)
		_exit(fn(arg));
	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (now_ms() > end) {
			kill(pid, SIGKILL);
			return NOT_IN_TIME;
		}
		usleep(STEP * 1000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void start_actor(struct actor *a, void (*fn)(void *), void *arg)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		die("pipe");
	a->pid = child();
	if (!a->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(p[0]);
		to_parent = p[1];
		fn(arg);
		pause();
		_exit(0);
	}
	close(p[1]);
	a->pipe = p[0];
}

void tell(long number)
{
	if (write(to_parent, &number, sizeof(number)) != sizeof(number))
		_exit(4);
}

bool actor_says(struct actor *a, int ms)
{
	struct pollfd p = { .fd = a->pipe, .events = POLLIN };

	return poll(&p, 1, ms * slower) == 1 &&
	       read(a->pipe, &a->said, sizeof(a->said)) == sizeof(a->said);
}

void end_actor(struct actor *a)
{
	kill(a->pid, SIGKILL);
	waitpid(a->pid, NULL, 0);
	close(a->pipe);
}

void become_nobody(void)
{
	if (getuid() != NOBODY &&
	    (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		die("setuid");
	/* Else the parent's death would not end it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A new file of his own, which the job lets him open. */
void open_as_nobody(void)
{
	become_nobody();
	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	if (ctl < 0)
		die("/dev/kvm-xen as another user");
}

struct stuck make_stuck(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register r = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct stuck s;

	s.page = mmap(NULL, RAM, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	s.fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	r.range.start = (uintptr_t)s.page;
	r.range.len = RAM;
	if (s.fd < 0 || ioctl(s.fd, UFFDIO_API, &api) ||
	    ioctl(s.fd, UFFDIO_REGISTER, &r))
		die("userfaultfd");
	return s;
}

/* The fault is seen and never taken up. */
bool wait_stuck(const struct stuck *s, int ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	return poll(&p, 1, ms * slower) == 1;
}

char thread_state(pid_t pid, pid_t tid)
{
	char path[64], line[512], *at;
	char state = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f)) {
		at = strrchr(line, ')');
		state = at ? at[2] : '?';
	}
	if (f)
		fclose(f);
	return state;
}
