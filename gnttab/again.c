// SPDX-License-Identifier: GPL-2.0-only
/*
 * A granter's page, held again.
 *
 * Guests use the same grants again and again, and to find a page in another process's memory takes
 * longer than all the rest of a map. So the entry of a grant that is not in use any more remembers
 * its page, without holding it. It is the page still if nothing has changed since it was found:
 * neither the VMM's page tables, of which KVM is told, nor its memory slots, nor what is placed
 * over the frame. Whoever takes it has a reference first, and looks then, as the kernel does where
 * it walks page tables without a lock.
 *
 * What the memory was when a page was found is a number, an epoch: each state that somebody sees
 * gets one that none had before.
 */
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "../kvm-xen/guest_mem.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/p2m_hole.h"
#include "use.h"

/* A state that is not the last one that was seen. */
static u64 new_epoch(struct kxen_gnt_memory *m, const struct kxen_mem_state *s)
{
	u64 epoch;

	spin_lock(&m->lock);
	epoch = m->epoch;
	if (!kxen_mem_state_same(&m->was, s)) {
		WRITE_ONCE(m->epoch, epoch + 1);
		smp_wmb();	/* pairs with the acquire in find_epoch() */
		WRITE_ONCE(m->was.seq, s->seq);
		WRITE_ONCE(m->was.slots, s->slots);
		epoch += 2;
		smp_store_release(&m->epoch, epoch);	/* likewise */
	}
	spin_unlock(&m->lock);
	return epoch;
}

static u64 find_epoch(struct kxen_gnt_memory *m, const struct kxen_mem_state *s)
{
	u64 epoch = smp_load_acquire(&m->epoch);	/* pairs with the release in new_epoch() */
	bool same = !(epoch & 1) && kxen_mem_state_same(&m->was, s);

	smp_rmb();	/* pairs with the barrier in new_epoch() */
	return same && READ_ONCE(m->epoch) == epoch ? epoch : new_epoch(m, s);
}

/**
 * kxen_gnt_epoch() - Which state the granter's memory is in.
 * @t: the granter's table, held for reading; its VM is there.
 *
 * Context: any but interrupts. Return: the number; 0: it is changing.
 */
u64 kxen_gnt_epoch(struct kxen_gnttab *t)
{
	struct kxen_mem_state s;

	return kxen_glue_mem_state(t->domain->kvm, &s) ? find_epoch(&t->memory, &s) : 0;
}

/* Hold @page if the memory is in state @s still. */
static struct page *hold_again(struct kxen_domain *d, struct page *page,
			       const struct kxen_mem_state *s)
{
	struct kxen_mem_state now;

	if (kxen_memory_charge(d))
		return NULL;
	if (kxen_memory_pin_again(page)) {
		if (kxen_glue_mem_state(d->kvm, &now) && kxen_mem_state_same(&now, s))
			return page;
		/* Nobody has written to it by this. */
		unpin_user_page(page);
	}
	kxen_memory_uncharge(d);
	return NULL;
}

/**
 * kxen_gnt_again() - The page of a grant that was in use before.
 * @t: the granter's table, held for reading; its VM is there.
 * @a: the grant's active entry, locked; nobody uses it.
 * @gfn: the frame that it grants now.
 *
 * Return: the page, held and charged; NULL: it has to be looked for.
 */
struct page *kxen_gnt_again(struct kxen_gnttab *t, const struct kxen_gnt_active *a, u64 gfn)
{
	struct kxen_domain *d = t->domain;
	struct kxen_mem_state s;
	struct page *page;

	if (!a->page || !a->since || a->word >> KXEN_GNT_GFN != gfn || d->is_host)
		return NULL;
	/* Before it is touched: it may have been given back long ago. */
	if (!kxen_glue_mem_state(d->kvm, &s) || find_epoch(&t->memory, &s) != a->since)
		return NULL;
	if (kxen_p2m_word(d, gfn) || kxen_p2m_is_hole(d, gfn))
		return NULL;
	page = hold_again(d, a->page, &s);
	/* Whoever makes it a hole looks for who holds the page: one of both is seen. */
	if (page && kxen_p2m_became_hole(d, gfn)) {
		unpin_user_page(page);
		kxen_memory_uncharge(d);
		page = NULL;
	}
	return page;
}
