// SPDX-License-Identifier: GPL-2.0
/* The FIFO ABI on one CPU: semantics A36 to A42, A.4, A33; and its past holes. */
#include "fiforun.h"

static u32 array[2 * WORDS] page_aligned;
static u32 l, r;	/* a channel to itself; r is the receiving end */

static void quiet(void)
{
	sti();
	cli();
	nr_delivered = 0;
}

static void test_before(void)
{
	unsigned long gfn = (unsigned long)&control[0] / PAGE_SIZE;

	l = rt_loop(&r);
	sti();
	cli();
	check("A42 set_priority with the 2-level ABI", set_priority(l, 3),
	      XEN_ENOSYS);
	check("A41 expand_array with the 2-level ABI", expand_array(gfn),
	      XEN_EOPNOTSUPP);
	check("A36 init_control of no vCPU", init_control(77, gfn, 4096, 0),
	      XEN_ENOENT);
	check("A36 control block that does not fit",
	      init_control(0, gfn, 4096 - 64, 0), XEN_EINVAL);
	check("A36 control block not aligned", init_control(0, gfn, 4, 0),
	      XEN_EINVAL);
	check("XSA-188 control block in no RAM, as the first call",
	      init_control(0, 0xfffff0, 0, 0), XEN_EINVAL);
	check("A36 control block at the highest gfn", init_control(0, ~0UL,
		      0, 0), XEN_EINVAL);
	rt_events[r] = 0;
	rt_send(l);
	sti();
	cli();
	check("XSA-188 then the 2-level ABI still works", rt_events[r], 1);
}

/* The switch comes late: an event is pending already. */
static void test_switch(void)
{
	u32 only, before = rt_loop(&only);
	u8 bits = 0;

	sti();
	cli();
	rt_mask(only);
	rt_send(before);
	rt_mask(r);
	rt_send(l);
	check("A37 pending in 2-level", rt_pending(r), 1);
	memset(&control[0], 0, sizeof(control[0]));
	check("A36 init_control", init_control(0, (unsigned long)&control[0] /
					       PAGE_SIZE, 0, &bits), 0);
	check("A39 link bits", bits, EVTCHN_FIFO_LINK_BITS);
	check("A36 init_control again", init_cpu(0), XEN_EINVAL);
	words = array;
	rt_take_events = fifo_take;
	rt_vi(0)->evtchn_upcall_pending = 0;
	rt_send(l);
	check("A61 no page yet: nothing is told", control[0].c.ready, 0);
	check("A41 array page in no RAM", expand_array(0xfffff0), XEN_EINVAL);
	check("A41 expand_array", expand_array((unsigned long)array / PAGE_SIZE),
	      0);
	check("A41 what was pending is raised now", word(r) & ~LINK_MASK,
	      W(PENDING) | W(LINKED));
	check("A37 also what was not sent again", word(only) & ~LINK_MASK,
	      W(PENDING) | W(LINKED));
	check("A65 its queue is ready", control[0].c.ready, 1 << 7);
	check("A65 upcall_pending", rt_vi(0)->evtchn_upcall_pending, 1);
	quiet();
	check("A69 it was taken", word(r), 0);
	rt_close(before);
	rt_close(only);
}

static void test_events(void)
{
	u32 i, before, first = 0, o[8], p[8];

	nr_delivered = 0;
	rt_send(l);
	rt_send(l);
	check("A62 sent twice: in the queue once", word(r) & ~LINK_MASK,
	      W(PENDING) | W(LINKED));
	sti();
	cli();
	check("A69 delivered once", nr_delivered, 1);
	check("A69 it is that port", delivered[0] == r, 1);

	word_or(r, W(MASKED));
	rt_send(l);
	check("A62 masked: pending, in no queue", word(r), W(MASKED) | W(PENDING));
	quiet();
	check("A32 unmask", unmask(r), 0);
	check("A32 then it is in a queue", word(r) & ~LINK_MASK,
	      W(PENDING) | W(LINKED));
	sti();
	cli();
	check("A32 and delivered", nr_delivered, 1);
	check("A32 unmask of what is not pending", unmask(r), 0);

	for (i = 0; i < 8; i++) {
		o[i] = rt_loop(&p[i]);
		quiet();
	}
	before = rt_upcalls[0];
	for (i = 0; i < 8; i++)
		rt_send(o[i]);
	check("A64 eight events in one queue: the head is the first",
	      control[0].c.head[7] == p[0], 1);
	sti();
	cli();
	check("70ccddb14a one upcall for all", rt_upcalls[0] - before, 1);
	for (i = 0; i < 8; i++)
		first += delivered[i] == p[i];
	check("A64 in their order", first, 8);

	for (i = 0; i < 8; i++)
		set_priority(p[i], 15 - i);
	nr_delivered = 0;
	for (i = 0; i < 8; i++)
		rt_send(o[i]);
	sti();
	cli();
	for (i = 0, first = 0; i < 8; i++)
		first += delivered[i] == p[7 - i];
	check("A60 highest priority first", first, 8);
	for (i = 0; i < 8; i++) {
		rt_close(o[i]);
		rt_close(p[i]);
	}
}

static void test_priority(void)
{
	u32 a, b, pa, pb;

	check("A42 no such port", set_priority(3000, 1), XEN_EINVAL);
	check("A42 port 0", set_priority(0, 1), XEN_EACCES);
	check("A42 free port", set_priority(20, 1), XEN_EACCES);
	check("A42 free port comes before the priority", set_priority(20, 16),
	      XEN_EACCES);
	check("A42 priority 16", set_priority(l, 16), XEN_EINVAL);
	check("A42 set_priority", set_priority(l, 15), 0);

	a = rt_loop(&pa);
	b = rt_loop(&pb);
	quiet();
	rt_send(a);
	check("A42 linked: stays in its queue", set_priority(pa, 2), 0);
	check("A42 only that queue is ready", control[0].c.ready, 1 << 7);
	quiet();
	/* pa was the tail of queue 7, and goes to queue 2 now. */
	rt_send(a);
	check("A63 the next time it goes to the new one", control[0].c.ready,
	      1 << 2);
	rt_send(b);
	check("e33d4257fc the old queue begins anew",
	      control[0].c.head[7] == pb, 1);
	check("e33d4257fc nothing was linked through the moved event",
	      word(pa) & LINK_MASK, 0);
	sti();
	cli();
	check("A63 both are delivered", nr_delivered, 2);
	rt_close(a);
	rt_close(pa);
	rt_close(b);
	rt_close(pb);
}

static void test_reuse(void)
{
	u32 a, pa, fresh, again;

	a = rt_loop(&pa);
	quiet();
	rt_send(a);
	rt_close(a);
	rt_close(pa);
	fresh = rt_alloc_unbound(DOMID_SELF);
	again = rt_alloc_unbound(DOMID_SELF);
	check("78e24c269b a port that is still in a queue is not handed out",
	      fresh != pa && again != pa, 1);
	rt_close(fresh);
	rt_close(again);
	sti();
	cli();
	check("78e24c269b a closed port is not delivered", nr_delivered, 0);
	for (again = 0; again < 3; again++) {
		fresh = rt_alloc_unbound(DOMID_SELF);
		if (fresh == pa)
			break;
	}
	check("78e24c269b once it was taken off, it is", fresh == pa, 1);
	/* Close what was taken on the way, lowest first. */
	for (again = 1; again < 16; again++)
		if (again != l && again != r)
			rt_close(again);
}

static void test_poll(void)
{
	struct sched_poll p = { .nr_ports = 1, .timeout = 1 };
	evtchn_port_t port = r;

	set_xen_guest_handle_raw(p.ports, &port);
	check("A110 poll of a quiet port", sched_op(SCHEDOP_poll, &p), 0);
	word_or(r, W(MASKED));
	rt_send(l);
	p.timeout = 0;
	check("A110 poll of a pending and masked port", sched_op(SCHEDOP_poll,
								 &p), 0);
	unmask(r);
	quiet();
	port = 2000;
	check("XSA-221 poll of a port without a word", sched_op(SCHEDOP_poll,
								&p), XEN_EINVAL);
	port = 131072;
	check("XSA-221 poll beyond the array", sched_op(SCHEDOP_poll, &p),
	      XEN_EINVAL);
}

static void test_reset(void)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = 1 };
	struct evtchn_reset self = { .dom = DOMID_SELF };

	check("A33 reset of no domain", reset(0x7000), XEN_ESRCH);
	check("A33 reset of domain 0", reset(0), XEN_EPERM);
	check("A33 continuation of nothing", evtchn_op(14, &self), XEN_EBUSY);
	rt_send(l);
	check("A33 reset", reset(DOMID_SELF), 0);
	evtchn_op(EVTCHNOP_status, &s);
	check("A34 the ports are closed", s.status, EVTCHNSTAT_closed);
	check("A34 no FIFO any more", expand_array((unsigned long)array /
						   PAGE_SIZE), XEN_EOPNOTSUPP);
	rt_take_events = rt_take_2l;
	rt_vi(0)->evtchn_upcall_pending = 0;
	memset(shinfo_page.evtchn_mask, 0, sizeof(shinfo_page.evtchn_mask));
	memset(shinfo_page.evtchn_pending, 0,
	       sizeof(shinfo_page.evtchn_pending));
	rt_vi(0)->evtchn_pending_sel = 0;
	l = rt_loop(&r);
	sti();
	cli();
	rt_events[r] = 0;
	rt_send(l);
	sti();
	cli();
	check("A34 2-level again", rt_events[r], 1);

	memset(array, 0, sizeof(array));
	check("A71 init_control after a reset", init_cpu(0), 0);
	check("A71 expand_array after a reset",
	      expand_array((unsigned long)array / PAGE_SIZE), 0);
	rt_take_events = fifo_take;
	quiet();
	rt_send(l);
	sti();
	cli();
	check("A71 and events come", nr_delivered, 1);
	check("A33 reset again", reset(DOMID_SELF), 0);
}

void test_main(void)
{
	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	test_before();
	test_switch();
	test_events();
	test_priority();
	test_reuse();
	test_poll();
	test_reset();
}
