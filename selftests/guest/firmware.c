// SPDX-License-Identifier: GPL-2.0
/*
 * The calls that other guests make until they run on Xen, in their order: GRUB's
 * PVH loader, iPXE, FreeBSD. Own code after their behaviour; no grants yet.
 */
#include "rt.h"

static u8 stubs[PAGE_SIZE] page_aligned;
static u8 grants[PAGE_SIZE] page_aligned;

struct memory_map { u32 nr; unsigned long buffer; };

/* Through the hypercall page, as all of them do. */
static long by_page(u32 nr, unsigned long a0, void *a1)
{
#ifdef __x86_64__
	long (*fn)(unsigned long, void *) = (void *)(stubs + 32 * nr);

	return fn(a0, a1);
#else
	void *fn = stubs + 32 * nr;
	long ret;

	__asm__ volatile("call *%3" : "=a"(ret), "+b"(a0), "+c"(a1)
			 : "r"(fn) : "edx", "memory");
	return ret;
#endif
}

static u16 in16(u16 port)
{
	u16 v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static long get_param(u32 index)
{
	struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

	return by_page(__HYPERVISOR_hvm_op, HVMOP_get_param, &p);
}

static long place(u32 space, void *page)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF,
		.space = space,
		.gpfn = (unsigned long)page / PAGE_SIZE,
	};

	return by_page(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &a);
}

static void set_stubs(void)
{
	u32 msr = cpuid(xen_base() + 2, 0).b;

	wrmsr_safe(msr, (unsigned long)stubs);
}

static void grub(void)
{
	static u8 e820[128 * 20];
	struct memory_map m = { .nr = 128, .buffer = (unsigned long)e820 };

	set_stubs();
	check("GRUB: memory map", by_page(__HYPERVISOR_memory_op,
					  XENMEM_memory_map, &m), 0);
	check("GRUB: store page", get_param(HVM_PARAM_STORE_PFN), 0);
	check("GRUB: store channel", get_param(HVM_PARAM_STORE_EVTCHN), 0);
	check("GRUB: console page", get_param(HVM_PARAM_CONSOLE_PFN), 0);
	check("GRUB: console channel", get_param(HVM_PARAM_CONSOLE_EVTCHN), 0);
	check("GRUB: grant table", place(XENMAPSPACE_grant_table, grants),
	      0);
	check("GRUB: shared_info", place(XENMAPSPACE_shared_info, &shinfo_page),
	      0);
	check("GRUB: the clock is there",
	      shinfo_page.vcpu_info[0].time.tsc_to_system_mul != 0, 1);
}

static void ipxe(void)
{
	static char extra[16];

	check("iPXE: pages for the stubs", cpuid(xen_base() + 2, 0).a, 1);
	set_stubs();
	check("iPXE: version", by_page(__HYPERVISOR_xen_version, XENVER_version,
				       0) >> 16, 4);
	check("iPXE: extraversion", by_page(__HYPERVISOR_xen_version,
					    XENVER_extraversion, extra), 0);
	check("iPXE: shared_info", place(XENMAPSPACE_shared_info, &shinfo_page),
	      0);
	check("iPXE: grant table", place(XENMAPSPACE_grant_table, grants),
	      0);
	check("iPXE: store channel", get_param(HVM_PARAM_STORE_EVTCHN), 0);
	check("iPXE: store page", get_param(HVM_PARAM_STORE_PFN), 0);
}

static void freebsd_timer(void)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };
	struct vcpu_set_singleshot_timer s = { .flags = 0 };
	u32 seen;
	u64 end;

	check("FreeBSD: stop the periodic timer",
	      vcpu_op(VCPUOP_stop_periodic_timer, 0, 0), 0);
	check("FreeBSD: bind the timer",
	      by_page(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &b),
	      0);
	seen = rt_events[b.port];
	s.timeout_abs_ns = rt_now(rt_vi(0)) + 3000000;
	check("FreeBSD: one shot", vcpu_op(VCPUOP_set_singleshot_timer, 0, &s),
	      0);
	end = rt_now(rt_vi(0)) + 20000000000ULL;
	while (rt_events[b.port] == seen && rt_now(rt_vi(0)) < end)
		sti_hlt();
	check("FreeBSD: it ticks", rt_events[b.port] - seen, 1);
	rt_close(b.port);
}

static void freebsd(void)
{
	struct vcpu_register_vcpu_info vi = {
		.mfn = (unsigned long)vi_page / PAGE_SIZE,
	};
	struct xen_feature_info fi = { 0 };
	struct evtchn_bind_ipi ipi = { 0 };
	u32 i, bad = 0, port[4];

	set_stubs();
	for (i = 0; i < 2; i++) {
		fi.submap_idx = i;
		bad += by_page(__HYPERVISOR_xen_version, XENVER_get_features,
			       &fi) ? 1 : 0;
	}
	check("FreeBSD: features of one submap", bad, 1);
	bad = 0;
	check("FreeBSD: shared_info",
	      place(XENMAPSPACE_shared_info, &shinfo_page), 0);
	check("FreeBSD: callback vector",
	      rt_set_callback(2ULL << 56 | CALLBACK_VECTOR), 0);
	check("FreeBSD: nothing to unplug", in16(0x10), 0xffff);
	check("FreeBSD: vcpu_info", vcpu_op(VCPUOP_register_vcpu_info, 0, &vi),
	      0);
	rt_vi_use_registered(0, &vi_page[0]);
	sti();
	cli();
	freebsd_timer();
	for (i = 0; i < 4; i++) {
		ipi.vcpu = 0;
		bad += by_page(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi,
			       &ipi) ? 1 : 0;
		port[i] = ipi.port;
	}
	check("FreeBSD: four IPIs", bad, 0);
	for (i = 0; i < 4; i++) {
		u32 seen = rt_events[port[i]];

		bad += rt_send(port[i]) ? 1 : 0;
		sti();
		cli();
		bad += rt_events[port[i]] != seen + 1;
	}
	check("FreeBSD: each arrives", bad, 0);
}

void test_main(void)
{
	cli();
	grub();
	ipxe();
	freebsd();
}
