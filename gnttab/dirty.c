// SPDX-License-Identifier: GPL-2.0-only
/* Grants in use, and the dirty log of their granter's VMM: what others may write to. */
#include <linux/sched.h>

#include "../kvm-xen/kvm/glue.h"
#include "use.h"

/* What its users write to, if they may. A transitive one has no page. */
static void mark_written(struct kxen_gnt_active *a, struct kvm_memory_slot *slot)
{
	if (!kxen_pin_written(READ_ONCE(a->pin)))
		return;
	kxen_gnt_lock(a);
	/* A slot that has no such frame is left alone. */
	if (kxen_pin_written(a->pin) && a->page)
		kxen_glue_slot_dirty(slot, kxen_gfn_to_kvm(a->word >> KXEN_GNT_GFN));
	kxen_gnt_unlock(a);
}

/* The grants of a frame of entries, in either version: false behind the last frame. */
static bool mark_frame(struct kxen_gnttab *t, u32 frame, struct kvm_memory_slot *slot)
{
	bool is_one;
	u32 i;

	percpu_down_read(&t->lock);
	/* Pairs with the release in grow_by_one(). */
	is_one = frame < smp_load_acquire(&t->nr_frames);
	for (i = 0; is_one && i < KXEN_GNT_V1_FRAME; i++)
		mark_written(&t->active[frame][i], slot);
	percpu_up_read(&t->lock);
	cond_resched();
	return is_one;
}

/**
 * kxen_gnt_mark_dirty() - What others may write to now is in the log that is about to be read.
 * @d: the granter.
 * @slot: the part of its memory.
 *
 * Each time anew while it is in use; what is not any more was marked when the use ended
 * (mark_dirty()). Context: kvm->slots_lock held; may sleep.
 */
void kxen_gnt_mark_dirty(struct kxen_domain *d, struct kvm_memory_slot *slot)
{
	u32 i;

	for (i = 0; mark_frame(d->gnttab, i, slot); i++)
		;
}
