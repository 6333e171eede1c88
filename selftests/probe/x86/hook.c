// SPDX-License-Identifier: GPL-2.0-only
/* Calls of KVM's that the probe sees: a vCPU's, and one of any VM's, which is rare. */
#include <linux/kernel.h>

#include "../probe.h"
#include "entry.h"

int kxen_on_probe_wbinvd(struct kxen_vcpu *v, struct kxen_hook_args *a);
void kxen_tramp_probe_wbinvd(void);
int kxen_on_probe_slot(struct kvm *kvm, struct kxen_hook_args *a);
void kxen_tramp_probe_slot(void);

/* Called from entry.S only. KVM's function runs. */
int kxen_on_probe_wbinvd(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	WRITE_ONCE(v->probe->traps, v->probe->traps + 1);
	return 0;
}

/* Likewise, for every VM of the host while the probe has its hooks; does not sleep. */
int kxen_on_probe_slot(struct kvm *kvm, struct kxen_hook_args *a)
{
	struct kxen_domain *d = kxen_domain_of(kvm);

	if (!d)
		return 0;
	atomic64_inc(&d->probe->slots);
	kxen_domain_put(d);
	return 0;
}

static struct kxen_hook probe_hooks[] = {
	{ .symbol = "kvm_emulate_wbinvd", .nargs = 1, .why = "counted by the probe",
	  .trampoline = kxen_tramp_probe_wbinvd },
	{ .symbol = "kvm_arch_commit_memory_region", .nargs = 4, .is_void = true,
	  .why = "counted by the probe", .trampoline = kxen_tramp_probe_slot },
};

struct kxen_hook_set kxen_probe_hooks = { .hooks = probe_hooks, .nr = ARRAY_SIZE(probe_hooks) };
