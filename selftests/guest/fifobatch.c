// SPDX-License-Identifier: GPL-2.0
/* FIFO's batch: several vCPUs get their control blocks at once, or none does. */
#include "fiforun.h"
#include <xen/kxen_evtchn.h>

static u32 array[WORDS] page_aligned;
static struct evtchn_fifo_init list[NR_CPUS + 1];
static volatile u32 came[2];
static u32 l, r;

static void note_event(unsigned int cpu, u32 port)
{
	came[cpu]++;
}

static void other(unsigned int cpu)
{
	for (;;) {
		sti();
		relax();
		cli();
	}
}

static long batch(u32 nr, u32 *bits)
{
	struct evtchn_fifo_init_batch b = { .nr = nr,
					    .list = (unsigned long)list };
	long ret = evtchn_op(EVTCHNOP_fifo_init_batch, &b);

	if (bits)
		*bits = b.link_bits;
	return ret;
}

static void fill(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = (struct evtchn_fifo_init) {
			.control_gfn = (unsigned long)&control[i % NR_CPUS] /
				       PAGE_SIZE,
			.vcpu = i,
		};
}

#define REFUSED(name, nr, spoil, want) do {				\
	fill();								\
	spoil;								\
	check(name, batch(nr, 0), want);				\
	rt_events[r] = 0;						\
	rt_send(l);							\
	sti();								\
	cli();								\
	check(name ", 2-level still works", rt_events[r], 1);		\
} while (0)

static bool comes(unsigned int cpu, u32 port)
{
	u64 end = rt_now(rt_vi(0)) + 20000000000ULL;
	u32 before = came[cpu];

	rt_send(port);
	while (came[cpu] == before) {
		sti();
		relax();
		cli();
		if (rt_now(rt_vi(0)) > end)
			return false;
	}
	return true;
}

void test_main(void)
{
	u32 bits = 0;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	check("two CPUs", rt_start_cpus(2, other), 1);
	l = rt_loop(&r);
	sti();
	cli();
	REFUSED("no vCPU", 0, , XEN_EINVAL);
	REFUSED("too many", 10000, , -7);
	REFUSED("a vCPU that there is not", 2, list[1].vcpu = 77, XEN_ENOENT);
	REFUSED("an offset that does not fit", 2, list[1].offset = 4092,
		XEN_EINVAL);
	REFUSED("a vCPU twice", 2, list[1].vcpu = 0, XEN_EINVAL);
	REFUSED("the last one's page in no RAM", 2,
		list[1].control_gfn = 0xfffff0, XEN_EINVAL);
	REFUSED("the first one's page in no RAM", 2,
		list[0].control_gfn = 0xfffff0, XEN_EINVAL);
	fill();
	words = array;
	on_event = note_event;
	rt_take_events = fifo_take;
	check("both", batch(2, &bits), 0);
	check("link bits", bits, EVTCHN_FIFO_LINK_BITS);
	check("both again", batch(2, 0), XEN_EINVAL);
	check("one of them alone", init_control(1, 1, 0, 0), XEN_EINVAL);
	check("A41 expand_array", expand_array((unsigned long)array / PAGE_SIZE),
	      0);
	check("an event for the first", comes(0, rt_bind_ipi(0)), 1);
	check("an event for the second", comes(1, rt_bind_ipi(1)), 1);
	check("A33 reset", reset(DOMID_SELF), 0);
}
