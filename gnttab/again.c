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

/* Is the granter's memory in that state still? Its table is held for reading; its VM is there. */
bool kxen_gnt_memory_same(struct kxen_gnttab *t, const struct kxen_mem_state *s)
{
	struct kxen_mem_state now;

	return kxen_glue_mem_state(t->domain->kvm, &now) && kxen_mem_state_same(&now, s);
}

/* Hold @page if the memory is in state @s still. */
static struct page *hold_again(struct kxen_gnttab *t, struct page *page,
			       const struct kxen_mem_state *s)
{
	struct kxen_domain *d = t->domain;

	if (kxen_memory_charge(d))
		return NULL;
	if (kxen_memory_pin_again(page)) {
		if (kxen_gnt_memory_same(t, s))
			return page;
		/* Nobody has written to it by this. */
		unpin_user_page(page);
	}
	kxen_memory_uncharge(d);
	return NULL;
}

/*
 * Is @a's page that of @gfn, as far as can be seen before it is held? It is not touched, since it
 * may have been given back long ago. @s: the state that the memory is in.
 */
static bool may_be(struct kxen_gnttab *t, const struct kxen_gnt_active *a, u64 gfn,
		   struct kxen_mem_state *s)
{
	struct kxen_domain *d = t->domain;

	if (!a->page || !a->since || a->word >> KXEN_GNT_GFN != gfn || d->is_host)
		return false;
	if (!kxen_glue_mem_state(d->kvm, s) || find_epoch(&t->memory, s) != a->since)
		return false;
	return !kxen_p2m_word(d, gfn) && !kxen_p2m_is_hole(d, gfn);
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

	if (!may_be(t, a, gfn, &s))
		return NULL;
	page = hold_again(t, a->page, &s);
	/* Whoever makes it a hole looks for who holds the page: one of both is seen. */
	if (page && kxen_p2m_became_hole(d, gfn)) {
		unpin_user_page(page);
		kxen_memory_uncharge(d);
		page = NULL;
	}
	return page;
}

/**
 * kxen_gnt_again_briefly() - The same for a use that ends before the entry is unlocked.
 * @t: as there.
 * @a: as there.
 * @gfn: as there.
 * @s: filled in: the state that the memory is in. Who writes looks behind that whether it is
 *	the same still (kxen_gnt_memory_same()): if not, what he wrote may be nowhere.
 *
 * Nothing is looked at for holes: they come as ever, and who has said that the entry is in use
 * asks then.
 * Return: the page, for put_page(), not charged; NULL: as there.
 */
struct page *kxen_gnt_again_briefly(struct kxen_gnttab *t, const struct kxen_gnt_active *a,
				    u64 gfn, struct kxen_mem_state *s)
{
	if (!may_be(t, a, gfn, s) || !kxen_memory_get_again(a->page))
		return NULL;
	if (kxen_gnt_memory_same(t, s))
		return a->page;
	put_page(a->page);
	return NULL;
}
