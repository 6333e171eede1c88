// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that gives memory up which its pager has out, or has nominated, and takes it again; then it
 * is saved and restored with pages out, among them those that its vcpu_info and its runstate are in.
 * The job stands for the pager: it is told which pages are where (STEP), and a line says that it is
 * done (--pull).
 */
#include "rt.h"

#define A_LINE	23
#define GFN(p)	((unsigned long)(p) / PAGE_SIZE)

static u8 is_out[PAGE_SIZE] page_aligned;
static u8 nominated[PAGE_SIZE] page_aligned;
static u8 kept[PAGE_SIZE] page_aligned;
static struct vcpu_runstate_info area page_aligned;

static void outb(u8 value)
{
	__asm__ volatile("outb %0, $0xf5" : : "a"(value) : "memory");
}

static void step(const char *what)
{
	note("STEP %s", what);
	outb(A_LINE);
}

static long reserve(u32 cmd, const void *page)
{
	xen_pfn_t g = GFN(page);
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle_raw(r.extent_start, &g);
	return memory_op(cmd, &r);
}

static void fill(u8 *page, u8 value)
{
	memset(page, value, PAGE_SIZE);
	barrier();
}

static u32 others(const u8 *page, u8 value)
{
	u32 i, n = 0;

	for (i = 0; i < PAGE_SIZE; i++)
		n += READ(page[i]) != value;
	return n;
}

static void test_balloon(void)
{
	check("what is out is given up", reserve(XENMEM_decrease_reservation, is_out), 1);
	check("once", reserve(XENMEM_decrease_reservation, is_out), 0);
	check("what is nominated is, too", reserve(XENMEM_decrease_reservation, nominated), 1);
	step("away");
	check("what was out comes again", reserve(XENMEM_populate_physmap, is_out), 1);
	check("and is empty", others(is_out, 0), 0);
	check("what was nominated, too", reserve(XENMEM_populate_physmap, nominated), 1);
	check("and is empty, too", others(nominated, 0), 0);
	fill(is_out, 0x31);
	fill(nominated, 0x32);
	step("again");
	check("they are memory, and can be out", others(is_out, 0x31), 0);
	check("both", others(nominated, 0x32), 0);
}

static void test_save(void)
{
	struct vcpu_register_vcpu_info v = { .mfn = GFN(&vi_page[0]), .offset = 0 };
	struct vcpu_register_runstate_memory_area r = { .addr.v = (void *)&area };
	u32 port, before;

	check("vcpu_info", vcpu_op(VCPUOP_register_vcpu_info, 0, &v), 0);
	rt_vi_use_registered(0, &vi_page[0]);
	check("runstate", vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), 0);
	port = rt_bind_ipi(0);
	fill(kept, 0x33);
	outb(1);
	step("save");
	outb(2);
	/* Another machine, all of whose memory was out when it got the rest. */
	check("what was out has its content", others(kept, 0x33), 0);
	check("so have the others", others(is_out, 0x31) + others(nominated, 0x32), 0);
	check("the area says that it runs", READ(area.state), RUNSTATE_running);
	before = READ(rt_events[port]);
	check("an event", rt_send(port), 0);
	while (READ(rt_events[port]) == before) {
		sti();
		relax();
		cli();
	}
	check("comes by its vcpu_info", READ(rt_events[port]), before + 1);
	step("end");
}

void test_main(void)
{
	rt_map_shinfo();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	fill(is_out, 0x21);
	fill(nominated, 0x22);
	note("FRAME out %lu", GFN(is_out));
	note("FRAME nominated %lu", GFN(nominated));
	note("FRAME kept %lu", GFN(kept));
	note("FRAME vcpu_info %lu", GFN(&vi_page[0]));
	note("FRAME runstate %lu", GFN(&area));
	step("begin");
	test_balloon();
	test_save();
}
