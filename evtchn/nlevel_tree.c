// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees of the N-level ABI: registration, growth, teardown. What raisers see is published
 * complete, with event_lock held; pages are pinned before that lock is taken, since the
 * VMM's memory takes its time, or never comes. What was found before is looked at again
 * under the lock: another vCPU may have been first.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "nlevel.h"

static u32 nlevel_shift_of(struct kxen_domain *d)
{
	return kxen_layouts[READ_ONCE(d->compat)].long_bits == 64 ? 6 : 5;
}

static void nlevel_free_vcpu(struct kxen_domain *d, struct kxen_nl_vcpu *nv)
{
	u32 i;

	if (!nv)
		return;
	kxen_page_unpin(d, &nv->l2);
	for (i = 0; i < KXEN_NL_INNER_PAGES; i++)
		kxen_page_unpin(d, &nv->l3[i]);
	kfree(nv);
}

static void nlevel_free_vcpus(struct kxen_domain *d, struct kxen_nlevel *nl)
{
	u32 i;

	for (i = 0; i < KXEN_MAX_VCPUS; i++)
		nlevel_free_vcpu(d, nl->vcpu[i]);
}

static void nlevel_unpin_leaves(struct kxen_domain *d, struct kxen_page *pending,
				struct kxen_page *mask, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		kxen_page_unpin(d, &pending[i]);
		kxen_page_unpin(d, &mask[i]);
	}
}

/* A tree that nobody uses, with its pages; may be NULL. May sleep. */
void kxen_nl_free(struct kxen_domain *d, struct kxen_nlevel *nl)
{
	if (!nl)
		return;
	nlevel_free_vcpus(d, nl);
	if (nl->pending && nl->mask)
		nlevel_unpin_leaves(d, nl->pending, nl->mask, nl->max_pages);
	kvfree(nl->pending);
	kvfree(nl->mask);
	kvfree(nl);
}

/* Not in use, nor seen by anybody. */
static struct kxen_nlevel *nlevel_new(struct kxen_domain *d, u32 levels)
{
	struct kxen_nlevel *nl = kvzalloc(sizeof(*nl), GFP_KERNEL_ACCOUNT);

	if (!nl)
		return NULL;
	nl->levels = levels;
	nl->shift = nlevel_shift_of(d);
	return nl;
}

/* Does another vCPU have its level 2 in the same place? */
static bool nlevel_l2_taken(const struct kxen_nlevel *nl, const struct kxen_nl_vcpu *mine)
{
	const struct kxen_nl_vcpu *nv;
	u32 i;

	for (i = 0; i < KXEN_MAX_VCPUS && mine->l2.page; i++) {
		nv = nl->vcpu[i];
		if (nv && nv->l2.page &&
		    kxen_gptr_same(nv->in.page[0][0], mine->in.page[0][0]))
			return true;
	}
	return false;
}

static int nlevel_pin_l2(struct kxen_domain *d, u32 shift, struct kxen_nl_vcpu *nv,
			 const struct kxen_nl_sel *s)
{
	u32 bytes = kxen_nl_bytes(shift, 2);
	int ret;

	if (s->offset % bytes || s->offset >= XEN_PAGE_SIZE)
		return -ENXIO;
	ret = kxen_page_pin(d, KXEN_LIMIT_EVENT_PAGES, s->l2_gfn, &nv->l2);
	if (ret)
		return ret;
	/* Held by now: who wants it for himself from here on is refused. */
	if (kxen_page_is_exclusive(d, &nv->l2))
		return -EINVAL;
	nv->in.page[0][0] = kxen_gptr_at(nv->l2.at, s->offset);
	return 0;
}

static int nlevel_pin_l3(struct kxen_domain *d, u32 shift, struct kxen_nl_vcpu *nv,
			 const struct kxen_nl_sel *s)
{
	u32 i;
	int ret;

	for (i = 0; i < kxen_nl_pages(shift, 3); i++) {
		ret = kxen_page_pin_exclusive(d, KXEN_LIMIT_EVENT_PAGES, s->l3_gfn[i],
					      &nv->l3[i]);
		if (ret)
			return ret;
		nv->in.page[1][i] = nv->l3[i].at;
	}
	return 0;
}

/* Inner levels of one vCPU, not yet in a tree. */
static int nlevel_new_vcpu(struct kxen_domain *d, u32 levels, u32 shift,
			   const struct kxen_nl_sel *s, struct kxen_nl_vcpu **out)
{
	struct kxen_nl_vcpu *nv;
	int ret = 0;

	nv = kzalloc(sizeof(*nv), GFP_KERNEL_ACCOUNT);
	if (!nv)
		return -ENOMEM;
	if (levels > 2)
		ret = nlevel_pin_l2(d, shift, nv, s);
	if (!ret && levels > 3)
		ret = nlevel_pin_l3(d, shift, nv, s);
	if (ret)
		nlevel_free_vcpu(d, nv);
	else
		*out = nv;
	return ret;
}

/* The vCPUs of a tree that nobody uses yet: each once, and every one that is up. */
static int nlevel_add_vcpus(struct kxen_domain *d, struct kxen_nlevel *nl,
			    const struct kxen_nl_req *r)
{
	struct kxen_nl_vcpu *nv;
	struct kxen_vcpu *v;
	u32 i, id;
	int ret;

	for (i = 0; i < r->nr_sels; i++) {
		id = r->sel[i].vcpu;
		if (!kxen_domain_vcpu(d, id))
			return -ENOENT;
		id = array_index_nospec(id, KXEN_MAX_VCPUS);
		if (nl->vcpu[id])
			return -EINVAL;
		ret = nlevel_new_vcpu(d, nl->levels, nl->shift, &r->sel[i], &nv);
		if (!ret && nlevel_l2_taken(nl, nv)) {
			nlevel_free_vcpu(d, nv);
			ret = -EINVAL;
		}
		if (ret)
			return ret;
		nl->vcpu[id] = nv;
	}
	for (i = 0; i < READ_ONCE(d->nr_vcpus) && !r->may_miss; i++) {
		v = kxen_domain_vcpu(d, i);
		if (v && !nl->vcpu[i] && !kxen_glue_offline(v->vcpu))
			return -EINVAL;
	}
	return 0;
}

/* Leaf pages, into arrays of @r->nr_pages empty entries: all or none. */
static int nlevel_pin_leaves(struct kxen_domain *d, const struct kxen_nl_req *r,
			     struct kxen_page *pending, struct kxen_page *mask)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < r->nr_pages && !ret; i++) {
		ret = kxen_page_pin_exclusive(d, KXEN_LIMIT_EVENT_PAGES, r->pending[i],
					      &pending[i]);
		if (!ret)
			ret = kxen_page_pin_exclusive(d, KXEN_LIMIT_EVENT_PAGES, r->mask[i],
						      &mask[i]);
	}
	if (ret)
		nlevel_unpin_leaves(d, pending, mask, r->nr_pages);
	return ret;
}

/* Ports that this many pages and this depth have room for. */
static u32 nlevel_ports_of(const struct kxen_nlevel *nl, u32 pages)
{
	return min(kxen_nl_ports(nl->levels, nl->shift),
		   pages << KXEN_NL_PAGE_SHIFT);
}

/* Leaf pages that the domain's limit of ports has a use for. */
u32 kxen_nl_max_pages(struct kxen_domain *d)
{
	return DIV_ROUND_UP(d->evtchn->set.max_ports, KXEN_NL_PAGE_BITS);
}

static u32 nlevel_pages_at_depth(const struct kxen_nlevel *nl)
{
	return DIV_ROUND_UP(kxen_nl_ports(nl->levels, nl->shift),
			    KXEN_NL_PAGE_BITS);
}

/**
 * kxen_nl_build() - A whole tree, with its pages, that nobody uses yet.
 * @d: the domain; event_lock not held.
 * @r: what it is to be.
 * @out: the tree.
 *
 * Context: may sleep.
 * Return: 0; -E2BIG, -ENOENT, -EINVAL, -ENXIO, -ENOSPC, -ENOMEM with nothing held.
 */
int kxen_nl_build(struct kxen_domain *d, const struct kxen_nl_req *r,
		  struct kxen_nlevel **out)
{
	struct kxen_nlevel *nl = nlevel_new(d, r->levels);
	int ret = -ENOMEM;

	if (!nl)
		return ret;
	nl->max_pages = kxen_nl_max_pages(d);
	nl->pending = kvcalloc(nl->max_pages, sizeof(*nl->pending),
			       GFP_KERNEL_ACCOUNT);
	nl->mask = kvcalloc(nl->max_pages, sizeof(*nl->mask),
			    GFP_KERNEL_ACCOUNT);
	if (!nl->pending || !nl->mask)
		goto fail;
	ret = -E2BIG;
	if (r->nr_pages > min(nl->max_pages, nlevel_pages_at_depth(nl)))
		goto fail;
	ret = nlevel_add_vcpus(d, nl, r);
	if (!ret)
		ret = nlevel_pin_leaves(d, r, nl->pending, nl->mask);
	nl->nr_pages = r->nr_pages;
	nl->nr_ports = nlevel_ports_of(nl, nl->nr_pages);
	if (ret)
		goto fail;
	*out = nl;
	return 0;
fail:
	kxen_nl_free(d, nl);
	return ret;
}

/* Mask bits of the ports that exist, from the ABI in use. */
static void nlevel_copy_masks(struct kxen_domain *d, const struct kxen_nlevel *nl,
			      const struct kxen_evtchn_ops *from, u32 nr)
{
	struct kxen_nl_leaf l;
	u32 port;

	for (port = 0; port < nr; port++) {
		kxen_nl_leaf(nl, port, &l);
		if (from->is_masked(d, kxen_port(d, port)))
			kxen_guest_test_and_set(d, l.mask, l.bit);
		else
			kxen_guest_test_and_clear(d, l.mask, l.bit);
	}
}

/* Ports that are open from @first on, which 2-level cannot name: masked there (A91). */
static void nlevel_mask_nameless(struct kxen_domain *d, const struct kxen_nlevel *nl, u32 first)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_nl_leaf l;
	u32 port = first;

	lockdep_assert_held(&e->event_lock);
	for (;;) {
		port = kxen_port_set_next(&e->set, port, e->table.nr_valid);
		if (port >= nl->nr_ports)
			return;
		kxen_nl_leaf(nl, port++, &l);
		kxen_guest_test_and_set(d, l.mask, l.bit);
		cond_resched();
	}
}

/* What happened in the old ABI until nobody used it any more: unmasked, raised. */
static void nlevel_merge_pending(struct kxen_domain *d, const struct kxen_nlevel *nl,
				 const struct kxen_evtchn_ops *from, u32 nr)
{
	struct kxen_nl_leaf l;
	u32 port;

	for (port = 0; port < nr; port++) {
		kxen_nl_leaf(nl, port, &l);
		if (!from->is_masked(d, kxen_port(d, port)))
			kxen_guest_test_and_clear(d, l.mask, l.bit);
		if (from->is_pending(d, kxen_port(d, port)))
			kxen_guest_test_and_set(d, l.pending, l.bit);
	}
}

/* One upcall for each vCPU of a new tree, as registering vcpu_info gives it. */
static void nlevel_notify_all(struct kxen_domain *d, const struct kxen_nlevel *nl)
{
	u32 i;

	for (i = 0; i < KXEN_MAX_VCPUS; i++)
		if (nl->vcpu[i])
			kxen_evtchn_rescan(kxen_domain_vcpu(d, i), true);
}

/* Only from 2-level; event_lock held. */
static int nlevel_check_2l(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;

	lockdep_assert_held(&e->event_lock);
	/* Saved while this vCPU was still on its way to stop. */
	if (e->inner_ops)
		return -EAGAIN;
	return e->ops == &kxen_evtchn_2l ? 0 : -EBUSY;
}

/* Does a tree that was built before still fit? event_lock held. */
static int nlevel_check_new(struct kxen_domain *d, const struct kxen_nlevel *nl)
{
	const struct kxen_evtchn *e = d->evtchn;

	lockdep_assert_held(&e->event_lock);
	if (nl->shift != nlevel_shift_of(d))
		return -EAGAIN;	/* the guest has changed its width meanwhile */
	/* Each port that is open needs its bits. */
	return kxen_port_set_next(&d->evtchn->set, nl->nr_ports,
				  e->table.nr_valid) == U32_MAX ? 0 : -EINVAL;
}

/* A complete tree in the place of 2-level; event_lock held, may sleep. */
static void nlevel_publish(struct kxen_domain *d, struct kxen_nlevel *nl)
{
	struct kxen_evtchn *e = d->evtchn;
	const struct kxen_evtchn_ops *old = e->ops;
	u32 nr = min3(e->table.nr_valid, old->max_ports(d), nl->nr_ports);
	unsigned long flags;

	lockdep_assert_held(&e->event_lock);
	local_irq_save(flags);
	nlevel_copy_masks(d, nl, old, nr);
	local_irq_restore(flags);
	nlevel_mask_nameless(d, nl, nr);
	WRITE_ONCE(e->nlevel, nl);
	/* Pairs with the reads of e->ops: the tree is complete. */
	smp_store_release(&e->ops, &kxen_evtchn_nlevel);
	/*
	 * With the lock: a port that is closed and bound anew meanwhile must not find
	 * what was pending on it.
	 */
	synchronize_rcu();
	local_irq_save(flags);
	nlevel_merge_pending(d, nl, old, nr);
	local_irq_restore(flags);
	kxen_nl_replay(d, nl, NULL);
	nlevel_notify_all(d, nl);
}

/**
 * kxen_nl_register() - EVTCHNOP_nlevel_register, numbers checked.
 * @d: the domain.
 * @r: what the guest wants.
 *
 * Context: may sleep; a thread of the VMM; takes event_lock.
 * Return: 0; -EBUSY unless the ABI is 2-level; -ENOENT, -EINVAL, -ENXIO, -E2BIG,
 * -ENOSPC, -ENOMEM, -EAGAIN, with everything as it was.
 */
int kxen_nl_register(struct kxen_domain *d, const struct kxen_nl_req *r)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_nlevel *nl;
	int ret;

	mutex_lock(&e->event_lock);
	ret = nlevel_check_2l(d);
	mutex_unlock(&e->event_lock);
	if (!ret)
		ret = kxen_nl_build(d, r, &nl);
	if (ret)
		return ret;
	mutex_lock(&e->event_lock);
	ret = nlevel_check_2l(d) ?: nlevel_check_new(d, nl);
	if (!ret)
		nlevel_publish(d, nl);
	mutex_unlock(&e->event_lock);
	if (ret)
		kxen_nl_free(d, nl);
	return ret;
}

static int nlevel_check_deepen(struct kxen_domain *d, u32 levels)
{
	const struct kxen_evtchn *e = d->evtchn;

	lockdep_assert_held(&e->event_lock);
	if (!e->nlevel)
		return -EOPNOTSUPP;
	if (e->inner_ops)
		return -EAGAIN;
	return levels > e->nlevel->levels ? 0 : -EINVAL;
}

/* A tree without leaves takes those of the one in use; that one is returned. */
static struct kxen_nlevel *nlevel_take_leaves(struct kxen_domain *d,
					      struct kxen_nlevel *nl)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_nlevel *old = e->nlevel;

	lockdep_assert_held(&e->event_lock);
	nl->max_pages = old->max_pages;
	nl->pending = old->pending;
	nl->mask = old->mask;
	nl->nr_pages = old->nr_pages;
	/* A shallow tree can name fewer ports than its pages have bits. */
	nl->nr_ports = nlevel_ports_of(nl, nl->nr_pages);
	/* Pairs with the dependent reads of raisers: the tree is complete. */
	smp_store_release(&e->nlevel, nl);
	/*
	 * Who still climbs in the old one has set the leaf, which kxen_nl_replay()
	 * finds. With the lock: the next change must not take the leaves away from it.
	 */
	synchronize_rcu();
	kxen_nl_replay(d, nl, NULL);
	nlevel_notify_all(d, nl);
	old->pending = NULL;
	old->mask = NULL;
	return old;
}

/**
 * kxen_nl_deepen() - EVTCHNOP_nlevel_deepen: the same leaves under a deeper tree.
 * @d: the domain.
 * @r: depth and vCPUs.
 *
 * Context: may sleep; a thread of the VMM; takes event_lock.
 * Return: 0; -EOPNOTSUPP without N-level; -EINVAL for a depth that is no greater, or a page that
 * is no RAM; -ENOENT, -ENXIO, -ENOSPC, -ENOMEM, -EAGAIN, with everything as it was.
 */
int kxen_nl_deepen(struct kxen_domain *d, const struct kxen_nl_req *r)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_nlevel *nl;
	int ret;

	mutex_lock(&e->event_lock);
	ret = nlevel_check_deepen(d, r->levels);
	mutex_unlock(&e->event_lock);
	if (ret)
		return ret;
	nl = nlevel_new(d, r->levels);
	if (!nl)
		return -ENOMEM;
	ret = nlevel_add_vcpus(d, nl, r);
	if (!ret) {
		mutex_lock(&e->event_lock);
		ret = nlevel_check_deepen(d, r->levels);
		if (!ret && nl->shift != e->nlevel->shift)
			ret = -EAGAIN;
		if (!ret)
			nl = nlevel_take_leaves(d, nl);
		mutex_unlock(&e->event_lock);
	}
	/* What it was, or what it was not to be. */
	kxen_nl_free(d, nl);
	return ret;
}

static int nlevel_check_expand(struct kxen_domain *d, u32 nr)
{
	const struct kxen_nlevel *nl = d->evtchn->nlevel;

	lockdep_assert_held(&d->evtchn->event_lock);
	if (!nl)
		return -EOPNOTSUPP;
	return nr > min(nl->max_pages, nlevel_pages_at_depth(nl)) - nl->nr_pages ?
	       -E2BIG : 0;
}

/* Pinned pages behind those that are there; event_lock held. */
static void nlevel_append_leaves(struct kxen_domain *d, u32 nr,
				 const struct kxen_page *pending,
				 const struct kxen_page *mask)
{
	struct kxen_nlevel *nl = d->evtchn->nlevel;

	lockdep_assert_held(&d->evtchn->event_lock);
	memcpy(nl->pending + nl->nr_pages, pending, nr * sizeof(*pending));
	memcpy(nl->mask + nl->nr_pages, mask, nr * sizeof(*mask));
	nl->nr_pages += nr;
	/* Pairs with kxen_nl_leaf(): the pages are there. */
	smp_store_release(&nl->nr_ports, nlevel_ports_of(nl, nl->nr_pages));
}

static int nlevel_expand(struct kxen_domain *d, const struct kxen_nl_req *r,
			 struct kxen_page *pending, struct kxen_page *mask)
{
	int ret = nlevel_pin_leaves(d, r, pending, mask);

	if (ret)
		return ret;
	mutex_lock(&d->evtchn->event_lock);
	ret = nlevel_check_expand(d, r->nr_pages);
	if (!ret)
		nlevel_append_leaves(d, r->nr_pages, pending, mask);
	mutex_unlock(&d->evtchn->event_lock);
	if (ret)
		nlevel_unpin_leaves(d, pending, mask, r->nr_pages);
	return ret;
}

/**
 * kxen_nl_expand() - EVTCHNOP_nlevel_expand: more leaf pages.
 * @d: the domain.
 * @r: the pages, some.
 *
 * Context: may sleep; a thread of the VMM; takes event_lock.
 * Return: 0; -EOPNOTSUPP without N-level; -E2BIG beyond the limit or the depth;
 * -EINVAL, -ENOSPC, -ENOMEM, with everything as it was.
 */
int kxen_nl_expand(struct kxen_domain *d, const struct kxen_nl_req *r)
{
	struct kxen_page *pages;
	int ret;

	mutex_lock(&d->evtchn->event_lock);
	ret = nlevel_check_expand(d, r->nr_pages);
	mutex_unlock(&d->evtchn->event_lock);
	if (ret)
		return ret;
	pages = kvcalloc(2 * r->nr_pages, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	ret = nlevel_expand(d, r, pages, pages + r->nr_pages);
	kvfree(pages);
	return ret;
}

static int nlevel_check_vcpu(struct kxen_domain *d, u32 vcpu)
{
	const struct kxen_nlevel *nl = d->evtchn->nlevel;

	lockdep_assert_held(&d->evtchn->event_lock);
	if (!nl)
		return -EOPNOTSUPP;
	if (!kxen_domain_vcpu(d, vcpu))
		return -ENOENT;
	return nl->vcpu[array_index_nospec(vcpu, KXEN_MAX_VCPUS)] ? -EBUSY : 0;
}

/* Into the tree, if that still is what it was made for; event_lock held. */
static int nlevel_publish_vcpu(struct kxen_domain *d, u32 levels, u32 shift, u32 vcpu,
			       struct kxen_nl_vcpu *nv)
{
	struct kxen_nlevel *nl = d->evtchn->nlevel;
	struct kxen_vcpu *v = kxen_domain_vcpu(d, vcpu);
	int ret = nlevel_check_vcpu(d, vcpu);

	if (ret)
		return ret;
	/* Deepened meanwhile: the guest has not said where its level 3 is. */
	if (nl->levels != levels || nl->shift != shift)
		return -EAGAIN;
	if (nlevel_l2_taken(nl, nv))
		return -EINVAL;
	/* Pairs with the raiser: its arrays are there. */
	smp_store_release(&nl->vcpu[v->id], nv);
	/* Pairs with the leaf's atomic bit before the raiser: one of us sees the other. */
	smp_mb();
	kxen_nl_replay(d, nl, v);
	kxen_evtchn_rescan(v, true);
	return 0;
}

/**
 * kxen_nl_vcpu() - EVTCHNOP_nlevel_vcpu: a vCPU that comes later.
 * @d: the domain.
 * @levels: the depth that @s was given for.
 * @s: its inner levels.
 *
 * Context: may sleep; a thread of the VMM; takes event_lock.
 * Return: 0; -EOPNOTSUPP without N-level; -ENOENT; -EBUSY if it has them; -ENXIO,
 * -EINVAL, -ENOSPC, -ENOMEM; -EAGAIN for another depth.
 */
int kxen_nl_vcpu(struct kxen_domain *d, u32 levels, const struct kxen_nl_sel *s)
{
	struct kxen_evtchn *e = d->evtchn;
	u32 shift = nlevel_shift_of(d);
	struct kxen_nl_vcpu *nv;
	int ret;

	mutex_lock(&e->event_lock);
	ret = nlevel_check_vcpu(d, s->vcpu);
	mutex_unlock(&e->event_lock);
	if (!ret)
		ret = nlevel_new_vcpu(d, levels, shift, s, &nv);
	if (ret)
		return ret;
	mutex_lock(&e->event_lock);
	ret = nlevel_publish_vcpu(d, levels, shift, s->vcpu, nv);
	mutex_unlock(&e->event_lock);
	if (ret)
		nlevel_free_vcpu(d, nv);
	return ret;
}

/* Nobody uses it any more. Ports that 2-level has no bits for stay, and are silent. */
void kxen_nl_stop(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_nlevel *nl = e->nlevel;

	lockdep_assert_held(&e->event_lock);
	WRITE_ONCE(e->nlevel, NULL);
	kxen_nl_free(d, nl);
}

/* Depth in use, 0 without N-level; event_lock held. */
u32 kxen_nl_levels(struct kxen_domain *d)
{
	lockdep_assert_held(&d->evtchn->event_lock);
	return d->evtchn->nlevel ? d->evtchn->nlevel->levels : 0;
}

/* EVTCHNOP_nlevel_query; event_lock held. */
void kxen_nl_query(struct kxen_domain *d, struct evtchn_nlevel_query *q)
{
	*q = (struct evtchn_nlevel_query) {
		.version = KXEN_NLEVEL_VERSION,
		.max_levels = KXEN_NLEVEL_MAX_LEVELS,
		.bits = 1U << nlevel_shift_of(d),
		.max_pages = kxen_nl_max_pages(d),
		.levels = kxen_nl_levels(d),
		.ports = min(d->evtchn->set.max_ports,
			     d->evtchn->ops->max_ports(d)),
	};
}

/**
 * kxen_evtchn_width_changed() - The guest's width was latched anew.
 * @d: the domain, locked.
 *
 * A tree of another width makes no sense: it is dropped (B39).
 */
void kxen_evtchn_width_changed(struct kxen_domain *d)
{
	mutex_lock(&d->evtchn->event_lock);
	if (d->evtchn->nlevel)
		kxen_evtchn_to_2l(d);
	mutex_unlock(&d->evtchn->event_lock);
}
