// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /dev/xen/privcmd maps: pages of guests by their frames, and of grant tables.
 *
 * mmap() gives a process memory with nothing in it; MMAPBATCH and MMAP_RESOURCE fill it. Guests'
 * pages are brought and held with no lock, and only then become the process's, all that a call has
 * got at once. As with gntdev they are page frames (VM_PFNMAP), which neither move nor are
 * inherited; each is held until unmapping takes it away (kvm-xen/dom0_page.c says how).
 */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/privcmd.h>

#include "../gnttab/gnttab.h"
#include "../kvm-xen/dom0_page.h"
#include "../kvm-xen/kxen.h"
#include "privcmd.h"
#include "vma.h"

/* Pages: the kernel makes no larger tables of them for one process. */
#define MOST	(INT_MAX / sizeof(struct kxen_dom0_page) - 64)

static unsigned int privcmd_limit = 1 << 20;
module_param(privcmd_limit, uint, 0644);
MODULE_PARM_DESC(privcmd_limit, "Pages that may be mapped by /dev/xen/privcmd");

static unsigned int privcmd_pages;
module_param(privcmd_pages, uint, 0444);
MODULE_PARM_DESC(privcmd_pages, "Pages that are mapped by /dev/xen/privcmd");

static u32 limit(void)
{
	return min_t(u32, READ_ONCE(privcmd_limit), MOST);
}

static bool charge(void)
{
	unsigned int now = READ_ONCE(privcmd_pages);

	do {
		if (now >= limit())
			return false;
	} while (!try_cmpxchg(&privcmd_pages, &now, now + 1));
	return true;
}

static void uncharge(void)
{
	unsigned int now = READ_ONCE(privcmd_pages);

	while (!try_cmpxchg(&privcmd_pages, &now, now - 1))
		;
}

/* What is there of a page goes, if anything is. No process reaches it. */
void kxen_privcmd_unmap_page(struct kxen_dom0_page *p)
{
	if (!p->page && !p->away)
		return;
	kxen_dom0_page_unmap(p);
	uncharge();
}

void kxen_privcmd_map_put(struct privcmd_map *map)
{
	if (refcount_dec_and_test(&map->users))
		kvfree(map);
}

/* --- memory of the process ----------------------------------------------------------------- */

/* One that is split goes on as two; anything else is about to be refused, as in gntdev.c. */
static void privcmd_vm_open(struct vm_area_struct *vma)
{
	struct privcmd_map *map = vma->vm_private_data;

	if (!map)
		return;
	if (vma->vm_mm == map->mm && vma->vm_start - map->start == vma->vm_pgoff << PAGE_SHIFT)
		refcount_inc(&map->users);
	else
		vma->vm_private_data = NULL;
}

/* Its pages are not in any page table, or TLB, any more. */
static void privcmd_vm_close(struct vm_area_struct *vma)
{
	struct privcmd_map *map = vma->vm_private_data;
	unsigned long i;

	if (!map)
		return;
	/* A split that fails leaves an empty one, which is nowhere. */
	for (i = vma->vm_pgoff; i < vma->vm_pgoff + vma_pages(vma); i++) {
		/* Who brings one back that is away finds it, and is not kept out by mmap_lock. */
		mutex_lock(&map->lock);
		kxen_privcmd_unmap_page(&map->page[i]);
		mutex_unlock(&map->lock);
		cond_resched();
	}
	kxen_privcmd_map_put(map);
}

static int privcmd_vm_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

/* Its page and some more; where nothing is, none is ever brought. */
static vm_fault_t privcmd_vm_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address & PAGE_MASK;
	struct privcmd_map *map = vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS, more;
	const struct page *page;
	u32 i;

	if (!map)
		return ret;
	mutex_lock(&map->lock);
	/* One that is away for a moment comes again, and so does who faults. */
	if (map->page[vmf->pgoff].away)
		ret = VM_FAULT_NOPAGE;
	for (i = 0; i < KXEN_VMA_AROUND && addr < vma->vm_end; i++, addr += PAGE_SIZE) {
		page = map->page[vmf->pgoff + i].page;
		if (!page)
			break;
		more = vmf_insert_pfn(vma, addr, page_to_pfn(page));
		if (!i)
			ret = more;
		if (more != VM_FAULT_NOPAGE)
			break;
	}
	mutex_unlock(&map->lock);
	return ret;
}

const struct vm_operations_struct kxen_privcmd_vm_ops = {
	.open = privcmd_vm_open,
	.close = privcmd_vm_close,
	.mremap = privcmd_vm_mremap,
	.fault = privcmd_vm_fault,
};

/**
 * kxen_privcmd_mmap() - Memory with nothing in it.
 * @file: the file.
 * @vma: the memory.
 *
 * Context: the process's own thread, its mmap_lock held for writing.
 * Return: 0; -EINVAL at another offset than 0, or for private memory that can be written to;
 * -ENOMEM.
 */
int kxen_privcmd_mmap(struct file *file, struct vm_area_struct *vma)
{
	bool read_only = !(vma->vm_flags & VM_WRITE);
	struct privcmd_map *map;

	if (vma->vm_pgoff || (!read_only && !(vma->vm_flags & VM_SHARED)))
		return -EINVAL;
	if (vma_pages(vma) > limit())
		return -ENOMEM;
	map = kvzalloc(struct_size(map, page, vma_pages(vma)), GFP_KERNEL_ACCOUNT);
	if (!map)
		return -ENOMEM;
	refcount_set(&map->users, 1);
	mutex_init(&map->lock);
	map->read_only = read_only;
	map->mm = vma->vm_mm;
	map->start = vma->vm_start;
	kxen_vma_frames(vma, read_only);
	vma->vm_ops = &kxen_privcmd_vm_ops;
	vma->vm_private_data = map;
	return 0;
}

/* --- filling it ------------------------------------------------------------------------------ */

/**
 * struct privcmd_want - what a call wants to fill in.
 * @addr: the process's address.
 * @nr: how many pages.
 * @whole: the first time it has to be all of a map's memory.
 * @map: where, with a reference, by privcmd_claim().
 * @first: which page of it is the first.
 * @page: @nr of them, as far as they have come.
 */
struct privcmd_want {
	u64 addr;
	u32 nr;
	bool whole;
	struct privcmd_map *map;
	u32 first;
	struct kxen_dom0_page *page;
};

/* The map that has all that is wanted; the process's mmap_lock is held. */
static struct privcmd_map *map_of(struct privcmd_want *w, bool *whole)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, w->addr);

	if (!vma || vma->vm_ops != &kxen_privcmd_vm_ops || !vma->vm_private_data)
		return NULL;
	if ((u64)w->nr << PAGE_SHIFT > vma->vm_end - w->addr)
		return NULL;
	w->first = vma->vm_pgoff + ((w->addr - vma->vm_start) >> PAGE_SHIFT);
	*whole = w->addr == vma->vm_start && w->nr == vma_pages(vma);
	return vma->vm_private_data;
}

static int claim_locked(struct privcmd_want *w, struct privcmd_map *map, bool whole)
{
	u32 i;

	lockdep_assert_held(&map->lock);
	if (w->whole && !map->used && !whole)
		return -EINVAL;
	for (i = 0; i < w->nr; i++)
		if (map->page[w->first + i].page || map->page[w->first + i].away)
			return -EINVAL;
	map->used = true;
	return 0;
}

/* Is it memory of ours, with nothing in it? 0; -EINVAL; -EINTR. */
static int privcmd_claim(struct privcmd_want *w)
{
	struct privcmd_map *map;
	int ret = -EINVAL;
	bool whole;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	map = map_of(w, &whole);
	if (map) {
		mutex_lock(&map->lock);
		ret = claim_locked(w, map, whole);
		mutex_unlock(&map->lock);
	}
	if (!ret) {
		refcount_inc(&map->users);
		w->map = map;
	}
	mmap_read_unlock(current->mm);
	return ret;
}

static void fill_page(struct kxen_dom0_page *to, struct kxen_dom0_page *from)
{
	if (!from->page || to->page || to->away)
		return;
	*to = *from;
	from->page = NULL;
}

/* What has come becomes the process's, if its memory is there still. 0; -EINVAL; -EINTR. */
static int privcmd_fill(struct privcmd_want *w)
{
	bool whole, there;
	u32 i;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	there = map_of(w, &whole) == w->map;
	if (there) {
		mutex_lock(&w->map->lock);
		for (i = 0; i < w->nr; i++)
			fill_page(&w->map->page[w->first + i], &w->page[i]);
		mutex_unlock(&w->map->lock);
	}
	mmap_read_unlock(current->mm);
	return there ? 0 : -EINVAL;
}

/* What was not filled in is given back. */
static void privcmd_want_end(struct privcmd_want *w)
{
	u32 i;

	for (i = 0; w->page && i < w->nr; i++) {
		kxen_privcmd_unmap_page(&w->page[i]);
		cond_resched();
	}
	if (w->map)
		kxen_privcmd_map_put(w->map);
	kvfree(w->page);
}

static int privcmd_want_alloc(struct privcmd_want *w)
{
	w->page = kvcalloc(w->nr, sizeof(*w->page), GFP_KERNEL_ACCOUNT);
	return w->page ? 0 : -ENOMEM;
}

/* --- MMAPBATCH_V2, MMAPBATCH ------------------------------------------------------------------ */

/**
 * struct privcmd_batch - a call.
 * @u: its argument.
 * @d: the domain; NULL: there is none.
 * @old: MMAPBATCH, whose argument has no @u.err.
 * @gfn: the frames.
 * @err: what became of each.
 */
struct privcmd_batch {
	struct privcmd_mmapbatch_v2 u;
	struct kxen_domain *d;
	bool old;
	u64 *gfn;
	int *err;
};

static int map_frame(struct privcmd_batch *b, struct privcmd_want *w, u32 i)
{
	int ret;

	if (!b->d)
		return -ESRCH;
	if (!charge())
		return -ENOMEM;
	ret = kxen_dom0_page_map(b->d, b->gfn[i], w->map->read_only, &w->page[i]);
	if (ret)
		uncharge();
	return ret;
}

/* Each by itself: 0; -ENOENT if one is paged out; -EINTR for a task that is being killed. */
static int map_frames(struct privcmd_batch *b, struct privcmd_want *w)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < w->nr; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		b->err[i] = map_frame(b, w, i);
		if (b->err[i] == -ENOENT)
			ret = -ENOENT;
		cond_resched();
	}
	return ret;
}

/* In the upper bits of the frame, where the old call has no other place. */
static int put_error(const struct privcmd_batch *b, u32 i)
{
	xen_pfn_t __user *gfn = (xen_pfn_t __user *)b->u.arr + i;
	u64 bits = b->err[i] == -ENOENT ? PRIVCMD_MMAPBATCH_PAGED_ERROR :
					  PRIVCMD_MMAPBATCH_MFN_ERROR;

	return b->old ? put_user(b->gfn[i] | bits, gfn) : put_user(b->err[i], b->u.err + i);
}

static int put_errors(const struct privcmd_batch *b)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < b->u.num && !ret; i++)
		if (b->err[i])
			ret = put_error(b, i);
	return ret;
}

/* The caller's arrays: the frames, and errors, of which there are none yet. */
static int get_frames(struct privcmd_batch *b)
{
	u32 nr = b->u.num;

	b->gfn = kvmalloc_array(nr, sizeof(*b->gfn), GFP_KERNEL_ACCOUNT);
	b->err = kvcalloc(nr, sizeof(*b->err), GFP_KERNEL_ACCOUNT);
	if (!b->gfn || !b->err)
		return -ENOMEM;
	static_assert(sizeof(*b->gfn) == sizeof(xen_pfn_t));
	if (copy_from_user(b->gfn, b->u.arr, nr * sizeof(*b->gfn)))
		return -EFAULT;
	if (!b->old && clear_user(b->u.err, nr * sizeof(*b->u.err)))
		return -EFAULT;
	return 0;
}

static long mmap_batch(struct privcmd_batch *b)
{
	struct privcmd_want w = { .addr = b->u.addr, .nr = b->u.num, .whole = true };
	long ret = get_frames(b) ?: privcmd_want_alloc(&w) ?: privcmd_claim(&w);
	long more;

	if (!ret) {
		ret = map_frames(b, &w);
		more = ret == -EINTR ? ret : privcmd_fill(&w) ?: put_errors(b);
		ret = more ?: ret;
	}
	privcmd_want_end(&w);
	kvfree(b->gfn);
	kvfree(b->err);
	return ret;
}

/* The host's own have no frames. */
static int batch_domain(struct privcmd_batch *b)
{
	if (b->u.dom == kxen_dom0->domid || b->u.dom == DOMID_SELF)
		return -EINVAL;
	b->d = b->u.dom < DOMID_FIRST_RESERVED ? kxen_domain_get(b->u.dom) : NULL;
	return 0;
}

/**
 * kxen_privcmd_mmap_batch() - Map frames of a guest's.
 * @f: the file.
 * @u: the argument.
 * @old: it is MMAPBATCH's.
 *
 * Context: the process's own thread, no lock held; may sleep, for as long as a page takes.
 * Return: 0, each frame has its error; -ENOENT: likewise, and some are paged out; else -errno, with
 * nothing mapped but for -EFAULT where errors cannot be written.
 */
long kxen_privcmd_mmap_batch(struct privcmd_file *f, void __user *u, bool old)
{
	struct privcmd_batch b = { .old = old };
	size_t size = old ? sizeof(struct privcmd_mmapbatch) : sizeof(b.u);
	long ret;

	if (copy_from_user(&b.u, u, size))
		return -EFAULT;
	if (!kxen_privcmd_may(f, b.u.dom))
		return -EPERM;
	/* A page of the host's is not to show more than was asked for. */
	if (!b.u.num || KXEN_FRAMES_SHIFT)
		return -EINVAL;
	if (b.u.num > limit())
		return -ENOMEM;
	ret = batch_domain(&b);
	if (!ret)
		ret = mmap_batch(&b);
	if (b.d)
		kxen_domain_put(b.d);
	return ret;
}

/* --- MMAP_RESOURCE ------------------------------------------------------------------------- */

static int take_frame(struct kxen_domain *d, const struct privcmd_mmap_resource *r, u32 i,
		      struct privcmd_want *w)
{
	struct page *page;
	int ret;

	if (!charge())
		return -ENOMEM;
	ret = kxen_gnt_host_frame(d, r->id, r->idx + i, &page);
	if (!ret)
		ret = kxen_dom0_page_give(d, page, &w->page[i]);
	if (ret)
		uncharge();
	return ret;
}

/* All, or none; the last one first, so that what is missing is made at once. */
static long map_resource(struct kxen_domain *d, const struct privcmd_mmap_resource *r)
{
	struct privcmd_want w = { .addr = r->addr & PAGE_MASK, .nr = r->num };
	long ret = privcmd_want_alloc(&w) ?: privcmd_claim(&w);
	u32 i;

	for (i = r->num; i-- > 0 && !ret;)
		ret = take_frame(d, r, i, &w);
	if (!ret)
		ret = privcmd_fill(&w);
	privcmd_want_end(&w);
	return ret;
}

static long of_domain(struct kxen_domain *d, const struct privcmd_mmap_resource *r,
		      struct privcmd_mmap_resource __user *u)
{
	u32 nr;

	if (d == kxen_dom0)
		return -EPERM;
	if (r->type != XENMEM_resource_grant_table)
		return -EOPNOTSUPP;
	nr = kxen_gnt_host_frames(d, r->id);
	if (!nr)
		return -EINVAL;
	if (!r->num)
		return put_user((u64)nr, &u->num);
	if (r->idx >= nr || r->num > nr - r->idx || KXEN_FRAMES_SHIFT)
		return -EINVAL;
	return map_resource(d, r);
}

/**
 * kxen_privcmd_mmap_resource() - Map frames of a grant table, or say how many there can be.
 * @f: the file.
 * @u: the argument, struct privcmd_mmap_resource; neither address nor number: the question.
 *
 * Context: the process's own thread, no lock held; may sleep.
 * Return: 0; -EPERM, -ESRCH, -EINVAL, -EOPNOTSUPP, -ENOMEM, -EFAULT, with nothing mapped.
 */
long kxen_privcmd_mmap_resource(struct privcmd_file *f, void __user *u)
{
	struct privcmd_mmap_resource r;
	struct kxen_domain *d;
	long ret;

	if (copy_from_user(&r, u, sizeof(r)))
		return -EFAULT;
	if (!kxen_privcmd_may(f, r.dom))
		return -EPERM;
	if (!r.addr != !r.num)
		return -EINVAL;
	d = kxen_domain_get(r.dom);
	if (!d)
		return -ESRCH;
	ret = of_domain(d, &r, u);
	kxen_domain_put(d);
	return ret;
}
