// SPDX-License-Identifier: GPL-2.0
/*
 * qmp SOCKET COMMAND...: commands for QEMU's monitor, each a JSON object. Prints the last
 * answer; status 1 if one is an error, 2 if there is no answer.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static FILE *monitor;

/* The next line that is no event; the greeting is one, too. */
static int answer(char *line, int size)
{
	while (fgets(line, size, monitor)) {
		if (!strncmp(line, "{\"error\"", 8))
			return 1;
		if (!strncmp(line, "{\"return\"", 9) || !strncmp(line, "{\"QMP\"", 6))
			return 0;
	}
	return 2;
}

int main(int argc, char **argv)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), i, status;
	static char line[65536];

	if (argc < 3 || strlen(argv[1]) >= sizeof(to.sun_path))
		return 2;
	strcpy(to.sun_path, argv[1]);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror(argv[1]);
		return 2;
	}
	monitor = fdopen(fd, "r");
	argv[1] = "{\"execute\": \"qmp_capabilities\"}";
	status = answer(line, sizeof(line));
	for (i = 1; i < argc && !status; i++) {
		dprintf(fd, "%s\n", argv[i]);
		status = answer(line, sizeof(line));
	}
	fputs(line, stdout);
	return status;
}
