// SPDX-License-Identifier: GPL-2.0
/*
 * A domain that may hold few pages of a kind: six, by a module that was built for tests, since
 * what a guest can ask for is less than the limit as it is. A page more is refused, and there
 * is room again when one is given up.
 */
#define NR_CPUS 2
#include "fiforun.h"

#define MOST		6
#define PHYS_AREA	14	/* VCPUOP_register_runstate_phys_area */
#define ARRAY_PAGES	128

static u8 pages[ARRAY_PAGES][PAGE_SIZE] page_aligned;
static u8 info[PAGE_SIZE] page_aligned;
static u8 areas[4][PAGE_SIZE] page_aligned;

static long register_info(u32 vcpu)
{
	struct vcpu_register_vcpu_info r = {
		.mfn = (unsigned long)info / PAGE_SIZE, .offset = 64 * vcpu,
	};

	return vcpu_op(VCPUOP_register_vcpu_info, vcpu, &r);
}

/* Across two pages, each of which counts. */
static long area(int op, u8 *end_of_first)
{
	u64 at = (unsigned long)end_of_first - 20;

	return vcpu_op(op, 0, &at);
}

static void test_pages(void)
{
	u64 none = ~0ULL, at = (unsigned long)areas[0];

	check("G22 shared_info", rt_map_shinfo(), 0);
	check("A82 vcpu_info", register_info(0), 0);
	check("A85 runstate", area(VCPUOP_register_runstate_memory_area, areas[1]), 0);
	check("A85 time", area(VCPUOP_register_vcpu_time_memory_area, areas[3]), 0);
	check("A82 another vCPU's info is a page too many", register_info(1), XEN_ENOSPC);
	check("A85 so is its runstate", vcpu_op(PHYS_AREA, 1, &at), XEN_ENOSPC);
	check("A85 runstate goes", vcpu_op(PHYS_AREA, 0, &none), 0);
	check("A82 now there is room", register_info(1), 0);
	check("A85 and for one more", vcpu_op(PHYS_AREA, 1, &at), 0);
	check("A85 not for a second", vcpu_op(PHYS_AREA, 0, &at), XEN_ENOSPC);
	check("A85 nor by a virtual address", area(VCPUOP_register_runstate_memory_area, areas[1]),
	      XEN_ENOSPC);
	check("A85 nor for the time", area(VCPUOP_register_vcpu_time_memory_area, areas[1]), XEN_ENOSPC);
}

/* Pages with events are a kind of their own. */
static void test_event_pages(void)
{
	long error;

	check("A36 init_control", init_cpu(0), 0);
	check("A41 as many as the domain may hold", expand_until(pages, ARRAY_PAGES, &error), MOST - 1);
	check("A41 and no more", error, XEN_ENOSPC);
	check("A36 nor another vCPU's block", init_cpu(1), XEN_ENOSPC);
	check("A34 reset gives them back", reset(DOMID_SELF), 0);
	check("A36 init_control", init_cpu(0), 0);
	check("A41 as many as before", expand_until(pages, ARRAY_PAGES, &error), MOST - 1);
}

void test_main(void)
{
	cli();
	rt_take_events = fifo_take;
	test_pages();
	test_event_pages();
}
