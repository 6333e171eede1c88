// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs and machines of arm64: what makes one unfit, sleep, the registers of stage 1. */
#include <linux/kvm_host.h>
#include <kvm/arm_vgic.h>
#include <uapi/linux/kvm_xen.h>

#include "../../log.h"
#include "../btf.h"
#include "../glue.h"
#include "../internal.h"
#include "glue.h"

/* What this architecture has against a VM. */
u32 kxen_glue_vm_refuse_arch(struct kvm *kvm)
{
	u32 model = kvm->arch.vgic.vgic_model;

	if (!irqchip_in_kernel(kvm) ||
	    (model != KVM_DEV_TYPE_ARM_VGIC_V3 && model != KVM_DEV_TYPE_ARM_VGIC_V2))
		return KXEN_ATTACH_NO_IRQCHIP;
	return KXEN_ATTACH_NONE;
}

/*
 * Registers of the guest's have numbers that are KVM's own, and not in its type information as
 * such: a kernel with another set of them has another size of it.
 */
int kxen_glue_check_arch(const struct kxen_btf *btf)
{
	int size = kxen_btf_size(btf, "kvm_cpu_context");

	if (size == sizeof(struct kvm_cpu_context))
		return 0;
	kxen_err("struct kvm_cpu_context has %d bytes on this kernel, the module was compiled for %zu: rebuild it",
		 size, sizeof(struct kvm_cpu_context));
	return -ENOEXEC;
}

/* KVM is part of the kernel: what there is was found at load. */
int kxen_glue_arm(void)
{
	return 0;
}

/* Switched off: it has not been switched on yet, or has done it itself (PSCI). */
bool kxen_glue_offline(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->arch.mp_state.mp_state) == KVM_MP_STATE_STOPPED;
}

/* A guest reads the processor's. */
void kxen_glue_want_clock(struct kvm_vcpu *vcpu)
{
}

void kxen_glue_prepare_run(struct kvm_vcpu *vcpu)
{
}

/**
 * kxen_glue_halt() - Sleep as WFI does, inside an exit handler.
 * @vcpu: the vCPU, its own thread, SRCU held.
 *
 * Returns on an interrupt that is pending, a signal, or kxen_glue_unblock(); the caller looks
 * which.
 */
void kxen_glue_halt(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);
	kxen_kvm(kvm_vcpu_wfi)(vcpu);
	kvm_vcpu_srcu_read_lock(vcpu);
}

/* The guest has interrupts enabled. */
bool kxen_glue_irqs_on(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	return !(*vcpu_cpsr(vcpu) & PSR_I_BIT);
}

void kxen_glue_stage1(struct kvm_vcpu *vcpu, struct kxen_stage1 *s)
{
	kxen_assert_own_thread(vcpu);
	s->sctlr = kxen_kvm(vcpu_read_sys_reg)(vcpu, SCTLR_EL1);
	s->tcr = kxen_kvm(vcpu_read_sys_reg)(vcpu, TCR_EL1);
	s->ttbr0 = kxen_kvm(vcpu_read_sys_reg)(vcpu, TTBR0_EL1);
	s->ttbr1 = kxen_kvm(vcpu_read_sys_reg)(vcpu, TTBR1_EL1);
}
