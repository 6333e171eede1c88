// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of Xen's ring for pagers. On Xen it is a page of the guest's, which a pager takes out of
 * the guest's memory before it trusts it (XSA-99). Here it is the module's own, and in no guest's
 * memory ever: a process of domain 0 finds it at a frame where a guest has nothing.
 *
 * A pager takes it away when it has mapped it, and the next one gives it again: that is all that is
 * kept of Xen's way. Who has it mapped has it still. One page serves all pagers of a domain, one
 * after the other; what is in it is believed by nobody.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "mempaging.h"

/**
 * kxen_pg_ring_page() - The page of a domain's ring.
 * @d: the domain.
 *
 * Context: may sleep. Return: the page, with a reference; NULL: it was taken away, or no memory.
 */
struct page *kxen_pg_ring_page(struct kxen_domain *d)
{
	struct kxen_mempaging *m = d->mempaging;
	struct page *page = READ_ONCE(m->ring_page), *new;

	if (test_bit(0, &m->ring_away))
		return NULL;
	if (!page) {
		new = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!new)
			return NULL;
		page = cmpxchg(&m->ring_page, NULL, new);
		if (page)
			put_page(new);
		else
			page = new;
	}
	get_page(page);
	return page;
}

/* It is to be found at its frame, or not any more: true if that is a change. Any context. */
bool kxen_pg_ring_place(struct kxen_domain *d, bool there)
{
	unsigned long *away = &d->mempaging->ring_away;

	return there ? test_and_clear_bit(0, away) : !test_and_set_bit(0, away);
}

/* The domain goes; who has mapped the page has a reference to both. */
void kxen_pg_ring_page_free(struct kxen_mempaging *m)
{
	if (m->ring_page)
		put_page(m->ring_page);
}
