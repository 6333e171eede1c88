/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of /dev/xen/privcmd. */
#ifndef KXEN_PRIVCMD_H
#define KXEN_PRIVCMD_H

#include <linux/types.h>
#include <xen/interface/xen.h>

struct file;
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

/* privcmd_map.c */
int kxen_privcmd_mmap(struct file *file, struct vm_area_struct *vma);
long kxen_privcmd_mmap_batch(struct privcmd_file *f, void __user *u, bool old);
long kxen_privcmd_mmap_resource(struct privcmd_file *f, void __user *u);

#endif
