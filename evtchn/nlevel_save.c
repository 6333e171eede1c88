// SPDX-License-Identifier: GPL-2.0-only
/* Trees of the N-level ABI in the stream of a saved domain. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "nlevel.h"
#include "records.h"

static void nlevel_save_vcpu(const struct kxen_nlevel *nl, u32 vcpu,
			     struct kxen_stream_out *s)
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
void kxen_nl_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	const struct kxen_nlevel *nl = d->evtchn->nlevel;
	struct kxen_save_nlevel r = { .levels = nl->levels };
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
			nlevel_save_vcpu(nl, i, s);
}

/* Pending bits, then masks. */
void kxen_nl_frames(const struct kxen_rec *rec, struct kxen_frames *f)
{
	const struct kxen_save_nlevel *r = rec->data;
	const u64 *gfn = (const u64 *)(r + 1);
	u32 i;

	for (i = 0; i < 2 * rec->nr; i++)
		kxen_frame(f, gfn[i]);
}

/* Level 2, which is 0 where the tree has none, and 3. */
void kxen_nl_vcpu_frames(const struct kxen_rec *rec, struct kxen_frames *f)
{
	const struct kxen_save_nlevel_vcpu *r = rec->data;
	u32 i;

	if (r->l2_gfn)
		kxen_frame(f, r->l2_gfn);
	for (i = 0; i < KXEN_NL_INNER_PAGES; i++)
		kxen_frame(f, r->l3_gfn[i]);
}

static void nlevel_read_sels(const struct kxen_rec *rec, u32 nr,
			     struct kxen_nl_req *req)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		const struct kxen_save_nlevel_vcpu *v = rec[i].data;
		struct kxen_nl_sel *s = &req->sel[i];

		s->vcpu = v->vcpu;
		s->offset = v->offset;
		s->l2_gfn = v->l2_gfn;
		memcpy(s->l3_gfn, v->l3_gfn, sizeof(s->l3_gfn));
	}
	req->nr_sels = nr;
}

/* What the stream says, checked as far as its numbers go. */
static int nlevel_read_req(struct kxen_domain *d, struct kxen_stream_in *im,
			   const struct kxen_rec *rec, struct kxen_nl_req *req)
{
	const struct kxen_save_nlevel *r = rec->data;
	u32 nr;

	/* A domain has one of them. */
	if (r->levels < KXEN_NLEVEL_MIN_LEVELS ||
	    r->levels > KXEN_NLEVEL_MAX_LEVELS || !rec->nr ||
	    kxen_recs(im, KXEN_REC_FIFO, NULL))
		return -EINVAL;
	if (rec->nr > kxen_nl_max_pages(d)) {
		im->why = KXEN_RESTORE_PORTS;
		return -ENOSPC;
	}
	req->levels = r->levels;
	req->nr_pages = rec->nr;
	req->pending = (u64 *)(r + 1);
	req->mask = req->pending + rec->nr;
	rec = kxen_recs(im, KXEN_REC_NLEVEL_VCPU, &nr);
	if (nr > KXEN_MAX_VCPUS)
		return -EINVAL;
	req->sel = kvcalloc(nr, sizeof(*req->sel), GFP_KERNEL_ACCOUNT);
	if (!req->sel)
		return -ENOMEM;
	nlevel_read_sels(rec, nr, req);
	return 0;
}

/* The tree is complete, and nobody has raised anything. */
static int nlevel_publish_restored(struct kxen_domain *d, struct kxen_stream_in *im,
				   struct kxen_nlevel *nl)
{
	struct kxen_evtchn *e = d->evtchn;
	int ret;

	mutex_lock(&e->event_lock);
	ret = kxen_evtchn_is_fresh(d, im);
	if (!ret) {
		WRITE_ONCE(e->nlevel, nl);
		/* Pairs with the reads of e->ops: the tree is complete. */
		smp_store_release(&e->ops, &kxen_evtchn_nlevel);
	}
	mutex_unlock(&e->event_lock);
	return ret;
}

/**
 * kxen_nl_restore() - The tree of a saved domain; its bits are in its memory.
 * @d: the domain, locked; no port is open.
 * @im: the stream, with the records of the vCPUs.
 * @rec: the tree.
 * @nr: 1.
 *
 * Pages are pinned with event_lock not held. Context: may sleep.
 * Return: 0, or -errno with nothing changed.
 */
int kxen_nl_restore(struct kxen_domain *d, struct kxen_stream_in *im,
		    const struct kxen_rec *rec, u32 nr)
{
	struct kxen_nl_req req = { .may_miss = true };
	struct kxen_nlevel *nl;
	int ret;

	lockdep_assert_held(&d->lock);
	/* The guest has it, and this domain was not made with it. */
	if (!(d->flags & KXEN_DOM_NLEVEL)) {
		im->why = KXEN_RESTORE_FEATURE;
		return -EOPNOTSUPP;
	}
	ret = nlevel_read_req(d, im, rec, &req);
	if (!ret) {
		im->why = KXEN_RESTORE_MEMORY;
		ret = kxen_nl_build(d, &req, &nl);
	}
	kvfree(req.sel);
	if (ret)
		return ret;
	ret = nlevel_publish_restored(d, im, nl);
	if (ret)
		kxen_nl_free(d, nl);
	return ret;
}
