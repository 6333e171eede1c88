// SPDX-License-Identifier: GPL-2.0
/* What is left of a port's first life in its second one: nothing (semantics A26). */
#include "rt.h"

static u32 vcpu_of(u32 port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	return evtchn_op(EVTCHNOP_status, &s) ? 99 : s.vcpu;
}

static void test_vcpu(void)
{
	struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
	struct evtchn_bind_vcpu v = { .vcpu = 1 };
	u32 a;

	v.port = rt_alloc_unbound(DOMID_SELF);
	check("A31 bind_vcpu", evtchn_op(EVTCHNOP_bind_vcpu, &v), 0);
	check("A31 vCPU 1 is told", vcpu_of(v.port), 1);
	check("A23 close", rt_close(v.port), 0);
	check("A26 the lowest free port is taken again",
	      rt_alloc_unbound(DOMID_SELF) == v.port, 1);
	check("A26 alloc_unbound: vCPU 0 is told", vcpu_of(v.port), 0);
	evtchn_op(EVTCHNOP_bind_vcpu, &v);
	a = rt_alloc_unbound(DOMID_SELF);
	rt_close(v.port);
	b.remote_port = a;
	check("A13 bind_interdomain",
	      evtchn_op(EVTCHNOP_bind_interdomain, &b), 0);
	check("A13 by the port of before", b.local_port == v.port, 1);
	check("A26 bind_interdomain: vCPU 0 is told", vcpu_of(b.local_port), 0);
	rt_vi(1)->evtchn_upcall_pending = 0;
	rt_vi(0)->evtchn_upcall_pending = 0;
	rt_clear(b.local_port);
	rt_vi(0)->evtchn_pending_sel = 0;
	rt_vi(1)->evtchn_pending_sel = 0;
	check("A28 send", rt_send(a), 0);
	check("A26 vCPU 0 has the event", rt_vi(0)->evtchn_pending_sel & 1, 1);
	check("A26 vCPU 1 has not", rt_vi(1)->evtchn_pending_sel & 1, 0);
	rt_close(a);
	rt_close(b.local_port);
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	cli();
	test_vcpu();
}
