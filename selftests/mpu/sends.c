// SPDX-License-Identifier: GPL-2.0
/*
 * Events to another guest, through the module's own operations on words that guests share and its
 * own window. Compiled once for each policy (POLICY, NAME) and way to write the unit's registers
 * (FORM_DIRECT or not), and once more with counting. Each function here is what is counted between
 * its first instruction and its caller's next one.
 */
#include "sends.h"
#include "r52.h"
#include "../../direct/window.h"

#define KXEN_TEST_WINDOWS
#include "../../kvm-xen/guest_word.h"
#include "../../evtchn/fifo_link.h"
#include "../../evtchn/nlevel_walk.h"

static struct kxen_mpu_count counts;
static struct kxen_domain other;

#define MEASURED	static __attribute__((noinline, section(".text.measured")))

/* Whoever sends knows that it is to another guest. */
static __always_inline void reach(struct kxen_mpu *m, unsigned long addr)
{
	if (POLICY != POLICY_FLAT)
		kxen_window_to(m, addr, POLICY);
}

static __always_inline void *kxen_gptr_map(struct kxen_gptr g)
{
	reach(&mpu, (unsigned long)g.raw);
	return g.raw;
}

static __always_inline void kxen_gptr_unmap(void *p)
{
	(void)p;
}

static __always_inline void bracket_begin(struct kxen_mpu *m)
{
	if (POLICY != POLICY_FLAT)
		kxen_mpu_begin(m);
}

static __always_inline void bracket_end(struct kxen_mpu *m)
{
	if (POLICY != POLICY_FLAT)
		kxen_mpu_end(m);
}

static __always_inline struct kxen_gptr at(unsigned long addr)
{
	return kxen_gptr_own((void *)addr);
}

/* --- one thing each ----------------------------------------------------------------------- */

MEASURED void nothing(struct kxen_mpu *m, unsigned long addr)
{
}

MEASURED void begin(struct kxen_mpu *m, unsigned long addr)
{
	bracket_begin(m);
}

MEASURED void page(struct kxen_mpu *m, unsigned long addr)
{
	reach(m, addr);
}

MEASURED void find(struct kxen_mpu *m, unsigned long addr)
{
	if (POLICY != POLICY_FLAT)
		kxen_window_find(m, addr, POLICY);
}

MEASURED void end(struct kxen_mpu *m, unsigned long addr)
{
	bracket_end(m);
}

MEASURED void enter(struct kxen_mpu *m, const struct kxen_view *view)
{
	kxen_mpu_enter(m, view);
}

/* --- sends: what evtchn/ does to the guest's pages, in its order ------------------------------ */

/* As kxen_vcpu_mark_events_pending(). */
static __always_inline bool mark(const struct target *t)
{
	return !kxen_guest_xchg8(&other, at(t->vcpu_info), 1);
}

/* As evtchn_2l_set_pending(), with the layout of arm64. */
MEASURED void send_2l(const struct target *t)
{
	const struct kxen_gptr s = at(t->shared_info);

	bracket_begin(&mpu);
	if (!kxen_guest_test_and_set(&other, kxen_gptr_at(s, 48), 70) &&
	    !kxen_guest_test(kxen_gptr_at(s, 48 + 512), 70) &&
	    !kxen_guest_set_sel(&other, kxen_gptr_at(at(t->vcpu_info), 8), 1, 64))
		mark(t);
	bracket_end(&mpu);
}

/* As fifo_raise() and what that calls, for a queue that is empty, or ends with an event. */
static __always_inline void fifo(const struct target *t, bool behind)
{
	struct kxen_word w = { at(t->word_page), 7 }, tail = { at(t->tail_page), 9 };
	bool linked = false, broken = false;

	bracket_begin(&mpu);
	kxen_word_set(&other, w, EVTCHN_FIFO_PENDING);
	if (!(kxen_word_read(w) & (KXEN_FIFO_MASKED | KXEN_FIFO_LINKED)) &&
	    !kxen_word_set(&other, w, EVTCHN_FIFO_LINKED)) {
		if (behind)
			linked = kxen_fifo_link(&other, tail, 7, &broken);
		if (!linked) {
			kxen_guest_write32(kxen_gptr_at(at(t->control), 8 + 4 * 7), 7);
			if (!kxen_guest_test_and_set(&other, at(t->control), 7))
				mark(t);
		}
	}
	bracket_end(&mpu);
}

MEASURED void send_fifo(const struct target *t)
{
	fifo(t, false);
}

MEASURED void send_fifo_behind(const struct target *t)
{
	fifo(t, true);
}

/* As evtchn_nl_set_pending(), in a tree of three levels. */
MEASURED void send_nlevel(const struct target *t)
{
	struct kxen_nl_inner in;
	u32 port = 5000;

	in.page[0][0] = at(t->inner);
	bracket_begin(&mpu);
	if (!kxen_guest_test_and_set(&other, at(t->leaf), port) &&
	    !kxen_guest_test(at(t->leaf_mask), port) &&
	    kxen_nl_climb(&other, &in, 3, 6, port) &&
	    !kxen_guest_set_sel(&other, kxen_gptr_at(at(t->vcpu_info), 8),
				kxen_nl_bit(3, 6, 1, port), 64))
		mark(t);
	bracket_end(&mpu);
}

/* ------------------------------------------------------------------------------------------ */

static int init(const struct kxen_view *view, const struct kxen_view *all, u32 fixed, u32 budget)
{
	int ret = kxen_mpu_init(&mpu, view, all, fixed, budget,
				POLICY == POLICY_FLAT ? KXEN_MPU_SWITCH : POLICY, &counts);

	counts = (struct kxen_mpu_count) { };
	return ret;
}

#define STRING(x)	#x
#define TEXT(x)	STRING(x)

const struct variant NAME = {
	.name = TEXT(NAME), .policy = POLICY, .init = init, .nothing = nothing, .begin = begin,
	.page = page, .find = find, .end = end, .enter = enter, .send_2l = send_2l,
	.send_fifo = send_fifo, .send_fifo_behind = send_fifo_behind, .send_nlevel = send_nlevel,
#ifndef KXEN_MPU_UNCOUNTED
	.count = &counts,
#endif
};
