// SPDX-License-Identifier: GPL-2.0-only
/* What a guest can do with the probe: its hypercall, and its pages. */
#include <linux/nospec.h>
#include <xen/interface/xen.h>

#include "probe.h"

/* What is kept is in each page that is placed. */
static void show(struct kxen_probe *p)
{
	int i;

	lockdep_assert_held(&p->lock);
	for (i = 0; i < PROBE_FRAMES; i++)
		if (p->page[i].page)
			kxen_guest_write(p->page[i].at, &p->value, sizeof(p->value));
}

/* Keep something else; what was kept before. Context: may sleep, takes the probe's lock. */
u64 kxen_probe_keep(struct kxen_domain *d, u64 value)
{
	struct kxen_probe *p = d->probe;
	u64 was;

	mutex_lock(&p->lock);
	was = p->value;
	p->value = value;
	show(p);
	mutex_unlock(&p->lock);
	return was;
}

static long probe_set(struct kxen_hc *hc)
{
	u64 value;

	if (kxen_hc_get(hc, &value, hc->arg[1], sizeof(value)))
		return -EFAULT;
	kxen_probe_keep(hc->d, value);
	return 0;
}

static long probe_get(struct kxen_hc *hc)
{
	struct kxen_probe *p = hc->d->probe;
	u64 value;

	mutex_lock(&p->lock);
	value = p->value;
	mutex_unlock(&p->lock);
	return kxen_hc_put(hc, hc->arg[1], &value, sizeof(value));
}

static long probe_take(struct kxen_domain *d)
{
	long ret = -ENOSPC;

	mutex_lock(&d->probe->lock);
	if (!kxen_limit_full(&d->limit[KXEN_LIMIT_PROBES])) {
		kxen_limit_charge(d, KXEN_LIMIT_PROBES);
		ret = 0;
	}
	mutex_unlock(&d->probe->lock);
	return ret;
}

static long probe_give(struct kxen_domain *d)
{
	long ret = -ENOENT;

	mutex_lock(&d->probe->lock);
	if (d->limit[KXEN_LIMIT_PROBES].used) {
		kxen_limit_uncharge(&d->limit[KXEN_LIMIT_PROBES]);
		ret = 0;
	}
	mutex_unlock(&d->probe->lock);
	return ret;
}

long kxen_hc_probe(struct kxen_hc *hc)
{
	atomic64_inc(&hc->d->probe->calls);
	switch ((u32)hc->arg[0]) {
	case PROBEOP_set:
		return probe_set(hc);
	case PROBEOP_get:
		return probe_get(hc);
	case PROBEOP_take:
		return probe_take(hc->d);
	case PROBEOP_give:
		return probe_give(hc->d);
	case PROBEOP_look:
		return kxen_probe_look(hc, false);
	case PROBEOP_poke:
		return kxen_probe_look(hc, true);
	case PROBEOP_unplace:
		return kxen_probe_unplace(hc->d, hc->arg[1]);
	case PROBEOP_cover:
		return kxen_probe_cover(hc);
	default:
		return -ENOSYS;
	}
}

/* What is left to be done, and what was, is all in the arguments. */
long kxen_hc_probe_long(struct kxen_hc *hc)
{
	if (!hc->arg[0])
		return hc->arg[2] + hc->arg[4];
	hc->arg[0]--;
	hc->arg[2] += hc->arg[1];
	hc->arg[4] = hc->arg[4] * PROBE_MIX + hc->arg[3];
	return kxen_hc_restart(hc);
}

enum kxen_meaning kxen_probe_means(const struct kxen_hc *hc)
{
	switch ((u32)hc->arg[0]) {
	case PROBEOP_set:
		return KXEN_MEANS_NEW_LIFE;
	case PROBEOP_get:
		return KXEN_MEANS_NOTHING;
	default:
		return KXEN_MEANS_WOKEN;
	}
}

/* A page is waited for outside of every lock, then published under the probe's. */
static long probe_add(struct kxen_hc *hc, u64 idx, u64 gfn)
{
	struct kxen_probe *p = hc->d->probe;
	struct kxen_page page;
	long ret;

	if (idx >= PROBE_FRAMES)
		return -EINVAL;
	idx = array_index_nospec(idx, PROBE_FRAMES);
	ret = kxen_page_pin(hc->d, KXEN_LIMIT_PROBE_PAGES, gfn, &page);
	if (ret)
		return ret;
	mutex_lock(&p->lock);
	swap(p->page[idx], page);
	show(p);
	mutex_unlock(&p->lock);
	kxen_page_unpin(hc->d, &page);
	return 0;
}

static long probe_remove(struct kxen_hc *hc, u64 gfn)
{
	struct kxen_probe *p = hc->d->probe;
	struct kxen_page page = { };
	int i;

	mutex_lock(&p->lock);
	for (i = 0; i < PROBE_FRAMES && !page.page; i++)
		if (p->page[i].page && p->page[i].gfn == gfn)
			swap(p->page[i], page);
	mutex_unlock(&p->lock);
	if (!page.page)
		return -ENOENT;
	kxen_page_unpin(hc->d, &page);
	return 0;
}

const struct kxen_space kxen_probe_spaces[] = {
	{ XENMAPSPACE_probe, probe_add, probe_remove },
	{ XENMAPSPACE_probe_own, kxen_probe_add_own },
	{ XENMAPSPACE_probe_foreign, kxen_probe_add_foreign },
	{ XENMAPSPACE_probe_out, kxen_probe_add_out },
	{ }
};

/* A call that is cut, as one that takes long would be, and made again for what is left. */
static long probe_count(struct kxen_hc *hc)
{
	u32 done = (u32)hc->arg[0] >> KXEN_MEM_CMD_BITS;

	if (done > PROBE_STEPS)
		return -EINVAL;
	if (done == PROBE_STEPS)
		return done;
	hc->arg[0] = XENMEM_probe | (done + 1) << KXEN_MEM_CMD_BITS;
	return kxen_hc_restart(hc);
}

const struct kxen_mem_entry kxen_probe_memory_ops[] = {
	{ XENMEM_probe, probe_count, KXEN_MEANS_NEW_LIFE },
	{ }
};

/* All that a guest has made of it is gone. Context: may sleep. */
void kxen_probe_drop(struct kxen_domain *d)
{
	struct kxen_probe *p = d->probe;
	int i;

	mutex_lock(&p->lock);
	p->value = 0;
	while (d->limit[KXEN_LIMIT_PROBES].used)
		kxen_limit_uncharge(&d->limit[KXEN_LIMIT_PROBES]);
	for (i = 0; i < PROBE_FRAMES; i++)
		kxen_page_unpin(d, &p->page[i]);
	mutex_unlock(&p->lock);
}
