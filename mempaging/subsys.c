// SPDX-License-Identifier: GPL-2.0-only
/* Memory paging as a part of a domain: what the core calls, and its tables. */
#include <linux/build_bug.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/p2m.h"
#include "../kvm-xen/toolstack_abi.h"
#include "../kvm-xen/xen_abi.h"
#include "mempaging.h"

static u64 mempaging_out(struct kxen_domain *d);

static const struct kxen_frame_ops frame_ops = {
	.ring = KXEN_PG_RING_GFN,
	.out = kxen_pg_frame_out,
	.kept = kxen_pg_frame_kept,
	.ring_page = kxen_pg_ring_page,
	.ring_place = kxen_pg_ring_place,
	.paged = mempaging_out,
};

static int mempaging_create(struct kxen_domain *d, const struct kxen_create *c)
{
	d->mempaging = kzalloc(sizeof(*d->mempaging), GFP_KERNEL_ACCOUNT);
	if (!d->mempaging)
		return -ENOMEM;
	init_waitqueue_head(&d->mempaging->gone);
	d->frame_ops = &frame_ops;
	return 0;
}

/* A pager has a reference to the domain, so there is none. */
static void mempaging_destroy(struct kxen_domain *d)
{
	kxen_pg_ring_page_free(d->mempaging);
	kfree(d->mempaging);
	d->mempaging = NULL;
}

static int mempaging_vcpu_create(struct kxen_vcpu *v, gfp_t gfp)
{
	v->mempaging = kzalloc(sizeof(*v->mempaging), gfp);
	if (!v->mempaging)
		return -ENOMEM;
	v->mempaging->gfn = KXEN_PG_NO_GFN;
	return 0;
}

static void mempaging_vcpu_destroy(struct kxen_vcpu *v)
{
	kfree(v->mempaging);
	v->mempaging = NULL;
}

/* The VMM may be there still, and use the memory: it is served, but no more of it goes out. */
static void mempaging_stop(struct kxen_domain *d)
{
	struct kxen_pager *pg = kxen_pager_of(d);
	const struct kxen_pg_ring *ring;

	if (!pg)
		return;
	spin_lock(&pg->lock);
	pg->stopped = true;
	spin_unlock(&pg->lock);
	/* Nobody would miss it, and nobody finds it any more. */
	ring = kxen_pg_ring_of(pg);
	if (ring && !kxen_pg_ring_is_bound(ring))
		kxen_pager_kill(pg);
	kxen_pager_put(pg);
}

/* --- statistics ------------------------------------------------------------------------------- */

/* What the pager's book has now; all 0 if there is none. */
static struct kxen_pg_book book_of(struct kxen_domain *d)
{
	struct kxen_pager *pg = kxen_pager_of(d);
	struct kxen_pg_book b = { };

	if (!pg)
		return b;
	spin_lock(&pg->lock);
	b = pg->book;
	spin_unlock(&pg->lock);
	kxen_pager_put(pg);
	return b;
}

static u64 mempaging_out(struct kxen_domain *d)
{
	return book_of(d).nr[KXEN_PG_OUT];
}

static u64 mempaging_nominated(struct kxen_domain *d)
{
	return book_of(d).nr[KXEN_PG_NOMINATED];
}

/* With those before it. */
static u64 mempaging_outs(struct kxen_domain *d)
{
	return atomic64_read(&d->mempaging->outs) + book_of(d).outs;
}

static u64 mempaging_ins(struct kxen_domain *d)
{
	return atomic64_read(&d->mempaging->ins) + book_of(d).ins;
}

static u64 mempaging_evict_fails(struct kxen_domain *d)
{
	return atomic64_read(&d->mempaging->evict_fails) + book_of(d).evict_fails;
}

static u64 mempaging_drops(struct kxen_domain *d)
{
	return atomic64_read(&d->mempaging->drops) + book_of(d).drops;
}

static u64 mempaging_waits(struct kxen_domain *d)
{
	return atomic64_read(&d->mempaging->waits);
}

static u64 mempaging_lost(struct kxen_domain *d)
{
	return atomic64_read(&d->mempaging->lost);
}

static const struct kxen_stat_desc mempaging_stats[] = {
	{ KXEN_STAT_PAGED_OUT, .name = "paged_out", .domain = mempaging_out },
	{ KXEN_STAT_PAGING_NOMINATED, .name = "paging_nominated", .domain = mempaging_nominated },
	{ KXEN_STAT_PAGE_OUTS, KXEN_STAT_GROWS, "page_outs", .domain = mempaging_outs },
	{ KXEN_STAT_PAGE_INS, KXEN_STAT_GROWS, "page_ins", .domain = mempaging_ins },
	{ KXEN_STAT_PAGING_WAITS, KXEN_STAT_GROWS, "paging_waits", .domain = mempaging_waits },
	{ KXEN_STAT_EVICT_FAILS, KXEN_STAT_GROWS, "evict_fails", .domain = mempaging_evict_fails },
	{ KXEN_STAT_PAGING_DROPS, KXEN_STAT_GROWS, "paging_drops", .domain = mempaging_drops },
	{ KXEN_STAT_PAGES_LOST, KXEN_STAT_GROWS, "pages_lost", .domain = mempaging_lost },
	{ }
};

/* --- the control device ------------------------------------------------------------------- */

/* The argument, and what is behind it in its bytes. */
struct pager_ctl {
	struct kxen_pager_arg arg;
	struct file *file;
};

static_assert(sizeof(struct pager_ctl) <= KXEN_CTL_ARG_MAX);

static int ctl_pager(struct kxen_domain *d, void *arg)
{
	struct pager_ctl *c = arg;

	return kxen_pager_open(d, &c->arg, &c->file);
}

static void ctl_pager_done(void *arg, bool told)
{
	struct pager_ctl *c = arg;

	kxen_pager_done(c->arg.fd, c->file, told);
}

static const struct kxen_ctl_call mempaging_ctl[] = {
	{ .cmd = KXEN_PAGER, .size = sizeof(struct kxen_pager_arg),
	  .min_size = offsetofend(struct kxen_pager_arg, fd), .own = true,
	  .fn = ctl_pager, .done = ctl_pager_done },
	{ }
};

/* --- calls of domain 0 -------------------------------------------------------------------- */

static const struct kxen_mem_entry mempaging_memory_ops[] = {
	{ XENMEM_paging_op, .host = kxen_pg_paging_op },
	{ }
};

static const struct kxen_domctl_entry mempaging_domctls[] = {
	{ KXEN_DOMCTL_vm_event_op, .out = true, .fn = kxen_pg_vm_event_op },
	{ }
};

const struct kxen_subsys kxen_mempaging_subsys = {
	.name = "mempaging",
	.features = KXEN_F_PAGING,
	.create = mempaging_create,
	.destroy = mempaging_destroy,
	.vcpu_create = mempaging_vcpu_create,
	.vcpu_destroy = mempaging_vcpu_destroy,
	.stop = mempaging_stop,
	.stats = mempaging_stats,
	.hooks = &kxen_mempaging_hooks,
	.memory_ops = mempaging_memory_ops,
	.domctls = mempaging_domctls,
	.ctl = mempaging_ctl,
};
