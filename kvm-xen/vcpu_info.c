// SPDX-License-Identifier: GPL-2.0-only
/* vcpu_info: where it lies, and its way from one place to the next (semantics A.5). */
#include <linux/mm.h>
#include <linux/types.h>

#include "arch.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "subsys.h"

/* vcpu_info before registration: a slot of shared_info, or a dummy. */
static struct kxen_gptr default_vcpu_info(struct kxen_vcpu *v)
{
	struct kxen_domain *d = v->domain;
	const struct kxen_layout *l = &kxen_layouts[d->compat];
	struct kxen_shared_info *s;

	s = rcu_dereference_protected(d->shared_info, lockdep_is_held(&d->lock));
	if (v->id < l->vcpu_slots)
		return kxen_gptr_at(s->at, v->id * l->vcpu_info_size);
	return kxen_gptr_own(v->dummy_vcpu_info);
}

/* A slot of shared_info, or the dummy, as it is. Domain locked. */
void kxen_vcpu_use_slot(struct kxen_vcpu *v)
{
	kxen_gptr_publish(&v->vcpu_info, default_vcpu_info(v));
}

/*
 * The pointer to vcpu_info moves; with @keep, what is in the old place comes along. The time
 * is written there in any case: a vCPU that stays asleep does not do it, and others read it,
 * as a crash kernel does that comes up on another one. Who calls this waits for the senders,
 * and then has all events looked at again: from now on they go to the new place, and those
 * that still went to the old one are there after a grace period.
 */
static void move_vcpu_info(struct kxen_vcpu *v, struct kxen_gptr new, bool keep)
{
	const struct kxen_layout *l = &kxen_layouts[v->domain->compat];
	struct kxen_gptr old = kxen_gptr_get_protected(&v->vcpu_info,
				lockdep_is_held(&v->domain->lock));

	if (keep && !kxen_gptr_same(new, old))
		kxen_guest_copy(new, old, l->vcpu_info_size);
	kxen_arch_init_time(v, new);
	kxen_gptr_publish(&v->vcpu_info, new);
	WRITE_ONCE(v->time_stale, true);
	kxen_arch_clock_moved(v);
}

/**
 * kxen_vcpu_info_moved() - shared_info was placed, moved or removed.
 * @v: the vCPU.
 * @keep: what is in the slot comes along; else the new one is as it should be.
 *
 * Context: domain locked. The caller waits for the senders, then rescans.
 */
void kxen_vcpu_info_moved(struct kxen_vcpu *v, bool keep)
{
	if (!v->vcpu_info_page.page)
		move_vcpu_info(v, default_vcpu_info(v), keep);
}

/**
 * kxen_vcpu_set_info() - VCPUOP_register_vcpu_info, arguments checked.
 * @v: the vCPU, not necessarily the caller.
 * @gfn: guest page.
 * @offset: in it; aligned, and the structure fits.
 *
 * Context: no lock held, may sleep.
 * Return: 0; -EBUSY if registered before (-EINVAL up to Xen 4.17); -EINVAL if
 * the page is no RAM; -ENOSPC, -ENOMEM.
 */
int kxen_vcpu_set_info(struct kxen_vcpu *v, u64 gfn, u32 offset)
{
	struct kxen_domain *d = v->domain;
	struct kxen_page page = { };
	int ret;

	if (READ_ONCE(v->vcpu_info_page.page))
		return -EBUSY;
	ret = kxen_page_pin(d, KXEN_LIMIT_PAGES, gfn, &page);
	if (ret)
		return ret;
	mutex_lock(&d->lock);
	if (!v->vcpu_info_page.page) {
		swap(v->vcpu_info_page, page);
		move_vcpu_info(v, kxen_gptr_at(v->vcpu_info_page.at, offset), true);
		kxen_domain_wait_senders(d);
		kxen_subsys_vcpu_info_set(v);
		if (kxen_glue_is_running_here(v->vcpu))
			kxen_arch_publish_time(v, true);
	} else {
		ret = -EBUSY;
	}
	mutex_unlock(&d->lock);
	kxen_page_unpin(d, &page);
	return ret;
}

/**
 * kxen_vcpu_restore_info() - vcpu_info of a saved vCPU: its content is in its memory.
 * @v: the vCPU, which has never run.
 * @gfn: guest page, not trusted.
 * @offset: in it, not trusted.
 *
 * Context: domain locked, may sleep.
 * Return: 0; -EINVAL, also for an offset that no guest could have given.
 */
int kxen_vcpu_restore_info(struct kxen_vcpu *v, u64 gfn, u32 offset)
{
	const struct kxen_layout *l = &kxen_layouts[v->domain->compat];
	int ret;

	lockdep_assert_held(&v->domain->lock);
	/* Registered by 32-bit code, it is aligned to 4 bytes only. */
	if (v->vcpu_info_page.page || offset > XEN_PAGE_SIZE - l->vcpu_info_size ||
	    offset % 4)
		return -EINVAL;
	ret = kxen_page_pin(v->domain, KXEN_LIMIT_PAGES, gfn, &v->vcpu_info_page);
	if (!ret)
		kxen_gptr_publish(&v->vcpu_info, kxen_gptr_at(v->vcpu_info_page.at, offset));
	return ret;
}
