// SPDX-License-Identifier: GPL-2.0-only
/* What is hooked on arm64, and why. */
#include <linux/build_bug.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/hook.h"
#include "arm64.h"
#include "entry.h"

#define HOOK(sym, n, handler, text) { \
	.symbol = sym, .nargs = n, KXEN_TRAMPOLINE_OF(handler), .why = text }
#define HOOK_VOID(sym, n, handler, text) { \
	.symbol = sym, .nargs = n, .is_void = true, KXEN_TRAMPOLINE_OF(handler), .why = text }

#ifdef KXEN_KVM_RESET_VCPU_VOID
#define HOOK_RESET	HOOK_VOID
#else
#define HOOK_RESET	HOOK
#endif

#ifdef KXEN_KVM_STAGE2_MAP_FLAGS
#define STAGE2_MAP_ARGS	7
#else
#define STAGE2_MAP_ARGS	6
#endif

static struct kxen_hook hooks[] = {
	HOOK("handle_hvc", 1, hvc,
	     "Xen hypercalls"),
	HOOK_VOID("kvm_vgic_flush_hwstate", 1, flush_irqs,
		  "the upcall is a level, looked at before each entry"),
	HOOK("kvm_arch_vcpu_ioctl_run", 1, run,
	     "machine reset by the VMM, pause"),
	HOOK_RESET("kvm_reset_vcpu", 1, reset_vcpu,
		   "the VMM begins a machine anew"),
	HOOK("kvm_arch_vcpu_precreate", 2, vcpu_coming,
	     "prepare for a vCPU, or refuse it"),
	HOOK_VOID("kvm_arch_vcpu_postcreate", 1, vcpu_created,
		  "vCPUs that are added later"),
	HOOK_VOID("kvm_arch_sync_dirty_log", 2, sync_dirty,
		  "pages that the host writes to are dirty"),
	HOOK_VOID("kvm_arch_pre_destroy_vm", 1, vm_gone,
		  "the end of a VM is the end of its domain"),
	HOOK("kvm_pgtable_stage2_map", STAGE2_MAP_ARGS, stage2_map,
	     "pages that are placed over a guest's memory"),
};

/* A KVM function that is traceable, rare, and not in the table. */
const char * const kxen_arch_pin_symbol = "kvm_arch_destroy_vm";

/* In place while there is a domain. */
static struct kxen_hook_set serve = { .hooks = hooks, .nr = ARRAY_SIZE(hooks) };

static_assert(offsetof(struct kvm_vcpu, preempt_notifier) +
	      offsetof(struct preempt_notifier, ops) == KXEN_VCPU_PREEMPT_OPS);
static_assert(offsetof(struct preempt_ops, sched_in) == 0);
static_assert(offsetof(struct kxen_vcpu, preempt_ops) == 0);
static_assert(sizeof(struct kxen_hook_args) == 80);

int kxen_arch_init(void)
{
	return kxen_hook_set_add(&serve);
}

void kxen_arch_exit(void)
{
}

void kxen_arch_ready(void)
{
}

int kxen_arch_arm(void)
{
	int ret = kxen_glue_arm();

	return ret ?: kxen_hook_set_get(&serve);
}

void kxen_arch_disarm(void)
{
	kxen_hook_set_put(&serve);
	kxen_hook_drain();
}

/* What is placed over a guest's memory is seen by no device yet, nor by the guest: mem.c. */
int kxen_arch_iommu_arm(void)
{
	return -EOPNOTSUPP;
}

void kxen_arch_iommu_disarm(void)
{
}
