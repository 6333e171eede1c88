/* SPDX-License-Identifier: GPL-2.0-only */
/* Xenstore, by libxenstore. */
#ifndef KVM_XEN_STORE_H
#define KVM_XEN_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

#include "cfg.h"
#include "kvm-xen.h"

/* Ends the program with the reason if there is none. */
struct xs_handle *store_open(void);

/*
 * A connection that nobody speaks on, which ends with xenstored: libxenstore does not tell of that
 * who waits for a watch. -1: none.
 */
int store_open_idle(void);

/* What a node has; NULL: there is none. Free it. */
char *store_read(struct xs_handle *h, const char *fmt, ...)
__attribute__((format(printf, 2, 3)));
bool store_write(struct xs_handle *h, const char *value, const char *fmt, ...)
__attribute__((format(printf, 3, 4)));

/* A new domain's nodes; its console's; each ends the program if it fails. */
void store_add(struct xs_handle *h, const struct cfg *c, const char *uuid, uint32_t domid,
	       const struct special *s);
void store_introduce(struct xs_handle *h, uint32_t domid, const struct special *s);
void store_add_console(struct xs_handle *h, uint32_t domid, const struct special *s);

/*
 * Are all devices of a domain that a backend serves where they wait for the guest? @which: one that
 * is not, in words.
 */
bool store_devices_ready(struct xs_handle *h, uint32_t domid, unsigned int disks,
			 unsigned int vifs, char *which, size_t size);

/*
 * All that there is of a domain, whoever has made it. False: something is left, and so is the mark
 * of this tool, which can be taken away alone.
 */
bool store_remove(struct xs_handle *h, uint32_t domid);
bool store_unmark(struct xs_handle *h, uint32_t domid);

/* The first domain of that name; false: there is none. */
bool store_find(struct xs_handle *h, const char *name, uint32_t *domid);

/* Call for each domain that this tool has made and that has nodes, also if it is gone. */
void store_each_made(struct xs_handle *h, void (*call)(void *to, uint32_t domid, const char *name),
		     void *to);

#endif
