// SPDX-License-Identifier: GPL-2.0
/* The rest of what a guest may call: time areas, NMIs, queries, refusals (section G). */
#include "rt.h"

static struct vcpu_time_info area page_aligned;
static struct vcpu_runstate_info phys_runstate page_aligned;
static volatile u32 nmis;

struct frame;

static void __attribute__((interrupt)) on_nmi(struct frame *f)
{
	nmis++;
}

static void test_vcpu(void)
{
	struct vcpu_register_time_memory_area t = { .addr.v = &area };
	u64 phys = (unsigned long)&phys_runstate, x = 0;
	u64 now, then;

	check("A85 time area at a bad address",
	      vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, BAD_PTR),
	      XEN_EFAULT);
	check("A85 time area", vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0,
				       &t), 0);
	check("A85 it is filled in", area.tsc_to_system_mul != 0, 1);
	check("A85 and not half-way", area.version & 1, 0);
	now = rt_now(rt_vi(0));
	then = rt_now((struct vcpu_info *)((u8 *)&area -
					   offsetof(struct vcpu_info, time)));
	check("A85 it shows the same time", then >= now &&
	      then - now < 1000000000ULL, 1);
	check("A85 runstate by physical address",
	      vcpu_op(14, 0, &phys), 0);
	phys = ~0ULL;
	check("A85 and away again", vcpu_op(14, 0, &phys), 0);

	rt_set_gate(2, on_nmi, 0);
	check("G40 send_nmi with an argument", vcpu_op(VCPUOP_send_nmi, 0, &x),
	      XEN_EINVAL);
	check("G40 send_nmi", vcpu_op(VCPUOP_send_nmi, 0, 0), 0);
	check("G40 it arrives", nmis, 1);
	check("G40 send_nmi to no vCPU", vcpu_op(VCPUOP_send_nmi, 77, 0),
	      XEN_ENOENT);
	check("G40 get_physid", vcpu_op(VCPUOP_get_physid, 0, &x), XEN_EINVAL);
	check("G40 up", vcpu_op(VCPUOP_up, 0, 0), 0);
	check("G42 set_timer_op(0)", hc2(__HYPERVISOR_set_timer_op, 0, 0), 0);
}

static void test_memory(void)
{
	struct { u32 flags, nr; unsigned long buffer; u64 dom; } rd = { .flags = 2 };
	struct { u16 domid, pad; u32 rest[16]; } vn = { .domid = DOMID_SELF, .pad = 1 };
	domid_t none = 0x7000, self = DOMID_SELF;

	check("G25 maximum_gpfn", memory_op(14, &self) > 0, 1);
	check("G25 current_reservation of no domain",
	      memory_op(XENMEM_current_reservation, &none), XEN_ESRCH);
	check("G25 current_reservation at a bad address",
	      memory_op(XENMEM_current_reservation, BAD_PTR), XEN_EFAULT);
	check("G25 reserved_device_memory_map, flags", memory_op(27, &rd),
	      XEN_EINVAL);
	rd.flags = 0;
	check("G25 reserved_device_memory_map", memory_op(27, &rd), 0);
	check("G25 there are none", rd.nr, 0);
	check("G25 vnumainfo, padding", memory_op(26, &vn), XEN_EINVAL);
	vn.pad = 0;
	check("G25 vnumainfo", memory_op(26, &vn), XEN_EOPNOTSUPP);
}

static void test_refusals(void)
{
	struct { u16 domid, pad[3]; u64 gpa; } dying = { .domid = DOMID_SELF };
	u64 x[8] = { 0 };

	check("G50 physdev_op", hc2(__HYPERVISOR_physdev_op, 12, x), XEN_ENOSYS);
	check("G50 physdev_op, unknown", hc2(__HYPERVISOR_physdev_op, 99, x),
	      XEN_ENOSYS);
	check("G31 pagetable_dying", hvm_op(9, &dying), XEN_EINVAL);
	check("G31 altp2m", hvm_op(25, x), XEN_EOPNOTSUPP);
	check("G51 console_io", hc3(__HYPERVISOR_console_io, 0, 0, 0), XEN_EPERM);
	check("G51 console_io, reading", hc3(__HYPERVISOR_console_io, 1, 0, 0),
	      XEN_EPERM);
	check("G1 platform_op", hc1(__HYPERVISOR_platform_op, x), XEN_EPERM);
	check("G1 xenpmu_op", hc2(40, 0, x), XEN_EOPNOTSUPP);
	check("A6 an operation far beyond Xen's", evtchn_op(0x4b00, x),
	      XEN_ENOSYS);
}

void test_main(void)
{
	rt_map_shinfo();
	cli();
	test_vcpu();
	test_memory();
	test_refusals();
}
