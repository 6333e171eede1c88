// SPDX-License-Identifier: GPL-2.0-only
/* What is hooked on x86, and why. */
#include <linux/build_bug.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/btf.h"
#include "../kvm-xen/kvm/hook.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "entry.h"
#include "run.h"
#include "x86.h"

#define HOOK(sym, n, handler, text) {				\
	.symbol = sym, .nargs = n,				\
	.trampoline = kxen_tramp_##handler, .why = text }
#define HOOK_OPTIONAL(sym, n, handler, text) {			\
	.symbol = sym, .nargs = n, .optional = true,		\
	.trampoline = kxen_tramp_##handler, .why = text }
#define HOOK_VOID(sym, n, handler, text) {			\
	.symbol = sym, .nargs = n, .is_void = true,		\
	.trampoline = kxen_tramp_##handler, .why = text }

/*
 * kvm_cpu_has_interrupt and kvm_cpu_get_interrupt contain a copy of the extint
 * functions where the compiler inlined them (6.1); where they call them (6.12)
 * the outer hook answers first, and the inner one is reached only when it has no answer.
 * Having all four makes no assumption on the compiler. Both kernels' "which" asks
 * kvm_cpu_has_extint again before it takes a vector of the 8259: kxen_on_has_extint().
 */
static struct kxen_hook hooks[] = {
	HOOK("kvm_emulate_hypercall", 1, emulate_hypercall,
	     "Xen hypercalls"),
	HOOK("kvm_cpuid", 6, cpuid,
	     "Xen's CPUID leaves"),
	HOOK("kvm_set_msr_common", 2, set_msr,
	     "the hypercall page MSR"),
	HOOK("kvm_get_msr_common", 2, get_msr,
	     "the hypercall page MSR reads as zero"),
	HOOK("kvm_cpu_has_extint", 1, has_extint,
	     "an upcall is pending: callback vector"),
	HOOK("kvm_cpu_has_interrupt", 1, has_interrupt,
	     "an upcall wakes a halted vCPU"),
	HOOK("kvm_cpu_get_interrupt", 1, get_interrupt,
	     "hand the callback vector out"),
	/* On 6.1 it is static and inlined away; then the outer function is enough. */
	HOOK_OPTIONAL("kvm_cpu_get_extint", 1, get_extint,
		      "hand the callback vector out"),
	HOOK_VOID("kvm_check_async_pf_completion", 1, apic_enabled,
		  "the LAPIC was enabled: an upcall that it owes"),
	HOOK_VOID("kvm_hv_setup_tsc_page", 2, clock_update,
		  "publish the new clock before the next entry"),
	HOOK("kvm_arch_vcpu_ioctl_run", 1, run,
	     "machine reset by the VMM, pause"),
	HOOK_VOID("kvm_arch_sync_dirty_log", 2, sync_dirty,
		  "pages that the host writes to are dirty"),
	HOOK("kvm_arch_vcpu_precreate", 2, vcpu_coming,
	     "prepare for a vCPU, or refuse it"),
	HOOK_VOID("kvm_arch_vcpu_postcreate", 1, vcpu_created,
		  "vCPUs that are added later"),
	HOOK_VOID("kvm_vfio_update_coherency", 1, vfio_changed,
		  "a VM gets a device of its own, or gives it back"),
	HOOK_VOID("kvm_arch_pre_destroy_vm", 1, vm_gone,
		  "the end of a VM is the end of its domain"),
};

/*
 * What VFIO does with an IOMMU, while a domain has pages in one. Its driver need not be there
 * before a VM has a device.
 */
static struct kxen_hook vfio_hooks[] = {
	HOOK_OPTIONAL("vfio_iommu_type1_detach_group", KXEN_UNTYPED(2), vfio_detach,
		      "pages of other domains come out of an IOMMU before it is taken apart"),
};

/* A KVM function that is traceable, rare, and not in the table. */
const char * const kxen_arch_pin_symbol = "kvm_arch_destroy_vm";

/* What serves a domain: in place while there is one. */
static struct kxen_hook_set serve = { .hooks = hooks, .nr = ARRAY_SIZE(hooks) };
static struct kxen_hook_set vfio = { .hooks = vfio_hooks, .nr = ARRAY_SIZE(vfio_hooks) };

/*
 * A guest's fault: pages not the VMM's. kvm-xen/kvm/x86/fault.c reads the arguments. And what KVM
 * does there for a guest by itself: access.c.
 */
static struct kxen_hook fault_hooks[] = {
	HOOK(KXEN_KVM_FAULTIN, KXEN_KVM_FAULTIN_ARGS, faultin,
	     "the page that is placed over a guest's frame"),
	HOOK(KXEN_KVM_PREFETCH, 4, prefetch,
	     "no page of the VMM's where another one is placed"),
	HOOK(KXEN_KVM_READ, 4, kvm_read,
	     "what KVM reads for a guest, from what is placed"),
	HOOK(KXEN_KVM_READPAGE, 5, kvm_read_frame,
	     "the same within a page: bytes of an instruction"),
	HOOK(KXEN_KVM_WRITE, 4, kvm_write,
	     "what KVM writes for a guest, to what is placed"),
	HOOK(KXEN_KVM_WRITEPAGE, 5, kvm_write_frame,
	     "the same within a page"),
	HOOK(KXEN_KVM_READVM, 4, vm_read,
	     "what KVM reads of a VM, from what is placed"),
	HOOK(KXEN_KVM_WRITEVM, 4, vm_write,
	     "what KVM writes of a VM, to what is placed"),
	HOOK(KXEN_KVM_PEEK, 4, kvm_peek,
	     "no page tables in a page that is placed, shadowed before"),
	HOOK(KXEN_KVM_ADDRESS, 2, kvm_address,
	     "no address of what a page is placed over"),
	/* Which of these two KVM's walk calls is the compiler's choice. */
	HOOK(KXEN_KVM_ADDRESSOF, 3, kvm_address,
	     "no page tables in a page that is placed"),
	HOOK(KXEN_KVM_SLOTADDRESS, 3, slot_address,
	     "no page tables in a page that is placed, by slot"),
	HOOK(KXEN_KVM_MAP, KXEN_KVM_MAP_ARGS, kvm_keep,
	     "KVM maps nothing that is placed for longer than it is"),
};

static struct kxen_hook_set fault = { .hooks = fault_hooks, .nr = ARRAY_SIZE(fault_hooks) };

static_assert(offsetof(struct kvm_vcpu, preempt_notifier) +
	      offsetof(struct preempt_notifier, ops) == KXEN_VCPU_PREEMPT_OPS);
static_assert(offsetof(struct kxen_vcpu, preempt_ops) == 0);

int kxen_arch_init(void)
{
	return kxen_hook_set_add(&serve) ?: kxen_hook_set_add(&fault) ?:
	       kxen_hook_set_add(&vfio) ?: kxen_run_init();
}

void kxen_arch_exit(void)
{
	kxen_trace_ack_exit();
}

int kxen_arch_arm(void)
{
	int ret = kxen_glue_arm();

	ret = ret ?: kxen_hook_set_get(&serve);
	if (ret)
		return ret;
	ret = kxen_hook_set_get(&fault);
	if (!ret) {
		ret = kxen_run_arm();
		if (ret)
			kxen_hook_set_put(&fault);
	}
	if (ret)
		kxen_hook_set_put(&serve);
	return ret;
}

void kxen_arch_disarm(void)
{
	kxen_run_disarm();
	kxen_hook_set_put(&fault);
	kxen_hook_set_put(&serve);
	kxen_hook_drain();
	kxen_run_drained();
}

int kxen_arch_iommu_arm(void)
{
	int ret = kxen_hook_set_get(&vfio);

	if (ret || vfio_hooks[0].armed)
		return ret;
	kxen_hook_set_put(&vfio);
	return -ENOENT;
}

void kxen_arch_iommu_disarm(void)
{
	kxen_hook_set_put(&vfio);
}
