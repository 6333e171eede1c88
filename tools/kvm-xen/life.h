/* SPDX-License-Identifier: GPL-2.0-only */
/* One life of a guest, from its VMM's start to the end of all that serves it. */
#ifndef KVM_XEN_LIFE_H
#define KVM_XEN_LIFE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cfg.h"

enum life_end { LIFE_CRASH, LIFE_POWEROFF, LIFE_REBOOT, LIFE_STOPPED };

/* In memory that the process which lives it shares with the one that looks after it. */
struct life {
	uint32_t domid;		/* 0: it has none yet */
	bool resumed;		/* the guest has run */
	enum life_end end;
	long long ran, ended;	/* when the guest began to run, and has ended; in s, 0: not yet */
	char platform[40];	/* its platform device, if it has one */
};

struct life_setup {
	const struct cfg *cfg;
	char uuid[37];
	int ctl;		/* of who looks after it, which holds the domain */
	bool verbose;
	int status;		/* gets the domain's number when the guest runs; -1: nobody waits */
	pid_t parent;		/* who looks after it */
	int log;		/* what is said from then on, and by children before; -1: nowhere else */
};

/* In a process of its own. It ends with a status, and its children with it. */
void __attribute__((noreturn)) life_run(struct life *l, const struct life_setup *s);

/*
 * When it has ended, however it has: take away what is left of it. Waits until the domain is gone,
 * for a while.
 */
void life_undo(const struct life *l, int ctl);

/* A line in the log. */
void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...);

#endif
