// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 2-level ABI (semantics A.3): pending and mask bitmaps in shared_info, a
 * selector word and the upcall flag in vcpu_info.
 */
#include <linux/rcupdate.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/arch.h"
#include "evtchn_internal.h"

static inline const struct kxen_layout *layout(struct kxen_domain *d)
{
	return &kxen_layouts[READ_ONCE(d->compat)];
}

/* 4096 or 1024, by the guest's width now (A4). */
static u32 evtchn_2l_max_ports(struct kxen_domain *d)
{
	return layout(d)->long_bits * layout(d)->long_bits;
}

/* A port that the guest's present width cannot name has no bits (A91). */
static inline bool has_bits(const struct kxen_layout *l, struct kxen_port *p)
{
	return p->port < l->long_bits * l->long_bits;
}

/* The guest's shared_info. The caller has interrupts off, which RCU waits for. */
static inline struct kxen_gptr shared_info(struct kxen_domain *d)
{
	return rcu_dereference_sched(d->shared_info)->at;
}

static void evtchn_2l_mark(struct kxen_domain *d, const struct kxen_layout *l,
			   struct kxen_port *p)
{
	struct kxen_vcpu *v = kxen_domain_vcpu(d, READ_ONCE(p->notify_vcpu));
	struct kxen_gptr vcpu_info;

	if (!v)
		return;
	vcpu_info = kxen_gptr_get_sched(&v->vcpu_info);
	if (!kxen_guest_set_sel(d, kxen_gptr_at(vcpu_info, l->sel),
				p->port / l->long_bits, l->long_bits))
		kxen_vcpu_mark_events_pending(v, vcpu_info);
}

/* The order of the steps is the ABI (A51): pending, selector, upcall. */
static void evtchn_2l_set_pending(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_layout *l = layout(d);
	struct kxen_gptr s = shared_info(d);

	if (!has_bits(l, p) ||
	    kxen_guest_test_and_set(d, kxen_gptr_at(s, l->pending), p->port))
		return;
	if (!kxen_guest_test(kxen_gptr_at(s, l->mask), p->port))
		evtchn_2l_mark(d, l, p);
	kxen_evtchn_check_pollers(d, p->port);
}

static void evtchn_2l_clear_pending(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_layout *l = layout(d);

	if (has_bits(l, p))
		kxen_guest_test_and_clear(d, kxen_gptr_at(shared_info(d), l->pending),
					  p->port);
}

static void evtchn_2l_unmask(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_layout *l = layout(d);
	struct kxen_gptr s = shared_info(d);

	if (has_bits(l, p) &&
	    kxen_guest_test_and_clear(d, kxen_gptr_at(s, l->mask), p->port) &&
	    kxen_guest_test(kxen_gptr_at(s, l->pending), p->port))
		evtchn_2l_mark(d, l, p);
}

static bool evtchn_2l_is_pending(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_layout *l = layout(d);

	return has_bits(l, p) &&
	       kxen_guest_test(kxen_gptr_at(shared_info(d), l->pending), p->port);
}

static bool evtchn_2l_is_masked(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_layout *l = layout(d);

	return !has_bits(l, p) ||
	       kxen_guest_test(kxen_gptr_at(shared_info(d), l->mask), p->port);
}

static bool evtchn_2l_any_pending(struct kxen_vcpu *v)
{
	const struct kxen_layout *l = layout(v->domain);
	struct kxen_gptr bits = kxen_gptr_at(shared_info(v->domain), l->pending);
	u32 i;

	for (i = 0; i < l->long_bits * l->long_bits / 64; i++)
		if (kxen_guest_read64(kxen_gptr_at(bits, i * sizeof(u64))))
			return true;
	return false;
}

const struct kxen_evtchn_ops kxen_evtchn_2l = {
	.abi = KXEN_ABI_2L,
	.max_ports = evtchn_2l_max_ports,
	.set_pending = evtchn_2l_set_pending,
	.clear_pending = evtchn_2l_clear_pending,
	.unmask = evtchn_2l_unmask,
	.is_pending = evtchn_2l_is_pending,
	.is_masked = evtchn_2l_is_masked,
	.any_pending = evtchn_2l_any_pending,
};

/**
 * kxen_evtchn_merge_pending() - Events set in a shared_info that was replaced.
 * @d: the domain; the new shared_info is in place, nobody writes to the old one.
 * @old: the old one.
 *
 * The guest sees each event once: the new bitmap started empty. Its vCPUs look at all of
 * them afterwards.
 */
void kxen_evtchn_merge_pending(struct kxen_domain *d, const struct kxen_shared_info *old)
{
	const struct kxen_layout *l = layout(d);
	struct kxen_gptr to, from = kxen_gptr_at(old->at, l->pending);
	unsigned long flags;
	u32 i, bit;

	lockdep_assert_held(&d->lock);
	local_irq_save(flags);
	to = kxen_gptr_at(shared_info(d), l->pending);
	for (i = 0; i < l->long_bits * l->long_bits / 64; i++) {
		u64 word = kxen_guest_read64(kxen_gptr_at(from, i * sizeof(u64)));

		for (bit = 0; word; bit++, word >>= 1)
			if (word & 1)
				kxen_guest_test_and_set(d, to, i * 64 + bit);
	}
	local_irq_restore(flags);
}
