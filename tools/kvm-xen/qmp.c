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
#define MAX_TEXT	(16 << 20)	/* of one object: far more than any answer has */

volatile int qmp_interrupted;

static bool fails(struct qmp *m, const char *why)
{
	snprintf(m->error, sizeof(m->error), "%s", why);
	return false;
}

static bool gone(struct qmp *m, const char *why)
{
	m->gone = true;
	return fails(m, why);
}

static unsigned int seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void start_waiting(struct qmp *m)
{
	m->since = seconds();
	m->next_word = FIRST_WORD_S;
}

/*
 * However much comes in meanwhile. The VMM may be there all the same: the answer will
 * come, and nobody waits for it.
 */
static bool may_wait(struct qmp *m)
{
	if (qmp_interrupted)
		return fails(m, "interrupted");
	if (seconds() - m->since >= m->limit)
		return fails(m, "the VMM does not answer on its monitor");
	return true;
}

/* Is there something to read? With a line on standard error now and then. */
static bool readable(struct qmp *m, const char *hint)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };

	if (poll(&p, 1, 500) > 0 && p.revents)
		return true;
	if (seconds() - m->since >= m->next_word) {
		fprintf(stderr, "kvm-xen: %s does not answer yet%s\n", m->name,
			hint);
		m->next_word += NEXT_WORD_S;
	}
	return false;
}

static bool make_room(struct qmp *m)
{
	char *more;

	if (m->len + 1 < m->size)
		return true;
	if (m->size >= MAX_TEXT)
		return gone(m, "its answer has no end");
	more = realloc(m->text, m->size * 2);
	if (!more)
		fail(1, "no memory");
	m->text = more;
	m->size *= 2;
	return true;
}

/* One object; the text before the next is dropped. Half an object stays for the next call. */
static const char *read_object(struct qmp *m, const char *hint)
{
	size_t lines = 0;	/* the end of those that were looked at */
	ssize_t n;

	memmove(m->text, m->text + m->used, m->len - m->used);
	m->len -= m->used;
	m->used = 0;
	while (may_wait(m)) {
		char *end = memchr(m->text + lines, '\n', m->len - lines);

		if (end) {
			/* With -qmp-pretty an object has several lines. */
			lines = end + 1 - m->text;
			if (!json_complete(m->text, lines))
				continue;
			m->used = lines;
			*end = 0;
			return m->text + strspn(m->text, " \t\r\n");
		}
		if (!make_room(m))
			return NULL;
		if (!readable(m, hint))
			continue;
		n = read(m->fd, m->text + m->len, m->size - m->len - 1);
		if (n <= 0) {
			gone(m, "the VMM has closed its monitor; its own message may say why");
			return NULL;
		}
		m->len += n;
	}
	return NULL;
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

/* The next answer to a command; events come in between. */
static const char *read_answer(struct qmp *m, const char **error)
{
	const char *object, *value;

	while ((object = read_object(m, ""))) {
		value = json_member(object, "return");
		*error = json_member(object, "error");
		if (!value && !*error)
			continue;
		/* They come in the order of the commands. */
		if (!--m->owed)
			return value;
	}
	*error = NULL;
	return NULL;
}

const char *qmp_ask(struct qmp *m, const char *json, int fd)
{
	const char *value, *error;

	if (m->gone)
		return NULL;
	if (!send_text(m, json, fd)) {
		gone(m, "the VMM has closed its monitor; its own message may say why");
		return NULL;
	}
	m->owed++;
	start_waiting(m);
	value = read_answer(m, &error);
	if (error && !json_string(json_member(error, "desc"), m->error,
				  sizeof(m->error)))
		fails(m, "refused");
	return value;
}

const char *qmp_event(struct qmp *m)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };

	if (m->gone || (!memchr(m->text + m->used, '\n', m->len - m->used) && poll(&p, 1, 0) <= 0))
		return NULL;
	start_waiting(m);
	return read_object(m, "");
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
	const char *object;

	start_waiting(m);
	object = read_object(m, ": a VMM serves one client of a monitor at a time; is another one connected?");
	if (!object)
		return false;
	if (!json_member(object, "QMP"))
		return gone(m, "it is no monitor that speaks QMP");
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
