// SPDX-License-Identifier: GPL-2.0-only
/* A call of KVM's that the probe sees. */
#include <linux/kernel.h>

#include "../probe.h"
#include "entry.h"

int kxen_on_probe_wbinvd(struct kxen_vcpu *v, struct kxen_hook_args *a);
void kxen_tramp_probe_wbinvd(void);

/* Called from entry.S only. KVM's function runs. */
int kxen_on_probe_wbinvd(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	atomic64_inc(&v->domain->probe->traps);
	return 0;
}

static struct kxen_hook hooks[] = {
	{ .symbol = "kvm_emulate_wbinvd", .nargs = 1, .why = "counted by the probe",
	  .trampoline = kxen_tramp_probe_wbinvd },
};

struct kxen_hook_set kxen_probe_hooks = { .hooks = hooks, .nr = ARRAY_SIZE(hooks) };
