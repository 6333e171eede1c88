/* SPDX-License-Identifier: GPL-2.0-only */
/* The device nodes that Xen's tools expect in domain 0, which is this host. */
#ifndef KXEN_DOM0_H
#define KXEN_DOM0_H

int kxen_evtchn_dev_init(void);
void kxen_evtchn_dev_exit(void);
int kxen_privcmd_init(void);
void kxen_privcmd_exit(void);

#endif
