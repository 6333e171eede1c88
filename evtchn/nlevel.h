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
 * @may_miss: a vCPU that is online need not be among them.
 */
struct kxen_nl_req {
	u32 levels;
	u32 nr_pages;
	u32 nr_sels;
	u64 *pending;
	u64 *mask;
	struct kxen_nl_sel *sel;
	bool may_miss;
};

/* One vCPU's inner levels, and the pages that hold them. */
struct kxen_nl_vcpu {
	struct kxen_nl_inner in;
	struct kxen_page l2;
	struct kxen_page l3[KXEN_NL_INNER_PAGES];
};

/**
 * struct kxen_nlevel - N-level state of a domain.
 * @levels: depth.
 * @shift: log2 of the bits of a word.
 * @nr_ports: ports with a leaf bit; published after their pages.
 * @nr_pages: leaf pages of each kind.
 * @max_pages: room in @pending and @mask.
 * @pending: leaf pages.
 * @mask: leaf pages.
 * @vcpu: entries appear once, complete.
 */
struct kxen_nlevel {
	u8 levels;
	u8 shift;
	u32 nr_ports;
	u32 nr_pages;
	u32 max_pages;
	struct kxen_page *pending;
	struct kxen_page *mask;
	struct kxen_nl_vcpu *vcpu[KXEN_MAX_VCPUS];
};

/* A port's bits in the leaf; false if it has none. */
struct kxen_nl_leaf {
	struct kxen_gptr pending;
	struct kxen_gptr mask;
	u32 bit;
};

/* nlevel.c */
void kxen_nl_replay(struct kxen_domain *d, const struct kxen_nlevel *nl,
		    struct kxen_vcpu *only);
bool kxen_nl_leaf(const struct kxen_nlevel *nl, u32 port, struct kxen_nl_leaf *l);

/* nlevel_save.c */
void kxen_nl_save(struct kxen_domain *d, struct kxen_stream_out *s);

/* nlevel_tree.c */
void kxen_nl_free(struct kxen_domain *d, struct kxen_nlevel *nl);
void kxen_nl_stop(struct kxen_domain *d);
int kxen_nl_build(struct kxen_domain *d, const struct kxen_nl_req *r,
		  struct kxen_nlevel **out);
u32 kxen_nl_max_pages(struct kxen_domain *d);
void kxen_nl_query(struct kxen_domain *d, struct evtchn_nlevel_query *q);
int kxen_nl_register(struct kxen_domain *d, const struct kxen_nl_req *r);
int kxen_nl_deepen(struct kxen_domain *d, const struct kxen_nl_req *r);
int kxen_nl_expand(struct kxen_domain *d, const struct kxen_nl_req *r);
int kxen_nl_vcpu(struct kxen_domain *d, u32 levels, const struct kxen_nl_sel *s);
u32 kxen_nl_levels(struct kxen_domain *d);

#endif
