/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of /dev/xen/privcmd. */
#ifndef KXEN_PRIVCMD_H
#define KXEN_PRIVCMD_H

#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <xen/interface/xen.h>

#include "../kvm-xen/dom0_page.h"

struct file;
struct mm_struct;
struct vm_area_struct;

/**
 * struct privcmd_file - one open file.
 * @domid: the domain that it is for; DOMID_INVALID: for all. Set once.
 */
struct privcmd_file {
	u16 domid;
};

/* May this file's user act upon the domain? */
static inline bool kxen_privcmd_may(struct privcmd_file *f, u16 domid)
{
	u16 only = READ_ONCE(f->domid);

	return only == DOMID_INVALID || only == domid;
}

/**
 * struct privcmd_map - memory of a process's, and what it has there.
 * @users: each part of that memory, and calls that are about to fill it.
 * @lock: @used, and pages that are filled in. Taken with mmap_lock held, or that of the VMA.
 * @used: something has been mapped there.
 * @read_only: for reading.
 * @mm: where, as @start; only compared.
 * @start: address of its first page.
 * @page: the pages. Unmapping takes one away when nobody can reach it any more.
 */
struct privcmd_map {
	refcount_t users;
	struct mutex lock;	/* what is filled in */
	bool used;
	bool read_only;
	const struct mm_struct *mm;
	unsigned long start;
	struct kxen_dom0_page page[];
};

/* privcmd_map.c */
extern const struct vm_operations_struct kxen_privcmd_vm_ops;
void kxen_privcmd_unmap_page(struct kxen_dom0_page *p);
void kxen_privcmd_map_put(struct privcmd_map *map);
int kxen_privcmd_mmap(struct file *file, struct vm_area_struct *vma);
long kxen_privcmd_mmap_batch(struct privcmd_file *f, void __user *u, bool old);
long kxen_privcmd_mmap_resource(struct privcmd_file *f, void __user *u);

/* privcmd_yield.c */
extern const struct kxen_dom0_maps kxen_privcmd_maps;

#endif
