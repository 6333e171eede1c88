// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs of x86: modes, requests, interrupts, the LAPIC. */
#include <linux/kvm_host.h>
#include <asm/svm.h>

#include "../glue.h"
#include "../internal.h"
#include "glue.h"

/* Waiting for INIT or SIPI. */
bool kxen_glue_offline(struct kvm_vcpu *vcpu)
{
	int s = READ_ONCE(vcpu->arch.mp_state);

	return s == KVM_MP_STATE_UNINITIALIZED ||
	       s == KVM_MP_STATE_INIT_RECEIVED;
}

bool kxen_glue_is_bsp(struct kvm_vcpu *vcpu)
{
	return vcpu->kvm->arch.bsp_vcpu_id == vcpu->vcpu_id;
}

/*
 * The VMM has put the vCPU to the reset vector, in real mode. Before KVM_RUN:
 * only what lies in struct kvm_vcpu may be looked at, and RIP is there when the
 * VMM has just written it.
 */
bool kxen_glue_at_reset_vector(struct kvm_vcpu *vcpu)
{
#ifdef KXEN_KVM_REG_BITMAPS
	bool at = test_bit(VCPU_REG_RIP, vcpu->arch.regs_dirty) &&
		  vcpu->arch.rip == 0xfff0;
#else
	bool at = (vcpu->arch.regs_dirty & BIT(VCPU_REGS_RIP)) &&
		  vcpu->arch.regs[VCPU_REGS_RIP] == 0xfff0;
#endif

	return at && !(vcpu->arch.cr0 & X86_CR0_PE);
}

/*
 * The VMCB of a vCPU on SVM, or NULL. What SVM's get_cs_db_l_bits() does for one
 * bit is a hundred instructions long; a hypercall needs it each time.
 */
static __always_inline const struct vmcb *vmcb_of(struct kvm_vcpu *vcpu)
{
	return kxen_svm_vmcb ?
	       *(const struct vmcb **)((void *)vcpu + kxen_svm_vmcb) : NULL;
}

/* Apart, so that others need no frame for what it fills in. */
static noinline bool cs_is_long(struct kvm_vcpu *vcpu)
{
	int db, l;

	kxen_kvm_op(get_cs_db_l_bits)(vcpu, &db, &l);
	return l;
}

/* The caller is in 64-bit mode. */
bool kxen_glue_long_mode(struct kvm_vcpu *vcpu)
{
	const struct vmcb *vmcb = vmcb_of(vcpu);

	kxen_assert_own_thread(vcpu);
	if (!(vcpu->arch.efer & EFER_LMA))
		return false;
	if (vmcb)
		return vmcb->save.cs.attrib & SVM_SELECTOR_L_MASK;
	return cs_is_long(vcpu);
}

int kxen_glue_cpl(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	return kxen_kvm_op(get_cpl)(vcpu);
}

/* The guest has interrupts enabled and no shadow over them. */
bool kxen_glue_intr_allowed(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	return kxen_kvm_op(interrupt_allowed)(vcpu, false) > 0;
}

/* This vector is queued for the next entry, and the guest has not seen it. */
bool kxen_glue_is_injecting(struct kvm_vcpu *vcpu, u8 vector)
{
	return vcpu->arch.interrupt.injected && vcpu->arch.interrupt.nr == vector;
}

u64 kxen_glue_guest_tsc(struct kvm_vcpu *vcpu)
{
	return kxen_kvm(kvm_read_l1_tsc)(vcpu, rdtsc());
}

/*
 * The guest has interrupts off: have it exit as soon as it takes them, and look for
 * interrupts then. Only for the vCPU's own thread, in an exit handler; locks may be held.
 * False if that cannot be had: where the processor delivers interrupts by itself (AVIC),
 * SVM has to switch that off first, and sleeps.
 */
bool kxen_glue_want_window(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	if (unlikely(kxen_svm_avic))
		return false;
	kxen_kvm_op(enable_irq_window)(vcpu);
	return true;
}

/* Have interrupts evaluated before the next entry. */
void kxen_glue_want_event(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

/* A vCPU that has run has a clock, of which we are only told when it is new. */
void kxen_glue_want_clock(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_CLOCK_UPDATE, vcpu);
}

/*
 * At the beginning of KVM_RUN, before it is held up. The first one of a VM makes a thread on
 * newer kernels, and if a signal is pending then, KVM_RUN begins anew behind the signal's
 * handler: who waits for a signal in front of that would never get away with it. KVM looks
 * for itself whether it has been done.
 */
void kxen_glue_prepare_run(struct kvm_vcpu *vcpu)
{
#ifdef KXEN_KVM_NX_ONCE
	kxen_kvm(kvm_mmu_post_init_vm)(vcpu->kvm);
#endif
}

/**
 * kxen_glue_halt() - Sleep as HLT does, inside an exit handler.
 * @vcpu: the vCPU, its own thread, SRCU held.
 *
 * Returns on an interrupt that can be taken, a signal, or
 * kxen_glue_unblock(); the caller looks which.
 */
void kxen_glue_halt(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);
	vcpu->arch.mp_state = KVM_MP_STATE_HALTED;
	kxen_kvm(kvm_vcpu_halt)(vcpu);
	vcpu->arch.mp_state = KVM_MP_STATE_RUNNABLE;
	kvm_vcpu_srcu_read_lock(vcpu);
}

/* Step over the trapping instruction, as KVM does; its return value. */
int kxen_glue_skip_insn(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	return kxen_kvm(kvm_skip_emulated_instruction)(vcpu);
}

/* An edge interrupt to this LAPIC; 0: it is disabled and did not take it. */
int kxen_glue_lapic_send(struct kvm_vcpu *vcpu, u8 vector)
{
	struct kvm_lapic_irq irq = {
		.vector = vector,
		.delivery_mode = APIC_DM_FIXED,
		.dest_id = vcpu->vcpu_id,
	};

	return kxen_kvm(kvm_apic_set_irq)(vcpu, &irq, NULL);
}

/* The LAPIC's highest requested vector, or -1. */
int kxen_glue_lapic_highest(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	return kxen_kvm(kvm_lapic_find_highest_irr)(vcpu);
}

/* KVM queues and merges them as the hardware does; the vCPU may sleep, or be in the guest. */
void kxen_glue_inject_nmi(struct kvm_vcpu *vcpu)
{
	kxen_kvm(kvm_inject_nmi)(vcpu);
	if (!kxen_glue_is_running_here(vcpu))
		kxen_kvm_kick(vcpu);
}

void kxen_glue_triple_fault(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	kxen_glue_unblock(vcpu);
}

bool kxen_glue_has_triple_fault(struct kvm_vcpu *vcpu)
{
	return kvm_test_request(KVM_REQ_TRIPLE_FAULT, vcpu);
}

/* While the vCPU is not in the guest. */
void kxen_glue_forget_triple_fault(struct kvm_vcpu *vcpu)
{
	kvm_clear_request(KVM_REQ_TRIPLE_FAULT, vcpu);
}
