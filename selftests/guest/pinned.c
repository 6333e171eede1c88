// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that the host holds for a guest, of every kind: none of them goes out, and each works when the
 * job has tried (--pull). Event channels are FIFO, or N-level where the domain is offered that.
 */
#include "nlrun.h"
#include "gntab.h"

#define A_LINE	23
#define HOLE	0x40000000UL
#define REF	16

static grant_entry_v1_t table[512] page_aligned;
static u64 granted[512] page_aligned;
static u64 unheld[512] page_aligned;
static struct vcpu_runstate_info area page_aligned;
static u32 fifo_control[1024] page_aligned;
static u32 fifo_array[1024] page_aligned;

static void page(const char *what, const void *at)
{
	note("PAGE %s %lu", what, GFN(at));
}

static void hold_events(void)
{
	struct evtchn_init_control i = { .control_gfn = GFN(fifo_control) };
	struct evtchn_expand_array e = { .array_gfn = GFN(fifo_array) };

	nl_clear();
	nl_fill(3, 1, 1);
	if (!nl_register()) {
		page("pending", nl_pending);
		page("mask", nl_mask);
		page("second", nl_l2);
		return;
	}
	check("FIFO: a control block", evtchn_op(EVTCHNOP_init_control, &i), 0);
	check("FIFO: a page of the array", evtchn_op(EVTCHNOP_expand_array, &e), 0);
	page("control", fifo_control);
	page("array", fifo_array);
}

static void hold_areas(void)
{
	struct vcpu_register_vcpu_info v = { .mfn = GFN(&vi_page[0]), .offset = 0 };
	struct vcpu_register_runstate_memory_area r = { .addr.v = (void *)&area };

	check("shared_info", rt_map_shinfo(), 0);
	check("vcpu_info", vcpu_op(VCPUOP_register_vcpu_info, 0, &v), 0);
	check("runstate", vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), 0);
	page("shared_info", &shinfo_page);
	page("vcpu_info", &vi_page[0]);
	page("runstate", &area);
}

static u32 hold_grant(void)
{
	struct gnttab_map_grant_ref m = { .host_addr = HOLE, .flags = GNTMAP_host_map, .ref = REF,
					  .dom = cpuid(xen_base() + 4, 0).c, .status = 77 };

	check("grant table", gnt_add(0, table), 0);
	table[REF].domid = m.dom;
	table[REF].frame = GFN(granted);
	barrier();
	READ(table[REF].flags) = GTF_permit_access;
	granted[5] = 4711;
	check("a map of an own grant", gnttab_op(GNTTABOP_map_grant_ref, &m, 1) ?: m.status, 0);
	page("table", table);
	page("granted", granted);
	note("PAGE window %lu", HOLE / PAGE_SIZE);
	return m.handle;
}

void test_main(void)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = HOLE, .status = 77 };

	hold_areas();
	hold_events();
	u.handle = hold_grant();
	unheld[7] = 4712;
	note("FREE unheld %lu", GFN(unheld));
	note("STEP held");
	__asm__ volatile("outb %0, $0xf5" : : "a"((u8)A_LINE) : "memory");
	check("what the window shows", *(volatile u64 *)(HOLE + 40), 4711);
	check("what was granted", READ(granted[5]), 4711);
	check("unmap", gnttab_op(GNTTABOP_unmap_grant_ref, &u, 1) ?: u.status, 0);
	check("what was not held", READ(unheld[7]), 4712);
	check("the area says that it runs", READ(area.state), RUNSTATE_running);
	note("FREE granted %lu", GFN(granted));
	note("STEP free");
	__asm__ volatile("outb %0, $0xf5" : : "a"((u8)A_LINE) : "memory");
	check("and then", READ(granted[5]), 4711);
}
