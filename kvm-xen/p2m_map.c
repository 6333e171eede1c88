// SPDX-License-Identifier: GPL-2.0-only
/* What KVM is told of what is placed over frames, and what a guest's fault there finds. */
#include <linux/mm.h>

#include "guest_mem.h"
#include "guest_word.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"

/*
 * arch_types.h says so where KVM maps nothing that is placed where the VMM has no memory, and what
 * KVM could make writable.
 */
#ifndef KXEN_ARCH_SHOWS_HOLES
#define KXEN_ARCH_SHOWS_HOLES	true
#endif
#ifndef KXEN_ARCH_SHOWS_READ_ONLY
#define KXEN_ARCH_SHOWS_READ_ONLY	true
#endif

static struct page *page_of(unsigned long word, bool *read_only)
{
	const struct kxen_p2m_entry *e = (const struct kxen_p2m_entry *)word;

	if (word & KXEN_P2M_MAPPED) {
		*read_only = word & KXEN_P2M_MAPPED_RO;
		return kxen_p2m_word_page(word);
	}
	if (!word)
		return NULL;
	*read_only = e->read_only;
	return e->page;
}

/* --- what KVM is told ------------------------------------------------------------------ */

/*
 * The VM, while it can be used: the vCPU whose thread this is keeps it, others pin_lock, under
 * which a domain loses it. NULL: there is none. For vm_put().
 */
static struct kvm *vm_get(struct kxen_domain *d, bool *locked)
{
	struct kxen_vcpu *v = kxen_glue_running();

	*locked = !v || v->domain != d;
	if (*locked)
		mutex_lock(&d->pin_lock);
	return d->kvm;
}

static void vm_put(struct kxen_domain *d, bool locked)
{
	if (locked)
		mutex_unlock(&d->pin_lock);
}

/*
 * @word is about to be placed at @gfn: 0; 1 if KVM has nothing mapped there, so that there will
 * be nothing to zap; -EEXIST for a device of KVM's; -EOPNOTSUPP if the guest would not see it; as
 * kxen_p2m_view().
 * Context: may sleep; pin_lock is not held.
 */
int kxen_p2m_cover(struct kxen_domain *d, u64 gfn, unsigned long word, struct kxen_cover *c)
{
	bool locked, read_only;
	struct kvm *kvm = vm_get(d, &locked);
	enum kxen_covers is = KXEN_COVERS_MEMORY;
	u64 first = 0, end = 0;
	int ret = 0;

	gfn = kxen_gfn_to_kvm(gfn);
	if (!KXEN_ARCH_SHOWS_READ_ONLY && page_of(word, &read_only) && read_only)
		ret = -EOPNOTSUPP;
	else if (kxen_glue_is_device(gfn))
		ret = -EEXIST;
	else if (kvm)
		is = kxen_glue_cover(kvm, gfn, c);
	if (is == KXEN_COVERS_HOLE && !KXEN_ARCH_SHOWS_HOLES)
		ret = -EOPNOTSUPP;
	else if (is == KXEN_COVERS_HOLE)
		kxen_glue_hole(kvm, gfn, &first, &end);
	vm_put(d, locked);
	if (end)
		return kxen_p2m_view(d, gfn, first, end);
	return ret ?: is == KXEN_COVERS_NOTHING;
}

/*
 * What is behind these frames has changed: on return no vCPU reaches what was there. NULL: all that
 * there are. Context: may sleep; pin_lock is not held.
 */
void kxen_p2m_zap(struct kxen_domain *d, const u64 *gfn, u32 nr)
{
	bool locked;
	struct kvm *kvm = vm_get(d, &locked);

	if (kvm && gfn)
		kxen_glue_zap(kvm, gfn, nr);
	else if (kvm)
		kxen_glue_zap_all(kvm);
	vm_put(d, locked);
}

/* --- faults ---------------------------------------------------------------------------- */

/**
 * kxen_p2m_page() - The page that a guest's access to a frame goes to.
 * @d: the domain.
 * @gfn: the frame, not trusted.
 * @hold: with a reference, for put_page(). Without one it may have gone already, and whoever maps
 *	it finds out before he does: kxen_p2m_flush() comes before that. Nor can it go while that is
 *	held up (kxen_glue_hold_zap()).
 * @read_only: set to whether it may not be written to.
 *
 * Context: any that may be in an RCU reader's section.
 * Return: the page, or NULL: the VMM's memory serves, also for one that is out.
 */
struct page *kxen_p2m_page(struct kxen_domain *d, u64 gfn, bool hold, bool *read_only)
{
	struct page *page = NULL;
	unsigned long *slot, word;

	if (!kxen_p2m_near_any(d, gfn) || gfn > KXEN_P2M_MAX_GFN)
		return NULL;
	rcu_read_lock();
	slot = kxen_p2m_slot(d, gfn);
	while (slot) {
		/* Pairs with the cmpxchg() that has put it there. */
		word = smp_load_acquire(slot);
		page = page_of(word, read_only);
		if (!page || !hold)
			break;
		/* It may have been given back by now, and be anything. */
		if (!kxen_memory_get_again(page)) {
			cpu_relax();
			continue;
		}
		/* It is there still, so it was not given back before there was the reference. */
		if (READ_ONCE(*slot) == word)
			break;
		put_page(page);
	}
	rcu_read_unlock();
	return page;
}

/**
 * kxen_p2m_access() - KVM itself reads or writes what a guest sees at a frame.
 * @d: the domain.
 * @gpa: the guest's physical address, not trusted.
 * @buf: the other side, the kernel's.
 * @len: bytes, no further than to the end of KVM's frame.
 * @write: to the guest. Where it may not write, nothing is written, to nowhere: a guest's own
 *	write to such a page comes here as well, since KVM emulates it.
 *
 * Who takes the page away clears the word and then has KVM forget the frame: that waits for
 * whoever has found the page here. So there is no reference, nor is anything written to it later
 * than by the guest itself.
 * Context: the thread of a vCPU of @d, no lock of KVM's but SRCU; does not sleep.
 * Return: false if nothing is placed there: it is the VMM's memory, if any.
 */
bool kxen_p2m_access(struct kxen_domain *d, u64 gpa, void *buf, u32 len, bool write)
{
	u64 gfn = kxen_gfn_from_kvm(gpa >> PAGE_SHIFT);
	struct page *page;
	bool read_only;

	if (!kxen_p2m_word(d, gfn))
		return false;
	kxen_glue_hold_zap(d->kvm);
	page = kxen_p2m_page(d, gfn, false, &read_only);
	if (page && !write)
		kxen_guest_read(buf, kxen_gptr_page(page, offset_in_page(gpa)), len);
	else if (page && !read_only)
		kxen_guest_write(kxen_gptr_page(page, offset_in_page(gpa)), buf, len);
	kxen_glue_let_zap(d->kvm);
	return page;
}
