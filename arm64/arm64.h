/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of this directory. */
#ifndef KXEN_ARM64_H
#define KXEN_ARM64_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "../kvm-xen/kxen.h"
#include "entry.h"

struct kvm;
struct kvm_vcpu;

#define KXEN_HVC_TAG	0xea1	/* HVC's immediate: a call of Xen's */
#define KXEN_PPI	31	/* GUEST_EVTCHN_PPI: the upcall, as device trees have it */

/* Handlers: non-zero when the call is dealt with. Called from entry.S only. */
int kxen_on_hvc(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_flush_irqs(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_run(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_reset_vcpu(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_vcpu_coming(struct kvm *kvm, struct kxen_hook_args *a);
int kxen_on_vcpu_created(struct kvm_vcpu *vcpu, struct kxen_hook_args *a);
int kxen_on_sync_dirty(struct kvm *kvm, struct kxen_hook_args *a);
int kxen_on_vm_gone(struct kvm *kvm, struct kxen_hook_args *a);
int kxen_on_stage2_map(void *tables, struct kxen_hook_args *a);

KXEN_DECLARE_TRAMPOLINE(hvc);
KXEN_DECLARE_TRAMPOLINE(flush_irqs);
KXEN_DECLARE_TRAMPOLINE(run);
KXEN_DECLARE_TRAMPOLINE(reset_vcpu);
KXEN_DECLARE_TRAMPOLINE(vcpu_coming);
KXEN_DECLARE_TRAMPOLINE(vcpu_created);
KXEN_DECLARE_TRAMPOLINE(sync_dirty);
KXEN_DECLARE_TRAMPOLINE(vm_gone);
KXEN_DECLARE_TRAMPOLINE(stage2_map);

/* The flag in the guest's vcpu_info. Any context. */
static inline bool kxen_upcall_pending(struct kxen_vcpu *v)
{
	bool pending;

	rcu_read_lock();
	pending = kxen_guest_read8(kxen_gptr_get_rcu(&v->vcpu_info));
	rcu_read_unlock();
	return pending;
}

#endif
