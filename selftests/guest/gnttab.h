/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Grant tables for the guest images, and two or three domains of the same image. The command
 * line has the domains' numbers, "peers=1,2": the last one drives, the others serve it. A
 * server grants a page of orders to the driver, who reaches it by copies only: so nothing is
 * pinned meanwhile, and neither events nor a xenstore are needed.
 */
#ifndef GNTTAB_H
#define GNTTAB_H

#include "rt.h"
#include <xen/grant_table.h>

#define FRAMES		4
#define ORDERS		64		/* the reference of the page of orders */
#define HOLE		0x40000000ULL	/* nothing is there */
#define PAGES		16

union gt_frame {
	grant_entry_v1_t v1[512];
	grant_entry_v2_t v2[256];
};
#ifdef GT_AT
static union gt_frame *const gt = (void *)GT_AT;
#else
static union gt_frame gt[FRAMES] page_aligned;
#endif
static grant_status_t gt_status[2048] page_aligned;
static u8 pages[PAGES][PAGE_SIZE] page_aligned;
static u32 gt_version = 1;

struct order {
	u32 done, seq, op, pad;
	s64 ret;
	u64 a[5];
};

static union { struct order o; u8 page[PAGE_SIZE]; } orders_page page_aligned;
#define orders orders_page.o
static union { struct order o; u8 page[PAGE_SIZE]; } mine_page page_aligned;
#define mine mine_page.o
static u32 peers[4], nr_peers;

enum { PING, SET, SET_MANY, FLAGS, VERSION, FILL, PEEK, PART, VIA, OUT, IN, TELL, END, MORE };

/* What a server does while there is no order. */
#ifndef GT_IDLE
#define GT_IDLE()	sched_op(SCHEDOP_yield, 0)
#endif

/* An image's own orders, from MORE on. */
static s64 (*gt_more)(u32 op, const u64 *a);

#define GFN(p)	((unsigned long)(p) / PAGE_SIZE)

static inline long gnt_op(u32 cmd, void *arg, unsigned int n)
{
	return hc3(__HYPERVISOR_grant_table_op, cmd, arg, n);
}

static inline u32 own_domid(void)
{
	return cpuid(xen_base() + 4, 0).c;
}

static inline long gt_add(u32 space, unsigned long idx, unsigned long gfn)
{
	struct xen_add_to_physmap a = { .domid = DOMID_SELF, .space = space, .idx = idx,
					.gpfn = gfn };

	return memory_op(XENMEM_add_to_physmap, &a);
}

static inline long gt_place(void)
{
	long ret = 0;
	int i;

	for (i = FRAMES - 1; i >= 0; i--)
		ret = ret ?: gt_add(XENMAPSPACE_grant_table, i, GFN(&gt[i]));
	if (gt_version == 2)
		ret = ret ?: gt_add(XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status,
				    GFN(gt_status));
	return ret;
}

static inline void gt_set(u32 ref, u32 flags, u32 dom, u64 frame)
{
	if (gt_version == 1) {
		volatile grant_entry_v1_t *e = &gt[ref / 512].v1[ref % 512];

		e->flags = 0;
		e->frame = frame;
		e->domid = dom;
		barrier();
		e->flags = flags;
	} else {
		volatile grant_entry_v2_t *e = &gt[ref / 256].v2[ref % 256];

		e->hdr.flags = 0;
		e->full_page.frame = frame;
		e->hdr.domid = dom;
		barrier();
		e->hdr.flags = flags;
	}
}

/* Version 2 alone: a part of a page. */
static inline void gt_set_part(u32 ref, u32 dom, u64 frame, u32 start, u32 length)
{
	volatile grant_entry_v2_t *e = &gt[ref / 256].v2[ref % 256];

	e->hdr.flags = 0;
	e->sub_page.page_off = start;
	e->sub_page.length = length;
	e->sub_page.frame = frame;
	e->hdr.domid = dom;
	barrier();
	e->hdr.flags = GTF_permit_access | GTF_sub_page;
}

/* And what another domain has granted to this one. */
static inline void gt_set_via(u32 ref, u32 flags, u32 dom, u32 third, u32 third_ref)
{
	volatile grant_entry_v2_t *e = &gt[ref / 256].v2[ref % 256];

	e->hdr.flags = 0;
	e->transitive.trans_domid = third;
	e->transitive.gref = third_ref;
	e->hdr.domid = dom;
	barrier();
	e->hdr.flags = GTF_transitive | flags;
}

/* GTF_reading and GTF_writing, wherever this version keeps them, and the other flags. */
static inline u32 gt_flags(u32 ref)
{
	if (gt_version == 1)
		return READ(gt[ref / 512].v1[ref % 512].flags);
	return READ(gt[ref / 256].v2[ref % 256].hdr.flags) | READ(gt_status[ref]);
}

static inline long gt_set_version(u32 v)
{
	struct gnttab_set_version s = { .version = v };
	long ret = gnt_op(GNTTABOP_set_version, &s, 1);

	gt_version = s.version;
	return ret ?: gt_place();
}

static inline int gt_map(u64 addr, u32 flags, u32 ref, u32 dom, u32 *handle)
{
	struct gnttab_map_grant_ref m = { .host_addr = addr, .flags = flags, .ref = ref,
					  .dom = dom, .status = 77 };
	long ret = gnt_op(GNTTABOP_map_grant_ref, &m, 1);

	*handle = m.handle;
	return ret ? 1000 + ret : m.status;
}

static inline int gt_unmap(u64 addr, u64 dev, u32 handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = addr, .dev_bus_addr = dev,
					    .handle = handle, .status = 77 };
	long ret = gnt_op(GNTTABOP_unmap_grant_ref, &u, 1);

	return ret ? 1000 + ret : u.status;
}

/* A side of a copy: a reference of a domain, or a frame of DOMID_SELF. */
#define REF(d, r, o)	{ .u.ref = (r), .domid = (d), .offset = (o) }
#define FRAME(p, o)	{ .u.gmfn = GFN(p), .domid = DOMID_SELF, .offset = (o) }

static inline int gt_copy1(struct gnttab_copy c)
{
	long ret;

	c.status = 77;
	ret = gnt_op(GNTTABOP_copy, &c, 1);
	return ret ? 1000 + ret : c.status;
}

/* Reports have one line of a name: with the number of the element, or the peer's version. */
static inline void check_at(const char *name, u32 n, long got, long want)
{
	static char text[128];
	char *p = text;

	while (*name)
		*p++ = *name++;
	memcpy(p, ", nr ", 5);
	p += 5;
	if (n >= 10)
		*p++ = '0' + n / 10;
	*p++ = '0' + n % 10;
	*p = 0;
	check(text, got, want);
}

static u32 peer_version = 1;

static inline void check_v(const char *name, long got, long want)
{
	static char text[128];
	char *p = text;

	while (*name)
		*p++ = *name++;
	memcpy(p, ", v1", 5);
	p[3] = '0' + peer_version;
	check(text, got, want);
}

/* --- servers --- */

static inline void fill(void *p, u8 v)
{
	memset(p, v, PAGE_SIZE);
}

static void grant_orders(void)
{
	gt_set(ORDERS, GTF_permit_access, peers[nr_peers - 1], GFN(&orders));
}

static s64 balloon(u32 cmd, const void *page)
{
	xen_pfn_t gfn = GFN(page);
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle_raw(r.extent_start, &gfn);
	return memory_op(cmd, &r);
}

static s64 obey(const struct order *o, const u64 *a)
{
	s64 ret;
	u32 i;

	switch (o->op) {
	case SET:	/* ref, flags, domain, page */
		gt_set(a[0], a[1], a[2], a[3] < PAGES ? GFN(pages[a[3]]) : a[3]);
		return 0;
	case SET_MANY:	/* the first ref, how many, domain: pages one after the other */
		for (i = 0; i < a[1]; i++)
			gt_set(a[0] + i, GTF_permit_access, a[2], GFN(pages[i % PAGES]));
		return 0;
	case FLAGS:
		return gt_flags(a[0]);
	case VERSION:
		/* The driver asks all the time whether it is done: a copy in use, for a moment. */
		for (i = 0, ret = XEN_EBUSY; ret == XEN_EBUSY && i < 1000; i++) {
			ret = gt_set_version(a[0]);
			sched_op(SCHEDOP_yield, 0);
		}
		grant_orders();
		return ret;
	case FILL:
		fill(pages[a[0]], a[1]);
		return 0;
	case PEEK:
		return READ(pages[a[0]][a[1]]);
	case TELL:	/* its VMM */
		__asm__ volatile("outb %0, $0xf5" : : "a"((u8)a[0]) : "memory");
		return 0;
	case PART:
		gt_set_part(a[0], a[1], GFN(pages[a[2]]), a[3] & 0xffff, a[3] >> 16);
		return 0;
	case VIA:
		gt_set_via(a[0], a[1], a[2] & 0xffff, a[2] >> 16, a[3]);
		return 0;
	case OUT:
		return balloon(XENMEM_decrease_reservation, pages[a[0]]);
	case IN:
		return balloon(XENMEM_populate_physmap, pages[a[0]]);
	}
	return gt_more ? gt_more(o->op, a) : 0;
}

static void __attribute__((noreturn)) gt_serve(void)
{
	volatile struct order *o = &orders;

	grant_orders();
	for (;;) {
		while (o->seq == o->done)
			GT_IDLE();
		if (o->op == END)
			rt_end();
		o->ret = obey((void *)o, (void *)o->a);
		barrier();
		o->done = o->seq;
	}
}

/* --- the driver --- */

static inline bool order_copy(u32 dom, bool out, u32 off, u32 len)
{
	struct gnttab_copy c = { .len = len };

	c.source.domid = out ? DOMID_SELF : dom;
	c.dest.domid = out ? dom : DOMID_SELF;
	c.source.offset = off;
	c.dest.offset = off;
	if (out)
		c.source.u.gmfn = GFN(&mine), c.dest.u.ref = ORDERS;
	else
		c.source.u.ref = ORDERS, c.dest.u.gmfn = GFN(&mine);
	c.flags = out ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
	return gt_copy1(c) == GNTST_okay;
}

/* An order; its number, or 0 if it does not arrive. */
static inline u32 post(u32 peer, u32 op, u64 a0, u64 a1, u64 a2, u64 a3)
{
	static u32 seq[4];
	u32 dom = peers[peer], i, want = ++seq[peer];

	mine = (struct order) { .seq = want, .op = op, .a = { a0, a1, a2, a3 } };
	for (i = 0; !order_copy(dom, true, 8, sizeof(mine) - 8); i++) {
		if (i == 200000)
			return 0;
		sched_op(SCHEDOP_yield, 0);
	}
	order_copy(dom, true, 4, 4);
	return want;
}

/* -1000000 if there is no answer. */
static inline s64 ask(u32 peer, u32 op, u64 a0, u64 a1, u64 a2, u64 a3)
{
	u32 dom = peers[peer], i, want = post(peer, op, a0, a1, a2, a3);

	if (!want)
		return -1000000;
	if (op == END)
		return 0;
	for (i = 0; i < 200000; i++) {
		if (order_copy(dom, false, 0, sizeof(mine)) && READ(mine.done) == want)
			return mine.ret;
		sched_op(SCHEDOP_yield, 0);
	}
	return -1000000;
}

/* Of the command line: the driver returns, the others serve. */
static inline void gt_meet(void)
{
	extern u64 start_info_addr;
	const struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *s = (void *)(unsigned long)si->cmdline_paddr;
	u32 i;

	for (; s && *s && !nr_peers; s++) {
		if (s[0] != 's' || s[1] != '=')
			continue;
		for (s += 2; *s >= '0' && *s <= '9' && nr_peers < 4; s += *s == ',') {
			u32 n = 0;

			while (*s >= '0' && *s <= '9')
				n = n * 10 + *s++ - '0';
			peers[nr_peers++] = n;
		}
		break;
	}
	if (gt_place())
		note("not ok - the grant table has no place");
	if (!nr_peers) {
		note("not ok - no peers on the command line");
		rt_exit(1);
	}
	if (own_domid() != peers[nr_peers - 1])
		gt_serve();
	for (i = 0; i + 1 < nr_peers; i++)
		check_at("a server answers", i, ask(i, PING, 0, 0, 0, 0), 0);
}

static inline void gt_part(void)
{
	u32 i;

	for (i = 0; i + 1 < nr_peers; i++)
		ask(i, END, 0, 0, 0, 0);
}

#endif
