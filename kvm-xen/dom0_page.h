/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of a guest's that a process of the host has mapped by their frames, as domain 0 may. */
#ifndef KXEN_DOM0_PAGE_H
#define KXEN_DOM0_PAGE_H

#include <linux/types.h>

struct kvm_memory_slot;
struct kxen_domain;
struct kxen_p2m_entry;
struct page;

/**
 * struct kxen_dom0_page - such a page.
 * @d: whose; it stays dying, and is not gone, while there is this.
 * @gfn: the frame it was found at; KXEN_NO_GFN: none.
 * @page: the page, which stays what it is; NULL: nothing is mapped.
 * @entry: what was placed there, with a reference; NULL: it is the VMM's memory, or has no frame.
 * @read_only: nobody may write to it.
 * @away: it is the process's still, but there is no page for a moment.
 */
struct kxen_dom0_page {
	struct kxen_domain *d;
	u64 gfn;
	struct page *page;
	struct kxen_p2m_entry *entry;
	bool read_only;
	bool away;
};

/**
 * struct kxen_dom0_maps - who maps such pages gives way to a pager: kxen_dom0_page_yield().
 * @yield: the calling process has a frame's page mapped, to be read: it has it no more. A token;
 *	NULL: it has none.
 * @again: and has it again.
 *
 * Context: the process's own thread, no lock held; may sleep.
 */
struct kxen_dom0_maps {
	void *(*yield)(struct kxen_domain *d, u64 gfn);
	void (*again)(void *token);
};

int kxen_dom0_page_map(struct kxen_domain *d, u64 gfn, bool read_only, struct kxen_dom0_page *p);
int kxen_dom0_page_give(struct kxen_domain *d, struct page *page, struct kxen_dom0_page *p);
void kxen_dom0_page_unmap(struct kxen_dom0_page *p);
void kxen_dom0_page_away(struct kxen_dom0_page *p);
struct page *kxen_dom0_page_find(const struct kxen_dom0_page *p);
void kxen_dom0_page_lose(struct page *page);
void kxen_dom0_page_set_maps(const struct kxen_dom0_maps *maps);
void *kxen_dom0_page_yield(struct kxen_domain *d, u64 gfn);
void kxen_dom0_page_again(void *token);
bool kxen_dom0_page_is_mapped(struct kxen_domain *d, u64 gfn);
void kxen_dom0_pages_mark_dirty(struct kxen_domain *d, struct kvm_memory_slot *slot);

#endif
