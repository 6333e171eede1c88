/* SPDX-License-Identifier: GPL-2.0-only */
/* The N-level ABI: between its registration (nlevel_op.c) and its tree. */
#ifndef KXEN_NLEVEL_H
#define KXEN_NLEVEL_H

#include <linux/types.h>
#include <xen/kxen_evtchn.h>

#include "evtchn_internal.h"
#include "nlevel_walk.h"

static_assert(KXEN_NL_MAX_LEVELS == KXEN_NLEVEL_MAX_LEVELS);
static_assert(KXEN_NL_PAGE_BITS == KXEN_NLEVEL_PAGE_PORTS);

/* What a guest gives for one vCPU, copied and not yet checked. */
struct kxen_nl_sel {
	u32 vcpu;
	u32 offset;
	u64 l2_gfn;
	u64 l3_gfn[KXEN_NL_INNER_PAGES];
};

/**
 * struct kxen_nl_req - a registration, copied and not yet checked.
 * @levels: depth.
 * @nr_pages: leaf pages.
 * @nr_sels: vCPUs.
 * @pending: gfns of the pending bits.
 * @mask: gfns of the mask bits.
 * @sel: the vCPUs.
 */
struct kxen_nl_req {
	u32 levels;
	u32 nr_pages;
	u32 nr_sels;
	u64 *pending;
	u64 *mask;
	struct kxen_nl_sel *sel;
};

u32 kxen_nl_max_pages(struct kxen_domain *d);
void kxen_nl_query(struct kxen_domain *d, struct evtchn_nlevel_query *q);
int kxen_nl_register(struct kxen_domain *d, const struct kxen_nl_req *r);
int kxen_nl_deepen(struct kxen_domain *d, const struct kxen_nl_req *r);
int kxen_nl_expand(struct kxen_domain *d, const struct kxen_nl_req *r);
int kxen_nl_vcpu(struct kxen_domain *d, const struct kxen_nl_sel *s);
u32 kxen_nl_levels(struct kxen_domain *d);

#endif
