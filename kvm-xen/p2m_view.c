// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames where the VMM has no memory: KVM asks for what is placed there only if there is a memory
 * slot. So the first frame of a region asks for a slot of the module's (kvm/view.c), which stays
 * until the VM ends, since to change slots takes longer than what comes and goes there.
 *
 * Who places something has locks that KVM's must not be taken below, and may be another thread
 * than one of the VMM's. So it is noted, and made by the vCPU that has called, before its call
 * ends, or by the next one that comes by.
 */
#include <linux/slab.h>

#include "kvm/glue.h"
#include "kxen.h"
#include "log.h"
#include "p2m.h"

enum { VIEW_WANTED, VIEW_THERE, VIEW_FAILED };

/**
 * struct kxen_p2m_view - a region that a slot is wanted for.
 * @next: in the domain's list, which only grows.
 * @first: its first frame, KVM's.
 * @end: behind its last one.
 * @gfn: the one that something is placed at.
 * @state: of VIEW_*; written under p2m_view_lock.
 */
struct kxen_p2m_view {
	struct kxen_p2m_view *next;
	u64 first, end, gfn;
	int state;
};

/* The one that has @gfn, and how many there are. */
static struct kxen_p2m_view *find(struct kxen_p2m_view *w, u64 gfn, u32 *nr)
{
	struct kxen_p2m_view *is = NULL;

	for (*nr = 0; w; w = w->next, ++*nr)
		if (!is && gfn - w->first < w->end - w->first)
			is = w;
	return is;
}

/* Not twice: it is added if nobody has added one since it was looked for. */
static bool add(struct kxen_domain *d, struct kxen_p2m_view *head, struct kxen_p2m_view *w)
{
	w->next = head;
	return cmpxchg(&d->p2m_view, head, w) == head;
}

/**
 * kxen_p2m_view() - Something is about to be placed where there is no memory slot.
 * @d: the domain.
 * @gfn: the frame, KVM's.
 * @first: of the hole that it is in, its first frame.
 * @end: behind its last one.
 *
 * Context: may sleep; takes no lock.
 * Return: 0; -ENOMEM, also where KVM has refused a slot, and where there are too many.
 */
int kxen_p2m_view(struct kxen_domain *d, u64 gfn, u64 first, u64 end)
{
	struct kxen_p2m_view *head, *is, *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	u32 nr;

	if (!new)
		return -ENOMEM;
	*new = (struct kxen_p2m_view) { .first = first, .end = end, .gfn = gfn };
	do {
		head = smp_load_acquire(&d->p2m_view);	/* pairs with the cmpxchg() in add() */
		is = find(head, gfn, &nr);
	} while (!is && nr < KXEN_GLUE_VIEWS && !add(d, head, new));
	if (is || nr == KXEN_GLUE_VIEWS)
		kfree(new);
	if (is ? READ_ONCE(is->state) == VIEW_FAILED : nr == KXEN_GLUE_VIEWS)
		return -ENOMEM;
	WRITE_ONCE(d->p2m_view_wanted, true);
	return 0;
}

static void make(struct kxen_domain *d, struct kxen_p2m_view *w)
{
	int ret = kxen_glue_view(d->kvm, w->gfn);

	lockdep_assert_held(&d->p2m_view_lock);
	if (ret == -EEXIST)
		ret = 0;
	if (ret)
		kxen_warn_guest(d, "no memory slot for frame %#llx: error %d", w->gfn, ret);
	WRITE_ONCE(w->state, ret ? VIEW_FAILED : VIEW_THERE);
}

/**
 * kxen_p2m_view_make() - Make the slots that are wanted.
 * @domain: the domain.
 *
 * When it is back, those that were wanted before are there, whoever has made them. One that KVM
 * refuses is not tried again: what is placed there the guest does not see, and nothing more can
 * be placed. One that the VMM has memory at by now needs none.
 * Context: a vCPU's thread of it, no lock held, no SRCU of KVM held; may sleep.
 */
void kxen_p2m_view_make(void *domain)
{
	struct kxen_domain *d = domain;
	struct kxen_p2m_view *w;

	mutex_lock(&d->p2m_view_lock);
	/* Before the list is looked at: who adds one sets it afterwards. */
	smp_store_mb(d->p2m_view_wanted, false);
	w = smp_load_acquire(&d->p2m_view);	/* pairs with the cmpxchg() in add() */
	for (; w; w = w->next)
		if (w->state == VIEW_WANTED)
			make(d, w);
	mutex_unlock(&d->p2m_view_lock);
}

/* The domain is freed. */
void kxen_p2m_view_free(struct kxen_domain *d)
{
	struct kxen_p2m_view *w;

	while ((w = d->p2m_view)) {
		d->p2m_view = w->next;
		kfree(w);
	}
}
