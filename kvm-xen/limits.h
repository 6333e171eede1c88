/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of each kind a domain can have, and how near it is to that. A part's kinds are
 * lines of the part's in parts.h.
 */
#ifndef KXEN_LIMITS_H
#define KXEN_LIMITS_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "parts.h"

enum kxen_limit_kind {
	/* What parts count, each under a lock of the part's. */
	KXEN_PARTS(KXEN_PART_NOT, KXEN_PART_NOT, KXEN_LIMIT_KIND, KXEN_PART_NOT)
	/* Pages that are held, all under domain->pin_lock: the core's, then those of parts. */
	KXEN_LIMIT_PAGES,	/* shared_info, vcpu_info, areas */
	KXEN_PARTS(KXEN_PART_NOT, KXEN_PART_NOT, KXEN_PART_NOT, KXEN_LIMIT_KIND)
	KXEN_NR_LIMITS,
	KXEN_LIMIT_FIRST_PAGES = KXEN_LIMIT_PAGES
};

/**
 * struct kxen_limit - one kind of what a domain can have.
 * @max: how much.
 * @used: how much it has.
 * @high: how often @used has reached 80 % of @max.
 * @warned: the log has said so.
 *
 * Written under the lock that the kind has, read by anybody.
 */
struct kxen_limit {
	u32 max;
	u32 used;
	u32 high;
	bool warned;
};

struct kxen_domain;

void kxen_limit_charge(struct kxen_domain *d, enum kxen_limit_kind kind);
void kxen_limit_memlock(struct kxen_domain *d);

/* Is there room for none? Its lock is held until what is asked for is charged. */
static inline bool kxen_limit_full(const struct kxen_limit *l)
{
	return l->used >= l->max;
}

/* How much of it there is, read without its lock. */
static inline u32 kxen_limit_used(const struct kxen_limit *l)
{
	return READ_ONCE(l->used);
}

static inline void kxen_limit_uncharge(struct kxen_limit *l)
{
	WRITE_ONCE(l->used, l->used - 1);
}

#endif
