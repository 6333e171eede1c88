// SPDX-License-Identifier: GPL-2.0-only
/* The monitor protocol: lines of JSON, and descriptors beside them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "kvm-xen.h"
#include "qmp.h"

#define FIRST_WORD_S	3	/* nothing was heard: say so */
#define NEXT_WORD_S	10
#define GREETING_S	20	/* a monitor that is free greets at once */
#define ANSWER_S	60

volatile int qmp_interrupted;

static bool gone(struct qmp *m, const char *why)
{
	snprintf(m->error, sizeof(m->error), "%s", why);
	m->gone = true;
	return false;
}

static unsigned int seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Wait for something to read, with a line on standard error now and then. */
static bool wait_readable(struct qmp *m, const char *hint)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	unsigned int start = seconds(), next = FIRST_WORD_S, now;

	while (!poll(&p, 1, 500) || !p.revents) {
		if (qmp_interrupted)
			return gone(m, "interrupted");
		now = seconds() - start;
		if (now >= m->limit)
			return gone(m, "the VMM does not answer on its monitor");
		if (now < next)
			continue;
		fprintf(stderr, "kvm-xen: %s does not answer yet%s\n", m->name,
			hint);
		next += NEXT_WORD_S;
	}
	return true;
}

/* One object; the text before the next is dropped. */
static const char *read_object(struct qmp *m, const char *hint)
{
	ssize_t n;

	memmove(m->text, m->text + m->used, m->len - m->used);
	m->len -= m->used;
	m->used = 0;
	for (;;) {
		char *end = memchr(m->text + m->used, '\n', m->len - m->used);

		if (end) {
			/* With -qmp-pretty an object has several lines. */
			m->used = end + 1 - m->text;
			if (!json_complete(m->text, m->used))
				continue;
			*end = 0;
			return m->text + strspn(m->text, " \t\r\n");
		}
		if (m->len + 1 >= m->size) {
			m->size *= 2;
			m->text = realloc(m->text, m->size);
			if (!m->text)
				fail(1, "no memory");
		}
		if (!wait_readable(m, hint))
			return NULL;
		n = read(m->fd, m->text + m->len, m->size - m->len - 1);
		if (n <= 0) {
			gone(m, "the VMM has closed its monitor; its own message may say why");
			return NULL;
		}
		m->len += n;
	}
}

struct qmp *qmp_new(int fd, const char *name)
{
	struct qmp *m = calloc(1, sizeof(*m));

	if (m) {
		m->fd = fd;
		m->name = name;
		m->limit = ANSWER_S;
		m->size = 4096;
		m->text = malloc(m->size);
	}
	if (!m || !m->text)
		fail(1, "no memory");
	return m;
}

static bool send_text(struct qmp *m, const char *json, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (char *)json, .iov_len = strlen(json) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	/* A command is far shorter than a socket's buffer: it goes in one piece. */
	return sendmsg(m->fd, &msg, MSG_NOSIGNAL) == (ssize_t)iov.iov_len;
}

const char *qmp_ask(struct qmp *m, const char *json, int fd)
{
	const char *object, *value;

	if (m->gone)
		return NULL;
	if (!send_text(m, json, fd)) {
		gone(m, "the VMM has closed its monitor; its own message may say why");
		return NULL;
	}
	/* Events come in between. */
	for (;;) {
		object = read_object(m, "");
		if (!object)
			return NULL;
		value = json_member(object, "return");
		if (value)
			return value;
		value = json_member(object, "error");
		if (!value)
			continue;
		if (!json_string(json_member(value, "desc"), m->error,
				 sizeof(m->error)))
			snprintf(m->error, sizeof(m->error), "refused");
		return NULL;
	}
}

bool qmp_do(struct qmp *m, const char *command)
{
	char json[100];

	snprintf(json, sizeof(json), "{\"execute\": \"%s\"}\n", command);
	return qmp_ask(m, json, -1);
}

/*
 * When the VMM answers the first command, its machine is complete: all vCPUs and all
 * memory are there.
 */
bool qmp_greeting(struct qmp *m)
{
	if (!json_member(read_object(m, ": a VMM serves one client of a monitor at a time; is another one connected?"),
			 "QMP")) {
		if (!m->gone)
			gone(m, "it is no monitor that speaks QMP");
		return false;
	}
	return qmp_do(m, "qmp_capabilities");
}

struct qmp *qmp_connect(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	/* A VMM that has a client accepts no other: a second one that waits is enough. */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char name[200];
	struct qmp *m;

	if (fd < 0)
		fail(1, "cannot make a socket: %s", strerror(errno));
	if (strlen(path) >= sizeof(a.sun_path))
		fail(EXIT_USAGE, "the path of the monitor is too long: %s", path);
	strcpy(a.sun_path, path);
	errno = 0;
	connect(fd, (void *)&a, sizeof(a));
	if (errno == EAGAIN)
		fail(EXIT_REFUSED, "the monitor at %s has clients that wait already: close them, or give the VMM a second -qmp",
		     path);
	else if (errno)
		fail(EXIT_REFUSED, "no monitor at %s (%s): start the VMM with '-qmp unix:%s,server=on,wait=off'",
		     path, strerror(errno), path);
	fcntl(fd, F_SETFL, 0);
	snprintf(name, sizeof(name), "the monitor at %s", path);
	m = qmp_new(fd, strdup(name));
	m->limit = GREETING_S;
	if (!qmp_greeting(m))
		fail(EXIT_REFUSED, "%s cannot be used: %s; a VMM serves one client of a monitor at a time: close the other one, or give the VMM a second -qmp",
		     m->name, m->error);
	m->limit = ANSWER_S;
	return m;
}

pid_t qmp_peer(const struct qmp *m)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	return getsockopt(m->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) ? 0 : peer.pid;
}

void qmp_close(struct qmp *m)
{
	close(m->fd);
	free(m->text);
	free(m);
}
