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
 * Something is about to be placed at @gfn: 0; -EEXIST for a device of KVM's; as kxen_p2m_view().
 * Context: may sleep; pin_lock is not held.
 */
int kxen_p2m_cover(struct kxen_domain *d, u64 gfn, struct kxen_cover *c)
{
	bool locked;
	struct kvm *kvm = vm_get(d, &locked);
	u64 first = 0, end = 0;
	int ret = 0;

	gfn = kxen_gfn_to_kvm(gfn);
	if (kxen_glue_is_device(gfn))
		ret = -EEXIST;
	else if (kvm && !kxen_glue_cover(kvm, gfn, c))
		kxen_glue_hole(kvm, gfn, &first, &end);
	vm_put(d, locked);
	return end ? kxen_p2m_view(d, gfn, first, end) : ret;
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

/* A reference to a page that may have been given back by now, and be anything. */
static bool try_get(struct page *page)
{
	struct folio *f = page_folio(page);

	if (!folio_try_get(f))
		return false;
	if (page_folio(page) == f)
		return true;
	folio_put(f);
	return false;
}

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

/**
 * kxen_p2m_page() - The page that a guest's access to a frame goes to.
 * @d: the domain.
 * @gfn: the frame, not trusted.
 * @hold: with a reference, for put_page(). Without one it may have gone already, and whoever maps
 *	it finds out before he does: kxen_p2m_flush() comes before that.
 * @read_only: set to whether it may not be written to.
 *
 * Context: any that may be in an RCU reader's section.
 * Return: the page, or NULL: the VMM's memory serves, also for one that is out.
 */
struct page *kxen_p2m_page(struct kxen_domain *d, u64 gfn, bool hold, bool *read_only)
{
	struct page *page = NULL;
	unsigned long *slot, word;

	if (!kxen_p2m_any(d) || gfn > KXEN_P2M_MAX_GFN)
		return NULL;
	rcu_read_lock();
	slot = kxen_p2m_slot(d, gfn);
	while (slot) {
		/* Pairs with the cmpxchg() that has put it there. */
		word = smp_load_acquire(slot);
		page = page_of(word, read_only);
		if (!page || !hold)
			break;
		if (!try_get(page)) {
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

/* --- mapping --------------------------------------------------------------------------- */

/* Does the VMM have memory there? */
static bool over_memory(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, gfn);

	kxen_p2m_put(&at);
	return at.kind == KXEN_P2M_RAM;
}

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
 * there, or it is a device of KVM's; -EROFS for a read-only page over the VMM's memory, which KVM's
 * emulator would write to in its place; -EOPNOTSUPP if the VM's devices see the VMM's memory there;
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
	if (read_only && over_memory(d, gfn))
		return -EROFS;
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

	if (gfn <= KXEN_P2M_MAX_GFN)
		word = kxen_p2m_take_page(g->d, gfn, page);
	if (!word)
		return -ENOENT;
	g->gfn[g->nr++] = gfn | (word & KXEN_P2M_MAPPED_SEEN ? KXEN_P2M_GONE_SEEN : 0);
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
	u32 i;

	if (!g->nr)
		return;
	for (i = 0; i < g->nr; i++)
		g->gfn[i] &= ~KXEN_P2M_GONE_SEEN;
	/* Behind the clearing of the words, whose barrier pairs with that in add_group(). */
	if (kxen_iommu_any(g->d))
		kxen_iommu_unmap(g->d, g->gfn, g->nr);
	kxen_p2m_zap(g->d, g->gfn, g->nr);
	g->nr = 0;
}
