// SPDX-License-Identifier: GPL-2.0-only
/* As much of QMP as starting a paused QEMU takes: a greeting, two commands. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm-xen.h"

#define START_LIMIT_MS	60000
#define STEP_MS		50

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* One line of JSON; false at the end of the connection. */
static bool read_line(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size - 1) {
		if (!readable(fd, START_LIMIT_MS))
			fail(1, "the VMM does not answer on its monitor");
		if (read(fd, buf + n, 1) != 1)
			return false;
		if (buf[n] == '\n')
			break;
		n++;
	}
	buf[n] = 0;
	return true;
}

/*
 * Events come in between; the answer has "return" or "error" as first member. False if
 * the VMM refuses: @answer says why.
 */
bool qmp_try(int fd, const char *json, char *answer, size_t size)
{
	if (dprintf(fd, "%s\n", json) < 0)
		fail(1, "cannot write to the VMM's monitor: %s", strerror(errno));
	do {
		if (!read_line(fd, answer, size))
			fail(1, "the VMM has closed its monitor: see its own message above");
		if (!strncmp(answer, "{\"error\"", 8))
			return false;
	} while (strncmp(answer, "{\"return\"", 9));
	return true;
}

void qmp_command(int fd, const char *command)
{
	char json[128], line[4096];

	snprintf(json, sizeof(json), "{\"execute\": \"%s\"}", command);
	if (!qmp_try(fd, json, line, sizeof(line)))
		fail(1, "the VMM refuses '%s': %s", command, line);
}

/*
 * Connect as soon as the VMM listens. When it answers the first command, its
 * machine is complete: all vCPUs and all memory are there. @pid: the VMM that is starting;
 * 0 for one that must be there already.
 */
int qmp_connect(const char *path, pid_t pid)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char line[4096];
	int waited;

	if (fd < 0 || strlen(path) >= sizeof(a.sun_path))
		fail(1, "cannot make a socket at %s", path);
	strcpy(a.sun_path, path);
	for (waited = 0; connect(fd, (void *)&a, sizeof(a)); waited += STEP_MS) {
		int status;

		if (!pid)
			fail(EXIT_REFUSED, "no monitor at %s: start the VMM with '-qmp unix:%s,server=on,wait=off'",
			     path, path);
		if (waitpid(pid, &status, WNOHANG) == pid)
			fail(1, "the VMM ended with status %d before its monitor was there",
			     WIFEXITED(status) ? WEXITSTATUS(status) : -1);
		if (waited > START_LIMIT_MS)
			fail(1, "the VMM opens no monitor at %s", path);
		poll(NULL, 0, STEP_MS);
	}
	if (!read_line(fd, line, sizeof(line)))
		fail(1, "the VMM has closed its monitor: see its own message above");
	qmp_command(fd, "qmp_capabilities");
	return fd;
}
