// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that the host writes, and that are given back before the VMM asks which are dirty:
 * they are in KVM's log all the same; and one that it writes an answer to. The command line
 * says which (runstate, last, shinfo, fifo, arg); the VMM is told by port 0xF5 when its log begins
 * and when it looks.
 */
#define NR_CPUS 1
#include "fiforun.h"
#include "until.h"

#define REGISTER_RUNSTATE_PHYS	14
#define PORT	1
#define MEMORY	(64UL << 20)	/* vmm's, unless it is told otherwise */

static u8 area[PAGE_SIZE] page_aligned, array[PAGE_SIZE] page_aligned;
static u8 other[PAGE_SIZE] page_aligned;
extern u64 start_info_addr;

static void tell(u8 what)
{
	__asm__ volatile("outb %0, $0xf5" : : "a"(what));
}

/* Words of @page that are not what they were: nobody but the host writes it. */
static u32 written(const u8 *page, const u8 *copy)
{
	u32 i, n = 0;

	for (i = 0; i < PAGE_SIZE; i++)
		n += READ(page[i]) != copy[i];
	return n;
}

static long runstate_at(u64 where)
{
	return vcpu_op(REGISTER_RUNSTATE_PHYS, 0, &where);
}

static void sleep_ms(u32 ms)
{
	struct sched_poll p = { .timeout = now_ns() + ms * 1000000ULL };

	sched_op(SCHEDOP_poll, &p);
}

/* So that KVM has it mapped: it takes a page's first read for a write as well. */
static void touch(u8 *page)
{
	memset(page, 0, PAGE_SIZE);
}

/* The host writes to this page while the log runs. */
static void have_runstate_written(u8 *page)
{
	static u8 copy[PAGE_SIZE];

	touch(page);
	check("A85 runstate by physical address",
	      runstate_at((unsigned long)page), 0);
	tell(1);
	memcpy(copy, page, PAGE_SIZE);
	/* A sleep that begins when its time is over is none. */
	check("A85 the host writes it",
	      until(5000, ({ sleep_ms(5); written(page, copy) > 0; })), 1);
}

static void test_runstate(void)
{
	have_runstate_written(area);
	check("A85 it is taken away", runstate_at(~0ULL), 0);
}

/* One that is still held when the VMM looks, the last one of the machine's memory. */
static void test_last(void)
{
	have_runstate_written((u8 *)MEMORY - PAGE_SIZE);
}

static long place(void *page)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
		.gpfn = (unsigned long)page / PAGE_SIZE,
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static void test_shinfo(void)
{
	struct vcpu_register_vcpu_info r = {
		.mfn = (unsigned long)vi_page / PAGE_SIZE };
	u32 port;

	/* Nothing of the guest's own, nor of its clock, is written there. */
	check("A81 vcpu_info lies elsewhere",
	      vcpu_op(VCPUOP_register_vcpu_info, 0, &r), 0);
	rt_vi_use_registered(0, vi_page);
	port = rt_bind_ipi(0);
	rt_mask(port);
	tell(1);
	check("A28 send", rt_send(port), 0);
	check("A90 the host sets its bit", rt_pending(port), 1);
	check("G22 shared_info moves", place(other), 0);
}

static void test_fifo(void)
{
	u32 port;

	rt_take_events = fifo_take;
	touch(array);
	check("A36 init_control", init_cpu(0), 0);
	words = (u32 *)array;
	check("A41 expand_array", expand_array((unsigned long)array / PAGE_SIZE),
	      0);
	port = rt_bind_ipi(0);
	tell(1);
	check("A28 send", rt_send(port), 0);
	check("A62 the host writes its word", !!(word(port) & W(PENDING)), 1);
	check("A34 reset", reset(DOMID_SELF), 0);
}

/* An argument that is answered in: only the host writes its page while the log runs. */
static void test_arg(void)
{
	struct evtchn_status *s = (void *)area;

	touch(area);
	s->dom = DOMID_SELF;
	s->port = rt_bind_ipi(0);
	tell(1);
	check("A30 status", evtchn_op(EVTCHNOP_status, s), 0);
	check("A30 it is answered", READ(s->status), EVTCHNSTAT_ipi);
}

void test_main(void)
{
	const struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *what = (void *)(unsigned long)si->cmdline_paddr;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	if (!strcmp(what, "runstate"))
		test_runstate();
	else if (!strcmp(what, "last"))
		test_last();
	else if (!strcmp(what, "shinfo"))
		test_shinfo();
	else if (!strcmp(what, "arg"))
		test_arg();
	else
		test_fifo();
	tell(2);
}
