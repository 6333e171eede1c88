/* SPDX-License-Identifier: GPL-2.0-only */
/* What only arm64 has of KVM, for the files of arm64/. */
#ifndef KXEN_KVM_ARM64_GLUE_H
#define KXEN_KVM_ARM64_GLUE_H

#include <linux/kvm_host.h>
#include <asm/kvm_emulate.h>

#include "../calls.h"

struct kxen_vcpu;

/* --- vcpu.c ----------------------------------------------------------------------------- */
static inline u64 kxen_glue_reg(struct kvm_vcpu *vcpu, u8 nr)
{
	return vcpu_get_reg(vcpu, nr);
}

static inline void kxen_glue_set_reg(struct kvm_vcpu *vcpu, u8 nr, u64 val)
{
	vcpu_set_reg(vcpu, nr, val);
}

static inline u64 kxen_glue_pc(struct kvm_vcpu *vcpu)
{
	return *vcpu_pc(vcpu);
}

static inline void kxen_glue_set_pc(struct kvm_vcpu *vcpu, u64 pc)
{
	*vcpu_pc(vcpu) = pc;
}

/* The immediate of the HVC that the vCPU has trapped for. */
static inline u32 kxen_glue_hvc_imm(struct kvm_vcpu *vcpu)
{
	return kvm_vcpu_hvc_get_imm(vcpu);
}

static inline bool kxen_glue_is_32bit(struct kvm_vcpu *vcpu)
{
	return vcpu_mode_is_32bit(vcpu);
}

/* As kvm_vcpu_srcu_read_unlock() wants it, which who sleeps calls meanwhile. */
static inline void kxen_glue_srcu_lock(struct kvm_vcpu *vcpu)
{
	kvm_vcpu_srcu_read_lock(vcpu);
}

static inline void kxen_glue_srcu_unlock(struct kvm_vcpu *vcpu)
{
	kvm_vcpu_srcu_read_unlock(vcpu);
}

bool kxen_glue_irqs_on(struct kvm_vcpu *vcpu);

/* Registers that decide how a guest address is translated. */
struct kxen_stage1 {
	u64 sctlr;
	u64 tcr;
	u64 ttbr0;
	u64 ttbr1;
};

void kxen_glue_stage1(struct kvm_vcpu *vcpu, struct kxen_stage1 *s);

/* --- irq.c: a private interrupt of a vCPU, as a level ------------------------------------- */
bool kxen_glue_ppi_is(struct kvm_vcpu *vcpu, u32 intid);
void kxen_glue_ppi(struct kvm_vcpu *vcpu, u32 intid, bool (*level)(void *arg), void *arg);

/* --- fault.c: what KVM maps for the guest --------------------------------------------------- */

/* What kvm_pgtable_stage2_map() is about to map: guest physical address, bytes, memory. */
struct kxen_stage2_map {
	u64 addr;
	u64 size;
	u64 phys;
};

struct kvm *kxen_glue_stage2_vm(const void *tables);
struct kvm_vcpu *kxen_glue_faulting(const struct kvm *kvm, struct kxen_vcpu **ours);
void kxen_glue_stage2_args(struct kxen_stage2_map *m, const u64 *arg);
void kxen_glue_stage2_one_page(struct kxen_stage2_map *m, struct kvm_vcpu *vcpu);
void kxen_glue_stage2_set(u64 *arg, const struct kxen_stage2_map *m, bool placed);

#endif
