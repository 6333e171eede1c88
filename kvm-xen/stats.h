/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted of a domain. Each part of the module has a table of its own; what
 * KXEN_STATS, debugfs and the tool show, and how they call it, comes from these alone.
 */
#ifndef KXEN_STATS_H
#define KXEN_STATS_H

#include <linux/types.h>

#include "kxen.h"
#include "part.h"

const struct kxen_stat_desc *kxen_stat_at(u32 n);
u64 kxen_stat_value(struct kxen_domain *d, const struct kxen_stat_desc *desc);
u64 kxen_stat(struct kxen_domain *d, u32 id);
int kxen_stats_copy(struct kxen_domain *d, u64 ubuf, u32 *nr);
int kxen_stat_names_copy(u64 ubuf, u32 *nr);

#endif
