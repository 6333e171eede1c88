// SPDX-License-Identifier: GPL-2.0-only
/*
 * Save and restore of a domain: everything of it that is not in the guest's memory.
 *
 * Saving needs a paused domain, and freezes its event channels: from then on no sender
 * writes to the guest's memory, which the VMM copies in its own time. Letting the domain
 * go thaws them; what was sent meanwhile is raised then. Asking for the size freezes
 * nothing. User space is written to with no lock held: it may take its time.
 *
 * Restoring fills a domain that has its VM and whose guest has not run. All or nothing:
 * a stream that is refused leaves the domain as new, and the guest's memory as it was. So
 * everything that can fail comes first, and what writes there last. Deadlines are guest
 * system time, which the VMM carries over; timers are started when the vCPU first runs,
 * by when it has.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/hvm/params.h>

#include "arch.h"
#include "balloon.h"
#include "guest_mem.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "memory_map.h"
#include "p2m.h"
#include "p2m_hole.h"
#include "pause.h"
#include "save.h"
#include "special.h"
#include "subsys.h"
#include "trace.h"

/* Of a restore whose pages were brought, and are not there when they are to be held. */
#define MAX_TRIES	16

static_assert(sizeof(struct kxen_save_header) == 16);
static_assert(sizeof(struct kxen_save_rec) == 8);
static_assert(sizeof(struct kxen_save_domain) == 368);
static_assert(sizeof(struct kxen_save_shared_info) == XEN_PAGE_SIZE);
static_assert(sizeof(struct kxen_save_area) == 24);
static_assert(sizeof(struct kxen_save_vcpu) == 192);

/* --- writing -------------------------------------------------------------------- */

/* Numbers may have holes. */
static u32 count_vcpus(struct kxen_domain *d)
{
	struct kxen_vcpu *v;
	u32 i, nr = 0;

	kxen_for_each_vcpu(d, i, v)
		nr++;
	return nr;
}

static void save_domain(struct kxen_domain *d, struct kxen_stream_out *s)
{
	bool own;
	struct kxen_save_domain r = {
		.compat = d->compat,
		.xen_major = d->xen_major,
		.xen_minor = d->xen_minor,
		.shutdown_reason = d->shutdown_reason,
		.vm_assist = d->vm_assist,
		.shared_info_gfn = kxen_shared_info_gfn(d, &own),
	};
	u32 i;

	lockdep_assert_held(&d->lock);
	static_assert(sizeof(r.params) == sizeof(d->params));
	memcpy(r.params, d->params, sizeof(r.params));
	memcpy(r.uuid, d->uuid, sizeof(r.uuid));
	for (i = 0; i < KXEN_NR_WATCHDOGS; i++)
		r.watchdog[i] = kxen_watchdog_save(&d->watchdog[i]);
	kxen_rec(s, KXEN_REC_DOMAIN, &r, sizeof(r));
	if (own)
		kxen_rec(s, KXEN_REC_SHARED_INFO, d->own_shared_info_page,
			 XEN_PAGE_SIZE);
}

static void save_area(const struct kxen_area *a, struct kxen_save_area *r)
{
	if (!a->active)
		return;
	r->gfn[0] = a->page[0].gfn;
	r->gfn[1] = a->page[1].page ? a->page[1].gfn : KXEN_NO_GFN;
	r->offset = a->offset;
	r->len = a->len;
}

static void save_vcpu(struct kxen_vcpu *v, struct kxen_stream_out *s)
{
	struct kxen_save_vcpu r = {
		.vcpu = v->id,
		.vcpu_info_gfn = v->vcpu_info_page.page ? v->vcpu_info_page.gfn :
						    KXEN_NO_GFN,
	};
	struct kxen_gptr vcpu_info = kxen_gptr_get_protected(&v->vcpu_info,
				lockdep_is_held(&v->domain->lock));
	struct vcpu_runstate_info rs;

	lockdep_assert_held(&v->domain->lock);
	if (v->vcpu_info_page.page)
		r.vcpu_info_offset = kxen_gptr_offset(vcpu_info);
	memcpy(r.vcpu_info, v->dummy_vcpu_info, sizeof(r.vcpu_info));
	kxen_runstate_get(v, &rs);
	r.runstate = rs.state;
	/* Restored, and not run since: the account is still to be taken up. */
	memcpy(r.runstate_times, READ_ONCE(v->resume) ? v->resume_times : rs.time,
	       sizeof(r.runstate_times));
	save_area(&v->time_area, &r.time_area);
	save_area(&v->runstate_area, &r.runstate_area);
	kxen_timer_save(v, &r.singleshot, &r.periodic, &r.period);
	kxen_rec(s, KXEN_REC_VCPU, &r, sizeof(r));
}

static void save_all(struct kxen_domain *d, struct kxen_stream_out *s)
{
	struct kxen_vcpu *v;
	u32 i;

	kxen_stream_begin(s);
	save_domain(d, s);
	kxen_for_each_vcpu(d, i, v)
		save_vcpu(v, s);
	kxen_map_save(d, s);
	kxen_balloon_save(d, s);
	kxen_special_save(d, s);
	kxen_subsys_save(d, s);
	kxen_arch_save(d, s);
	kxen_stream_end(s, kxen_arch_machine, d->domid);
}

/* Into a buffer of its own, to be freed by the caller, also on failure. */
static int save_locked(struct kxen_domain *d, u32 room, struct kxen_stream_out *s)
{
	lockdep_assert_held(&d->lock);
	/* Once to know its size, once for real, when nobody writes there any more. */
	save_all(d, s);
	if (s->len > KXEN_SAVE_MAX)
		return -E2BIG;
	if (s->len > room)
		return -ENOSPC;
	room = s->len;
	*s = (struct kxen_stream_out) {
		.room = room, .buf = kvzalloc(room, GFP_KERNEL_ACCOUNT),
	};
	if (!s->buf)
		return -ENOMEM;
	kxen_subsys_freeze(d);
	save_all(d, s);
	return s->len == room ? 0 : -EAGAIN;
}

static int save_if_stopped(struct kxen_domain *d, u32 room, struct kxen_stream_out *s)
{
	int ret;

	lockdep_assert_held(&d->lock);
	/* Neither the life before nor the next: its guest alone knows, and has to run for it. */
	if (d->reset_pending)
		return -EINPROGRESS;
	ret = kxen_subsys_may_save(d);
	if (ret)
		return ret;
	/*
	 * It is in no memory that the VMM saves, and in no record. After a restore what is written
	 * there would go to the VMM's memory of that frame.
	 */
	if (kxen_p2m_unsaved(d) || kxen_any_abandoned(d))
		return -EOPNOTSUPP;
	/* Somebody else's pause may be on its way still. */
	return kxen_domain_stopped(d) ? save_locked(d, room, s) : -EAGAIN;
}

/**
 * kxen_domain_save() - KXEN_SAVE.
 * @d: the domain, paused.
 * @ubuf: where to.
 * @len: in: room; out: bytes needed, or written.
 *
 * Context: may sleep; takes d->lock.
 * Return: 0; -EBUSY if it is not paused; -ENOSPC, with the domain not frozen; -E2BIG if it has
 * more than a restore takes; -EAGAIN if
 * a peer, or domain 0, has changed a port meanwhile; -EINPROGRESS if it is held after a reset
 * of its machine; -EISCONN while it shares pages with others; -EOPNOTSUPP if pages are placed in
 * it that no record tells of, or were and are held; -EFAULT; -ENOMEM; -EINTR.
 */
int kxen_domain_save(struct kxen_domain *d, u64 ubuf, u32 *len)
{
	struct kxen_stream_out s = { };
	int ret = -EBUSY;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	if (d->kvm && d->pause_count && d->state != KXEN_DYING)
		ret = save_if_stopped(d, *len, &s);
	mutex_unlock(&d->lock);
	if (!ret && copy_to_user(u64_to_user_ptr(ubuf), s.buf, s.len))
		ret = -EFAULT;
	kvfree(s.buf);
	if (s.len)
		*len = s.len;
	if (!ret)
		trace_kxen_domain(d->domid, "save");
	return ret;
}

/* --- reading -------------------------------------------------------------------- */

static int restore_domain(struct kxen_domain *d, struct kxen_stream_in *im,
			  const struct kxen_rec *rec, u32 nr)
{
	const struct kxen_save_domain *r = rec->data;
	bool own = kxen_recs(im, KXEN_REC_SHARED_INFO, NULL);

	lockdep_assert_held(&d->lock);
	if (r->compat > 1 || (r->shared_info_gfn == KXEN_NO_GFN && !own))
		return -EINVAL;
	WRITE_ONCE(d->compat, r->compat);
	d->vm_assist = r->vm_assist & BIT(VMASST_TYPE_runstate_update_flag);
	memcpy(d->params, r->params, sizeof(d->params));
	im->why = KXEN_RESTORE_MEMORY;
	return own ? 0 : kxen_shared_info_restore(d, r->shared_info_gfn, NULL);
}

static void domain_frames(const struct kxen_rec *rec, struct kxen_frames *f)
{
	const struct kxen_save_domain *r = rec->data;

	kxen_frame(f, r->shared_info_gfn);
}

static int restore_shared_info(struct kxen_domain *d, struct kxen_stream_in *im,
			       const struct kxen_rec *rec, u32 nr)
{
	/* It is needed, so it is there. */
	const struct kxen_save_domain *r = kxen_recs(im, KXEN_REC_DOMAIN, NULL)->data;

	im->why = KXEN_RESTORE_MEMORY;
	return kxen_shared_info_restore(d, r->shared_info_gfn, rec->data);
}

/* Pinned, and not written to before everything else is there: see activate(). */
static int restore_area(struct kxen_domain *d, const struct kxen_save_area *r,
			struct kxen_area *a)
{
	int ret;

	memset(a, 0, sizeof(*a));
	if (!r->len)
		return 0;
	a->offset = r->offset;
	a->len = r->len;
	ret = kxen_page_pin(d, KXEN_LIMIT_PAGES, r->gfn[0], &a->page[0]);
	/* It may cross into a second page, and has none otherwise. */
	if (!ret && r->offset + r->len > XEN_PAGE_SIZE)
		ret = kxen_page_pin(d, KXEN_LIMIT_PAGES, r->gfn[1], &a->page[1]);
	if (ret)
		kxen_area_unpin(d, a);
	return ret;
}

/* Those that restore_area() holds. */
static void area_frames(const struct kxen_save_area *r, struct kxen_frames *f)
{
	if (r->len)
		kxen_frame(f, r->gfn[0]);
	if (r->len && r->offset + r->len > XEN_PAGE_SIZE)
		kxen_frame(f, r->gfn[1]);
}

static void vcpu_frames(const struct kxen_rec *rec, struct kxen_frames *f)
{
	const struct kxen_save_vcpu *r = rec->data;

	kxen_frame(f, r->vcpu_info_gfn);
	area_frames(&r->time_area, f);
	area_frames(&r->runstate_area, f);
}

/* Nothing can fail any more: the scheduler's callbacks may write there. */
static void activate(struct kxen_vcpu *v)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->time_lock, flags);
	v->time_area.active = v->time_area.len;
	v->runstate_area.active = v->runstate_area.len;
	raw_spin_unlock_irqrestore(&v->time_lock, flags);
}

static int restore_areas(struct kxen_vcpu *v, const struct kxen_save_vcpu *r)
{
	int ret = restore_area(v->domain, &r->time_area, &v->time_area);

	return ret ?: restore_area(v->domain, &r->runstate_area,
				   &v->runstate_area);
}

/* What is written into an area has a fixed length: no other one may be believed. */
static bool vcpu_ok(const struct kxen_save_vcpu *r)
{
	u32 time = r->time_area.len, runstate = r->runstate_area.len;

	return r->runstate <= RUNSTATE_offline && (!time || time == 32) &&
	       (!runstate || runstate == 44 || runstate == 48) &&
	       r->time_area.offset < XEN_PAGE_SIZE &&
	       r->runstate_area.offset < XEN_PAGE_SIZE;
}

static int restore_vcpu(struct kxen_domain *d, struct kxen_stream_in *im,
			const struct kxen_save_vcpu *r)
{
	struct kxen_vcpu *v = kxen_domain_vcpu(d, r->vcpu);
	int ret;

	im->why = KXEN_RESTORE_VCPUS;
	if (!v)
		return -EINVAL;
	im->why = KXEN_RESTORE_VALUES;
	if (!vcpu_ok(r) || kxen_timer_restore(v, r->singleshot, r->periodic,
					      r->period))
		return -EINVAL;
	memcpy(v->dummy_vcpu_info, r->vcpu_info, sizeof(v->dummy_vcpu_info));
	memcpy(v->resume_times, r->runstate_times, sizeof(v->resume_times));
	WRITE_ONCE(v->time_stale, true);
	im->why = KXEN_RESTORE_MEMORY;
	ret = r->vcpu_info_gfn == KXEN_NO_GFN ? 0 :
	      kxen_vcpu_restore_info(v, r->vcpu_info_gfn, r->vcpu_info_offset);
	return ret ?: restore_areas(v, r);
}

/* Each once, as the stream's reader has seen. */
static int restore_vcpus(struct kxen_domain *d, struct kxen_stream_in *im,
			 const struct kxen_rec *rec, u32 nr)
{
	int ret = 0;
	u32 i;

	lockdep_assert_held(&d->lock);
	if (nr != count_vcpus(d)) {
		im->why = KXEN_RESTORE_VCPUS;
		return -EINVAL;
	}
	for (i = 0; i < nr && !ret; i++)
		ret = restore_vcpu(d, im, rec[i].data);
	return ret;
}

static const struct kxen_rec_desc core_recs[] = {
	{ .id = KXEN_REC_DOMAIN, .len = sizeof(struct kxen_save_domain),
	  .needed = true, .restore = restore_domain, .frames = domain_frames },
	{ .id = KXEN_REC_SHARED_INFO, .len = sizeof(struct kxen_save_shared_info),
	  .restore = restore_shared_info },
	{ .id = KXEN_REC_VCPU, .len = sizeof(struct kxen_save_vcpu),
	  .per_vcpu = true, .needed = true, .restore = restore_vcpus,
	  .frames = vcpu_frames },
	{ .id = KXEN_REC_MEMORY_MAP, .each = sizeof(struct kxen_save_memory_map),
	  .max = KXEN_MAP_MAX, .restore = kxen_map_restore },
	{ .id = KXEN_REC_HOLES, .each = sizeof(struct kxen_save_holes),
	  .max = KXEN_MAX_HOLES, .restore = kxen_holes_restore },
	{ .id = KXEN_REC_UNPLACED, .len = sizeof(struct kxen_save_unplaced),
	  .restore = kxen_unplaced_restore },
	{ .id = KXEN_REC_SPECIAL, .each = sizeof(struct kxen_save_special),
	  .max = KXEN_SPECIAL_PAGES, .restore = kxen_special_restore },
	{ }
};

/* The @n-th of a table; NULL, and @n less by all that it has. */
static const struct kxen_rec_desc *in(const struct kxen_rec_desc *table, u32 *n)
{
	for (; table->id; table++)
		if (!(*n)--)
			return table;
	return NULL;
}

/* The @n-th record of all tables, NULL behind the last one. */
static const struct kxen_rec_desc *rec_at(u32 n)
{
	const struct kxen_rec_desc *desc = in(core_recs, &n);
	const struct kxen_subsys *part;
	int i;

	for (i = 0; !desc && (part = kxen_subsys_at(i)); i++)
		if (part->recs)
			desc = in(part->recs, &n);
	return desc ?: in(kxen_arch_recs, &n);
}

/* All of a type at once, in the order of the stream: by owners, and by each one's numbers. */
static int restore_records(struct kxen_domain *d, struct kxen_stream_in *im)
{
	const struct kxen_rec *rec;
	u32 i, nr;
	int ret = 0;

	for (i = 0; i < im->nr && !ret; i += nr) {
		rec = kxen_recs(im, im->rec[i].desc->id, &nr);
		im->why = KXEN_RESTORE_VALUES;
		if (rec->desc->restore)
			ret = rec->desc->restore(d, im, rec, nr);
	}
	return ret;
}

/* What could fail has been done. */
static void restore_rest(struct kxen_domain *d, const struct kxen_stream_in *im)
{
	/* It is needed, so it is there. */
	const struct kxen_save_domain *r = kxen_recs(im, KXEN_REC_DOMAIN, NULL)->data;
	struct kxen_vcpu *v;
	u32 i;

	d->xen_major = r->xen_major;
	d->xen_minor = r->xen_minor;
	memcpy(d->uuid, r->uuid, sizeof(d->uuid));
	for (i = 0; i < KXEN_NR_WATCHDOGS; i++)
		kxen_watchdog_restore(&d->watchdog[i], r->watchdog[i]);
	kxen_for_each_vcpu(d, i, v) {
		activate(v);
		WRITE_ONCE(v->resume, true);
		/* Injected again; the guest may take one for nothing (A107). */
		kxen_arch_upcall_again(v);
	}
}

static int restore_locked(struct kxen_domain *d, struct kxen_stream_in *im)
{
	int ret;

	lockdep_assert_held(&d->lock);
	/* It may have been saved itself: this is another life, and has no events yet. */
	kxen_subsys_thaw(d);
	ret = restore_records(d, im);
	if (ret)
		return ret;
	im->why = KXEN_RESTORE_VALUES;
	ret = kxen_arch_set_callback(kxen_domain_vcpu(d, 0),
				     d->params[HVM_PARAM_CALLBACK_IRQ]);
	if (ret)
		return ret;
	WRITE_ONCE(d->active, true);
	restore_rest(d, im);
	kxen_subsys_restore_done(d, im);
	im->why = KXEN_RESTORE_OK;
	return 0;
}

/* A VM that waits for its guest, and has never run one. */
static int check_new(struct kxen_domain *d)
{
	lockdep_assert_held(&d->lock);
	if (!d->pause_count || d->state != KXEN_RUNNING)
		return -EBUSY;
	if (!kxen_domain_stopped(d))
		return -EBUSY;
	if (READ_ONCE(d->active) || d->reset_pending || kxen_subsys_in_use(d) ||
	    kxen_p2m_any(d) || !kxen_domain_vcpu(d, 0))
		return -EBUSY;
	return 0;
}

/* The VM must not go meanwhile: ports are closed only once then. */
static int get_vm(struct kxen_domain *d, struct kxen_stream_in *im, struct kvm **kvm)
{
	int ret;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	im->why = KXEN_RESTORE_STATE;
	ret = d->kvm ? check_new(d) : -EBUSY;
	if (!ret && !kxen_glue_vm_tryget(d->kvm))
		ret = -EBUSY;
	*kvm = ret ? NULL : d->kvm;
	mutex_unlock(&d->lock);
	return ret;
}

/* Nobody is waited for: -EAGAIN if a page is not there, see d->absent. */
static int restore_now(struct kxen_domain *d, struct kxen_stream_in *im)
{
	int ret;

	lockdep_assert_held(&d->lock);
	im->why = KXEN_RESTORE_STATE;
	ret = check_new(d);
	if (ret)
		return ret;
	d->absent = 0;
	WRITE_ONCE(d->restoring, true);
	ret = restore_locked(d, im);
	WRITE_ONCE(d->restoring, false);
	if (ret) {
		/* Until it is as new again nobody may unpause it, nor try once more. */
		WRITE_ONCE(d->active, true);
		kxen_domain_keep_paused(d);
		im->undo = true;
	}
	return ret;
}

/* -EAGAIN: a page was not there, and is now. */
static int restore_once(struct kxen_domain *d, struct kxen_stream_in *im, struct kvm *kvm)
{
	unsigned long absent;
	int ret;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	im->undo = false;
	ret = restore_now(d, im);
	absent = d->absent;
	mutex_unlock(&d->lock);
	if (im->undo) {
		/* It had none before. */
		kxen_special_drop(d);
		kxen_domain_renew(d);
		kxen_domain_undo_pause(d);
	}
	if (ret == -EAGAIN)
		ret = absent ? kxen_guest_memory_bring(kvm, absent) ?: ret : -EINVAL;
	return ret;
}

/* What the stream's records hold is brought in, all of it: 0, or -EINTR. */
static int bring_frames(struct kxen_domain *d, const struct kxen_stream_in *im,
			struct kvm *kvm)
{
	struct kxen_frames f = { .d = d, .kvm = kvm };
	u32 i;

	for (i = 0; i < im->nr && !f.ret; i++)
		if (im->rec[i].desc->frames)
			im->rec[i].desc->frames(&im->rec[i], &f);
	return f.ret;
}

/*
 * Pages are waited for with no lock held, since one may never come. Until then the domain is as
 * new, so that it can be saved, unpaused or ended. One that was there may have gone when it is to
 * be held: to the swap space, or since its owner takes it away, who must not keep us for ever.
 */
static int restore_image(struct kxen_domain *d, struct kxen_stream_in *im)
{
	int ret, tries = MAX_TRIES;
	struct kvm *kvm;

	ret = get_vm(d, im, &kvm);
	if (ret)
		return ret;
	do
		ret = bring_frames(d, im, kvm) ?: restore_once(d, im, kvm);
	while (ret == -EAGAIN && --tries);
	/* The last reference may be ours: it ends the domain, but not this one. */
	kxen_glue_vm_put(kvm);
	return ret == -EAGAIN ? -EINVAL : ret;
}

static int restore_stream(struct kxen_domain *d, const void *buf, u32 len,
			  struct kxen_stream_in *im)
{
	int ret;

	im->rec = kvcalloc(kxen_stream_room(len), sizeof(*im->rec),
			   GFP_KERNEL_ACCOUNT);
	if (!im->rec)
		return -ENOMEM;
	ret = kxen_stream_parse(buf, len, kxen_arch_machine, rec_at, im);
	if (!ret)
		ret = restore_image(d, im);
	kvfree(im->rec);
	return ret;
}

/**
 * kxen_domain_restore() - KXEN_RESTORE.
 * @d: the domain.
 * @ubuf: the stream.
 * @len: its length.
 * @why: set to KXEN_RESTORE_*.
 * @skipped: set to how many records were not known, and left out.
 *
 * Context: may sleep; takes d->lock.
 * Return: 0, or -errno as KXEN_RESTORE documents, with the domain as new and the guest's
 * memory as it was.
 */
int kxen_domain_restore(struct kxen_domain *d, u64 ubuf, u32 len, u32 *why,
			u32 *skipped)
{
	struct kxen_stream_in im = { .why = KXEN_RESTORE_FORMAT };
	int ret = -ENOMEM;
	void *buf;

	if (len > KXEN_SAVE_MAX) {
		*why = im.why;
		return -EINVAL;
	}
	buf = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (buf)
		ret = copy_from_user(buf, u64_to_user_ptr(ubuf), len) ?
		      -EFAULT : restore_stream(d, buf, len, &im);
	/* Not the stream's fault, wherever it happened. */
	*why = ret == -ENOMEM ? KXEN_RESTORE_NOMEM : im.why;
	*skipped = im.skipped;
	kvfree(buf);
	if (!ret)
		trace_kxen_domain(d->domid, "restore");
	return ret;
}
