// SPDX-License-Identifier: GPL-2.0-only
/* Pinning guest pages, and copies by guest virtual address. */
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "arch.h"
#include "guest_mem.h"
#include "kvm_glue.h"
#include "kxen.h"

/* A value in domain->held: how many registrations a frame has, and whether one is alone. */
#define HELD_ALONE	1UL
#define HELD_ONE	2UL

/*
 * One page of the VMM's memory. Another process than the VMM restores a saved domain;
 * everything else is done by the VMM's own threads.
 */
static struct page *pin(struct mm_struct *mm, unsigned long hva)
{
	const unsigned int how = FOLL_WRITE | FOLL_LONGTERM;
	struct page *page;
	long n;

	if (mm == current->mm) {
		n = pin_user_pages_fast(hva, 1, how, &page);
	} else {
		if (!mmget_not_zero(mm))
			return NULL;
		mmap_read_lock(mm);
#ifdef KXEN_GUP_HAS_VMAS
		n = pin_user_pages_remote(mm, hva, 1, how, &page, NULL, NULL);
#else
		n = pin_user_pages_remote(mm, hva, 1, how, &page, NULL);
#endif
		mmap_read_unlock(mm);
		mmput(mm);
	}
	return n == 1 ? page : NULL;
}

/* Take note of a page: 0, -ENOSPC at the limit, -EINVAL if it may not be shared. */
static int hold(struct kxen_domain *d, u64 gfn, bool alone)
{
	unsigned long value;
	int ret;

	lockdep_assert_held(&d->held_lock);
	if (atomic_read(&d->pinned) >= KXEN_MAX_PINNED)
		return -ENOSPC;
	value = xa_to_value(xa_load(&d->held, gfn) ?: xa_mk_value(0));
	if (alone && value)
		return -EINVAL;
	value += HELD_ONE | (alone ? HELD_ALONE : 0);
	ret = xa_err(xa_store(&d->held, gfn, xa_mk_value(value),
			      GFP_KERNEL_ACCOUNT));
	if (!ret && kxen_reaches_80(atomic_inc_return(&d->pinned),
				    KXEN_MAX_PINNED))
		kxen_domain_near_limit(d, &d->pinned_high, "held pages");
	return ret;
}

static void let_go(struct kxen_domain *d, u64 gfn, bool alone)
{
	unsigned long value;

	lockdep_assert_held(&d->held_lock);
	value = xa_to_value(xa_load(&d->held, gfn));
	value -= HELD_ONE | (alone ? HELD_ALONE : 0);
	/* Replacing an entry takes no memory. */
	if (value)
		xa_store(&d->held, gfn, xa_mk_value(value), GFP_KERNEL);
	else
		xa_erase(&d->held, gfn);
	atomic_dec(&d->pinned);
}

static int pin_gfn(struct kxen_domain *d, u64 gfn, bool alone,
		   struct kxen_page *p)
{
	unsigned long hva;
	struct page *page;
	int ret;

	if (gfn >> (52 - PAGE_SHIFT))
		return -EINVAL;
	hva = kxen_glue_gfn_to_hva(d->kvm, gfn);
	if (!hva)
		return -EINVAL;
	mutex_lock(&d->held_lock);
	ret = hold(d, gfn, alone);
	mutex_unlock(&d->held_lock);
	if (ret)
		return ret;
	page = pin(kxen_glue_vm_mm(d->kvm), hva);
	if (!page) {
		mutex_lock(&d->held_lock);
		let_go(d, gfn, alone);
		mutex_unlock(&d->held_lock);
		return -EINVAL;
	}
	p->page = page;
	p->kaddr = page_address(page);
	p->gfn = gfn;
	p->alone = alone;
	return 0;
}

/**
 * kxen_page_pin() - Hold a page of guest RAM, for reading and writing.
 * @d: the domain.
 * @gfn: guest frame, may come from the guest.
 * @p: filled in.
 *
 * The page stays the guest's memory as long as the VMM does not map something
 * else over it; the host's reference keeps it from being reused in any case.
 * Context: may sleep; the VMM's address space is there.
 * Return: 0; -EINVAL if there is no writable RAM; -ENOSPC at the limit; -ENOMEM.
 */
int kxen_page_pin(struct kxen_domain *d, u64 gfn, struct kxen_page *p)
{
	return pin_gfn(d, gfn, false, p);
}

/* As above, but -EINVAL if the domain holds the page already. */
int kxen_page_pin_alone(struct kxen_domain *d, u64 gfn, struct kxen_page *p)
{
	return pin_gfn(d, gfn, true, p);
}

/* Does somebody want to have this page for himself? */
bool kxen_page_is_alone(struct kxen_domain *d, u64 gfn)
{
	void *entry = xa_load(&d->held, gfn);

	return entry && xa_to_value(entry) & HELD_ALONE;
}

void kxen_page_unpin(struct kxen_domain *d, struct kxen_page *p)
{
	if (!p->page)
		return;
	unpin_user_pages_dirty_lock(&p->page, 1, true);
	mutex_lock(&d->held_lock);
	let_go(d, p->gfn, p->alone);
	mutex_unlock(&d->held_lock);
	p->page = NULL;
	p->kaddr = NULL;
}

/**
 * kxen_copy_from_guest() - Read a hypercall argument.
 * @kv: the caller.
 * @dst: where to.
 * @gva: guest virtual address.
 * @len: bytes.
 *
 * Context: the vCPU's own thread, may sleep.
 * Return: 0 or -EFAULT.
 */
int kxen_copy_from_guest(struct kxen_vcpu *kv, void *dst, u64 gva, u32 len)
{
	return kxen_arch_copy_from_guest(kv, dst, gva, len);
}

/* The counterpart for results: 0, or -EFAULT also for read-only memory. */
int kxen_copy_to_guest(struct kxen_vcpu *kv, u64 gva, const void *src, u32 len)
{
	return kxen_arch_copy_to_guest(kv, gva, src, len);
}
