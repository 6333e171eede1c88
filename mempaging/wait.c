// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for a page that is out, and the end of it.
 *
 * Who waits has seen the page out, and waits for *that* time: it may come, and be out again, before
 * he looks, and then nobody has asked for it. Whatever ends a time changes that under the lock,
 * then wakes; so does what ends the pager. So nobody sleeps through either.
 */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/park.h"
#include "../kvm-xen/trace.h"
#include "mempaging.h"

static wait_queue_head_t *queue_of(struct kxen_pager *pg, unsigned long hva)
{
	return &pg->wq[hash_long(hva >> PAGE_SHIFT, ilog2(KXEN_PG_QUEUES))];
}

static bool page_is_over(struct kxen_pager *pg, unsigned long hva, u64 gen)
{
	bool waits;

	spin_lock(&pg->lock);
	waits = !pg->dead && kxen_pg_waits(kxen_pg_at(pg, hva), gen);
	spin_unlock(&pg->lock);
	return !waits;
}

/* There is a notice. Locked: who is dead looks at none, and its ring may be gone. */
void kxen_pg_tell_pager(struct kxen_pager *pg)
{
	lockdep_assert_held(&pg->lock);
	wake_up(&pg->readers);
	if (pg->tell && !pg->dead)
		queue_work(kxen_unbound_wq, pg->tell);
}

/* The pager is told that a page is wanted, if it has not been. Locked. */
void kxen_pg_want(struct kxen_pager *pg, struct kxen_pg_entry *e, u8 how, u16 vcpu)
{
	lockdep_assert_held(&pg->lock);
	trace_kxen_paging(pg->d->domid, e->gfn, KXEN_TRACE_WANT);
	if (kxen_pg_ask(&pg->book, e, how, vcpu))
		kxen_pg_tell_pager(pg);
}

/**
 * kxen_pg_wait() - Wait for a page.
 * @pg: the pager.
 * @hva: where the VMM has it.
 * @gen: which time it is out.
 * @interruptible: any signal ends it; else one that kills.
 *
 * Context: may sleep for as long as the pager likes, or until its end.
 * Return: 0: look again; -ERESTARTSYS.
 */
int kxen_pg_wait(struct kxen_pager *pg, unsigned long hva, u64 gen, bool interruptible)
{
	wait_queue_head_t *wq = queue_of(pg, hva);

	if (interruptible)
		return wait_event_interruptible(*wq, page_is_over(pg, hva, gen));
	return wait_event_killable(*wq, page_is_over(pg, hva, gen));
}

/* The same for a while, for who has no signals: 0, or -EAGAIN. */
int kxen_pg_wait_step(struct kxen_pager *pg, unsigned long hva, u64 gen)
{
	wait_queue_head_t *wq = queue_of(pg, hva);

	return wait_event_timeout(*wq, page_is_over(pg, hva, gen), HZ / 10) ? 0 : -EAGAIN;
}

/* The page has changed: whoever waits looks. Any context. */
void kxen_pg_wake(struct kxen_pager *pg, unsigned long hva)
{
	wake_up_all(queue_of(pg, hva));
}

/* It is over: the flag is set. */
void kxen_pg_wake_all(struct kxen_pager *pg)
{
	u32 i;

	for (i = 0; i < KXEN_PG_QUEUES; i++)
		wake_up_all(&pg->wq[i]);
	wake_up_all(&pg->readers);
}

/* --- a vCPU's own fault --------------------------------------------------------------------- */

struct vcpu_wait {
	struct kxen_pager *pg;
	struct kxen_vcpu *v;
	unsigned long hva;
	u64 gen;
};

/* Without KVM's SRCU. A domain that is paused meanwhile has this vCPU stopped where it is. */
static void vcpu_sleep(void *arg)
{
	struct vcpu_wait *w = arg;

	kxen_park(w->v);
	kxen_pg_wait(w->pg, w->hva, w->gen, true);
	kxen_unpark(w->v);
}

/**
 * kxen_pg_vcpu_waits() - A vCPU faults at a frame: wait, if that is out.
 * @pg: the pager of its domain.
 * @v: the vCPU, its own thread, SRCU held; given up meanwhile.
 * @gfn: the frame.
 *
 * Context: may sleep for as long as the pager likes; any signal ends it.
 * Return: whether it has waited: then somebody may want something of this thread by now.
 */
bool kxen_pg_vcpu_waits(struct kxen_pager *pg, struct kxen_vcpu *v, u64 gfn)
{
	struct vcpu_wait w = { .pg = pg, .v = v };
	struct kxen_pg_entry *e;
	bool out;

	spin_lock(&pg->lock);
	e = kxen_pg_of(pg, gfn);
	out = e && e->state == KXEN_PG_OUT && !pg->dead;
	if (out) {
		w.hva = (unsigned long)e->index << PAGE_SHIFT;
		w.gen = e->gen;
		kxen_pg_want(pg, e, KXEN_PAGING_VCPU, v->id);
	}
	spin_unlock(&pg->lock);
	if (!out)
		return false;
	atomic64_inc(&v->domain->mempaging->waits);
	kxen_glue_without_srcu(v->vcpu, vcpu_sleep, &w);
	return true;
}

/*
 * Is it KVM that has met this page, for the fault of the vCPU which runs in this thread? Then it is
 * noted, and the vCPU's hook waits. Locked; @pg is of the thread's mm or not.
 */
bool kxen_pg_met_here(struct kxen_pager *pg, const struct kxen_pg_entry *e)
{
	struct kxen_vcpu *v = kxen_glue_running();
	struct kxen_mempaging_vcpu *mv = v && v->domain == pg->d ? v->mempaging : NULL;

	if (!mv || mv->gfn != e->gfn)
		return false;
	mv->met = true;
	return true;
}

/* --- for others ------------------------------------------------------------------------------ */

/**
 * kxen_pg_frame_out() - Another domain, or a process of the host, wants a page: is it out?
 * @d: the domain whose it is.
 * @gfn: the frame.
 *
 * If so its pager is told. As of now: who goes on may meet the page out all the same, and waits.
 * Context: any that may take a spinlock.
 */
bool kxen_pg_frame_out(struct kxen_domain *d, u64 gfn)
{
	struct kxen_pager *pg = kxen_pager_of(d);
	struct kxen_pg_entry *e;
	bool out = false;

	if (!pg)
		return false;
	spin_lock(&pg->lock);
	e = kxen_pg_of(pg, gfn);
	if (e && e->state == KXEN_PG_OUT && !pg->dead) {
		kxen_pg_want(pg, e, KXEN_PAGING_FOREIGN, 0);
		out = true;
	}
	spin_unlock(&pg->lock);
	kxen_pager_put(pg);
	return out;
}

/**
 * kxen_pg_frame_kept() - The page of a frame that is nominated, held; its state stays what it is.
 * @d: the domain whose it is.
 * @gfn: the frame.
 *
 * While it is held it cannot be taken out. Who touches it has it back, with whoever holds it.
 * Context: any that may take a spinlock.
 * Return: the page, for kxen_memory_unpin(); or NULL.
 */
struct page *kxen_pg_frame_kept(struct kxen_domain *d, u64 gfn)
{
	struct kxen_pager *pg = kxen_pager_of(d);
	struct kxen_pg_entry *e;
	struct page *page = NULL;

	if (!pg)
		return NULL;
	spin_lock(&pg->lock);
	e = kxen_pg_of(pg, gfn);
	if (e && e->state == KXEN_PG_NOMINATED && kxen_memory_pin_again(e->frame))
		page = e->frame;
	spin_unlock(&pg->lock);
	kxen_pager_put(pg);
	return page;
}
