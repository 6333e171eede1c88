/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a frame that a guest names to what is behind it: the only way there. That is the VMM's
 * memory, unless something was placed over it: p2m_table.c has what, p2m.c asks both.
 */
#ifndef KXEN_P2M_H
#define KXEN_P2M_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "kvm/glue.h"
#include "kxen.h"

#define KXEN_P2M_MAX_GFN	((1ULL << (52 - XEN_PAGE_SHIFT)) - 1)	/* of any machine */

#define KXEN_P2M_CHUNK		9	/* 2^ frames: on x86 what one large page would map */

/* What is behind a frame. Whoever switches over it refuses what he does not know. */
enum kxen_p2m_kind {
	KXEN_P2M_NONE,		/* nothing, or nothing that can be written to */
	KXEN_P2M_RAM,		/* the VMM's memory */
	KXEN_P2M_OWN,		/* a page of the module's own */
	KXEN_P2M_FOREIGN,	/* another domain's: for the guest, never for the host */
	KXEN_P2M_OUT,		/* a page that is paged out: there is none now */
	KXEN_P2M_HOLE,		/* the guest has given its memory up: p2m_hole.c */
};

/**
 * struct kxen_p2m_entry - what a part has placed over a guest's frame.
 * @kind: OWN, FOREIGN or OUT.
 * @read_only: neither the guest nor the host for it may write there.
 * @removable: the guest may take it away by itself, or place something else there.
 * @saved: where it is, and what is in it, is in a record of its owner's.
 * @special: it stays when the domain is reset, and the guest may grant it (special.c).
 * @page: the page of the host that it is in; NULL if it is OUT.
 * @offset: in it; 0 where the host's pages are of Xen's size.
 * @release: nobody uses the entry any more: give the page back by its kind, and free the entry
 *	after a grace period, since it is looked up under RCU. Context: may sleep, under any
 *	mutex but pin_lock and p2m_lock; takes no domain's lock, waits for nobody outside the
 *	kernel.
 * @want: OUT: somebody on the host has asked for the page, and was told that it is out: have it
 *	brought in. May be NULL. Context: the domain locked; may sleep; waits for nobody, and pauses
 *	no vCPU.
 * @ref: the frame that it is placed over is one, whoever has placed it, looks or holds the page
 *	another.
 * @pins: how often it is held, as in pinned_gfns; pin_lock of the domain.
 * @next: in a list of those that were dropped.
 *
 * Whoever places one makes it a part of what he knows of the page. It is placed once: taken
 * away it ends when its last user gives it back. A part that remembers it keeps the reference that
 * it has from placing it.
 *
 * FOREIGN: what the part holds of the other domain is the VMM's memory, and nothing that was placed
 * there (&kxen_page.entry is NULL). So no release gives another entry back, and none waits for
 * what a third domain has.
 */
struct kxen_p2m_entry {
	enum kxen_p2m_kind kind;
	bool read_only;
	bool removable;
	bool saved;
	bool special;
	struct page *page;
	u32 offset;
	void (*release)(struct kxen_p2m_entry *e);
	void (*want)(struct kxen_domain *d, u64 gfn, struct kxen_p2m_entry *e);
	refcount_t ref;
	unsigned long pins;
	struct kxen_p2m_entry *next;
};

/*
 * What the table has for a frame: 0, nothing; a &struct kxen_p2m_entry; or, with the first of
 * these bits, another domain's page that is mapped there, in one word: its address and bits.
 */
#define KXEN_P2M_MAPPED		BIT(0)
#define KXEN_P2M_MAPPED_RO	BIT(1)	/* the guest may not write to it */

static inline struct page *kxen_p2m_word_page(unsigned long word)
{
	return pfn_to_page(word >> PAGE_SHIFT);
}

#define KXEN_P2M_GONE		32

/**
 * struct kxen_p2m_gone - frames that were taken away, and that the guest may reach still.
 * @d: whose.
 * @nr: how many.
 * @gfn: which.
 */
struct kxen_p2m_gone {
	struct kxen_domain *d;
	u32 nr;
	u64 gfn[KXEN_P2M_GONE];
};

/**
 * struct kxen_p2m - what is behind a frame of a guest's.
 * @kind: which of the following are set.
 * @hva: RAM: where the VMM has the host's page that it is in; HOLE: the page that the guest does
 *	not see, 0 if the VMM has none there any more.
 * @offset: in that page; 0 where the host's pages are of Xen's size.
 * @entry: OWN, FOREIGN, OUT: what was placed there; NULL for a page that is mapped.
 */
struct kxen_p2m {
	enum kxen_p2m_kind kind;
	unsigned long hva;
	u32 offset;
	struct kxen_p2m_entry *entry;
};

/**
 * struct kxen_frame_ops - what a part that pages knows of frames: a domain has them, or not.
 * @ring: a frame at which processes of domain 0 find a page that no guest has.
 * @out: the VMM's memory there is paged out; its pager is told.
 * @kept: nobody reaches the VMM's memory there, but it has a page, which is kept: held as by
 *	kxen_memory_pin(). NULL: it is as ever.
 * @ring_page: the page, with a reference; NULL: it was taken away, or there is no memory.
 * @ring_place: it is there from now on, or is not. Return: that is so, and was not before.
 * @paged: how many pages are out.
 *
 * Context: @out, @kept and @paged any that may take a spinlock; else no lock held, may sleep.
 */
struct kxen_frame_ops {
	u64 ring;
	bool (*out)(struct kxen_domain *d, u64 gfn);
	struct page *(*kept)(struct kxen_domain *d, u64 gfn);
	struct page *(*ring_page)(struct kxen_domain *d);
	bool (*ring_place)(struct kxen_domain *d, bool there);
	u64 (*paged)(struct kxen_domain *d);
};

/* Is this frame the ring's? */
static inline bool kxen_p2m_is_ring(const struct kxen_domain *d, u64 gfn)
{
	return d->frame_ops && d->frame_ops->ring == gfn;
}

/*
 * The VMM's memory at this frame is paged out, as of now: its pager is told that somebody wants
 * it, who is another domain or a process of the host, and comes again. The domain's own accesses do
 * not ask: they wait. Context: any that may take a spinlock.
 */
static inline bool kxen_p2m_is_out(struct kxen_domain *d, u64 gfn)
{
	return d->frame_ops && d->frame_ops->out(d, gfn);
}

/* p2m.c */
struct kxen_p2m kxen_p2m_lookup(struct kxen_domain *d, u64 gfn);
void kxen_p2m_put(struct kxen_p2m *p);
int kxen_p2m_read(struct kxen_domain *d, u64 gfn, void *dst);
int kxen_p2m_write(struct kxen_domain *d, u64 gfn, const void *src);
int kxen_p2m_copy(struct kxen_domain *d, u64 gpa, void *buf, u32 len, bool write);
bool kxen_p2m_ram_around(struct kxen_vcpu *v, u64 gfn, struct kxen_mem *m);

/* p2m_table.c */
void kxen_p2m_init(struct kxen_domain *d);
void kxen_p2m_free(struct kxen_domain *d);
void kxen_p2m_exit(void);
int kxen_p2m_place(struct kxen_domain *d, u64 gfn, struct kxen_p2m_entry *e);
struct kxen_p2m_entry *kxen_p2m_own(struct page *page, u32 offset);
bool kxen_p2m_take(struct kxen_domain *d, u64 gfn, struct kxen_p2m_entry *e);
int kxen_p2m_remove(struct kxen_domain *d, u64 gfn);
void kxen_p2m_drop(struct kxen_domain *d, bool for_good);
typedef void (*kxen_p2m_fn)(struct kxen_domain *d, u64 gfn, struct page *page, bool read_only);
void kxen_p2m_each_mapped(struct kxen_domain *d, kxen_p2m_fn fn);
struct kxen_p2m_entry *kxen_p2m_entry_get(struct kxen_domain *d, u64 gfn);
void kxen_p2m_entry_put(struct kxen_p2m_entry *e);
unsigned long *kxen_p2m_slot(struct kxen_domain *d, u64 gfn);
unsigned long kxen_p2m_word(struct kxen_domain *d, u64 gfn);
int kxen_p2m_set_word(struct kxen_domain *d, u64 gfn, unsigned long word);
unsigned long kxen_p2m_take_page(struct kxen_domain *d, u64 gfn, const struct page *page);

/* p2m_map.c */
int kxen_p2m_map(struct kxen_domain *d, u64 gfn, struct page *page, bool read_only);
int kxen_p2m_unmap(struct kxen_p2m_gone *g, u64 gfn, struct page *page);
void kxen_p2m_flush(struct kxen_p2m_gone *g);
struct page *kxen_p2m_page(struct kxen_domain *d, u64 gfn, bool hold, bool *read_only);
bool kxen_p2m_access(struct kxen_domain *d, u64 gpa, void *buf, u32 len, bool write);
int kxen_p2m_cover(struct kxen_domain *d, u64 gfn, unsigned long word, struct kxen_cover *c);
void kxen_p2m_zap(struct kxen_domain *d, const u64 *gfn, u32 nr);

/* p2m_view.c */
int kxen_p2m_view(struct kxen_domain *d, u64 gfn, u64 first, u64 end);
void kxen_p2m_view_make(void *domain);
void kxen_p2m_view_free(struct kxen_domain *d);

/*
 * Do frames of this domain show anything else than the VMM's memory? What was before is seen by who
 * was told.
 */
static __always_inline bool kxen_p2m_any(const struct kxen_domain *d)
{
	return unlikely(atomic_read(&d->p2m_placed) | READ_ONCE(d->p2m_holes));
}

/* The bit of a chunk: neighbours have one each, and not the same as those 4 GiB further. */
static __always_inline u32 kxen_p2m_seen_bit(u64 chunk)
{
	return hash_32(chunk, KXEN_P2M_SEEN_SHIFT);
}

/* Was anything placed near this frame, ever, or at one that shares a bit with it? */
static __always_inline bool kxen_p2m_seen(const struct kxen_domain *d, u64 gfn)
{
	u32 nr = kxen_p2m_seen_bit(gfn >> KXEN_P2M_CHUNK);

	return READ_ONCE(d->p2m_seen[nr / BITS_PER_LONG]) & BIT(nr % BITS_PER_LONG);
}

/* Could something be placed over this frame? As above. */
static __always_inline bool kxen_p2m_near_any(const struct kxen_domain *d, u64 gfn)
{
	return kxen_p2m_any(d) && kxen_p2m_seen(d, gfn);
}

/*
 * Does the domain use anything else than the VMM's memory that no record tells of? What was placed,
 * and taken away again, is in use as long as the host writes to it for the guest.
 */
static inline bool kxen_p2m_unsaved(const struct kxen_domain *d)
{
	return atomic_read(&d->p2m_placed) != READ_ONCE(d->p2m_saved) || READ_ONCE(d->p2m_held);
}

/**
 * kxen_p2m_ram() - The VMM's memory around a guest frame, of KVM's size.
 * @v: the vCPU, its own thread, SRCU held.
 * @gfn: the frame, not trusted.
 * @m: filled in; good as long as SRCU is held. Nothing says that a page of it is there: the
 *	caller disables page faults, or may sleep.
 *
 * For accesses of a few bytes on fast paths, which hold no page. Of other frames in the range the
 * caller asks kxen_p2m_seen(), if anything is placed at all, and comes again if so: where something
 * may be placed the range is one frame, and what is placed is in none, which takes a slower way.
 * Return: false if the frame is not plain memory.
 */
static __always_inline bool kxen_p2m_ram(struct kxen_vcpu *v, u64 gfn, struct kxen_mem *m)
{
	if (kxen_p2m_near_any(v->domain, kxen_gfn_from_kvm(gfn)))
		return kxen_p2m_ram_around(v, gfn, m);
	return kxen_glue_mem(v->vcpu, gfn, m);
}

#endif
