/* SPDX-License-Identifier: GPL-2.0-only */
/* What a domain's guest is told of its memory: XENMEM_memory_map. */
#ifndef KXEN_MEMORY_MAP_H
#define KXEN_MEMORY_MAP_H

#include <linux/types.h>

struct kxen_domain;
struct kxen_stream_in;
struct kxen_stream_out;
struct kxen_rec;

#define KXEN_MAP_MAX	1024	/* entries, as Xen has it */
#define KXEN_MAP_RAM	1

/* As the guest has it: of every width. */
struct kxen_map_range {
	u64 addr;
	u64 size;
	u32 type;
} __packed;

struct kxen_map {
	u32 nr;
	struct kxen_map_range range[];
};

struct kxen_map *kxen_map_alloc(u32 nr);
struct kxen_map *kxen_map_get(struct kxen_domain *d);
int kxen_map_set(struct kxen_domain *d, struct kxen_map *map);
int kxen_map_give(struct kxen_domain *d, struct kxen_map *map);
void kxen_map_reset(struct kxen_domain *d);
void kxen_map_free(struct kxen_domain *d);
void kxen_map_save(struct kxen_domain *d, struct kxen_stream_out *s);
int kxen_map_restore(struct kxen_domain *d, struct kxen_stream_in *im,
		     const struct kxen_rec *rec, u32 nr);

#endif
