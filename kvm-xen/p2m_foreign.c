// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another domain's pages over frames of a guest: grants, first of all. Thousands of them come and
 * go, so each is a word of the table and nothing else, and no lock is taken. Whoever maps one
 * holds the page, until he has unmapped and flushed it.
 */
#include <linux/mm.h>

#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"
#include "p2m_iommu.h"

/* Nor shall the guest see what its devices do not. */
static void take_back(struct kxen_domain *d, u64 gfn, struct page *page)
{
	struct kxen_p2m_gone g = { .d = d };

	if (!kxen_p2m_unmap(&g, gfn, page))
		kxen_p2m_flush(&g);
}

/**
 * kxen_p2m_map() - Put another domain's page over a guest's frame.
 * @d: the domain.
 * @gfn: the frame, not trusted.
 * @page: the page, which the caller holds until kxen_p2m_flush() after kxen_p2m_unmap().
 * @read_only: the guest may not write to it.
 *
 * Context: a thread of a vCPU of @d; may sleep.
 * Return: 0; -EINVAL for a frame that no machine has; -EEXIST if something is placed or mapped
 * there, or it is a device of KVM's; -EOPNOTSUPP if the VM's devices see the VMM's memory there;
 * -ESHUTDOWN if the domain has died; -ENOMEM.
 */
int kxen_p2m_map(struct kxen_domain *d, u64 gfn, struct page *page, bool read_only)
{
	unsigned long word = (unsigned long)page_to_phys(page) | KXEN_P2M_MAPPED;
	int ret;

	if (gfn > KXEN_P2M_MAX_GFN)
		return -EINVAL;
	if (READ_ONCE(d->p2m_closed))
		return -ESHUTDOWN;
	ret = kxen_p2m_set_word(d, gfn, word | (read_only ? KXEN_P2M_MAPPED_RO : 0));
	if (ret || !kxen_iommu_any(d))
		return ret;
	ret = kxen_iommu_map(d, gfn, page, read_only);
	if (ret)
		take_back(d, gfn, page);
	return ret;
}

/**
 * kxen_p2m_unmap() - Take a mapped page away.
 * @g: where the frame is noted: there is room; kxen_p2m_flush() comes before it is full.
 * @gfn: the frame, not trusted.
 * @page: the page.
 *
 * Until the flush the guest may reach the page still.
 * Context: any thread; does not sleep.
 * Return: 0; -ENOENT if not exactly this page is mapped there.
 */
int kxen_p2m_unmap(struct kxen_p2m_gone *g, u64 gfn, struct page *page)
{
	unsigned long word = 0;

	if (gfn <= KXEN_P2M_MAX_GFN && !WARN_ON_ONCE(g->nr == ARRAY_SIZE(g->gfn)))
		word = kxen_p2m_take_page(g->d, gfn, page);
	if (!word)
		return -ENOENT;
	g->gfn[g->nr++] = gfn;
	return 0;
}

/**
 * kxen_p2m_flush() - Wait until no vCPU and no device reaches what was unmapped.
 * @g: the frames; none afterwards.
 *
 * Context: any thread; may sleep.
 */
void kxen_p2m_flush(struct kxen_p2m_gone *g)
{
	if (!g->nr)
		return;
	/* Behind the clearing of the words, whose barrier pairs with that in add_group(). */
	if (kxen_iommu_any(g->d))
		kxen_iommu_unmap(g->d, g->gfn, g->nr);
	kxen_p2m_zap(g->d, g->gfn, g->nr);
	g->nr = 0;
}
