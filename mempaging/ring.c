// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen's ring for pagers: notices go to a process of domain 0 as requests of a vm_event ring, in a
 * page that it has mapped, with an event channel for both ways.
 *
 * The other end is domain 0, which has the guest's content in its hands, and nothing else of what
 * is in that page is believed. A response says which frame has been dealt with, and gives a slot
 * back: vCPUs go on when their page is there, whatever a response says, so that a wrong one, one
 * too many, or none keep up the pager's own notices and nobody else. Versions, reasons and flags
 * of responses are not looked at: xenpaging never fills them in.
 *
 * There are eight slots, and each notice of a page has a place in its entry (state.h): what finds
 * no slot waits there. A frame has one request at a time: to a second one, that only says that the
 * VMM has given the page up, xenpaging would have no answer, and its slot would be lost.
 *
 * All that follows is done by one work item, which is the only one that looks at the ring's state.
 */
#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../evtchn/evtchn.h"
#include "../kvm-xen/guest_word.h"
#include "../kvm-xen/toolstack_abi.h"
#include "mempaging.h"

#define SLOTS	ARRAY_SIZE(((struct kxen_vm_event_ring *)NULL)->slot)

static_assert(sizeof(struct kxen_vm_event) == 400);
static_assert(sizeof(struct kxen_vm_event_ring) <= XEN_PAGE_SIZE);

/* Types of pages, as Xen's pagers are told of them. */
#define P2MT_PAGING_OUT	9
#define P2MT_PAGED	10

/**
 * struct kxen_pg_ring - a ring.
 * @host: consumes its events.
 * @pg: the pager, which has this.
 * @work: looks for responses, and makes requests.
 * @at: the page.
 * @port: of domain 0.
 * @closed: the other end has gone.
 * @requests: how many there were.
 * @responses: and of these.
 * @nr: frames without a response: the difference of the two.
 * @gfn: which.
 */
struct kxen_pg_ring {
	struct kxen_host_port host;
	struct kxen_pager *pg;
	struct work_struct work;
	struct kxen_gptr at;
	u32 port;
	bool closed;
	u32 requests;
	u32 responses;
	u32 nr;
	u64 gfn[SLOTS];
};

static struct kxen_gptr word(const struct kxen_pg_ring *r, u32 at)
{
	return kxen_gptr_at(r->at, at);
}

static u32 slot(u32 nr)
{
	return offsetof(struct kxen_vm_event_ring, slot) +
	       nr % SLOTS * sizeof(struct kxen_vm_event);
}

/* Its frame is nobody's any more; of one that has none the oldest is. */
static void forget_frame(struct kxen_pg_ring *r, u64 gfn)
{
	u32 i = 0, k;

	for (k = 0; k < r->nr; k++)
		if (r->gfn[k] == gfn)
			i = k;
	r->nr--;
	for (; i < r->nr; i++)
		r->gfn[i] = r->gfn[i + 1];
}

/* An index beyond what was asked is none. */
static void take_responses(struct kxen_pg_ring *r)
{
	u32 end = kxen_guest_read32(word(r, offsetof(struct kxen_vm_event_ring, rsp_prod)));

	if (end - r->responses > r->nr)
		return;
	smp_rmb();	/* pairs with the pager's write barrier, before it writes the index */
	for (; r->responses != end; r->responses++)
		forget_frame(r, kxen_guest_read64(word(r, slot(r->responses) +
						       offsetof(struct kxen_vm_event, gfn))));
}

static void put_request(struct kxen_pg_ring *r, const struct kxen_pager_event *ev)
{
	struct kxen_vm_event req = {
		.version = KXEN_VM_EVENT_INTERFACE,
		.reason = KXEN_VM_EVENT_REASON_PAGING,
		.vcpu_id = ev->vcpu,
		.gfn = ev->gfn };

	if (ev->flags & KXEN_PAGING_VCPU)
		req.flags |= KXEN_VM_EVENT_PAUSED;
	if (ev->flags & KXEN_PAGING_FOREIGN)
		req.flags |= KXEN_VM_EVENT_FOREIGN;
	if (ev->flags & KXEN_PAGING_EVICT_FAIL)
		req.paging_flags |= KXEN_MEM_PAGING_EVICT_FAIL;
	if (ev->flags & KXEN_PAGING_DROP)
		req.paging_flags |= KXEN_MEM_PAGING_DROP;
	req.p2mt = ev->flags & KXEN_PAGING_EVICT_FAIL ? P2MT_PAGING_OUT : P2MT_PAGED;
	kxen_guest_write(word(r, slot(r->requests)), &req, sizeof(req));
	r->gfn[r->nr++] = ev->gfn;
	smp_wmb();	/* pairs with the pager's read barrier, behind its read of the index */
	kxen_guest_write32(word(r, offsetof(struct kxen_vm_event_ring, req_prod)), ++r->requests);
}

static void ring_work(struct work_struct *w)
{
	struct kxen_pg_ring *r = container_of(w, struct kxen_pg_ring, work);
	struct kxen_pager_event ev;
	bool news = false;

	if (READ_ONCE(r->closed)) {
		kxen_pager_kill(r->pg);
		return;
	}
	take_responses(r);
	while (r->nr < SLOTS && kxen_pg_next_notice_but(r->pg, &ev, r->gfn, r->nr)) {
		put_request(r, &ev);
		news = true;
	}
	if (news)
		kxen_host_send(r->port, &r->host);
}

/* There is a notice, or a response. Any context; the ring's end has not begun. */
void kxen_pg_ring_kick(struct kxen_pg_ring *ring)
{
	queue_work(kxen_unbound_wq, &ring->work);
}

static void ring_event(struct kxen_host_port *host, u32 port)
{
	kxen_pg_ring_kick(container_of(host, struct kxen_pg_ring, host));
}

/* Its pager was killed, or has unbound it. */
static void ring_closed(struct kxen_host_port *host)
{
	struct kxen_pg_ring *r = container_of(host, struct kxen_pg_ring, host);

	WRITE_ONCE(r->closed, true);
	kxen_pg_ring_kick(r);
}

/* Has somebody the other end? As of now. */
bool kxen_pg_ring_is_bound(const struct kxen_pg_ring *ring)
{
	return kxen_host_is_bound(ring->port);
}

static struct kxen_pg_ring *alloc_ring(struct kxen_pager *pg)
{
	struct kxen_pg_ring *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	struct page *page;

	if (!r)
		return NULL;
	/* Somebody has mapped it before, or nobody ever reads it. */
	page = READ_ONCE(pg->d->mempaging->ring_page);
	if (!page) {
		kfree(r);
		return NULL;
	}
	r->host.event = ring_event;
	r->host.closed = ring_closed;
	r->pg = pg;
	INIT_WORK(&r->work, ring_work);
	r->at = kxen_gptr_page(page, 0);	/* the domain's, as long as that is there */
	return r;
}

/* It is the pager's, unless that has ended meanwhile, or its VM. */
static bool give_ring(struct kxen_pager *pg, struct kxen_pg_ring *r)
{
	bool ok;

	spin_lock(&pg->lock);
	ok = !pg->dead && !pg->stopped;
	if (ok) {
		pg->tell = &r->work;
		/* Whole: pairs with kxen_pg_ring_of(). */
		smp_store_release(&pg->ring, r);
	}
	spin_unlock(&pg->lock);
	return ok;
}

/**
 * kxen_pg_ring_new() - A pager is told by a ring.
 * @pg: the pager, new.
 * @port: what it binds to.
 *
 * The page is not touched before there is a notice: a pager prepares it when it has bound.
 * Context: may sleep.
 * Return: 0; -ENOMEM, also for who has never mapped the ring's page; -ENOSPC; -ESHUTDOWN.
 */
int kxen_pg_ring_new(struct kxen_pager *pg, u32 *port)
{
	struct kxen_pg_ring *r = alloc_ring(pg);
	long ret;

	if (!r)
		return -ENOMEM;
	ret = kxen_host_alloc_service(pg->d->domid, &r->host, &r->port);
	if (!ret && !give_ring(pg, r)) {
		kxen_pg_ring_end(r);
		ret = -ESHUTDOWN;
	}
	if (ret)
		kfree(r);
	else
		*port = r->port | KXEN_HOST_SERVICE;
	return ret;
}

/* The end: nobody tells it anything any more, and it tells nobody. Context: may sleep. */
void kxen_pg_ring_end(struct kxen_pg_ring *ring)
{
	kxen_host_close(ring->port);
	cancel_work_sync(&ring->work);
}
