// SPDX-License-Identifier: GPL-2.0
/*
 * hostile [memory | race | killed | bus | sent | thaw | restore | busy | file PATH [refused] |
 *	channel DOMID PORT]
 *
 * Without a word: each case in a process of its own, as root, who also plays the second
 * user; "memory": those of them in which a page does not come. The report is lines "ok - NAME"
 * and "not ok - NAME".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostile.h"

int ctl, kvm, slower = 1;
static int bad;

void check(const char *name, long got, long want)
{
	bool ok = got == want;

	if (ok)
		printf("ok - %s\n", name);
	else
		printf("not ok - %s: %ld, want %ld\n", name, got, want);
	fflush(stdout);
	bad |= !ok;
}

void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	fflush(stdout);
}

void die(const char *what)
{
	printf("not ok - hostile: %s: %m\n", what);
	fflush(stdout);
	_exit(2);
}

/* Its own descriptors too, so that what a case has made goes with it. */
static void open_devices(void)
{
	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (ctl < 0 || kvm < 0)
		die("the devices");
}

static void on_limit(int sig)
{
	(void)sig;
}

/*
 * It may hang in the kernel behind what another of its processes does: at the limit all
 * of them end, which lets it go.
 */
static int wait_case(pid_t pid)
{
	int status = 0;

	alarm(CASE_LIMIT * slower);
	if (waitpid(pid, &status, 0) != pid) {
		printf("not ok - no end within %d s\n", CASE_LIMIT * slower);
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	alarm(0);
	kill(-pid, SIGKILL);	/* what it has left behind */
	return status;
}

static void run_case(const struct test *t)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		setpgid(0, 0);
		signal(SIGALRM, SIG_DFL);
		open_devices();
		t->fn();
		exit(bad);
	}
	status = wait_case(pid);
	if (!WIFEXITED(status))
		printf("not ok - %s: ended by signal %d\n", t->name,
		       WTERMSIG(status));
	bad |= status != 0;
}

static void run_cases(const struct test *t)
{
	for (; t->name; t++)
		run_case(t);
}

/* Kernels that are built for the tests have none. */
static void memory_cases(void)
{
	if (!access("/proc/sys/vm/unprivileged_userfaultfd", F_OK))
		run_cases(memory_tests);
	else
		puts("skip - memory that does not come");
}

int main(int argc, char **argv)
{
	struct sigaction limit = { .sa_handler = on_limit };
	bool memory = argc > 1 && !strcmp(argv[1], "memory");

	if (getenv("SLOWER"))
		slower = atoi(getenv("SLOWER"));
	if (argc == 1 || memory) {
		/* Without SA_RESTART: it ends the wait. */
		sigaction(SIGALRM, &limit, NULL);
		if (!memory) {
			run_cases(limit_tests);
			run_cases(life_tests);
		}
		memory_cases();
		return bad;
	}
	open_devices();
	if (!strcmp(argv[1], "race"))
		test_create_race();
	else if (!strcmp(argv[1], "killed"))
		test_killed_restore();
	else if (!strcmp(argv[1], "bus"))
		test_bus();
	else if (!strcmp(argv[1], "sent"))
		test_sent();
	else if (!strcmp(argv[1], "thaw"))
		test_thaw();
	else if (!strcmp(argv[1], "restore"))
		test_restore_absent();
	else if (!strcmp(argv[1], "busy"))
		test_busy();
	else if (!strcmp(argv[1], "file") && argc > 2)
		test_file(argv[2], argc > 3);
	else if (!strcmp(argv[1], "channel") && argc > 3)
		test_channel(atoi(argv[2]), atoi(argv[3]));
	else
		die("which case?");
	return bad;
}
