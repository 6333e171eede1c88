// SPDX-License-Identifier: GPL-2.0-only
/* Grant tables as a part of a domain: what the core calls at each turn of its life. */
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/xen.h>

#include "gnttab_internal.h"

#define MAX_MAPTRACK	16384		/* 4 million handles */

static int gnttab_create(struct kxen_domain *d, const struct kxen_create *c)
{
	u32 maptrack = c->max_maptrack_frames ?: KXEN_GNT_MAPTRACK;

	d->gnttab = kxen_gnt_alloc(d, c->max_grant_frames ?: KXEN_GNT_FRAMES);
	if (!d->gnttab)
		return -ENOMEM;
	d->gnttab->maptrack = kxen_maptrack_create(maptrack);
	if (d->gnttab->maptrack)
		return 0;
	kxen_gnt_free(d->gnttab);
	d->gnttab = NULL;
	return -ENOMEM;
}

static void gnttab_destroy(struct kxen_domain *d)
{
	if (!d->gnttab)
		return;
	kxen_maptrack_destroy(d->gnttab->maptrack);
	kxen_gnt_free(d->gnttab);
	d->gnttab = NULL;
}

/* As granter first: nobody looks into its VM from then on. */
static void gnttab_stop(struct kxen_domain *d)
{
	kxen_gnt_granter_stop(d);
	kxen_gnt_mapper_stop(d);
}

static u64 gnttab_mapped(struct kxen_domain *d)
{
	return kxen_maptrack_used(d->gnttab->maptrack);
}

static u64 gnttab_max_mapped(struct kxen_domain *d)
{
	return kxen_maptrack_max(d->gnttab->maptrack);
}

static u64 gnttab_refused(struct kxen_domain *d)
{
	return atomic64_read(&d->gnttab->refused);
}

static void gnttab_reset(struct kxen_domain *d)
{
	kxen_gnt_mapper_stop(d);
	kxen_gnt_renew(d->gnttab);
}

static bool gnttab_in_use(struct kxen_domain *d)
{
	struct kxen_gnttab *t = d->gnttab;

	return READ_ONCE(t->version) != 1 || READ_ONCE(t->nr_frames) != 1 || kxen_gnt_may_save(d);
}

static const struct kxen_stat_desc gnttab_stats[] = {
	KXEN_STAT_LIMIT(KXEN_STAT_GRANT_FRAMES, "grant_frames", KXEN_LIMIT_GRANT_FRAMES, used),
	KXEN_STAT_LIMIT(KXEN_STAT_MAX_GRANT_FRAMES, "max_grant_frames", KXEN_LIMIT_GRANT_FRAMES,
			max),
	KXEN_STAT_LIMIT(KXEN_STAT_GRANT_FRAMES_HIGH, "grant_frames_high",
			KXEN_LIMIT_GRANT_FRAMES, high),
	KXEN_STAT_LIMIT(KXEN_STAT_GRANT_STATUS_FRAMES, "status_frames",
			KXEN_LIMIT_STATUS_FRAMES, used),
	KXEN_STAT_LIMIT(KXEN_STAT_MAX_GRANT_STATUS_FRAMES, "max_status_frames",
			KXEN_LIMIT_STATUS_FRAMES, max),
	KXEN_STAT_LIMIT(KXEN_STAT_GRANT_STATUS_FRAMES_HIGH, "status_frames_high",
			KXEN_LIMIT_STATUS_FRAMES, high),
	{ KXEN_STAT_GRANTS_IN_USE, .name = "grants_in_use", .domain = kxen_gnt_pinned },
	{ KXEN_STAT_MAPPED_GRANTS, .name = "mapped_grants", .domain = gnttab_mapped },
	{ KXEN_STAT_MAX_MAPPED_GRANTS, .name = "max_mapped_grants", .domain = gnttab_max_mapped },
	{ KXEN_STAT_MAPS_REFUSED, KXEN_STAT_GROWS, "maps_refused", .domain = gnttab_refused },
	{ }
};

static const struct kxen_hc_entry gnttab_hypercalls[] = {
	{ __HYPERVISOR_grant_table_op, 3, kxen_hc_gnttab, .means = kxen_hc_gnttab_means },
	{ }
};

static const struct kxen_create_limit gnttab_create_limits[] = {
	{ offsetof(struct kxen_create, max_grant_frames), KXEN_GNT_MAX_FRAMES },
	{ offsetof(struct kxen_create, max_maptrack_frames), MAX_MAPTRACK },
	{ }
};

const struct kxen_subsys kxen_gnttab_subsys = {
	.name = "grant tables",
	.features = KXEN_F_GRANTS,
	.create_limits = gnttab_create_limits,
	.create = gnttab_create,
	.destroy = gnttab_destroy,
	.stop = gnttab_stop,
	.reset = gnttab_reset,
	.in_use = gnttab_in_use,
	.frame_in_use = kxen_gnt_uses,
	.may_save = kxen_gnt_may_save,
	.save = kxen_gnt_save,
	.recs = kxen_gnt_recs,
	.mark_dirty = kxen_gnt_mark_dirty,
	.stats = gnttab_stats,
	.debugfs = kxen_gnt_debugfs,
	.hypercalls = gnttab_hypercalls,
	.memory_ops = kxen_gnt_memory_ops,
	.spaces = kxen_gnt_spaces,
	.ctl = kxen_gnt_ctl,
};
