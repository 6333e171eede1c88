/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail on demand, on a kernel that cannot inject failures itself. A
 * build with KXEN_FAULT=1 puts this file before each of the module's own: what allocates
 * asks kxen_fault() first. See fault.c.
 *
 * What is a macro in some kernel (the allocators of 6.12 are) is wrapped in a function
 * before its name is taken; for the others the name in the replacement is the function.
 */
#ifndef KXEN_FAULT_H
#define KXEN_FAULT_H

#include <linux/debugfs.h>
#include <linux/ftrace.h>
#include <linux/gfp.h>
#include <linux/migrate.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "../../kvm-xen/limits.h"

bool kxen_fault(void);
bool kxen_fault_full(unsigned int used);

static inline void *kxen_fault_kzalloc(size_t size, gfp_t flags)
{
	return kxen_fault() ? NULL : kzalloc(size, flags);
}

static inline void *kxen_fault_kvzalloc(size_t size, gfp_t flags)
{
	return kxen_fault() ? NULL : kvzalloc(size, flags);
}

static inline void *kxen_fault_kvmalloc(size_t size, gfp_t flags)
{
	return kxen_fault() ? NULL : kvmalloc(size, flags);
}

static inline void *kxen_fault_kvcalloc(size_t n, size_t size, gfp_t flags)
{
	return kxen_fault() ? NULL : kvcalloc(n, size, flags);
}

static inline void *kxen_fault_kvmalloc_array(size_t n, size_t size, gfp_t flags)
{
	return kxen_fault() ? NULL : kvmalloc_array(n, size, flags);
}

static inline void *kxen_fault_kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	return kxen_fault() ? NULL : kmalloc_array(n, size, flags);
}

static inline struct page *kxen_fault_alloc_page(gfp_t flags)
{
	return kxen_fault() ? NULL : alloc_page(flags);
}

static inline unsigned long kxen_fault_get_zeroed_page(gfp_t flags)
{
	return kxen_fault() ? 0 : get_zeroed_page(flags);
}

static inline unsigned long kxen_fault_get_free_page(gfp_t flags)
{
	return kxen_fault() ? 0 : __get_free_page(flags);
}

static inline struct workqueue_struct *kxen_fault_alloc_workqueue(const char *name,
								  unsigned int flags,
								  int max_active)
{
	return kxen_fault() ? NULL : alloc_workqueue("%s", flags, max_active, name);
}

/* Not for want of memory: else what the caller does next is to look for some, and to find it. */
static inline void *kxen_fault_xas_store(struct xa_state *xas, void *entry)
{
	if (!kxen_fault())
		return xas_store(xas, entry);
	xas_set_err(xas, -ENOSPC);
	return NULL;
}

/* Nothing is allocated for a place that is there, or to empty one. */
static inline bool kxen_fault_xa(struct xarray *xa, unsigned long index, void *entry)
{
	XA_STATE(xas, xa, index);
	bool there;

	rcu_read_lock();
	there = !entry || xas_load(&xas);
	rcu_read_unlock();
	return !there && kxen_fault();
}

#undef kzalloc
#undef kvzalloc
#undef kvmalloc
#undef kvcalloc
#undef kvmalloc_array
#undef kmalloc_array
#undef alloc_page
#undef get_zeroed_page
#undef __get_free_page
#undef alloc_workqueue
#define kzalloc			kxen_fault_kzalloc
#define kvzalloc		kxen_fault_kvzalloc
#define kvmalloc		kxen_fault_kvmalloc
#define kvcalloc		kxen_fault_kvcalloc
#define kvmalloc_array		kxen_fault_kvmalloc_array
#define kmalloc_array		kxen_fault_kmalloc_array
#define alloc_page		kxen_fault_alloc_page
#define xas_store		kxen_fault_xas_store
#define get_zeroed_page		kxen_fault_get_zeroed_page
#define __get_free_page		kxen_fault_get_free_page
#define alloc_workqueue		kxen_fault_alloc_workqueue

#define KXEN_FAULT_INT(call)	(kxen_fault() ? -ENOMEM : (call))
#define KXEN_FAULT_PTR(call)	(kxen_fault() ? ERR_PTR(-ENOMEM) : (call))

#define xa_store(xa, index, entry, gfp)					\
	(kxen_fault_xa(xa, index, entry) ? XA_ERROR(-ENOMEM) : xa_store(xa, index, entry, gfp))
#define xa_reserve(xa, index, gfp)					\
	(kxen_fault_xa(xa, index, XA_ZERO_ENTRY) ? -ENOMEM : xa_reserve(xa, index, gfp))
#define xa_insert(...)			KXEN_FAULT_INT(xa_insert(__VA_ARGS__))
#define xa_alloc_cyclic(...)		KXEN_FAULT_INT(xa_alloc_cyclic(__VA_ARGS__))
#define pin_user_pages_fast(...)	KXEN_FAULT_INT(pin_user_pages_fast(__VA_ARGS__))
#define pin_user_pages_remote(...)	KXEN_FAULT_INT(pin_user_pages_remote(__VA_ARGS__))
#define migrate_vma_setup(...)		KXEN_FAULT_INT(migrate_vma_setup(__VA_ARGS__))
/* A page that has been taken, and is somebody else's after all. */
#define folio_test_ksm(f)		(kxen_fault() || folio_test_ksm(f))
#define misc_register(...)		KXEN_FAULT_INT(misc_register(__VA_ARGS__))
#define register_ftrace_direct(...)	KXEN_FAULT_INT(register_ftrace_direct(__VA_ARGS__))
#define register_ftrace_function(...)	KXEN_FAULT_INT(register_ftrace_function(__VA_ARGS__))
#define ftrace_set_filter_ip(...)	KXEN_FAULT_INT(ftrace_set_filter_ip(__VA_ARGS__))
#define kxen_limit_full(l)		(kxen_fault_full((l)->used) || kxen_limit_full(l))
#define debugfs_create_dir(...)		KXEN_FAULT_PTR(debugfs_create_dir(__VA_ARGS__))

#endif
