// SPDX-License-Identifier: GPL-2.0-only
/* The rest of the contract of arch.h: layouts, copies, life of a domain. */
#include <asm/processor.h>
#include <asm/tsc.h>
#include <xen/interface/features.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/xen_abi.h"
#include "x86.h"
#include <uapi/linux/kvm_xen.h>

#define OFF(field)	offsetof(struct shared_info, field)

const struct kxen_layout kxen_layouts[2] = {
	{
		.long_bits = 64,
		.vcpu_info_size = sizeof(struct vcpu_info),
		.vcpu_slots = MAX_VIRT_CPUS,
		.sel = offsetof(struct vcpu_info, evtchn_pending_sel),
		.time = offsetof(struct vcpu_info, time),
		.pending = OFF(evtchn_pending),
		.mask = OFF(evtchn_mask),
		.wc = OFF(wc),
		.wc_sec_hi = 0xc0c,
		.size = 3136,
	},
	{	/* i386: semantics A50 */
		.long_bits = 32,
		.vcpu_info_size = 64,
		.vcpu_slots = MAX_VIRT_CPUS,
		.sel = 4,
		.time = 32,
		.pending = 0x800,
		.mask = 0x880,
		.wc = 0x900,
		.wc_sec_hi = 0x924,
		.size = 2344,
	},
};

static_assert(sizeof(struct vcpu_info) == 64);
static_assert(OFF(evtchn_pending) == 0x800 && OFF(evtchn_mask) == 0xa00);
static_assert(OFF(wc) == 0xc00);

const char * const kxen_arch_caps = "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ";
const u32 kxen_arch_features = BIT(XENFEAT_hvm_callback_vector) |
			       BIT(XENFEAT_hvm_safe_pvclock) |
			       BIT(XENFEAT_vcpu_time_phys_area);
const u64 kxen_arch_ctl_features = KXEN_F_UNPLUG | KXEN_F_DIRECT;
/* A model of a direct map asks for no addresses that are the machine's: direct/. */
const u32 kxen_arch_create_flags = KXEN_DOM_UNPLUG | KXEN_DOM_DIRECT;

static u64 upcalls_unacked(struct kxen_domain *d)
{
	return atomic64_read(&d->arch.upcalls_unacked);
}

const struct kxen_stat_desc kxen_arch_stats[] = {
	{ KXEN_STAT_UPCALLS_UNACKED, KXEN_STAT_GROWS, "upcalls_unacked",
	  .domain = upcalls_unacked },
	{ }
};

int kxen_arch_translate(struct kxen_vcpu *v, u64 gva, u64 *gpa)
{
	return kxen_glue_translate(v->vcpu, gva, false, gpa);
}

int kxen_arch_domain_init(struct kxen_domain *d, struct kvm *kvm)
{
	kxen_callback_gsi_init(d);
	kxen_resample_init(d);
	return d->flags & KXEN_DOM_UNPLUG ? kxen_unplug_init(d, kvm) : 0;
}

void kxen_arch_vcpu_reset(struct kxen_vcpu *v)
{
	lockdep_assert_held(&v->domain->lock);
	WRITE_ONCE(v->arch.upcall_vector, 0);
	kxen_start_forget(v);
}

/* A line stays, and is low: want_high(). */
void kxen_arch_hold(struct kxen_domain *d)
{
	lockdep_assert_held(&d->lock);
	WRITE_ONCE(d->arch.callback_vector, 0);
	kxen_resample_reset(d);
}

void kxen_arch_domain_reset(struct kxen_domain *d)
{
	WRITE_ONCE(d->arch.callback_vector, 0);
	kxen_callback_gsi_set(d, 0);
	kxen_resample_reset(d);
}

bool kxen_arch_begins_anew(struct kxen_vcpu *v)
{
	return unlikely(kxen_glue_at_reset_vector(v->vcpu)) && kxen_glue_is_bsp(v->vcpu);
}

/*
 * A vCPU that can have the triple fault: one that is up, and runs no guest of its own, which
 * would get it instead. NULL if there is none now.
 */
static struct kxen_vcpu *victim(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	kxen_for_each_vcpu(d, i, v)
		if (!kxen_glue_offline(v->vcpu) && !kxen_glue_nested(v->vcpu))
			return v;
	v = kxen_domain_vcpu(d, 0);
	return v && !kxen_glue_nested(v->vcpu) ? v : NULL;
}

bool kxen_arch_crash(struct kxen_domain *d)
{
	struct kxen_vcpu *v = victim(d);

	if (v)
		kxen_glue_triple_fault(v->vcpu);
	return v;
}

bool kxen_arch_crashing(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	kxen_for_each_vcpu(d, i, v)
		if (kxen_glue_has_triple_fault(v->vcpu))
			return true;
	return false;
}

void kxen_arch_forget_crash(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i;

	kxen_for_each_vcpu(d, i, v)
		kxen_glue_forget_triple_fault(v->vcpu);
}

u32 kxen_arch_cpu_khz(void)
{
	return cpu_khz;
}

/* Leaves 1 and 0x80000001: EDX, ECX of each, as far as this kernel uses them. */
void kxen_arch_cpu_features(u32 *words)
{
	const __u32 *leaf = boot_cpu_data.x86_capability;

	words[0] = leaf[CPUID_1_EDX];
	words[1] = leaf[CPUID_1_ECX];
	words[2] = leaf[CPUID_8000_0001_EDX];
	words[3] = leaf[CPUID_8000_0001_ECX];
}
