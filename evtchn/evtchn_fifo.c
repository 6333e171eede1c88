// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FIFO ABI (semantics A.4): an event is a 32-bit word in an array of guest pages;
 * pending events are linked into queues, sixteen priorities per vCPU.
 *
 * One queue lock is held at a time. Whoever sets LINKED in a word, under the lock of the
 * queue that the event was in last, owns the event until it is appended: the guest does
 * not touch it meanwhile, and other senders find LINKED set. If the event was the tail
 * of its last queue, that tail is forgotten under the same lock. So an event can move to
 * another queue between the two locks without being lost, and without anybody linking
 * through it (A63).
 *
 * What cannot be linked yet, because the page of the word or the control block of the
 * vCPU is missing, is remembered in port->saved, and raised when that comes.
 */
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>
#include <xen/kxen_evtchn.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/log.h"
#include "evtchn_internal.h"
#include "fifo_link.h"

#define WORDS_PER_PAGE	(PAGE_SIZE / sizeof(u32))
#define MAX_PAGES	(EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

/* Host memory only, and a line of its own: the guest's words are elsewhere. */
struct fifo_queue {
	raw_spinlock_t lock;
	u32 tail;		/* 0: empty */
} ____cacheline_aligned;

/* One vCPU's queues and the page that tells the guest of them. */
struct fifo_vcpu {
	struct fifo_queue queue[EVTCHN_FIFO_MAX_QUEUES];
	struct evtchn_fifo_control_block *control;
	struct kxen_page page;
};

/**
 * struct kxen_fifo - FIFO state of a domain.
 * @nr_words: words that exist; published after their page.
 * @pages: the array, page by page.
 * @vcpu: entries appear once, complete.
 *
 * Readers have interrupts off, which the teardown waits for.
 */
struct kxen_fifo {
	u32 nr_words;
	struct kxen_page pages[MAX_PAGES];
	struct fifo_vcpu *vcpu[KXEN_MAX_VCPUS];
};

static u32 max_ports(struct kxen_domain *d)
{
	return EVTCHN_FIFO_NR_CHANNELS;
}

/* False if the guest has not given the page yet. */
static bool word_of(const struct kxen_fifo *f, u32 port, struct kxen_word *w)
{
	/* Pairs with the release in add_page(). */
	u32 nr = smp_load_acquire(&f->nr_words);

	if (port >= nr)
		return false;
	port = array_index_nospec(port, nr);
	w->page = f->pages[port / WORDS_PER_PAGE].kaddr;
	w->index = port % WORDS_PER_PAGE;
	return true;
}

static struct fifo_vcpu *vcpu_of(const struct kxen_fifo *f, u32 vcpu)
{
	if (vcpu >= KXEN_MAX_VCPUS)
		return NULL;
	vcpu = array_index_nospec(vcpu, KXEN_MAX_VCPUS);
	/* Pairs with the release in kxen_fifo_init_batch(). */
	return smp_load_acquire(&f->vcpu[vcpu]);
}

/* Where an event goes, or has gone: vCPU and priority in one word, read at once. */
static u32 place(u32 vcpu, u32 priority)
{
	return vcpu << 4 | priority;
}

static struct fifo_queue *queue_at(const struct kxen_fifo *f, u32 at)
{
	struct fifo_vcpu *fv = vcpu_of(f, at >> 4);

	return fv ? &fv->queue[at & (EVTCHN_FIFO_MAX_QUEUES - 1)] : NULL;
}

static void append(struct kxen_domain *d, const struct kxen_fifo *f, u32 at,
		   struct fifo_queue *q, u32 port, bool *first)
{
	struct fifo_vcpu *fv = vcpu_of(f, at >> 4);
	struct kxen_word tail;
	bool linked = false, broken = false;

	lockdep_assert_held(&q->lock);
	if (q->tail && word_of(f, q->tail, &tail))
		linked = kxen_fifo_link(tail, port, &broken);
	if (unlikely(broken))
		pr_warn_ratelimited("kvm_xen: d%u breaks the rules of its event words\n",
				    d->domid);
	if (!linked)
		WRITE_ONCE(fv->control->head[at & 15], port);
	*first = !linked;
	q->tail = port;
}

/* Only for a new head (A65): the guest looks at the queue again by itself. */
static void tell(struct kxen_domain *d, const struct kxen_fifo *f, u32 at)
{
	struct fifo_vcpu *fv = vcpu_of(f, at >> 4);
	struct kxen_vcpu *kv;

	/* Also the barrier between the head and the bit, for the guest's xchg. */
	if (kxen_guest_test_and_set(fv->control, at & 15))
		return;
	kv = kxen_domain_vcpu(d, at >> 4);
	if (kv)
		kxen_upcall_mark(kv, rcu_dereference_sched(kv->vi));
}

enum claim { AGAIN, TAKEN, MOVED, APPENDED };

/*
 * Set LINKED under the lock of the queue that the event was in last. AGAIN: that was
 * another one by the time we had the lock. TAKEN: somebody else has set it. MOVED: ours,
 * and in no queue. APPENDED: in its queue already, which is the one it was in.
 */
static enum claim claim(struct kxen_domain *d, const struct kxen_fifo *f,
			struct kxen_port *p, struct kxen_word w, u32 to,
			bool *first)
{
	u32 last = READ_ONCE(p->last_place);
	struct fifo_queue *q = queue_at(f, last);
	enum claim ret = TAKEN;

	raw_spin_lock(&q->lock);
	if (unlikely(READ_ONCE(p->last_place) != last)) {
		ret = AGAIN;
	} else if (!kxen_word_set(w, EVTCHN_FIFO_LINKED)) {
		/* The guest has taken it off, and all before it: an empty queue. */
		if (q->tail == p->port)
			q->tail = 0;
		if (likely(last == to)) {
			append(d, f, to, q, p->port, first);
			ret = APPENDED;
		} else {
			WRITE_ONCE(p->last_place, to);
			ret = MOVED;
		}
	}
	raw_spin_unlock(&q->lock);
	return ret;
}

/*
 * PENDING is set: put the event into its queue, unless it is in one. Whoever changes
 * last_place has set LINKED after that, so the guest will find PENDING: three attempts
 * are more than enough.
 */
static void enqueue(struct kxen_domain *d, const struct kxen_fifo *f,
		    struct kxen_port *p, struct kxen_word w, u32 to)
{
	enum claim got = AGAIN;
	bool first = false;
	int tries;

	for (tries = 0; tries < 3 && got == AGAIN; tries++)
		got = claim(d, f, p, w, to, &first);
	if (unlikely(got == MOVED)) {
		struct fifo_queue *q = queue_at(f, to);

		raw_spin_lock(&q->lock);
		append(d, f, to, q, p->port, &first);
		raw_spin_unlock(&q->lock);
	}
	if (first)
		tell(d, f, to);
}

/* Raise an event whose word and whose vCPU's control block are there. */
static void raise(struct kxen_domain *d, const struct kxen_fifo *f,
		  struct kxen_port *p, struct kxen_word w, u32 to)
{
	bool was;

	/* An event that never was in a queue: it begins with this one. */
	if (unlikely(READ_ONCE(p->last_place) == KXEN_NO_PLACE))
		cmpxchg(&p->last_place, KXEN_NO_PLACE, to);
	was = kxen_word_set(w, EVTCHN_FIFO_PENDING);
	if (!(kxen_word_read(w) & (KXEN_FIFO_MASKED | KXEN_FIFO_LINKED)))
		enqueue(d, f, p, w, to);
	if (!was)
		kxen_poll_wake(d, p->port);
}

/* Not now: when the missing page or control block comes. */
static bool save(const struct kxen_fifo *f, struct kxen_port *p,
		 struct kxen_word *w, u32 to)
{
	WRITE_ONCE(p->saved, true);
	/* Pairs with the barrier in raise_saved(): one of us sees the other. */
	smp_mb();
	return !(word_of(f, p->port, w) && queue_at(f, to)) ||
	       !xchg(&p->saved, false);
}

static void set_pending(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_fifo *f = READ_ONCE(d->evtchn->fifo);
	u32 to = place(READ_ONCE(p->notify_vcpu), READ_ONCE(p->priority));
	struct kxen_word w;

	if (unlikely(!word_of(f, p->port, &w) || !queue_at(f, to)) &&
	    save(f, p, &w, to))
		return;
	raise(d, f, p, w, to);
}

static void clear_pending(struct kxen_domain *d, struct kxen_port *p)
{
	struct kxen_word w;

	/* Never off its queue: the guest takes it off and skips it (A67). */
	if (word_of(READ_ONCE(d->evtchn->fifo), p->port, &w))
		kxen_word_clear(w, EVTCHN_FIFO_PENDING);
	WRITE_ONCE(p->saved, false);
}

static void unmask(struct kxen_domain *d, struct kxen_port *p)
{
	struct kxen_word w;

	if (!word_of(READ_ONCE(d->evtchn->fifo), p->port, &w))
		return;
	kxen_word_clear(w, EVTCHN_FIFO_MASKED);
	if (kxen_word_read(w) & KXEN_FIFO_PENDING)
		set_pending(d, p);
}

static u32 word_value(struct kxen_domain *d, struct kxen_port *p)
{
	struct kxen_word w;

	/* No word counts as masked and not pending (A68). */
	return word_of(READ_ONCE(d->evtchn->fifo), p->port, &w) ?
	       kxen_word_read(w) : KXEN_FIFO_MASKED;
}

static bool is_pending(struct kxen_domain *d, struct kxen_port *p)
{
	return word_value(d, p) & KXEN_FIFO_PENDING;
}

static bool is_masked(struct kxen_domain *d, struct kxen_port *p)
{
	return word_value(d, p) & KXEN_FIFO_MASKED;
}

/* A closed port whose word still is in a queue would be delivered from there. */
static bool is_busy(struct kxen_domain *d, struct kxen_port *p)
{
	return word_value(d, p) & KXEN_FIFO_LINKED;
}

static int set_priority(struct kxen_domain *d, struct kxen_port *p,
			u32 priority)
{
	if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -EINVAL;
	/* What is linked stays where it is (A42). */
	WRITE_ONCE(p->priority, priority);
	return 0;
}

/* The guest is to look at its queues: at least one says so. */
static bool any_pending(struct kxen_vcpu *kv)
{
	const struct kxen_fifo *f = READ_ONCE(kv->domain->evtchn->fifo);
	const struct fifo_vcpu *fv = vcpu_of(f, kv->id);

	return fv && READ_ONCE(fv->control->ready);
}

static void stop(struct kxen_domain *d);

const struct kxen_evtchn_ops kxen_evtchn_fifo = {
	.abi = KXEN_ABI_FIFO,
	.max_ports = max_ports,
	.set_pending = set_pending,
	.clear_pending = clear_pending,
	.unmask = unmask,
	.is_pending = is_pending,
	.is_masked = is_masked,
	.is_busy = is_busy,
	.set_priority = set_priority,
	.any_pending = any_pending,
	.stop = stop,
};

/* --- set-up ------------------------------------------------------------------ */

/* What was remembered, and can be raised by now. Ports of the range [from, to). */
static void raise_saved(struct kxen_domain *d, u32 from, u32 to)
{
	unsigned long flags;
	u32 port;

	lockdep_assert_held(&d->evtchn->event_lock);
	/* Pairs with the barrier in save(). */
	smp_mb();
	for (port = from; port < min(to, d->evtchn->nr_valid); port++) {
		struct kxen_port *p = kxen_port(d, port);

		if (READ_ONCE(p->saved) && xchg(&p->saved, false)) {
			local_irq_save(flags);
			set_pending(d, p);	/* or remembers it again */
			local_irq_restore(flags);
		}
		if (!(port % WORDS_PER_PAGE))
			cond_resched();
	}
}

/*
 * From 2-level to FIFO. Senders that still use the old ABI are waited for; then what
 * they left is remembered, until the page of its word comes (A37).
 */
static void take_over(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	const struct kxen_evtchn_ops *old = e->ops;
	unsigned long flags;
	u32 port;

	lockdep_assert_held(&e->event_lock);
	/* Pairs with the reads of e->ops: the FIFO is complete (A40). */
	smp_store_release(&e->ops, &kxen_evtchn_fifo);
	synchronize_rcu();
	for (port = 0; port < min(e->nr_valid, old->max_ports(d)); port++) {
		struct kxen_port *p = kxen_port(d, port);

		local_irq_save(flags);
		if (old->is_pending(d, p))
			WRITE_ONCE(p->saved, true);
		local_irq_restore(flags);
	}
}

static struct fifo_vcpu *new_vcpu(struct kxen_domain *d, u64 gfn, u32 offset,
				  int *ret)
{
	struct fifo_vcpu *fv = kvzalloc(sizeof(*fv), GFP_KERNEL_ACCOUNT);
	int i;

	*ret = -ENOMEM;
	if (!fv)
		return NULL;
	*ret = kxen_page_pin(d, gfn, &fv->page);
	if (*ret) {
		kvfree(fv);
		return NULL;
	}
	for (i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
		raw_spin_lock_init(&fv->queue[i].lock);
	fv->control = fv->page.kaddr + offset;
	return fv;
}

bool kxen_fifo_offset_ok(u32 offset)
{
	return offset <= PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) &&
	       !(offset % 8);
}

static void free_vcpu(struct kxen_domain *d, struct fifo_vcpu *fv)
{
	if (!fv)
		return;
	kxen_page_unpin(d, &fv->page);
	kvfree(fv);
}

/* Control blocks for @nr vCPUs, made and not yet known to anybody: all or none. */
static int new_vcpus(struct kxen_domain *d, const struct kxen_fifo *f,
		     const struct evtchn_fifo_init *list, u32 nr,
		     struct fifo_vcpu **fv)
{
	u32 i, k;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		if (f && f->vcpu[list[i].vcpu])
			ret = -EINVAL;
		for (k = 0; k < i && !ret; k++)
			if (list[k].vcpu == list[i].vcpu)
				ret = -EINVAL;
		if (!ret)
			fv[i] = new_vcpu(d, list[i].control_gfn,
					 list[i].offset, &ret);
	}
	for (k = 0; ret && k < i; k++)
		free_vcpu(d, fv[k]);
	return ret;
}

/**
 * kxen_fifo_init_batch() - EVTCHNOP_fifo_init_batch, arguments checked.
 * @d: the domain; event_lock held.
 * @list: existing vCPUs, offsets that fit.
 * @nr: how many.
 *
 * The first one of a domain switches it to FIFO; if it fails, nothing has changed.
 * Context: may sleep; the VMM's memory is there.
 * Return: 0; -EINVAL if a vCPU has one or comes twice, or a page is no RAM; -EBUSY
 * in N-level; -ENOMEM.
 */
int kxen_fifo_init_batch(struct kxen_domain *d,
			 const struct evtchn_fifo_init *list, u32 nr)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_fifo *f = e->fifo;
	struct fifo_vcpu **fv;
	int ret = -ENOMEM;
	u32 i;

	lockdep_assert_held(&e->event_lock);
	if (e->nlevel)
		return -EBUSY;
	fv = kvcalloc(nr, sizeof(*fv), GFP_KERNEL_ACCOUNT);
	if (!f)
		f = kvzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (fv && f)
		ret = new_vcpus(d, f, list, nr, fv);
	if (ret)
		goto out;
	for (i = 0; i < nr; i++) {
		u32 vcpu = array_index_nospec(list[i].vcpu, KXEN_MAX_VCPUS);

		/* Pairs with vcpu_of(): the queues are complete (XSA-358). */
		smp_store_release(&f->vcpu[vcpu], fv[i]);
	}
	if (!e->fifo) {
		WRITE_ONCE(e->fifo, f);
		take_over(d);
	}
	raise_saved(d, 0, e->nr_valid);
out:
	if (!e->fifo)
		kvfree(f);
	kvfree(fv);
	return ret;
}

/* EVTCHNOP_init_control, arguments checked: the same for one vCPU. */
int kxen_fifo_init_control(struct kxen_domain *d, u32 vcpu, u64 gfn, u32 offset)
{
	const struct evtchn_fifo_init one = { gfn, offset, vcpu };

	return kxen_fifo_init_batch(d, &one, 1);
}

/**
 * kxen_fifo_expand_array() - EVTCHNOP_expand_array.
 * @d: the domain; event_lock held.
 * @gfn: the next page of the array.
 *
 * Context: may sleep; a thread of the VMM.
 * Return: 0; -EOPNOTSUPP without FIFO; -ENOSPC; -EINVAL if it is no RAM.
 */
int kxen_fifo_expand_array(struct kxen_domain *d, u64 gfn)
{
	struct kxen_fifo *f = d->evtchn->fifo;
	u32 nr;
	int ret;

	/* Under the lock, or a reset could take it away (XSA-505). */
	lockdep_assert_held(&d->evtchn->event_lock);
	if (!f)
		return -EOPNOTSUPP;
	nr = f->nr_words;
	if (nr >= EVTCHN_FIFO_NR_CHANNELS)
		return -ENOSPC;
	ret = kxen_page_pin(d, gfn, &f->pages[nr / WORDS_PER_PAGE]);
	if (ret)
		return ret;
	/* Pairs with word_of(): the page is there (XSA-359). */
	smp_store_release(&f->nr_words, nr + WORDS_PER_PAGE);
	raise_saved(d, nr, nr + WORDS_PER_PAGE);
	return 0;
}

/* Back to 2-level; all ports are closed. */
static void stop(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_fifo *f = e->fifo;
	u32 i;

	lockdep_assert_held(&e->event_lock);
	WRITE_ONCE(e->ops, &kxen_evtchn_2l);
	/* Whoever has read the old ops has interrupts off until it is done. */
	synchronize_rcu();
	WRITE_ONCE(e->fifo, NULL);
	for (i = 0; i < e->nr_valid; i++) {
		struct kxen_port *p = kxen_port(d, i);

		p->saved = false;
		p->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		p->last_place = KXEN_NO_PLACE;
	}
	for (i = 0; i < MAX_PAGES; i++)
		kxen_page_unpin(d, &f->pages[i]);
	for (i = 0; i < KXEN_MAX_VCPUS; i++)
		free_vcpu(d, f->vcpu[i]);
	kvfree(f);
}
