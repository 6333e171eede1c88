// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that KVM maps for a guest, other than what the memory slots have: the answer to KVM when it
 * asks for one, and what has to be done before and after it changes.
 */
#include <linux/mm.h>

#include "../glue.h"
#include "../internal.h"
#include "glue.h"

/* A memory slot, or NULL if the VMM is changing it: then KVM has the fault made again. */
static const struct kvm_memory_slot *usable(u64 slot)
{
	const struct kvm_memory_slot *s = (const struct kvm_memory_slot *)slot;

	return s && !(s->flags & KVM_MEMSLOT_INVALID) ? s : NULL;
}

/* Arguments of KXEN_KVM_FAULTIN: those in registers, and those on the stack. */
void kxen_glue_fault_args(struct kxen_glue_fault *f, const u64 *arg, const u64 *stack)
{
	f->slot = usable(arg[0]);
	f->gfn = arg[1];
	f->held = NULL;
	f->hva = NULL;
	f->atomic = false;
#if defined(KXEN_KVM_FAULTIN_PFN)
	f->write = arg[2] & FOLL_WRITE;
	f->writable = (bool *)arg[3];
	f->held = (struct page **)arg[4];
#elif defined(KXEN_KVM_FAULT_INTERRUPTIBLE)
	f->atomic = (u8)arg[2];
	f->write = (u8)arg[5];
	f->writable = (bool *)stack[0];
	f->hva = (u64 *)stack[1];
#else
	f->atomic = (u8)arg[2];
	f->write = (u8)arg[4];
	f->writable = (bool *)arg[5];
	f->hva = (u64 *)stack[0];
#endif
}

/*
 * The answer: @page, with a reference if KXEN_GLUE_FAULT_HOLDS. What is not to be written to KVM
 * emulates: kxen_p2m_access() drops the write.
 */
u64 kxen_glue_fault_page(const struct kxen_glue_fault *f, struct page *page, bool read_only)
{
	/* KVM holds the fault up while something is done to this address of the VMM's. */
	if (f->hva)
		*f->hva = __gfn_to_hva_memslot(f->slot, f->gfn);
	if (f->held)
		*f->held = NULL;
	if (f->writable)
		*f->writable = !read_only;
	if (!read_only || !f->write)
		return page_to_pfn(page);
	if (KXEN_GLUE_FAULT_HOLDS)
		put_page(page);
	return KVM_PFN_ERR_RO_FAULT;
}

/* Is it in a slot of the module's own? */
bool kxen_glue_fault_in_view(const struct kxen_glue_fault *f)
{
	return kxen_slot_is_view(f->slot);
}

/* The answer there if there is no page: the VMM's MMIO. */
u64 kxen_glue_fault_none(const struct kxen_glue_fault *f)
{
	if (f->held)
		*f->held = NULL;
	return KVM_PFN_ERR_RO_FAULT;
}

/* May KVM make no large page of any size around this frame, be it for another reason? */
static bool no_large_page_there(const struct kvm_memory_slot *slot, u64 gfn)
{
	const struct kvm_lpage_info *info;
	u32 i, shift;

	for (i = 0; i < ARRAY_SIZE(slot->arch.lpage_info); i++) {
		info = slot->arch.lpage_info[i];
		shift = (i + 1) * (PMD_SHIFT - PAGE_SHIFT);
		if (!info)
			continue;
		info += (gfn >> shift) - (slot->base_gfn >> shift);
		if (!READ_ONCE(info->disallow_lpage))
			return false;
	}
	return true;
}

/**
 * kxen_glue_fault_cover() - KVM is about to map a frame that something is placed at or near.
 * @kvm: the VM.
 * @f: the fault.
 *
 * The VMM may have made the slot anew since that was placed.
 * Context: as kxen_on_faultin(); nothing is done below mmu_lock, where KVM maps small pages alone.
 */
void kxen_glue_fault_cover(struct kvm *kvm, const struct kxen_glue_fault *f)
{
	if (f->atomic || !f->slot->arch.lpage_info[0] || no_large_page_there(f->slot, f->gfn))
		return;
	write_lock(&kvm->mmu_lock);
	kxen_kvm(kvm_mmu_gfn_disallow_lpage)(f->slot, f->gfn);
	write_unlock(&kvm->mmu_lock);
}

/* Large pages would be made from what the VMM has there: none around this frame, in this slot. */
static void no_large_page(struct kvm *kvm, const struct kvm_memory_slot *slot, u64 gfn,
			  const void **known)
{
	const void *info = slot->arch.lpage_info[0];

	/* A slot that was made anew may have the same address. */
	if (READ_ONCE(*known) == info && no_large_page_there(slot, gfn))
		return;
	write_lock(&kvm->mmu_lock);
	if (*known != info || !no_large_page_there(slot, gfn))
		kxen_kvm(kvm_mmu_gfn_disallow_lpage)(slot, gfn);
	WRITE_ONCE(*known, info);
	write_unlock(&kvm->mmu_lock);
}

/**
 * kxen_glue_cover() - Something is about to be placed over a frame.
 * @kvm: the VM.
 * @gfn: the frame.
 * @c: what is known of the large page around it, all 0 at first.
 *
 * Context: the VM is there; may sleep.
 * Return: whether there is a slot: without one the guest will not see what is placed.
 */
enum kxen_covers kxen_glue_cover(struct kvm *kvm, u64 gfn, struct kxen_cover *c)
{
	int i, idx = srcu_read_lock(&kvm->srcu);
	const struct kvm_memory_slot *slot;
	bool any = false, memory = false;
	struct kvm_memslots *slots;

	for (i = 0; i < ARRAY_SIZE(kvm->memslots) && i < ARRAY_SIZE(c->slot); i++) {
		slots = srcu_dereference(kvm->memslots[i], &kvm->srcu);
		slot = slots ? ____gfn_to_memslot(slots, gfn, false) : NULL;
		if (slot && slot->arch.lpage_info[0])
			no_large_page(kvm, slot, gfn, &c->slot[i]);
		any |= slot && !i;
		memory |= slot && !kxen_slot_is_view(slot);
	}
	srcu_read_unlock(&kvm->srcu, idx);
	if (memory && any)
		return KXEN_COVERS_MEMORY;
	return any ? KXEN_COVERS_NOTHING : KXEN_COVERS_HOLE;
}

/*
 * Between these two no frame is taken away that was there: kxen_glue_zap() waits. Not below
 * mmu_lock; what is done is short, and does not sleep.
 */
void kxen_glue_hold_zap(struct kvm *kvm) __acquires(&kvm->mmu_lock)
{
	read_lock(&kvm->mmu_lock);
}

void kxen_glue_let_zap(struct kvm *kvm) __releases(&kvm->mmu_lock)
{
	read_unlock(&kvm->mmu_lock);
}

/* Frames in a row from the @i-th on. */
static u32 run_of(const u64 *gfn, u32 i, u32 nr)
{
	u32 n = 1;

	while (i + n < nr && gfn[i + n] == gfn[i] + n)
		n++;
	return n;
}

static void zap_ranges(struct kvm *kvm, const u64 *gfn, u32 nr)
{
	u32 i, n;

	for (i = 0; i < nr; i += n) {
		n = run_of(gfn, i, nr);
		kxen_kvm(kvm_zap_gfn_range)(kvm, gfn[i], gfn[i] + n);
	}
}

/* As KVM's own, for more than one range: one flush for all. */
static void zap_leafs(struct kvm *kvm, const u64 *gfn, u32 nr)
{
	bool flush = false;
	u32 i, n;

	write_lock(&kvm->mmu_lock);
	kvm->mmu_invalidate_seq++;
	smp_wmb();	/* pairs with the one before KVM looks at it, in a fault */
	for (i = 0; i < nr; i += n) {
		n = run_of(gfn, i, nr);
		flush = kxen_kvm(kvm_tdp_mmu_zap_leafs)(kvm, gfn[i], gfn[i] + n, flush);
	}
	if (flush)
		kxen_kvm(kvm_flush_remote_tlbs)(kvm);
	write_unlock(&kvm->mmu_lock);
}

static bool has_shadow(struct kvm *kvm)
{
	/* Pairs with the release by which KVM says so. */
	return smp_load_acquire(&kvm->arch.shadow_root_allocated);
}

/**
 * kxen_glue_zap() - KVM has to ask again for these frames.
 * @kvm: the VM.
 * @gfn: the frames; those in a row cost less.
 * @nr: how many.
 *
 * What is behind them has changed already. On return no vCPU reaches what was behind them before,
 * nor will one whose fault is under way, nor KVM in its place: mmu_lock is taken for writing in any
 * case, so whoever has looked between kxen_glue_hold_zap() and kxen_glue_let_zap() is done.
 * Context: the VM is there; may sleep.
 */
void kxen_glue_zap(struct kvm *kvm, const u64 *gfn, u32 nr)
{
	/* Shadow page tables, of nested guests, too, are found through the slots. */
	if (run_of(gfn, 0, nr) == nr || !*kxen_kvm_data(tdp_mmu_enabled) || has_shadow(kvm))
		zap_ranges(kvm, gfn, nr);
	else
		zap_leafs(kvm, gfn, nr);
}

/* The same for all frames that there can be. */
void kxen_glue_zap_all(struct kvm *kvm)
{
	kxen_kvm(kvm_zap_gfn_range)(kvm, 0, 1ULL << (52 - PAGE_SHIFT));
}
