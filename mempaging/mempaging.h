/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of memory paging: the pager of a domain. Nobody else knows it: what the core
 * asks is in subsys.c, and the architecture's hook is in the directory of its name here.
 *
 * Locks: pager->batch, the VMM's mmap_lock, pager->lock, the lock of a page table. Nothing is
 * allocated, and nobody waited for, under pager->lock. No lock of a domain is ever taken here.
 */
#ifndef KXEN_MEMPAGING_H
#define KXEN_MEMPAGING_H

#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "../kvm-xen/kvm/hook.h"
#include "../kvm-xen/kxen.h"
#include "state.h"

struct kxen_domctl;
struct kxen_hc;
struct kxen_pg_ring;

#define KXEN_PG_RUN		64	/* pages that are frozen with the VMM's lock held once */
#define KXEN_PG_QUEUES		16	/* of those who wait */
#define KXEN_PG_SKIP		64	/* notices that are looked through in one hold of a lock */
#define KXEN_PG_NO_GFN		(~0ULL)

/**
 * struct kxen_mempaging - what a domain has of paging.
 * @pager: its pager; RCU, changed by who makes it the first time, and by its end.
 * @gone: who waits for that end.
 * @ring_page: the page of a ring, once somebody has asked for it; it stays.
 * @ring_away: it was taken away from where processes of domain 0 find it.
 * @waits: how often somebody has waited.
 * @lost: pages that were out when a pager ended.
 * @outs: what pagers before this one have counted.
 * @ins: likewise.
 * @evict_fails: likewise.
 * @drops: likewise.
 */
struct kxen_mempaging {
	struct kxen_pager __rcu *pager;
	wait_queue_head_t gone;
	struct page *ring_page;
	unsigned long ring_away;
	atomic64_t waits;
	atomic64_t lost;
	atomic64_t outs;
	atomic64_t ins;
	atomic64_t evict_fails;
	atomic64_t drops;
};

/**
 * struct kxen_mempaging_vcpu - of one vCPU; its own thread alone.
 * @gfn: KVM deals with the guest's fault there; KXEN_PG_NO_GFN: with none.
 * @met: it has met the page out.
 */
struct kxen_mempaging_vcpu {
	u64 gfn;
	bool met;
};

/* What one run of a nomination needs: too much for a stack. */
struct kxen_pg_run {
	unsigned long src[KXEN_PG_RUN];
	unsigned long dst[KXEN_PG_RUN];
	struct kxen_pg_entry *entry[KXEN_PG_RUN];
};

/**
 * struct kxen_pager - one pager of a domain, from KXEN_PAGER to its end.
 * @ref: the file, until the end has been made; each who waits, and works.
 * @d: the domain, with a reference: the structure alone.
 * @mm: the VMM's memory, the structure alone.
 * @all: in the list of all pagers.
 * @lock: what is below it.
 * @by_gfn: entries by the guest's frame, also those that only a notice keeps.
 * @by_index: those with a page, by the address in the VMM.
 * @book: their states.
 * @dead: nobody waits any more, and nothing new begins.
 * @stopped: the VM has gone; the VMM may be there still.
 * @batch: one call that nominates; and the end.
 * @run: its own.
 * @wq: who waits, by address.
 * @readers: who waits for notices.
 * @notifier: KVM's and ours are told of what is unmapped.
 * @look: a work item: some of it may be gone.
 * @look_from: where, in bytes; under @lock.
 * @look_to: and up to where; no further than @look_from: nowhere.
 * @ring: it is told by Xen's ring, and asks by hypercalls; else by a descriptor. Set once.
 * @tell: the ring's, queued when there is a notice; with @ring.
 * @end: the end, by a work item.
 * @ending: it is on its way.
 * @rcu: for who has found it by its domain.
 */
struct kxen_pager {
	refcount_t ref;
	struct kxen_domain *d;
	struct mm_struct *mm;
	struct list_head all;
	spinlock_t lock;	/* of what follows */
	struct xarray by_gfn;
	struct xarray by_index;
	struct kxen_pg_book book;
	bool dead;
	bool stopped;
	struct mutex batch;	/* one nominates */
	struct kxen_pg_run run;
	wait_queue_head_t wq[KXEN_PG_QUEUES];
	wait_queue_head_t readers;
	struct mmu_notifier notifier;
	struct work_struct look;
	unsigned long look_from;
	unsigned long look_to;
	struct kxen_pg_ring *ring;
	struct work_struct *tell;
	struct work_struct end;
	unsigned long ending;
	struct rcu_head rcu;
};

/* Hooks, in the architecture's directory: in place while there is a pager. */
extern struct kxen_hook_set kxen_mempaging_hooks;

/* pager.c */
struct kxen_pager *kxen_pager_new(struct kxen_domain *d);
int kxen_pager_wait_end(struct kxen_domain *d, struct kxen_pager *pg);

/* ref.c */
struct kxen_pager *kxen_pager_of(struct kxen_domain *d);
struct kxen_pager *kxen_pager_of_mm(struct mm_struct *mm);
void kxen_pager_put(struct kxen_pager *pg);
int kxen_pager_list(struct kxen_pager *pg);
void kxen_pager_unlist(struct kxen_pager *pg);
void kxen_pager_kill(struct kxen_pager *pg);

/* table.c */
void kxen_pg_reserve(struct kxen_pager *pg, u64 gfn, unsigned long hva,
		     struct kxen_pg_entry **entry, u32 n);
void kxen_pg_unreserve(struct kxen_pager *pg, struct kxen_pg_entry *e);
struct kxen_pg_entry *kxen_pg_at(struct kxen_pager *pg, unsigned long hva);
struct kxen_pg_entry *kxen_pg_of(struct kxen_pager *pg, u64 gfn);
bool kxen_pg_install(struct kxen_pager *pg, struct vm_area_struct *vma, struct kxen_pg_entry *e);
void kxen_pg_dropped(struct kxen_pager *pg, struct kxen_pg_entry *e);
bool kxen_pg_has_notice(struct kxen_pager *pg);
bool kxen_pg_next_notice(struct kxen_pager *pg, struct kxen_pager_event *ev);
bool kxen_pg_next_notice_but(struct kxen_pager *pg, struct kxen_pager_event *ev, const u64 *gfn,
			     u32 nr);
bool kxen_pg_forgive_drop(struct kxen_pager *pg, u64 gfn);
u32 kxen_pg_free_all(struct kxen_pager *pg);

/* mark.c */
extern u32 kxen_mark_high;
void kxen_mark_init(void);
bool kxen_mark_is(pte_t pte);
void kxen_mark_unmap(struct vm_fault *vmf);
bool kxen_mark_is_at(struct mm_struct *mm, unsigned long addr);
bool kxen_mark_is_ksm(struct mm_struct *mm, unsigned long addr);
bool kxen_mark_freeze(struct mm_struct *mm, unsigned long addr, struct page *page);
bool kxen_mark_install(struct vm_area_struct *vma, unsigned long addr, struct page *page);
void kxen_mark_free_frame(struct page *page);

/* freeze.c */
u32 kxen_pg_nominate(struct kxen_pager *pg, const u64 *gfn, s32 *res, u32 nr);

/* fill.c */
int kxen_pg_evict_one(struct kxen_pager *pg, u64 gfn);
int kxen_pg_read_one(struct kxen_pager *pg, u64 gfn, void __user *buf);
int kxen_pg_fill_one(struct kxen_pager *pg, u64 gfn, const void __user *buf);

/* fault.c */
vm_fault_t kxen_pg_fault(struct vm_fault *vmf);

/* wait.c */
void kxen_pg_tell_pager(struct kxen_pager *pg);
void kxen_pg_want(struct kxen_pager *pg, struct kxen_pg_entry *e, u8 how, u16 vcpu);
int kxen_pg_wait(struct kxen_pager *pg, unsigned long hva, u64 gen, bool interruptible);
int kxen_pg_wait_step(struct kxen_pager *pg, unsigned long hva, u64 gen);
void kxen_pg_wake(struct kxen_pager *pg, unsigned long hva);
void kxen_pg_wake_all(struct kxen_pager *pg);
bool kxen_pg_vcpu_waits(struct kxen_pager *pg, struct kxen_vcpu *v, u64 gfn);
bool kxen_pg_met_here(struct kxen_pager *pg, const struct kxen_pg_entry *e);
bool kxen_pg_frame_out(struct kxen_domain *d, u64 gfn);
struct page *kxen_pg_frame_kept(struct kxen_domain *d, u64 gfn);

/* drop.c */
extern const struct mmu_notifier_ops kxen_pg_notifier_ops;
void kxen_pg_look(struct work_struct *w);

/* batch.c */
int kxen_pager_open(struct kxen_domain *d, struct kxen_pager_arg *a, struct file **file);
void kxen_pager_done(int fd, struct file *file, bool told);
int kxen_pager_nominate(struct kxen_pager *pg, const u64 *gfn, s32 *res, u32 nr, u32 *done);

/* ring.c */
int kxen_pg_ring_new(struct kxen_pager *pg, u32 *port);
void kxen_pg_ring_kick(struct kxen_pg_ring *ring);
bool kxen_pg_ring_is_bound(const struct kxen_pg_ring *ring);
void kxen_pg_ring_end(struct kxen_pg_ring *ring);

/* The pager's ring, or NULL; it stays as long as the pager. Context: any, no lock needed. */
static inline struct kxen_pg_ring *kxen_pg_ring_of(const struct kxen_pager *pg)
{
	return smp_load_acquire(&pg->ring);	/* pairs with the release in ring.c */
}

/* ring_page.c */
#define KXEN_PG_RING_GFN	0xfeff8ULL	/* as on Xen: the first of its special pages */
struct page *kxen_pg_ring_page(struct kxen_domain *d);
bool kxen_pg_ring_place(struct kxen_domain *d, bool there);
void kxen_pg_ring_page_free(struct kxen_mempaging *m);

/* op.c, vm_event.c */
long kxen_pg_paging_op(struct kxen_hc *hc);
long kxen_pg_vm_event_op(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c);

#endif
