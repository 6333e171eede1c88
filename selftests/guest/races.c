// SPDX-License-Identifier: GPL-2.0
/*
 * Two CPUs on the same ports, each pair of operations for a while, at the same time as
 * whatever the host does. Then every channel must still carry its events. The command
 * line: the ABI (2l, fifo, nl3) and the milliseconds for each pair.
 */
#include "fiforun.h"

#undef NR_CPUS
#include "nlrun.h"

#define PAIRS	8
#define LOW	60	/* ports that everybody allocates and closes */
#define HIGH	76

extern u64 start_info_addr;

static u32 array[4 * WORDS] page_aligned;
static volatile u32 count[WORDS], phase, done;
static u32 out[PAIRS], in[PAIRS], turn[2];
static bool fifo, nl;
static u32 abi_levels;

static void note_event(unsigned int cpu, u32 port)
{
	if (port < WORDS)
		__atomic_fetch_add(&count[port], 1, __ATOMIC_SEQ_CST);
}

static void take_2l(unsigned int cpu)
{
	static u32 before[HIGH];
	u32 i;

	rt_take_2l(cpu);
	for (i = 0; i < HIGH; i++) {
		u32 now = rt_events[i];

		if (now != before[i]) {
			before[i] = now;
			note_event(cpu, i);
		}
	}
}

static void op_send(u32 i) { rt_send(out[i % PAIRS]); }
static void op_unmask(u32 i) { unmask(in[i % PAIRS]); }
static void op_prio(u32 i) { set_priority(in[i % PAIRS], i % 16); }

static void op_bind(u32 i)
{
	struct evtchn_bind_vcpu b = { .port = in[i % PAIRS], .vcpu = i / PAIRS & 1 };

	evtchn_op(EVTCHNOP_bind_vcpu, &b);
}

static void op_close(u32 i)
{
	u32 a = rt_alloc_unbound(DOMID_SELF);

	rt_send(LOW + i % (HIGH - LOW));
	rt_close(LOW + i * 5 % (HIGH - LOW));
	if (a < LOW || a >= HIGH)
		rt_close(a);
}

static void op_loop(u32 i)
{
	u32 b, a = rt_loop(&b);

	rt_send(a);
	if (a && a >= LOW)
		rt_close(a);
	if (b >= LOW)
		rt_close(b);
}

static void op_expand(u32 i)
{
	if (nl)
		nl_expand(1 + i % 3, 1);
	else
		expand_array(GFN(array) + i % 4);
}

static void op_init(u32 i)
{
	struct evtchn_nlevel_vcpu v = { .vcpu = i & 1, .l2_gfn = GFN(nl_l2) };

	if (nl)
		evtchn_op(EVTCHNOP_nlevel_vcpu, &v);
	else if (fifo)
		init_control(i & 1, GFN(&control[i & 1]), 0, 0);
}

static void op_status(u32 i)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = i % (HIGH + 4) };

	evtchn_op(EVTCHNOP_status, &s);
}

static void op_poll(u32 i)
{
	evtchn_port_t port = in[i % PAIRS];
	struct sched_poll p = { .nr_ports = 1, .timeout = 1 };

	set_xen_guest_handle_raw(p.ports, &port);
	sched_op(SCHEDOP_poll, &p);
}

static void op_reset(u32 i) { reset(DOMID_SELF); }

#define OP(n, f) { "none is lost: " n " beside each other operation", op_##f }

static const struct { const char *name; void (*fn)(u32 i); } ops[] = {
	OP("send", send), OP("unmask", unmask), OP("bind_vcpu", bind),
	OP("set_priority", prio), OP("close", close), OP("bind", loop),
	OP("expand", expand), OP("init", init), OP("status", status),
	OP("poll", poll), OP("reset", reset),
};

#define NR_OPS	ARRAY_SIZE(ops)
#define IDLE	100
#define HELD	101	/* does not look at events: the ABI changes */

static void let_in(void)
{
	sti();
	relax();
	cli();
}

static void other(unsigned int cpu)
{
	u32 last = ~0U;

	for (;;) {
		u32 now = phase;

		if (now != last) {
			last = now;
			done++;
		}
		if (now == HELD) {
			relax();
			continue;
		}
		let_in();
		if (now < NR_OPS)
			ops[now].fn(turn[1]++);
	}
}

static void to_phase(u32 n)
{
	u32 before = done;

	phase = n;
	while (done == before)
		let_in();
}

static void set_up(void)
{
	u32 i;

	memset((void *)count, 0, sizeof(count));
	if (fifo) {
		words = array;
		memset(array, 0, sizeof(array));
		if (init_cpu(0) || init_cpu(1) || expand_array(GFN(array)))
			check("FIFO", 1, 0);
		rt_take_events = fifo_take;
	} else if (nl) {
		if (nl_start(abi_levels, 1, 2))
			check("N-level", 1, 0);
	} else {
		rt_take_events = take_2l;
	}
	for (i = 0; i < PAIRS; i++)
		out[i] = rt_loop(&in[i]);
	while (rt_alloc_unbound(DOMID_SELF) < LOW - 1)
		;
	let_in();
}

/* Nothing is known of what is left; afterwards the domain is as new. */
static bool tear_down(void)
{
	u32 tries = 0;

	to_phase(HELD);
	while (reset(DOMID_SELF) && ++tries < 100)
		;
	rt_take_events = take_2l;
	memset(shinfo_page.evtchn_mask, 0, sizeof(shinfo_page.evtchn_mask));
	memset(shinfo_page.evtchn_pending, 0, sizeof(shinfo_page.evtchn_pending));
	rt_vi(0)->evtchn_pending_sel = rt_vi(1)->evtchn_pending_sel = 0;
	rt_vi(0)->evtchn_upcall_pending = rt_vi(1)->evtchn_upcall_pending = 0;
	return tries < 100;
}

/* Each channel carries an event, whatever was done to it. */
static u32 lost(void)
{
	u32 i, n = 0;

	for (i = 0; i < PAIRS; i++) {
		u64 end = rt_now(rt_vi(0)) + 10000000000ULL;
		u32 before = count[in[i]];

		unmask(in[i]);
		rt_send(out[i]);
		while (count[in[i]] == before && rt_now(rt_vi(0)) < end)
			let_in();
		n += count[in[i]] == before;
	}
	return n;
}

static u32 race(u32 a, u32 b, u64 ns)
{
	bool resets = ops[a].fn == op_reset || ops[b].fn == op_reset;
	u64 end = rt_now(rt_vi(0)) + ns;
	u32 bad;

	to_phase(b);
	while (rt_now(rt_vi(0)) < end) {
		let_in();
		ops[a].fn(turn[0]++);
	}
	to_phase(IDLE);
	if (resets) {
		bad = !tear_down();
		set_up();
		to_phase(IDLE);
		bad += lost();
	} else {
		bad = lost();
	}
	if (bad)
		note("# %s and %s: %u", ops[a].name, ops[b].name, bad);
	nr_delivered = 0;
	return bad;
}

static u32 number(const char *s)
{
	u32 n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + *s++ - '0';
	return n;
}

void test_main(void)
{
	struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *line = (void *)(unsigned long)si->cmdline_paddr;
	const char *p = line;
	u64 ns;
	u32 a, b, bad;

	while (*p && *p != ',')
		p++;
	ns = (*p ? number(p + 1) : 50) * 1000000ULL;
	fifo = line[0] == 'f';
	nl = line[0] == 'n';
	abi_levels = nl ? line[2] - '0' : 0;
	on_event = note_event;
	rt_map_shinfo();
	cli();
	rt_take_events = take_2l;
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	check("two CPUs", rt_start_cpus(2, other), 1);
	to_phase(HELD);
	set_up();
	to_phase(IDLE);
	check("events come before", lost(), 0);
	for (a = 0; a < NR_OPS; a++) {
		for (b = a, bad = 0; b < NR_OPS; b++)
			bad += race(a, b, ns);
		check(ops[a].name, bad, 0);
	}
	check("A35 XSA-343 XSA-505 the last reset", tear_down(), 1);
}
