// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that is saved and restored while it has a bit of everything: events that are
 * pending, masked, in queues, in a tree; timers; two CPUs; a channel to another domain.
 * The command line's first word is the ABI: 2l, fifo, nl2, nl3, nl4. It asks the VMM for
 * each step by a write to port 0xF5, and goes on behind the second one, once or twice.
 */
#include "fiforun.h"
#include "rt.h"

/* The N-level driver has names of its own for these. */
#undef NR_CPUS
#include "nlrun.h"

#define PEER_PORT	1	/* of domain 701, if there is one */
#define IPIS		20

extern u64 start_info_addr;

static u32 array[WORDS] page_aligned;
static u32 l, r, masked_l, masked_r, free_port, timer_port, timer1_port, peer;
static u32 ipi[IPIS], ipi1;
static volatile u32 seen[128], seen_cpu[128], order[64], nr_order;
static bool fifo, nl;
static u64 deadline;
static struct {
	u32 state;
#ifdef __x86_64__
	u32 pad;
#endif
	u64 entry, time[4];
} __attribute__((packed)) rs page_aligned;

static void note_event(unsigned int cpu, u32 port)
{
	if (port >= ARRAY_SIZE(seen))
		return;
	seen[port]++;
	seen_cpu[port] = cpu;
	/* Of the CPU that all but one tick and one IPI go to; what comes first is looked at. */
	if (!cpu && nr_order < ARRAY_SIZE(order))
		order[nr_order++] = port;
}

/* 2-level counts by itself: put it into the same place. */
static void take_2l(unsigned int cpu)
{
	static u32 before[128];
	u32 i;

	rt_take_2l(cpu);
	for (i = 0; i < 128; i++)
		while (before[i] != rt_events[i]) {
			before[i]++;
			note_event(rt_event_cpu[i], i);
		}
}

/* Words are shared in the bitmap ABIs: each CPU takes what is bound to it. */
static bool mine(unsigned int cpu, u32 port)
{
	return (cpu == 1) == (port == timer1_port || port == ipi1);
}

static void mask(u32 port)
{
	if (fifo)
		word_or(port, W(MASKED));
	else if (nl)
		nl_mask_port(port);
	else
		rt_mask(port);
}

static bool is_pending(u32 port)
{
	return fifo ? word(port) & W(PENDING) :
	       nl ? nl_is_pending(port) : rt_pending(port);
}

static bool is_masked(u32 port)
{
	return fifo ? word(port) & W(MASKED) :
	       nl ? nl_is_masked(port) : rt_masked(port);
}

static void let_in(void)
{
	sti();
	relax();
	cli();
}

static bool comes(volatile u32 *v, u32 before)
{
	u64 end = rt_now(rt_vi(0)) + 20000000000ULL;

	while (*v == before) {
		let_in();
		if (rt_now(rt_vi(0)) > end)
			return false;
	}
	return true;
}

static void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

/* Sleeps for its events, so that it is saved in a hypercall's or a HLT's wait. */
static void other(unsigned int cpu)
{
	struct xen_hvm_evtchn_upcall_vector v = { 1, LAPIC_VECTOR };

	/* One of the ABIs is enough for upcalls by a vector of the vCPU's own. */
	if (fifo)
		hvm_op(HVMOP_set_evtchn_upcall_vector, &v);
	for (;;)
		sti_hlt();
}

static u32 status(u32 port, u32 *remote)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	evtchn_op(EVTCHNOP_status, &s);
	if (remote)
		*remote = s.u.interdomain.port;
	return s.status;
}

static u32 bind_timer(u32 vcpu)
{
	struct evtchn_bind_virq v = { .virq = VIRQ_TIMER, .vcpu = vcpu };

	return evtchn_op(EVTCHNOP_bind_virq, &v) ? 0 : v.port;
}

static void set_abi(const char *name)
{
	rt_take_events = take_2l;
	on_event = note_event;
	if (name && name[0] == 'f') {
		fifo = true;
		words = array;
		check("FIFO", init_cpu(0) | init_cpu(1), 0);
		expand_array((unsigned long)array / PAGE_SIZE);
		rt_take_events = fifo_take;
	} else if (name && name[0] == 'n') {
		nl = true;
		check("N-level", nl_start(name[2] - '0', 1, 2), 0);
	}
}

static void set_up(const char *name)
{
	struct evtchn_bind_interdomain b = { .remote_dom = 701,
					     .remote_port = PEER_PORT };
	struct vcpu_register_runstate_memory_area area = { 0 };
	struct vcpu_register_vcpu_info info = {
		.mfn = (unsigned long)&vi_page[1] / PAGE_SIZE,
		.offset = (unsigned long)&vi_page[1] % PAGE_SIZE,
	};
	u32 i;

	area.addr.p = (unsigned long)&rs;
	check("runstate area", vcpu_op(VCPUOP_register_runstate_memory_area, 0,
				       &area), 0);
	check("vcpu_info of the second", vcpu_op(VCPUOP_register_vcpu_info, 1,
						 &info), 0);
	rt_vi_use_registered(1, &vi_page[1]);
	set_abi(name);
	check("two CPUs", rt_start_cpus(2, other), 1);
	free_port = rt_alloc_unbound(DOMID_SELF);
	l = rt_loop(&r);
	masked_l = rt_loop(&masked_r);
	timer_port = bind_timer(0);
	for (i = 0; i < IPIS; i++)
		ipi[i] = rt_bind_ipi(0);
	peer = evtchn_op(EVTCHNOP_bind_interdomain, &b) ? 0 : b.local_port;
	timer1_port = bind_timer(1);
	ipi1 = rt_bind_ipi(1);
	rt_mine = mine;
	rt_close(free_port);
	let_in();
}

/* What is under way when the machine is saved. */
static void start_things(void)
{
	struct vcpu_set_singleshot_timer t = { 0 };
	struct vcpu_set_periodic_timer p = { .period_ns = 10000000 };
	u32 i;

	memset((void *)seen, 0, sizeof(seen));
	nr_order = 0;
	mask(masked_r);
	rt_send(l);
	rt_send(masked_l);
	for (i = 0; i < IPIS - 1; i++)
		rt_send(ipi[IPIS - 1 - i]);
	deadline = rt_now(rt_vi(0)) + 400000000;
	t.timeout_abs_ns = deadline;
	check("a timer", vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
	check("a periodic one", vcpu_op(VCPUOP_set_periodic_timer, 1, &p), 0);
}

static struct vcpu_runstate_info account(void)
{
	struct vcpu_runstate_info r = { .state = -1 };

	vcpu_op(VCPUOP_get_runstate_info, 0, &r);
	return r;
}

/* Before anything is taken: it comes behind what is in the queue (A64). */
static void check_first(const struct vcpu_runstate_info *before)
{
	struct vcpu_runstate_info r = account();
	u32 i, back = 0;

	for (i = 0; i < 4; i++)
		back += r.time[i] < before->time[i];
	check("no state's account goes back", back, 0);
	check("the last IPI is sent", rt_send(ipi[0]), 0);
}

static void check_ports(void)
{
	u32 remote = 0, i, bad = 0;

	check("the loop is there", status(l, &remote), EVTCHNSTAT_interdomain);
	check("its other end, too", remote == r, 1);
	check("a timer's port", status(timer_port, 0), EVTCHNSTAT_virq);
	check("the same on the other CPU", status(timer1_port, 0),
	      EVTCHNSTAT_virq);
	for (i = 0; i < IPIS; i++)
		bad += status(ipi[i], 0) != EVTCHNSTAT_ipi;
	check("IPIs", bad, 0);
	check("what was pending is", is_pending(r), 1);
	check("what was masked is, and is pending", is_masked(masked_r) &&
	      is_pending(masked_r), 1);
	check("a free port is free", status(free_port, 0), EVTCHNSTAT_closed);
}

static bool is_ipi(u32 port)
{
	u32 i;

	for (i = 0; i < IPIS; i++)
		if (ipi[i] == port)
			return true;
	return false;
}

/* The last one was sent first; a timer's event can be between any two of them. */
static u32 out_of_order(void)
{
	u32 i, bad = 0, left = IPIS;

	for (i = 0; i < nr_order && left; i++)
		if (is_ipi(order[i]))
			bad += order[i] != ipi[--left];
	return bad + left;
}

static void check_events(void)
{
	u32 i, bad = 0, own = rt_lapic_upcalls[1];

	let_in();
	check("the pending event comes once", seen[r], 1);
	for (i = 0; i < IPIS; i++)
		bad += seen[ipi[i]] != 1;
	check("each IPI comes once", bad, 0);
	if (fifo)
		check("A64 in their order", out_of_order(), 0);
	check("the masked one does not", seen[masked_r], 0);
	check("it is unmasked", unmask(masked_r), 0);
	let_in();
	check("then it comes", seen[masked_r], 1);
	for (i = 0, bad = 0; i < IPIS; i++) {
		u32 before = seen[ipi[i]];

		rt_send(ipi[i]);
		bad += !comes(&seen[ipi[i]], before);
	}
	check("events are as ever", bad, 0);
	i = seen[ipi1];
	rt_send(ipi1);
	check("to the other CPU, too", comes(&seen[ipi1], i), 1);
	check("there", seen_cpu[ipi1], 1);
	/* It may have been saved inside an upcall, and have taken this one there. */
	check("by its own vector, if it has one",
	      fifo ? comes(&rt_lapic_upcalls[1], own) : rt_lapic_upcalls[1] != own,
	      fifo);
	check("the lowest free port is taken", rt_alloc_unbound(DOMID_SELF),
	      free_port);
	rt_close(free_port);
}

static void check_time(u64 before)
{
	u64 now = rt_now(rt_vi(0)), sum;
	u32 n;

	check("the clock goes on", now > before && now - before < 60000000000ULL,
	      1);
	check("the timer comes", seen[timer_port] || comes(&seen[timer_port], 0),
	      1);
	check("not before its time", rt_now(rt_vi(0)) >= deadline, 1);
	n = seen[timer1_port];
	check("the periodic one goes on", comes(&seen[timer1_port], n) &&
	      comes(&seen[timer1_port], seen[timer1_port]), 1);
	sum = rs.time[0] + rs.time[1] + rs.time[2] + rs.time[3];
	now = rt_now(rt_vi(0));
	check("the account has no time twice", sum <= now, 1);
	check("and misses little", now - sum < 30000000000ULL, 1);
}

static void check_peer(void)
{
	u32 before = seen[peer];

	if (!peer)
		return;
	check("the peer is there", status(peer, 0), EVTCHNSTAT_interdomain);
	rt_send(peer);
	check("and answers", comes(&seen[peer], before), 1);
}

void test_main(void)
{
	struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	struct vcpu_runstate_info spent;
	u64 before;
	u32 n;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	set_up((void *)(unsigned long)si->cmdline_paddr);
	outb(0xf5, 1);
	for (n = 0; n < 2; n++) {
		note("# life %u", n + 1);
		start_things();
		before = rt_now(rt_vi(0));
		spent = account();
		if (!n)
			outb(0xf5, 2);
		check_first(&spent);
		check_ports();
		check_time(before);
		check_events();
		check_peer();
		vcpu_op(VCPUOP_stop_periodic_timer, 1, 0);
	}
}
