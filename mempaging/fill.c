// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the pager does with a page that is nominated or out: reads it, takes it out, brings it back.
 * None of this waits for the VMM: neither for its locks nor for its memory.
 */
#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>

#include "../kvm-xen/guest_word.h"
#include "../kvm-xen/kvm/calls.h"
#include "../kvm-xen/trace.h"
#include "mempaging.h"

/**
 * kxen_pg_evict_one() - Take a nominated page out.
 * @pg: the pager.
 * @gfn: its frame, not trusted.
 *
 * Context: may sleep. Return: 0; -EBUSY: it is not nominated any more, or somebody looks at it.
 */
int kxen_pg_evict_one(struct kxen_pager *pg, u64 gfn)
{
	struct page *frame = NULL;
	struct kxen_pg_entry *e;

	spin_lock(&pg->lock);
	e = pg->dead ? NULL : kxen_pg_of(pg, gfn);
	/* No page table has it: who holds it besides us looks at the frame, or did before. */
	if (e && e->state == KXEN_PG_NOMINATED && page_count(e->frame) == 1) {
		frame = kxen_pg_evict(&pg->book, e);
		trace_kxen_paging(pg->d->domid, gfn, KXEN_TRACE_EVICT);
	}
	spin_unlock(&pg->lock);
	if (!frame)
		return -EBUSY;
	kxen_mark_free_frame(frame);
	return 0;
}

/* The frame of a nominated page, with a reference, or NULL. */
static struct page *get_frame(struct kxen_pager *pg, u64 gfn)
{
	struct page *frame = NULL;
	struct kxen_pg_entry *e;

	spin_lock(&pg->lock);
	e = kxen_pg_of(pg, gfn);
	if (e && e->state == KXEN_PG_NOMINATED) {
		frame = e->frame;
		get_page(frame);
	}
	spin_unlock(&pg->lock);
	return frame;
}

/**
 * kxen_pg_read_one() - Copy what is in a nominated page to the calling process.
 * @pg: the pager.
 * @gfn: its frame, not trusted.
 * @buf: a page of the process's memory.
 *
 * Context: may sleep, for as long as the process's own memory likes: until then the page cannot be
 * taken out. Return: 0; -ENOENT: it is not nominated any more; -EFAULT.
 */
int kxen_pg_read_one(struct kxen_pager *pg, u64 gfn, void __user *buf)
{
	struct page *frame = get_frame(pg, gfn);
	int ret = 0;

	if (!frame)
		return -ENOENT;
	while (!kxen_guest_to_user(buf, kxen_gptr_page(frame, 0), PAGE_SIZE)) {
		if (fault_in_writeable(buf, PAGE_SIZE) || fatal_signal_pending(current)) {
			ret = -EFAULT;
			break;
		}
	}
	put_page(frame);
	return ret;
}

/* A new page of the VMM's, with this in it, or an error pointer. */
static struct page *make_new_frame(struct kxen_pager *pg, const void __user *buf)
{
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NORETRY | __GFP_NOWARN);
	int ret = 0;

	if (!page)
		return ERR_PTR(-ENOMEM);
	/* At its group's limit nobody is killed for it: the pager is told, and comes again. */
	if (!mem_cgroup_disabled())
		ret = kxen_kvm(__mem_cgroup_charge)(page_folio(page), pg->mm,
						    GFP_KERNEL | __GFP_NORETRY |
						    __GFP_NOWARN);
	while (!ret && !kxen_guest_from_user(kxen_gptr_page(page, 0), buf, PAGE_SIZE))
		if (fault_in_readable(buf, PAGE_SIZE) || fatal_signal_pending(current))
			ret = -EFAULT;
	if (ret) {
		put_page(page);
		return ERR_PTR(ret);
	}
	__folio_mark_uptodate(page_folio(page));
	return page;
}

/* Is there anything to bring back? 1: with the pager's content; 0: it is there; -ENOENT. */
static int missing_page(struct kxen_pager *pg, u64 gfn)
{
	struct kxen_pg_entry *e;
	int ret = -ENOENT;

	spin_lock(&pg->lock);
	e = kxen_pg_of(pg, gfn);
	if (e && e->state != KXEN_PG_FREEZING)
		ret = e->state == KXEN_PG_OUT;
	spin_unlock(&pg->lock);
	return ret;
}

/*
 * A frame is there now, @page if that is one; else it is freed. 0, -ENOENT or -ESHUTDOWN; -EAGAIN:
 * it has gone out meanwhile, and a page is needed.
 */
static int give_new_frame(struct kxen_pager *pg, u64 gfn, struct page *page, unsigned long *hva)
{
	struct kxen_pg_entry *e;
	int ret = -ENOENT;

	spin_lock(&pg->lock);
	e = kxen_pg_of(pg, gfn);
	if (pg->dead) {
		ret = -ESHUTDOWN;
	} else if (e && e->state == KXEN_PG_OUT && !page) {
		ret = -EAGAIN;
	} else if (e && e->state != KXEN_PG_FREEZING) {
		if (kxen_pg_fill(&pg->book, e, page))
			page = NULL;
		*hva = (unsigned long)e->index << PAGE_SHIFT;
		trace_kxen_paging(pg->d->domid, gfn, KXEN_TRACE_FILL);
		ret = 0;
	}
	spin_unlock(&pg->lock);
	if (page)
		put_page(page);
	return ret;
}

/*
 * Into the page table, if nobody is in the way: else who faults next does it. The VMM's lock is not
 * waited for, since who waits for this page may have it.
 */
static void try_install(struct kxen_pager *pg, unsigned long hva)
{
	struct vm_area_struct *vma;
	struct kxen_pg_entry *e;

	if (!mmget_not_zero(pg->mm))
		return;
	if (mmap_read_trylock(pg->mm)) {
		vma = vma_lookup(pg->mm, hva);
		spin_lock(&pg->lock);
		e = kxen_pg_at(pg, hva);
		if (e && e->state == KXEN_PG_IN && (!vma || !kxen_pg_install(pg, vma, e)))
			kxen_pg_dropped(pg, e);
		spin_unlock(&pg->lock);
		mmap_read_unlock(pg->mm);
	}
	mmput_async(pg->mm);
}

/**
 * kxen_pg_fill_one() - Bring a page back.
 * @pg: the pager.
 * @gfn: its frame, not trusted.
 * @buf: what was in it; not looked at if the page is there still.
 *
 * Whoever waits for it goes on. Context: may sleep, for as long as the calling process's own memory
 * likes. Return: 0; -ENOENT: it is neither nominated nor out; -ENOMEM; -EFAULT; -ESHUTDOWN.
 */
int kxen_pg_fill_one(struct kxen_pager *pg, u64 gfn, const void __user *buf)
{
	unsigned long hva = 0;
	struct page *page;
	int ret;

	/* Another thread of the pager's may take it out between the two looks: once more then. */
	do {
		ret = missing_page(pg, gfn);
		if (ret < 0)
			return ret;
		page = ret ? make_new_frame(pg, buf) : NULL;
		if (IS_ERR(page))
			return PTR_ERR(page);
		ret = give_new_frame(pg, gfn, page, &hva);
	} while (ret == -EAGAIN && !fatal_signal_pending(current));
	if (ret)
		return ret;
	try_install(pg, hva);
	kxen_pg_wake(pg, hva);
	return 0;
}
