// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pager of a domain: from KXEN_PAGER to its end.
 *
 * It ends with the last reference to its descriptor, or with the VMM's memory. First nobody waits
 * any more. Then a work item, since it waits for the VMM's mmap_lock, which a VMM can hold for as
 * long as it likes, puts all pages back that are there: whoever faults at one meanwhile does so
 * himself. Pages that are out have a mark still, which the kernel answers with SIGBUS.
 *
 * Each pager has a reference to the module until its last user is done: a task that gives it back
 * is in the module's text for some instructions more, which kxen_hook_drain() waits for.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/trace.h"
#include "mempaging.h"

/* --- the end --------------------------------------------------------------------------------- */

/* What is there goes back to where it was. mmap_lock held. */
static void put_frames_back(struct kxen_pager *pg)
{
	struct vm_area_struct *vma;
	struct kxen_pg_entry *e;
	unsigned long i;

	xa_for_each(&pg->by_index, i, e) {
		vma = vma_lookup(pg->mm, i << PAGE_SHIFT);
		spin_lock(&pg->lock);
		e = kxen_pg_at(pg, i << PAGE_SHIFT);
		if (e && vma && kxen_pg_frame(e))
			kxen_pg_install(pg, vma, e);
		spin_unlock(&pg->lock);
		cond_resched();
	}
}

/* What this one has counted stays with the domain. */
static void keep_counts(struct kxen_pager *pg)
{
	struct kxen_mempaging *m = pg->d->mempaging;
	struct kxen_pg_book *b = &pg->book;

	spin_lock(&pg->lock);
	atomic64_add(b->outs, &m->outs);
	atomic64_add(b->ins, &m->ins);
	atomic64_add(b->evict_fails, &m->evict_fails);
	atomic64_add(b->drops, &m->drops);
	b->outs = 0;
	b->ins = 0;
	b->evict_fails = 0;
	b->drops = 0;
	spin_unlock(&pg->lock);
}

static void pager_end(struct work_struct *w)
{
	struct kxen_pager *pg = container_of(w, struct kxen_pager, end);
	struct kxen_pg_ring *ring = kxen_pg_ring_of(pg);
	struct kxen_mempaging *m = pg->d->mempaging;

	if (ring)
		kxen_pg_ring_end(ring);
	/* Who nominates looks below this lock whether it is dead: from now on he sees it. */
	mutex_lock(&pg->batch);
	mutex_unlock(&pg->batch);
	if (mmget_not_zero(pg->mm)) {
		mmap_read_lock(pg->mm);
		put_frames_back(pg);
		mmap_read_unlock(pg->mm);
		mmput_async(pg->mm);
	}
	kxen_pager_unlist(pg);
	mmu_notifier_unregister(&pg->notifier, pg->mm);
	flush_work(&pg->look);
	keep_counts(pg);
	atomic64_add(kxen_pg_free_all(pg), &m->lost);
	kxen_hook_set_put(&kxen_mempaging_hooks);
	trace_kxen_domain(pg->d->domid, "pager ended");
	/* From here on the domain can have another one. */
	RCU_INIT_POINTER(m->pager, NULL);
	wake_up_all(&m->gone);
	kxen_pager_put(pg);
}

/* --- the beginning ---------------------------------------------------------------------------- */

static struct kxen_pager *alloc_pager(struct kxen_domain *d, struct kvm *kvm)
{
	struct kxen_pager *pg = kzalloc(sizeof(*pg), GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!pg)
		return NULL;
	refcount_set(&pg->ref, 1);
	refcount_inc(&d->ref);
	pg->d = d;
	pg->mm = kxen_glue_vm_mm(kvm);
	mmgrab(pg->mm);
	spin_lock_init(&pg->lock);
	mutex_init(&pg->batch);
	xa_init_flags(&pg->by_gfn, XA_FLAGS_ACCOUNT);
	xa_init_flags(&pg->by_index, XA_FLAGS_ACCOUNT);
	for (i = 0; i < KXEN_PG_QUEUES; i++)
		init_waitqueue_head(&pg->wq[i]);
	init_waitqueue_head(&pg->readers);
	INIT_WORK(&pg->look, kxen_pg_look);
	INIT_WORK(&pg->end, pager_end);
	pg->look_from = ULONG_MAX;
	pg->notifier.ops = &kxen_pg_notifier_ops;
	__module_get(THIS_MODULE);
	return pg;
}

/* The VMM can hold its lock as long as it likes, so it is waited for killably. */
static int watch_vmm(struct kxen_pager *pg)
{
	int ret;

	if (!mmget_not_zero(pg->mm))
		return -ESHUTDOWN;
	ret = mmap_write_lock_killable(pg->mm);
	if (!ret) {
		ret = __mmu_notifier_register(&pg->notifier, pg->mm);
		mmap_write_unlock(pg->mm);
	}
	mmput_async(pg->mm);
	return ret;
}

/* In its place; all that is needed is there. */
static int begin_pager(struct kxen_pager *pg)
{
	int ret;

	kxen_mark_init();
	ret = kxen_hook_set_get(&kxen_mempaging_hooks);
	if (ret)
		return ret;
	ret = kxen_pager_list(pg);
	if (!ret) {
		ret = watch_vmm(pg);
		if (!ret)
			return 0;
		kxen_pager_unlist(pg);
	}
	kxen_hook_set_put(&kxen_mempaging_hooks);
	return ret;
}

/* The VM of a domain, with a reference, or an error pointer. */
static struct kvm *vm_of_domain(struct kxen_domain *d)
{
	struct kvm *kvm = ERR_PTR(-EBUSY);

	if (mutex_lock_killable(&d->lock))
		return ERR_PTR(-EINTR);
	if (READ_ONCE(d->state) == KXEN_DYING)
		kvm = ERR_PTR(-ESHUTDOWN);
	else if (d->kvm)
		kvm = kxen_glue_vm_tryget(d->kvm) ? d->kvm : ERR_PTR(-ESHUTDOWN);
	mutex_unlock(&d->lock);
	return kvm;
}

/* Of several who want to be it at once one is. */
static struct kxen_pager *claim_pager(struct kxen_domain *d, struct kvm *kvm)
{
	struct kxen_pager *pg = alloc_pager(d, kvm);
	int ret;

	if (!pg)
		return ERR_PTR(-ENOMEM);
	if (cmpxchg(&d->mempaging->pager, NULL, RCU_INITIALIZER(pg))) {
		kxen_pager_put(pg);
		return ERR_PTR(-EBUSY);
	}
	/* The caller's: with the VMM it may end before he has seen it. */
	refcount_inc(&pg->ref);
	ret = begin_pager(pg);
	if (!ret)
		return pg;
	RCU_INIT_POINTER(d->mempaging->pager, NULL);
	kxen_pager_put(pg);
	kxen_pager_put(pg);
	return ERR_PTR(ret);
}

/**
 * kxen_pager_wait_end() - A pager that is dead has ended.
 * @d: its domain.
 * @pg: the pager, with a reference.
 *
 * Context: sleeps as long as the VMM has its own memory locked, killably.
 * Return: 0: the domain can have another one; -EINTR.
 */
int kxen_pager_wait_end(struct kxen_domain *d, struct kxen_pager *pg)
{
	struct kxen_mempaging *m = d->mempaging;

	return wait_event_killable(m->gone, rcu_access_pointer(m->pager) != pg) ? -EINTR : 0;
}

/* Whose descriptor is closed, or whose process was killed, ends a while later. */
static int wait_for_last(struct kxen_domain *d)
{
	struct kxen_pager *pg = kxen_pager_of(d);
	int ret = 0;

	if (!pg)
		return 0;
	if (READ_ONCE(pg->dead))
		ret = kxen_pager_wait_end(d, pg);
	kxen_pager_put(pg);
	return ret;
}

/**
 * kxen_pager_new() - Be a domain's pager.
 * @d: the domain.
 *
 * One that ends is waited for.
 * Context: may sleep; takes domain->lock, and the VMM's mmap_lock, both killably. Where it is the
 * only one of the host hooks are put in place.
 * Return: the pager, for kxen_pager_kill() and kxen_pager_put(); or an error pointer as KXEN_PAGER
 * documents.
 */
struct kxen_pager *kxen_pager_new(struct kxen_domain *d)
{
	struct kxen_pager *pg;
	struct kvm *kvm;
	int ret;

	if (d->is_host)
		return ERR_PTR(-EINVAL);
	ret = wait_for_last(d);
	if (ret)
		return ERR_PTR(ret);
	kvm = vm_of_domain(d);
	if (IS_ERR(kvm))
		return ERR_CAST(kvm);
	pg = kxen_glue_has_tdp() ? claim_pager(d, kvm) : ERR_PTR(-ENODEV);
	kxen_glue_vm_put(kvm);
	return pg;
}
