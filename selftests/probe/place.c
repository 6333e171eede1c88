// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the probe places over the caller's memory: pages of its own, pages that another domain
 * has, or this one at another frame, and none, as if they were paged out.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "../../kvm-xen/p2m.h"
#include "probe.h"

/**
 * struct placed - one frame that something is placed over.
 * @entry: what the table knows of it.
 * @from: FOREIGN: whose page it is, which may end before it is given back: a hold.
 * @page: FOREIGN: that page, held.
 * @rcu: it is freed after a grace period.
 */
struct placed {
	struct kxen_p2m_entry entry;
	struct kxen_domain *from;
	struct kxen_page page;
	struct rcu_head rcu;
};

static atomic_t nr_placed, nr_wanted;

/* How many there are, in all domains together: none when the last one has gone. */
int kxen_probe_placed(void)
{
	return atomic_read(&nr_placed);
}

/* How often the host has asked for one that is out. */
int kxen_probe_wanted(void)
{
	return atomic_read(&nr_wanted);
}

static void probe_want(struct kxen_domain *d, u64 gfn, struct kxen_p2m_entry *e)
{
	atomic_inc(&nr_wanted);
}

static void free_placed(struct placed *s)
{
	if (s->entry.kind == KXEN_P2M_OWN)
		put_page(s->entry.page);
	if (s->from) {
		kxen_page_unpin(s->from, &s->page);
		kxen_domain_unhold(s->from);
	}
	atomic_dec(&nr_placed);
	kfree_rcu(s, rcu);
}

static void probe_release(struct kxen_p2m_entry *e)
{
	free_placed(container_of(e, struct placed, entry));
}

static struct placed *make_placed(enum kxen_p2m_kind kind)
{
	struct placed *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	atomic_inc(&nr_placed);
	s->entry.kind = kind;
	s->entry.release = probe_release;
	s->entry.want = probe_want;
	return s;
}

/* As on Xen it takes the place of what the guest may take away. Nobody remembers it. */
static long place_it(struct kxen_domain *d, u64 gfn, struct placed *s)
{
	int ret;

	kxen_p2m_remove(d, gfn);
	ret = kxen_p2m_place(d, gfn, &s->entry);
	if (ret)
		free_placed(s);
	else
		kxen_p2m_entry_put(&s->entry);
	return ret;
}

/* --- pages of its own ----------------------------------------------------------------- */

static struct page *own_page(struct kxen_probe *p, u64 idx)
{
	struct page *page;

	mutex_lock(&p->lock);
	if (!p->own[idx])
		p->own[idx] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	page = p->own[idx];
	if (page)
		get_page(page);
	mutex_unlock(&p->lock);
	return page;
}

long kxen_probe_add_own(struct kxen_hc *hc, u64 idx, u64 gfn)
{
	u32 nr = idx & PROBE_GFN;
	struct placed *s;

	if (nr >= PROBE_OWN)
		return -EINVAL;
	s = make_placed(KXEN_P2M_OWN);
	if (!s)
		return -ENOMEM;
	s->entry.removable = true;
	s->entry.read_only = idx & PROBE_READ_ONLY;
	s->entry.page = own_page(hc->d->probe, array_index_nospec(nr, PROBE_OWN));
	if (s->entry.page)
		return place_it(hc->d, gfn, s);
	s->entry.kind = KXEN_P2M_NONE;
	free_placed(s);
	return -ENOMEM;
}

void kxen_probe_free_own(struct kxen_domain *d)
{
	int i;

	for (i = 0; i < PROBE_OWN; i++)
		if (d->probe->own[i])
			put_page(d->probe->own[i]);
}

static void touch(struct kxen_gptr at, struct probe_look *look, bool poke)
{
	if (poke)
		kxen_guest_write64(at, look->value);
	look->value = kxen_guest_read64(at);
}

static long look_at_own(struct kxen_probe *p, struct probe_look *look, bool poke)
{
	long ret = -EINVAL;
	u32 idx;

	if (look->idx >= PROBE_OWN)
		return ret;
	idx = array_index_nospec(look->idx, PROBE_OWN);
	mutex_lock(&p->lock);
	if (p->own[idx]) {
		touch(kxen_gptr_at(kxen_gptr_page(p->own[idx], 0), look->at), look, poke);
		ret = 0;
	}
	mutex_unlock(&p->lock);
	return ret;
}

/* As the guest itself would, once its own accesses find what is placed. */
static long look_at_placed(struct kxen_domain *d, struct probe_look *look, bool poke)
{
	struct kxen_p2m_entry *e = kxen_p2m_entry_get(d, look->idx & PROBE_GFN);
	long ret = -EINVAL;

	if (!e)
		return -ENOENT;
	if (e->page && !(poke && e->read_only)) {
		touch(kxen_gptr_at(kxen_gptr_page(e->page, e->offset), look->at), look, poke);
		ret = 0;
	}
	kxen_p2m_entry_put(e);
	return ret;
}

/* The host's view of a page that is placed or can be, or the host's hand in it. */
long kxen_probe_look(struct kxen_hc *hc, bool poke)
{
	struct probe_look look;
	long ret;

	if (kxen_hc_get(hc, &look, hc->arg[1], sizeof(look)))
		return -EFAULT;
	if (look.at > XEN_PAGE_SIZE - 8 || look.at % 8)
		return -EINVAL;
	look.at = array_index_nospec(look.at, XEN_PAGE_SIZE);
	ret = look.idx & PROBE_PLACED ? look_at_placed(hc->d, &look, poke) :
					look_at_own(hc->d->probe, &look, poke);
	return ret ?: kxen_hc_put(hc, hc->arg[1], &look, sizeof(look));
}

static long cover(struct kxen_hc *hc, void *arg)
{
	struct probe_look *look = arg;
	long ret = kxen_probe_add_own(hc, look->idx, look->value);

	look->value = ~look->value;
	return ret;
}

/* Places a page, and answers in its argument, which may be in the frame that it was placed over. */
long kxen_probe_cover(struct kxen_hc *hc)
{
	struct probe_look look;

	return kxen_hc_call_back(hc, hc->arg[1], &look, sizeof(look), cover);
}

/* --- somebody else's, and none ---------------------------------------------------------- */

/* A page of the VMM's: what is placed in the other domain stays there (p2m.h). */
static int hold_others(struct kxen_domain *d, u64 gfn, struct kxen_page *page)
{
	int ret = kxen_page_pin(d, KXEN_LIMIT_PAGES, gfn, page);

	if (!ret && page->entry) {
		kxen_page_unpin(d, page);
		ret = -EINVAL;
	}
	return ret;
}

/* Whose page it is to be: held, or NULL if there is no such domain. */
static struct kxen_domain *lender(const struct kxen_hc *hc, u64 idx)
{
	u16 domid = (idx >> PROBE_LENDER_SHIFT) & PROBE_LENDER;
	struct kxen_domain *d = kxen_hc_domain(hc, domid ?: DOMID_SELF);
	bool held = d && kxen_domain_hold(d);

	if (d)
		kxen_domain_put(d);
	return held ? d : NULL;
}

/*
 * Another domain's VM stays while its lock is held, and a test's guest has plain memory, which
 * nobody waits for. Nobody is asked either whether he lends it.
 */
static int borrow(struct kxen_domain *from, u64 gfn, struct kxen_page *page)
{
	int ret;

	if (mutex_lock_killable(&from->lock))
		return -EINTR;
	ret = from->kvm ? hold_others(from, gfn, page) : -ESRCH;
	mutex_unlock(&from->lock);
	return ret;
}

static int take_foreign(struct kxen_hc *hc, u64 idx, struct placed *s)
{
	s->from = lender(hc, idx);
	if (!s->from)
		return -ESRCH;
	if (s->from != hc->d)
		return borrow(s->from, idx & PROBE_GFN, &s->page);
	return hold_others(hc->d, idx & PROBE_GFN, &s->page);
}

long kxen_probe_add_foreign(struct kxen_hc *hc, u64 idx, u64 gfn)
{
	struct placed *s = make_placed(KXEN_P2M_FOREIGN);
	int ret;

	if (!s)
		return -ENOMEM;
	ret = take_foreign(hc, idx, s);
	if (ret) {
		free_placed(s);
		return ret;
	}
	s->entry.read_only = idx & PROBE_READ_ONLY;
	s->entry.page = s->page.page;
	s->entry.offset = offset_in_page((idx & PROBE_GFN) << XEN_PAGE_SHIFT);
	return place_it(hc->d, gfn, s);
}

/* Also by whoever owns the domain, before its guest has run. */
long kxen_probe_place_out(struct kxen_domain *d, u64 gfn)
{
	struct placed *s = make_placed(KXEN_P2M_OUT);

	return s ? place_it(d, gfn, s) : -ENOMEM;
}

long kxen_probe_add_out(struct kxen_hc *hc, u64 idx, u64 gfn)
{
	return kxen_probe_place_out(hc->d, gfn);
}

/* What the guest may not take away by itself. */
long kxen_probe_unplace(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m_entry *e = kxen_p2m_entry_get(d, gfn);
	long ret = -ENOENT;

	if (!e)
		return -ENOENT;
	if (e->release == probe_release && kxen_p2m_take(d, gfn, e))
		ret = 0;
	kxen_p2m_entry_put(e);
	return ret;
}
