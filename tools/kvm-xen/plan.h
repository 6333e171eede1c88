/* SPDX-License-Identifier: GPL-2.0-only */
/* From a guest's configuration to what is to be done: command lines, nodes of xenstore. */
#ifndef KVM_XEN_PLAN_H
#define KVM_XEN_PLAN_H

#include <stdbool.h>

#include "cfg.h"
#include "kvm-xen.h"

/* Words of a command line, which ends with NULL. */
struct words {
	char **v;
	int n;
};

void words_free(struct words *w);

/* As a shell takes them. */
void words_print(const struct words *w);

struct words plan_vmm(const struct cfg *c, const char *uuid);

/* What a guest of type "pv" is booted by; if there is none: where it was looked for first. */
const char *plan_shim(const struct cfg *c);

/* @domid: as a text, since without a domain it is not known yet. */
struct words plan_backend(const struct cfg *c, const char *domid);

/* Does a second QEMU serve devices of it? */
bool plan_has_backend(const struct cfg *c);

void plan_options(const struct cfg *c, struct domain_options *o);

/*
 * The nodes of a domain: @put is called for each, in the order in which they are to be written.
 * @perms: whom it belongs to and who reads it, as xenstore-chmod takes them; NULL: as the node
 * above it.
 */
typedef void plan_put(void *to, const char *path, const char *value, const char *perms);

void plan_nodes(const struct cfg *c, const char *uuid, const char *domid, const char *store_port,
		const char *store_gfn, plan_put *put, void *to);
void plan_console(const char *domid, const char *port, const char *gfn, plan_put *put, void *to);

/* Every step on standard output. */
void plan_print(const struct cfg *c, const char *uuid);

#endif
