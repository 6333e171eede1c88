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

/* @n pages of the run from @first on, in @vma, which begins at @hva: mmap_lock held. */
static void freeze_pages(struct kxen_pager *pg, struct vm_area_struct *vma, unsigned long hva,
			 u32 first, u32 n)
{
	struct kxen_pg_run *r = &pg->run;
	unsigned long *src = r->src + first, *dst = r->dst + first;
	struct kxen_pg_entry **entry = r->entry + first;
	struct migrate_vma m = {
		.vma = vma, .src = src, .dst = dst, .start = hva + first * PAGE_SIZE,
		.end = hva + (first + n) * PAGE_SIZE, .flags = MIGRATE_VMA_SELECT_SYSTEM };
	struct page *page;
	u32 i;

	memset(src, 0, n * sizeof(*src));
	memset(dst, 0, n * sizeof(*dst));
	if (migrate_vma_setup(&m))
		return;
	for (i = 0; i < n; i++) {
		page = migrate_pfn_to_page(src[i]);
		if (!page || !(src[i] & MIGRATE_PFN_MIGRATE) || !entry[i] ||
		    !freeze_one(pg, entry[i], page))
			continue;
		entry[i] = NULL;	/* done with */
		src[i] = 0;
	}
	migrate_vma_finalize(&m);
}

/*
 * The same, without those that KSM has: mmap_lock held for writing. The kernel puts a page back
 * where KSM says that it is, and KSM knows that of a page only some time after it is in the page
 * table: behind mmap_lock, which ksmd has for reading. What is not found stays a page on its way,
 * for ever. So what is KSM's is left alone, and while the lock is held nothing becomes that.
 */
static void freeze_unmerged(struct kxen_pager *pg, struct vm_area_struct *vma, unsigned long hva,
			    u32 n)
{
	u32 i, from = 0;

	mmap_assert_write_locked(pg->mm);
	for (i = 0; i < n; i++) {
		if (!kxen_mark_is_ksm(pg->mm, hva + i * PAGE_SIZE))
			continue;
		if (i > from)
			freeze_pages(pg, vma, hva, from, i - from);
		from = i + 1;
	}
	if (n > from)
		freeze_pages(pg, vma, hva, from, n - from);
}

/*
 * mmap_lock for writing, unless that takes long. Nobody queues for it: who sleeps for a page may
 * have it for reading, and readers wait behind a writer. No mapping is changed, so it is the lock
 * alone: whoever has a mapping's own goes on.
 */
static bool write_lock_soon(struct mm_struct *mm)
{
	unsigned long until = jiffies + HZ / 10;

	while (!down_write_trylock(&mm->mmap_lock)) {
		if (time_after(jiffies, until) || signal_pending(current))
			return false;
		schedule_timeout_interruptible(1);
	}
	return true;
}

static bool has_ksm(const struct vm_area_struct *vma)
{
	return vma && vma->vm_flags & VM_MERGEABLE;
}

/* Up to @n pages from @hva on, as many as are in one mapping. */
static void freeze_at(struct kxen_pager *pg, unsigned long hva, u32 n)
{
	struct vm_area_struct *vma;
	bool write;

	if (mmap_read_lock_killable(pg->mm))
		return;
	vma = vma_lookup(pg->mm, hva);
	write = has_ksm(vma);
	if (write) {
		mmap_read_unlock(pg->mm);
		if (!write_lock_soon(pg->mm))
			return;
		vma = vma_lookup(pg->mm, hva);
	}
	if (can_page(vma)) {
		n = (min(vma->vm_end, hva + n * PAGE_SIZE) - hva) >> PAGE_SHIFT;
		if (write)
			freeze_unmerged(pg, vma, hva, n);
		else
			freeze_pages(pg, vma, hva, 0, n);
	}
	if (write)
		up_write(&pg->mm->mmap_lock);
	else
		mmap_read_unlock(pg->mm);
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
	u32 i;

	kxen_pg_reserve(pg, gfn[0], hva, r->entry, n);
	for (i = 0; i < n; i++)
		mine[i] = r->entry[i];
	freeze_at(pg, hva, n);
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
 * Waits for the VMM's mmap_lock, killably; where KSM may merge pages it is wanted for writing, and
 * waited for no longer than a tenth of a second. Context: may sleep.
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
