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
 * vCPU is missing, is remembered in port->pending_deferred, and raised when that comes.
 */
#include <linux/rcupdate.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/log.h"
#include "fifo.h"
#include "fifo_link.h"

static u32 evtchn_fifo_max_ports(struct kxen_domain *d)
{
	return EVTCHN_FIFO_NR_CHANNELS;
}

/* False if the guest has not given the page yet. */
static bool fifo_word_of(const struct kxen_fifo *f, u32 port, struct kxen_word *w)
{
	/* Pairs with the release in kxen_fifo_expand_array(). */
	u32 nr = smp_load_acquire(&f->nr_words);

	if (port >= nr)
		return false;
	port = array_index_nospec(port, nr);
	w->page = f->pages[port / KXEN_FIFO_WORDS].at;
	w->index = port % KXEN_FIFO_WORDS;
	return true;
}

static struct kxen_fifo_vcpu *fifo_vcpu_of(const struct kxen_fifo *f, u32 vcpu)
{
	if (vcpu >= KXEN_MAX_VCPUS)
		return NULL;
	vcpu = array_index_nospec(vcpu, KXEN_MAX_VCPUS);
	/* Pairs with the release in kxen_fifo_init_batch(). */
	return smp_load_acquire(&f->vcpu[vcpu]);
}

/* Where an event goes, or has gone: vCPU and priority in one word, read at once. */
static u32 fifo_queue_id(u32 vcpu, u32 priority)
{
	return vcpu << 4 | priority;
}

static struct kxen_fifo_queue *fifo_queue_at(const struct kxen_fifo *f, u32 at)
{
	struct kxen_fifo_vcpu *fv = fifo_vcpu_of(f, at >> 4);

	return fv ? &fv->queue[at & (EVTCHN_FIFO_MAX_QUEUES - 1)] : NULL;
}

/* Counted, and said once: a guest can do it as often as it likes. */
static void fifo_breaks_rules(struct kxen_domain *d)
{
	if (atomic64_inc_return(&d->evtchn->broken) == 1)
		kxen_warn_guest(d, "breaks the rules of its event words");
}

static void fifo_append(struct kxen_domain *d, const struct kxen_fifo *f, u32 at,
			struct kxen_fifo_queue *q, u32 port, bool *first)
{
	struct kxen_fifo_vcpu *fv = fifo_vcpu_of(f, at >> 4);
	struct kxen_word tail;
	bool linked = false, broken = false;

	lockdep_assert_held(&q->lock);
	if (q->tail && fifo_word_of(f, q->tail, &tail))
		linked = kxen_fifo_link(d, tail, port, &broken);
	if (unlikely(broken))
		fifo_breaks_rules(d);
	if (!linked)
		kxen_guest_write32(kxen_fifo_head(fv, at & 15), port);
	*first = !linked;
	q->tail = port;
}

/* Only for a new head (A65): the guest looks at the queue again by itself. */
static void fifo_notify(struct kxen_domain *d, const struct kxen_fifo *f, u32 at)
{
	struct kxen_fifo_vcpu *fv = fifo_vcpu_of(f, at >> 4);
	struct kxen_vcpu *v;

	/* Also the barrier between the head and the bit, for the guest's xchg. */
	if (kxen_guest_test_and_set(d, fv->control, at & 15))
		return;
	v = kxen_domain_vcpu(d, at >> 4);
	if (v)
		kxen_vcpu_mark_events_pending(v, kxen_gptr_get_sched(&v->vcpu_info));
}

enum fifo_claim { RETRY, IS_LINKED, DEQUEUED, QUEUED };

/*
 * Set LINKED under the lock of the queue that the event was in last. RETRY: that was
 * another one by the time we had the lock. IS_LINKED: somebody else has set it. DEQUEUED: ours,
 * and in no queue. QUEUED: in its queue already, which is the one it was in.
 */
static enum fifo_claim fifo_claim(struct kxen_domain *d, const struct kxen_fifo *f,
				  struct kxen_port *p, struct kxen_word w, u32 to,
				  bool *first)
{
	u32 last = READ_ONCE(p->lastq);
	struct kxen_fifo_queue *q = fifo_queue_at(f, last);
	enum fifo_claim ret = IS_LINKED;

	raw_spin_lock(&q->lock);
	if (unlikely(READ_ONCE(p->lastq) != last)) {
		ret = RETRY;
	} else if (!kxen_word_set(d, w, EVTCHN_FIFO_LINKED)) {
		/* The guest has taken it off, and all before it: an empty queue. */
		if (q->tail == p->port)
			q->tail = 0;
		if (likely(last == to)) {
			fifo_append(d, f, to, q, p->port, first);
			ret = QUEUED;
		} else {
			WRITE_ONCE(p->lastq, to);
			ret = DEQUEUED;
		}
	}
	raw_spin_unlock(&q->lock);
	return ret;
}

/*
 * PENDING is set: put the event into its queue, unless it is in one. Whoever changes
 * lastq has set LINKED after that, so the guest will find PENDING: three attempts
 * are more than enough.
 */
static void fifo_enqueue(struct kxen_domain *d, const struct kxen_fifo *f,
			 struct kxen_port *p, struct kxen_word w, u32 to)
{
	enum fifo_claim got = RETRY;
	bool first = false;
	int tries;

	for (tries = 0; tries < 3 && got == RETRY; tries++)
		got = fifo_claim(d, f, p, w, to, &first);
	if (unlikely(got == DEQUEUED)) {
		struct kxen_fifo_queue *q = fifo_queue_at(f, to);

		raw_spin_lock(&q->lock);
		fifo_append(d, f, to, q, p->port, &first);
		raw_spin_unlock(&q->lock);
	}
	if (first)
		fifo_notify(d, f, to);
}

/* Raise an event whose word and whose vCPU's control block are there. */
static void fifo_raise(struct kxen_domain *d, const struct kxen_fifo *f,
		       struct kxen_port *p, struct kxen_word w, u32 to)
{
	bool was;

	/* An event that never was in a queue: it begins with this one. */
	if (unlikely(READ_ONCE(p->lastq) == KXEN_NO_QUEUE))
		cmpxchg(&p->lastq, KXEN_NO_QUEUE, to);
	was = kxen_word_set(d, w, EVTCHN_FIFO_PENDING);
	if (!(kxen_word_read(w) & (KXEN_FIFO_MASKED | KXEN_FIFO_LINKED)))
		fifo_enqueue(d, f, p, w, to);
	if (!was)
		kxen_evtchn_check_pollers(d, p->port);
}

/* Not now: when the missing page or control block comes. */
static bool fifo_defer_pending(const struct kxen_fifo *f, struct kxen_port *p,
			       struct kxen_word *w, u32 to)
{
	WRITE_ONCE(p->pending_deferred, true);
	/* Pairs with the barrier in kxen_evtchn_replay_deferred(): one of us sees the other. */
	smp_mb();
	return !(fifo_word_of(f, p->port, w) && fifo_queue_at(f, to)) ||
	       !xchg(&p->pending_deferred, false);
}

static void evtchn_fifo_set_pending(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_fifo *f = READ_ONCE(d->evtchn->fifo);
	u32 to = fifo_queue_id(READ_ONCE(p->notify_vcpu), READ_ONCE(p->priority));
	struct kxen_word w;

	if (unlikely(!fifo_word_of(f, p->port, &w) || !fifo_queue_at(f, to)) &&
	    fifo_defer_pending(f, p, &w, to))
		return;
	fifo_raise(d, f, p, w, to);
}

static void evtchn_fifo_clear_pending(struct kxen_domain *d,
				      struct kxen_port *p)
{
	struct kxen_word w;

	/* Never off its queue: the guest takes it off and skips it (A67). */
	if (fifo_word_of(READ_ONCE(d->evtchn->fifo), p->port, &w))
		kxen_word_clear(d, w, EVTCHN_FIFO_PENDING);
}

static void evtchn_fifo_unmask(struct kxen_domain *d, struct kxen_port *p)
{
	struct kxen_word w;

	if (!fifo_word_of(READ_ONCE(d->evtchn->fifo), p->port, &w))
		return;
	kxen_word_clear(d, w, EVTCHN_FIFO_MASKED);
	if (kxen_word_read(w) & KXEN_FIFO_PENDING)
		evtchn_fifo_set_pending(d, p);
}

static u32 fifo_word_value(struct kxen_domain *d, struct kxen_port *p)
{
	struct kxen_word w;

	/* No word counts as masked and not pending (A68). */
	return fifo_word_of(READ_ONCE(d->evtchn->fifo), p->port, &w) ?
	       kxen_word_read(w) : KXEN_FIFO_MASKED;
}

static bool evtchn_fifo_is_pending(struct kxen_domain *d, struct kxen_port *p)
{
	return fifo_word_value(d, p) & KXEN_FIFO_PENDING;
}

static bool evtchn_fifo_is_masked(struct kxen_domain *d, struct kxen_port *p)
{
	return fifo_word_value(d, p) & KXEN_FIFO_MASKED;
}

/* A closed port whose word still is in a queue would be delivered from there. */
static bool evtchn_fifo_is_busy(struct kxen_domain *d, struct kxen_port *p)
{
	return fifo_word_value(d, p) & KXEN_FIFO_LINKED;
}

static int evtchn_fifo_set_priority(struct kxen_domain *d, struct kxen_port *p,
				    u32 priority)
{
	if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -EINVAL;
	/* What is linked stays where it is (A42). */
	WRITE_ONCE(p->priority, priority);
	return 0;
}

/* The guest is to look at its queues: at least one says so. */
static bool evtchn_fifo_any_pending(struct kxen_vcpu *v)
{
	const struct kxen_fifo *f = READ_ONCE(v->domain->evtchn->fifo);
	const struct kxen_fifo_vcpu *fv = fifo_vcpu_of(f, v->id);

	return fv && kxen_guest_read32(fv->control);
}

const struct kxen_evtchn_ops kxen_evtchn_fifo = {
	.abi = KXEN_ABI_FIFO,
	.max_ports = evtchn_fifo_max_ports,
	.set_pending = evtchn_fifo_set_pending,
	.clear_pending = evtchn_fifo_clear_pending,
	.unmask = evtchn_fifo_unmask,
	.is_pending = evtchn_fifo_is_pending,
	.is_masked = evtchn_fifo_is_masked,
	.is_busy = evtchn_fifo_is_busy,
	.set_priority = evtchn_fifo_set_priority,
	.any_pending = evtchn_fifo_any_pending,
	.save = kxen_fifo_save,
	.stop = kxen_fifo_stop,
};

/* Could an event be, or have been, there? */
bool kxen_fifo_queue_ok(struct kxen_domain *d, u32 at)
{
	return at == KXEN_NO_QUEUE || fifo_queue_at(d->evtchn->fifo, at);
}
