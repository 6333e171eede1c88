// SPDX-License-Identifier: GPL-2.0-only
/* Trees of the N-level ABI in the stream of a saved domain. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/save.h"
#include "nlevel.h"

static void save_vcpu(const struct kxen_nlevel *nl, u32 vcpu,
		      struct kxen_sink *s)
{
	const struct kxen_nl_vcpu *nv = nl->vcpu[vcpu];
	struct kxen_save_nlevel_vcpu r = { .vcpu = vcpu };
	u32 i;

	if (nv->l2.page) {
		r.l2_gfn = nv->l2.gfn;
		r.offset = kxen_gptr_offset(nv->in.page[0][0]);
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
		ret = kxen_nl_build(d, &req, &nl);
	kvfree(req.sel);
	if (ret)
		return ret;
	mutex_lock(&e->event_lock);
	/* A vCPU that was still on its way to stop may have been first. */
	ret = e->ops == &kxen_evtchn_2l ? 0 : -EBUSY;
	if (!ret) {
		WRITE_ONCE(e->nlevel, nl);
		/* Pairs with the reads of e->ops: the tree is complete. */
		smp_store_release(&e->ops, &kxen_evtchn_nlevel);
	}
	mutex_unlock(&e->event_lock);
	if (ret)
		kxen_nl_free(d, nl);
	return ret;
}
