// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of a guest that does not let the host change a word that they share. */
#include <linux/atomic.h>
#include <xen/interface/xen.h>
#include <xen/interface/sched.h>

#include "arch.h"
#include "guest_word.h"
#include "kxen.h"
#include "log.h"

/**
 * kxen_domain_stuck() - An atomic operation on a guest's word was not done within its bound.
 * @d: the domain whose word it is.
 *
 * Another vCPU of it has stored there all the time (XSA-295). What was to be done is given up,
 * and so is the guest, which cannot know what it has missed: its machine ends as by a fault
 * that nobody handles. If no vCPU can have it now, the next word brings it here again.
 *
 * Called by guest_word.h alone, and not at all where the processor has the bound (x86).
 * Context: any, with interrupts off and a port's lock held as a rule, but not a vCPU's time_lock:
 * it wakes vCPUs, and prints. The domain's VM is alive.
 */
void kxen_domain_stuck(struct kxen_domain *d)
{
	if (!xchg(&d->stuck, true))
		kxen_warn_guest(d, "keeps the host from changing its event words: stopped");
	WRITE_ONCE(d->shutdown_reason, SHUTDOWN_crash);
	kxen_arch_crash(d);
}
