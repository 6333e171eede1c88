// SPDX-License-Identifier: GPL-2.0-only
/* A vCPU begins to run. */
#include "arch.h"
#include "kxen.h"
#include "p2m.h"
#include "pause.h"

/*
 * A restored vCPU is about to run for the first time: the VMM has set the guest's clock.
 */
static void resume(struct kxen_vcpu *v)
{
	WRITE_ONCE(v->resume, false);
	kxen_runstate_resume(v);
	kxen_timer_resume(v);
	mutex_lock(&v->domain->lock);
	kxen_shared_info_wallclock(v->domain);
	mutex_unlock(&v->domain->lock);
}

/**
 * kxen_vcpu_enter() - KVM_RUN begins.
 * @v: the calling thread's vCPU.
 *
 * A machine reset is the VMM's business, and KVM is not told. What can be seen is its
 * result: the boot vCPU is about to run from where a machine begins although this one has
 * run before. No other vCPU can execute guest code then, since it waits for the boot vCPU
 * to start it. A machine that wakes up looks the same: machine_reset.c.
 *
 * Context: the vCPU's own thread, no lock and no SRCU of KVM held; may sleep for as long as
 * the domain is paused.
 */
void kxen_vcpu_enter(struct kxen_vcpu *v)
{
	kxen_pause_run(v);
	if (kxen_arch_begins_anew(v) && READ_ONCE(v->domain->active))
		kxen_reset_hold(v->domain);
	if (unlikely(READ_ONCE(v->resume)))
		resume(v);
	if (unlikely(READ_ONCE(v->domain->p2m_view_wanted)))
		kxen_p2m_view_make(v->domain);
}
