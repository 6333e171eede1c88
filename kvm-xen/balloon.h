/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that a guest gives back to the host, and takes again. */
#ifndef KXEN_BALLOON_H
#define KXEN_BALLOON_H

#include "stream.h"

struct kxen_domain;
struct kxen_vcpu;

int kxen_balloon_out(struct kxen_domain *d, u64 gfn);
int kxen_balloon_in(struct kxen_vcpu *v, u64 gfn);
int kxen_balloon_may_move(struct kxen_domain *d, u64 from);
int kxen_balloon_move(struct kxen_vcpu *v, u64 from, u64 to);

/* Records: a part of the core's, save.h. */
void kxen_balloon_save(struct kxen_domain *d, struct kxen_stream_out *s);
int kxen_holes_restore(struct kxen_domain *d, struct kxen_stream_in *im,
		       const struct kxen_rec *rec, u32 nr);
int kxen_unplaced_restore(struct kxen_domain *d, struct kxen_stream_in *im,
			  const struct kxen_rec *rec, u32 nr);

#endif
