// SPDX-License-Identifier: GPL-2.0-only
/* Memory slots: where the VMM has a guest's memory, and which of it is dirty. */
#include <linux/fs.h>
#include <linux/hugetlb_inline.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/userfaultfd_k.h>

#include "glue.h"
#include "internal.h"

struct mm_struct *kxen_glue_vm_mm(struct kvm *kvm)
{
	return kvm->mm;
}

/**
 * kxen_glue_mem_state() - What a VM's memory is now.
 * @kvm: the VM.
 * @s: filled in. While it is the same no frame that the VMM has memory at has another page than
 *	before: the VMM's page tables do not change without KVM being told, nor do slots.
 *
 * Who has taken a reference to a page, and sees the same as before the page was found, has it
 * before anything that begins now looks at who holds it: as KVM does where it maps it.
 * Context: any, the VM is there. Return: false: something is being changed.
 */
bool kxen_glue_mem_state(struct kvm *kvm, struct kxen_mem_state *s)
{
	/* Both sets of slots are parts of the VM, so that no SRCU keeps them. */
	BUILD_BUG_ON(!__same_type(kvm->__memslots[0][0], struct kvm_memslots));
	/* The order of the two as KVM has it before it maps a page. */
	if (READ_ONCE(kvm->mmu_invalidate_in_progress))
		return false;
	smp_rmb();	/* pairs with the end of a change there */
	s->seq = READ_ONCE(kvm->mmu_invalidate_seq);
	smp_rmb();	/* the slots are looked at last, as they were under SRCU */
	/*
	 * The number is the set's that is in use now, or a later one of the same set: either way
	 * one that the slots have had since this began.
	 */
	s->slots = READ_ONCE(rcu_dereference_raw(kvm->memslots[0])->generation);
	/* Of memory that is in no slot any more KVM is not told. */
	return !(s->slots & KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS);
}

/* Address in the VMM of a writable guest page, or 0. */
unsigned long kxen_glue_gfn_to_hva(struct kvm *kvm, u64 gfn)
{
	int idx = srcu_read_lock(&kvm->srcu);
	unsigned long hva = kxen_kvm(gfn_to_hva)(kvm, gfn);

	srcu_read_unlock(&kvm->srcu, idx);
	return kvm_is_error_hva(hva) ? 0 : hva;
}

/**
 * kxen_glue_slots() - Where the VMM has the guest's memory.
 * @kvm: the VM.
 * @hva: filled in: an address of each slot that can be written to.
 * @room: in @hva.
 *
 * Return: how many there are, which may be more than there is room for.
 */
u32 kxen_glue_slots(struct kvm *kvm, unsigned long *hva, u32 room)
{
	struct kvm_memory_slot *slot;
	int bkt, idx = srcu_read_lock(&kvm->srcu);
	u32 n = 0;

	kvm_for_each_memslot(slot, bkt, kvm_memslots(kvm)) {
		if (!slot->npages || slot->flags & KVM_MEM_READONLY)
			continue;
		if (n < room)
			hva[n] = slot->userspace_addr;
		n++;
	}
	srcu_read_unlock(&kvm->srcu, idx);
	return n;
}

/**
 * kxen_glue_ram() - The guest's memory: all that can be written to, but what is KVM's own.
 * @kvm: the VM.
 * @m: filled in, in no order.
 * @room: in @m.
 *
 * Context: may sleep. Return: how many ranges there are, which may be more than there is room for.
 */
u32 kxen_glue_ram(struct kvm *kvm, struct kxen_mem *m, u32 room)
{
	struct kvm_memory_slot *slot;
	int bkt, idx = srcu_read_lock(&kvm->srcu);
	u32 n = 0;

	kvm_for_each_memslot(slot, bkt, kvm_memslots(kvm)) {
		if (!slot->npages || slot->flags & KVM_MEM_READONLY ||
		    slot->id >= KVM_USER_MEM_SLOTS)
			continue;
		if (n < room)
			m[n] = (struct kxen_mem) { slot->base_gfn << PAGE_SHIFT,
				(u64)slot->npages << PAGE_SHIFT, slot->userspace_addr };
		n++;
	}
	srcu_read_unlock(&kvm->srcu, idx);
	return n;
}

/**
 * kxen_glue_mem() - The writable memory around a guest frame.
 * @vcpu: the vCPU, its own thread, SRCU held.
 * @gfn: the frame.
 * @m: filled in; good as long as SRCU is held. Nothing says that a page of it is
 *	there: the caller disables page faults, or may sleep.
 *
 * Return: false if the frame is not plain memory.
 */
bool kxen_glue_mem(struct kvm_vcpu *vcpu, u64 gfn, struct kxen_mem *m)
{
	struct kvm_memslots *slots = kvm_vcpu_memslots(vcpu);
	struct kvm_memory_slot *slot = vcpu->last_used_slot;

	kxen_assert_own_thread(vcpu);
	/* The slot that KVM used last for this vCPU is nearly always the one. */
	if (unlikely(slots->generation != vcpu->last_used_slot_gen ||
		     !try_get_memslot(slot, gfn)))
		slot = ____gfn_to_memslot(slots, gfn, false);
	if (!slot || slot->flags & (KVM_MEMSLOT_INVALID | KVM_MEM_READONLY))
		return false;
	m->start = slot->base_gfn << PAGE_SHIFT;
	m->size = slot->npages << PAGE_SHIFT;
	m->hva = slot->userspace_addr;
	return true;
}

/*
 * The host may have written to this frame. KVM's own function for it wants a running
 * vCPU. slots_lock or SRCU is held.
 */
void kxen_glue_slot_dirty(struct kvm_memory_slot *slot, u64 gfn)
{
	if (slot->dirty_bitmap && gfn - slot->base_gfn < slot->npages)
		set_bit_le(gfn - slot->base_gfn, slot->dirty_bitmap);
}

/* The same without a lock, for whatever slot has it now. Does not sleep. */
void kxen_glue_gfn_dirty(struct kvm *kvm, u64 gfn)
{
	int idx = srcu_read_lock(&kvm->srcu);
	struct kvm_memory_slot *slot = kxen_kvm(gfn_to_memslot)(kvm, gfn);

	if (slot)
		kxen_glue_slot_dirty(slot, gfn);
	srcu_read_unlock(&kvm->srcu, idx);
}

/* The frames of a slot, KVM's. slots_lock or SRCU is held. */
void kxen_glue_slot_frames(const struct kvm_memory_slot *slot, u64 *first, u64 *nr)
{
	*first = slot->base_gfn;
	*nr = slot->npages;
}

/* The host has written there. */
void kxen_glue_mark_dirty(struct kvm_vcpu *vcpu, u64 gpa)
{
	kxen_assert_own_thread(vcpu);
	kxen_kvm(kvm_vcpu_mark_page_dirty)(vcpu, gpa_to_gfn(gpa));
}

int kxen_glue_write_phys(struct kvm *kvm, u64 gpa, const void *src, u32 len)
{
	return kxen_kvm(kvm_write_guest)(kvm, gpa, src, len) ? -EFAULT : 0;
}

/*
 * How memory is given back, so that an empty page comes in its place; or -1. A file's would have
 * the file's content; what a userfaultfd watches might never come again.
 */
static int how_to_discard(struct vm_area_struct *vma, unsigned long end)
{
	if (!vma || end > vma->vm_end || is_vm_hugetlb_page(vma) || userfaultfd_armed(vma) ||
	    vma->vm_flags & (VM_LOCKED | VM_PFNMAP | VM_MIXEDMAP | VM_IO))
		return -1;
	if (vma_is_anonymous(vma))
		return MADV_DONTNEED;
	if (vma->vm_file && vma->vm_flags & VM_SHARED && vma->vm_flags & VM_WRITE &&
	    file_inode(vma->vm_file)->i_sb->s_magic == TMPFS_MAGIC)
		return MADV_REMOVE;
	return -1;
}

/**
 * kxen_glue_discard() - Give memory of the VMM's back to the host.
 * @hva: where it has it.
 * @len: bytes, whole pages.
 *
 * What maps it, KVM's tables too, has let go of it when this returns.
 * Context: a thread of the VMM's, no lock held, may sleep.
 * Return: true if an empty page is there when somebody next looks; false: it is as it was.
 */
bool kxen_glue_discard(unsigned long hva, unsigned long len)
{
	struct mm_struct *mm = current->mm;
	int how;

	if (mmap_read_lock_killable(mm))
		return false;
	how = how_to_discard(vma_lookup(mm, hva), hva + len);
	mmap_read_unlock(mm);
	/* Who maps something else there meanwhile is the VMM, and has it discarded. */
	return how >= 0 && !kxen_kvm(do_madvise)(mm, hva, len, how);
}

/* Not KVM's own, which a VM on VMX has: the page of its LAPIC, and a TSS. Nor a view's. */
static bool slot_is_vmms(const struct kvm_memory_slot *slot)
{
	return slot->npages && slot->id < KVM_USER_MEM_SLOTS && !kxen_slot_is_view(slot);
}

/* Highest guest frame with memory behind it, and number of such frames: of the VMM's alone. */
u64 kxen_glue_max_gfn(struct kvm *kvm)
{
	struct kvm_memory_slot *slot;
	int bkt, idx = srcu_read_lock(&kvm->srcu);
	u64 max = 0;

	kvm_for_each_memslot(slot, bkt, kvm_memslots(kvm))
		if (slot_is_vmms(slot))
			max = max(max, slot->base_gfn + slot->npages - 1);
	srcu_read_unlock(&kvm->srcu, idx);
	return max;
}

u64 kxen_glue_nr_pages(struct kvm *kvm)
{
	struct kvm_memory_slot *slot;
	int bkt, idx = srcu_read_lock(&kvm->srcu);
	u64 nr = 0;

	/* Not kvm->nr_memslot_pages, which has what system management mode sees once more. */
	kvm_for_each_memslot(slot, bkt, kvm_memslots(kvm))
		if (slot_is_vmms(slot) && !(slot->flags & KVM_MEM_READONLY))
			nr += slot->npages;
	srcu_read_unlock(&kvm->srcu, idx);
	return nr;
}
