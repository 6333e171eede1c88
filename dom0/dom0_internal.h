/* SPDX-License-Identifier: GPL-2.0-only */
/* Domain 0's device nodes, a file for each; dom0.c has the table of them. */
#ifndef KXEN_DOM0_INTERNAL_H
#define KXEN_DOM0_INTERNAL_H

#include <linux/types.h>

struct evtchn_port;
struct miscdevice;

extern struct miscdevice kxen_evtchn_dev;
extern struct miscdevice kxen_gntalloc_dev;
extern struct miscdevice kxen_gntdev_dev;
extern struct miscdevice kxen_privcmd_dev;

/* evtchn_dev.c: ports that others send on */
struct evtchn_port *kxen_evtchn_dev_get(u32 port);
void kxen_evtchn_dev_put(struct evtchn_port *p, bool send);

void kxen_gntalloc_exit(void);

/* xsd.c */
int kxen_xsd_init(void);
void kxen_xsd_exit(void);

#endif
