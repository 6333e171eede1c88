// SPDX-License-Identifier: GPL-2.0-only
/* What a guest's processes say: its log, which a guest that makes them talk cannot fill. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guests.h"
#include "kvm-xen.h"

#define LIMIT		(256 << 10)	/* of what the children of one life say */
#define LAST_WORDS	200		/* looks until they are written */
#define LOOK_MS		10

int guest_open_log(const char *name)
{
	char path[128], old[128];
	int fd;

	guest_path(path, sizeof(path), name, "log");
	guest_path(old, sizeof(old), name, "log.old");
	rename(path, old);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		fail(1, "cannot write %s: %s", path, strerror(errno));
	return fd;
}

/* Lives follow one another without an end, too. */
void guest_turn_log(const char *name, int log)
{
	struct stat st;
	int fd;

	if (log < 0 || fstat(log, &st) || st.st_size < LIMIT)
		return;
	fd = guest_open_log(name);
	dup3(fd, log, O_CLOEXEC);
	dup2(fd, 1);
	dup2(fd, 2);
	close(fd);
}

void guest_show_log(const char *name)
{
	char path[128], line[500], *at;
	bool first = true;
	FILE *f;

	guest_path(path, sizeof(path), name, "log");
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (first)
			fprintf(stderr, "kvm-xen: what its VMM and its backend have said:\n");
		/* None of it is to reach a terminal as a command. */
		for (at = line; *at; at++)
			if (iscntrl((unsigned char)*at) && *at != '\n' && *at != '\t')
				*at = '?';
		fprintf(stderr, "  %s", line);
		first = false;
	}
	if (f)
		fclose(f);
}

/* --- between its children and the log ------------------------------------------------- */

static int words = -1;
static pid_t logger;

static void put(const char *text, size_t len)
{
	ssize_t n;

	for (; len; len -= n, text += n) {
		n = write(1, text, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return;
	}
}

/* It reads on when it writes no more: a full pipe would stop who writes. */
static void __attribute__((noreturn)) keep_log(int from)
{
	char text[4096];
	size_t left = LIMIT;
	bool said = false;
	ssize_t n;

	while ((n = read(from, text, sizeof(text)))) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		put(text, (size_t)n < left ? (size_t)n : left);
		if ((size_t)n > left && !said) {
			put("\n", 1);
			note("its VMM and its backend say more than %d KiB in this life: what follows is dropped",
			     LIMIT >> 10);
			said = true;
		}
		left -= (size_t)n < left ? (size_t)n : left;
	}
	_exit(0);
}

/* Nothing but the log is open to it: others wait for the ends of what it would have. */
static void __attribute__((noreturn)) become_logger(int log, int from)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	unsigned int i;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	dup2(log, 1);
	dup2(log, 2);
	dup2(from, 0);
	close_range(3, ~0U, 0);
	keep_log(0);
}

/* At exit, when those who had something to say have ended. */
static void end_logger(void)
{
	unsigned int looks;

	close(words);
	for (looks = 0; looks < LAST_WORDS && !waitpid(logger, NULL, WNOHANG); looks++)
		poll(NULL, 0, LOOK_MS);
}

int log_of_life(int log)
{
	int ends[2];

	if (log < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC))
		fail(1, "cannot make a pipe: %s", strerror(errno));
	logger = fork();
	if (logger < 0)
		fail(1, "cannot start a process: %s", strerror(errno));
	if (!logger)
		become_logger(log, ends[0]);
	close(ends[0]);
	words = ends[1];
	atexit(end_logger);
	return words;
}
