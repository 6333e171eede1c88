/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's exit fast path: a guest has left, interrupts are off, kvm->srcu is not held, and KVM goes
 * straight back into it if it is told to. All of this is for the vCPU's own thread there, and in
 * line: it is a part of each call.
 */
#ifndef KXEN_KVM_X86_FAST_H
#define KXEN_KVM_X86_FAST_H

#include <linux/kvm_host.h>
#include <asm/processor-flags.h>
#include <asm/svm.h>
#include <asm/vmx.h>

#include "glue.h"

/* For the compiler, who asks no more then. */
static __always_inline struct vmcb *kxen_glue_not_null(struct vmcb *vmcb)
{
	if (!vmcb)
		__builtin_unreachable();
	return vmcb;
}

/* The VMCB of a vCPU on SVM. */
static __always_inline struct vmcb *kxen_glue_vmcb(struct kvm_vcpu *vcpu)
{
	return kxen_glue_not_null(*(struct vmcb **)((void *)vcpu + kxen_svm_vmcb));
}

/* This vCPU is marked: somebody has looked. */
static __always_inline struct kxen_vcpu *kxen_glue_ours(struct kvm_vcpu *vcpu)
{
	return (struct kxen_vcpu *)READ_ONCE(vcpu->preempt_notifier.ops);
}

/*
 * In what follows @vmcb is NULL on VMX, which the compiler knows. Was it VMMCALL, VMCALL? VMX's
 * word has further bits in unusual exits: those are not.
 */
static __always_inline bool kxen_glue_exit_is_call(struct kvm_vcpu *vcpu, const struct vmcb *vmcb)
{
	if (vmcb)
		return vmcb->control.exit_code == SVM_EXIT_VMMCALL;
	return *(u32 *)((void *)vcpu + kxen_vmx_reason) == EXIT_REASON_VMCALL;
}

/* A step over an instruction would have to be counted. */
static __always_inline bool kxen_glue_counts(struct kvm_vcpu *vcpu)
{
	struct kvm_pmu *pmu = &vcpu->arch.pmu;

#ifdef KXEN_KVM_PMU_COUNTING
	if (!bitmap_empty(pmu->pmc_counting_instructions, X86_PMC_IDX_MAX))
		return true;
#endif
	return pmu->event_count;
}

/*
 * The part of it that the processor's own structures say. SVM: without the next instruction's
 * address the length would have to be read in the guest's memory, and it is not always 3: prefixes.
 */
static __always_inline bool kxen_glue_plain_here(struct kvm_vcpu *vcpu, const struct vmcb *vmcb)
{
	if (!vmcb)
		return !kxen_kvm_op(get_cpl)(vcpu) && kxen_glue_long_mode(vcpu) &&
		       !(kxen_kvm_op(get_rflags)(vcpu) & X86_EFLAGS_TF);
	/* KVM of 6.1 traces exits of SVM on its slow path alone: then each has to go there. */
	return vmcb->control.next_rip && !vmcb->save.cpl &&
	       vcpu->arch.efer & EFER_LMA && vmcb->save.cs.attrib & SVM_SELECTOR_L_MASK &&
	       !(vmcb->save.rflags & X86_EFLAGS_TF) && READ_ONCE(*kxen_exits_traced) <= 0;
}

/*
 * Can a call be served here, and stepped over, as far as KVM is concerned? Not if it is not ring
 * 0's, in 64-bit code; if the step is to be seen by somebody, who is a debugger, single step (TF,
 * also KVM's own for NMIs) or a counter; a nested guest's, or in system management mode, whose
 * memory is another.
 */
static __always_inline bool kxen_glue_plain(struct kvm_vcpu *vcpu, const struct vmcb *vmcb)
{
	return kxen_glue_plain_here(vcpu, vmcb) && !vcpu->guest_debug &&
	       !(vcpu->arch.hflags & (HF_GUEST_MASK | HF_SMM_MASK)) && !kxen_glue_counts(vcpu);
}

/* Step over the call, where all that is so. */
static __always_inline void kxen_glue_step_fast(struct kvm_vcpu *vcpu, struct vmcb *vmcb)
{
	if (!vmcb) {
		kxen_kvm(kvm_skip_emulated_instruction)(vcpu);
		return;
	}
#ifdef KXEN_KVM_REG_BITMAPS
	vcpu->arch.rip = vmcb->control.next_rip;
	__set_bit(VCPU_REG_RIP, vcpu->arch.regs_dirty);
#else
	vcpu->arch.regs[VCPU_REGS_RIP] = vmcb->control.next_rip;
#endif
	vmcb->control.int_state &= ~SVM_INTERRUPT_SHADOW_MASK;
}

/*
 * As of kxen_glue_paging(). With nested paging the guest changes CR3 by itself on SVM. KVM takes it
 * over when it handles an exit, and has not yet; kernels that call this bit by another name have,
 * when they have left the guest.
 */
static __always_inline u64 kxen_glue_cr3_fast(struct kvm_vcpu *vcpu, const struct vmcb *vmcb)
{
#ifdef SVM_NESTED_CTL_NP_ENABLE
	if (vmcb && likely(vmcb->control.nested_ctl & SVM_NESTED_CTL_NP_ENABLE))
		return vmcb->save.cr3;
#endif
	return kxen_glue_cr3(vcpu);
}

/*
 * Which memory slots there are: while this stays the same, so does what kxen_glue_mem() has said
 * outside of system management mode. ~0: just changing. The structures that are looked at are a
 * part of the VM; an old one keeps an old number.
 */
static __always_inline u64 kxen_glue_slots_gen(struct kvm_vcpu *vcpu)
{
	u64 gen = READ_ONCE(rcu_dereference_raw(vcpu->kvm->memslots[0])->generation);

	return gen & KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS ? ~0ULL : gen;
}

/* It cannot change where the guest is in long mode, and is never the guest's own to change. */
static __always_inline bool kxen_glue_five_levels(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.cr4 & X86_CR4_LA57;
}

/* Does the processor keep a user's memory from the guest's kernel? */
static __always_inline bool kxen_glue_closes_user(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.cr4 & (X86_CR4_SMAP | X86_CR4_PKE);
}

static inline bool kxen_glue_in_smm(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.hflags & HF_SMM_MASK;
}

#endif
