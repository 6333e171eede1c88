// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMM gives memory up, or maps something else there: marks go, and pages with them.
 *
 * The kernel says so in a notifier. What it says there need not be so: khugepaged takes a page
 * table away, says so, and puts it back. So the range is noted, and a work item looks, with
 * mmap_lock, under which that is over.
 */
#include <linux/sched/mm.h>

#include "mempaging.h"

/* Entries from here to there whose mark is gone. mmap_lock held. */
static void drop_range(struct kxen_pager *pg, unsigned long from, unsigned long to)
{
	struct kxen_pg_entry *e;
	unsigned long i;

	xa_for_each_range(&pg->by_index, i, e, from >> PAGE_SHIFT, (to - 1) >> PAGE_SHIFT) {
		spin_lock(&pg->lock);
		/* It was found without the lock: again. */
		e = kxen_pg_at(pg, i << PAGE_SHIFT);
		if (e && e->state != KXEN_PG_FREEZING && !kxen_mark_is_at(pg->mm, i << PAGE_SHIFT))
			kxen_pg_dropped(pg, e);
		spin_unlock(&pg->lock);
		cond_resched();
	}
}

/* A work item: has a reference to the pager. */
void kxen_pg_look(struct work_struct *w)
{
	struct kxen_pager *pg = container_of(w, struct kxen_pager, look);
	unsigned long from, to;

	spin_lock(&pg->lock);
	from = pg->look_from;
	to = pg->look_to;
	pg->look_from = ULONG_MAX;
	pg->look_to = 0;
	spin_unlock(&pg->lock);
	if (from < to && mmget_not_zero(pg->mm)) {
		mmap_read_lock(pg->mm);
		drop_range(pg, from, to);
		mmap_read_unlock(pg->mm);
		mmput_async(pg->mm);
	}
	kxen_pager_put(pg);
}

/* Is anything of ours there? A look without the lock: what comes now is not what goes. */
static bool any_there(struct kxen_pager *pg, unsigned long from, unsigned long to)
{
	unsigned long i = from >> PAGE_SHIFT;

	return !xa_empty(&pg->by_index) &&
	       xa_find(&pg->by_index, &i, (to - 1) >> PAGE_SHIFT, XA_PRESENT);
}

static void notifier_range_end(struct mmu_notifier *mn, const struct mmu_notifier_range *r)
{
	struct kxen_pager *pg = container_of(mn, struct kxen_pager, notifier);

	if (r->event != MMU_NOTIFY_UNMAP && r->event != MMU_NOTIFY_CLEAR)
		return;
	if (!any_there(pg, r->start, r->end))
		return;
	spin_lock(&pg->lock);
	pg->look_from = min(pg->look_from, r->start);
	pg->look_to = max(pg->look_to, r->end);
	spin_unlock(&pg->lock);
	refcount_inc(&pg->ref);
	if (!queue_work(kxen_unbound_wq, &pg->look))
		kxen_pager_put(pg);
}

/* The VMM's memory goes as a whole. */
static void notifier_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	kxen_pager_kill(container_of(mn, struct kxen_pager, notifier));
}

const struct mmu_notifier_ops kxen_pg_notifier_ops = {
	.invalidate_range_end = notifier_range_end,
	.release = notifier_release,
};
