// SPDX-License-Identifier: GPL-2.0
/*
 * vCPU numbers that the VMM has given (--vcpu-ids 0,3): all who name a vCPU mean the
 * same one, and there are no others.
 */
#include "until.h"

static volatile u32 id_of_second = 99;

static u32 own_id(void)
{
	return cpuid(xen_base() + 4, 0).b;
}

static void other(unsigned int cpu)
{
	id_of_second = own_id();
	for (;;)
		sti_hlt();
}

void test_main(void)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 1 };
	struct evtchn_bind_vcpu v = { .vcpu = 3 };
	struct vcpu_register_vcpu_info r = {
		.mfn = (unsigned long)vi_page / PAGE_SIZE };
	struct xen_hvm_evtchn_upcall_vector u = { 3, LAPIC_VECTOR };

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	check("G12 the first vCPU's number", own_id(), 0);
	check("G40 vCPU 3 does not run yet", vcpu_op(VCPUOP_is_up, 3, 0), 0);
	check("the second starts", rt_start_cpus(2, other), 1);
	check("it has looked", until(2000, id_of_second != 99), 1);
	check("G12 the second vCPU's number", id_of_second, 3);
	check("G40 vCPU 0 is up", vcpu_op(VCPUOP_is_up, 0, 0), 1);
	check("G40 vCPU 3 is up", vcpu_op(VCPUOP_is_up, 3, 0), 1);
	check("G40 there is no vCPU 1", vcpu_op(VCPUOP_is_up, 1, 0), XEN_ENOENT);
	check("G40 there is no vCPU 2", vcpu_op(VCPUOP_is_up, 2, 0), XEN_ENOENT);
	check("G40 there is no vCPU 4", vcpu_op(VCPUOP_is_up, 4, 0), XEN_ENOENT);
	check("A21 bind_ipi for vCPU 1", evtchn_op(EVTCHNOP_bind_ipi, &ipi),
	      XEN_ENOENT);
	ipi.vcpu = 3;
	check("A21 bind_ipi for vCPU 3", evtchn_op(EVTCHNOP_bind_ipi, &ipi), 0);
	check("A28 send", rt_send(ipi.port), 0);
	check("A28 vCPU 3's slot has it",
	      READ(shinfo_page.vcpu_info[3].evtchn_upcall_pending), 1);
	check("A28 vCPU 1's has not",
	      READ(shinfo_page.vcpu_info[1].evtchn_upcall_pending), 0);
	v.port = rt_alloc_unbound(DOMID_SELF);
	check("A31 bind_vcpu to 3", evtchn_op(EVTCHNOP_bind_vcpu, &v), 0);
	v.vcpu = 2;
	check("A31 bind_vcpu to 2", evtchn_op(EVTCHNOP_bind_vcpu, &v), XEN_ENOENT);
	check("A81 vcpu_info of vCPU 3",
	      vcpu_op(VCPUOP_register_vcpu_info, 3, &r), 0);
	check("A100 vector of vCPU 3",
	      hvm_op(HVMOP_set_evtchn_upcall_vector, &u), 0);
	u.vcpu = 1;
	check("A100 vector of vCPU 1",
	      hvm_op(HVMOP_set_evtchn_upcall_vector, &u), XEN_ENOENT);
}
