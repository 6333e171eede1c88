// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory slots of the module's own, where the VMM has none: KVM asks for a page only where there
 * is one. What has no page there stays the VMM's MMIO, page by page.
 *
 * They may not be written to and have nothing behind them but addresses of the VMM's that nobody
 * can access. So what counts or holds a guest's memory passes them over, KVM's emulator goes to
 * the VMM, and KVM maps in them what it is answered, and no large page.
 */
#include <linux/mm.h>
#include <linux/mman.h>

#include "arch_types.h"
#include "glue.h"
#include "internal.h"

#ifdef KXEN_KVM_INTERNAL_MEMSLOT
#define KXEN_SET_REGION		kxen_kvm(kvm_set_memory_region)
#else
#define KXEN_SET_REGION		kxen_kvm(__kvm_set_memory_region)
#endif

/* Below 4 GiB are devices, above it guests take address space by sections of their memory. */
#define LOW_END		(1ULL << (32 - PAGE_SHIFT))
#define LOW_FRAMES	(SZ_2M >> PAGE_SHIFT)
#define HIGH_FRAMES	(SZ_128M >> PAGE_SHIFT)

/* Frames of KVM's own devices, which it looks for behind all memory. */
static const u64 devices[] = { KXEN_ARCH_MMIO_LOW, KXEN_ARCH_MMIO_HIGH };

/* Is there a device of KVM's? Context: any. */
bool kxen_glue_is_device(u64 gfn)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i] == gfn)
			return true;
	return false;
}

/* Leave out of a range around @gfn what others have. false: they have @gfn. */
static bool cut(u64 gfn, u64 *first, u64 *end, u64 from, u64 to)
{
	if (to <= gfn)
		*first = max(*first, to);
	else if (from > gfn)
		*end = min(*end, from);
	else
		return false;
	return true;
}

/* The hole around a frame, no further than its section. false: there is none. */
static bool hole(struct kvm *kvm, u64 gfn, u64 *first, u64 *end)
{
	u64 frames = gfn < LOW_END ? LOW_FRAMES : HIGH_FRAMES;
	struct kvm_memory_slot *slot;
	int bkt;
	u32 i;

	*first = round_down(gfn, frames);
	*end = *first + frames;
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (!cut(gfn, first, end, devices[i], devices[i] + 1))
			return false;
	kvm_for_each_memslot(slot, bkt, kvm_memslots(kvm))
		if (slot->npages && !cut(gfn, first, end, slot->base_gfn,
					 slot->base_gfn + slot->npages))
			return false;
	return true;
}

/* VMMs count from 0 on. */
static int free_id(struct kvm *kvm)
{
	int id;

	for (id = KVM_USER_MEM_SLOTS - 1; id >= KXEN_VIEW_FIRST_ID; id--)
		if (!id_to_memslot(kvm_memslots(kvm), id))
			return id;
	return -ENOSPC;
}

/*
 * Addresses in the VMM, which nobody can access, and a page more. The frames begin at one that
 * is not aligned as they are: then KVM makes no large page.
 */
static unsigned long reserve(kxen_kvm_region_t *r)
{
	unsigned long at = vm_mmap(NULL, 0, r->memory_size + PAGE_SIZE, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, 0);

	r->userspace_addr = at;
	if (!((at ^ r->guest_phys_addr) & (PMD_SIZE - 1)))
		r->userspace_addr += PAGE_SIZE;
	return at;
}

/**
 * kxen_glue_hole() - The frames around one that has no memory.
 * @kvm: the VM.
 * @gfn: the frame.
 * @first: set to the first of them.
 * @end: set to behind the last one; 0 if there is memory.
 *
 * Context: may sleep.
 */
void kxen_glue_hole(struct kvm *kvm, u64 gfn, u64 *first, u64 *end)
{
	int idx = srcu_read_lock(&kvm->srcu);

	if (!hole(kvm, gfn, first, end))
		*end = 0;
	srcu_read_unlock(&kvm->srcu, idx);
}

/**
 * kxen_glue_no_memory() - Has the VMM no memory at a frame, not even to read?
 * @kvm: the VM.
 * @gfn: the frame.
 *
 * Context: may sleep.
 */
bool kxen_glue_no_memory(struct kvm *kvm, u64 gfn)
{
	int idx = srcu_read_lock(&kvm->srcu);
	struct kvm_memory_slot *slot = kxen_kvm(gfn_to_memslot)(kvm, gfn);
	bool none = !slot || kxen_slot_is_view(slot);

	srcu_read_unlock(&kvm->srcu, idx);
	return none;
}

static int make(struct kvm *kvm, u64 gfn)
{
	int ret, id = free_id(kvm);
	kxen_kvm_region_t r = { .slot = id, .flags = KVM_MEM_READONLY };
	unsigned long at;
	u64 first, end;

	lockdep_assert_held(&kvm->slots_lock);
	if (!hole(kvm, gfn, &first, &end))
		return -EEXIST;
	if (id < 0)
		return id;
	r.guest_phys_addr = first << PAGE_SHIFT;
	r.memory_size = (end - first) << PAGE_SHIFT;
	at = reserve(&r);
	if (IS_ERR_VALUE(at))
		return at;
	ret = KXEN_SET_REGION(kvm, &r);
	if (ret)
		vm_munmap(at, r.memory_size + PAGE_SIZE);
	return ret;
}

/**
 * kxen_glue_view() - Have KVM ask for pages around a frame that has no memory.
 * @kvm: the VM.
 * @gfn: the frame.
 *
 * Context: a thread of the VMM, no lock of the module's below KVM's slots_lock, no SRCU of KVM
 * held; may sleep.
 * Return: 0; -EEXIST if there is memory, or a device of KVM's; -ENOSPC; -ENOMEM and other errors of
 * KVM's.
 */
int kxen_glue_view(struct kvm *kvm, u64 gfn)
{
	int ret;

	mutex_lock(&kvm->slots_lock);
	ret = make(kvm, gfn);
	mutex_unlock(&kvm->slots_lock);
	return ret;
}

/**
 * kxen_glue_without_srcu() - Do what changes memory slots, or takes long, in an exit handler.
 * @vcpu: the vCPU, its own thread, SRCU held: what was found under that is not good any more.
 * @fn: does it, without SRCU.
 * @arg: for @fn.
 *
 * Context: as kxen_glue_view(), but for SRCU.
 */
void kxen_glue_without_srcu(struct kvm_vcpu *vcpu, void (*fn)(void *arg), void *arg)
{
	kxen_assert_own_thread(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);
	fn(arg);
	kvm_vcpu_srcu_read_lock(vcpu);
}
