/* SPDX-License-Identifier: GPL-2.0-only */
/* The two ends of a copy. */
#ifndef KXEN_GNT_COPY_H
#define KXEN_GNT_COPY_H

#include "use.h"

struct kxen_vcpu;

/**
 * struct kxen_gnt_name - what a copy names at one end.
 * @granted: @value is a reference of @domid; else a frame of the caller's own.
 * @domid: whose; DOMID_SELF.
 * @value: reference or frame.
 * @offset: the first byte in the page.
 */
struct kxen_gnt_name {
	bool granted;
	u16 domid;
	u64 value;
	u32 offset;
};

/**
 * struct kxen_gnt_end - one end of copies: what it was last, held for the next one.
 * @v: the caller, NULL: a process of domain 0, which has no frames.
 * @d: its domain.
 * @write: copies go there.
 * @held: @name is held.
 * @again: the copy before has named the same, which is not held.
 * @name: what it is; its @offset is not looked at.
 * @use: a grant in use, its granter referenced.
 * @third: what is behind it, if it is transitive: its granter is referenced; else NULL.
 * @by_user: it is memory of the calling task's own, not held: a frame of the caller's as its VMM
 *	has it, or of a process.
 * @user: then where, which may be 0.
 * @gaps: of the caller, when @user was found: as for &struct kxen_window.
 * @entry: a frame of the caller's that something is placed over.
 * @page: a frame of the caller's that is the VMM's memory.
 * @at: the first byte of the page, unless @by_user.
 */
struct kxen_gnt_end {
	struct kxen_vcpu *v;
	struct kxen_domain *d;
	bool write;
	bool held;
	bool again;
	struct kxen_gnt_name name;
	struct kxen_gnt_use use;
	struct kxen_gnt_use third;
	bool by_user;
	u8 __user *user;
	u32 gaps;
	struct kxen_p2m_entry *entry;
	struct page *page;
	struct kxen_gptr at;
};

s16 kxen_gnt_end_name(struct kxen_gnt_end *e, const struct kxen_gnt_name *n);
bool kxen_gnt_end_find(struct kxen_gnt_end *e);
bool kxen_gnt_end_copy(struct kxen_gnt_end *e, const struct kxen_gnt_bytes *b);
s16 kxen_gnt_end_claim(struct kxen_gnt_end *e);
s16 kxen_gnt_end_hold(struct kxen_gnt_end *e);
void kxen_gnt_end_drop(struct kxen_gnt_end *e);

#endif
