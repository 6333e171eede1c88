/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests that 'kvm-xen create' has made: their directories, who looks after them, what is left. */
#ifndef KVM_XEN_GUESTS_H
#define KVM_XEN_GUESTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "life.h"

struct xs_handle;

/* A file in the directory of a guest. */
void guest_path(char *path, size_t size, const char *name, const char *file);

/*
 * The guest's lock, which whoever looks after it has: then -1. The directory is made if @make;
 * without it and a directory: -1, too.
 */
int guest_lock(const char *name, bool make);

/* The process that looks after it, as it has written down; 0: there is none that has. */
pid_t guest_pid(const char *name);
void guest_set_pid(const char *name, pid_t pid);

/* Tell that process, if there is one, to end the guest; its number. */
pid_t guest_stop(const char *name);

/* log.c. A log of its own for each start; the one before is kept. */
int guest_open_log(const char *name);

/* Before a life: another file for @log, and for standard output and error, if it is large by now. */
void guest_turn_log(const char *name, int log);

/* On standard error, for somebody whose guest is not there. */
void guest_show_log(const char *name);

/*
 * Where children of the calling process are to write what goes to @log, of which so much is written
 * as one life may have. Until this process exits. -1: @log is.
 */
int log_of_life(int log);

/* Under the lock: what somebody who was killed has left of guests of that name; was there any? */
bool guest_clean(struct xs_handle *h, int ctl, const char *name);

/*
 * Lead a guest's lives, and clean up after each. @terminal: where the first one says what goes wrong
 * before the guest runs; -1: where all others say it. Returns a status.
 */
int guest_supervise(struct life_setup *s, int terminal);

#endif
