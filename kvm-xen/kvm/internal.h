/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the glue. */
#ifndef KXEN_KVM_INTERNAL_H
#define KXEN_KVM_INTERNAL_H

#include <linux/kvm_host.h>

#include "glue.h"

/*
 * What follows reads state that KVM keeps for the vCPU's own thread: registers that the
 * processor holds, which may be those of whatever vCPU is loaded here, paging modes. From any
 * other thread it can end in a BUG() of KVM. Kernels that look for such faults look.
 */
static __always_inline void kxen_assert_own_thread(struct kvm_vcpu *vcpu)
{
	if (IS_ENABLED(CONFIG_PROVE_LOCKING))
		WARN_ON_ONCE(kxen_kvm(kvm_get_running_vcpu)() != vcpu);
}

static __always_inline void kxen_kvm_kick(struct kvm_vcpu *vcpu)
{
#ifdef KXEN_KVM_KICK_WAITS
	kxen_kvm(__kvm_vcpu_kick)(vcpu, false);
#else
	kxen_kvm(kvm_vcpu_kick)(vcpu);
#endif
}

/* Slots of view.c: the last ones that a VMM can have, and not to be written to. */
#define KXEN_VIEW_FIRST_ID	(KVM_USER_MEM_SLOTS - KXEN_GLUE_VIEWS)

static inline bool kxen_slot_is_view(const struct kvm_memory_slot *slot)
{
	return slot->flags & KVM_MEM_READONLY && slot->id >= KXEN_VIEW_FIRST_ID &&
	       slot->id < KVM_USER_MEM_SLOTS;
}

/* True if there is such a function; the static call goes to it from now on. */
#define KXEN_RESOLVE(call, address) ({					\
	void *addr = (void *)(address);					\
									\
	if (addr)							\
		static_call_update(call, addr);				\
	addr;								\
})

struct kxen_btf;

/* iommu.c */
int kxen_glue_check_vfio(const struct kxen_btf *btf);

/* The architecture's. */
int kxen_glue_check_arch(const struct kxen_btf *btf);
u32 kxen_glue_vm_refuse_arch(struct kvm *kvm);
void kxen_glue_want_clock(struct kvm_vcpu *vcpu);

#endif
