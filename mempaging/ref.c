// SPDX-License-Identifier: GPL-2.0-only
/* Pagers: which there are, by domain and by the VMM's memory; references; that one is to end. */
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "mempaging.h"

static LIST_HEAD(pagers);
static DEFINE_SPINLOCK(pagers_lock);

/* The pager of a domain, with a reference, or NULL. Any context. */
struct kxen_pager *kxen_pager_of(struct kxen_domain *d)
{
	struct kxen_pager *pg;

	rcu_read_lock();
	pg = rcu_dereference(d->mempaging->pager);
	if (pg && !refcount_inc_not_zero(&pg->ref))
		pg = NULL;
	rcu_read_unlock();
	return pg;
}

/* The one whose VMM has this memory. Only who has met a mark asks. */
struct kxen_pager *kxen_pager_of_mm(struct mm_struct *mm)
{
	struct kxen_pager *pg, *found = NULL;

	spin_lock(&pagers_lock);
	list_for_each_entry(pg, &pagers, all) {
		if (pg->mm == mm) {
			refcount_inc(&pg->ref);
			found = pg;
			break;
		}
	}
	spin_unlock(&pagers_lock);
	return found;
}

void kxen_pager_put(struct kxen_pager *pg)
{
	if (!refcount_dec_and_test(&pg->ref))
		return;
	mmdrop(pg->mm);
	/* No entries, but nodes behind which there was no memory. */
	xa_destroy(&pg->by_gfn);
	xa_destroy(&pg->by_index);
	kxen_domain_put(pg->d);
	kfree(pg->ring);
	kfree_rcu(pg, rcu);
	module_put(THIS_MODULE);
}

/*
 * Who meets a mark finds it from now on. A mark does not say whose it is, so there is one for a
 * VMM's memory, also if that has several domains: -EBUSY.
 */
int kxen_pager_list(struct kxen_pager *pg)
{
	struct kxen_pager *other;
	int ret = 0;

	spin_lock(&pagers_lock);
	list_for_each_entry(other, &pagers, all)
		if (other->mm == pg->mm)
			ret = -EBUSY;
	if (!ret)
		list_add(&pg->all, &pagers);
	spin_unlock(&pagers_lock);
	return ret;
}

/* And no longer. */
void kxen_pager_unlist(struct kxen_pager *pg)
{
	spin_lock(&pagers_lock);
	list_del(&pg->all);
	spin_unlock(&pagers_lock);
}

/**
 * kxen_pager_kill() - A pager ends: nobody waits for it any more.
 * @pg: the pager.
 *
 * Context: any that may wake somebody up; waits for nobody.
 */
void kxen_pager_kill(struct kxen_pager *pg)
{
	spin_lock(&pg->lock);
	pg->dead = true;
	spin_unlock(&pg->lock);
	kxen_pg_wake_all(pg);
	if (!test_and_set_bit(0, &pg->ending))
		queue_work(kxen_unbound_wq, &pg->end);	/* with the first reference */
}
