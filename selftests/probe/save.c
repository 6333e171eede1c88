// SPDX-License-Identifier: GPL-2.0-only
/* The probe's record. */
#include <linux/build_bug.h>

#include "probe.h"
#include "records.h"

static_assert(sizeof(struct kxen_save_probe) == 40);

void kxen_probe_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	struct kxen_probe *p = d->probe;
	struct kxen_save_probe r = { };
	int i;

	mutex_lock(&p->lock);
	r.value = p->value;
	r.taken = kxen_limit_used(&d->limit[KXEN_LIMIT_PROBES]);
	for (i = 0; i < PROBE_FRAMES; i++)
		r.gfn[i] = p->page[i].page ? p->page[i].gfn : KXEN_NO_GFN;
	mutex_unlock(&p->lock);
	kxen_rec(s, KXEN_REC_PROBE | KXEN_REC_OPTIONAL, &r, sizeof(r));
}

static void probe_restore_taken(struct kxen_domain *d, const struct kxen_save_probe *r)
{
	u32 i;

	mutex_lock(&d->probe->lock);
	d->probe->value = r->value;
	for (i = 0; i < r->taken; i++)
		kxen_limit_charge(d, KXEN_LIMIT_PROBES);
	mutex_unlock(&d->probe->lock);
}

/* What is there of it when the rest is refused goes with kxen_probe_drop(). */
static int probe_restore(struct kxen_domain *d, struct kxen_stream_in *im,
			 const struct kxen_rec *rec, u32 nr)
{
	const struct kxen_save_probe *r = rec->data;
	int i, ret = 0;

	lockdep_assert_held(&d->lock);
	if (r->taken > d->limit[KXEN_LIMIT_PROBES].max)
		return -EINVAL;
	probe_restore_taken(d, r);
	im->why = KXEN_RESTORE_MEMORY;
	for (i = 0; i < PROBE_FRAMES && !ret; i++)
		if (r->gfn[i] != KXEN_NO_GFN)
			ret = kxen_page_pin(d, KXEN_LIMIT_PROBE_PAGES, r->gfn[i],
					    &d->probe->page[i]);
	return ret;
}

static void probe_frames(const struct kxen_rec *rec, struct kxen_frames *f)
{
	const struct kxen_save_probe *r = rec->data;
	int i;

	for (i = 0; i < PROBE_FRAMES; i++)
		kxen_frame(f, r->gfn[i]);
}

const struct kxen_rec_desc kxen_probe_recs[] = {
	{ .id = KXEN_REC_PROBE, .len = sizeof(struct kxen_save_probe),
	  .restore = probe_restore, .frames = probe_frames },
	{ }
};
