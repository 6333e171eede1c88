/* SPDX-License-Identifier: GPL-2.0-only */
/* The device nodes that Xen's tools expect in domain 0, which is this host: the door to all. */
#ifndef KXEN_DOM0_H
#define KXEN_DOM0_H

int kxen_dom0_init(void);
void kxen_dom0_exit(void);

#endif
