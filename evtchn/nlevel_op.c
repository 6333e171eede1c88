// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations of include/uapi/xen/kxen_evtchn.h: N-level, and FIFO's batch. Lists
 * are copied whole before anything is looked at; numbers are bounded before they are
 * lengths.
 */
#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/hc_arg.h"
#include "nlevel.h"

static long nlevel_op_query(struct kxen_hc *hc, void *arg)
{
	struct evtchn_nlevel_query *q = arg;

	mutex_lock(&hc->d->evtchn->event_lock);
	kxen_nl_query(hc->d, q);
	mutex_unlock(&hc->d->evtchn->event_lock);
	return 0;
}

static int nlevel_copy_list(struct kxen_hc *hc, void *dst, u64 from, u32 bytes)
{
	u32 done, len;

	/* A copy is within the reach of one page walk. */
	for (done = 0; done < bytes; done += len) {
		len = min_t(u32, bytes - done, XEN_PAGE_SIZE);
		if (kxen_hc_get(hc, dst + done, from + done, len))
			return -EFAULT;
	}
	return 0;
}

/* One vCPU's part, as the tree's depth needs it. */
static long nlevel_copy_sel(struct kxen_hc *hc, const struct evtchn_nlevel_vcpu *v,
			    u32 levels, struct kxen_nl_sel *s)
{
	u32 shift = kxen_layouts[READ_ONCE(hc->d->compat)].long_bits == 64 ? 6 : 5;

	memset(s, 0, sizeof(*s));
	s->vcpu = v->vcpu;
	s->offset = v->offset;
	s->l2_gfn = v->l2_gfn;
	if (levels < 4)
		return 0;
	return nlevel_copy_list(hc, s->l3_gfn, v->l3_gfns,
				kxen_nl_pages(shift, 3) * sizeof(u64));
}

static void nlevel_free_req(struct kxen_nl_req *r)
{
	kvfree(r->pending);
	kvfree(r->mask);
	kvfree(r->sel);
}

static long nlevel_copy_pages(struct kxen_hc *hc, struct kxen_nl_req *r, u64 pending,
			      u64 mask)
{
	r->pending = kvcalloc(r->nr_pages, sizeof(u64), GFP_KERNEL_ACCOUNT);
	r->mask = kvcalloc(r->nr_pages, sizeof(u64), GFP_KERNEL_ACCOUNT);
	if (r->nr_pages && (!r->pending || !r->mask))
		return -ENOMEM;
	if (nlevel_copy_list(hc, r->pending, pending, r->nr_pages * sizeof(u64)) ||
	    nlevel_copy_list(hc, r->mask, mask, r->nr_pages * sizeof(u64)))
		return -EFAULT;
	return 0;
}

static long nlevel_copy_sels(struct kxen_hc *hc, struct kxen_nl_req *r, u64 list)
{
	struct evtchn_nlevel_vcpu v;
	long ret = 0;
	u32 i;

	r->sel = kvcalloc(r->nr_sels, sizeof(*r->sel), GFP_KERNEL_ACCOUNT);
	if (r->nr_sels && !r->sel)
		return -ENOMEM;
	for (i = 0; i < r->nr_sels && !ret; i++) {
		if (nlevel_copy_list(hc, &v, list + i * sizeof(v), sizeof(v)))
			return -EFAULT;
		ret = nlevel_copy_sel(hc, &v, r->levels, &r->sel[i]);
	}
	return ret;
}

/* In the order of the list in Documentation/evtchn-nlevel.rst. */
static long nlevel_check_numbers(struct kxen_domain *d,
				 const struct evtchn_nlevel_register *a, bool deepen)
{
	if (a->version != KXEN_NLEVEL_VERSION)
		return -EOPNOTSUPP;
	if (a->levels < KXEN_NLEVEL_MIN_LEVELS)
		return -EINVAL;
	if (a->levels > KXEN_NLEVEL_MAX_LEVELS)
		return -EOPNOTSUPP;
	if (deepen ? a->nr_pages : !a->nr_pages)
		return -EINVAL;
	if (a->nr_pages > kxen_nl_max_pages(d))
		return -E2BIG;
	return a->nr_vcpus > KXEN_MAX_VCPUS ? -E2BIG : 0;
}

static long nlevel_apply(struct kxen_hc *hc, const struct evtchn_nlevel_register *a,
			 bool deepen)
{
	struct kxen_nl_req r = { .levels = a->levels, .nr_pages = a->nr_pages,
				 .nr_sels = a->nr_vcpus };
	long ret = nlevel_check_numbers(hc->d, a, deepen);

	if (ret)
		return ret;
	ret = nlevel_copy_pages(hc, &r, a->pending_gfns, a->mask_gfns);
	if (!ret)
		ret = nlevel_copy_sels(hc, &r, a->vcpus);
	if (!ret)
		ret = deepen ? kxen_nl_deepen(hc->d, &r) :
			       kxen_nl_register(hc->d, &r);
	nlevel_free_req(&r);
	return ret;
}

static long nlevel_op_register(struct kxen_hc *hc, void *arg)
{
	return nlevel_apply(hc, arg, false);
}

static long nlevel_op_deepen(struct kxen_hc *hc, void *arg)
{
	return nlevel_apply(hc, arg, true);
}

static long nlevel_op_expand(struct kxen_hc *hc, void *arg)
{
	const struct evtchn_nlevel_expand *a = arg;
	struct kxen_nl_req r = { .nr_pages = a->nr_pages };
	long ret;

	if (a->pad || !a->nr_pages)
		return -EINVAL;
	if (a->nr_pages > kxen_nl_max_pages(hc->d))
		return -E2BIG;
	ret = nlevel_copy_pages(hc, &r, a->pending_gfns, a->mask_gfns);
	if (!ret)
		ret = kxen_nl_expand(hc->d, &r);
	nlevel_free_req(&r);
	return ret;
}

static long nlevel_op_vcpu(struct kxen_hc *hc, void *arg)
{
	struct kxen_evtchn *e = hc->d->evtchn;
	struct kxen_nl_sel s;
	u32 levels;
	long ret;

	mutex_lock(&e->event_lock);
	levels = kxen_nl_levels(hc->d);
	mutex_unlock(&e->event_lock);
	ret = nlevel_copy_sel(hc, arg, levels, &s);
	return ret ?: kxen_nl_vcpu(hc->d, levels, &s);
}

static long fifo_check_batch(struct kxen_domain *d, struct evtchn_fifo_init *list,
			     u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (!kxen_domain_vcpu(d, list[i].vcpu))
			return -ENOENT;
		if (!kxen_fifo_offset_ok(list[i].offset))
			return -EINVAL;
	}
	return 0;
}

static long fifo_op_batch(struct kxen_hc *hc, void *arg)
{
	struct evtchn_fifo_init_batch *a = arg;
	struct evtchn_fifo_init *list;
	long ret;

	if (!a->nr)
		return -EINVAL;
	if (a->nr > KXEN_MAX_VCPUS)
		return -E2BIG;
	list = kvcalloc(a->nr, sizeof(*list), GFP_KERNEL_ACCOUNT);
	if (!list)
		return -ENOMEM;
	ret = nlevel_copy_list(hc, list, a->list, a->nr * sizeof(*list));
	if (!ret)
		ret = fifo_check_batch(hc->d, list, a->nr);
	if (!ret)
		ret = kxen_fifo_init_batch(hc->d, list, a->nr);
	kvfree(list);
	a->link_bits = EVTCHN_FIFO_LINK_BITS;
	return ret;
}

#define ARG_WORDS	5	/* u64s that hold the largest argument */

static const struct {
	u32 cmd;
	u32 size;
	bool out;
	bool nlevel;	/* for domains that have N-level */
	long (*fn)(struct kxen_hc *hc, void *arg);
} ext_ops[] = {
#define SIZE(type)							\
	(sizeof(type) + BUILD_BUG_ON_ZERO(sizeof(type) > ARG_WORDS * sizeof(u64)))
	{ EVTCHNOP_nlevel_query, SIZE(struct evtchn_nlevel_query), true,
	  true, nlevel_op_query },
	{ EVTCHNOP_nlevel_register, SIZE(struct evtchn_nlevel_register),
	  false, true, nlevel_op_register },
	{ EVTCHNOP_nlevel_vcpu, SIZE(struct evtchn_nlevel_vcpu), false,
	  true, nlevel_op_vcpu },
	{ EVTCHNOP_nlevel_expand, SIZE(struct evtchn_nlevel_expand), false,
	  true, nlevel_op_expand },
	{ EVTCHNOP_nlevel_deepen, SIZE(struct evtchn_nlevel_register),
	  false, true, nlevel_op_deepen },
	{ EVTCHNOP_fifo_init_batch, SIZE(struct evtchn_fifo_init_batch),
	  true, false, fifo_op_batch },
#undef SIZE
};

/* HYPERVISOR_event_channel_op() with a command that is not Xen's. */
long kxen_evtchn_ext(struct kxen_hc *hc)
{
	u64 arg[ARG_WORDS];
	u32 i, cmd = hc->arg[0];

	for (i = 0; i < ARRAY_SIZE(ext_ops); i++)
		if (ext_ops[i].cmd == cmd)
			break;
	if (i == ARRAY_SIZE(ext_ops) ||
	    (ext_ops[i].nlevel && !(hc->d->flags & KXEN_DOM_NLEVEL)))
		return -ENOSYS;
	if (ext_ops[i].out)
		return kxen_hc_call_back(hc, hc->arg[1], arg, ext_ops[i].size,
					 ext_ops[i].fn);
	if (kxen_hc_get(hc, arg, hc->arg[1], ext_ops[i].size))
		return -EFAULT;
	return ext_ops[i].fn(hc, arg);
}
