/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a hypervisor touches a page of another guest's, when its memory protection unit shows no more
 * than its own and what the vCPU that has called may reach. Either (policy 1) one region is kept
 * free, and moved to that page: the window. Or (policy 2) the whole view is exchanged for one that
 * has all memory, and put back at the end of the call. Or (policy 1 then 2) the first pages of a
 * call get the window, and then the view is exchanged. A call says what it needs by touching a
 * page, so one that touches none costs nothing.
 *
 * There is one window, since accesses to guests' pages are one at a time (kvm-xen/guest_word.h). It
 * stays where it was until another page is wanted, or the call ends: several accesses to one page
 * are one window and hits.
 *
 * Whoever includes this has said how registers are written, region by region:
 *	kxen_mpu_prbar(m, i, value)
 *	kxen_mpu_prlar(m, i, value)
 *	kxen_mpu_sync(m)	what was written holds for the next access: DSB, ISB
 * has said so if a region is to be selected before (kxen_mpu_select(m, i), a register and an ISB),
 * and may have left out all counting (KXEN_MPU_UNCOUNTED), which costs more than a window.
 *
 * A unit's registers are changed one by one with the unit on. So a region is off before its
 * first byte is changed: else its old last byte and its new first one would for a moment be a
 * region that overlaps with others, and the next instruction is a fault if it is in that.
 */
#ifndef KXEN_DIRECT_WINDOW_H
#define KXEN_DIRECT_WINDOW_H

#include "region.h"

#define KXEN_WINDOW_SHIFT	12	/* a window is a page of Xen's */
#define KXEN_WINDOW_SIZE	4096UL
#define KXEN_WINDOW_CLOSED	(~0UL)	/* no frame */
#define KXEN_MPU_NO_BUDGET	(~0U)	/* as many windows as a call wants */

/*
 * Whoever names a register in the instruction has a copy of the body for each of them, and says
 * what the compiler knows of the window and of the regions that stay.
 */
#ifndef kxen_mpu_for_each
#define kxen_mpu_for_each(i)	for ((i) = 0; (i) < KXEN_MPU_REGIONS; (i)++)
#define kxen_mpu_window(m)	((m)->window)
#define kxen_mpu_fixed(m)	((m)->fixed)
#define kxen_mpu_how(m)		((m)->how)
#define kxen_mpu_attr(m)	((m)->attr)
#endif

enum kxen_mpu_policy {
	KXEN_MPU_WINDOW = 1,
	KXEN_MPU_SWITCH = 2,
	KXEN_MPU_BOTH = 3,	/* 1 then 2 */
};

/**
 * struct kxen_mpu_count - what was done.
 * @calls: brackets.
 * @own: accesses to what the vCPU's view has.
 * @windows: the window was moved to another page.
 * @hits: it was there already, or all memory can be reached.
 * @switches: the view was exchanged, there or back.
 * @writes: registers of the unit were written.
 * @barriers: DSB and ISB.
 */
struct kxen_mpu_count {
	u64 calls;
	u64 own;
	u64 windows;
	u64 hits;
	u64 switches;
	u64 writes;
	u64 barriers;
};

/**
 * struct kxen_mpu - a processor's unit.
 * @frame: the page in the window; KXEN_WINDOW_CLOSED.
 * @left: windows that this call may have still.
 * @switched: all memory can be reached.
 * @how: the low bits of the window's prbar: the hypervisor may read and write, and nobody else.
 * @attr: those of its prlar, but EN.
 * @window: which region it is.
 * @fixed: so many regions are the hypervisor's own, and the same in each view.
 * @budget: windows that a call may have (policy 1 then 2).
 * @view: of the vCPU, loaded but while @switched.
 * @all: with all memory.
 * @count: where to count.
 */
struct kxen_mpu {
	unsigned long frame;
	u32 left;
	bool switched;
	u32 how;
	u32 attr;
	u32 window;
	u32 fixed;
	u32 budget;
	const struct kxen_view *view;
	const struct kxen_view *all;
	struct kxen_mpu_count *count;
};

#ifndef KXEN_MPU_UNCOUNTED
#define kxen_mpu_add(what, n)	(*(what) += (n))
#else
#define kxen_mpu_add(what, n)	((void)0)
#endif

/* The next registers that are written are those of region @i. */
static __always_inline void kxen_mpu_region(struct kxen_mpu *m, u32 i)
{
#ifdef kxen_mpu_select
	kxen_mpu_select(m, i);
	kxen_mpu_add(&m->count->writes, 1);
	kxen_mpu_add(&m->count->barriers, 1);
#else
	(void)m;
	(void)i;
#endif
}

static __always_inline void kxen_mpu_set_prbar(struct kxen_mpu *m, u32 i, unsigned long value)
{
	kxen_mpu_prbar(m, i, value);
	kxen_mpu_add(&m->count->writes, 1);
}

static __always_inline void kxen_mpu_set_prlar(struct kxen_mpu *m, u32 i, unsigned long value)
{
	kxen_mpu_prlar(m, i, value);
	kxen_mpu_add(&m->count->writes, 1);
}

static __always_inline void kxen_mpu_synced(struct kxen_mpu *m)
{
	kxen_mpu_sync(m);
	kxen_mpu_add(&m->count->barriers, 2);
}

/* --- views ------------------------------------------------------------------------------- */

/* Exchange what is loaded. The fixed ones stay, among them the code that does this. */
static __always_inline void kxen_mpu_load(struct kxen_mpu *m, const struct kxen_view *from,
					  const struct kxen_view *to)
{
	const struct kxen_pr *pr = to->pr;
	u32 i, nr = from->nr;

	kxen_mpu_for_each(i) {
		if (i < kxen_mpu_fixed(m))
			continue;
		if (i >= nr)
			break;
		kxen_mpu_region(m, i);
		kxen_mpu_set_prlar(m, i, 0);
	}
	nr = to->nr;
	kxen_mpu_for_each(i) {
		if (i < kxen_mpu_fixed(m))
			continue;
		if (i >= nr)
			break;
		kxen_mpu_region(m, i);
		kxen_mpu_set_prbar(m, i, pr[i].prbar);
		kxen_mpu_set_prlar(m, i, pr[i].prlar);
	}
	kxen_mpu_synced(m);
	kxen_mpu_add(&m->count->switches, 1);
}

/* Another vCPU is about to run, with nothing open. Its view has the same regions @m->fixed. */
static __always_inline void kxen_mpu_enter(struct kxen_mpu *m, const struct kxen_view *view)
{
	kxen_mpu_load(m, m->view, view);
	m->view = view;
}

static __always_inline void kxen_window_close(struct kxen_mpu *m)
{
	kxen_mpu_region(m, kxen_mpu_window(m));
	kxen_mpu_set_prlar(m, kxen_mpu_window(m), 0);
	m->frame = KXEN_WINDOW_CLOSED;
}

/* All memory can be reached until the call ends. */
static __always_inline void kxen_mpu_switch(struct kxen_mpu *m)
{
	if (m->frame != KXEN_WINDOW_CLOSED)
		kxen_window_close(m);
	kxen_mpu_load(m, m->view, m->all);
	m->switched = true;
}

/* --- calls ------------------------------------------------------------------------------- */

/**
 * kxen_mpu_init() - A unit that has a view loaded, and nothing else.
 * @m: it.
 * @view: what is loaded.
 * @all: another one, with all memory.
 * @fixed: so many regions are the same in both.
 * @budget: windows that a call may have (policy 1 then 2).
 * @policy: what there is to be.
 * @count: where to count; may be another one later.
 *
 * The window is the last region that there is.
 * Return: 0; -EINVAL if the views do not fit together; -ENOSPC if the view has no region left for a
 * window, and the policy knows nothing else.
 */
static inline int kxen_mpu_init(struct kxen_mpu *m, const struct kxen_view *view,
				const struct kxen_view *all, u32 fixed, u32 budget,
				enum kxen_mpu_policy policy, struct kxen_mpu_count *count)
{
	bool room = view->nr < view->max;
	u32 i;

	if (fixed > view->nr || fixed > all->nr || view->max != all->max || !view->max)
		return -EINVAL;
	for (i = 0; i < fixed; i++)
		if (view->pr[i].prbar != all->pr[i].prbar ||
		    view->pr[i].prlar != all->pr[i].prlar)
			return -EINVAL;
	if (policy == KXEN_MPU_WINDOW && !room)
		return -ENOSPC;
	*m = (struct kxen_mpu) {
		.frame = KXEN_WINDOW_CLOSED, .window = view->max - 1, .fixed = fixed,
		.budget = room ? budget : 0, .view = view, .all = all, .count = count,
	};
	return 0;
}

/* A call begins, or whatever else ends by kxen_mpu_end(). */
static __always_inline void kxen_mpu_begin(struct kxen_mpu *m)
{
	m->left = m->budget;
	kxen_mpu_add(&m->count->calls, 1);
}

/* What it has opened is closed: the vCPU's view is as it was. */
static __always_inline void kxen_mpu_end(struct kxen_mpu *m)
{
	if (m->frame != KXEN_WINDOW_CLOSED) {
		kxen_window_close(m);
		kxen_mpu_synced(m);
	}
	if (m->switched) {
		kxen_mpu_load(m, m->all, m->view);
		m->switched = false;
	}
}

static __always_inline void kxen_window_move(struct kxen_mpu *m, unsigned long addr)
{
	unsigned long page = addr & ~(KXEN_WINDOW_SIZE - 1);

	kxen_mpu_region(m, kxen_mpu_window(m));
	kxen_mpu_set_prlar(m, kxen_mpu_window(m), 0);
	kxen_mpu_set_prbar(m, kxen_mpu_window(m), page | kxen_mpu_how(m));
	kxen_mpu_set_prlar(m, kxen_mpu_window(m),
			   page | (KXEN_WINDOW_SIZE - KXEN_MPU_GRANULE) | kxen_mpu_attr(m) |
			   KXEN_PRLAR_EN);
	kxen_mpu_synced(m);
	m->frame = addr >> KXEN_WINDOW_SHIFT;
	kxen_mpu_add(&m->count->windows, 1);
}

/**
 * kxen_window_to() - Reach a page that the vCPU's view does not have.
 * @m: the unit, within a call.
 * @addr: an address in the page, of another guest's.
 * @policy: as it was given to kxen_mpu_init(); a constant where instructions count.
 *
 * Good until the next page is asked for, or the call ends.
 */
static __always_inline void kxen_window_to(struct kxen_mpu *m, unsigned long addr,
					   enum kxen_mpu_policy policy)
{
	if (policy != KXEN_MPU_SWITCH && m->frame == addr >> KXEN_WINDOW_SHIFT) {
		kxen_mpu_add(&m->count->hits, 1);
		return;
	}
	if (policy != KXEN_MPU_WINDOW) {
		if (m->switched) {
			kxen_mpu_add(&m->count->hits, 1);
			return;
		}
		if (policy == KXEN_MPU_SWITCH || !m->left) {
			kxen_mpu_switch(m);
			return;
		}
		m->left--;
	}
	kxen_window_move(m, addr);
}

/* Reach a page, by whoever does not know whose it is: he looks whether the view has it. */
static inline void kxen_window_find(struct kxen_mpu *m, unsigned long addr,
				    enum kxen_mpu_policy policy)
{
	unsigned long page = addr & ~(KXEN_WINDOW_SIZE - 1);

	if (kxen_view_has(m->view, page, page | (KXEN_WINDOW_SIZE - 1)))
		kxen_mpu_add(&m->count->own, 1);
	else
		kxen_window_to(m, addr, policy);
}

/* --- what it costs ----------------------------------------------------------------------- */

/**
 * struct kxen_mpu_price - of each thing, in whatever unit: instructions or cycles.
 * @window: moving the window, but for the registers that are written and the barriers.
 * @hit: finding that a page can be reached.
 * @change: exchanging the view, there or back, likewise.
 * @write: of a register.
 * @barrier: DSB or ISB.
 */
struct kxen_mpu_price {
	u32 window;
	u32 hit;
	u32 change;
	u32 write;
	u32 barrier;
};

/* Modelled: nothing of this was measured where it was counted. */
static inline u64 kxen_mpu_cost(const struct kxen_mpu_count *c, const struct kxen_mpu_price *p)
{
	return c->windows * p->window + (c->hits + c->own) * p->hit + c->switches * p->change +
	       c->writes * p->write + c->barriers * p->barrier;
}

#endif
