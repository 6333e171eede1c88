// SPDX-License-Identifier: GPL-2.0-only
/* What a domain holds of its guest's memory, by frame: noted, charged, in the dirty log. */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/user.h>

#include "arch.h"
#include "guest_mem.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"
#include "p2m_hole.h"

/*
 * A value in domain->pinned_gfns: registrations of a frame, whether one is exclusive, and whether
 * the guest has given the frame's memory up meanwhile, so that the page is the host's alone.
 */
#define PIN_EXCLUSIVE	1UL
#define PIN_GONE	2UL
#define PIN_ONE	4UL

/**
 * kxen_frame() - Have a frame's page there before it is held.
 * @f: the walk.
 * @gfn: the frame, not trusted; KXEN_NO_GFN for none.
 *
 * What cannot come is for him to find who wants to hold it.
 * Context: no lock held, may sleep, for as long as the memory's owner likes.
 */
void kxen_frame(struct kxen_frames *f, u64 gfn)
{
	struct kxen_p2m at;

	if (f->ret)
		return;
	at = kxen_p2m_lookup(f->d, gfn);
	if (at.kind == KXEN_P2M_RAM && kxen_guest_memory_bring(f->kvm, at.hva) == -EINTR)
		f->ret = -EINTR;
	kxen_p2m_put(&at);
	cond_resched();
}

/**
 * kxen_memory_charge() - One more page of a VMM's memory is held.
 * @d: its domain.
 *
 * Long-term pins are locked memory of the user whose VMM it is, as for VFIO.
 * Context: any. Return: 0; -ENOMEM at the user's limit.
 */
int kxen_memory_charge(struct kxen_domain *d)
{
	long now;

	if (!d->user)
		return 0;
	now = atomic_long_read(&d->user->locked_vm);
	do {
		if (now >= d->memlock)
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(&d->user->locked_vm, &now, now + 1));
	return 0;
}

/* And one less. Context: any. */
void kxen_memory_uncharge(struct kxen_domain *d)
{
	if (d->user)
		atomic_long_dec(&d->user->locked_vm);
}

/* A page that was placed is none of the VMM's. */
static int charge(struct kxen_domain *d, const struct kxen_page *p)
{
	return p->entry ? 0 : kxen_memory_charge(d);
}

static void uncharge(struct kxen_domain *d, const struct kxen_page *p)
{
	if (!p->entry)
		kxen_memory_uncharge(d);
}

/* The value of a page: that of its frame, or of what was placed over it. */
static unsigned long pins_of(struct kxen_domain *d, const struct kxen_page *p)
{
	if (p->entry)
		return READ_ONCE(p->entry->pins);
	return xa_to_value(xa_load(&d->pinned_gfns, p->gfn) ?: xa_mk_value(0));
}

/*
 * Memory for what is to be noted of a page. Before the lock: others may wait for that, and it is
 * not to be held while this domain's memory cgroup makes room.
 */
static int reserve(struct kxen_domain *d, const struct kxen_page *p)
{
	return p->entry ? 0 : xa_reserve(&d->pinned_gfns, p->gfn, GFP_KERNEL_ACCOUNT);
}

/* Takes no memory where a value is replaced or a place reserved. */
static int set_pins(struct kxen_domain *d, const struct kxen_page *p, unsigned long value)
{
	lockdep_assert_held(&d->pin_lock);
	if (!p->entry && value >= PIN_ONE)
		return xa_err(xa_store(&d->pinned_gfns, p->gfn, xa_mk_value(value), GFP_NOWAIT));
	if (p->entry)
		WRITE_ONCE(p->entry->pins, value);
	else
		xa_erase(&d->pinned_gfns, p->gfn);
	return 0;
}

static int note(struct kxen_domain *d, const struct kxen_page *p)
{
	unsigned long value = pins_of(d, p);

	if (p->exclusive && value)
		return -EINVAL;
	/* If it fails, somebody else has given the last one of the place back meanwhile. */
	value += PIN_ONE + (p->exclusive ? PIN_EXCLUSIVE : 0);
	return set_pins(d, p, value) ? -EAGAIN : 0;
}

/* So many more pages are held that are none of the VMM's: what was placed may be so no longer. */
static void count_placed(struct kxen_domain *d, const struct kxen_page *p, int more)
{
	lockdep_assert_held(&d->pin_lock);
	if (p->entry)
		WRITE_ONCE(d->p2m_held, d->p2m_held + more);
}

static int hold_locked(struct kxen_domain *d, const struct kxen_page *p)
{
	int ret;

	if (kxen_limit_full(&d->limit[p->kind]))
		return -ENOSPC;
	ret = charge(d, p);
	if (ret) {
		kxen_limit_memlock(d);
		return ret;
	}
	ret = note(d, p);
	if (ret) {
		uncharge(d, p);
		return ret;
	}
	kxen_limit_charge(d, p->kind);
	count_placed(d, p, 1);
	return 0;
}

/*
 * Take note of a page: 0; -ENOSPC at the domain's limit of its kind; -ENOMEM, also at the user's;
 * -EINVAL if it may not be shared.
 */
static int pin_account(struct kxen_domain *d, const struct kxen_page *p)
{
	int ret;

	do {
		ret = reserve(d, p);
		if (ret)
			break;
		mutex_lock(&d->pin_lock);
		ret = hold_locked(d, p);
		if (ret && !p->entry)
			xa_release(&d->pinned_gfns, p->gfn);
		mutex_unlock(&d->pin_lock);
	} while (ret == -EAGAIN);
	return ret;
}

static void pin_unaccount(struct kxen_domain *d, const struct kxen_page *p)
{
	mutex_lock(&d->pin_lock);
	set_pins(d, p, pins_of(d, p) - PIN_ONE - (p->exclusive ? PIN_EXCLUSIVE : 0));
	kxen_limit_uncharge(&d->limit[p->kind]);
	uncharge(d, p);
	count_placed(d, p, -1);
	mutex_unlock(&d->pin_lock);
}

static int pin_ram(struct kxen_domain *d, struct kxen_page *p, const struct kxen_p2m *at)
{
	int ret = pin_account(d, p);

	if (ret)
		return ret;
	ret = kxen_domain_pin(d, at->hva, &p->page);
	if (!ret && !p->over_hole && kxen_p2m_became_hole(d, p->gfn)) {
		kxen_memory_unpin(p->page);
		ret = -EINVAL;
	}
	if (ret) {
		pin_unaccount(d, p);
		p->page = NULL;
		return ret;
	}
	p->at = kxen_gptr_page(p->page, at->offset);
	ret = d->page_held ? d->page_held(d, p, true) : 0;
	if (!ret)
		return 0;
	pin_unaccount(d, p);
	kxen_memory_unpin(p->page);
	*p = (struct kxen_page) { .gfn = p->gfn, .kind = p->kind };
	return ret;
}

/* What was placed stays as long as its entry, whose reference goes from @at to @p. */
static int hold_placed(struct kxen_domain *d, struct kxen_page *p, struct kxen_p2m *at)
{
	struct kxen_p2m_entry *e = at->entry;
	int ret;

	if (e->read_only)
		return -EINVAL;
	p->entry = e;
	ret = pin_account(d, p);
	if (ret) {
		p->entry = NULL;
		return ret;
	}
	at->entry = NULL;
	p->page = e->page;
	p->at = kxen_gptr_page(e->page, e->offset);
	return 0;
}

/* The page that @p names. */
static int pin_gfn(struct kxen_domain *d, struct kxen_page *p)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, p->gfn);
	int ret = -EINVAL;

	switch (at.kind) {
	case KXEN_P2M_RAM:
		ret = pin_ram(d, p, &at);
		break;
	case KXEN_P2M_OWN:
		ret = hold_placed(d, p, &at);
		break;
	case KXEN_P2M_NONE:
	case KXEN_P2M_FOREIGN:	/* the host would write there when it is no longer shared */
	case KXEN_P2M_OUT:	/* as Xen, which takes no reference to such a page */
		break;
	case KXEN_P2M_HOLE:
		if (p->over_hole && at.hva)
			ret = pin_ram(d, p, &at);
		break;
	}
	kxen_p2m_put(&at);
	return ret;
}

/**
 * kxen_page_pin() - Hold a page of a guest's, for reading and writing.
 * @d: the domain.
 * @kind: the limit that it counts against, one of those of pages.
 * @gfn: guest frame, may come from the guest.
 * @p: filled in.
 *
 * The page stays the guest's memory as long as the VMM does not map something
 * else over it, and nothing is placed there or taken away; the host's reference keeps it from
 * being reused in any case.
 * Context: may sleep, for as long as the memory's owner likes: no lock that anybody else
 * needs may be held. The VM is there.
 * Return: 0; -EINVAL if there is no writable page, or none now, or another domain's; -ENOSPC
 * at the limit; -ENOMEM; -EINTR for a task that is being killed; -EAGAIN in a restore, for a
 * page that is not there.
 */
int kxen_page_pin(struct kxen_domain *d, enum kxen_limit_kind kind, u64 gfn,
		  struct kxen_page *p)
{
	*p = (struct kxen_page) { .gfn = gfn, .kind = kind };
	return pin_gfn(d, p);
}

/* As above, but -EINVAL if the domain holds the page already. */
int kxen_page_pin_exclusive(struct kxen_domain *d, enum kxen_limit_kind kind, u64 gfn,
			    struct kxen_page *p)
{
	*p = (struct kxen_page) { .gfn = gfn, .kind = kind, .exclusive = true };
	return pin_gfn(d, p);
}

/*
 * Likewise, but also where the guest has given the frame's memory up: the frame shows this page
 * then, and is a hole still when it is given back.
 */
int kxen_page_pin_over_hole(struct kxen_domain *d, enum kxen_limit_kind kind, u64 gfn,
			    struct kxen_page *p)
{
	*p = (struct kxen_page) { .gfn = gfn, .kind = kind, .over_hole = true };
	return pin_gfn(d, p);
}

/* Does somebody want to have this page for himself? */
bool kxen_page_is_exclusive(struct kxen_domain *d, const struct kxen_page *p)
{
	return pins_of(d, p) & PIN_EXCLUSIVE;
}

/* Does the domain hold the VMM's memory of this frame? Context: any; as of now. */
bool kxen_gfn_is_held(struct kxen_domain *d, u64 gfn)
{
	return xa_load(&d->pinned_gfns, gfn);
}

/**
 * kxen_gfn_abandon() - What is held of a frame is the host's alone: the frame has another page.
 * @d: the domain.
 * @gfn: the frame.
 *
 * Or none. Whoever holds it does so still, and writes there. That cannot be saved: the page is in
 * no memory that the VMM has.
 * Context: may sleep, under any mutex.
 */
void kxen_gfn_abandon(struct kxen_domain *d, u64 gfn)
{
	void *entry;

	mutex_lock(&d->pin_lock);
	entry = xa_load(&d->pinned_gfns, gfn);
	/* There is one in its place, so this takes no memory. */
	if (entry)
		xa_store(&d->pinned_gfns, gfn, xa_mk_value(xa_to_value(entry) | PIN_GONE),
			 GFP_NOWAIT);
	mutex_unlock(&d->pin_lock);
}

/* Is anything of that kind held? Context: as above. */
bool kxen_any_abandoned(struct kxen_domain *d)
{
	unsigned long gfn;
	bool any = false;
	void *entry;

	mutex_lock(&d->pin_lock);
	xa_for_each(&d->pinned_gfns, gfn, entry)
		any |= xa_to_value(entry) & PIN_GONE;
	mutex_unlock(&d->pin_lock);
	return any;
}

/* In the dirty log, if there is a VM still: whoever held a page of it may outlive that. */
static void written(struct kxen_domain *d, u64 gfn)
{
	mutex_lock(&d->pin_lock);
	if (d->kvm)
		kxen_glue_gfn_dirty(d->kvm, kxen_gfn_to_kvm(gfn));
	mutex_unlock(&d->pin_lock);
}

/**
 * kxen_page_unpin() - Give a page back.
 * @d: the domain.
 * @p: the page, or none.
 *
 * Nobody writes to it any more. The VMM's is in KVM's dirty log from now on: what is held is
 * added when the log is read, and this one is not held then.
 * Context: may sleep, but waits for nobody outside the kernel; under any mutex.
 */
void kxen_page_unpin(struct kxen_domain *d, struct kxen_page *p)
{
	if (!p->page)
		return;
	if (!p->entry) {
		if (d->page_held)
			d->page_held(d, p, false);
		written(d, p->gfn);
		kxen_memory_unpin(p->page);
	}
	pin_unaccount(d, p);
	if (p->entry)
		kxen_p2m_entry_put(p->entry);
	p->entry = NULL;
	p->page = NULL;
	p->at = kxen_gptr_own(NULL);
}

/**
 * kxen_pages_mark_dirty() - The pages that a domain holds, in its VM's dirty log.
 * @d: the domain.
 * @slot: the part of its memory whose log is about to be read: only what is held there counts.
 *
 * Context: kvm->slots_lock held.
 */
void kxen_pages_mark_dirty(struct kxen_domain *d, struct kvm_memory_slot *slot)
{
	unsigned long gfn;
	void *entry;
	u64 first, nr;

	kxen_glue_slot_frames(slot, &first, &nr);
	if (nr)
		xa_for_each_range(&d->pinned_gfns, gfn, entry, kxen_gfn_from_kvm(first),
				  kxen_gfn_from_kvm(first + nr) - 1)
			kxen_glue_slot_dirty(slot, kxen_gfn_to_kvm(gfn));
}
