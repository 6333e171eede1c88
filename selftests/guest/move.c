// SPDX-License-Identifier: GPL-2.0
/*
 * shared_info and vcpu_info change their place while events are pending, and while
 * another vCPU sends: none is lost (semantics A82, A90, G22).
 */
#include "tables.h"
#include "until.h"

#define LENGTH	4000000000ULL
#define SPARE	2	/* a vCPU that never runs */

static u8 pages[2][PAGE_SIZE] page_aligned;
static struct shared_info *here;
static struct vcpu_info infos[64] page_aligned;
static u32 side[2];	/* of one channel: a send on one is pending at the other */
static volatile u32 sent, taken, stop, stopped;

static long place(u8 *page)
{
	struct shared_info *s = (void *)page;
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
		.gpfn = phys(s) / PAGE_SIZE,
	};
	long ret = memory_op(XENMEM_add_to_physmap, &a);

	if (!ret) {
		here = s;
		rt_vi_use_registered(0, &s->vcpu_info[0]);
	}
	return ret;
}

static long take_away(void)
{
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF,
					     .gpfn = phys(here) / PAGE_SIZE };

	return memory_op(XENMEM_remove_from_physmap, &r);
}

static bool is_set(const xen_ulong_t *bits, u32 n)
{
	return READ(bits[n / 64]) >> n % 64 & 1;
}

static void clear(xen_ulong_t *bits, u32 n)
{
	__atomic_fetch_and(&bits[n / 64], ~(1UL << n % 64), __ATOMIC_SEQ_CST);
}

static void test_pending(void)
{
	check("shared_info", place(pages[0]), 0);
	side[0] = rt_loop(&side[1]);
	here->evtchn_mask[0] |= 1UL << side[1];
	clear(here->evtchn_pending, side[0]);
	clear(here->evtchn_pending, side[1]);

	check("send", rt_send(side[0]), 0);
	check("A90 it is pending", is_set(here->evtchn_pending, side[1]), 1);
	check("G22 shared_info moves", place(pages[1]), 0);
	check("A90 it is still pending", is_set(here->evtchn_pending, side[1]), 1);
	check("A90 still masked", is_set(here->evtchn_mask, side[1]), 1);
	check("A90 the other is not pending",
	      is_set(here->evtchn_pending, side[0]), 0);
	check("G22 shared_info goes", take_away(), 0);
	check("send meanwhile", rt_send(side[1]), 0);
	check("G22 shared_info comes back", place(pages[0]), 0);
	check("A90 what was pending is", is_set(here->evtchn_pending, side[1]), 1);
	check("A90 what was sent meanwhile too",
	      is_set(here->evtchn_pending, side[0]), 1);
	clear(here->evtchn_pending, side[0]);
	clear(here->evtchn_pending, side[1]);
}

/* A registration sets everything pending, and does so for events that were there. */
static void test_info(void)
{
	struct vcpu_register_vcpu_info r = { .mfn = phys(infos) / PAGE_SIZE };
	struct vcpu_info *new = &infos[1];
	u32 ipi = rt_bind_ipi(SPARE);

	r.offset = sizeof(*new);
	memset(infos, 0, sizeof(infos));
	check("an event for a vCPU that does not run", rt_send(ipi), 0);
	check("A82 its selector is set",
	      here->vcpu_info[SPARE].evtchn_pending_sel & 1, 1);
	/* As if its handler had just looked. */
	here->vcpu_info[SPARE].evtchn_upcall_pending = 0;
	here->vcpu_info[SPARE].evtchn_pending_sel = 0;
	check("A82 register vcpu_info",
	      vcpu_op(VCPUOP_register_vcpu_info, SPARE, &r), 0);
	check("A82 all of the selector is set",
	      READ(new->evtchn_pending_sel) == ~0UL, 1);
	check("A82 the upcall is forced", READ(new->evtchn_upcall_pending), 1);
	check("A90 the event is still pending",
	      is_set(here->evtchn_pending, ipi), 1);
	clear(here->evtchn_pending, ipi);
}

/* One event at a time: the next when the last has been taken. */
static void sender(unsigned int cpu)
{
	while (!stop) {
		sent++;
		rt_send(side[sent & 1]);
		while (taken != sent && !stop)
			relax();
	}
	stopped = 1;
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void take(void)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		if (!is_set(here->evtchn_pending, side[i]))
			continue;
		clear(here->evtchn_pending, side[i]);
		taken++;
	}
}

static void test_moving(void)
{
	u32 moves = 0, bad = 0;
	u64 end, limit;

	here->evtchn_mask[0] |= 1UL << side[0] | 1UL << side[1];
	check("vCPU 1 starts", rt_start_cpus(2, sender), 1);
	end = now_ns() + LENGTH;
	limit = end + 10 * LENGTH;
	/* As long as it takes. */
	for (; now_ns() < end || ((taken <= 50 || moves <= 50) && now_ns() < limit); moves++) {
		bad += place(pages[moves & 1]) != 0;
		take();
	}
	check("G22 it moves", bad, 0);
	/* Whatever was sent is there now. */
	check("A90 no event is lost",
	      until(2000, ({ take(); taken == sent; })), 1);
	stop = 1;
	check("vCPU 1 is well", until(2000, stopped), 1);
	note("# %u moves, %u events, %u taken", moves, sent, taken);
	check("many events came", taken > 50 && moves > 50, 1);
}

void test_main(void)
{
	cli();
	test_pending();
	test_info();
	test_moving();
}
