/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays of operations, whose elements each have a status of their own. */
#ifndef KXEN_GNT_BATCH_H
#define KXEN_GNT_BATCH_H

#include <linux/types.h>

struct kxen_hc;

#define KXEN_GNT_BATCH	32	/* elements that are flushed at once (D45) */

long kxen_gnt_batch(struct kxen_hc *hc, u32 size,
		    void (*fn)(struct kxen_hc *hc, void *ops, u32 nr));
bool kxen_gnt_somebody_waits(const struct kxen_hc *hc);

#endif
