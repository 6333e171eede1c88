/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of grant tables.
 *
 * Locks, outermost first (Documentation/locking.rst has the master list): grow_lock or
 * place_lock of one table; lock of one table, for reading by whoever looks at entries, for
 * writing by who gives them another meaning; the lock of an active entry; memory.lock. Of two
 * tables none is held at once but by a transitive grant, and that drops the first. Nothing is
 * waited for under the latter three.
 */
#ifndef KXEN_GNTTAB_INTERNAL_H
#define KXEN_GNTTAB_INTERNAL_H

#include <linux/atomic.h>
#include <linux/math.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/grant_table.h>

#include "../kvm-xen/hc_arg.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kxen.h"
#include "../kvm-xen/p2m.h"
#include "../kvm-xen/stream.h"
#include "gnttab.h"

#define KXEN_GNT_RESERVED	8	/* references that survive a switch of versions (D5) */
#define KXEN_GNT_V1_FRAME	512	/* entries of a frame */
#define KXEN_GNT_V2_FRAME	256
#define KXEN_GNT_STATUS_FRAME	2048	/* status words of a frame */
#define KXEN_GNT_IDX_STATUS	BIT(31)	/* of an index: a frame of status words (D60) */
#define KXEN_GNT_FRAMES		64	/* frames, unless the domain is made with others */
#define KXEN_GNT_MAX_FRAMES	4096	/* that can be asked for: 2 million references */
#define KXEN_GNT_MAPTRACK	1024	/* frames of Xen's maptrack, 256 handles each */

/**
 * struct kxen_gnt_frame - a page of a table, of the module's own; lives until the last user.
 * @page: it.
 * @at: its first byte.
 * @gfn: where the guest has it, KXEN_NO_GFN: nowhere; place_lock.
 * @placed: what is placed there, a reference to it; place_lock.
 */
struct kxen_gnt_frame {
	struct page *page;
	struct kxen_gptr at;
	u64 gfn;
	struct kxen_p2m_entry *placed;
};

/**
 * struct kxen_gnt_active - what is in use of a grant; 32 bytes, one for each reference.
 * @word: bit 0 is the lock (bit spin lock); above it flags, start and the granter's frame, see
 *	active.h.
 * @domid: who has it pinned, if @pin.
 * @length: bytes of a part of a page that is granted.
 * @pin: four counters of 8 bits, as Xen has them (D6).
 * @page: the granter's page, pinned (FOLL_PIN) while @pin is not 0; then what it was, not held.
 * @since: the epoch (again.c) that the page was found in.
 *
 * All under its lock; the table's is held for reading.
 */
struct kxen_gnt_active {
	unsigned long word;
	u16 domid;
	u16 length;
	u32 pin;
	struct page *page;
	u64 since;
};

/**
 * struct kxen_gnt_memory - epochs of a granter's memory: again.c.
 * @lock: to write what follows; under an active entry's.
 * @epoch: the number of @was, odd while that is written.
 * @was: its memory when somebody looked last.
 */
struct kxen_gnt_memory {
	spinlock_t lock;	/* of what follows */
	u64 epoch;
	struct kxen_mem_state was;
};

struct dentry;
struct kxen_grant_info;
struct kxen_maptrack;

/**
 * struct kxen_gnttab - the grant table of a domain.
 * @domain: whose.
 * @lock: read: entries are looked at; they keep their meaning. Write: version, content.
 * @grow_lock: more frames, and where they are placed.
 * @version: 1 or 2; under @lock.
 * @generation: how often @version was set, so that who had to drop the lock sees it (XSA-517).
 * @max_frames: limit, fixed at creation.
 * @nr_frames: how many there are. Published behind @shared and @active by
 *	smp_store_release(), read by smp_load_acquire(): they only grow, until the domain is reset.
 * @nr_status: the same for @status; 0 in version 1; under @lock.
 * @shared: frames of entries.
 * @status: frames of status words, version 2.
 * @active: for each of @shared KXEN_GNT_V1_FRAME of them: reference r is at
 *	active[r / KXEN_GNT_V1_FRAME][r % KXEN_GNT_V1_FRAME] in either version.
 * @memory: epochs of the domain's memory.
 * @maptrack: what this domain has mapped of others.
 * @refused: how often a grant was not mapped because of where it should have been.
 * @given: what the first references are in each life of the guest; @lock for writing.
 */
struct kxen_gnttab {
	struct kxen_domain *domain;
	struct percpu_rw_semaphore lock;
	struct mutex grow_lock;	/* of frames */
	u32 version;
	u32 generation;
	u32 max_frames;
	u32 nr_frames;
	u32 nr_status;
	struct kxen_gnt_frame **shared;
	struct kxen_gnt_frame **status;
	struct kxen_gnt_active **active;
	struct kxen_gnt_memory memory;
	struct kxen_maptrack *maptrack;
	atomic64_t refused;
	struct grant_entry_v1 given[KXEN_GNT_RESERVED];
};

/* table.c */
extern const struct kxen_space kxen_gnt_spaces[];
struct kxen_gnttab *kxen_gnt_alloc(struct kxen_domain *d, u32 max_frames);
void kxen_gnt_free(struct kxen_gnttab *t);
int kxen_gnt_grow(struct kxen_gnttab *t, u32 nr);
int kxen_gnt_status_alloc(struct kxen_gnttab *t, u32 nr);
void kxen_gnt_status_free(struct kxen_gnttab *t);
struct kxen_gnt_frame *kxen_gnt_frame(struct kxen_gnttab *t, u64 idx);
void kxen_gnt_unplace_all(struct kxen_gnttab *t);
void kxen_gnt_shrink(struct kxen_gnttab *t, u32 from);
u64 kxen_gnt_gfn(struct kxen_gnttab *t, const struct kxen_gnt_frame *f);
int kxen_gnt_place(struct kxen_gnttab *t, struct kxen_gnt_frame *f, u64 gfn);

/* version.c */
long kxen_gnt_set_version(struct kxen_hc *hc);
long kxen_gnt_get_version(struct kxen_hc *hc);
void kxen_gnt_renew(struct kxen_gnttab *t);
bool kxen_gnt_any_pinned(struct kxen_gnttab *t);
int kxen_gnt_give(struct kxen_gnttab *t, u32 ref, const struct grant_entry_v1 *e);

/* resource.c */
extern const struct kxen_mem_entry kxen_gnt_memory_ops[];

/* again.c */
u64 kxen_gnt_epoch(struct kxen_gnttab *t);
bool kxen_gnt_memory_same(struct kxen_gnttab *t, const struct kxen_mem_state *s);
struct page *kxen_gnt_again(struct kxen_gnttab *t, const struct kxen_gnt_active *a, u64 gfn);
struct page *kxen_gnt_again_briefly(struct kxen_gnttab *t, const struct kxen_gnt_active *a,
				    u64 gfn, struct kxen_mem_state *s);

/* control.c, debugfs.c */
extern const struct kxen_ctl_call kxen_gnt_ctl[];
int kxen_gnt_info(struct kxen_domain *d, struct kxen_grant_info *i);
u64 kxen_gnt_pinned(struct kxen_domain *d);
bool kxen_gnt_uses(struct kxen_domain *d, u64 gfn);
void kxen_gnt_debugfs(struct kxen_domain *d, struct dentry *dir);

/* save.c */
extern const struct kxen_rec_desc kxen_gnt_recs[];
void kxen_gnt_save(struct kxen_domain *d, struct kxen_stream_out *s);
int kxen_gnt_may_save(struct kxen_domain *d);

/* op.c */
long kxen_hc_gnttab(struct kxen_hc *hc);
enum kxen_meaning kxen_hc_gnttab_means(const struct kxen_hc *hc);

/* map.c, copy.c: batches; what is left is in the call's arguments */
long kxen_gnt_op_map(struct kxen_hc *hc);
long kxen_gnt_op_unmap(struct kxen_hc *hc);
long kxen_gnt_op_copy(struct kxen_hc *hc);

/* maptrack.c, unmap.c, active.c: the ends of a domain, on either side */
struct kxen_maptrack *kxen_maptrack_create(u32 max_frames);
void kxen_maptrack_destroy(struct kxen_maptrack *m);
u32 kxen_maptrack_max(const struct kxen_maptrack *m);
u32 kxen_maptrack_used(struct kxen_maptrack *m);
void kxen_gnt_mapper_stop(struct kxen_domain *d);
void kxen_gnt_granter_stop(struct kxen_domain *d);

/* dirty.c */
void kxen_gnt_mark_dirty(struct kxen_domain *d, struct kvm_memory_slot *slot);

/* Entries that @nr_frames frames hold in a version. */
static inline u32 kxen_gnt_frame_refs(u32 version)
{
	return version == 2 ? KXEN_GNT_V2_FRAME : KXEN_GNT_V1_FRAME;
}

/*
 * How many references there are. Whoever sees the number sees what it counts. The table's lock is
 * held, so the version stays.
 */
static inline u32 kxen_gnt_nr_refs(const struct kxen_gnttab *t)
{
	/* Pairs with the release in grow_by_one(). */
	return smp_load_acquire(&t->nr_frames) * kxen_gnt_frame_refs(t->version);
}

/* An entry, of 8 bytes or 16: @ref was compared with kxen_gnt_nr_refs(), and clamped to that. */
static inline struct kxen_gptr kxen_gnt_entry(const struct kxen_gnttab *t, u32 ref)
{
	u32 per = kxen_gnt_frame_refs(t->version);

	return kxen_gptr_at(t->shared[ref / per]->at, ref % per * (XEN_PAGE_SIZE / per));
}

/* Its status word of 16 bits, in version 2. */
static inline struct kxen_gptr kxen_gnt_status(const struct kxen_gnttab *t, u32 ref)
{
	return kxen_gptr_at(t->status[ref / KXEN_GNT_STATUS_FRAME]->at,
			    ref % KXEN_GNT_STATUS_FRAME * sizeof(u16));
}

static inline struct kxen_gnt_active *kxen_gnt_active(const struct kxen_gnttab *t, u32 ref)
{
	return &t->active[ref / KXEN_GNT_V1_FRAME][ref % KXEN_GNT_V1_FRAME];
}

/* Status frames that so many frames of entries need. */
static inline u32 kxen_gnt_status_frames(u32 nr_frames)
{
	return DIV_ROUND_UP(nr_frames * KXEN_GNT_V2_FRAME, KXEN_GNT_STATUS_FRAME);
}

#endif
