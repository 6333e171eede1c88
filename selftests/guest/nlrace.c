// SPDX-License-Identifier: GPL-2.0
/*
 * N-level with two CPUs: a vCPU that registers late, leaves that are added and a tree
 * that grows while events arrive, events that are sent and unmasked by one CPU while the
 * other scans. Every event is observed at least once.
 */
#include "nlrun.h"

#define ROUNDS	600
#define PORTS	64	/* a word of leaves for each CPU's scan to share */

static volatile u32 phase, done;
static u32 out[PORTS], in[PORTS];	/* an event on out[] arrives at in[] */
static volatile u32 count[4096], on_cpu[4096];
static volatile u32 sent;

static void note_event(unsigned int cpu, u32 p)
{
	if (p >= ARRAY_SIZE(count))
		return;
	on_cpu[p] = cpu;
	__atomic_fetch_add(&count[p], 1, __ATOMIC_SEQ_CST);
}

static void let_in(void)
{
	sti();
	relax();
	cli();
}

/* Until *v is no longer @old: false after a long while. */
static bool changes(volatile u32 *v, u32 old)
{
	u64 end = rt_now(rt_vi(0)) + 20000000000ULL;

	while (*v == old) {
		let_in();
		if (rt_now(rt_vi(0)) > end)
			return false;
	}
	return true;
}

static bool to_phase(u32 n)
{
	phase = n;
	return changes(&done, done);
}

static void other(unsigned int cpu)
{
	u32 last = 0, i = 0;

	for (;;) {
		if (phase != last) {
			last = phase;
			done++;
		}
		switch (last) {
		case 1:		/* send, and never scan: interrupts stay off */
			rt_send(out[i++ % PORTS]);
			sent++;
			relax();
			break;
		case 2:		/* send and scan */
			let_in();
			rt_send(out[i++ % PORTS]);
			sent++;
			break;
		case 3:		/* unmask what the other one masks */
			let_in();
			nl_unmask(in[i++ % PORTS]);
			break;
		case 6:		/* the ABI changes: do not scan */
			relax();
			break;
		default:
			let_in();
		}
	}
}

static void bind(u32 p, u32 vcpu)
{
	struct evtchn_bind_vcpu b = { .port = p, .vcpu = vcpu };

	evtchn_op(EVTCHNOP_bind_vcpu, &b);
}

/* A vCPU without selectors: what is sent to it comes when it has them. */
static void test_late(void)
{
	struct evtchn_nlevel_vcpu v = {
		.vcpu = 1, .offset = L2_BYTES, .l2_gfn = GFN(nl_l2),
		.l3_gfns = (unsigned long)rq.l3[1],
	};
	u32 a = rt_bind_ipi(1), b = rt_bind_ipi(1);

	rt_send(a);
	nl_mask_port(b);
	rt_send(b);
	check("B34 a vCPU without selectors is told nothing",
	      count[a] + rt_vi(1)->evtchn_pending_sel, 0);
	nl_fill(nl_levels, 1, 2);	/* for its list of pages */
	check("B34 its level 2 where another one's is",
	      (v.offset = 0, evtchn_op(EVTCHNOP_nlevel_vcpu, &v)),
	      XEN_EINVAL);
	v.offset = L2_BYTES;
	check("B34 it registers", evtchn_op(EVTCHNOP_nlevel_vcpu, &v), 0);
	check("B34 again", evtchn_op(EVTCHNOP_nlevel_vcpu, &v), XEN_EBUSY);
	check("B34 what was sent comes", changes(&count[a], 0), 1);
	check("B34 there", on_cpu[a], 1);
	check("B34 what is masked does not", count[b], 0);
	nl_unmask(b);
	check("B34 until it is unmasked", changes(&count[b], 0), 1);
	rt_close(a);
	rt_close(b);
}

/* Each port is sent to once more: it must come. */
static u32 lost_after(void)
{
	u32 i, lost = 0;

	for (i = 0; i < PORTS; i++) {
		u32 before = count[in[i]];

		nl_unmask(in[i]);
		rt_send(out[i]);
		lost += !changes(&count[in[i]], before);
	}
	return lost;
}

static void test_expand(void)
{
	u32 i, before = sent;

	to_phase(1);
	changes(&sent, before);
	nl_fill(nl_levels, 8, 2);
	for (i = 1; i < 4; i++) {
		long ret = nl_expand(i, 1);

		if (ret)
			check("B43 expand while events arrive", ret, 0);
		before = sent;
		changes(&sent, before);
	}
	to_phase(4);
	check("B43 none is lost while leaves are added", lost_after(), 0);
}

static void test_grow(u32 levels)
{
	u32 before = sent;

	to_phase(1);
	changes(&sent, before);
	check("deepen while events arrive", nl_deepen(levels, 2), 0);
	before = sent;
	changes(&sent, before);
	to_phase(4);
	check("none is lost while the tree grows", lost_after(), 0);
}

/* Both send, both scan, ports move between them, masks come and go. */
static void test_storm(void)
{
	u32 i, lost = 0;

	to_phase(2);
	for (i = 0; i < ROUNDS && !lost; i++) {
		u32 p = in[i % PORTS], before = count[p];

		bind(p, i & 1);
		rt_send(out[i % PORTS]);
		lost += !changes(&count[p], before);
	}
	check("B36 none is lost while two CPUs scan", lost, 0);
	to_phase(3);
	for (i = 0; i < ROUNDS && !lost; i++) {
		u32 p = in[i % PORTS], before = count[p];

		nl_mask_port(p);
		rt_send(out[i % PORTS]);
		lost += !changes(&count[p], before);
	}
	check("B37 none is lost while the other CPU unmasks", lost, 0);
	to_phase(4);
}

static void test_depth(u32 levels)
{
	u32 i;

	for (i = 0; i < PORTS; i++)
		out[i] = rt_loop(&in[i]);
	test_storm();
	if (levels > (BITS == 64 ? 2 : 3))
		test_expand();
	if (levels < 4) {
		for (i = 0; i < PORTS; i++)
			bind(in[i], 0);
		test_grow(levels + 1);
	}
}

void test_main(void)
{
	static const u32 depths[] = { 4, 2, 3 };
	u32 i;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	on_event = note_event;
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		note("# %u levels", depths[i]);
		/* The other one is offline at first, and must be there later. */
		check("B32 register", nl_start(depths[i], 1, i ? 2 : 1), 0);
		memset((void *)count, 0, sizeof(count));
		if (!i) {
			check("two CPUs", rt_start_cpus(2, other), 1);
			test_late();
		}
		to_phase(4);
		test_depth(depths[i]);
		to_phase(6);
		check("B38 reset", nl_reset(), 0);
		rt_vi(1)->evtchn_pending_sel = 0;
		rt_vi(1)->evtchn_upcall_pending = 0;
	}
}
