// SPDX-License-Identifier: GPL-2.0
/* The operations that Xen has not: the N-level ABI, and FIFO's batch. */
#include "fuzz.h"

#define LIST	64

/* What an argument points to: this CPU's own. */
static struct {
	u64 pending[LIST], mask[LIST], l3[LIST];
	struct evtchn_nlevel_vcpu vcpu[8];
	struct evtchn_fifo_init fifo[8];
} lists[FUZZ_CPUS] page_aligned;

static u64 *gfns(unsigned int c, u64 *list, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		list[i] = fuzz_gfn(c);
	return list;
}

/* Mostly the address, now and then anything. */
static u64 pointer(unsigned int c, const void *p)
{
	return fuzz_one_in(c, 12) ? fuzz_odd(c) : (unsigned long)p;
}

static struct evtchn_nlevel_vcpu one_vcpu(unsigned int c, u32 id)
{
	return (struct evtchn_nlevel_vcpu) {
		.vcpu = fuzz_one_in(c, 5) ? fuzz_vcpu(c) : id,
		.offset = fuzz_one_in(c, 4) ? fuzz_offset(c) : id * 512,
		.l2_gfn = fuzz_gfn(c),
		.l3_gfns = pointer(c, lists[c].l3 + 8 * (id % 7)),
	};
}

static u32 a_few(unsigned int c, u32 n)
{
	return fuzz_one_in(c, 8) ? fuzz_odd(c) : fuzz_below(c, n);
}

static unsigned long nl_register(unsigned int c, u32 pages)
{
	struct evtchn_nlevel_register a = {
		.version = fuzz_one_in(c, 10) ? fuzz_below(c, 3) : KXEN_NLEVEL_VERSION,
		.levels = fuzz_below(c, 6),
		.nr_pages = pages,
		.nr_vcpus = fuzz_one_in(c, 3) ? a_few(c, 8) : fuzz_cpus,
		.pending_gfns = pointer(c, gfns(c, lists[c].pending, 16)),
		.mask_gfns = pointer(c, gfns(c, lists[c].mask, 16)),
		.vcpus = pointer(c, lists[c].vcpu),
	};
	u32 i;

	gfns(c, lists[c].l3, LIST);
	for (i = 0; i < ARRAY_SIZE(lists[c].vcpu); i++)
		lists[c].vcpu[i] = one_vcpu(c, i);
	return FUZZ_ARG(c, a);
}

static unsigned long ext_register(unsigned int c)
{
	return nl_register(c, a_few(c, 10));
}

static unsigned long ext_deepen(unsigned int c)
{
	return nl_register(c, fuzz_one_in(c, 12));
}

static unsigned long ext_vcpu(unsigned int c)
{
	struct evtchn_nlevel_vcpu a = one_vcpu(c, fuzz_below(c, FUZZ_CPUS));

	gfns(c, lists[c].l3, LIST);
	return FUZZ_ARG(c, a);
}

static unsigned long ext_expand(unsigned int c)
{
	struct evtchn_nlevel_expand a = {
		.nr_pages = a_few(c, 4),
		.pad = fuzz_one_in(c, 12),
		.pending_gfns = pointer(c, gfns(c, lists[c].pending, 16)),
		.mask_gfns = pointer(c, gfns(c, lists[c].mask, 16)),
	};

	return FUZZ_ARG(c, a);
}

static unsigned long ext_query(unsigned int c)
{
	struct evtchn_nlevel_query a = { 0 };

	return FUZZ_ARG(c, a);
}

static unsigned long ext_batch(unsigned int c)
{
	struct evtchn_fifo_init_batch a = {
		.nr = a_few(c, 8), .list = pointer(c, lists[c].fifo),
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lists[c].fifo); i++)
		lists[c].fifo[i] = (struct evtchn_fifo_init) {
			.control_gfn = fuzz_gfn(c),
			.offset = fuzz_one_in(c, 6) ? fuzz_offset(c) : 72 * i,
			.vcpu = fuzz_one_in(c, 4) ? fuzz_vcpu(c) : i,
		};
	return FUZZ_ARG(c, a);
}

static const struct { u32 op; unsigned long (*arg)(unsigned int c); } ops[] = {
	{ EVTCHNOP_nlevel_register, ext_register },
	{ EVTCHNOP_nlevel_register, ext_register },
	{ EVTCHNOP_nlevel_deepen, ext_deepen },
	{ EVTCHNOP_nlevel_vcpu, ext_vcpu },
	{ EVTCHNOP_nlevel_expand, ext_expand },
	{ EVTCHNOP_nlevel_query, ext_query },
	{ EVTCHNOP_fifo_init_batch, ext_batch },
};

void fuzz_ext(unsigned int c, struct fuzz_call *k)
{
	k->nr = __HYPERVISOR_event_channel_op;
	k->group = FUZZ_EXT;
	k->op = fuzz_below(c, ARRAY_SIZE(ops));
	k->arg[0] = ops[k->op].op;
	k->arg[1] = ops[k->op].arg(c);
}
