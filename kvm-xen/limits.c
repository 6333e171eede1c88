// SPDX-License-Identifier: GPL-2.0-only
/* What a domain has of what is limited, and who is told that it comes near. */
#include "kxen.h"
#include "limits.h"
#include "log.h"
#include "trace.h"

static const char * const names[KXEN_NR_LIMITS] = {
	[KXEN_LIMIT_PAGES] = "held pages",
	KXEN_PARTS(KXEN_PART_NOT, KXEN_PART_NOT, KXEN_LIMIT_TEXT, KXEN_LIMIT_TEXT)
};

/**
 * kxen_limit_charge() - The domain has one more.
 * @d: the domain.
 * @kind: of what; not full.
 *
 * At 80 % it is counted, and said once: a guest can come and go at this mark as it likes.
 * Context: any; the kind's lock held.
 */
void kxen_limit_charge(struct kxen_domain *d, enum kxen_limit_kind kind)
{
	struct kxen_limit *l = &d->limit[kind];

	WRITE_ONCE(l->used, l->used + 1);
	if (l->used != (u32)((u64)l->max * 4 / 5))
		return;
	WRITE_ONCE(l->high, l->high + 1);
	trace_kxen_domain(d->domid, "80%");
	if (!l->warned)
		kxen_warn_guest(d, "80 %% of its %s are in use", names[kind]);
	l->warned = true;
}

/* Said once: its VMM's user may lock no more memory. */
void kxen_limit_memlock(struct kxen_domain *d)
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
