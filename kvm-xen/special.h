/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's special pages: special.c. */
#ifndef KXEN_SPECIAL_H
#define KXEN_SPECIAL_H

#include <linux/types.h>

struct kxen_domain;
struct kxen_rec;
struct kxen_stream_in;
struct kxen_stream_out;

int kxen_special_give(struct kxen_domain *d, u64 gfn, u32 nr);
void kxen_special_drop(struct kxen_domain *d);
void kxen_special_save(struct kxen_domain *d, struct kxen_stream_out *s);
int kxen_special_restore(struct kxen_domain *d, struct kxen_stream_in *im,
			 const struct kxen_rec *rec, u32 nr);

#endif
