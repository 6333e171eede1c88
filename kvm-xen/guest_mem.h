/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory: pages held for a registration. Copies for a hypercall: hypercall.h.
 *
 * Only guest_mem.c, area.c and the helpers below touch guest pages. A
 * word that guest and host share is read once, through these.
 */
#ifndef KXEN_GUEST_MEM_H
#define KXEN_GUEST_MEM_H

#include <linux/align.h>
#include <linux/compiler.h>
#include <linux/types.h>

#include <guest_bits.h>

/*
 * What a domain may hold: per vCPU vcpu_info, two areas of two pages, and a FIFO control
 * block or nine pages of N-level selectors; the 128 pages of a FIFO array or 64 of
 * N-level leaves; shared_info.
 */
#define KXEN_MAX_PINNED	(KXEN_MAX_VCPUS * (1 + 2 * 2 + 9) + 128 + 8)

struct kvm;
struct kxen_domain;
struct kxen_vcpu;
struct kxen_area;

/**
 * struct kxen_page - a guest page that the host holds.
 * @page: the pinned page, NULL if none.
 * @kaddr: its kernel address.
 * @gfn: where the guest has it.
 * @alone: nothing else may lie in it.
 */
struct kxen_page {
	struct page *page;
	void *kaddr;
	u64 gfn;
	bool alone;
};

int kxen_page_pin(struct kxen_domain *d, u64 gfn, struct kxen_page *p);
int kxen_page_pin_alone(struct kxen_domain *d, u64 gfn, struct kxen_page *p);
bool kxen_page_is_alone(struct kxen_domain *d, u64 gfn);
void kxen_page_unpin(struct kxen_domain *d, struct kxen_page *p);
int kxen_guest_memory_pins(struct kvm *kvm);

/**
 * struct kxen_guest_addr - where a guest wants something written.
 * @caller: who gave it, the calling thread's vCPU: a virtual address is its.
 * @addr: the address.
 * @phys: it is physical.
 */
struct kxen_guest_addr {
	struct kxen_vcpu *caller;
	u64 addr;
	bool phys;
};

int kxen_area_pin(const struct kxen_guest_addr *ga, u32 len,
		  struct kxen_area *area);
void kxen_area_unpin(struct kxen_domain *d, struct kxen_area *area);
void kxen_area_swap(struct kxen_vcpu *kv, struct kxen_area *slot,
		    struct kxen_area *area);
int kxen_area_register(struct kxen_vcpu *kv, struct kxen_area *slot,
		       const struct kxen_guest_addr *ga, u32 len,
		       void (*write)(struct kxen_vcpu *kv,
				     struct kxen_vcpu *caller));
void kxen_areas_hold(struct kxen_vcpu *kv, bool hold);
void kxen_area_clear(struct kxen_vcpu *kv, struct kxen_area *slot);
void kxen_area_write(struct kxen_area *area, u32 pos, const void *src, u32 len);

/* Bits in guest pages. All are full barriers, as Xen's are. */
static inline bool kxen_guest_test_and_set(void *base, u32 nr)
{
	return kxen_bits_test_and_set((u64 *)base + (nr >> 6), nr & 63);
}

static inline bool kxen_guest_test_and_clear(void *base, u32 nr)
{
	return kxen_bits_test_and_clear((u64 *)base + (nr >> 6), nr & 63);
}

/*
 * Set a bit of a selector word, whose width is the guest's. A vcpu_info that was
 * registered by 32-bit code need not be aligned to 8 bytes, even if the guest is
 * in 64-bit mode by now: no locked access may be wider than its alignment, since
 * a split lock in the kernel is fatal on hosts that detect them.
 */
static inline bool kxen_guest_set_sel(void *sel, u32 nr, u32 width)
{
	u32 old, *word = (u32 *)sel + (nr >> 5);
	int tries;

	if (width == 64 && IS_ALIGNED((unsigned long)sel, 8))
		return kxen_bits_test_and_set(sel, nr);
	nr &= 31;
	/* Bounded: the guest may fight for the line, but has only 32 bits. */
	for (tries = 0; tries < 64; tries++) {
		old = READ_ONCE(*word);
		if (kxen_bits_cmpxchg32(word, old, old | 1U << nr) == old)
			return old & 1U << nr;
	}
	WRITE_ONCE(*word, ~0U);
	return false;
}

static inline bool kxen_guest_test(const void *base, u32 nr)
{
	return READ_ONCE(*((const u8 *)base + (nr >> 3))) & (1 << (nr & 7));
}

#endif
