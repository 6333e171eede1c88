// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/gntdev, as Linux has it in domain 0 on Xen: libxengnttab and all that is built on it
 * work unmodified.
 *
 * MAP_GRANT_REF makes an index, which stands for pages that guests have granted. mmap() there maps
 * all of them, or none (CVE-2022-50257), and munmap unmaps what it takes away. A page of a
 * guest's is its VMM's, mostly anonymous, which the kernel lets nobody else map as such: so what
 * is mapped are page frames (VM_PFNMAP), held by the grant. Nobody can hold them by the
 * process's address (get_user_pages).
 *
 * A map belongs to the process that has made it, at its address: it neither moves nor is
 * inherited. A part of it can be unmapped.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <xen/interface/grant_table.h>
#include <xen/gntdev.h>

#include "../gnttab/gnttab.h"
#include "../kvm-xen/kxen.h"
#include "dom0_internal.h"
#include "gntdev.h"
#include "unmap_notify.h"
#include "vma.h"

static unsigned int gntdev_limit = 64 << 10;
module_param(gntdev_limit, uint, 0644);
MODULE_PARM_DESC(gntdev_limit, "Pages that a map of /dev/xen/gntdev may have");

/**
 * struct gntdev_file - one open file.
 * @lock: @maps, and of each whether it is mapped, and its @notify. Taken with mmap_lock held:
 *	nobody copies to or from the process under it.
 * @maps: the maps that have an index, by that, in pages.
 * @next: the next index. That of the last map is the next one's when it goes, so that who maps page
 *	after page needs no node of @maps for each; no other one is used twice.
 */
struct gntdev_file {
	struct mutex lock;	/* maps */
	struct xarray maps;
	unsigned long next;
};

/**
 * struct gntdev_page - a page of a map.
 * @grant: what the process has asked for.
 * @m: the grant, while it is mapped; else @m.page is NULL.
 *
 * Written by mmap(), before, and by munmap, after anybody can reach the page; with the file's
 * lock, which a fault does without.
 */
struct gntdev_page {
	struct ioctl_gntdev_grant_ref grant;
	struct kxen_gnt_map m;
};

/**
 * struct gntdev_map - pages that are mapped together.
 * @users: its index, each part of memory where it is mapped, and whoever waits for its pages.
 * @index: in pages.
 * @count: of pages.
 * @used: it is mapped, or was.
 * @mm: where, as @start; only compared.
 * @start: address of its first page.
 * @notify: what becomes of the last one's end.
 * @page: the pages.
 */
struct gntdev_map {
	refcount_t users;
	unsigned long index;
	u32 count;
	bool used;
	const struct mm_struct *mm;
	unsigned long start;
	struct kxen_unmap_notify notify;
	struct gntdev_page page[];
};

static void gntdev_map_put(struct gntdev_map *map)
{
	if (!refcount_dec_and_test(&map->users))
		return;
	kxen_unmap_notify_end(&map->notify, true);
	kvfree(map);
}

/* --- pages -------------------------------------------------------------------------- */

static int gntdev_map_page(struct gntdev_page *p, bool read_only)
{
	if (p->grant.domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	if (fatal_signal_pending(current))
		return -EINTR;
	return kxen_gnt_host_map(p->grant.domid, p->grant.ref, read_only, &p->m);
}

static void gntdev_unmap_page(struct gntdev_map *map, u32 i)
{
	struct gntdev_page *p = &map->page[i];

	if (!p->m.page)
		return;
	if (map->notify.at >> PAGE_SHIFT == i && !p->m.read_only)
		kxen_unmap_notify_clear(&map->notify, p->m.page);
	kxen_gnt_host_unmap(&p->m);
	p->m.page = NULL;
}

static void gntdev_unmap_pages(struct gntdev_map *map, u32 first, u32 nr)
{
	u32 i;

	for (i = first; i < first + nr; i++) {
		gntdev_unmap_page(map, i);
		cond_resched();
	}
}

/* All, or none. */
static int gntdev_map_pages(struct gntdev_map *map, bool read_only)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < map->count; i++) {
		ret = gntdev_map_page(&map->page[i], read_only);
		if (ret)
			map->page[i].m.page = NULL;
		cond_resched();
	}
	if (ret)
		gntdev_unmap_pages(map, 0, i);
	return ret;
}

/* --- pages that have to be waited for --------------------------------------------------- */

struct gntdev_wait {
	struct callback_head work;
	struct file *file;
	struct gntdev_map *map;
};

/* On the way out of mmap(), where nothing is held; a signal that kills ends it. */
static void gntdev_wait(struct callback_head *work)
{
	struct gntdev_wait *w = container_of(work, struct gntdev_wait, work);
	struct gntdev_map *map = w->map;
	u32 i;

	for (i = 0; i < map->count && !fatal_signal_pending(current); i++) {
		if (map->page[i].grant.domid < DOMID_FIRST_RESERVED)
			kxen_gnt_host_bring(map->page[i].grant.domid, map->page[i].grant.ref);
		cond_resched();
	}
	gntdev_map_put(map);
	fput(w->file);
	kfree(w);
}

/*
 * mmap() may not wait for the memory of a VMM's, which may be waiting for this process's
 * mmap_lock. So it fails, with what libxengnttab tries again at, and is waited for later. Who
 * cannot even do that waits at the next attempt.
 */
static void gntdev_wait_later(struct file *file, struct gntdev_map *map)
{
	struct gntdev_wait *w = kmalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);

	if (!w)
		return;
	init_task_work(&w->work, gntdev_wait);
	w->file = get_file(file);
	w->map = map;
	refcount_inc(&map->users);
	if (!task_work_add(current, &w->work, TWA_RESUME))
		return;
	gntdev_map_put(map);
	fput(file);
	kfree(w);
}

/* --- memory of the process ----------------------------------------------------------------- */

/* The part of @map that @vma has: its first page. */
static u32 gntdev_vm_first(const struct vm_area_struct *vma, const struct gntdev_map *map)
{
	return vma->vm_pgoff - map->index;
}

/*
 * One that is split goes on as two, each with pages of its own. Anything else would be a second
 * place, where nothing is to be seen: it is about to be refused (gntdev_vm_mremap()).
 */
static void gntdev_vm_open(struct vm_area_struct *vma)
{
	struct gntdev_map *map = vma->vm_private_data;

	if (!map)
		return;
	if (vma->vm_mm == map->mm &&
	    vma->vm_start - map->start == (unsigned long)gntdev_vm_first(vma, map) << PAGE_SHIFT)
		refcount_inc(&map->users);
	else
		vma->vm_private_data = NULL;
}

/* Its pages are not in any page table, or TLB, any more. */
static void gntdev_vm_close(struct vm_area_struct *vma)
{
	struct gntdev_map *map = vma->vm_private_data;
	struct gntdev_file *f;

	if (!map)
		return;
	/* A split that fails leaves an empty one, which is nowhere. */
	if (vma_pages(vma)) {
		f = vma->vm_file->private_data;
		mutex_lock(&f->lock);
		gntdev_unmap_pages(map, gntdev_vm_first(vma, map), vma_pages(vma));
		mutex_unlock(&f->lock);
	}
	gntdev_map_put(map);
}

static int gntdev_vm_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

/* The page @n, at its address, and some more, each of them held since mmap(). Is it there? */
static vm_fault_t gntdev_vm_insert(struct vm_area_struct *vma, const struct gntdev_map *map, u32 n,
				   unsigned long addr)
{
	vm_fault_t ret = VM_FAULT_SIGBUS, more;
	u32 i;

	for (i = 0; i < KXEN_VMA_AROUND && addr < vma->vm_end; i++, addr += PAGE_SIZE) {
		if (n + i >= map->count || !map->page[n + i].m.page)
			break;
		more = vmf_insert_pfn(vma, addr, page_to_pfn(map->page[n + i].m.page));
		if (!i)
			ret = more;
		if (more != VM_FAULT_NOPAGE)
			break;
	}
	return ret;
}

static vm_fault_t gntdev_vm_fault(struct vm_fault *vmf)
{
	const struct gntdev_map *map = vmf->vma->vm_private_data;

	if (!map)
		return VM_FAULT_SIGBUS;
	return gntdev_vm_insert(vmf->vma, map, vmf->pgoff - map->index, vmf->address & PAGE_MASK);
}

static const struct vm_operations_struct gntdev_vm_ops = {
	.open = gntdev_vm_open,
	.close = gntdev_vm_close,
	.mremap = gntdev_vm_mremap,
	.fault = gntdev_vm_fault,
};

/* Have the pages of a map mapped that was not mapped yet, or say why not. */
static int gntdev_map_at(struct file *file, unsigned long index, u32 count, bool read_only,
			 struct gntdev_map **out)
{
	struct gntdev_file *f = file->private_data;
	struct gntdev_map *map = xa_load(&f->maps, index);
	int ret;

	lockdep_assert_held(&f->lock);
	if (!map || map->count != count || map->used)
		return -EINVAL;
	ret = gntdev_map_pages(map, read_only);
	if (ret == -EAGAIN)
		gntdev_wait_later(file, map);
	if (ret)
		return ret;
	map->used = true;
	refcount_inc(&map->users);
	*out = map;
	return 0;
}

static int gntdev_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct gntdev_file *f = file->private_data;
	bool read_only = !(vma->vm_flags & VM_WRITE);
	struct gntdev_map *map;
	int ret;

	if (!read_only && !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma_pages(vma) > U32_MAX)
		return -EINVAL;
	mutex_lock(&f->lock);
	ret = gntdev_map_at(file, vma->vm_pgoff, vma_pages(vma), read_only, &map);
	mutex_unlock(&f->lock);
	if (ret)
		return ret;
	map->mm = vma->vm_mm;
	map->start = vma->vm_start;
	kxen_vma_frames(vma, read_only);
	vma->vm_ops = &gntdev_vm_ops;
	vma->vm_private_data = map;
	/*
	 * Who maps a page is about to touch it, and is spared the fault; what is not there then
	 * comes by one. Nothing of mmap() fails any more, so that close is not called before the
	 * pages have left the page tables: Linux takes all memory that it needs before
	 * (5de195060b2e, which the stable 6.1 has, too).
	 */
	if (vma->vm_flags & (VM_READ | VM_WRITE))
		gntdev_vm_insert(vma, map, 0, vma->vm_start);
	return 0;
}

/* --- ioctls -------------------------------------------------------------------------------- */

static long gntdev_add(struct gntdev_file *f, struct gntdev_map *map)
{
	long ret;

	mutex_lock(&f->lock);
	map->index = f->next;
	ret = xa_err(xa_store(&f->maps, map->index, map, GFP_KERNEL_ACCOUNT));
	if (!ret)
		f->next += map->count;
	mutex_unlock(&f->lock);
	return ret;
}

/* It has no index any more; its pages stay where they are mapped, and know the map by itself. */
static long gntdev_remove(struct gntdev_file *f, unsigned long index, u32 count)
{
	struct gntdev_map *map;

	mutex_lock(&f->lock);
	map = xa_load(&f->maps, index);
	if (map && map->count == count) {
		xa_erase(&f->maps, index);
		if (index + count == f->next)
			f->next = index;
	} else {
		map = NULL;
	}
	mutex_unlock(&f->lock);
	if (!map)
		return -ENOENT;
	gntdev_map_put(map);
	return 0;
}

static struct gntdev_map *gntdev_map_alloc(u32 count)
{
	struct gntdev_map *map;

	map = kvzalloc(struct_size(map, page, count), GFP_KERNEL_ACCOUNT);
	if (!map)
		return NULL;
	refcount_set(&map->users, 1);
	map->count = count;
	return map;
}

static long gntdev_map_grant_ref(struct gntdev_file *f, struct ioctl_gntdev_map_grant_ref __user *u)
{
	/* As many as there are, not the one that it is declared with. */
	struct ioctl_gntdev_grant_ref __user *refs = u->refs;
	struct ioctl_gntdev_map_grant_ref op;
	struct gntdev_map *map;
	long ret = 0;
	u32 i;

	if (copy_from_user(&op, u, offsetof(typeof(op), refs)))
		return -EFAULT;
	if (!op.count || op.count > READ_ONCE(gntdev_limit))
		return -EINVAL;
	map = gntdev_map_alloc(op.count);
	if (!map)
		return -ENOMEM;
	for (i = 0; !ret && i < op.count; i++)
		if (copy_from_user(&map->page[i].grant, refs + i, sizeof(*refs)))
			ret = -EFAULT;
	if (!ret)
		ret = gntdev_add(f, map);
	if (ret) {
		kvfree(map);
		return ret;
	}
	/* Another thread may have it by now, or one of its own there: it is the same process. */
	op.index = (u64)map->index << PAGE_SHIFT;
	if (put_user(op.index, &u->index)) {
		gntdev_remove(f, op.index >> PAGE_SHIFT, op.count);
		return -EFAULT;
	}
	return 0;
}

static long gntdev_unmap_grant_ref(struct gntdev_file *f,
				   const struct ioctl_gntdev_unmap_grant_ref __user *u)
{
	struct ioctl_gntdev_unmap_grant_ref op;

	if (copy_from_user(&op, u, sizeof(op)))
		return -EFAULT;
	if (offset_in_page(op.index))
		return -ENOENT;
	return gntdev_remove(f, op.index >> PAGE_SHIFT, op.count);
}

static long gntdev_get_offset(struct ioctl_gntdev_get_offset_for_vaddr __user *u)
{
	struct ioctl_gntdev_get_offset_for_vaddr op;
	const struct gntdev_map *map = NULL;
	struct vm_area_struct *vma;

	if (copy_from_user(&op, u, sizeof(op)))
		return -EFAULT;
	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, op.vaddr);
	if (vma && vma->vm_ops == &gntdev_vm_ops)
		map = vma->vm_private_data;
	if (map) {
		op.offset = (u64)map->index << PAGE_SHIFT;
		op.count = map->count;
	}
	mmap_read_unlock(current->mm);
	if (!map)
		return -EINVAL;
	return copy_to_user(u, &op, sizeof(op)) ? -EFAULT : 0;
}

/* The map that the page @at is in. They are found by their first pages alone. */
static struct gntdev_map *gntdev_map_with(struct gntdev_file *f, unsigned long at)
{
	struct gntdev_map *map;
	unsigned long index;

	lockdep_assert_held(&f->lock);
	xa_for_each_range(&f->maps, index, map, 0, at)
		if (at - index < map->count)
			return map;
	return NULL;
}

static long gntdev_notify_install(struct gntdev_file *f, u64 index, struct kxen_unmap_notify *n)
{
	struct gntdev_map *map;
	bool read_only;
	long ret = 0;
	u32 i;

	mutex_lock(&f->lock);
	map = gntdev_map_with(f, index >> PAGE_SHIFT);
	if (map) {
		n->at = index - ((u64)map->index << PAGE_SHIFT);
		i = n->at >> PAGE_SHIFT;
		read_only = map->page[i].m.page && map->page[i].m.read_only;
		if (n->clear && read_only)
			ret = -EINVAL;
		else
			swap(map->notify, *n);
	} else {
		ret = -ENOENT;
	}
	mutex_unlock(&f->lock);
	return ret;
}

static long gntdev_set_unmap_notify(struct gntdev_file *f,
				    const struct ioctl_gntdev_unmap_notify __user *u)
{
	struct ioctl_gntdev_unmap_notify op;
	struct kxen_unmap_notify n;
	long ret;

	if (copy_from_user(&op, u, sizeof(op)))
		return -EFAULT;
	ret = kxen_unmap_notify_make(&n, op.action, 0, op.event_channel_port);
	if (!ret)
		ret = gntdev_notify_install(f, op.index, &n);
	/* What was there before, or what could not be. */
	kxen_unmap_notify_end(&n, false);
	return ret;
}

/* SET_MAX_GRANTS is not there, as in Linux's driver: libxengnttab does not mind. */
static long gntdev_ioctl(struct file *file, unsigned int cmd, unsigned long uptr)
{
	struct gntdev_file *f = file->private_data;
	void __user *u = (void __user *)uptr;

	switch (cmd) {
	case IOCTL_GNTDEV_MAP_GRANT_REF:
		return gntdev_map_grant_ref(f, u);
	case IOCTL_GNTDEV_UNMAP_GRANT_REF:
		return gntdev_unmap_grant_ref(f, u);
	case IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR:
		return gntdev_get_offset(u);
	case IOCTL_GNTDEV_SET_UNMAP_NOTIFY:
		return gntdev_set_unmap_notify(f, u);
	case IOCTL_GNTDEV_GRANT_COPY:
		return kxen_gntdev_copy(u);
	default:
		return -ENOTTY;
	}
}

/* --- files ---------------------------------------------------------------------------------- */

static int gntdev_open(struct inode *inode, struct file *file)
{
	struct gntdev_file *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);

	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	xa_init(&f->maps);
	file->private_data = f;
	return nonseekable_open(inode, file);
}

/* Nothing of it is mapped any more: that would hold the file. */
static int gntdev_release(struct inode *inode, struct file *file)
{
	struct gntdev_file *f = file->private_data;
	struct gntdev_map *map;
	unsigned long index;

	xa_for_each(&f->maps, index, map) {
		gntdev_map_put(map);
		cond_resched();
	}
	xa_destroy(&f->maps);
	kfree(f);
	return 0;
}

/* A 32-bit process gets -ENOTTY of every ioctl, as from Linux's driver. */
static const struct file_operations gntdev_fops = {
	.owner = THIS_MODULE,
	.open = gntdev_open,
	.release = gntdev_release,
	.mmap = gntdev_mmap,
	.unlocked_ioctl = gntdev_ioctl,
};

struct miscdevice kxen_gntdev_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/gntdev",
	.fops = &gntdev_fops,
	.mode = 0600,
};
