/* SPDX-License-Identifier: GPL-2.0-only */
/* A VMM's monitor. */
#ifndef KVM_XEN_QMP_H
#define KVM_XEN_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct qmp {
	int fd;
	const char *name;	/* how messages call it */
	unsigned int limit;	/* seconds that an answer may take */
	char *text;		/* what was read and not yet used begins at @used */
	size_t used, len, size;
	unsigned int owed;	/* answers still to come, also to what nobody waits for */
	unsigned int since, next_word;	/* of the wait for an answer, in seconds */
	char error[512];	/* why the last command failed */
	bool gone;		/* the VMM has closed it, or talks nonsense */
};

/*
 * Set by a signal handler: a wait for an answer ends as a failure. The command may be
 * carried out all the same; others can follow it.
 */
extern volatile int qmp_interrupted;

/* The monitor of a VMM that runs; says what to do and ends if there is none. */
struct qmp *qmp_connect(const char *path);

/* A connection that is there already; its greeting is still to come. */
struct qmp *qmp_new(int fd, const char *name);
bool qmp_greeting(struct qmp *m);

/*
 * Send a command, with a descriptor if @fd is not negative, and wait for the answer: the
 * value of "return", good until the next call, or NULL and @error.
 */
const char *qmp_ask(struct qmp *m, const char *json, int fd);

/* What the VMM has said by itself, if there is something; good until the next call. */
const char *qmp_event(struct qmp *m);

/* A command without arguments. */
bool qmp_do(struct qmp *m, const char *command);

/* The process that listens at the other end; 0 if that cannot be told. */
pid_t qmp_peer(const struct qmp *m);

void qmp_close(struct qmp *m);

#endif
