// SPDX-License-Identifier: GPL-2.0-only
/* A vCPU begins in a state that another one has given, as the VMM would give it. */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/kvm_host.h>

#include "../glue.h"
#include "../internal.h"
#include "glue.h"

#define ATTR_TYPE	GENMASK(3, 0)
#define ATTR_S		BIT(4)
#define ATTR_DPL	GENMASK(6, 5)
#define ATTR_P		BIT(7)
#define ATTR_AVL	BIT(8)
#define ATTR_L		BIT(9)
#define ATTR_DB		BIT(10)
#define ATTR_G		BIT(11)

/* It has never run, nor has it got an INIT. */
bool kxen_glue_uninitialised(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->arch.mp_state) == KVM_MP_STATE_UNINITIALIZED;
}

/*
 * Does the vCPU have what these control registers ask for, by its CPUID? CR0 is looked at when it
 * starts. Any thread.
 */
bool kxen_glue_start_valid(struct kvm_vcpu *vcpu, const struct kxen_start *s)
{
	return !(s->cr4 & READ_ONCE(vcpu->arch.cr4_guest_rsvd_bits)) &&
	       kxen_kvm(kvm_valid_efer)(vcpu, s->efer);
}

static void set_segment(struct kvm_segment *to, const struct kxen_start_seg *s)
{
	*to = (struct kvm_segment) {
		.base = s->base,
		.limit = s->limit,
		.type = FIELD_GET(ATTR_TYPE, s->attr),
		.present = FIELD_GET(ATTR_P, s->attr),
		.dpl = FIELD_GET(ATTR_DPL, s->attr),
		.db = FIELD_GET(ATTR_DB, s->attr),
		.s = FIELD_GET(ATTR_S, s->attr),
		.l = FIELD_GET(ATTR_L, s->attr),
		.g = FIELD_GET(ATTR_G, s->attr),
		.avl = FIELD_GET(ATTR_AVL, s->attr),
		.unusable = !s->attr,
	};
}

static int set_sregs(struct kvm_vcpu *vcpu, const struct kxen_start *s)
{
	struct kvm_sregs r;
	int ret = kxen_kvm(kvm_arch_vcpu_ioctl_get_sregs)(vcpu, &r);

	if (ret)
		return ret;
	set_segment(&r.cs, &s->cs);
	set_segment(&r.ds, &s->ds);
	set_segment(&r.ss, &s->ss);
	set_segment(&r.es, &s->es);
	set_segment(&r.tr, &s->tr);
	r.cr0 = s->cr0;
	r.cr3 = s->cr3;
	r.cr4 = s->cr4;
	r.efer = s->efer;
	return kxen_kvm(kvm_arch_vcpu_ioctl_set_sregs)(vcpu, &r);
}

static int set_regs(struct kvm_vcpu *vcpu, const struct kxen_start *s)
{
	struct kvm_regs r = {
		.rax = s->reg[KXEN_START_RAX], .rcx = s->reg[KXEN_START_RCX],
		.rdx = s->reg[KXEN_START_RDX], .rbx = s->reg[KXEN_START_RBX],
		.rsp = s->reg[KXEN_START_RSP], .rbp = s->reg[KXEN_START_RBP],
		.rsi = s->reg[KXEN_START_RSI], .rdi = s->reg[KXEN_START_RDI],
		.rip = s->rip, .rflags = s->rflags,
	};

	return kxen_kvm(kvm_arch_vcpu_ioctl_set_regs)(vcpu, &r);
}

/**
 * kxen_glue_start() - A vCPU that waits for INIT begins to run.
 * @vcpu: the vCPU; KVM_RUN has begun, and it is not loaded.
 * @s: what it begins with; where it says nothing all is as after an INIT.
 *
 * Context: the thread that has called KVM_RUN, no SRCU of KVM held, may sleep.
 * Return: 0, or -EINVAL if that is no state of a processor: it waits still.
 */
int kxen_glue_start(struct kvm_vcpu *vcpu, const struct kxen_start *s)
{
	struct kvm_mp_state mp = { .mp_state = KVM_MP_STATE_RUNNABLE };
	int ret = set_sregs(vcpu, s);

	if (!ret)
		ret = set_regs(vcpu, s);
	return ret ?: kxen_kvm(kvm_arch_vcpu_ioctl_set_mpstate)(vcpu, &mp);
}
