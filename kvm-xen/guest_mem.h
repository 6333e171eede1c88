/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory: pages held for a registration. What is in such a page is read and written
 * through guest_word.h; copies for a hypercall: hypercall.h.
 */
#ifndef KXEN_GUEST_MEM_H
#define KXEN_GUEST_MEM_H

#include <linux/types.h>

#include "guest_word.h"
#include "limits.h"

/*
 * What a domain may hold of KXEN_LIMIT_PAGES: per vCPU vcpu_info, two areas of two pages, and
 * the two of an area that is about to take the place of another; shared_info.
 */
#define KXEN_MAX_PAGES	(KXEN_MAX_VCPUS * (1 + 2 * 2 + 2) + 1)

/*
 * A guest names frames of Xen's size; KVM's are of the host's. The glue speaks of KVM's, all
 * others of Xen's.
 */
#define KXEN_FRAMES_SHIFT	(PAGE_SHIFT - XEN_PAGE_SHIFT)

static inline u64 kxen_gfn_to_kvm(u64 gfn)
{
	return gfn >> KXEN_FRAMES_SHIFT;
}

static inline u64 kxen_gfn_from_kvm(u64 gfn)
{
	return gfn << KXEN_FRAMES_SHIFT;
}

struct kvm;
struct mm_struct;
struct page;
struct kvm_memory_slot;
struct kxen_domain;
struct kxen_vcpu;
struct kxen_area;
struct kxen_p2m_entry;

/**
 * struct kxen_page - a guest page, of Xen's size, that the host holds.
 * @page: the pinned page of the host that it is in, NULL if none.
 * @entry: what it was placed by, NULL if it is the VMM's memory.
 * @at: its first byte.
 * @gfn: where the guest has it.
 * @kind: which limit it counts against.
 * @exclusive: nothing else may lie in it.
 * @over_hole: the guest may have given up what was there before.
 */
struct kxen_page {
	struct page *page;
	struct kxen_p2m_entry *entry;
	struct kxen_gptr at;
	u64 gfn;
	u8 kind;
	bool exclusive;
	bool over_hole;
};

/* guest_mem.c */
int kxen_page_pin(struct kxen_domain *d, enum kxen_limit_kind kind, u64 gfn,
		  struct kxen_page *p);
int kxen_page_pin_exclusive(struct kxen_domain *d, enum kxen_limit_kind kind, u64 gfn,
			    struct kxen_page *p);
int kxen_page_pin_over_hole(struct kxen_domain *d, enum kxen_limit_kind kind, u64 gfn,
			    struct kxen_page *p);
bool kxen_gfn_is_held(struct kxen_domain *d, u64 gfn);
void kxen_gfn_abandon(struct kxen_domain *d, u64 gfn);
bool kxen_any_abandoned(struct kxen_domain *d);
bool kxen_page_is_exclusive(struct kxen_domain *d, const struct kxen_page *p);
void kxen_page_unpin(struct kxen_domain *d, struct kxen_page *p);
int kxen_memory_charge(struct kxen_domain *d);
void kxen_memory_uncharge(struct kxen_domain *d);

/* guest_pin.c */
int kxen_guest_mem_init(void);
void kxen_guest_mem_exit(void);
int kxen_domain_pin(struct kxen_domain *d, unsigned long hva, struct page **page);
int kxen_memory_pin(struct mm_struct *mm, unsigned long hva, bool wait, struct page **page);
bool kxen_memory_get_again(struct page *page);
bool kxen_memory_is_dirty(struct page *page);
bool kxen_memory_pin_again(struct page *page);
int kxen_memory_wait(struct kxen_vcpu *v, struct mm_struct *mm, unsigned long hva,
		     struct page **page);
void kxen_memory_unpin(struct page *page);
int kxen_guest_memory_pins(struct kvm *kvm);
int kxen_guest_memory_bring(struct kvm *kvm, unsigned long hva);

/**
 * struct kxen_frames - a walk over frames that are about to be held.
 * @d: the domain.
 * @kvm: its VM, which the walker keeps.
 * @ret: 0; -EINTR: the task is being killed, and nothing more is waited for.
 */
struct kxen_frames {
	struct kxen_domain *d;
	struct kvm *kvm;
	int ret;
};

void kxen_frame(struct kxen_frames *f, u64 gfn);
void kxen_pages_mark_dirty(struct kxen_domain *d, struct kvm_memory_slot *slot);

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
void kxen_area_swap(struct kxen_vcpu *v, struct kxen_area *slot,
		    struct kxen_area *area);
int kxen_area_register(struct kxen_vcpu *v, struct kxen_area *slot,
		       const struct kxen_guest_addr *ga, u32 len,
		       void (*write)(struct kxen_vcpu *v,
				     struct kxen_vcpu *caller));
void kxen_areas_hold(struct kxen_vcpu *v, bool hold);
void kxen_area_clear(struct kxen_vcpu *v, struct kxen_area *slot);
void kxen_area_write(struct kxen_area *area, u32 pos, const void *src, u32 len);

#endif
