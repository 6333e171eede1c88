/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * States of pages that a pager has to do with, and what it is told of them.
 *
 *	          nominate             evict            fill            install
 *	(none) -> FREEZING -> NOMINATED -----> OUT ----------> IN ----------> (none)
 *	   ^         |            |             |              |
 *	   +- refused+   touched: EVICT_FAIL    +--------------+-- given up: DROP
 *	   +----------------------+
 *
 * A page that nothing is known of has no entry. One that is gone is kept only as long as a
 * notice of it is unread: so there is one entry for each frame at most, whatever a guest does.
 *
 * No locks and no memory management: this also builds in user space (selftests/user/paging.c),
 * where it is compared with a model. The caller has the pager's lock.
 */
#ifndef KXEN_MEMPAGING_STATE_H
#define KXEN_MEMPAGING_STATE_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>
#endif

struct page;

enum kxen_pg_state {
	KXEN_PG_GONE,		/* nothing any more, but for a notice */
	KXEN_PG_FREEZING,	/* being nominated: nobody but who does that looks at it */
	KXEN_PG_NOMINATED,	/* nobody reaches the page, which is kept */
	KXEN_PG_OUT,		/* there is no page */
	KXEN_PG_IN,		/* there is one again, which nobody has mapped yet */
	KXEN_PG_STATES,
};

#define KXEN_PG_NOTICES	(KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN | KXEN_PAGING_EVICT_FAIL | \
			 KXEN_PAGING_DROP)
#define KXEN_PG_QUEUED	0x80	/* in the list of notices */
#define KXEN_PG_ASKED	0x40	/* the pager was told this time that somebody wants it */

/**
 * struct kxen_pg_entry - one page.
 * @gfn: the guest's frame.
 * @vcpu: that has asked for it.
 * @index: where the VMM has it: the address, in pages.
 * @state: enum kxen_pg_state.
 * @notice: KXEN_PAGING_* that the pager has not read yet, KXEN_PG_QUEUED, KXEN_PG_ASKED.
 * @frame: NOMINATED, IN: the page, whose one reference this is.
 * @gen: OUT: which time. That is what somebody waits for: it may be out again before he looks.
 * @next: in the list of notices.
 */
struct kxen_pg_entry {
	u64 gfn : 48;
	u64 vcpu : 16;
	u64 index : 52;
	u64 state : 4;
	u64 notice : 8;
	union {
		struct page *frame;
		u64 gen;
	};
	struct kxen_pg_entry *next;
};

/**
 * struct kxen_pg_book - what is known of all of them.
 * @nr: entries in each state.
 * @gen: given to the last page that went out.
 * @first: notices, in the order in which something happened first.
 * @last: the last of them.
 * @outs: pages taken out.
 * @ins: and brought back.
 * @evict_fails: and used when they were nominated.
 * @drops: and given up by the VMM.
 */
struct kxen_pg_book {
	u32 nr[KXEN_PG_STATES];
	u64 gen;
	struct kxen_pg_entry *first;
	struct kxen_pg_entry *last;
	u64 outs;
	u64 ins;
	u64 evict_fails;
	u64 drops;
};

static inline void kxen_pg_move(struct kxen_pg_book *b, struct kxen_pg_entry *e, u8 state)
{
	b->nr[e->state]--;
	b->nr[state]++;
	e->state = state;
}

/* Nobody needs the entry any more: whoever has taken it out of his tables frees it. */
static inline bool kxen_pg_is_free(const struct kxen_pg_entry *e)
{
	return e->state == KXEN_PG_GONE && !(e->notice & KXEN_PG_QUEUED);
}

/* Has it a page of the host's? */
static inline struct page *kxen_pg_frame(const struct kxen_pg_entry *e)
{
	return e->state == KXEN_PG_NOMINATED || e->state == KXEN_PG_IN ? e->frame : NULL;
}

/* It is freed. Context: the entry is in no table. */
static inline void kxen_pg_forget(struct kxen_pg_book *b, const struct kxen_pg_entry *e)
{
	b->nr[e->state]--;
}

/* Does somebody who found it out then have to wait on? */
static inline bool kxen_pg_waits(const struct kxen_pg_entry *e, u64 gen)
{
	return e && e->state == KXEN_PG_OUT && e->gen == gen;
}

/* --- notices ----------------------------------------------------------------------------- */

/* True if the pager has to look, and had nothing to look at of this page. */
static inline bool kxen_pg_tell(struct kxen_pg_book *b, struct kxen_pg_entry *e, u8 what)
{
	bool news = what & ~e->notice;

	e->notice |= what;
	if (e->notice & KXEN_PG_QUEUED)
		return news;
	e->notice |= KXEN_PG_QUEUED;
	e->next = NULL;
	if (b->last)
		b->last->next = e;
	else
		b->first = e;
	b->last = e;
	return true;
}

/* Is the first notice one? What was overtaken by a later step says nothing any more. */
static inline bool kxen_pg_told(const struct kxen_pg_book *b)
{
	return b->first && b->first->notice & KXEN_PG_NOTICES;
}

/*
 * The first notice: false if there is none. @e may be free afterwards, and is in any case out of
 * the list; what was overtaken has no flags, and is none.
 */
static inline bool kxen_pg_read(struct kxen_pg_book *b, struct kxen_pg_entry **e,
				struct kxen_pager_event *ev)
{
	struct kxen_pg_entry *f = b->first;

	*e = f;
	if (!f)
		return false;
	b->first = f->next;
	if (!b->first)
		b->last = NULL;
	f->next = NULL;
	ev->gfn = f->gfn;
	ev->flags = f->notice & KXEN_PG_NOTICES;
	ev->vcpu = ev->flags & KXEN_PAGING_VCPU ? f->vcpu : 0;
	f->notice &= KXEN_PG_ASKED;
	return true;
}

/* --- changes of state --------------------------------------------------------------------- */

/* A new entry, all 0 but for its frame. */
static inline void kxen_pg_add(struct kxen_pg_book *b, struct kxen_pg_entry *e)
{
	e->state = KXEN_PG_FREEZING;
	b->nr[KXEN_PG_FREEZING]++;
}

/* One that was gone: false if there is a page in it. */
static inline bool kxen_pg_begin(struct kxen_pg_book *b, struct kxen_pg_entry *e)
{
	if (e->state != KXEN_PG_GONE)
		return false;
	kxen_pg_move(b, e, KXEN_PG_FREEZING);
	return true;
}

/* Not this time; nothing has happened to the page. */
static inline void kxen_pg_refuse(struct kxen_pg_book *b, struct kxen_pg_entry *e)
{
	kxen_pg_move(b, e, KXEN_PG_GONE);
}

/* Nobody reaches @frame any more. What was said before is old: the pager sees that it is back. */
static inline void kxen_pg_frozen(struct kxen_pg_book *b, struct kxen_pg_entry *e,
				  struct page *frame)
{
	kxen_pg_move(b, e, KXEN_PG_NOMINATED);
	e->frame = frame;
	e->notice &= KXEN_PG_QUEUED;	/* nor has anybody asked */
}

/* The page goes: the frame, for the caller to free; NULL if it is not nominated. */
static inline struct page *kxen_pg_evict(struct kxen_pg_book *b, struct kxen_pg_entry *e)
{
	struct page *frame = e->frame;

	if (e->state != KXEN_PG_NOMINATED)
		return NULL;
	kxen_pg_move(b, e, KXEN_PG_OUT);
	e->gen = ++b->gen;
	b->outs++;
	return frame;
}

/* Somebody wants it: true if the pager has to be told that. */
static inline bool kxen_pg_ask(struct kxen_pg_book *b, struct kxen_pg_entry *e, u8 how, u16 vcpu)
{
	if (e->state != KXEN_PG_OUT)
		return false;
	/* Once is enough: he who has read it knows. */
	if (e->notice & KXEN_PG_ASKED && !(e->notice & KXEN_PG_QUEUED))
		return false;
	e->notice |= KXEN_PG_ASKED;
	if (how & KXEN_PAGING_VCPU && !(e->notice & KXEN_PAGING_VCPU))
		e->vcpu = vcpu;
	return kxen_pg_tell(b, e, how);
}

/*
 * The content comes back, in @frame; one that is nominated keeps its own. True if @frame was taken.
 */
static inline bool kxen_pg_fill(struct kxen_pg_book *b, struct kxen_pg_entry *e,
				struct page *frame)
{
	bool out = e->state == KXEN_PG_OUT;

	if (!out && e->state != KXEN_PG_NOMINATED)
		return false;
	kxen_pg_move(b, e, KXEN_PG_IN);
	/* Whoever asked has what he wanted. */
	e->notice &= ~(KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN);
	if (out) {
		e->frame = frame;
		b->ins++;
	}
	return out;
}

/* Its frame is where it was, in the VMM's page table. True if the pager has to be told. */
static inline bool kxen_pg_installed(struct kxen_pg_book *b, struct kxen_pg_entry *e)
{
	bool early = e->state == KXEN_PG_NOMINATED;

	kxen_pg_move(b, e, KXEN_PG_GONE);
	e->frame = NULL;
	if (!early)
		return false;
	b->evict_fails++;
	return kxen_pg_tell(b, e, KXEN_PAGING_EVICT_FAIL);
}

/* The VMM has something else there: the frame, for the caller to free, or NULL. */
static inline struct page *kxen_pg_discard(struct kxen_pg_book *b, struct kxen_pg_entry *e)
{
	u8 what = KXEN_PAGING_DROP;
	struct page *frame = kxen_pg_frame(e);

	if (e->state == KXEN_PG_NOMINATED)
		what |= KXEN_PAGING_EVICT_FAIL;
	kxen_pg_move(b, e, KXEN_PG_GONE);
	e->frame = NULL;
	e->notice &= ~(KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN);
	b->drops++;
	kxen_pg_tell(b, e, what);
	return frame;
}

#endif
