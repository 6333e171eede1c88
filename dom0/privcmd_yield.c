// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pager may have a page mapped before it nominates it, which cannot be done while anybody holds
 * the page: so what its own process has of it is taken away for the time of that call, and comes
 * again behind it. The page is the same then, if it was nominated; else it is what the guest has.
 *
 * Another thread that touches the memory meanwhile faults again and again, with nothing held and
 * open to signals, until the call has ended. It ends when it is killed, as that thread is then.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../kvm-xen/dom0_page.h"
#include "../kvm-xen/kxen.h"
#include "privcmd.h"
#include "vma.h"

/**
 * struct privcmd_yield - a page that is away.
 * @map: where, with a reference.
 * @i: which of it.
 * @was: what was there.
 */
struct privcmd_yield {
	struct privcmd_map *map;
	u32 i;
	struct kxen_dom0_page was;
};

/* Can it be taken away? What may be written to would be, behind the pager's back. */
static bool can_yield(const struct kxen_dom0_page *p, const struct kxen_domain *d, u64 gfn)
{
	return p->page && !p->entry && p->read_only && p->d == d && p->gfn == gfn;
}

/* The frame's page in a part of the process's memory, if it is there. */
static bool yield_in(struct vm_area_struct *vma, struct kxen_domain *d, u64 gfn,
		     struct privcmd_yield *y)
{
	struct privcmd_map *map = vma->vm_private_data;
	unsigned long i, end = vma->vm_pgoff + vma_pages(vma);
	bool found = false;

	mutex_lock(&map->lock);
	for (i = vma->vm_pgoff; i < end && !found; i++)
		found = can_yield(&map->page[i], d, gfn);
	if (found) {
		y->map = map;
		y->i = --i;
		y->was = map->page[i];
		refcount_inc(&map->users);
		/* No fault brings it again: it takes the lock. */
		kxen_vma_zap_page(vma, vma->vm_start + ((i - vma->vm_pgoff) << PAGE_SHIFT));
		kxen_dom0_page_away(&map->page[i]);
	}
	mutex_unlock(&map->lock);
	return found;
}

static bool yield_any(struct kxen_domain *d, u64 gfn, struct privcmd_yield *y)
{
	VMA_ITERATOR(vmi, current->mm, 0);
	struct vm_area_struct *vma;

	for_each_vma(vmi, vma)
		if (vma->vm_ops == &kxen_privcmd_vm_ops && vma->vm_private_data &&
		    yield_in(vma, d, gfn, y))
			return true;
	return false;
}

/* NULL: the process has none, or no memory. */
static void *privcmd_yield(struct kxen_domain *d, u64 gfn)
{
	struct privcmd_yield *y = kzalloc(sizeof(*y), GFP_KERNEL_ACCOUNT);
	bool found = false;

	if (!y)
		return NULL;
	if (!mmap_read_lock_killable(current->mm)) {
		found = yield_any(d, gfn, y);
		mmap_read_unlock(current->mm);
	}
	if (found)
		return y;
	kfree(y);
	return NULL;
}

/* It may have been unmapped meanwhile, and its place be another page's. */
static void privcmd_again(void *yield)
{
	struct privcmd_yield *y = yield;
	struct kxen_dom0_page *p = &y->map->page[y->i];
	struct page *page = kxen_dom0_page_find(&y->was);

	mmap_read_lock(current->mm);
	mutex_lock(&y->map->lock);
	if (p->away && p->d == y->was.d && p->gfn == y->was.gfn) {
		p->page = page;
		p->away = !page;
		/* There is none any more: memory with nothing in it. */
		if (!page)
			kxen_privcmd_unmap_page(p);
		page = NULL;
	}
	mutex_unlock(&y->map->lock);
	mmap_read_unlock(current->mm);
	if (page)
		kxen_dom0_page_lose(page);
	kxen_privcmd_map_put(y->map);
	kfree(y);
}

const struct kxen_dom0_maps kxen_privcmd_maps = {
	.yield = privcmd_yield,
	.again = privcmd_again,
};
