// SPDX-License-Identifier: GPL-2.0-only
/* From a frame that a guest names to what is behind it. */
#include <linux/mm.h>

#include "guest_mem.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"

#define MAX_PHYS_BITS	52

/**
 * kxen_p2m_lookup() - What is behind a guest's frame now.
 * @d: the domain.
 * @gfn: the frame, of Xen's size; may come from the guest.
 *
 * The answer is as old as it is: the VMM may map something else there at any time. Who
 * needs the page holds it (kxen_page_pin()).
 * Context: the VM is there; may sleep.
 * Return: the kind, with what belongs to it; KXEN_P2M_NONE for a frame that no machine has.
 */
struct kxen_p2m kxen_p2m_lookup(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m p = { .kind = KXEN_P2M_NONE };

	if (gfn >> (MAX_PHYS_BITS - XEN_PAGE_SHIFT))
		return p;
	p.hva = kxen_glue_gfn_to_hva(d->kvm, kxen_gfn_to_kvm(gfn));
	if (!p.hva)
		return p;
	p.kind = KXEN_P2M_RAM;
	p.offset = offset_in_page(gfn << XEN_PAGE_SHIFT);
	return p;
}

/**
 * kxen_p2m_write() - Fill a guest's frame, once.
 * @d: the domain.
 * @gfn: the frame, of Xen's size; may come from the guest.
 * @src: a page of Xen's size.
 *
 * Context: the VM is there; may sleep.
 * Return: 0, or -EFAULT where nothing can be written.
 */
int kxen_p2m_write(struct kxen_domain *d, u64 gfn, const void *src)
{
	if (kxen_p2m_lookup(d, gfn).kind != KXEN_P2M_RAM)
		return -EFAULT;
	return kxen_glue_write_phys(d->kvm, gfn << XEN_PAGE_SHIFT, src, XEN_PAGE_SIZE);
}
