// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nominating: from one moment on nobody reaches the page, and its content does not change.
 *
 * The kernel's own preparation for moving pages does that. It splits huge pages, tells KVM and
 * all others who have mapped the memory, flushes, and refuses a page that anybody holds for
 * whatever reason: devices, pipes, O_DIRECT, what this module has pinned for grants, events
 * and vcpu_info. What it has taken out of the page table gets a mark there, and is ours; what
 * has not is put back by the kernel.
 */
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/userfaultfd_k.h>

#include "../kvm-xen/p2m.h"
#include "../kvm-xen/trace.h"
#include "mempaging.h"

/* Where the VMM has a frame that could be paged, or 0. The VM is there. */
static unsigned long pageable_hva(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m at;

	/* What is held could not be frozen; but a huge page would be split for it. */
	if (gfn > KXEN_P2M_MAX_GFN || kxen_gfn_is_held(d, gfn))
		return 0;
	at = kxen_p2m_lookup(d, gfn);
	kxen_p2m_put(&at);
	return at.kind == KXEN_P2M_RAM && !at.offset ? at.hva : 0;
}

/* Is that private memory, which no other interface of the kernel's waits for? */
static bool can_page(const struct vm_area_struct *vma)
{
	return vma && !(vma->vm_flags & (VM_LOCKED | VM_SHARED | VM_SPECIAL | VM_HUGETLB)) &&
	       !userfaultfd_armed((struct vm_area_struct *)vma);
}

static bool freeze_one(struct kxen_pager *pg, struct kxen_pg_entry *e, struct page *page)
{
	bool done;

	spin_lock(&pg->lock);
	done = !pg->dead && kxen_mark_freeze(pg->mm, (unsigned long)e->index << PAGE_SHIFT, page);
	if (done) {
		kxen_pg_frozen(&pg->book, e, page);
		/* Whoever finds it now may free it: its lock is given back before that. */
		unlock_page(page);
		trace_kxen_paging(pg->d->domid, e->gfn, KXEN_TRACE_NOMINATE);
	}
	spin_unlock(&pg->lock);
	return done;
}

/* @n pages from @hva on, in @vma: mmap_lock held. */
static void freeze_pages(struct kxen_pager *pg, struct vm_area_struct *vma, unsigned long hva,
			 u32 n)
{
	struct kxen_pg_run *r = &pg->run;
	struct migrate_vma m = {
		.vma = vma, .src = r->src, .dst = r->dst, .start = hva,
		.end = hva + n * PAGE_SIZE, .flags = MIGRATE_VMA_SELECT_SYSTEM };
	struct page *page;
	u32 i;

	memset(r->src, 0, n * sizeof(*r->src));
	memset(r->dst, 0, n * sizeof(*r->dst));
	if (migrate_vma_setup(&m))
		return;
	for (i = 0; i < n; i++) {
		page = migrate_pfn_to_page(r->src[i]);
		if (!page || !(r->src[i] & MIGRATE_PFN_MIGRATE) || !r->entry[i] ||
		    !freeze_one(pg, r->entry[i], page))
			continue;
		r->entry[i] = NULL;	/* done with */
		r->src[i] = 0;
	}
	migrate_vma_finalize(&m);
}

/* Frames in a row that the VMM has in a row, from the first on; at least one. */
static u32 run_of_frames(struct kxen_pager *pg, const u64 *gfn, u32 nr, unsigned long hva)
{
	u32 n = 1;

	while (n < nr && n < KXEN_PG_RUN && gfn[n] == gfn[0] + n &&
	       pageable_hva(pg->d, gfn[n]) == hva + n * PAGE_SIZE)
		n++;
	return n;
}

static void freeze_run(struct kxen_pager *pg, const u64 *gfn, s32 *res, unsigned long hva, u32 n)
{
	struct kxen_pg_run *r = &pg->run;
	bool mine[KXEN_PG_RUN] = { };
	struct vm_area_struct *vma;
	unsigned long end;
	u32 i;

	kxen_pg_reserve(pg, gfn[0], hva, r->entry, n);
	for (i = 0; i < n; i++)
		mine[i] = r->entry[i];
	if (!mmap_read_lock_killable(pg->mm)) {
		vma = vma_lookup(pg->mm, hva);
		if (can_page(vma)) {
			end = min(vma->vm_end, hva + n * PAGE_SIZE);
			freeze_pages(pg, vma, hva, (end - hva) >> PAGE_SHIFT);
		}
		mmap_read_unlock(pg->mm);
	}
	for (i = 0; i < n; i++) {
		res[i] = mine[i] && !r->entry[i] ? 0 : -EBUSY;
		if (r->entry[i])
			kxen_pg_unreserve(pg, r->entry[i]);
	}
}

/**
 * kxen_pg_nominate() - Nominate pages.
 * @pg: the pager, its batch lock held, its VM there.
 * @gfn: their frames, not trusted.
 * @res: for each 0 or -EBUSY.
 * @nr: how many.
 *
 * Waits for the VMM's mmap_lock, killably. Context: may sleep.
 * Return: how many have a result: all, unless a signal has come or the VMM's memory has gone.
 */
u32 kxen_pg_nominate(struct kxen_pager *pg, const u64 *gfn, s32 *res, u32 nr)
{
	unsigned long hva;
	u32 at = 0, n;

	lockdep_assert_held(&pg->batch);
	if (!mmget_not_zero(pg->mm))
		return 0;
	while (at < nr && !signal_pending(current)) {
		hva = pageable_hva(pg->d, gfn[at]);
		n = hva ? run_of_frames(pg, gfn + at, nr - at, hva) : 1;
		res[at] = -EBUSY;
		if (hva)
			freeze_run(pg, gfn + at, res + at, hva, n);
		at += n;
		cond_resched();
	}
	/* Its owner may have gone: its memory is not ours to end. */
	mmput_async(pg->mm);
	return at;
}
