// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that KVM maps for a guest of arm64, other than what the memory slots have. KVM is not asked
 * for them: it is told, when it is about to map the VMM's, that it is another one (arm64/fault.c).
 */
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <asm/kvm_emulate.h>
#include <asm/kvm_pgtable.h>

#include "../glue.h"
#include "../internal.h"
#include "glue.h"

/*
 * The VM whose guest memory these page tables are, by the first argument of KVM's functions for
 * them; NULL if there is none, or they are those of a guest of the guest.
 */
struct kvm *kxen_glue_stage2_vm(const void *tables)
{
	const struct kvm_s2_mmu *mmu = ((const struct kvm_pgtable *)tables)->mmu;
	struct kvm *kvm = mmu && mmu->arch ? container_of(mmu->arch, struct kvm, arch) : NULL;

	return kvm && mmu == &kvm->arch.mmu ? kvm : NULL;
}

/*
 * The vCPU that has faulted in this VM, if that is why its memory is mapped; NULL if it is for
 * another reason. *@ours: it is a domain's. Below mmu_lock.
 */
struct kvm_vcpu *kxen_glue_faulting(const struct kvm *kvm, struct kxen_vcpu **ours)
{
	struct kvm_vcpu *vcpu = kxen_kvm(kvm_get_running_vcpu)();

	*ours = NULL;
	if (!vcpu || vcpu->kvm != kvm)
		return NULL;
	*ours = kxen_glue_marked(vcpu);
	return vcpu;
}

/* Arguments of kvm_pgtable_stage2_map(): where, how much, and what. */
void kxen_glue_stage2_args(struct kxen_stage2_map *m, const u64 *arg)
{
	m->addr = arg[1];
	m->size = arg[2];
	m->phys = arg[3];
}

/* No more than the page that the vCPU has faulted at, or the first one if it is for no fault. */
void kxen_glue_stage2_one_page(struct kxen_stage2_map *m, struct kvm_vcpu *vcpu)
{
	u64 at = vcpu ? kvm_vcpu_get_fault_ipa(vcpu) & PAGE_MASK : m->addr;

	if (at < m->addr || at - m->addr >= m->size)
		at = m->addr;
	m->phys += at - m->addr;
	m->addr = at;
	m->size = PAGE_SIZE;
}

/* The arguments as they have become. What is placed is memory, whatever the VMM has there. */
void kxen_glue_stage2_set(u64 *arg, const struct kxen_stage2_map *m, bool placed)
{
	arg[1] = m->addr;
	arg[2] = m->size;
	arg[3] = m->phys;
	if (placed)
		arg[4] &= ~(u64)KVM_PGTABLE_PROT_DEVICE;
}

/**
 * kxen_glue_cover() - Something is about to be placed over a frame.
 * @kvm: the VM.
 * @gfn: the frame.
 * @c: not used: a large page is found to have something in it when it is mapped.
 *
 * Context: the VM is there; may sleep.
 * Return: whether there is memory of the VMM's that the guest may write to. Elsewhere KVM maps
 * nothing, so nothing that is placed would be seen.
 */
enum kxen_covers kxen_glue_cover(struct kvm *kvm, u64 gfn, struct kxen_cover *c)
{
	int idx = srcu_read_lock(&kvm->srcu);
	struct kvm_memslots *slots = srcu_dereference(kvm->memslots[0], &kvm->srcu);
	const struct kvm_memory_slot *slot = ____gfn_to_memslot(slots, gfn, false);
	bool memory = slot && !(slot->flags & KVM_MEM_READONLY);

	srcu_read_unlock(&kvm->srcu, idx);
	return memory ? KXEN_COVERS_MEMORY : KXEN_COVERS_HOLE;
}

/* Both locks: who has mapped something there has found a slot, and so does this. */
static struct kvm_memslots *slots_of(struct kvm *kvm)
{
	lockdep_assert_held_write(&kvm->mmu_lock);
	return srcu_dereference(kvm->memslots[0], &kvm->srcu);
}

/* @rests: the lock is given up now and then, since there may be much of it. */
static void unmap(struct kvm *kvm, struct kvm_memory_slot *slot, u64 first, u64 end, bool rests)
{
	struct kvm_gfn_range range = {
		.slot = slot, .start = first, .end = end, .may_block = rests,
	};

	kxen_kvm(kvm_unmap_gfn_range)(kvm, &range);
}

/**
 * kxen_glue_zap() - KVM has to map these frames again.
 * @kvm: the VM.
 * @gfn: the frames.
 * @nr: how many.
 *
 * What is behind them has changed already. On return no vCPU reaches what was behind them before:
 * whoever maps one does so below mmu_lock, where it is looked up what is there, and so does it
 * before, and is undone here, or afterwards.
 * Context: the VM is there; may sleep.
 */
void kxen_glue_zap(struct kvm *kvm, const u64 *gfn, u32 nr)
{
	int idx = srcu_read_lock(&kvm->srcu);
	struct kvm_memory_slot *slot;
	u32 i;

	write_lock(&kvm->mmu_lock);
	for (i = 0; i < nr; i++) {
		slot = ____gfn_to_memslot(slots_of(kvm), gfn[i], false);
		if (slot)
			unmap(kvm, slot, gfn[i], gfn[i] + 1, false);
	}
	write_unlock(&kvm->mmu_lock);
	srcu_read_unlock(&kvm->srcu, idx);
}

/* The same for all frames that there are. SRCU keeps the slots while the lock is given up. */
void kxen_glue_zap_all(struct kvm *kvm)
{
	int bkt, idx = srcu_read_lock(&kvm->srcu);
	struct kvm_memory_slot *slot;

	write_lock(&kvm->mmu_lock);
	kvm_for_each_memslot(slot, bkt, slots_of(kvm))
		unmap(kvm, slot, slot->base_gfn, slot->base_gfn + slot->npages, true);
	write_unlock(&kvm->mmu_lock);
	srcu_read_unlock(&kvm->srcu, idx);
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
