// SPDX-License-Identifier: GPL-2.0-only
/*
 * Set-up, teardown, save and restore of the FIFO ABI. What senders see is published
 * complete, with event_lock held; pages are pinned before that lock is taken, since the
 * VMM's memory takes its time, or never comes.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/kxen_evtchn.h>

#include "fifo.h"
#include "records.h"

/*
 * From 2-level to FIFO. Senders that still use the old ABI are waited for; then what
 * they left is remembered, until the page of its word comes (A37). With the lock held: a
 * port that is closed and bound anew meanwhile must not find what was pending on it.
 */
static void fifo_switch_abi(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	const struct kxen_evtchn_ops *old = e->ops;
	unsigned long flags;
	u32 port;

	lockdep_assert_held(&e->event_lock);
	/* Pairs with the reads of e->ops: the FIFO is complete (A40). */
	smp_store_release(&e->ops, &kxen_evtchn_fifo);
	synchronize_rcu();
	for (port = 0; port < min(e->table.nr_valid, old->max_ports(d)); port++) {
		struct kxen_port *p = kxen_port(d, port);

		local_irq_save(flags);
		if (old->is_pending(d, p))
			WRITE_ONCE(p->pending_deferred, true);
		local_irq_restore(flags);
	}
}

static struct kxen_fifo_vcpu *fifo_new_vcpu(struct kxen_domain *d, u64 gfn,
					    u32 offset, int *ret)
{
	struct kxen_fifo_vcpu *fv = kvzalloc(sizeof(*fv), GFP_KERNEL_ACCOUNT);
	int i;

	*ret = -ENOMEM;
	if (!fv)
		return NULL;
	*ret = kxen_page_pin(d, KXEN_LIMIT_EVENT_PAGES, gfn, &fv->page);
	if (*ret) {
		kvfree(fv);
		return NULL;
	}
	for (i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
		raw_spin_lock_init(&fv->queue[i].lock);
	fv->control = kxen_gptr_at(fv->page.at, offset);
	return fv;
}

bool kxen_fifo_offset_ok(u32 offset)
{
	return offset <= XEN_PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) &&
	       !(offset % 8);
}

static void fifo_free_vcpu(struct kxen_domain *d, struct kxen_fifo_vcpu *fv)
{
	if (!fv)
		return;
	kxen_page_unpin(d, &fv->page);
	kvfree(fv);
}

static void fifo_free(struct kxen_domain *d, struct kxen_fifo *f)
{
	u32 i;

	for (i = 0; i < KXEN_FIFO_PAGES; i++)
		kxen_page_unpin(d, &f->pages[i]);
	for (i = 0; i < KXEN_MAX_VCPUS; i++)
		fifo_free_vcpu(d, f->vcpu[i]);
	kvfree(f);
}

/* Control blocks for the vCPUs of a list, made and not yet known to anybody. */
static int fifo_new_vcpus(struct kxen_domain *d, const struct evtchn_fifo_init *list,
			  u32 nr, struct kxen_fifo_vcpu **fv)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < nr && !ret; i++)
		fv[i] = fifo_new_vcpu(d, list[i].control_gfn, list[i].offset, &ret);
	return ret;
}

/* May these vCPUs have control blocks? event_lock held: changes as soon as it is not. */
static int fifo_check_list(struct kxen_domain *d, const struct evtchn_fifo_init *list,
			   u32 nr)
{
	const struct kxen_fifo *f = d->evtchn->fifo;
	DECLARE_BITMAP(seen, KXEN_MAX_VCPUS) = { };
	u32 i, vcpu;

	lockdep_assert_held(&d->evtchn->event_lock);
	if (d->evtchn->nlevel)
		return -EBUSY;
	/* Saved while this vCPU was still on its way to stop. */
	if (d->evtchn->inner_ops)
		return -EAGAIN;
	/* Another vCPU resets the domain meanwhile. */
	if (d->evtchn->dying || (!f && d->evtchn->ops != &kxen_evtchn_2l))
		return -EAGAIN;
	for (i = 0; i < nr; i++) {
		vcpu = array_index_nospec(list[i].vcpu, KXEN_MAX_VCPUS);
		if ((f && f->vcpu[vcpu]) || __test_and_set_bit(vcpu, seen))
			return -EINVAL;
	}
	return 0;
}

/*
 * The list has been checked under the lock, which is held. @spare is the domain's FIFO
 * from now on, if it has none. What is taken is gone from @fv and @spare.
 */
static void fifo_publish(struct kxen_domain *d, const struct evtchn_fifo_init *list,
			 u32 nr, struct kxen_fifo_vcpu **fv, struct kxen_fifo **spare)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_fifo *f = e->fifo ?: *spare;
	u32 i, vcpu;

	for (i = 0; i < nr; i++) {
		vcpu = array_index_nospec(list[i].vcpu, KXEN_MAX_VCPUS);
		/* Pairs with fifo_vcpu_of(): the queues are complete (XSA-358). */
		smp_store_release(&f->vcpu[vcpu], fv[i]);
		fv[i] = NULL;
	}
	if (!e->fifo) {
		WRITE_ONCE(e->fifo, f);
		*spare = NULL;
		fifo_switch_abi(d);
	}
	kxen_evtchn_replay_deferred(d, 0, e->table.nr_valid);
}

/* Everything is made before the lock is taken, and looked at again under it. */
static int fifo_add_vcpus(struct kxen_domain *d, const struct evtchn_fifo_init *list,
			  u32 nr, struct kxen_fifo_vcpu **fv)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_fifo *spare;
	int ret;

	mutex_lock(&e->event_lock);
	ret = fifo_check_list(d, list, nr);
	mutex_unlock(&e->event_lock);
	if (ret)
		return ret;
	spare = kvzalloc(sizeof(*spare), GFP_KERNEL_ACCOUNT);
	ret = spare ? fifo_new_vcpus(d, list, nr, fv) : -ENOMEM;
	if (!ret) {
		mutex_lock(&e->event_lock);
		ret = fifo_check_list(d, list, nr);
		if (!ret)
			fifo_publish(d, list, nr, fv, &spare);
		mutex_unlock(&e->event_lock);
	}
	kvfree(spare);
	return ret;
}

/**
 * kxen_fifo_init_batch() - EVTCHNOP_fifo_init_batch, arguments checked.
 * @d: the domain.
 * @list: existing vCPUs, offsets that fit.
 * @nr: how many.
 *
 * The first one of a domain switches it to FIFO; if it fails, nothing has changed.
 * Pages are pinned with no lock held: they come when the VMM's memory is there.
 * Context: may sleep; takes event_lock.
 * Return: 0; -EINVAL if a vCPU has one or comes twice, or a page is no RAM; -EBUSY
 * in N-level; -ENOSPC at the limit of pages; -ENOMEM; -EAGAIN.
 */
int kxen_fifo_init_batch(struct kxen_domain *d,
			 const struct evtchn_fifo_init *list, u32 nr)
{
	struct kxen_fifo_vcpu **fv = kvcalloc(nr, sizeof(*fv), GFP_KERNEL_ACCOUNT);
	u32 i;
	int ret;

	if (!fv)
		return -ENOMEM;
	ret = fifo_add_vcpus(d, list, nr, fv);
	/* What was not taken. */
	for (i = 0; i < nr; i++)
		fifo_free_vcpu(d, fv[i]);
	kvfree(fv);
	return ret;
}

/* EVTCHNOP_init_control, arguments checked: the same for one vCPU. */
int kxen_fifo_init_control(struct kxen_domain *d, u32 vcpu, u64 gfn, u32 offset)
{
	const struct evtchn_fifo_init one = { gfn, offset, vcpu };

	return kxen_fifo_init_batch(d, &one, 1);
}

/* Is there room for a page more? event_lock held, as it must be: XSA-505. */
static int fifo_check_room(const struct kxen_domain *d)
{
	const struct kxen_fifo *f = d->evtchn->fifo;

	lockdep_assert_held(&d->evtchn->event_lock);
	if (!f)
		return -EOPNOTSUPP;
	return f->nr_words < EVTCHN_FIFO_NR_CHANNELS ? 0 : -ENOSPC;
}

/**
 * kxen_fifo_expand_array() - EVTCHNOP_expand_array.
 * @d: the domain.
 * @gfn: the next page of the array.
 *
 * The page is pinned with no lock held. Context: may sleep; takes event_lock.
 * Return: 0; -EOPNOTSUPP without FIFO; -ENOSPC; -EINVAL if it is no RAM; -ENOMEM.
 */
int kxen_fifo_expand_array(struct kxen_domain *d, u64 gfn)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_page page = { };
	u32 nr;
	int ret;

	mutex_lock(&e->event_lock);
	ret = fifo_check_room(d);
	mutex_unlock(&e->event_lock);
	if (!ret)
		ret = kxen_page_pin(d, KXEN_LIMIT_EVENT_PAGES, gfn, &page);
	if (ret)
		return ret;
	mutex_lock(&e->event_lock);
	/* Another vCPU may have been first, or a reset. */
	ret = fifo_check_room(d);
	if (!ret) {
		nr = e->fifo->nr_words;
		e->fifo->pages[nr / KXEN_FIFO_WORDS] = page;
		page.page = NULL;
		/* Pairs with fifo_word_of(): the page is there (XSA-359). */
		smp_store_release(&e->fifo->nr_words, nr + KXEN_FIFO_WORDS);
		kxen_evtchn_replay_deferred(d, nr, nr + KXEN_FIFO_WORDS);
	}
	mutex_unlock(&e->event_lock);
	kxen_page_unpin(d, &page);
	return ret;
}

/* Nobody uses it any more, and no port is raised until another ABI is there. */
void kxen_fifo_stop(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_fifo *f = e->fifo;
	u32 i;

	lockdep_assert_held(&e->event_lock);
	WRITE_ONCE(e->fifo, NULL);
	for (i = 0; i < e->table.nr_valid; i++) {
		struct kxen_port *p = kxen_port(d, i);

		p->pending_deferred = false;
		p->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		p->lastq = KXEN_NO_QUEUE;
	}
	fifo_free(d, f);
}

/* --- save and restore ---------------------------------------------------------- */

void kxen_fifo_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	const struct kxen_fifo *f = d->evtchn->fifo;
	struct kxen_save_fifo r;
	struct kxen_save_fifo_vcpu v;
	u32 i, q;

	lockdep_assert_held(&d->evtchn->event_lock);
	kxen_rec_begin(s, KXEN_REC_FIFO);
	for (i = 0; i < f->nr_words / KXEN_FIFO_WORDS; i++) {
		r.gfn = f->pages[i].gfn;
		kxen_rec_put(s, &r, sizeof(r));
	}
	kxen_rec_end(s);
	for (i = 0; i < KXEN_MAX_VCPUS; i++) {
		const struct kxen_fifo_vcpu *fv = f->vcpu[i];

		if (!fv)
			continue;
		v.vcpu = i;
		v.gfn = fv->page.gfn;
		v.offset = kxen_gptr_offset(fv->control);
		for (q = 0; q < EVTCHN_FIFO_MAX_QUEUES; q++)
			v.tail[q] = fv->queue[q].tail;
		kxen_rec(s, KXEN_REC_FIFO_VCPU, &v, sizeof(v));
	}
}

static int fifo_restore_vcpu(struct kxen_domain *d, struct kxen_stream_in *im,
			     struct kxen_fifo *f, const struct kxen_save_fifo_vcpu *v)
{
	struct kxen_fifo_vcpu *fv;
	u32 q;
	int ret;

	im->why = KXEN_RESTORE_VALUES;
	if (!kxen_domain_vcpu(d, v->vcpu) || !kxen_fifo_offset_ok(v->offset))
		return -EINVAL;
	im->why = KXEN_RESTORE_MEMORY;
	fv = fifo_new_vcpu(d, v->gfn, v->offset, &ret);
	if (!fv)
		return ret;
	/* A tail that is no port is looked up like any other, and has no word. */
	for (q = 0; q < EVTCHN_FIFO_MAX_QUEUES; q++)
		fv->queue[q].tail = v->tail[q];
	f->vcpu[array_index_nospec(v->vcpu, KXEN_MAX_VCPUS)] = fv;
	return 0;
}

/* Lengths are good: the array and the vCPUs of a FIFO that nobody uses yet. */
static int fifo_restore_all(struct kxen_domain *d, struct kxen_stream_in *im,
			    struct kxen_fifo *f, const struct kxen_rec *rec)
{
	const struct kxen_save_fifo *r = rec->data;
	u32 i, nr = rec->nr;
	int ret = 0;

	im->why = KXEN_RESTORE_MEMORY;
	for (i = 0; i < nr && !ret; i++) {
		ret = kxen_page_pin(d, KXEN_LIMIT_EVENT_PAGES, r[i].gfn,
				    &f->pages[i]);
		f->nr_words += ret ? 0 : KXEN_FIFO_WORDS;
	}
	rec = kxen_recs(im, KXEN_REC_FIFO_VCPU, &nr);
	for (i = 0; i < nr && !ret; i++)
		ret = fifo_restore_vcpu(d, im, f, rec[i].data);
	return ret;
}

void kxen_fifo_frames(const struct kxen_rec *rec, struct kxen_frames *f)
{
	const struct kxen_save_fifo *r = rec->data;
	u32 i;

	for (i = 0; i < rec->nr; i++)
		kxen_frame(f, r[i].gfn);
}

void kxen_fifo_vcpu_frames(const struct kxen_rec *rec, struct kxen_frames *f)
{
	const struct kxen_save_fifo_vcpu *r = rec->data;

	kxen_frame(f, r->gfn);
}

/* Nobody has raised anything, so there is nothing to take over. */
static int fifo_publish_restored(struct kxen_domain *d, struct kxen_stream_in *im,
				 struct kxen_fifo *f)
{
	struct kxen_evtchn *e = d->evtchn;
	int ret;

	mutex_lock(&e->event_lock);
	ret = kxen_evtchn_is_fresh(d, im);
	if (!ret) {
		WRITE_ONCE(e->fifo, f);
		/* Pairs with the reads of e->ops: the FIFO is complete. */
		smp_store_release(&e->ops, &kxen_evtchn_fifo);
	}
	mutex_unlock(&e->event_lock);
	return ret;
}

/**
 * kxen_fifo_restore() - FIFO of a saved domain; the words are in its memory.
 * @d: the domain, locked; no port is open.
 * @im: the stream, with the records of the vCPUs.
 * @rec: the array.
 * @nr: 1.
 *
 * Pages are pinned with event_lock not held. Context: may sleep.
 * Return: 0, or -errno with nothing changed.
 */
int kxen_fifo_restore(struct kxen_domain *d, struct kxen_stream_in *im,
		      const struct kxen_rec *rec, u32 nr)
{
	struct kxen_fifo *f = kvzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	int ret;

	lockdep_assert_held(&d->lock);
	if (!f)
		return -ENOMEM;
	ret = fifo_restore_all(d, im, f, rec);
	if (!ret)
		ret = fifo_publish_restored(d, im, f);
	if (ret)
		fifo_free(d, f);
	return ret;
}
