// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions per operation: the time-stamp counter counts them when the host runs
 * under 'icount'. Prints "BENCH op median" for each. Under plain KVM only "null".
 */
#define NR_CPUS	2
#include "fiforun.h"
#include "nlrun.h"
#include "bench.h"

enum { CPUID, NULLCALL, MASKED, PENDING, SELF_NEW, TAKEN, ALLOC, CLOSE,
       UNMASK, TIMER, REMOTE,
       FIFO_SELF, FIFO_REMOTE, NL_SELF, NL_REMOTE };

static u32 array[WORDS] page_aligned;

static void quiet(void)
{
	rt_vi(0)->evtchn_upcall_pending = 0;
	rt_vi(0)->evtchn_pending_sel = 0;
}

#define REMOTE_NEW(id, op, domid) do {					\
	struct evtchn_bind_interdomain _b = { .remote_dom = domid,	\
					      .remote_port = 1 };	\
	u32 _i;								\
									\
	if (evtchn_op(EVTCHNOP_bind_interdomain, &_b))			\
		break;							\
	/* The peer takes its event: sleep, so that each peer can run. */ \
	for (_i = 0; _i < SAMPLES; _i++) {				\
		struct sched_poll _p = { 0 };				\
		u64 _t;							\
									\
		_p.timeout = rt_now(rt_vi(0)) + 10000000;		\
		sched_op(SCHEDOP_poll, &_p);				\
		quiet();						\
		MARK(id, 1);						\
		_t = rdtsc();						\
		rt_send(_b.local_port);					\
		sample[_i] = rdtsc() - _t - overhead;			\
		MARK(id, 0);						\
	}								\
	note("BENCH %s %u", op, median());				\
	note("MARKED %u %s", id, op);					\
	rt_close(_b.local_port);					\
} while (0)

/* FIFO is gone by a reset; only for a domain that has N-level. */
static void measure_nlevel(void)
{
	u32 l, r;

	if (reset(DOMID_SELF) || nl_start(3, 1, 1))
		return;
	l = rt_loop(&r);
	nl_take(0);
	BENCH(NL_SELF, "send_nl3_self_new", nl_take(0), rt_send(l));
	nl_take(0);
	REMOTE_NEW(NL_REMOTE, "send_nl3_remote_new", 704);
}

static void measure_fifo(void)
{
	u32 l, r;

	words = array;
	if (init_cpu(0) || expand_array((unsigned long)array / PAGE_SIZE))
		return;
	rt_take_events = fifo_take;
	l = rt_loop(&r);
	fifo_take(0);
	BENCH(FIFO_SELF, "send_fifo_self_new", fifo_take(0), rt_send(l));
	fifo_take(0);
	REMOTE_NEW(FIFO_REMOTE, "send_fifo_remote_new", 703);
}

void test_main(void)
{
	static struct evtchn_alloc_unbound a = { .dom = DOMID_SELF };
	static struct evtchn_close c;
	static struct evtchn_unmask u;
	u32 l, r;
	u64 far;

	bench_overhead();
	BENCH(CPUID, "cpuid", , cpuid(0x80000000, 0));
	if (!xen_base()) {
		BENCH(NULLCALL, "null", , hc1(0x99, 0));
		return;
	}
	rt_map_shinfo();
	BENCH(NULLCALL, "null", , hc2(__HYPERVISOR_xen_version, XENVER_version, 0));
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	cli();
	l = rt_loop(&r);
	rt_mask(l);
	rt_mask(r);
	BENCH(MASKED, "send_2l_masked", rt_clear(r), rt_send(l));
	rt_send(l);
	BENCH(PENDING, "send_2l_pending", , rt_send(l));
	rt_unmask_bit(r);
	BENCH(SELF_NEW, "send_2l_self_new", (rt_clear(r), quiet()), rt_send(l));
	rt_clear(r);
	quiet();
	BENCH(TAKEN, "send_taken", sti(), rt_send(l));
	cli();
	BENCH(ALLOC, "alloc_unbound", rt_close(a.port),
	      evtchn_op(EVTCHNOP_alloc_unbound, &a));
	BENCH(CLOSE, "close", (evtchn_op(EVTCHNOP_alloc_unbound, &a), c.port = a.port),
	      evtchn_op(EVTCHNOP_close, &c));
	u.port = r;
	BENCH(UNMASK, "unmask_pending", (rt_mask(r), rt_send(l), quiet()),
	      evtchn_op(EVTCHNOP_unmask, &u));
	rt_clear(r);
	quiet();
	far = rt_now(rt_vi(0)) + 3600000000000ULL;
	BENCH(TIMER, "set_timer", , hc1(__HYPERVISOR_set_timer_op, far));
	hc1(__HYPERVISOR_set_timer_op, 0);
	REMOTE_NEW(REMOTE, "send_2l_remote_new", 700);
	measure_fifo();
	measure_nlevel();
}
