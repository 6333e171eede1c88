// SPDX-License-Identifier: GPL-2.0-only
/*
 * The N-level ABI (Documentation/evtchn-nlevel.rst): a uniform tree of bitmaps in pages
 * that the guest registers. One depth or another is a number, not a case.
 *
 * A raiser takes no lock of this file. What it walks is complete before it is published,
 * and is freed after a grace period: raisers have interrupts off. Only leaf pages and
 * vCPUs are added to a tree that is in use; a deeper tree is a new object, with the same
 * leaves.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "nlevel.h"

static struct kxen_nlevel *nlevel_current(struct kxen_domain *d)
{
	return READ_ONCE(d->evtchn->nlevel);
}

/* A port's bits in the leaf; false if it has none. */
bool kxen_nl_leaf(const struct kxen_nlevel *nl, u32 port, struct kxen_nl_leaf *l)
{
	/* Pairs with the release in kxen_nl_expand(). */
	u32 nr = smp_load_acquire(&nl->nr_ports);

	if (port >= nr)
		return false;
	port = array_index_nospec(port, nr);
	l->pending = nl->pending[port >> KXEN_NL_PAGE_SHIFT].at;
	l->mask = nl->mask[port >> KXEN_NL_PAGE_SHIFT].at;
	l->bit = port & (KXEN_NL_PAGE_BITS - 1);
	return true;
}

/* --- raising ------------------------------------------------------------------ */

/*
 * A vCPU without inner levels is told nothing: when it gets them, every pending event
 * is looked at. Its raiser has set the leaf before it looks here, with a full barrier,
 * which pairs with the one in kxen_nl_vcpu().
 */
static void nlevel_mark(const struct kxen_nlevel *nl, struct kxen_vcpu *v, u32 port)
{
	u32 bits = 1U << nl->shift;
	struct kxen_nl_vcpu *nv;
	struct kxen_gptr vcpu_info;

	if (!v)
		return;
	/* Pairs with the release in kxen_nl_vcpu(): its arrays are there. */
	nv = smp_load_acquire(&nl->vcpu[v->id]);
	if (!nv || !kxen_nl_climb(v->domain, &nv->in, nl->levels, nl->shift, port))
		return;
	vcpu_info = kxen_gptr_get_sched(&v->vcpu_info);
	if (!kxen_guest_set_sel(v->domain,
				kxen_gptr_at(vcpu_info, kxen_layouts[nl->shift == 5].sel),
				kxen_nl_bit(nl->levels, nl->shift, 1, port), bits))
		kxen_vcpu_mark_events_pending(v, vcpu_info);
}

static struct kxen_vcpu *nlevel_vcpu_of(struct kxen_domain *d, struct kxen_port *p)
{
	return kxen_domain_vcpu(d, READ_ONCE(p->notify_vcpu));
}

static u32 evtchn_nl_max_ports(struct kxen_domain *d)
{
	return READ_ONCE(nlevel_current(d)->nr_ports);
}

static void evtchn_nl_set_pending(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_nlevel *nl = nlevel_current(d);
	struct kxen_nl_leaf l;

	if (!kxen_nl_leaf(nl, p->port, &l) ||
	    kxen_guest_test_and_set(d, l.pending, l.bit))
		return;
	if (!kxen_guest_test(l.mask, l.bit))
		nlevel_mark(nl, nlevel_vcpu_of(d, p), p->port);
	kxen_evtchn_check_pollers(d, p->port);
}

static void evtchn_nl_clear_pending(struct kxen_domain *d, struct kxen_port *p)
{
	struct kxen_nl_leaf l;

	if (kxen_nl_leaf(nlevel_current(d), p->port, &l))
		kxen_guest_test_and_clear(d, l.pending, l.bit);
}

static void evtchn_nl_unmask(struct kxen_domain *d, struct kxen_port *p)
{
	const struct kxen_nlevel *nl = nlevel_current(d);
	struct kxen_nl_leaf l;

	if (!kxen_nl_leaf(nl, p->port, &l))
		return;
	/*
	 * Also for one that is not masked: the guest clears the bit itself first, and a
	 * sender that found it set just before has told nobody.
	 */
	kxen_guest_test_and_clear(d, l.mask, l.bit);
	if (kxen_guest_test(l.pending, l.bit))
		nlevel_mark(nl, nlevel_vcpu_of(d, p), p->port);
}

static bool evtchn_nl_is_pending(struct kxen_domain *d, struct kxen_port *p)
{
	struct kxen_nl_leaf l;

	return kxen_nl_leaf(nlevel_current(d), p->port, &l) &&
	       kxen_guest_test(l.pending, l.bit);
}

static bool evtchn_nl_is_masked(struct kxen_domain *d, struct kxen_port *p)
{
	struct kxen_nl_leaf l;

	return !kxen_nl_leaf(nlevel_current(d), p->port, &l) ||
	       kxen_guest_test(l.mask, l.bit);
}

/* Its vcpu_info has moved: the inner levels have not, so the root is enough. */
static bool evtchn_nl_any_pending(struct kxen_vcpu *v)
{
	return true;
}

const struct kxen_evtchn_ops kxen_evtchn_nlevel = {
	.abi = KXEN_ABI_NLEVEL,
	.max_ports = evtchn_nl_max_ports,
	.set_pending = evtchn_nl_set_pending,
	.clear_pending = evtchn_nl_clear_pending,
	.unmask = evtchn_nl_unmask,
	.is_pending = evtchn_nl_is_pending,
	.is_masked = evtchn_nl_is_masked,
	.any_pending = evtchn_nl_any_pending,
	.save = kxen_nl_save,
	.stop = kxen_nl_stop,
};

/**
 * kxen_nl_replay() - Have every event that is pending and not masked known.
 * @d: the domain; event_lock held.
 * @nl: its tree.
 * @only: to this vCPU; NULL: to each its own.
 *
 * A bit that is told twice does no harm. Context: may sleep.
 */
void kxen_nl_replay(struct kxen_domain *d, const struct kxen_nlevel *nl,
		    struct kxen_vcpu *only)
{
	unsigned long flags;
	struct kxen_nl_leaf l;
	u32 port;

	lockdep_assert_held(&d->evtchn->event_lock);
	for (port = 0; port < nl->nr_ports; port += 64) {
		u64 word;

		local_irq_save(flags);
		kxen_nl_leaf(nl, port, &l);
		word = kxen_guest_read64(kxen_gptr_at(l.pending, l.bit / 8)) &
		       ~kxen_guest_read64(kxen_gptr_at(l.mask, l.bit / 8));
		for (; word; word &= word - 1) {
			struct kxen_port *p = kxen_port(d, port + __ffs64(word));

			if (p)
				nlevel_mark(nl, only ?: nlevel_vcpu_of(d, p), p->port);
		}
		local_irq_restore(flags);
		if (!(port % KXEN_NL_PAGE_BITS))
			cond_resched();
	}
}
