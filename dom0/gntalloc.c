// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/gntalloc, as Linux has it: pages of the host that are granted to a guest, and that the
 * process maps as well. What libxengnttab calls gntshr.
 *
 * A page lives as long as anybody wants it: its number in the file, memory where it is mapped, or
 * the guest. The last is not told to us. So a page that the guest still has mapped when we
 * have done with it stays, counts against the limit, and is looked at again every second.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <xen/interface/grant_table.h>
#include <xen/gntalloc.h>

#include "../gnttab/gnttab.h"
#include "../kvm-xen/kxen.h"
#include "dom0_internal.h"
#include "unmap_notify.h"

static unsigned int gntalloc_limit = 1024;
module_param(gntalloc_limit, uint, 0644);
MODULE_PARM_DESC(gntalloc_limit, "Pages that /dev/xen/gntalloc may have granted");

/*
 * All pages, and those of them that guests alone have: under gntalloc_lock, as every number of
 * users. It is taken with mmap_lock held.
 */
static unsigned int gntalloc_pages;
module_param(gntalloc_pages, uint, 0444);
MODULE_PARM_DESC(gntalloc_pages, "Pages that /dev/xen/gntalloc has granted");
static unsigned int gntalloc_deferred;
module_param(gntalloc_deferred, uint, 0444);
MODULE_PARM_DESC(gntalloc_deferred, "Of these, pages that guests alone still have");

static DEFINE_MUTEX(gntalloc_lock);
static LIST_HEAD(gntalloc_waiting);
static void gntalloc_look(struct work_struct *work);
static DECLARE_DELAYED_WORK(gntalloc_work, gntalloc_look);

/**
 * struct gntalloc_file - one open file.
 * @grefs: its struct gntalloc_gref, by their index in pages.
 * @next: the next index; none is used twice.
 */
struct gntalloc_file {
	struct xarray grefs;
	unsigned long next;
};

/**
 * struct gntalloc_gref - a page that is granted.
 * @page: the page.
 * @ref: the grant.
 * @users: its index, and each map that has it.
 * @notify: what happens when they are gone.
 * @node: in gntalloc_waiting, when they are and the guest is not.
 */
struct gntalloc_gref {
	struct page *page;
	u32 ref;
	u32 users;
	struct kxen_unmap_notify notify;
	struct list_head node;
};

/**
 * struct gntalloc_map - memory of a process where some are mapped.
 * @users: its parts, in this process and its children.
 * @count: of pages.
 * @gref: the pages, each with a user.
 */
struct gntalloc_map {
	refcount_t users;
	u32 count;
	struct gntalloc_gref *gref[];
};

/* --- the end of a page ----------------------------------------------------------------- */

static void gntalloc_free(struct gntalloc_gref *g)
{
	lockdep_assert_held(&gntalloc_lock);
	kxen_gnt_host_end(g->ref);
	WRITE_ONCE(gntalloc_pages, gntalloc_pages - 1);
	put_page(g->page);
	kfree(g);
}

/* Nobody here has it. If the guest has, too, it waits. */
static void gntalloc_put(struct gntalloc_gref *g)
{
	lockdep_assert_held(&gntalloc_lock);
	if (--g->users)
		return;
	kxen_unmap_notify_clear(&g->notify, g->page);
	kxen_unmap_notify_end(&g->notify, true);
	if (!kxen_gnt_host_in_use(g->ref)) {
		gntalloc_free(g);
		return;
	}
	list_add_tail(&g->node, &gntalloc_waiting);
	WRITE_ONCE(gntalloc_deferred, gntalloc_deferred + 1);
	queue_delayed_work(kxen_unbound_wq, &gntalloc_work, HZ);
}

static void gntalloc_look_now(void)
{
	struct gntalloc_gref *g, *next;

	lockdep_assert_held(&gntalloc_lock);
	list_for_each_entry_safe(g, next, &gntalloc_waiting, node) {
		if (kxen_gnt_host_in_use(g->ref))
			continue;
		list_del(&g->node);
		WRITE_ONCE(gntalloc_deferred, gntalloc_deferred - 1);
		gntalloc_free(g);
	}
}

static void gntalloc_look(struct work_struct *work)
{
	mutex_lock(&gntalloc_lock);
	gntalloc_look_now();
	if (!list_empty(&gntalloc_waiting))
		queue_delayed_work(kxen_unbound_wq, &gntalloc_work, HZ);
	mutex_unlock(&gntalloc_lock);
}

/* Unload: there is no guest any more, and what it had mapped has been unmapped with it. */
void kxen_gntalloc_exit(void)
{
	cancel_delayed_work_sync(&gntalloc_work);
	mutex_lock(&gntalloc_lock);
	gntalloc_look_now();
	WARN_ON(!list_empty(&gntalloc_waiting));
	mutex_unlock(&gntalloc_lock);
}

/* --- memory of the process ----------------------------------------------------------------- */

static void gntalloc_map_put(struct gntalloc_map *map)
{
	u32 i;

	if (!refcount_dec_and_test(&map->users))
		return;
	mutex_lock(&gntalloc_lock);
	for (i = 0; i < map->count; i++)
		gntalloc_put(map->gref[i]);
	mutex_unlock(&gntalloc_lock);
	kvfree(map);
}

/* A part of it, or the same in a child, or at another place. */
static void gntalloc_vm_open(struct vm_area_struct *vma)
{
	struct gntalloc_map *map = vma->vm_private_data;

	refcount_inc(&map->users);
}

static void gntalloc_vm_close(struct vm_area_struct *vma)
{
	gntalloc_map_put(vma->vm_private_data);
}

static const struct vm_operations_struct gntalloc_vm_ops = {
	.open = gntalloc_vm_open,
	.close = gntalloc_vm_close,
};

/* All pages of a range of indexes, each with one more user; -ENOENT: one is not there. */
static int gntalloc_map_get(struct gntalloc_file *f, unsigned long index, struct gntalloc_map *map)
{
	int ret = 0;
	u32 i;

	mutex_lock(&gntalloc_lock);
	for (i = 0; !ret && i < map->count; i++) {
		map->gref[i] = xa_load(&f->grefs, index + i);
		if (!map->gref[i])
			ret = -ENOENT;
	}
	for (i = 0; !ret && i < map->count; i++)
		map->gref[i]->users++;
	mutex_unlock(&gntalloc_lock);
	return ret;
}

static void gntalloc_vm_flags(struct vm_area_struct *vma)
{
#ifdef KXEN_VM_FLAGS_SET
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
#else
	vma->vm_flags |= VM_DONTEXPAND | VM_DONTDUMP;
#endif
}

static int gntalloc_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct gntalloc_map *map;
	int ret;
	u32 i;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma_pages(vma) > READ_ONCE(gntalloc_pages))
		return -ENOENT;
	map = kvzalloc(struct_size(map, gref, vma_pages(vma)), GFP_KERNEL_ACCOUNT);
	if (!map)
		return -ENOMEM;
	refcount_set(&map->users, 1);
	map->count = vma_pages(vma);
	ret = gntalloc_map_get(file->private_data, vma->vm_pgoff, map);
	if (ret) {
		kvfree(map);
		return ret;
	}
	gntalloc_vm_flags(vma);
	for (i = 0; !ret && i < map->count; i++)
		ret = vm_insert_page(vma, vma->vm_start + ((unsigned long)i << PAGE_SHIFT),
				     map->gref[i]->page);
	if (ret) {
		gntalloc_map_put(map);
		return ret;
	}
	vma->vm_ops = &gntalloc_vm_ops;
	vma->vm_private_data = map;
	return 0;
}

/* --- ioctls ---------------------------------------------------------------------------------- */

/* One more page, unless there are too many. */
static int gntalloc_charge(void)
{
	int ret = 0;

	mutex_lock(&gntalloc_lock);
	gntalloc_look_now();
	if (gntalloc_pages >= READ_ONCE(gntalloc_limit))
		ret = -ENOSPC;
	else
		WRITE_ONCE(gntalloc_pages, gntalloc_pages + 1);
	mutex_unlock(&gntalloc_lock);
	return ret;
}

static void gntalloc_uncharge(void)
{
	mutex_lock(&gntalloc_lock);
	WRITE_ONCE(gntalloc_pages, gntalloc_pages - 1);
	mutex_unlock(&gntalloc_lock);
}

/* A page with nothing in it, granted; the caller has charged it. */
static int gntalloc_grant(u16 domid, bool read_only, struct gntalloc_gref **out)
{
	struct gntalloc_gref *g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);
	int ret = -ENOMEM;

	if (!g)
		return ret;
	g->users = 1;
	g->page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (g->page)
		ret = kxen_gnt_host_grant(domid, g->page, read_only, &g->ref);
	if (!ret) {
		*out = g;
		return 0;
	}
	if (g->page)
		put_page(g->page);
	kfree(g);
	return ret;
}

static int gntalloc_add(struct gntalloc_file *f, unsigned long index, u16 domid, bool read_only,
			u32 *ref)
{
	struct gntalloc_gref *g;
	int ret = gntalloc_charge();

	if (ret)
		return ret;
	ret = gntalloc_grant(domid, read_only, &g);
	if (ret) {
		gntalloc_uncharge();
		return ret;
	}
	*ref = g->ref;
	mutex_lock(&gntalloc_lock);
	ret = xa_err(xa_store(&f->grefs, index, g, GFP_KERNEL_ACCOUNT));
	if (ret)
		gntalloc_put(g);
	mutex_unlock(&gntalloc_lock);
	return ret;
}

/* Those of a range that are there have no index any more. */
static void gntalloc_drop(struct gntalloc_file *f, unsigned long index, u32 count)
{
	struct gntalloc_gref *g;
	u32 i;

	lockdep_assert_held(&gntalloc_lock);
	for (i = 0; i < count; i++) {
		g = xa_erase(&f->grefs, index + i);
		if (g)
			gntalloc_put(g);
	}
}

/* Indexes of a file that nobody has had. */
static unsigned long gntalloc_reserve(struct gntalloc_file *f, u32 count)
{
	unsigned long index;

	mutex_lock(&gntalloc_lock);
	index = f->next;
	f->next += count;
	mutex_unlock(&gntalloc_lock);
	return index;
}

/* All of them, or none. */
static long gntalloc_alloc_gref(struct gntalloc_file *f, struct ioctl_gntalloc_alloc_gref __user *u)
{
	u32 __user *refs = u->gref_ids;	/* as many as there are, not the one that is declared */
	struct ioctl_gntalloc_alloc_gref op;
	unsigned long index;
	long ret = 0;
	u32 i, ref;

	if (copy_from_user(&op, u, offsetof(typeof(op), gref_ids)))
		return -EFAULT;
	if (op.count > READ_ONCE(gntalloc_limit))
		return -ENOSPC;
	index = gntalloc_reserve(f, op.count);
	if (put_user((u64)index << PAGE_SHIFT, &u->index))
		return -EFAULT;
	for (i = 0; !ret && i < op.count; i++) {
		ret = gntalloc_add(f, index + i, op.domid,
				   !(op.flags & GNTALLOC_FLAG_WRITABLE), &ref);
		if (!ret && put_user(ref, refs + i))
			ret = -EFAULT;
	}
	if (ret) {
		mutex_lock(&gntalloc_lock);
		gntalloc_drop(f, index, i);
		mutex_unlock(&gntalloc_lock);
	}
	return ret;
}

static bool gntalloc_has(struct gntalloc_file *f, unsigned long index, u32 count)
{
	u32 i;

	lockdep_assert_held(&gntalloc_lock);
	for (i = 0; i < count; i++)
		if (!xa_load(&f->grefs, index + i))
			return false;
	return count;
}

static long gntalloc_dealloc_gref(struct gntalloc_file *f,
				  const struct ioctl_gntalloc_dealloc_gref __user *u)
{
	struct ioctl_gntalloc_dealloc_gref op;
	long ret = -EINVAL;

	if (copy_from_user(&op, u, sizeof(op)))
		return -EFAULT;
	if (offset_in_page(op.index))
		return ret;
	mutex_lock(&gntalloc_lock);
	if (gntalloc_has(f, op.index >> PAGE_SHIFT, op.count)) {
		gntalloc_drop(f, op.index >> PAGE_SHIFT, op.count);
		ret = 0;
	}
	mutex_unlock(&gntalloc_lock);
	return ret;
}

static long gntalloc_set_unmap_notify(struct gntalloc_file *f,
				      const struct ioctl_gntalloc_unmap_notify __user *u)
{
	struct ioctl_gntalloc_unmap_notify op;
	struct kxen_unmap_notify n;
	struct gntalloc_gref *g;
	long ret;

	if (copy_from_user(&op, u, sizeof(op)))
		return -EFAULT;
	ret = kxen_unmap_notify_make(&n, op.action, offset_in_page(op.index),
				     op.event_channel_port);
	mutex_lock(&gntalloc_lock);
	g = xa_load(&f->grefs, op.index >> PAGE_SHIFT);
	if (!g)
		ret = -ENOENT;
	if (!ret)
		swap(g->notify, n);
	mutex_unlock(&gntalloc_lock);
	kxen_unmap_notify_end(&n, false);
	return ret;
}

static long gntalloc_ioctl(struct file *file, unsigned int cmd, unsigned long uptr)
{
	struct gntalloc_file *f = file->private_data;
	void __user *u = (void __user *)uptr;

	switch (cmd) {
	case IOCTL_GNTALLOC_ALLOC_GREF:
		return gntalloc_alloc_gref(f, u);
	case IOCTL_GNTALLOC_DEALLOC_GREF:
		return gntalloc_dealloc_gref(f, u);
	case IOCTL_GNTALLOC_SET_UNMAP_NOTIFY:
		return gntalloc_set_unmap_notify(f, u);
	default:
		return -ENOTTY;
	}
}

/* --- files ------------------------------------------------------------------------------------ */

static int gntalloc_open(struct inode *inode, struct file *file)
{
	struct gntalloc_file *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);

	if (!f)
		return -ENOMEM;
	xa_init(&f->grefs);
	file->private_data = f;
	return nonseekable_open(inode, file);
}

static int gntalloc_release(struct inode *inode, struct file *file)
{
	struct gntalloc_file *f = file->private_data;
	struct gntalloc_gref *g;
	unsigned long index;

	mutex_lock(&gntalloc_lock);
	xa_for_each(&f->grefs, index, g)
		gntalloc_put(g);
	mutex_unlock(&gntalloc_lock);
	xa_destroy(&f->grefs);
	kfree(f);
	return 0;
}

/* A 32-bit process gets -ENOTTY of every ioctl, as from Linux's driver. */
static const struct file_operations gntalloc_fops = {
	.owner = THIS_MODULE,
	.open = gntalloc_open,
	.release = gntalloc_release,
	.mmap = gntalloc_mmap,
	.unlocked_ioctl = gntalloc_ioctl,
};

struct miscdevice kxen_gntalloc_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/gntalloc",
	.fops = &gntalloc_fops,
	.mode = 0600,
};
