// SPDX-License-Identifier: GPL-2.0-only
/* What a domain has only so much of: it is told when that comes to its end. */
#include "kxen.h"
#include "log.h"
#include "trace.h"

/* Count it, and say so once: a guest can come and go at this mark as it likes. */
void kxen_domain_near_limit(struct kxen_domain *d, u32 *counter, const char *of)
{
	WRITE_ONCE(*counter, *counter + 1);
	trace_kxen_domain(d->domid, "80%");
	if (*counter == 1)
		kxen_warn_guest(d, "80 %% of its %s are in use", of);
}

/* Said once: its VMM's user may lock no more memory. */
void kxen_domain_out_of_memlock(struct kxen_domain *d)
{
	if (!xchg(&d->memlock_out, true))
		kxen_warn_guest(d, "its VMM's RLIMIT_MEMLOCK is used up (%ld pages)",
				d->memlock);
}

/**
 * kxen_domain_wait_senders() - Wait for whoever reads what was just replaced.
 * @d: the domain.
 *
 * A grace period that interrupts every CPU of the host is quick, and a guest does without
 * a slow one at boot; but it must not have as many as it likes.
 * Context: may sleep.
 */
void kxen_domain_wait_senders(struct kxen_domain *d)
{
	if (__ratelimit(&d->expedite))
		synchronize_rcu_expedited();
	else
		synchronize_rcu();
}
