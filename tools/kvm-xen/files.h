/* SPDX-License-Identifier: GPL-2.0-only */
/* The two files of a saved domain: FILE, and FILE.vm beside it. */
#ifndef KVM_XEN_FILES_H
#define KVM_XEN_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "kvm-xen.h"

enum { PART_DOMAIN, PART_VM, PARTS };

/*
 * Files that are being written. They have other names until both are whole and on the
 * disk: whatever happens before that, older ones stay as they are.
 */
struct saving {
	int dir;		/* where they will be */
	int fd[PARTS];
	char name[PARTS][256], temp[PARTS][40];
};

/* False, with the reason on standard error. */
bool saving_begin(struct saving *s, const char *file);
bool saving_domain(struct saving *s, const struct domain_options *o,
		   const void *state, uint32_t len);
bool saving_commit(struct saving *s);
void saving_drop(struct saving *s);

/* A saved domain that is open for reading. */
struct saved {
	int fd[PARTS];
	void *state;
	uint32_t len;
	struct domain_options options;
};

/* Ends the program, with a reason, if anything is wrong with one of them. */
void saved_open(struct saved *s, const char *file);

#endif
