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

/* Events come in between; the answer has "return" or "error" as first member. */
void qmp_command(int fd, const char *command)
{
	char line[4096];

	if (dprintf(fd, "{\"execute\": \"%s\"}\n", command) < 0)
		fail(1, "cannot write to the VMM's monitor: %s", strerror(errno));
	do {
		if (!read_line(fd, line, sizeof(line)))
			fail(1, "the VMM has closed its monitor: see its own message above");
		if (strstr(line, "\"error\""))
			fail(1, "the VMM refuses '%s': %s", command, line);
	} while (!strstr(line, "\"return\""));
}

/*
 * Connect as soon as the VMM listens. When it answers the first command, its
 * machine is complete: all vCPUs and all memory are there.
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
