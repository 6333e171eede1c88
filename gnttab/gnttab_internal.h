/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of grant tables.
 *
 * Locks, outermost first (Documentation/locking.rst has the master list): grow_lock or
 * place_lock of one table; lock of one table, for reading by whoever looks at entries, for
 * writing by who gives them another meaning; the lock of an active entry. Of two tables none is
 * held at once but by a transitive grant, and that drops the first. Nothing is waited for under
 * the latter two.
 */
#ifndef KXEN_GNTTAB_INTERNAL_H
#define KXEN_GNTTAB_INTERNAL_H

#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/types.h>

#include "../kvm-xen/kxen.h"
#include "../kvm-xen/p2m.h"
#include "gnttab.h"

#define KXEN_GNT_RESERVED	8	/* references that survive a switch of versions (D5) */
#define KXEN_GNT_V1_FRAME	512	/* entries of a frame */
#define KXEN_GNT_V2_FRAME	256
#define KXEN_GNT_STATUS_FRAME	2048	/* status words of a frame */
#define KXEN_GNT_FRAMES		64	/* frames, unless the domain is made with others */
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
 * struct kxen_gnt_active - what is in use of a grant; 24 bytes, one for each reference.
 * @word: bit 0 is the lock (bit spin lock); above it flags, start and the granter's frame, see
 *	active.h.
 * @domid: who has it pinned, if @pin.
 * @length: bytes of a part of a page that is granted.
 * @pin: four counters of 8 bits, as Xen has them (D6).
 * @page: the granter's page, pinned (FOLL_PIN) while @pin is not 0.
 *
 * All under its lock; the table's is held for reading.
 */
struct kxen_gnt_active {
	unsigned long word;
	u16 domid;
	u16 length;
	u32 pin;
	struct page *page;
};

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
 * @maptrack: what this domain has mapped of others.
 */
struct kxen_gnttab {
	struct kxen_domain *domain;
	struct percpu_rw_semaphore lock;
	struct mutex grow_lock;
	u32 version;
	u32 generation;
	u32 max_frames;
	u32 nr_frames;
	u32 nr_status;
	struct kxen_gnt_frame **shared;
	struct kxen_gnt_frame **status;
	struct kxen_gnt_active **active;
	struct kxen_maptrack *maptrack;
};

/* table.c: lock held for reading; @ref < kxen_gnt_nr_refs(), clamped by the caller's array_index_nospec() */
u32 kxen_gnt_nr_refs(const struct kxen_gnttab *t);
struct kxen_gptr kxen_gnt_entry(const struct kxen_gnttab *t, u32 ref);	/* v1 8 or v2 16 bytes */
struct kxen_gptr kxen_gnt_status(const struct kxen_gnttab *t, u32 ref);	/* v2: u16 */
struct kxen_gnt_active *kxen_gnt_active(const struct kxen_gnttab *t, u32 ref);
bool kxen_gnt_any_pinned(struct kxen_gnttab *t, u32 from);

#endif
