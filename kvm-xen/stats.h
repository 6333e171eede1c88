/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted of a domain. Each part of the module has a table of its own; what
 * KXEN_STATS, debugfs and the tool show, and how they call it, comes from these alone.
 */
#ifndef KXEN_STATS_H
#define KXEN_STATS_H

#include <linux/stddef.h>
#include <linux/types.h>

#include "kxen.h"

/**
 * struct kxen_stat_desc - one statistic; a table ends with one that has no name.
 * @id: KXEN_STAT_*.
 * @flags: KXEN_STAT_GROWS.
 * @name: what everybody calls it, shorter than the name in struct kxen_stat_name.
 * @vcpu: its value for one vCPU, a sum over all is the domain's; or
 * @domain: its value; or neither, and
 * @word: where it lies in the domain, 32 bits wide.
 *
 * The functions are called with no lock held, for any domain that can be found.
 */
struct kxen_stat_desc {
	u32 id;
	u32 flags;
	const char *name;
	u64 (*vcpu)(struct kxen_vcpu *v);
	u64 (*domain)(struct kxen_domain *d);
	size_t word;
};

/* What a limit counts. */
#define KXEN_STAT_LIMIT(stat, what, kind, member)			\
	{ .id = (stat), .name = (what),					\
	  .word = offsetof(struct kxen_domain, limit[kind].member) }

extern const struct kxen_stat_desc kxen_arch_stats[];

const struct kxen_stat_desc *kxen_stat_at(u32 n);
u64 kxen_stat_value(struct kxen_domain *d, const struct kxen_stat_desc *desc);
u64 kxen_stat(struct kxen_domain *d, u32 id);
int kxen_stats_copy(struct kxen_domain *d, u64 ubuf, u32 *nr);
int kxen_stat_names_copy(u64 ubuf, u32 *nr);

#endif
