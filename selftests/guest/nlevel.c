// SPDX-License-Identifier: GPL-2.0
/*
 * The N-level ABI on one CPU, at every depth: semantics B31 to B43. Random operations
 * are compared with a model after each.
 */
#include "nlrun.h"

#define MODEL_PORTS	48
#define MODEL_STEPS	1500

static u32 seed = 12345;
static volatile u32 seen[MODEL_PORTS * 2 + 64];
static u32 l, r;	/* a channel to itself; r is the receiving end */

static u32 rnd(u32 n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void count_event(unsigned int cpu, u32 port)
{
	if (port < ARRAY_SIZE(seen))
		seen[port]++;
}

static void take(void)
{
	sti();
	cli();
}

/* The 2-level ABI works after whatever has failed. */
static bool works_2l(void)
{
	u32 before = rt_events[r];

	rt_send(l);
	take();
	return rt_events[r] == before + 1;
}

#define REFUSED(name, spoil, want) do {					\
	nl_fill(4, 1, 1);						\
	spoil;								\
	check(name, nl_register(), want);				\
	check(name ", 2-level still works", works_2l(), 1);		\
} while (0)

static void test_query(void)
{
	struct evtchn_nlevel_query q = { 0 };
	struct cpuid c;

	if (HAS_CPUID) {
		c = cpuid(xen_base() + KXEN_CPUID_LEAF, 0);
		check("the leaf has its signature", c.a == KXEN_CPUID_SIGNATURE, 1);
		check("and says that N-level is there", c.b & KXEN_EXT_NLEVEL, 1);
	}
	check("query", evtchn_op(EVTCHNOP_nlevel_query, &q), 0);
	check("query: version", q.version, KXEN_NLEVEL_VERSION);
	check("query: 4 levels", q.max_levels, 4);
	check("query: the guest's width", q.bits, BITS);
	check("query: leaf pages", q.max_pages, 8);
	check("query: not in use", q.levels, 0);
	check("query: the ports of 2-level", q.ports, BITS * BITS);
}

static void test_refused(void)
{
	l = rt_loop(&r);
	take();
	REFUSED("B32 version", rq.reg.version = 2, XEN_EOPNOTSUPP);
	REFUSED("B32 one level", rq.reg.levels = 1, XEN_EINVAL);
	REFUSED("B32 five levels", rq.reg.levels = 5, XEN_EOPNOTSUPP);
	REFUSED("B32 no page", rq.reg.nr_pages = 0, XEN_EINVAL);
	REFUSED("B32 too many pages", rq.reg.nr_pages = 9, -7);
	REFUSED("B32 more pages than there are numbers",
		rq.reg.nr_pages = ~0U, -7);
	REFUSED("B32 pages that the depth cannot name",
		(rq.reg.levels = 2, rq.reg.nr_pages = 2), -7);
	REFUSED("B32 too many vCPUs", rq.reg.nr_vcpus = ~0U, -7);
	REFUSED("B32 no list of pages",
		rq.reg.pending_gfns = (unsigned long)BAD_PTR, XEN_EFAULT);
	REFUSED("B32 no list of masks",
		rq.reg.mask_gfns = (unsigned long)BAD_PTR, XEN_EFAULT);
	REFUSED("B32 no list of vCPUs",
		rq.reg.vcpus = (unsigned long)BAD_PTR, XEN_EFAULT);
	REFUSED("B32 no list of level 3",
		rq.vcpu[0].l3_gfns = (unsigned long)BAD_PTR, XEN_EFAULT);
	REFUSED("B32 no such vCPU", rq.vcpu[0].vcpu = 77, XEN_ENOENT);
	REFUSED("B32 a vCPU number for an array",
		rq.vcpu[0].vcpu = 0x80000000, XEN_ENOENT);
	REFUSED("B32 an online vCPU is missing", rq.reg.nr_vcpus = 0,
		XEN_EINVAL);
	REFUSED("B32 a vCPU twice",
		(rq.reg.nr_vcpus = 2, rq.vcpu[1] = rq.vcpu[0],
		 rq.vcpu[1].offset = L2_BYTES), XEN_EINVAL);
	REFUSED("B32 selector not aligned", rq.vcpu[0].offset = 8, XEN_ENXIO);
	REFUSED("B32 selector beyond its page",
		rq.vcpu[0].offset = PAGE_SIZE, XEN_ENXIO);
	REFUSED("B32 a page for pending and mask", rq.mask[0] = rq.pending[0],
		XEN_EINVAL);
	REFUSED("B32 the shared info as a leaf",
		rq.pending[0] = GFN(&shinfo_page), XEN_EINVAL);
	REFUSED("B32 level 2 in a leaf", rq.mask[0] = rq.vcpu[0].l2_gfn,
		XEN_EINVAL);
	REFUSED("B32 a page twice in level 3",
		(rq.l3[0][0] = rq.pending[0],
		 rq.l3[0][L3_PAGES - 1] = rq.pending[0]),
		XEN_EINVAL);
	REFUSED("B32 level 2 in no RAM", rq.vcpu[0].l2_gfn = 0xfffff0,
		XEN_EINVAL);
	REFUSED("B32 a gfn beyond all addresses", rq.pending[0] = ~0ULL,
		XEN_EINVAL);
}

/* Roll-back at each step: each page in turn is not there. */
static void test_rolled_back(void)
{
	u32 i;

	for (i = 0; i < 8; i++) {
		nl_fill(4, 8, 1);
		rq.pending[i] = 0xfffff0;
		check("B32 a pending page in no RAM", nl_register(),
		      XEN_EINVAL);
		nl_fill(4, 8, 1);
		rq.mask[i] = 0xfffff0;
		check("B32 a mask page in no RAM", nl_register(), XEN_EINVAL);
		nl_fill(4, 8, 1);
		rq.l3[0][i % L3_PAGES] = 0xfffff0;
		check("B32 a page of level 3 in no RAM", nl_register(),
		      XEN_EINVAL);
	}
	check("B32 after them all, 2-level still works", works_2l(), 1);
}

/* What there is to do only in an N-level domain. */
static void test_too_early(void)
{
	struct evtchn_nlevel_expand e = { .nr_pages = 1 };
	struct evtchn_nlevel_vcpu v = { 0 };

	e.pending_gfns = (unsigned long)BAD_PTR;
	check("expand with no list", evtchn_op(EVTCHNOP_nlevel_expand, &e),
	      XEN_EFAULT);
	e.pad = 1;
	check("expand with padding", evtchn_op(EVTCHNOP_nlevel_expand, &e),
	      XEN_EINVAL);
	nl_fill(3, 1, 1);
	check("expand without N-level", nl_expand(0, 1),
	      XEN_EOPNOTSUPP);
	check("a vCPU without N-level", evtchn_op(EVTCHNOP_nlevel_vcpu, &v),
	      XEN_EOPNOTSUPP);
	nl_fill(3, 0, 1);
	check("deepen without N-level",
	      evtchn_op(EVTCHNOP_nlevel_deepen, &rq.reg), XEN_EOPNOTSUPP);
	check("an operation that there is not", evtchn_op(0x4b7f, &e),
	      XEN_ENOSYS);
	check("no argument", evtchn_op(EVTCHNOP_nlevel_query, BAD_PTR),
	      XEN_EFAULT);
}

/* The switch: what is masked stays so, what is pending comes. */
static void test_switch(u32 levels)
{
	struct evtchn_nlevel_query q = { 0 };
	struct evtchn_init_control i = { .control_gfn = GFN(nl_l3[1]) };
	u32 a, pa;

	note("# %u levels", levels);
	l = rt_loop(&r);
	a = rt_loop(&pa);
	take();
	rt_mask(r);
	rt_send(l);
	rt_send(a);
	rt_mask(pa);
	rt_unmask_bit(pa);	/* pending, not masked, not taken */
	check("B33 register", nl_start(levels, 1, 1), 0);
	check("B33 pending is carried over", nl_is_pending(r), 1);
	check("B33 so is the mask", nl_is_masked(r), 1);
	check("B33 and its absence", nl_is_masked(pa), 0);
	check("B33 an upcall is raised", rt_vi(0)->evtchn_upcall_pending, 1);
	on_event = count_event;
	seen[r] = 0;
	seen[pa] = 0;
	take();
	check("B33 what was pending is delivered", seen[pa], 1);
	check("B33 what was masked is not", seen[r], 0);
	nl_unmask(r);
	take();
	check("B37 unmask delivers it", seen[r], 1);
	check("B32 register again", (nl_fill(levels, 1, 1), nl_register()),
	      XEN_EBUSY);
	check("B32 FIFO now", evtchn_op(EVTCHNOP_init_control, &i), XEN_EBUSY);
	evtchn_op(EVTCHNOP_nlevel_query, &q);
	check("query: the depth", q.levels, levels);
	check("B31 ports",
	      q.ports == (levels == 2 ? BITS * BITS : KXEN_NLEVEL_PAGE_PORTS), 1);
	rt_close(a);
	rt_close(pa);
}

/* What each port should be. */
static struct { u32 port; bool pending, masked; u32 count; } m[MODEL_PORTS];

static void model_open(u32 i)
{
	m[i].port = rt_bind_ipi(0);
	m[i].pending = false;
	m[i].masked = nl_is_masked(m[i].port);
	m[i].count = seen[m[i].port];
}

static bool model_agrees(u32 i)
{
	u32 p = m[i].port;

	return nl_is_pending(p) == m[i].pending &&
	       nl_is_masked(p) == m[i].masked && seen[p] == m[i].count;
}

static void model_take(void)
{
	u32 i;

	take();
	for (i = 0; i < MODEL_PORTS; i++)
		if (m[i].port && m[i].pending && !m[i].masked) {
			m[i].pending = false;
			m[i].count++;
		}
}

static void model_step(u32 i)
{
	u32 op = rnd(10);

	if (!m[i].port) {
		model_open(i);
	} else if (op < 5) {
		rt_send(m[i].port);
		m[i].pending = true;
	} else if (op < 6) {
		nl_mask_port(m[i].port);
		m[i].masked = true;
	} else if (op < 8) {
		nl_unmask(m[i].port);
		m[i].masked = false;
	} else if (op < 9) {
		rt_close(m[i].port);
		m[i].port = 0;
	} else {
		model_take();
	}
}

static void test_model(void)
{
	u32 step, i, bad = 0;

	memset(m, 0, sizeof(m));
	for (step = 0; step < MODEL_STEPS && !bad; step++) {
		i = rnd(MODEL_PORTS);
		model_step(i);
		if (m[i].port && !model_agrees(i)) {
			note("# step %u, port %u: pending %u masked %u seen %u, want %u %u %u",
			     step, m[i].port, nl_is_pending(m[i].port),
			     nl_is_masked(m[i].port), seen[m[i].port],
			     m[i].pending, m[i].masked, m[i].count);
			bad++;
		}
	}
	model_take();
	for (i = 0; i < MODEL_PORTS; i++)
		bad += m[i].port && !model_agrees(i);
	check("B43 the model agrees", bad, 0);
	for (i = 0; i < MODEL_PORTS; i++)
		if (m[i].port)
			rt_close(m[i].port);
}

static void test_expand(u32 levels)
{
	check("B43 expand by a page in no RAM",
	      (nl_fill(levels, 8, 1), rq.pending[1] = 0xfffff0, nl_expand(1, 1)),
	      levels == 2 || (levels == 3 && BITS == 32) ? -7 : XEN_EINVAL);
	if (levels == 2 || (levels == 3 && BITS == 32))
		return;
	nl_fill(levels, 8, 1);
	check("B43 expand by a page twice",
	      (rq.mask[2] = rq.pending[1], nl_expand(1, 2)), XEN_EINVAL);
	nl_fill(levels, 8, 1);
	check("B43 expand by a page that is in use",
	      (rq.mask[1] = rq.mask[0], nl_expand(1, 1)), XEN_EINVAL);
	nl_fill(levels, 8, 1);
	check("B43 expand by too many", nl_expand(1, 8), -7);
	check("B43 expand by none", nl_expand(1, 0), XEN_EINVAL);
	check("B43 expand by two", nl_expand(1, 2), 0);
	check("B43 expand to the limit", nl_expand(3, 5), 0);
	check("B43 expand beyond it", nl_expand(0, 1), -7);
}

static void test_poll(void)
{
	struct sched_poll p = { .nr_ports = 1, .timeout = 1 };
	evtchn_port_t port = r;

	set_xen_guest_handle_raw(p.ports, &port);
	check("A110 poll of a quiet port", sched_op(SCHEDOP_poll, &p), 0);
	nl_mask_port(r);
	rt_send(l);
	p.timeout = 0;
	check("A110 poll of a pending and masked port",
	      sched_op(SCHEDOP_poll, &p), 0);
	nl_unmask(r);
	take();
}

static void test_deepen(void)
{
	u32 before;

	l = rt_loop(&r);
	take();
	check("deepen: 2 levels", nl_start(2, 1, 1), 0);
	take();
	nl_fill(2, 0, 1);
	check("deepen to the same depth",
	      evtchn_op(EVTCHNOP_nlevel_deepen, &rq.reg), XEN_EINVAL);
	nl_fill(3, 1, 1);
	check("deepen with pages", evtchn_op(EVTCHNOP_nlevel_deepen, &rq.reg),
	      XEN_EINVAL);
	nl_fill(4, 0, 1);
	rq.l3[0][L3_PAGES - 1] = 0xfffff0;
	check("deepen with a page in no RAM",
	      evtchn_op(EVTCHNOP_nlevel_deepen, &rq.reg), XEN_EINVAL);
	before = seen[r];
	rt_send(l);
	take();
	check("and the depth before still works", seen[r] - before, 1);
	for (nl_levels = 2; nl_levels < 4;) {
		before = seen[r];
		rt_send(l);
		check("deepen by one, with an event pending",
		      nl_deepen(nl_levels + 1, 1), 0);
		take();
		check("the event comes", seen[r] - before, 1);
		rt_send(l);
		take();
		check("and the next one", seen[r] - before, 2);
	}
	check("deepen: reset", nl_reset(), 0);
}

/* A guest that changes its width loses the registration, and nothing else. */
static void test_moved(void)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
		.gpfn = GFN(nl_l3[1]),
	};
	u32 before;

	l = rt_loop(&r);
	take();
	check("shared_info moves: register", nl_start(3, 1, 1), 0);
	take();
	before = seen[r];
	rt_send(l);
	check("shared_info moves", memory_op(XENMEM_add_to_physmap, &a), 0);
	/* vcpu_info lies in it. */
	rt_vi_use_registered(0, (struct vcpu_info *)nl_l3[1]);
	take();
	check("shared_info moves: the event comes", seen[r] - before, 1);
	rt_vi_use_registered(0, 0);
	check("shared_info moves back", rt_map_shinfo(), 0);
	check("shared_info moves: reset", nl_reset(), 0);
}

#ifdef __x86_64__
/* Writing the MSR in 32-bit code makes that the guest's width. */
static void use_32(void *page)
{
	u32 nr = (unsigned long)page, msr = 0x40000000, high = 0, b = 0;

	__asm__ volatile("push $0x18; push $1f; lretq\n"
			 ".code32\n1: wrmsr; ljmp $0x08, $2f\n"
			 ".code64\n2:"
			 : "+a"(nr), "+b"(b), "+c"(msr), "+d"(high)
			 : : "memory", "rsi", "rdi", "r8", "r9", "r10", "r11",
			     "r12", "r13", "r14", "r15");
}

static u32 masked_high(void)
{
	u32 port, n = 0;

	for (port = 32 * 32; port <= 32 * 32 + 40; port++)
		n += nl_is_masked(port);
	return n;
}

/* A91 Ports that 2-level could not name any more come into the tree masked. */
static void test_width(void)
{
	static u8 page[PAGE_SIZE] page_aligned;
	u32 port, low = rt_alloc_unbound(0);

	do
		port = rt_alloc_unbound(0);
	while (port && port < 32 * 32 + 40);
	check("A91 there are ports beyond those of 32 bits", port, 32 * 32 + 40);
	use_32(page);
	check("A91 register, as a guest of 32 bits", nl_start(3, 1, 1), 0);
	check("A91 a port that it could name is as it was", nl_is_masked(low), 0);
	check("A91 those that it could not are masked", masked_high(), 41);
	check("A91 reset", nl_reset(), 0);
	check("A91 register again", nl_start(3, 1, 1), 0);
	check("A91 those that are closed are the guest's own", masked_high(), 0);
	check("A91 reset again", nl_reset(), 0);
	wrmsr_safe(0x40000000, (unsigned long)page);
}
#endif

void test_main(void)
{
	u32 levels;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	test_query();
	test_refused();
	test_rolled_back();
	test_too_early();
	check("B38 reset of 2-level", nl_reset(), 0);
	for (levels = 2; levels <= 4; levels++) {
		test_switch(levels);
		test_model();
		test_expand(levels);
		test_model();
		test_poll();
		check("B38 reset", nl_reset(), 0);
		l = rt_loop(&r);
		take();
		check("B38 2-level again", works_2l(), 1);
		nl_reset();
	}
	test_deepen();
	test_moved();
#ifdef __x86_64__
	test_width();
#endif
}
