// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas: guest memory that the host writes for one vCPU, its time or its runstate. A
 * guest may register one for any of its vCPUs.
 *
 * A virtual address is one of the vCPU that makes the call, as on Xen: KVM's page walk
 * is for a vCPU's own thread, and another vCPU's paging mode changes under it.
 */
#include <linux/mm.h>

#include "arch.h"
#include "guest_mem.h"
#include "kxen.h"

/**
 * kxen_area_pin() - Hold memory that the host writes for a vCPU.
 * @ga: where.
 * @len: bytes, at most one page.
 * @area: filled in, not yet active.
 *
 * A virtual address is translated now, not at each write: a guest that maps
 * something else there later finds the old page written.
 * Context: the thread of the vCPU that gave the address, no lock held, may sleep.
 * Return: 0; -ENXIO if a physical area crosses a page; -EFAULT for an unmapped address;
 * or as kxen_page_pin().
 */
int kxen_area_pin(const struct kxen_guest_addr *ga, u32 len,
		  struct kxen_area *area)
{
	struct kxen_domain *d = ga->caller->domain;
	u32 offset = xen_offset_in_page(ga->addr);
	int i, ret;

	memset(area, 0, sizeof(*area));
	if (ga->phys && offset + len > XEN_PAGE_SIZE)
		return -ENXIO;
	area->offset = offset;
	area->len = len;
	for (i = 0; i < 2; i++) {
		u64 gpa = (ga->addr & XEN_PAGE_MASK) + i * XEN_PAGE_SIZE;

		if (i && offset + len <= XEN_PAGE_SIZE)
			break;
		ret = ga->phys ? 0 : kxen_arch_translate(ga->caller, gpa, &gpa);
		if (!ret)
			ret = kxen_page_pin(d, KXEN_LIMIT_PAGES,
					    gpa >> XEN_PAGE_SHIFT, &area->page[i]);
		if (ret) {
			kxen_area_unpin(d, area);
			return ret;
		}
	}
	return 0;
}

void kxen_area_unpin(struct kxen_domain *d, struct kxen_area *area)
{
	area->active = false;
	kxen_page_unpin(d, &area->page[0]);
	kxen_page_unpin(d, &area->page[1]);
}

/**
 * kxen_area_swap() - Put an area in the place of one of a vCPU's.
 * @v: the vCPU.
 * @slot: the place, one of @v's.
 * @area: the new one, or an empty one; afterwards what was there.
 *
 * Context: domain locked. Nobody writes to the old one when this returns.
 */
void kxen_area_swap(struct kxen_vcpu *v, struct kxen_area *slot,
		    struct kxen_area *area)
{
	unsigned long flags;

	lockdep_assert_held(&v->domain->lock);
	area->active = area->page[0].page;
	raw_spin_lock_irqsave(&v->time_lock, flags);
	swap(*slot, *area);
	raw_spin_unlock_irqrestore(&v->time_lock, flags);
}

/* Nothing is written into a vCPU's areas, or it is again. Domain locked. */
void kxen_areas_hold(struct kxen_vcpu *v, bool hold)
{
	unsigned long flags;

	lockdep_assert_held(&v->domain->lock);
	raw_spin_lock_irqsave(&v->time_lock, flags);
	v->time_area.active = !hold && v->time_area.page[0].page;
	v->runstate_area.active = !hold && v->runstate_area.page[0].page;
	raw_spin_unlock_irqrestore(&v->time_lock, flags);
}

/* One of a vCPU's areas is there no more. Domain locked, may sleep. */
void kxen_area_clear(struct kxen_vcpu *v, struct kxen_area *slot)
{
	struct kxen_area old = { };

	kxen_area_swap(v, slot, &old);
	kxen_area_unpin(v->domain, &old);
}

/**
 * kxen_area_register() - A guest registers one of a vCPU's areas.
 * @v: the vCPU.
 * @slot: the place, one of @v's.
 * @ga: where; ~0 as a physical address takes the area away.
 * @len: bytes.
 * @write: writes the area for the first time; domain locked.
 *
 * Context: the thread of the vCPU that gave the address, no lock held, may sleep.
 * Return: 0, also if a virtual address is not mapped, or to no memory (A85: nothing changes);
 * -ENXIO if a physical area crosses a page; -EINVAL, -ENOSPC, -ENOMEM as kxen_page_pin().
 */
int kxen_area_register(struct kxen_vcpu *v, struct kxen_area *slot,
		       const struct kxen_guest_addr *ga, u32 len,
		       void (*write)(struct kxen_vcpu *v,
				     struct kxen_vcpu *caller))
{
	struct kxen_domain *d = v->domain;
	struct kxen_area area = { };
	int ret = 0;

	if (!ga->phys || ga->addr != ~0ULL)
		ret = kxen_area_pin(ga, len, &area);
	if (ret)
		return ga->phys || ret == -ENOMEM || ret == -ENOSPC ? ret : 0;
	mutex_lock(&d->lock);
	kxen_area_swap(v, slot, &area);
	if (slot->active)
		write(v, ga->caller);
	mutex_unlock(&d->lock);
	kxen_area_unpin(d, &area);
	return 0;
}

/* Write into the area, across the page boundary if need be. Any context. */
void kxen_area_write(struct kxen_area *area, u32 pos, const void *src, u32 len)
{
	u32 at = area->offset + pos;
	u32 first = at < XEN_PAGE_SIZE ? min_t(u32, len, XEN_PAGE_SIZE - at) : 0;

	if (first)
		kxen_guest_write(kxen_gptr_at(area->page[0].at, at), src, first);
	if (len > first)
		kxen_guest_write(kxen_gptr_at(area->page[1].at,
					      at + first - XEN_PAGE_SIZE),
				 src + first, len - first);
}
