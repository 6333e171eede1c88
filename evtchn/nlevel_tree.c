// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees of the N-level ABI: registration, growth, teardown, save and restore. All of it
 * with event_lock held; what raisers see is published complete.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm_glue.h"
#include "../kvm-xen/save.h"
#include "nlevel.h"

static u32 shift_of(struct kxen_domain *d)
{
	return kxen_layouts[READ_ONCE(d->compat)].long_bits == 64 ? 6 : 5;
}

static void free_vcpu(struct kxen_domain *d, struct kxen_nl_vcpu *nv)
{
	u32 i;

	if (!nv)
		return;
	kxen_page_unpin(d, &nv->l2);
	for (i = 0; i < KXEN_NL_INNER_PAGES; i++)
		kxen_page_unpin(d, &nv->l3[i]);
	kfree(nv);
}

static void free_vcpus(struct kxen_domain *d, struct kxen_nlevel *nl)
{
	u32 i;

	for (i = 0; i < KXEN_MAX_VCPUS; i++)
		free_vcpu(d, nl->vcpu[i]);
}

static void free_tree(struct kxen_domain *d, struct kxen_nlevel *nl)
{
	u32 i;

	if (!nl)
		return;
	free_vcpus(d, nl);
	for (i = 0; i < nl->max_pages; i++) {
		if (nl->pending)
			kxen_page_unpin(d, &nl->pending[i]);
		if (nl->mask)
			kxen_page_unpin(d, &nl->mask[i]);
	}
	kvfree(nl->pending);
	kvfree(nl->mask);
	kvfree(nl);
}

static struct kxen_nlevel *new_tree(struct kxen_domain *d, u32 levels)
{
	struct kxen_nlevel *nl = kvzalloc(sizeof(*nl), GFP_KERNEL_ACCOUNT);

	if (!nl)
		return NULL;
	nl->levels = levels;
	nl->shift = shift_of(d);
	return nl;
}

/* Does another vCPU have its level 2 there? */
static bool l2_taken(const struct kxen_nlevel *nl, u64 gfn, u32 offset)
{
	const struct kxen_nl_vcpu *nv;
	u32 i;

	for (i = 0; i < KXEN_MAX_VCPUS; i++) {
		nv = nl->vcpu[i];
		if (nv && nv->l2.page && nv->l2.gfn == gfn &&
		    nv->in.page[0][0] == nv->l2.kaddr + offset)
			return true;
	}
	return false;
}

static int pin_l2(struct kxen_domain *d, const struct kxen_nlevel *nl,
		  struct kxen_nl_vcpu *nv, const struct kxen_nl_sel *s)
{
	u32 bytes = kxen_nl_bytes(nl->shift, 2);
	int ret;

	if (s->offset % bytes || s->offset >= PAGE_SIZE)
		return -ENXIO;
	if (kxen_page_is_alone(d, s->l2_gfn) ||
	    l2_taken(nl, s->l2_gfn, s->offset))
		return -EINVAL;
	ret = kxen_page_pin(d, s->l2_gfn, &nv->l2);
	if (!ret)
		nv->in.page[0][0] = nv->l2.kaddr + s->offset;
	return ret;
}

static int pin_l3(struct kxen_domain *d, const struct kxen_nlevel *nl,
		  struct kxen_nl_vcpu *nv, const struct kxen_nl_sel *s)
{
	u32 i;
	int ret;

	for (i = 0; i < kxen_nl_pages(nl->shift, 3); i++) {
		ret = kxen_page_pin_alone(d, s->l3_gfn[i], &nv->l3[i]);
		if (ret)
			return ret;
		nv->in.page[1][i] = nv->l3[i].kaddr;
	}
	return 0;
}

/* Inner levels of one vCPU, not yet in the tree. */
static int new_vcpu(struct kxen_domain *d, const struct kxen_nlevel *nl,
		    const struct kxen_nl_sel *s, struct kxen_nl_vcpu **out)
{
	struct kxen_nl_vcpu *nv;
	int ret = 0;

	nv = kzalloc(sizeof(*nv), GFP_KERNEL_ACCOUNT);
	if (!nv)
		return -ENOMEM;
	if (nl->levels > 2)
		ret = pin_l2(d, nl, nv, s);
	if (!ret && nl->levels > 3)
		ret = pin_l3(d, nl, nv, s);
	if (ret)
		free_vcpu(d, nv);
	else
		*out = nv;
	return ret;
}

/* The vCPUs of a tree that nobody uses yet: each once, and every one that is up. */
static int add_vcpus(struct kxen_domain *d, struct kxen_nlevel *nl,
		     const struct kxen_nl_req *r)
{
	struct kxen_vcpu *kv;
	u32 i, id;
	int ret;

	for (i = 0; i < r->nr_sels; i++) {
		id = r->sel[i].vcpu;
		if (!kxen_domain_vcpu(d, id))
			return -ENOENT;
		id = array_index_nospec(id, KXEN_MAX_VCPUS);
		if (nl->vcpu[id])
			return -EINVAL;
		ret = new_vcpu(d, nl, &r->sel[i], &nl->vcpu[id]);
		if (ret)
			return ret;
	}
	for (i = 0; i < READ_ONCE(d->nr_vcpus) && !r->may_miss; i++) {
		kv = kxen_domain_vcpu(d, i);
		if (kv && !nl->vcpu[i] && !kxen_glue_offline(kv->vcpu))
			return -EINVAL;
	}
	return 0;
}

/* Leaf pages [from, from + nr): all or none. */
static int add_leaves(struct kxen_domain *d, struct kxen_nlevel *nl, u32 from,
		      const struct kxen_nl_req *r)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < r->nr_pages && !ret; i++) {
		ret = kxen_page_pin_alone(d, r->pending[i],
					  &nl->pending[from + i]);
		if (!ret)
			ret = kxen_page_pin_alone(d, r->mask[i],
						  &nl->mask[from + i]);
	}
	for (i = 0; ret && i < r->nr_pages; i++) {
		kxen_page_unpin(d, &nl->pending[from + i]);
		kxen_page_unpin(d, &nl->mask[from + i]);
	}
	return ret;
}

/* Ports that this many pages and this depth have room for. */
static u32 ports_of(const struct kxen_nlevel *nl, u32 pages)
{
	return min(kxen_nl_ports(nl->levels, nl->shift),
		   pages << KXEN_NL_PAGE_SHIFT);
}

/* Leaf pages that the domain's limit of ports has a use for. */
u32 kxen_nl_max_pages(struct kxen_domain *d)
{
	return DIV_ROUND_UP(d->evtchn->set.max_ports, KXEN_NL_PAGE_BITS);
}

static u32 pages_at_depth(const struct kxen_nlevel *nl)
{
	return DIV_ROUND_UP(kxen_nl_ports(nl->levels, nl->shift),
			    KXEN_NL_PAGE_BITS);
}

static int build(struct kxen_domain *d, const struct kxen_nl_req *r,
		 struct kxen_nlevel **out)
{
	struct kxen_nlevel *nl = new_tree(d, r->levels);
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
	if (r->nr_pages > min(nl->max_pages, pages_at_depth(nl)))
		goto fail;
	ret = add_vcpus(d, nl, r);
	if (!ret)
		ret = add_leaves(d, nl, 0, r);
	nl->nr_pages = r->nr_pages;
	nl->nr_ports = ports_of(nl, nl->nr_pages);
	/* Each port that is open needs its bits. */
	if (!ret && kxen_port_set_next(&d->evtchn->set, nl->nr_ports,
				       d->evtchn->table.nr_valid) != U32_MAX)
		ret = -EINVAL;
	if (ret)
		goto fail;
	*out = nl;
	return 0;
fail:
	free_tree(d, nl);
	return ret;
}

/* Mask bits of the ports that exist, from the ABI in use. */
static void copy_masks(struct kxen_domain *d, const struct kxen_nlevel *nl,
		       const struct kxen_evtchn_ops *from, u32 nr)
{
	struct kxen_nl_leaf l;
	u32 port;

	for (port = 0; port < nr; port++) {
		kxen_nl_leaf(nl, port, &l);
		if (from->is_masked(d, kxen_port(d, port)))
			kxen_guest_test_and_set(l.mask, l.bit);
		else
			kxen_guest_test_and_clear(l.mask, l.bit);
	}
}

/* What happened in the old ABI until nobody used it any more: unmasked, raised. */
static void carry_over(struct kxen_domain *d, const struct kxen_nlevel *nl,
		       const struct kxen_evtchn_ops *from, u32 nr)
{
	struct kxen_nl_leaf l;
	u32 port;

	for (port = 0; port < nr; port++) {
		kxen_nl_leaf(nl, port, &l);
		if (!from->is_masked(d, kxen_port(d, port)))
			kxen_guest_test_and_clear(l.mask, l.bit);
		if (from->is_pending(d, kxen_port(d, port)))
			kxen_guest_test_and_set(l.pending, l.bit);
	}
}

/* One upcall for each vCPU of a new tree, as registering vcpu_info gives it. */
static void tell_all(struct kxen_domain *d, const struct kxen_nlevel *nl)
{
	u32 i;

	for (i = 0; i < KXEN_MAX_VCPUS; i++)
		if (nl->vcpu[i])
			kxen_evtchn_rescan(kxen_domain_vcpu(d, i), true);
}

/**
 * kxen_nl_register() - EVTCHNOP_nlevel_register, numbers checked.
 * @d: the domain; event_lock held.
 * @r: what the guest wants.
 *
 * Context: may sleep; a thread of the VMM.
 * Return: 0; -EBUSY unless the ABI is 2-level; -ENOENT, -EINVAL, -ENXIO, -E2BIG,
 * -ENOSPC, -ENOMEM, with everything as it was.
 */
int kxen_nl_register(struct kxen_domain *d, const struct kxen_nl_req *r)
{
	struct kxen_evtchn *e = d->evtchn;
	const struct kxen_evtchn_ops *old = e->ops;
	struct kxen_nlevel *nl;
	unsigned long flags;
	u32 nr;
	int ret;

	lockdep_assert_held(&e->event_lock);
	if (old != &kxen_evtchn_2l)
		return -EBUSY;
	ret = build(d, r, &nl);
	if (ret)
		return ret;
	nr = min3(e->table.nr_valid, old->max_ports(d), nl->nr_ports);
	local_irq_save(flags);
	copy_masks(d, nl, old, nr);
	local_irq_restore(flags);
	WRITE_ONCE(e->nlevel, nl);
	/* Pairs with the reads of e->ops: the tree is complete. */
	smp_store_release(&e->ops, &kxen_evtchn_nlevel);
	synchronize_rcu();
	local_irq_save(flags);
	carry_over(d, nl, old, nr);
	local_irq_restore(flags);
	kxen_nl_replay(d, nl, NULL);
	tell_all(d, nl);
	return 0;
}

/**
 * kxen_nl_deepen() - EVTCHNOP_nlevel_deepen: the same leaves under a deeper tree.
 * @d: the domain; event_lock held.
 * @r: depth and vCPUs.
 *
 * Context: as above.
 * Return: 0; -EOPNOTSUPP without N-level; else as above.
 */
int kxen_nl_deepen(struct kxen_domain *d, const struct kxen_nl_req *r)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_nlevel *old = e->nlevel, *nl;
	int ret;

	lockdep_assert_held(&e->event_lock);
	if (!old)
		return -EOPNOTSUPP;
	if (r->levels <= old->levels)
		return -EINVAL;
	nl = new_tree(d, r->levels);
	if (!nl)
		return -ENOMEM;
	ret = add_vcpus(d, nl, r);
	if (ret) {
		free_tree(d, nl);
		return ret;
	}
	nl->max_pages = old->max_pages;
	nl->pending = old->pending;
	nl->mask = old->mask;
	nl->nr_pages = old->nr_pages;
	/* A shallow tree can name fewer ports than its pages have bits. */
	nl->nr_ports = ports_of(nl, nl->nr_pages);
	/* Pairs with the dependent reads of raisers: the tree is complete. */
	smp_store_release(&e->nlevel, nl);
	/* Who still climbs in the old one has set the leaf, which kxen_nl_replay() finds. */
	synchronize_rcu();
	free_vcpus(d, old);
	kvfree(old);
	kxen_nl_replay(d, nl, NULL);
	tell_all(d, nl);
	return 0;
}

/**
 * kxen_nl_expand() - EVTCHNOP_nlevel_expand: more leaf pages.
 * @d: the domain; event_lock held.
 * @r: the pages.
 *
 * Context: as above.
 * Return: 0; -EOPNOTSUPP without N-level; -E2BIG beyond the limit or the depth;
 * -EINVAL, -ENOSPC, with everything as it was.
 */
int kxen_nl_expand(struct kxen_domain *d, const struct kxen_nl_req *r)
{
	struct kxen_nlevel *nl = d->evtchn->nlevel;
	int ret;

	lockdep_assert_held(&d->evtchn->event_lock);
	if (!nl)
		return -EOPNOTSUPP;
	if (r->nr_pages > min(nl->max_pages, pages_at_depth(nl)) - nl->nr_pages)
		return -E2BIG;
	ret = add_leaves(d, nl, nl->nr_pages, r);
	if (ret)
		return ret;
	nl->nr_pages += r->nr_pages;
	/* Pairs with kxen_nl_leaf(): the pages are there. */
	smp_store_release(&nl->nr_ports, ports_of(nl, nl->nr_pages));
	return 0;
}

/**
 * kxen_nl_vcpu() - EVTCHNOP_nlevel_vcpu: a vCPU that comes later.
 * @d: the domain; event_lock held.
 * @s: its inner levels.
 *
 * Context: as above.
 * Return: 0; -EOPNOTSUPP without N-level; -ENOENT; -EBUSY if it has them; -ENXIO,
 * -EINVAL, -ENOSPC, -ENOMEM.
 */
int kxen_nl_vcpu(struct kxen_domain *d, const struct kxen_nl_sel *s)
{
	struct kxen_nlevel *nl = d->evtchn->nlevel;
	struct kxen_vcpu *kv = kxen_domain_vcpu(d, s->vcpu);
	struct kxen_nl_vcpu *nv;
	int ret;

	lockdep_assert_held(&d->evtchn->event_lock);
	if (!nl)
		return -EOPNOTSUPP;
	if (!kv)
		return -ENOENT;
	if (nl->vcpu[kv->id])
		return -EBUSY;
	ret = new_vcpu(d, nl, s, &nv);
	if (ret)
		return ret;
	/* Pairs with the raiser: its arrays are there. */
	smp_store_release(&nl->vcpu[kv->id], nv);
	/* Pairs with the leaf's atomic bit before the raiser: one of us sees the other. */
	smp_mb();
	kxen_nl_replay(d, nl, kv);
	kxen_evtchn_rescan(kv, true);
	return 0;
}

/* Nobody uses it any more. Ports that 2-level has no bits for stay, and are silent. */
void kxen_nl_stop(struct kxen_domain *d)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_nlevel *nl = e->nlevel;

	lockdep_assert_held(&e->event_lock);
	WRITE_ONCE(e->nlevel, NULL);
	free_tree(d, nl);
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
		.bits = 1U << shift_of(d),
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

/* --- save and restore ----------------------------------------------------------- */

static void save_vcpu(const struct kxen_nlevel *nl, u32 vcpu,
		      struct kxen_sink *s)
{
	const struct kxen_nl_vcpu *nv = nl->vcpu[vcpu];
	struct kxen_save_nlevel_vcpu r = { .vcpu = vcpu };
	u32 i;

	if (nv->l2.page) {
		r.l2_gfn = nv->l2.gfn;
		r.offset = nv->in.page[0][0] - nv->l2.kaddr;
	}
	for (i = 0; i < KXEN_NL_INNER_PAGES; i++)
		r.l3_gfn[i] = nv->l3[i].page ? nv->l3[i].gfn : KXEN_NO_GFN;
	kxen_rec(s, KXEN_REC_NLEVEL_VCPU, &r, sizeof(r));
}

/* Records of the tree; event_lock held. */
void kxen_nl_save(struct kxen_domain *d, struct kxen_sink *s)
{
	const struct kxen_nlevel *nl = d->evtchn->nlevel;
	struct kxen_save_nlevel r = { .levels = nl->levels,
				      .nr_pages = nl->nr_pages };
	u32 i;

	lockdep_assert_held(&d->evtchn->event_lock);
	kxen_rec_begin(s, KXEN_REC_NLEVEL);
	kxen_rec_put(s, &r, sizeof(r));
	for (i = 0; i < nl->nr_pages; i++)
		kxen_rec_put(s, &nl->pending[i].gfn, sizeof(u64));
	for (i = 0; i < nl->nr_pages; i++)
		kxen_rec_put(s, &nl->mask[i].gfn, sizeof(u64));
	kxen_rec_end(s);
	for (i = 0; i < KXEN_MAX_VCPUS; i++)
		if (nl->vcpu[i])
			save_vcpu(nl, i, s);
}

static int read_sels(const struct kxen_image *im, struct kxen_nl_req *req)
{
	const struct kxen_save_nlevel_vcpu *v;
	u32 i;

	for (i = 0; i < im->nr; i++) {
		struct kxen_nl_sel *s = &req->sel[req->nr_sels];

		if (im->rec[i].type != KXEN_REC_NLEVEL_VCPU)
			continue;
		v = im->rec[i].data;
		if (im->rec[i].len != sizeof(*v) ||
		    req->nr_sels == KXEN_MAX_VCPUS)
			return -EINVAL;
		s->vcpu = v->vcpu;
		s->offset = v->offset;
		s->l2_gfn = v->l2_gfn;
		memcpy(s->l3_gfn, v->l3_gfn, sizeof(s->l3_gfn));
		req->nr_sels++;
	}
	return 0;
}

/* What the stream says, checked as far as its lengths go. */
static int read_req(struct kxen_domain *d, struct kxen_image *im,
		    struct kxen_nl_req *req)
{
	const struct kxen_rec *rec = kxen_rec_find(im, KXEN_REC_NLEVEL,
					sizeof(struct kxen_save_nlevel));
	const struct kxen_save_nlevel *r;

	if (!rec)
		return -EINVAL;
	r = rec->data;
	if (r->levels < KXEN_NLEVEL_MIN_LEVELS ||
	    r->levels > KXEN_NLEVEL_MAX_LEVELS || !r->nr_pages ||
	    rec->len / (2 * sizeof(u64)) < r->nr_pages ||
	    rec->len != sizeof(*r) + r->nr_pages * 2 * sizeof(u64))
		return -EINVAL;
	if (r->nr_pages > kxen_nl_max_pages(d)) {
		im->why = KXEN_RESTORE_PORTS;
		return -ENOSPC;
	}
	req->levels = r->levels;
	req->nr_pages = r->nr_pages;
	req->pending = (u64 *)(r + 1);
	req->mask = req->pending + r->nr_pages;
	req->sel = kvcalloc(KXEN_MAX_VCPUS, sizeof(*req->sel),
			    GFP_KERNEL_ACCOUNT);
	return req->sel ? read_sels(im, req) : -ENOMEM;
}

/**
 * kxen_nl_restore() - The tree of a saved domain; its bits are in its memory.
 * @d: the domain, locked; no port is open, and the ABI is 2-level.
 * @im: the stream.
 *
 * Pages are pinned with event_lock not held. Context: may sleep.
 * Return: 0, or -errno with nothing changed.
 */
int kxen_nl_restore(struct kxen_domain *d, struct kxen_image *im)
{
	struct kxen_evtchn *e = d->evtchn;
	struct kxen_nl_req req = { .may_miss = true };
	struct kxen_nlevel *nl;
	int ret;

	lockdep_assert_held(&d->lock);
	ret = read_req(d, im, &req);
	if (!ret)
		ret = build(d, &req, &nl);
	kvfree(req.sel);
	if (ret)
		return ret;
	mutex_lock(&e->event_lock);
	WRITE_ONCE(e->nlevel, nl);
	/* Pairs with the reads of e->ops: the tree is complete. */
	smp_store_release(&e->ops, &kxen_evtchn_nlevel);
	mutex_unlock(&e->event_lock);
	return 0;
}
