// SPDX-License-Identifier: GPL-2.0
/* EVTCHNOP_*: semantics A.1, A.2, in a domain by itself. */
#include "rt.h"

static struct evtchn_status status_of(u32 port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	if (evtchn_op(EVTCHNOP_status, &s))
		s.status = 99;
	return s;
}

static long status_ret(u16 dom, u32 port)
{
	struct evtchn_status s = { .dom = dom, .port = port };

	return evtchn_op(EVTCHNOP_status, &s);
}

static void test_alloc(void)
{
	struct evtchn_alloc_unbound a = { .dom = 0x7000 };
	u32 p, q;

	check("A10 alloc for no domain", evtchn_op(EVTCHNOP_alloc_unbound, &a),
	      XEN_ESRCH);
	a.dom = 0;
	check("A10 alloc for domain 0", evtchn_op(EVTCHNOP_alloc_unbound, &a),
	      XEN_EPERM);
	check("A6 bad address", evtchn_op(EVTCHNOP_alloc_unbound, BAD_PTR),
	      XEN_EFAULT);
	check("A6 unknown operation comes before the address",
	      evtchn_op(99, BAD_PTR), XEN_ENOSYS);
	p = rt_alloc_unbound(0);
	check("A3 a port", p != 0, 1);
	q = rt_alloc_unbound(0x6fff);
	check("A11 the peer need not exist", q - p, 1);
	check("A3 close the first", rt_close(p), 0);
	check("A3 the lowest free port is taken", rt_alloc_unbound(0) == p, 1);
	check("A30 unbound", status_of(p).status, EVTCHNSTAT_unbound);
	check("A30 unbound: peer", status_of(q).u.unbound.dom, 0x6fff);
	check("A28 send to an unbound port", rt_send(p), 0);
	check("A12 nothing is pending", rt_pending(p), 0);
	rt_close(p);
	rt_close(q);
	check("A23 close a free port", rt_close(p), XEN_EINVAL);
	check("A23 close port 0", rt_close(0), XEN_EINVAL);
	check("A23 close a port that never was", rt_close(1 << 20), XEN_EINVAL);
	check("A28 send to a free port", rt_send(p), XEN_EINVAL);
	check("A2 send to port 0", rt_send(0), XEN_EINVAL);
	check("A28 send to a port that never was", rt_send(1 << 20),
	      XEN_EINVAL);
	check("A30 status of port 0", status_of(0).status, EVTCHNSTAT_closed);
	check("A30 status of a free port", status_of(p).status,
	      EVTCHNSTAT_closed);
	check("A30 status of a port that never was",
	      status_ret(DOMID_SELF, 1 << 20), XEN_EINVAL);
	check("A30 status in no domain", status_ret(0x7000, 1), XEN_ESRCH);
	check("A30 status in domain 0", status_ret(0, 1), XEN_EPERM);
}

static void test_interdomain(void)
{
	struct evtchn_bind_interdomain b = { .remote_dom = 0x7000 };
	struct evtchn_status s;
	u32 l, r;

	check("A13 no domain", evtchn_op(EVTCHNOP_bind_interdomain, &b),
	      XEN_ESRCH);
	b.remote_dom = DOMID_SELF;
	b.remote_port = 1 << 20;
	check("A13 port that never was",
	      evtchn_op(EVTCHNOP_bind_interdomain, &b), XEN_EINVAL);
	b.remote_port = 63;
	check("A13 free port", evtchn_op(EVTCHNOP_bind_interdomain, &b),
	      XEN_EINVAL);
	r = rt_alloc_unbound(0);
	b.remote_port = r;
	check("A13 port for another domain",
	      evtchn_op(EVTCHNOP_bind_interdomain, &b), XEN_EINVAL);
	rt_close(r);
	rt_mask(l = 0);
	l = rt_loop(&r);
	check("A15 a channel to itself", l != 0 && l != r, 1);
	check("A14 the binder's end is pending", rt_pending(l), 1);
	check("A14 the other is not", rt_pending(r), 0);
	s = status_of(l);
	check("A30 interdomain", s.status, EVTCHNSTAT_interdomain);
	check("A30 interdomain: port", s.u.interdomain.port == r, 1);
	check("A28 send", rt_send(l), 0);
	check("A28 the peer is pending", rt_pending(r), 1);
	check("A24 close one end", rt_close(l), 0);
	check("A26 its pending bit is gone", rt_pending(l), 0);
	s = status_of(r);
	check("A24 the peer is unbound again", s.status, EVTCHNSTAT_unbound);
	check("A24 its pending bit stays", rt_pending(r), 1);
	b.remote_port = r;
	check("A24 and can be bound again",
	      evtchn_op(EVTCHNOP_bind_interdomain, &b), 0);
	rt_close(b.local_port);
	rt_close(r);
}

static long bind_virq(u32 virq, u32 vcpu, u32 *port)
{
	struct evtchn_bind_virq b = { .virq = virq, .vcpu = vcpu };
	long ret = evtchn_op(EVTCHNOP_bind_virq, &b);

	*port = b.port;
	return ret;
}

static void test_virq(void)
{
	struct evtchn_status s;
	u32 p, q;

	check("A17 virq 24", bind_virq(24, 0, &p), XEN_EINVAL);
	check("A17 global virq of vCPU 1", bind_virq(2, 1, &p), XEN_EINVAL);
	check("A17 unknown vCPU", bind_virq(VIRQ_TIMER, 77, &p), XEN_ENOENT);
	check("A17 timer", bind_virq(VIRQ_TIMER, 0, &p), 0);
	check("A17 timer twice", bind_virq(VIRQ_TIMER, 0, &q), XEN_EEXIST);
	s = status_of(p);
	check("A20 status: virq", s.status, EVTCHNSTAT_virq);
	check("A20 status: number", s.u.virq, VIRQ_TIMER);
	check("A20 status: vCPU", s.vcpu, 0);
	check("A28 send to a virq", rt_send(p), XEN_EINVAL);
	check("A25 close", rt_close(p), 0);
	check("A25 bound again", bind_virq(VIRQ_TIMER, 0, &p), 0);
	rt_close(p);
	check("A17 global virq that domain 0 handles", bind_virq(3, 0, &p),
	      XEN_EBUSY);
}

static void test_ipi(void)
{
	struct evtchn_bind_ipi b = { .vcpu = 77 };
	struct evtchn_bind_vcpu v;
	struct evtchn_bind_pirq pirq = { .pirq = 1000 };
	struct evtchn_status s;
	u32 p, q;

	check("A21 unknown vCPU", evtchn_op(EVTCHNOP_bind_ipi, &b), XEN_ENOENT);
	p = rt_bind_ipi(0);
	check("A21 bound", p != 0, 1);
	s = status_of(p);
	check("A30 ipi", s.status, EVTCHNSTAT_ipi);
	check("A30 ipi: vCPU", s.vcpu, 0);
	v.port = p;
	v.vcpu = 0;
	check("A31 an IPI stays where it is", evtchn_op(EVTCHNOP_bind_vcpu, &v),
	      XEN_EINVAL);
	v.vcpu = 77;
	check("A31 unknown vCPU first", evtchn_op(EVTCHNOP_bind_vcpu, &v),
	      XEN_ENOENT);
	v.vcpu = 0;
	v.port = 1 << 20;
	check("A31 port that never was", evtchn_op(EVTCHNOP_bind_vcpu, &v),
	      XEN_EINVAL);
	v.port = 0;
	check("A31 port 0", evtchn_op(EVTCHNOP_bind_vcpu, &v), XEN_EINVAL);
	q = rt_alloc_unbound(0);
	v.port = q;
	check("A31 unbound port", evtchn_op(EVTCHNOP_bind_vcpu, &v), 0);
	check("A22 no physical interrupts", evtchn_op(EVTCHNOP_bind_pirq, &pirq),
	      XEN_EINVAL);
	rt_close(p);
	rt_close(q);
}

/* The selector has a bit for each word of the bitmap, and the word is the guest's. */
static void unmask_one(u32 p)
{
	struct evtchn_unmask u = { .port = p };

	rt_mask(p);
	rt_vi(0)->evtchn_upcall_pending = 0;
	rt_vi(0)->evtchn_pending_sel = 0;
	rt_send(p);
	check("A51 masked: pending", rt_pending(p), 1);
	check("A51 masked: no upcall", READ(rt_vi(0)->evtchn_upcall_pending), 0);
	check("A32 unmask", evtchn_op(EVTCHNOP_unmask, &u), 0);
	check("A32 unmasked", rt_masked(p), 0);
	check("A32 now there is an upcall",
	      READ(rt_vi(0)->evtchn_upcall_pending), 1);
	check("A32 and the selector", READ(rt_vi(0)->evtchn_pending_sel) ==
	      1UL << p / (8 * sizeof(long)), 1);
	rt_close(p);
}

#define HIGH_PORT	100	/* in another word, whatever its width */

static void test_unmask(void)
{
	struct evtchn_unmask u = { .port = 1 << 20 };
	u32 p, q;

	check("A32 port that never was", evtchn_op(EVTCHNOP_unmask, &u),
	      XEN_EINVAL);
	u.port = 0;
	check("A32 port 0", evtchn_op(EVTCHNOP_unmask, &u), 0);
	unmask_one(rt_bind_ipi(0));
	do
		p = rt_alloc_unbound(DOMID_SELF);
	while (p && p < HIGH_PORT - 1);
	q = rt_bind_ipi(0);
	check("A3 a port beyond those", q, HIGH_PORT);
	unmask_one(q);
	for (; p; p--)
		rt_close(p);
}

/* XSA-317: allocate until it fails, in each way, and once more. */
static void test_limit(void)
{
	struct evtchn_bind_ipi b = { .vcpu = 0 };
	struct evtchn_bind_interdomain i = { .remote_dom = DOMID_SELF };
	u32 p, n = 0, last = 0, first = rt_alloc_unbound(DOMID_SELF);
	long ret;

	for (p = first; p; p = rt_alloc_unbound(DOMID_SELF)) {
		last = p;
		n++;
	}
	check("XSA-317 ports up to the limit", last > 1000, 1);
	ret = evtchn_op(EVTCHNOP_bind_ipi, &b);
	check("XSA-317 one IPI more", ret, XEN_ENOSPC);
	check("XSA-317 one virq more", bind_virq(VIRQ_TIMER, 0, &p),
	      XEN_ENOSPC);
	i.remote_port = first;
	check("XSA-317 one channel more",
	      evtchn_op(EVTCHNOP_bind_interdomain, &i), XEN_ENOSPC);
	check("XSA-317 the last port works", rt_send(last), 0);
	check("A5 the port behind it never was", rt_send(last + 64),
	      XEN_EINVAL);
	for (p = first; p <= last; p++)
		if (rt_close(p))
			break;
	check("XSA-317 all closed", p, last + 1);
	check("XSA-317 and the lowest is free again",
	      rt_alloc_unbound(DOMID_SELF) == first, 1);
	rt_close(first);
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	test_alloc();
	test_interdomain();
	test_virq();
	test_ipi();
	test_unmask();
	test_limit();
}
