/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words that guest and host share. This is the only file that touches a guest's page, and
 * the only one that opens a struct kxen_gptr: selftests/static.sh sees to it.
 *
 * Each operation maps what it needs, touches it, and unmaps it before it maps anything else:
 * no pointer into a guest's page is ever in anybody else's hands, one window is open at a time,
 * and nobody can forget to close it.
 * Here all memory is mapped at all times, and both are nothing, but for a domain that is treated
 * as if it were not (window.c), whose pages are counted. Where a host does not map what belongs to
 * its guests, a window is opened and closed in these two functions; whoever uses them has
 * interrupts off, or is in no hurry.
 *
 * No locks and no memory management: this also builds in user space, where the tests run
 * it against hostile guests.
 */
#ifndef KXEN_GUEST_WORD_H
#define KXEN_GUEST_WORD_H

#ifdef __KERNEL__
#include <linux/align.h>
#include <linux/compiler.h>
#include <linux/jump_label.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#include <guest_bits.h>
#endif

/*
 * Xen's page, whatever the host's is. Linux has the same in <xen/page.h>, which cannot be
 * included beside <linux/kvm_host.h>.
 */
#define XEN_PAGE_SHIFT	12
#define XEN_PAGE_SIZE	4096UL
#define XEN_PAGE_MASK	(~(XEN_PAGE_SIZE - 1))
#define xen_offset_in_page(p)	((unsigned long)(p) & ~XEN_PAGE_MASK)

/*
 * A place in a guest's page, or in a page of the host's own that stands in for one. It is
 * passed by value: what dereferences it elsewhere does not compile.
 */
struct kxen_gptr {
	void *raw;
};

/* --- places ----------------------------------------------------------------------- */

/* The place @offset bytes behind @g, in the same page. */
static __always_inline struct kxen_gptr kxen_gptr_at(struct kxen_gptr g,
						     unsigned long offset)
{
	return (struct kxen_gptr) { g.raw + offset };
}

/* Memory of the host's own, which no guest sees. */
static __always_inline struct kxen_gptr kxen_gptr_own(void *p)
{
	return (struct kxen_gptr) { p };
}

/* A page that is pinned in two ways is in the same place. */
static __always_inline bool kxen_gptr_same(struct kxen_gptr a, struct kxen_gptr b)
{
	return a.raw == b.raw;
}

/* How many bytes behind a multiple of 8. */
static __always_inline u32 kxen_gptr_low(struct kxen_gptr g)
{
	return (unsigned long)g.raw & 7;
}

/* --- windows ---------------------------------------------------------------------- */

/*
 * Somebody may want to know that this page is touched (window.h): as a rule that is one instruction
 * which does nothing, and where an architecture has no call that keeps registers, not even that.
 */
#ifdef __KERNEL__
DECLARE_STATIC_KEY_FALSE(kxen_windows_used);
#endif

#if defined(__KERNEL__) && defined(KXEN_CALL_SAVED)
static __always_inline void kxen_window_at(const void *p)
{
	if (static_branch_unlikely(&kxen_windows_used))
		KXEN_CALL_SAVED(window_touch, p);
}
#else
static __always_inline void kxen_window_at(const void *p)
{
	(void)p;
}
#endif

#ifndef KXEN_TEST_WINDOWS	/* selftests/user/bits.c, selftests/mpu */
static __always_inline void *kxen_gptr_map(struct kxen_gptr g)
{
	kxen_window_at(g.raw);
	return g.raw;
}

static __always_inline void kxen_gptr_unmap(void *p)
{
	(void)p;
}
#else
static void *kxen_gptr_map(struct kxen_gptr g);
static void kxen_gptr_unmap(void *p);
#endif

/* --- bits; all changes are full barriers, as Xen's are ------------------------------ */

/*
 * Each but kxen_guest_swap64() is told whose word it is: @d's. An architecture's operation may find
 * that the guest does not let it come to an end (guest_bits.h). Then that guest is stopped, which
 * nobody can forget to do, and the caller is told what has him do the least: somebody else has
 * been there.
 */
struct kxen_domain;

void kxen_domain_stuck(struct kxen_domain *d);

static __always_inline bool kxen_guest_test_and_set(struct kxen_domain *d,
						    struct kxen_gptr g, u32 nr)
{
	u64 *base = kxen_gptr_map(g);
	bool was, done = kxen_bits_test_and_set(base + (nr >> 6), nr & 63, &was);

	kxen_gptr_unmap(base);
	if (done)
		return was;
	kxen_domain_stuck(d);
	return true;
}

static __always_inline bool kxen_guest_test_and_clear(struct kxen_domain *d,
						      struct kxen_gptr g, u32 nr)
{
	u64 *base = kxen_gptr_map(g);
	bool was, done = kxen_bits_test_and_clear(base + (nr >> 6), nr & 63, &was);

	kxen_gptr_unmap(base);
	if (done)
		return was;
	kxen_domain_stuck(d);
	return false;
}

static __always_inline bool kxen_guest_test(struct kxen_gptr g, u32 nr)
{
	const u8 *base = kxen_gptr_map(g);
	bool set = READ_ONCE(base[nr >> 3]) & (1 << (nr & 7));

	kxen_gptr_unmap((void *)base);
	return set;
}

/*
 * Bounded: the guest may fight for the line, but has only 32 bits. Nor need it be stopped: all
 * of them at once is a store.
 */
static inline bool kxen_guest_set_bit32(struct kxen_gptr g, u32 nr)
{
	u32 *word = kxen_gptr_map(g), old = 0, was;
	bool done = false;
	int tries;

	for (tries = 0; !done && tries < 64; tries++) {
		old = READ_ONCE(*word);
		if (!kxen_bits_cmpxchg32(word, old, old | 1U << nr, &was))
			break;
		done = was == old;
	}
	if (!done)
		WRITE_ONCE(*word, ~0U);
	kxen_gptr_unmap(word);
	return done && old & 1U << nr;
}

/*
 * Set a bit of a selector word, whose width is the guest's. A vcpu_info that was
 * registered by 32-bit code need not be aligned to 8 bytes, even if the guest is
 * in 64-bit mode by now: no locked access may be wider than its alignment, since
 * a split lock in the kernel is fatal on hosts that detect them.
 */
static inline bool kxen_guest_set_sel(struct kxen_domain *d, struct kxen_gptr sel, u32 nr,
				      u32 width)
{
	/* A window opens at the same place in its page. */
	if (width == 64 && !((unsigned long)sel.raw & 7))
		return kxen_guest_test_and_set(d, sel, nr);
	return kxen_guest_set_bit32(kxen_gptr_at(sel, (nr >> 5) * sizeof(u32)), nr & 31);
}

/* --- words ------------------------------------------------------------------------ */

static __always_inline u8 kxen_guest_read8(struct kxen_gptr g)
{
	u8 *p = kxen_gptr_map(g), value = READ_ONCE(*p);

	kxen_gptr_unmap(p);
	return value;
}

static __always_inline void kxen_guest_write8(struct kxen_gptr g, u8 value)
{
	u8 *p = kxen_gptr_map(g);

	WRITE_ONCE(*p, value);
	kxen_gptr_unmap(p);
}

static __always_inline u32 kxen_guest_read32(struct kxen_gptr g)
{
	u32 *p = kxen_gptr_map(g), value = READ_ONCE(*p);

	kxen_gptr_unmap(p);
	return value;
}

static __always_inline void kxen_guest_write32(struct kxen_gptr g, u32 value)
{
	u32 *p = kxen_gptr_map(g);

	WRITE_ONCE(*p, value);
	kxen_gptr_unmap(p);
}

static __always_inline u64 kxen_guest_read64(struct kxen_gptr g)
{
	u64 *p = kxen_gptr_map(g), value = READ_ONCE(*p);

	kxen_gptr_unmap(p);
	return value;
}

static __always_inline void kxen_guest_write64(struct kxen_gptr g, u64 value)
{
	u64 *p = kxen_gptr_map(g);

	WRITE_ONCE(*p, value);
	kxen_gptr_unmap(p);
}

static __always_inline u8 kxen_guest_xchg8(struct kxen_domain *d, struct kxen_gptr g,
					   u8 value)
{
	u8 *p = kxen_gptr_map(g), was;
	bool done = kxen_bits_xchg8(p, value, &was);

	kxen_gptr_unmap(p);
	if (done)
		return was;
	kxen_domain_stuck(d);
	return value;
}

/* What was there: @old if it is @new now. Nothing is tried again. */
static __always_inline u32 kxen_guest_cmpxchg32(struct kxen_domain *d, struct kxen_gptr g,
						u32 old, u32 new)
{
	u32 *p = kxen_gptr_map(g), was;
	bool done = kxen_bits_cmpxchg32(p, old, new, &was);

	kxen_gptr_unmap(p);
	if (done)
		return was;
	kxen_domain_stuck(d);
	return ~old;
}

/*
 * 64 bits, aligned: true if it was @old, and is @new now. The one that stops no guest, since its
 * caller holds v->time_lock, under which nobody is woken (kxen_domain_stuck()). He can do without.
 */
static __always_inline bool kxen_guest_swap64(struct kxen_gptr g, u64 old, u64 new)
{
	u64 *p = kxen_gptr_map(g), was;
	bool done = kxen_bits_cmpxchg64(p, old, new, &was);

	kxen_gptr_unmap(p);
	return done && was == old;
}

/* --- more than a word, all in one page; the guest may see it half done ---------------- */

static inline void kxen_guest_write(struct kxen_gptr to, const void *from, u32 len)
{
	void *p = kxen_gptr_map(to);

	memcpy(p, from, len);
	kxen_gptr_unmap(p);
}

static inline void kxen_guest_read(void *to, struct kxen_gptr from, u32 len)
{
	void *p = kxen_gptr_map(from);

	memcpy(to, p, len);
	kxen_gptr_unmap(p);
}

/* From page to page by way of the stack: there may be a window for one of them, not for both. */
static inline void kxen_guest_copy(struct kxen_gptr to, struct kxen_gptr from, u32 len)
{
	u64 words[8];
	u32 done, n;

	for (done = 0; done < len; done += n) {
		n = min_t(u32, len - done, sizeof(words));
		kxen_guest_read(words, kxen_gptr_at(from, done), n);
		kxen_guest_write(kxen_gptr_at(to, done), words, n);
	}
}

/*
 * The same at once, for as much as a page, where all memory is mapped at all times: for copies
 * whose time counts. They may overlap; then it is not said what comes out.
 */
static inline void kxen_guest_move(struct kxen_gptr to, struct kxen_gptr from, u32 len)
{
#ifdef KXEN_TEST_WINDOWS
	kxen_guest_copy(to, from, len);
#else
	kxen_window_at(from.raw);
	kxen_window_at(to.raw);
	memmove(to.raw, from.raw, len);
#endif
}

static inline void kxen_guest_zero(struct kxen_gptr g, u32 len)
{
	void *p = kxen_gptr_map(g);

	memset(p, 0, len);
	kxen_gptr_unmap(p);
}

#ifdef __KERNEL__

/* --- pages, and places that move under RCU -------------------------------------------- */

/* A page of the host's holds one of Xen's or several: this is the one at @offset. */
static inline struct kxen_gptr kxen_gptr_page(struct page *page, u32 offset)
{
	return (struct kxen_gptr) { page_address(page) + offset };
}

/* How far from the beginning of its page that is. */
static inline u32 kxen_gptr_offset(struct kxen_gptr g)
{
	return xen_offset_in_page(g.raw);
}

/*
 * To and from the calling task's memory: false if some of it is not there, or not to be written
 * to as it is; how far that got is not said. Nobody is waited for. The other side is a page, so the
 * kernel's look whether it is an object of another size is left out. Context: the task's own.
 */
static inline bool kxen_guest_to_user(void __user *to, struct kxen_gptr from, u32 len)
{
	bool done;
	void *p;

	if (!access_ok(to, len))
		return false;
	p = kxen_gptr_map(from);
	pagefault_disable();
	instrument_copy_to_user(to, p, len);
	done = !raw_copy_to_user(to, p, len);
	pagefault_enable();
	kxen_gptr_unmap(p);
	return done;
}

static inline bool kxen_guest_from_user(struct kxen_gptr to, const void __user *from, u32 len)
{
	bool done;
	void *p;

	if (!access_ok(from, len))
		return false;
	barrier_nospec();
	p = kxen_gptr_map(to);
	pagefault_disable();
	instrument_copy_from_user_before(p, from, len);
	done = !raw_copy_from_user(p, from, len);
	instrument_copy_from_user_after(p, from, len, !done);
	pagefault_enable();
	kxen_gptr_unmap(p);
	return done;
}

/* Where a place is published; readers wait for nobody, whoever moves it for the readers. */
struct kxen_gptr_rcu {
	void __rcu *raw;
};

static inline void kxen_gptr_publish(struct kxen_gptr_rcu *to, struct kxen_gptr g)
{
	rcu_assign_pointer(to->raw, g.raw);
}

/* The reader has interrupts off. */
static __always_inline struct kxen_gptr
kxen_gptr_get_sched(const struct kxen_gptr_rcu *from)
{
	return (struct kxen_gptr) { rcu_dereference_sched(from->raw) };
}

/* The reader has called rcu_read_lock(). */
static __always_inline struct kxen_gptr kxen_gptr_get_rcu(const struct kxen_gptr_rcu *from)
{
	return (struct kxen_gptr) { rcu_dereference(from->raw) };
}

/* Nobody moves it: @c is why. */
#define kxen_gptr_get_protected(from, c) \
	kxen_gptr_own(rcu_dereference_protected((from)->raw, c))

#endif
#endif
