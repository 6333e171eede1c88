// SPDX-License-Identifier: GPL-2.0-only
/* KVM's exit fast path: when KVM's call leads to exit.c, and when it does not. */
#include <linux/module.h>
#include <linux/static_call.h>

#include "../kvm-xen/kvm/btf.h"
#include "../kvm-xen/kvm/hook.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "run.h"

static bool fast_path;
module_param(fast_path, bool, 0444);
MODULE_PARM_DESC(fast_path, "serve calls that never sleep before KVM is done with an exit (off)");

static struct kxen_hook run_hooks[] = { {
	.symbol = "kvm_x86_vcpu_run", .nargs = KXEN_UNTYPED(2), .optional = true,
	.way = &kxen_hook_call, .trampoline = kxen_run_guest_svm,
	.why = "hypercalls that never sleep, before KVM is done with the exit",
} };

static struct kxen_hook_set run_set = { .hooks = run_hooks, .nr = ARRAY_SIZE(run_hooks) };
static struct module *run_vendor;
static bool run_taken;

/* Module load: 0, or an errno with one line in the log. */
int kxen_run_init(void)
{
	if (!fast_path)
		return 0;
	run_hooks[0].leads_to = kxen_glue_vcpu_run();
	return kxen_hook_set_add(&run_set);
}

/**
 * kxen_run_arm() - Begin to look at exits.
 *
 * Context: there is a VM; after kxen_glue_arm(); may sleep.
 * Return: 0, also where there is no fast path, or an errno with one line in the log.
 */
int kxen_run_arm(void)
{
	int ret;

	if (!fast_path || !kxen_glue_knows_exits() || !run_hooks[0].address)
		return 0;
	run_vendor = kxen_glue_vendor_get();
	run_hooks[0].trampoline = kxen_glue_is_svm() ? kxen_run_guest_svm : kxen_run_guest_vmx;
	static_call_update(kxen_vcpu_run, (typeof(kxen_t_vcpu_run) *)*run_hooks[0].leads_to);
	ret = kxen_hook_set_get(&run_set);
	run_taken = !ret;
	if (ret)
		kxen_glue_vendor_put(run_vendor);
	return ret;
}

/* No vCPU of ours is left. */
void kxen_run_disarm(void)
{
	if (!run_taken)
		return;
	/* Who has taken the call over leads it on to us, and we to the vendor's: both stay. */
	if (!kxen_hook_call_is_ours(&run_hooks[0]))
		__module_get(run_vendor);
	kxen_hook_set_put(&run_set);
}

/* And nobody is on his way any more: kxen_hook_drain(). */
void kxen_run_drained(void)
{
	if (run_taken)
		kxen_glue_vendor_put(run_vendor);
	run_taken = false;
}
