// SPDX-License-Identifier: GPL-2.0
/* Shared pages and areas, callbacks, timers, and the reset of all of it. */
#include "fnth.h"

#define VCPUOP_register_runstate_phys_area_	14
#define VCPUOP_register_vcpu_time_phys_area_	15
#define HVMOP_set_evtchn_upcall_vector_		23
#define XENMEM_remove_from_physmap_		15
#define KEPT_PORT	70	/* nobody has it: a bit that only the page keeps */

static long map_other_page(void)
{
	struct xen_add_to_physmap a = { .domid = DOMID_SELF, .gpfn = PAGE_GFN(1) };

	return memory_op(XENMEM_add_to_physmap, &a);
}

static void map_own_page(void)
{
	rt_map_shinfo();
}

static long remove_page(void)
{
	struct { u16 domid; unsigned long gpfn; } a = {
		DOMID_SELF, (unsigned long)&shinfo_page / PAGE_SIZE,
	};

	return memory_op(XENMEM_remove_from_physmap_, &a);
}

static long register_info(u32 vcpu)
{
	struct vcpu_register_vcpu_info a = {
		.mfn = PAGE_GFN(2 + vcpu), .offset = 64,
	};

	return vcpu_op(VCPUOP_register_vcpu_info, vcpu, &a);
}

static long info_own(void)
{
	return register_info(0);
}

static long info_other(void)
{
	return register_info(1);
}

/* Areas by virtual address lie across two pages, and need both. */
static long area(int op, u64 at)
{
	return vcpu_op(op, 0, &at);
}

static long runstate_virtual(void)
{
	return area(VCPUOP_register_runstate_memory_area, PAGE(5) - 20);
}

static long runstate_physical(void)
{
	return area(VCPUOP_register_runstate_phys_area_, PAGE(6));
}

static long time_virtual(void)
{
	return area(VCPUOP_register_vcpu_time_memory_area, PAGE(9) - 20);
}

static long time_physical(void)
{
	return area(VCPUOP_register_vcpu_time_phys_area_, PAGE(10));
}

static long callback_vector(void)
{
	return rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
}

static long callback_line(void)
{
	return rt_set_callback(5);
}

static long callback_other_line(void)
{
	return rt_set_callback(6);
}

static void have_line(void)
{
	callback_line();
}

static long upcall_vector(void)
{
	u64 raw = (u64)LAPIC_VECTOR << 32;

	return hvm_op(HVMOP_set_evtchn_upcall_vector_, &raw);
}

static long periodic(void)
{
	u64 ns = 1000000000;

	return vcpu_op(VCPUOP_set_periodic_timer, 0, &ns);
}

static long watchdog(void)
{
	struct sched_watchdog w = { 0, 1000 };

	return sched_op(SCHEDOP_watchdog, &w);
}

static long poll(void)
{
	static u32 ports[3] = { 1, 2, 3 };
	struct sched_poll p = { .nr_ports = 3, .timeout = 1 };

	set_xen_guest_handle_raw(p.ports, ports);
	return sched_op(SCHEDOP_poll, &p);
}

static long version(void)
{
	static char text[2048];

	/* A page that was never touched is the host's to find, not the module's. */
	memset(text, 0, sizeof(text));
	return hc2(__HYPERVISOR_xen_version, XENVER_capabilities, text);
}

static long hypercall_page(void)
{
	return wrmsr_safe(0x40000000, PAGE(30)) ? -12 : 0;
}

static void have_all(void)
{
	info_own();
	runstate_virtual();
	time_physical();
	callback_line();
	few_ports();
}

/* The page is the guest's own again, and whoever places it next finds it empty. */
static long soft_reset(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_soft_reset };
	long ret;

	rt_mask(KEPT_PORT);
	ret = sched_op(SCHEDOP_shutdown, &s);
	if (ret)
		return ret;
	/* That is a call of its own, which may fail as well. */
	ret = rt_map_shinfo();
	if (ret)
		return ret;
	return rt_masked(KEPT_PORT) ? -1 : 0;
}

const struct op base_ops[] = {
	{ "add_to_physmap of shared_info", nothing, map_other_page, map_own_page },
	{ "remove_from_physmap", map_own_page, remove_page, map_own_page },
	{ "register_vcpu_info", all_new, info_own, all_new },
	{ "register_vcpu_info of another", all_new, info_other, all_new },
	{ "runstate area, virtual", nothing, runstate_virtual, nothing },
	{ "runstate area, physical", nothing, runstate_physical, nothing },
	{ "time area, virtual", nothing, time_virtual, nothing },
	{ "time area, physical", nothing, time_physical, nothing },
	{ "callback by vector", nothing, callback_vector, nothing },
	{ "callback by line", nothing, callback_line, all_new },
	{ "callback by another line", have_line, callback_other_line, all_new },
	{ "upcall vector", nothing, upcall_vector, all_new },
	{ "periodic timer", nothing, periodic, all_new },
	{ "watchdog", nothing, watchdog, all_new },
	{ "poll", few_ports, poll, nothing },
	{ "xen_version", nothing, version, nothing },
	{ "hypercall page", nothing, hypercall_page, nothing },
	{ "soft reset", have_all, soft_reset, all_new },
	{ 0 },
};
