// SPDX-License-Identifier: GPL-2.0
/* Event channels, in their three ABIs. */
#include "fnth.h"

/* The lists of vCPUs in nlrun.h have two of them, and room for one that comes later. */
#define NR_CPUS	3
#include "../nlrun.h"

#define BUCKET	64	/* ports, or 16 in a kernel whose locks are larger */

static u32 last;

/* Up to where the next port needs a further bucket: those that were made have stayed. */
static void fill_bucket(void)
{
	static u32 made;

	do
		last = rt_alloc_unbound(DOMID_SELF);
	while (last && (last % BUCKET != BUCKET - 1 || last < made));
	made = last + BUCKET;
}

/* Open ports, which a change of the ABI takes over. */
void few_ports(void)
{
	u32 i;

	for (i = 0; i < 4; i++)
		last = rt_alloc_unbound(DOMID_SELF);
}

static long alloc_unbound(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

	return evtchn_op(EVTCHNOP_alloc_unbound, &a);
}

static long bind_interdomain(void)
{
	struct evtchn_bind_interdomain a = { .remote_dom = DOMID_SELF, .remote_port = last };

	return evtchn_op(EVTCHNOP_bind_interdomain, &a);
}

static long bind_ipi(void)
{
	struct evtchn_bind_ipi a = { .vcpu = 0 };

	return evtchn_op(EVTCHNOP_bind_ipi, &a);
}

static long bind_virq(void)
{
	struct evtchn_bind_virq a = { .virq = VIRQ_TIMER, .vcpu = 0 };

	return evtchn_op(EVTCHNOP_bind_virq, &a);
}

static long close_last(void)
{
	return rt_close(last);
}

static long send_last(void)
{
	return rt_send(last);
}

/* The second entry needs what the first one took the last of. */
static long in_multicall(void)
{
	static struct evtchn_alloc_unbound a[2];
	static struct multicall_entry list[2];
	long ret;
	u32 i;

	for (i = 0; i < 2; i++) {
		a[i] = (struct evtchn_alloc_unbound) { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
		list[i].op = __HYPERVISOR_event_channel_op;
		list[i].args[0] = EVTCHNOP_alloc_unbound;
		list[i].args[1] = (unsigned long)&a[i];
	}
	ret = hc2(__HYPERVISOR_multicall, list, 2);
	return ret ?: (long)list[0].result ?: (long)list[1].result;
}

static long reset(void)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };

	return evtchn_op(EVTCHNOP_reset, &r);
}

/* --- FIFO --------------------------------------------------------------------------- */

static long init_control(u32 vcpu)
{
	struct evtchn_init_control a = { .control_gfn = PAGE_GFN(16 + vcpu), .vcpu = vcpu };

	return evtchn_op(EVTCHNOP_init_control, &a);
}

static long init_first(void)
{
	return init_control(0);
}

static long init_second(void)
{
	return init_control(1);
}

static void have_fifo(void)
{
	few_ports();
	init_control(0);
}

static long expand_array(void)
{
	struct evtchn_expand_array a = { .array_gfn = PAGE_GFN(20) };

	return evtchn_op(EVTCHNOP_expand_array, &a);
}

static long fifo_batch(void)
{
	static struct evtchn_fifo_init list[2];
	struct evtchn_fifo_init_batch a = { .nr = 2, .list = (unsigned long)list };

	list[0] = (struct evtchn_fifo_init) { PAGE_GFN(16), 0, 0 };
	list[1] = (struct evtchn_fifo_init) { PAGE_GFN(17), 0, 1 };
	return evtchn_op(EVTCHNOP_fifo_init_batch, &a);
}

static void have_fifo_array(void)
{
	have_fifo();
	expand_array();
	alloc_unbound();
}

/* --- N-level ------------------------------------------------------------------------- */

static void prepare(u32 levels, u32 pages)
{
	few_ports();
	nl_clear();
	nl_fill(levels, pages, 2);
}

static void prepare_2(void)
{
	prepare(2, 1);
}

static void prepare_3(void)
{
	prepare(3, 1);
}

static void prepare_4(void)
{
	prepare(4, 2);
}

static long registration(void)
{
	return nl_register();
}

/* Deep enough for more pages, also with 32 bits to a word. */
static void have_room(void)
{
	prepare(4, 1);
	nl_register();
}

/* A tree that the third vCPU, which is offline, is not in yet. */
static void have_two(void)
{
	prepare(4, 1);
	nl_fill(4, 1, 3);
	rq.reg.nr_vcpus = 2;
	nl_register();
}

static void have_3(void)
{
	prepare_3();
	nl_register();
}

static void have_4(void)
{
	prepare_4();
	nl_register();
	alloc_unbound();
}

static long expand(void)
{
	return nl_expand(1, 2);
}

static long deepen(void)
{
	memset(nl_l2, 0, sizeof(nl_l2));
	nl_fill(4, 0, 2);
	return evtchn_op(EVTCHNOP_nlevel_deepen, &rq.reg);
}

static long late_vcpu(void)
{
	return evtchn_op(EVTCHNOP_nlevel_vcpu, &rq.vcpu[2]);
}

static long query(void)
{
	struct evtchn_nlevel_query q;

	return evtchn_op(EVTCHNOP_nlevel_query, &q);
}

const struct op evtchn_ops[] = {
	{ "alloc_unbound", fill_bucket, alloc_unbound, nothing },
	{ "bind_interdomain", fill_bucket, bind_interdomain, nothing },
	{ "bind_ipi", fill_bucket, bind_ipi, nothing },
	{ "bind_virq", fill_bucket, bind_virq, all_new },
	{ "multicall of alloc_unbound", fill_bucket, in_multicall, nothing },
	{ "send", few_ports, send_last, nothing },
	{ "close", few_ports, close_last, all_new },
	{ "init_control, the first", few_ports, init_first, all_new },
	{ "init_control, the second", have_fifo, init_second, all_new },
	{ "expand_array", have_fifo, expand_array, all_new },
	{ "fifo_init_batch", few_ports, fifo_batch, all_new },
	{ "reset from FIFO", have_fifo_array, reset, all_new },
	{ "nlevel_register, 2 levels", prepare_2, registration, all_new },
	{ "nlevel_register, 3 levels", prepare_3, registration, all_new },
	{ "nlevel_register, 4 levels", prepare_4, registration, all_new },
	{ "nlevel_expand", have_room, expand, all_new },
	{ "nlevel_deepen", have_3, deepen, all_new },
	{ "nlevel_vcpu", have_two, late_vcpu, all_new },
	{ "nlevel_query", nothing, query, nothing },
	{ "reset from N-level", have_4, reset, all_new },
	{ 0 },
};
