// SPDX-License-Identifier: GPL-2.0-only
/*
 * shared_info: one guest page per domain (semantics G22, A90).
 *
 * Xen owns the page and maps it over the guest's frame; here the guest's own
 * page serves, where the VMM has memory. It is cleared when it is placed, as
 * Xen's would hide what was there. Where the VMM has none, as behind all RAM,
 * the domain's own page is placed (p2m_table.c). Event bits that are set while
 * the page moves are carried over.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "arch.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"
#include "subsys.h"

static struct kxen_shared_info *current_shared_info(struct kxen_domain *d)
{
	return rcu_dereference_protected(d->shared_info, lockdep_is_held(&d->lock));
}

/* Wall clock at guest system time 0. */
void kxen_shared_info_wallclock(struct kxen_domain *d)
{
	const struct kxen_layout *l = &kxen_layouts[d->compat];
	struct kxen_shared_info *s = current_shared_info(d);
	struct kxen_gptr wc;
	u32 rem, version;
	u64 ns;

	lockdep_assert_held(&d->lock);
	ns = ktime_get_real_ns() - kxen_arch_domain_now(d);
	rem = do_div(ns, NSEC_PER_SEC);
	wc = kxen_gptr_at(s->at, l->wc);
	version = kxen_guest_read32(wc) | 1;
	kxen_guest_write32(wc, version);
	smp_wmb();	/* pairs with the guest's reads of wc_version */
	kxen_guest_write32(kxen_gptr_at(wc, 4), ns);
	kxen_guest_write32(kxen_gptr_at(s->at, l->wc_sec_hi), ns >> 32);
	kxen_guest_write32(kxen_gptr_at(wc, 8), rem);
	smp_wmb();	/* pairs with the guest's reads of wc_version */
	kxen_guest_write32(wc, version + 1);
}

static void all_vcpus_moved(struct kxen_domain *d, bool keep)
{
	struct kxen_vcpu *v;
	u32 i;

	kxen_for_each_vcpu(d, i, v)
		kxen_vcpu_info_moved(v, keep);
}

/* --- the domain's own page, in a frame of the guest's ---------------------------------- */

/* The guest has it no more, or has taken it away itself. Locked, or nobody knows the domain. */
static void unplace_own(struct kxen_domain *d)
{
	if (!d->own_placed)
		return;
	kxen_p2m_take(d, d->own_gfn, d->own_placed);
	kxen_p2m_entry_put(d->own_placed);
	d->own_placed = NULL;
}

/* 0; -EINVAL for a frame that no machine has, or of a device of KVM's; -ENOMEM. */
static int place_own(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m_entry *e = kxen_p2m_own(virt_to_page(d->own_shared_info_page),
						offset_in_page(d->own_shared_info_page));
	int ret;

	lockdep_assert_held(&d->lock);
	if (!e)
		return -ENOMEM;
	ret = kxen_p2m_place(d, gfn, e);
	if (ret) {
		e->release(e);
		return ret == -ENOMEM ? ret : -EINVAL;
	}
	unplace_own(d);
	d->own_placed = e;
	d->own_gfn = gfn;
	return 0;
}

/* Is it where it was placed? The guest may have taken it away, or placed another thing there. */
static bool is_own_placed(struct kxen_domain *d)
{
	struct kxen_p2m_entry *e;

	if (!d->own_placed)
		return false;
	e = kxen_p2m_entry_get(d, d->own_gfn);
	if (e)
		kxen_p2m_entry_put(e);
	return e == d->own_placed;
}

/**
 * kxen_shared_info_gfn() - Where the guest has shared_info.
 * @d: the domain, locked.
 * @own: set to whether what is there is the domain's own page, which is in no memory of the VMM's.
 *
 * Context: may sleep. Return: the frame; KXEN_NO_GFN: nowhere.
 */
u64 kxen_shared_info_gfn(struct kxen_domain *d, bool *own)
{
	struct kxen_shared_info *s = current_shared_info(d);

	lockdep_assert_held(&d->lock);
	*own = s == &d->own_shared_info;
	if (!*own)
		return s->page.gfn;
	return is_own_placed(d) ? d->own_gfn : KXEN_NO_GFN;
}

static void free_shared_info(struct kxen_domain *d, struct kxen_shared_info *s)
{
	if (!s)
		return;
	/* The host's own page stays with the domain. */
	if (s == &d->own_shared_info) {
		unplace_own(d);
		return;
	}
	kxen_page_unpin(d, &s->page);
	kfree(s);
}

/**
 * kxen_shared_info_init() - shared_info of a new domain.
 * @d: the domain, not yet published.
 *
 * A page of the host's own serves before the guest has placed one, and after. It is there
 * from the beginning, so that a reset needs no memory.
 * Return: 0 or -ENOMEM.
 */
int kxen_shared_info_init(struct kxen_domain *d)
{
	d->own_shared_info_page = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	d->own_shared_info.at = kxen_gptr_own(d->own_shared_info_page);
	RCU_INIT_POINTER(d->shared_info, &d->own_shared_info);
	return d->own_shared_info_page ? 0 : -ENOMEM;
}

void kxen_shared_info_free(struct kxen_domain *d)
{
	free_shared_info(d, rcu_dereference_protected(d->shared_info, true));
	unplace_own(d);
	free_page((unsigned long)d->own_shared_info_page);
}

/*
 * Everything moves to @new, or, with @keep false, begins anew there. One grace period for
 * all: what was set in an old place meanwhile is there by then, and is looked at again.
 */
static void replace(struct kxen_domain *d, struct kxen_shared_info *new, bool keep)
{
	const struct kxen_layout *l = &kxen_layouts[d->compat];
	struct kxen_shared_info *old = current_shared_info(d);
	/* Two frames of the guest's can be one page of the VMM's. */
	bool moves = !kxen_gptr_same(new->at, old->at);

	if (moves || !keep)
		kxen_guest_zero(new->at, XEN_PAGE_SIZE);
	/* vcpu_info slots, masks and the rest; pending bits only afterwards. */
	if (moves && keep) {
		kxen_guest_copy(new->at, old->at, l->size);
		kxen_guest_zero(kxen_gptr_at(new->at, l->pending),
				l->mask - l->pending);
	}
	rcu_assign_pointer(d->shared_info, new);
	all_vcpus_moved(d, keep);
	/* Nobody writes to the old page after this. */
	kxen_domain_wait_senders(d);
	if (keep)
		kxen_subsys_shared_info_moved(d, moves ? old : NULL);
	if (old != new)
		free_shared_info(d, old);
	kxen_shared_info_wallclock(d);
}

/* One in the guest's memory, not yet in use; or an error. */
static struct kxen_shared_info *shared_info_at(struct kxen_domain *d, u64 gfn)
{
	struct kxen_shared_info *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!s)
		return ERR_PTR(-ENOMEM);
	ret = kxen_page_pin_over_hole(d, KXEN_LIMIT_PAGES, gfn, &s->page);
	if (ret) {
		kfree(s);
		return ERR_PTR(ret);
	}
	s->at = s->page.at;
	return s;
}

/* In this very page? The VMM may have put another one there. */
static bool is_in(struct kxen_domain *d, const struct kxen_shared_info *s)
{
	return kxen_gptr_same(current_shared_info(d)->at, s->at);
}

/* Has the guest placed it at this frame? */
bool kxen_shared_info_is_at(struct kxen_domain *d, u64 gfn)
{
	struct kxen_shared_info *s = current_shared_info(d);

	lockdep_assert_held(&d->lock);
	return s->page.page && s->page.gfn == gfn;
}

/* Where the VMM has no memory. */
static int set_own(struct kxen_domain *d, u64 gfn)
{
	int ret;

	mutex_lock(&d->lock);
	ret = place_own(d, gfn);
	if (!ret)
		replace(d, &d->own_shared_info, true);
	mutex_unlock(&d->lock);
	return ret;
}

/**
 * kxen_shared_info_set() - Place shared_info at a guest frame.
 * @d: the domain.
 * @gfn: the frame.
 *
 * It may be one whose memory the guest has given up, as Windows's drivers do for it.
 * Context: a vCPU's thread, no lock held, may sleep.
 * Return: 0; -EINVAL if there is memory that cannot be written to, or what is placed there has
 * to stay; -ENOSPC, -ENOMEM.
 */
int kxen_shared_info_set(struct kxen_domain *d, u64 gfn)
{
	struct kxen_shared_info *s;

	/* It takes the place of what was placed there, as on Xen. */
	if (kxen_p2m_remove(d, gfn) == -EBUSY)
		return -EINVAL;
	if (kxen_glue_no_memory(d->kvm, kxen_gfn_to_kvm(gfn)))
		return set_own(d, gfn);
	s = shared_info_at(d, gfn);
	if (IS_ERR(s))
		return PTR_ERR(s);
	mutex_lock(&d->lock);
	if (!kxen_shared_info_is_at(d, gfn) || !is_in(d, s)) {
		replace(d, s, true);
		s = NULL;
	}
	mutex_unlock(&d->lock);
	/* It is there already: a second pin of the same page. */
	free_shared_info(d, s);
	return 0;
}

/**
 * kxen_shared_info_restore() - shared_info of a saved domain.
 * @d: the domain, locked; none of its vCPUs has run, nobody sends to it; its shared_info
 *	is the host's own.
 * @gfn: the frame, not trusted; KXEN_NO_GFN for none.
 * @content: a page of it, which is in no memory of the VMM's; NULL: it is in the guest's memory.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if there is no writable RAM, or nothing can be placed there; -ENOMEM.
 */
int kxen_shared_info_restore(struct kxen_domain *d, u64 gfn, const void *content)
{
	struct kxen_shared_info *s, *old = current_shared_info(d);
	struct kxen_vcpu *v;
	u32 i;

	lockdep_assert_held(&d->lock);
	if (content) {
		kxen_guest_write(old->at, content, XEN_PAGE_SIZE);
		return gfn == KXEN_NO_GFN ? 0 : place_own(d, gfn);
	}
	s = shared_info_at(d, gfn);
	if (IS_ERR(s))
		return PTR_ERR(s);
	rcu_assign_pointer(d->shared_info, s);
	kxen_for_each_vcpu(d, i, v)
		kxen_vcpu_use_slot(v);
	synchronize_rcu();
	free_shared_info(d, old);
	return 0;
}

/* Take shared_info away from @gfn: 0; -ENOENT if it is not there. */
int kxen_shared_info_remove(struct kxen_domain *d, u64 gfn)
{
	lockdep_assert_held(&d->lock);
	if (!kxen_shared_info_is_at(d, gfn))
		return -ENOENT;
	replace(d, &d->own_shared_info, true);
	return 0;
}

/* Empty and in no guest page. */
void kxen_shared_info_reset(struct kxen_domain *d)
{
	lockdep_assert_held(&d->lock);
	unplace_own(d);
	replace(d, &d->own_shared_info, false);
}

/**
 * kxen_shared_info_latch_width() - The guest's width decides the layout from now on.
 * @d: the domain, locked.
 * @compat: the vCPU is not in 64-bit mode.
 *
 * Bits are not converted (semantics A90).
 */
void kxen_shared_info_latch_width(struct kxen_domain *d, bool compat)
{
	lockdep_assert_held(&d->lock);
	if (d->compat == compat)
		return;
	WRITE_ONCE(d->compat, compat);
	kxen_subsys_width_changed(d);
	all_vcpus_moved(d, true);
	kxen_domain_wait_senders(d);
	kxen_subsys_shared_info_moved(d, NULL);
	kxen_shared_info_wallclock(d);
}
