// SPDX-License-Identifier: GPL-2.0-only
/* The rest of the contract of arch.h: layouts, what there is to ask for, a saved domain. */
#include <linux/elf-em.h>
#include <linux/types.h>
#include <asm/sysreg.h>
#include <xen/interface/features.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/stream.h"
#include "arm64.h"

#define OFF(field)	offsetof(struct shared_info, field)

/* Both widths have the same: what is a long on x86 is 64 bits on Arm. */
#define LAYOUT {							\
	.long_bits = 64,						\
	.vcpu_info_size = sizeof(struct vcpu_info),			\
	.vcpu_slots = MAX_VIRT_CPUS,					\
	.sel = offsetof(struct vcpu_info, evtchn_pending_sel),		\
	.time = offsetof(struct vcpu_info, time),			\
	.pending = OFF(evtchn_pending),					\
	.mask = OFF(evtchn_mask),					\
	.wc = OFF(wc),							\
	.wc_sec_hi = OFF(wc) + 12,					\
	.size = sizeof(struct shared_info),				\
}

const struct kxen_layout kxen_layouts[2] = { LAYOUT, LAYOUT };

static_assert(sizeof(struct vcpu_info) == 48);
static_assert(OFF(evtchn_pending) == 48);
static_assert(MAX_VIRT_CPUS == 1);

const char * const kxen_arch_caps = "xen-3.0-aarch64 xen-3.0-armv7l ";
const u32 kxen_arch_features = BIT(XENFEAT_ARM_SMCCC_supported);
const u64 kxen_arch_ctl_features;
const u32 kxen_arch_create_flags;

const struct kxen_stat_desc kxen_arch_stats[] = { { } };

/* The timer's, as Xen says. */
u32 kxen_arch_cpu_khz(void)
{
	return read_sysreg(cntfrq_el0) / 1000;
}

/* Xen has none on Arm. */
void kxen_arch_cpu_features(u32 *words)
{
	memset(words, 0, 8 * sizeof(*words));
}

const struct kxen_hc_entry kxen_arch_hypercalls[] = { { } };

long kxen_arch_hvm_op(struct kxen_hc *hc)
{
	return -ENOSYS;
}

long kxen_arch_vcpu_op(struct kxen_hc *hc, struct kxen_vcpu *v)
{
	return -EINVAL;
}

bool kxen_arch_param(u32 index, bool set)
{
	return false;
}

/* --- a saved domain ------------------------------------------------------------------------- */

const u16 kxen_arch_machine = EM_AARCH64;

const struct kxen_rec_desc kxen_arch_recs[] = { { } };

void kxen_arch_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
}
