// SPDX-License-Identifier: GPL-2.0-only
/* A vCPU begins to run. */
#include "arch.h"
#include "kxen.h"
#include "pause.h"

/*
 * A restored vCPU is about to run for the first time: the VMM has set the guest's clock.
 */
static void resume(struct kxen_vcpu *kv)
{
	WRITE_ONCE(kv->resume, false);
	kxen_runstate_resume(kv);
	kxen_timer_resume(kv);
	mutex_lock(&kv->domain->lock);
	kxen_shared_info_wallclock(kv->domain);
	mutex_unlock(&kv->domain->lock);
}

/**
 * kxen_vcpu_enter() - KVM_RUN begins.
 * @kv: the calling thread's vCPU.
 *
 * A machine reset is the VMM's business, and KVM is not told. What can be seen is its
 * result: the boot vCPU is about to run from where a machine begins although this one has
 * run before. No other vCPU can execute guest code then, since it waits for the boot vCPU
 * to start it. A machine that wakes up looks the same: machine_reset.c.
 *
 * Context: the vCPU's own thread, no lock and no SRCU of KVM held; may sleep for as long as
 * the domain is paused.
 */
void kxen_vcpu_enter(struct kxen_vcpu *kv)
{
	kxen_pause_run(kv);
	if (kxen_arch_begins_anew(kv) && READ_ONCE(kv->domain->active))
		kxen_reset_hold(kv->domain);
	if (unlikely(READ_ONCE(kv->resume)))
		resume(kv);
}
