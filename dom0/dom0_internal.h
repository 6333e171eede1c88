/* SPDX-License-Identifier: GPL-2.0-only */
/* Domain 0's device nodes, a file for each; dom0.c has the table of them. */
#ifndef KXEN_DOM0_INTERNAL_H
#define KXEN_DOM0_INTERNAL_H

struct miscdevice;

extern struct miscdevice kxen_evtchn_dev;
extern struct miscdevice kxen_privcmd_dev;

#endif
