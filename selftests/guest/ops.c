// SPDX-License-Identifier: GPL-2.0
/* memory_op, hvm_op, vcpu_op, sched_op, the small ones: errors in their order. */
#include "rt.h"

static u8 other_page[PAGE_SIZE] page_aligned;
static struct vcpu_runstate_info runstate page_aligned;

static void test_memory(void)
{
	struct xen_add_to_physmap a = { .domid = DOMID_SELF };
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF };
	domid_t self = DOMID_SELF;

	a.gpfn = (unsigned long)&shinfo_page / PAGE_SIZE;
	a.idx = 1;
	check("G22 shared_info with an index", memory_op(XENMEM_add_to_physmap,
							 &a), XEN_EINVAL);
	a.idx = 0;
	a.space = 99;
	check("G22 unknown space", memory_op(XENMEM_add_to_physmap, &a),
	      XEN_ENOSYS);
	a.space = XENMAPSPACE_gmfn_foreign;
	check("G22 foreign space", memory_op(XENMEM_add_to_physmap, &a),
	      XEN_ENOSYS);
	a.space = XENMAPSPACE_shared_info;
	a.domid = 0x7000;
	check("G22 domain that is not there",
	      memory_op(XENMEM_add_to_physmap, &a), XEN_ESRCH);
	a.domid = 0;
	check("G22 domain 0", memory_op(XENMEM_add_to_physmap, &a), XEN_EPERM);
	a.domid = DOMID_SELF;
	check("G22 bad address", memory_op(XENMEM_add_to_physmap, BAD_PTR),
	      XEN_EFAULT);
	check("G22 shared_info", memory_op(XENMEM_add_to_physmap, &a), 0);
	check("G22 shared_info is empty: upcall_pending",
	      shinfo_page.vcpu_info[0].evtchn_upcall_pending, 0);
	check("G22 shared_info has the wall clock", shinfo_page.wc_sec != 0, 1);
	a.gpfn = (unsigned long)other_page / PAGE_SIZE;
	check("G22 shared_info moved", memory_op(XENMEM_add_to_physmap, &a), 0);
	check("G22 moved: wall clock came along",
	      ((struct shared_info *)other_page)->wc_sec != 0, 1);
	r.gpfn = a.gpfn;
	check("G24 remove shared_info",
	      memory_op(XENMEM_remove_from_physmap, &r), 0);
	check("G24 remove it again",
	      memory_op(XENMEM_remove_from_physmap, &r), XEN_ENOENT);
	check("G22 shared_info placed again", rt_map_shinfo(), 0);

	check("G25 maximum_reservation is not 0",
	      memory_op(XENMEM_maximum_reservation, &self) > 0, 1);
	check("G25 current_reservation is not 0",
	      memory_op(XENMEM_current_reservation, &self) > 0, 1);
	check("G25 machine_memory_map",
	      memory_op(XENMEM_machine_memory_map, &a), XEN_ENOSYS);
	check("G25 unknown command", memory_op(60, &a), XEN_ENOSYS);
}

static long param(int op, u32 index, u64 value, u16 domid)
{
	struct xen_hvm_param p = { .domid = domid, .index = index,
				   .value = value };

	return hvm_op(op, &p);
}

static void test_hvm(void)
{
	struct xen_hvm_param p = { .domid = DOMID_SELF };
	u64 t[2] = { 0 };

	check("G30 get index out of range",
	      param(HVMOP_get_param, 1000, 0, DOMID_SELF), XEN_EINVAL);
	check("G30 set index out of range",
	      param(HVMOP_set_param, 1000, 0, DOMID_SELF), XEN_EINVAL);
	check("G30 get of no domain",
	      param(HVMOP_get_param, 1, 0, 0x7000), XEN_ESRCH);
	check("G30 set STORE_PFN", param(HVMOP_set_param, HVM_PARAM_STORE_PFN,
					 1, DOMID_SELF), XEN_EPERM);
	check("G30 get IOREQ_PFN", param(HVMOP_get_param, 5, 0, DOMID_SELF),
	      XEN_EPERM);
	check("G30 get at a bad address", hvm_op(HVMOP_get_param, BAD_PTR),
	      XEN_EFAULT);
	p.index = 15;
	p.value = 0x1234000;
	check("G30 set VM86_TSS", hvm_op(HVMOP_set_param, &p), 0);
	check("G31 flush_tlbs with an argument", hvm_op(5, &p), XEN_EINVAL);
	check("G31 get_time", hvm_op(10, t), 0);
	check("G31 unknown", hvm_op(99, &p), XEN_ENOSYS);
	check("A100 upcall vector below 16",
	      hvm_op(HVMOP_set_evtchn_upcall_vector,
		     &(struct xen_hvm_evtchn_upcall_vector) { 0, 15 }),
	      XEN_EINVAL);
	check("A100 upcall vector of no vCPU",
	      hvm_op(HVMOP_set_evtchn_upcall_vector,
		     &(struct xen_hvm_evtchn_upcall_vector) { 77, 0xf4 }),
	      XEN_ENOENT);
}

static long set_info(u32 vcpu, unsigned long gfn, u32 offset)
{
	struct vcpu_register_vcpu_info i = { .mfn = gfn, .offset = offset };

	return vcpu_op(VCPUOP_register_vcpu_info, vcpu, &i);
}

static void test_vcpu(void)
{
	struct vcpu_register_runstate_memory_area area = {
		.addr.v = &runstate,
	};
	struct vcpu_runstate_info rs;
	unsigned long gfn = (unsigned long)vi_page / PAGE_SIZE;
	u64 period;
	u32 off, good = 0;

	check("G40 unknown vCPU comes before the command",
	      vcpu_op(99, 77, 0), XEN_ENOENT);
	check("G40 unknown command", vcpu_op(99, 0, 0), XEN_ENOSYS);
	check("G40 is_up", vcpu_op(VCPUOP_is_up, 0, 0), 1);
	check("A81 bad address", vcpu_op(VCPUOP_register_vcpu_info, 0, BAD_PTR),
	      XEN_EFAULT);
	check("A81 crossing the page", set_info(0, gfn, 4096 - 32), XEN_ENXIO);
	check("A81 not aligned", set_info(0, gfn, 1), XEN_ENXIO);
	for (off = 1; off < 64; off++)
		if (off % sizeof(long) && set_info(0, gfn, off) == 0)
			good++;
	check("XSA-327 no unaligned offset is taken", good, 0);
	check("A81 no RAM", set_info(0, 0xfffff0, 0), XEN_EINVAL);
	check("A81 registered", set_info(0, gfn, 0), 0);
	check("A82 upcall_pending is set", vi_page[0].evtchn_upcall_pending, 1);
	check("A82 selector is all ones",
	      vi_page[0].evtchn_pending_sel == ~0UL, 1);
	check("A82 time is there", vi_page[0].time.tsc_to_system_mul != 0, 1);
	check("A81 registered twice", set_info(0, gfn, 64), XEN_EBUSY);
	rt_vi_use_registered(0, &vi_page[0]);

	check("A85 runstate area",
	      vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), 0);
	check("A85 running", runstate.state, RUNSTATE_running);
	check("A85 get_runstate_info",
	      vcpu_op(VCPUOP_get_runstate_info, 0, &rs), 0);
	check("A85 has run", rs.time[RUNSTATE_running] > 0, 1);

	period = 0;
	check("XSA-20 period 0", vcpu_op(VCPUOP_set_periodic_timer, 0, &period),
	      XEN_EINVAL);
	period = 999999;
	check("XSA-20 period below 1 ms",
	      vcpu_op(VCPUOP_set_periodic_timer, 0, &period), XEN_EINVAL);
	period = ~0ULL;
	check("XSA-20 period 2^64-1",
	      vcpu_op(VCPUOP_set_periodic_timer, 0, &period), XEN_EINVAL);
	period = 1ULL << 63;
	check("XSA-20 period 2^63",
	      vcpu_op(VCPUOP_set_periodic_timer, 0, &period), XEN_EINVAL);
	check("G40 stop periodic",
	      vcpu_op(VCPUOP_stop_periodic_timer, 0, 0), 0);
	check("G40 stop singleshot",
	      vcpu_op(VCPUOP_stop_singleshot_timer, 0, 0), 0);
}

static void test_sched(void)
{
	struct sched_poll p = { .nr_ports = 129 };
	struct sched_watchdog w = { .id = 3 };
	evtchn_port_t port = 0;
	struct sched_remote_shutdown rs = { .domain_id = 0x7000 };
	int id;

	check("G43 yield", sched_op(SCHEDOP_yield, 0), 0);
	check("G43 unknown", sched_op(99, 0), XEN_ENOSYS);
	check("A110 more than 128 ports", sched_op(SCHEDOP_poll, &p),
	      XEN_EINVAL);
	check("A110 bad address", sched_op(SCHEDOP_poll, BAD_PTR), XEN_EFAULT);
	set_xen_guest_handle_raw(p.ports, &port);
	p.nr_ports = 1;
	p.timeout = 1;
	port = 63;
	check("A110 free port", sched_op(SCHEDOP_poll, &p), XEN_EINVAL);
	port = 5000;
	check("XSA-221 port that never was", sched_op(SCHEDOP_poll, &p),
	      XEN_EINVAL);
	check("G43 watchdog id 3", sched_op(SCHEDOP_watchdog, &w), XEN_EINVAL);
	w.id = 1;
	w.timeout = 5;
	check("G43 watchdog not started", sched_op(SCHEDOP_watchdog, &w),
	      XEN_EINVAL);
	w.id = 0;
	w.timeout = 3600;
	id = sched_op(SCHEDOP_watchdog, &w);
	check("G43 first watchdog", id, 1);
	check("G43 second watchdog", sched_op(SCHEDOP_watchdog, &w), 2);
	check("G43 no third", sched_op(SCHEDOP_watchdog, &w), XEN_ENOSPC);
	w.id = 1;
	w.timeout = 0;
	check("G43 stop the first", sched_op(SCHEDOP_watchdog, &w), 0);
	w.id = 2;
	check("G43 stop the second", sched_op(SCHEDOP_watchdog, &w), 0);
	check("G43 remote_shutdown of no domain",
	      sched_op(SCHEDOP_remote_shutdown, &rs), XEN_ESRCH);
	rs.domain_id = 0;
	check("G43 remote_shutdown of domain 0",
	      sched_op(SCHEDOP_remote_shutdown, &rs), XEN_EPERM);
}

static void test_small(void)
{
	static struct multicall_entry mc[3];

	check("G52 vm_assist of another type", hc2(__HYPERVISOR_vm_assist, 0,
						   1), XEN_EINVAL);
	check("G52 vm_assist runstate flag", hc2(__HYPERVISOR_vm_assist, 0, 5),
	      0);
	check("G52 vm_assist of another command",
	      hc2(__HYPERVISOR_vm_assist, 7, 5), XEN_ENOSYS);
	check("G52 vm_assist off again", hc2(__HYPERVISOR_vm_assist, 1, 5), 0);
	check("G1 sysctl", hc1(__HYPERVISOR_sysctl, mc) != 0, 1);

	mc[0].op = __HYPERVISOR_xen_version;
	mc[0].args[0] = XENVER_version;
	mc[1].op = 62;
	mc[2].op = __HYPERVISOR_sched_op;
	mc[2].args[0] = SCHEDOP_yield;
	check("G53 multicall", hc2(__HYPERVISOR_multicall, mc, 3), 0);
	check("G53 first result", mc[0].result,
	      hc2(__HYPERVISOR_xen_version, XENVER_version, 0));
	check("G53 unknown operation", (long)mc[1].result, XEN_ENOSYS);
	check("G53 third result", mc[2].result, 0);
	check("G53 bad address", hc2(__HYPERVISOR_multicall, BAD_PTR, 1),
	      XEN_EFAULT);
	check("G53 no entries", hc2(__HYPERVISOR_multicall, mc, 0), 0);
}

void test_main(void)
{
	test_memory();
	test_hvm();
	test_vcpu();
	test_sched();
	test_small();
}
