/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames of a guest's that have memory of the VMM's and show none: the guest has given it back,
 * with the reservation calls of a balloon driver or by a move.
 */
#ifndef KXEN_P2M_HOLE_H
#define KXEN_P2M_HOLE_H

#include <linux/bits.h>
#include <linux/types.h>

struct kxen_domain;

#define KXEN_HOLES_SHIFT	15
#define KXEN_HOLES		BIT(KXEN_HOLES_SHIFT)	/* frames of a chunk of the table */
#define KXEN_HOLE_CHUNKS	16000	/* of a domain: what a stream has room for, 2 TiB */

void kxen_holes_init(struct kxen_domain *d);
void kxen_holes_drop(struct kxen_domain *d);
void kxen_holes_free(struct kxen_domain *d);
bool kxen_p2m_is_hole(struct kxen_domain *d, u64 gfn);
bool kxen_p2m_became_hole(struct kxen_domain *d, u64 gfn);
int kxen_hole_make(struct kxen_domain *d, u64 gfn);
int kxen_hole_fill(struct kxen_domain *d, u64 gfn, bool spare);
const unsigned long *kxen_holes_next(struct kxen_domain *d, u64 *gfn);

u32 kxen_holes_spare(struct kxen_domain *d);
bool kxen_holes_claim(struct kxen_domain *d, u32 nr);

#endif
