// SPDX-License-Identifier: GPL-2.0
/* The per-vCPU LAPIC vector alone, as Linux uses it: semantics A100. */
#include "rt.h"

static void quiet(void)
{
	cli();
	rt_vi(0)->evtchn_upcall_pending = 0;
	rt_vi(0)->evtchn_pending_sel = 0;
}

static void test_lapic(void)
{
	struct xen_hvm_evtchn_upcall_vector v = { 0, LAPIC_VECTOR };
	volatile u32 *const lapic = (u32 *)0xfee00000UL;
	u32 l, r, before;

	l = rt_loop(&r);
	rt_mask(l);
	rt_clear(l);
	quiet();
	lapic[0xf0 / 4] = 0xff;		/* software-disabled */
	check("A100 set the LAPIC vector",
	      hvm_op(HVMOP_set_evtchn_upcall_vector, &v), 0);
	before = rt_upcalls[0];
	rt_send(l);
	sti();
	cli();
	check("A100 LAPIC disabled: held", rt_upcalls[0] - before, 0);
	lapic[0xf0 / 4] = 0x1ff;
	sti();
	relax();
	cli();
	check("XSA-256 LAPIC enabled: delivered", rt_upcalls[0] - before, 1);
	rt_send(l);
	sti();
	relax();
	cli();
	check("A100 delivered", rt_upcalls[0] - before, 2);
	rt_close(l);
	rt_close(r);
}

/* Pending from before: setting the vector delivers it. */
static void test_late(void)
{
	struct xen_hvm_evtchn_upcall_vector v = { 0, LAPIC_VECTOR };
	u32 l, r, before = rt_upcalls[0];

	l = rt_loop(&r);
	rt_mask(l);
	rt_clear(l);
	quiet();
	rt_send(l);
	sti();
	relax();
	cli();
	check("A100 no vector, no upcall", rt_upcalls[0] - before, 0);
	((volatile u32 *)0xfee00000UL)[0xf0 / 4] = 0x1ff;
	hvm_op(HVMOP_set_evtchn_upcall_vector, &v);
	sti();
	relax();
	cli();
	check("A100 setting it delivers what is pending",
	      rt_upcalls[0] - before, 1);
	rt_close(l);
	rt_close(r);
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	test_late();
	test_lapic();
}
