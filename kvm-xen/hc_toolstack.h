/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of domctl and sysctl. */
#ifndef KXEN_HC_TOOLSTACK_H
#define KXEN_HC_TOOLSTACK_H

#include "toolstack_abi.h"

#ifndef DOMID_FIRST_RESERVED
#define DOMID_FIRST_RESERVED	0x7ff0
#endif

#define KXEN_SCHED_UNKNOWN	0	/* none of Xen's schedulers, to libxl */

struct kxen_domain;
struct kxen_hc;

/* hc_domctl.c */
void kxen_toolstack_info(struct kxen_domain *d, struct kxen_getdomaininfo *i);
u64 kxen_toolstack_cpu_time(u32 cpu);

/* hc_domctl_vcpu.c */
long kxen_hc_getvcpuinfo(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c);
long kxen_hc_getvcpuaffinity(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c);
long kxen_hc_setvcpuaffinity(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c);

/* hc_topology.c, hc_console.c: sysctl */
long kxen_hc_cputopoinfo(struct kxen_hc *hc, struct kxen_sysctl *s);
long kxen_hc_numainfo(struct kxen_hc *hc, struct kxen_sysctl *s);
long kxen_hc_pcitopoinfo(struct kxen_hc *hc, struct kxen_sysctl *s);
long kxen_hc_readconsole(struct kxen_hc *hc, struct kxen_sysctl *s);

/* hc_bitmap.c */
int kxen_hc_put_bitmap(struct kxen_hc *hc, const struct kxen_xenctl_bitmap *to,
		       const unsigned long *bits, u32 nr);
int kxen_hc_get_bitmap(struct kxen_hc *hc, const struct kxen_xenctl_bitmap *from,
		       unsigned long *bits, u32 nr);

#endif
