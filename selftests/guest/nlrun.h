/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's side of the N-level ABI (Documentation/evtchn-nlevel.rst), at any depth:
 * one walk from the root to the leaf, each word taken before its children are looked at.
 */
#ifndef NLRUN_H
#define NLRUN_H

#include "rt.h"
#include <xen/kxen_evtchn.h>

#ifndef NR_CPUS
#define NR_CPUS		2
#endif
#define BITS		(sizeof(long) * 8)
#define MAX_LEAVES	8
#define L2_BYTES	(BITS * BITS / 8)
#define L3_PAGES	(BITS == 64 ? 8 : 1)
#define PAGE_WORDS	(PAGE_SIZE / sizeof(long))

static unsigned long nl_pending[MAX_LEAVES * PAGE_WORDS] page_aligned;
static unsigned long nl_mask[MAX_LEAVES * PAGE_WORDS] page_aligned;
static unsigned long nl_l2[PAGE_WORDS] page_aligned;	/* all CPUs' */
static unsigned long nl_l3[NR_CPUS][L3_PAGES * PAGE_WORDS] page_aligned;
static u32 nl_levels;

/* Called for each event. */
static void (*on_event)(unsigned int cpu, u32 port);

#define GFN(p)	((unsigned long)(p) / PAGE_SIZE)
#define NL_WORD(p)	((p) / BITS)
#define NL_BIT(p)	(1UL << ((p) % BITS))

static inline bool nl_is_pending(u32 port)
{
	return READ(nl_pending[NL_WORD(port)]) & NL_BIT(port);
}

static inline bool nl_is_masked(u32 port)
{
	return READ(nl_mask[NL_WORD(port)]) & NL_BIT(port);
}

static inline void nl_mask_port(u32 port)
{
	__atomic_fetch_or(&nl_mask[NL_WORD(port)], NL_BIT(port),
			  __ATOMIC_SEQ_CST);
}

/* As a guest does it: a hypercall only if the event waits. */
static inline long nl_unmask(u32 port)
{
	struct evtchn_unmask u = { .port = port };

	if (nl_is_pending(port))
		return evtchn_op(EVTCHNOP_unmask, &u);
	__atomic_fetch_and(&nl_mask[NL_WORD(port)], ~NL_BIT(port),
			   __ATOMIC_SEQ_CST);
	return nl_is_pending(port) ? evtchn_op(EVTCHNOP_unmask, &u) : 0;
}

static inline unsigned long *nl_word(unsigned int cpu, u32 level, u32 word)
{
	if (level == 1)
		return (unsigned long *)&rt_vi(cpu)->evtchn_pending_sel;
	if (level == 2)
		return &nl_l2[cpu * BITS + word];
	return &nl_l3[cpu][word];
}

static void nl_leaf(unsigned int cpu, u32 word)
{
	unsigned long w = READ(nl_pending[word]) & ~READ(nl_mask[word]);

	while (w) {
		u32 bit = __builtin_ctzl(w);

		w &= w - 1;
		if (rt_mine && !rt_mine(cpu, word * BITS + bit))
			continue;
		__atomic_fetch_and(&nl_pending[word], ~(1UL << bit),
				   __ATOMIC_SEQ_CST);
		if (on_event)
			on_event(cpu, word * BITS + bit);
	}
}

static void nl_walk(unsigned int cpu, u32 level, u32 word)
{
	unsigned long w;

	if (level == nl_levels) {
		nl_leaf(cpu, word);
		return;
	}
	w = __atomic_exchange_n(nl_word(cpu, level, word), 0, __ATOMIC_SEQ_CST);
	while (w) {
		u32 bit = __builtin_ctzl(w);

		w &= w - 1;
		nl_walk(cpu, level + 1, word * BITS + bit);
	}
}

static void nl_take(unsigned int cpu)
{
	rt_upcalls[cpu]++;
	rt_vi(cpu)->evtchn_upcall_pending = 0;
	__sync_synchronize();
	nl_walk(cpu, 1, 0);
}

/* --- the calls -------------------------------------------------------------------- */

/* A registration that can be spoilt before it is made. */
static struct {
	struct evtchn_nlevel_register reg;
	struct evtchn_nlevel_vcpu vcpu[NR_CPUS + 1];
	u64 pending[64], mask[64], l3[NR_CPUS + 1][8];
} rq;

static inline void nl_fill(u32 levels, u32 pages, u32 cpus)
{
	u32 i, k;

	memset(&rq, 0, sizeof(rq));
	rq.reg = (struct evtchn_nlevel_register) {
		.version = KXEN_NLEVEL_VERSION, .levels = levels,
		.nr_pages = pages, .nr_vcpus = cpus,
		.pending_gfns = (unsigned long)rq.pending,
		.mask_gfns = (unsigned long)rq.mask,
		.vcpus = (unsigned long)rq.vcpu,
	};
	for (i = 0; i < 64; i++) {
		rq.pending[i] = GFN(nl_pending) + i;
		rq.mask[i] = GFN(nl_mask) + i;
	}
	for (i = 0; i < cpus; i++) {
		rq.vcpu[i] = (struct evtchn_nlevel_vcpu) {
			.vcpu = i, .offset = i * L2_BYTES,
			.l2_gfn = GFN(nl_l2),
			.l3_gfns = (unsigned long)rq.l3[i],
		};
		for (k = 0; k < L3_PAGES; k++)
			rq.l3[i][k] = GFN(nl_l3[i]) + k;
	}
}

static inline long nl_register(void)
{
	return evtchn_op(EVTCHNOP_nlevel_register, &rq.reg);
}

/* Empty pages: nothing pending, all masked but what is open. */
static inline void nl_clear(void)
{
	memset(nl_pending, 0, sizeof(nl_pending));
	memset(nl_mask, 0, sizeof(nl_mask));
	memset(nl_l2, 0, sizeof(nl_l2));
	memset(nl_l3, 0, sizeof(nl_l3));
}

static inline long nl_start(u32 levels, u32 pages, u32 cpus)
{
	long ret;

	nl_clear();
	nl_fill(levels, pages, cpus);
	ret = nl_register();
	if (!ret) {
		nl_levels = levels;
		rt_take_events = nl_take;
	}
	return ret;
}

static inline long nl_deepen(u32 levels, u32 cpus)
{
	long ret;

	memset(nl_l2, 0, sizeof(nl_l2));
	memset(nl_l3, 0, sizeof(nl_l3));
	nl_fill(levels, 0, cpus);
	ret = evtchn_op(EVTCHNOP_nlevel_deepen, &rq.reg);
	if (!ret)
		nl_levels = levels;
	return ret;
}

static inline long nl_expand(u32 have, u32 more)
{
	struct evtchn_nlevel_expand e = {
		.nr_pages = more,
		.pending_gfns = (unsigned long)(rq.pending + have),
		.mask_gfns = (unsigned long)(rq.mask + have),
	};

	return evtchn_op(EVTCHNOP_nlevel_expand, &e);
}

static inline long nl_reset(void)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };
	long ret = evtchn_op(EVTCHNOP_reset, &r);

	if (!ret) {
		rt_take_events = rt_take_2l;
		rt_vi(0)->evtchn_upcall_pending = 0;
		rt_vi(0)->evtchn_pending_sel = 0;
		memset(shinfo_page.evtchn_mask, 0,
		       sizeof(shinfo_page.evtchn_mask));
		memset(shinfo_page.evtchn_pending, 0,
		       sizeof(shinfo_page.evtchn_pending));
	}
	return ret;
}

#endif
