// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mark: what is in the VMM's page table in place of a page that is nominated or out.
 *
 * It is an entry that the kernel itself knows, and answers with SIGBUS: memory whose content is
 * lost. A bit pattern tells it from the kernel's own, where those have nothing or a frame's number.
 * So with our hook, or without it, nobody ever sees an empty page there, nor what was in it before:
 * nothing but unmapping and discarding takes it away, and a child of the VMM gets one, too.
 *
 * All that differs between the kernels' memory managements is in this file.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rmap.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/userfaultfd_k.h>
#ifdef KXEN_MM_LEAFOPS
#include <linux/leafops.h>
#endif

#include "../kvm-xen/kvm/calls.h"
#include "mempaging.h"

/*
 * In the offset, above every frame's number: 52 bits of address are 40 of those. Where addresses
 * are in an entry, they are all ones (L1TF).
 */
#define MARK_BITS	(0x2d5UL << 40)

/* The upper half of the mark, for the hook: the lower one has bits that others change. */
u32 kxen_mark_high;

static swp_entry_t the_mark(void)
{
#ifdef KXEN_MM_POISON_MARKER
	return swp_entry(SWP_PTE_MARKER, PTE_MARKER_POISONED | MARK_BITS);
#else
	return swp_entry(SWP_SWAPIN_ERROR, MARK_BITS);
#endif
}

/* Before the hook is in place. */
void kxen_mark_init(void)
{
	WRITE_ONCE(kxen_mark_high, pte_val(swp_entry_to_pte(the_mark())) >> 32);
}

#ifdef KXEN_MM_LEAFOPS
static swp_entry_t entry_of(pte_t pte)
{
	return softleaf_from_pte(pte);
}

/* A page on its way elsewhere, which nobody else has mapped. */
static bool is_moving(swp_entry_t e, const struct page *page)
{
	return (softleaf_is_migration_write(e) || softleaf_is_migration_read_exclusive(e)) &&
	       softleaf_to_page(e) == page;
}
#else
static swp_entry_t entry_of(pte_t pte)
{
	return pte_to_swp_entry(pte);
}

static bool is_moving(swp_entry_t e, const struct page *page)
{
	return (is_writable_migration_entry(e) || is_readable_exclusive_migration_entry(e)) &&
	       pfn_swap_entry_to_page(e) == page;
}
#endif

/* Is this the mark? Any context. */
bool kxen_mark_is(pte_t pte)
{
	return !pte_none(pte) && !pte_present(pte) && entry_of(pte).val == the_mark().val;
}

/* Where the entry of an address is, if there is a table of small pages. mmap_lock held. */
static pmd_t *pmd_of(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd, now;

	if (!pgd_present(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (!p4d_present(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (!pud_present(*pud) || pud_trans_huge(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	now = READ_ONCE(*pmd);
	return pmd_present(now) && !pmd_trans_huge(now) ? pmd : NULL;
}

/*
 * The entry, locked; NULL: there is none. Who checks locks is told of none: it is taken here, and
 * given back below.
 */
static pte_t *lock_pte(struct mm_struct *mm, unsigned long addr, spinlock_t **ptl)
{
	pmd_t *pmd = pmd_of(mm, addr);
#ifdef KXEN_MM_MAP_LOCK_INLINE
	pte_t *pte;
#endif

	if (!pmd)
		return NULL;
#if defined(KXEN_MM_MAP_LOCK_INLINE)
	pte = pte_offset_map_lock(mm, pmd, addr, ptl);
	__release(*ptl);
	return pte;
#elif defined(KXEN_MM_MAP_LOCK)
	return kxen_kvm(__pte_offset_map_lock)(mm, pmd, addr, ptl);
#else
	return kxen_kvm(pte_offset_map_lock)(mm, pmd, addr, ptl);
#endif
}

/* What mapping an entry has taken besides: not on every kernel. */
#ifdef KXEN_MM_MAP_LOCK_INLINE
#define tell_of_map()
#else
#define tell_of_map()	__acquire(RCU)
#endif

static void unlock_pte(pte_t *pte, spinlock_t *ptl)
{
	__acquire(ptl);
	tell_of_map();
	pte_unmap_unlock(pte, ptl);
}

/* do_swap_page() would have given the entry back. */
void kxen_mark_unmap(struct vm_fault *vmf)
{
	tell_of_map();
	pte_unmap(vmf->pte);
	vmf->pte = NULL;
}

static void count_anon(struct mm_struct *mm, int n)
{
#ifdef KXEN_MM_RSS_PERCPU
	percpu_counter_add(&mm->rss_stat[MM_ANONPAGES], n);
#else
	atomic_long_add(n, &mm->rss_stat.count[MM_ANONPAGES]);
#endif
}

/* Is the entry of an address, if there is one, such a one? mmap_lock held. */
static bool entry_is(struct mm_struct *mm, unsigned long addr, bool (*such)(pte_t pte))
{
	spinlock_t *ptl;	/* of the page table */
	pte_t *pte = lock_pte(mm, addr, &ptl);
	bool is;

	if (!pte)
		return false;
	is = such(*pte);
	unlock_pte(pte, ptl);
	return is;
}

/* Is the mark there now? mmap_lock held. */
bool kxen_mark_is_at(struct mm_struct *mm, unsigned long addr)
{
	return entry_is(mm, addr, kxen_mark_is);
}

static bool has_ksm_page(pte_t pte)
{
	return pte_present(pte) && !pte_special(pte) && folio_test_ksm(page_folio(pte_page(pte)));
}

/* Is one of KSM's pages there now? mmap_lock held. */
bool kxen_mark_is_ksm(struct mm_struct *mm, unsigned long addr)
{
	return entry_is(mm, addr, has_ksm_page);
}

/* One that is on its way gets the mark: is it @page that is, and nobody else's? */
static bool replace_moving(struct mm_struct *mm, unsigned long addr, pte_t *pte,
			   const struct page *page)
{
	pte_t old = *pte, new = swp_entry_to_pte(the_mark());

	if (pte_none(old) || pte_present(old) || !is_moving(entry_of(old), page))
		return false;
	if (pte_swp_uffd_wp(old))
		new = pte_swp_mkuffd_wp(new);
	set_pte_at(mm, addr, pte, new);
	count_anon(mm, -1);
	return true;
}

/**
 * kxen_mark_freeze() - The mark in place of a page that the kernel has taken out of page tables.
 * @mm: the VMM's memory, mmap_lock held.
 * @addr: where.
 * @page: the page, locked, by migrate_vma_setup(), which has seen that nobody else has it.
 *
 * Context: the pager locked. Return: true: @page is the caller's, with its one reference. False:
 * it is shared in some way, and nothing has changed.
 */
bool kxen_mark_freeze(struct mm_struct *mm, unsigned long addr, struct page *page)
{
	struct folio *f = page_folio(page);
	spinlock_t *ptl;	/* of the page table */
	bool done;
	pte_t *pte;

	if (!folio_test_anon(f) || folio_test_large(f) || folio_test_ksm(f) ||
	    folio_test_swapcache(f) || folio_ref_count(f) != 1)
		return false;
	pte = lock_pte(mm, addr, &ptl);
	if (!pte)
		return false;
	done = replace_moving(mm, addr, pte, page);
	unlock_pte(pte, ptl);
	/* An entry on its way has that for the page: who pins and unpins it now finds it so. */
	if (done)
		SetPageAnonExclusive(page);
	return done;
}

/* As after a fault in new memory; it is dirty, since no swap has it. */
static pte_t entry_for(struct vm_area_struct *vma, struct page *page, pte_t old)
{
	pte_t pte = pte_mksoft_dirty(pte_mkdirty(mk_pte(page, vma->vm_page_prot)));

	if (vma->vm_flags & VM_WRITE)
#ifdef KXEN_MM_MKWRITE_NOVMA
		pte = pte_mkwrite_novma(pte);
#else
		pte = pte_mkwrite(pte);
#endif
	/* Not every kernel notes in a mark that the page is watched: it is told once more. */
	if (pte_swp_uffd_wp(old) || userfaultfd_wp(vma))
		pte = pte_wrprotect(pte_mkuffd_wp(pte));
	return pte;
}

/**
 * kxen_mark_install() - A page in place of the mark.
 * @vma: the VMM's memory, mmap_lock held.
 * @addr: where.
 * @page: the page, charged to the VMM's memory cgroup; its one reference goes to the page table.
 *
 * Context: the pager locked; the VMM's own thread, or another's.
 * Return: false: the mark is not there, and nothing has changed.
 */
bool kxen_mark_install(struct vm_area_struct *vma, unsigned long addr, struct page *page)
{
	struct mm_struct *mm = vma->vm_mm;
	spinlock_t *ptl;	/* of the page table */
	bool there;
	pte_t *pte;

	if (!vma->anon_vma)
		return false;
	pte = lock_pte(mm, addr, &ptl);
	if (!pte)
		return false;
	there = kxen_mark_is(*pte);
	if (there) {
#ifdef KXEN_MM_FOLIO_NEW_RMAP
		kxen_kvm(folio_add_new_anon_rmap)(page_folio(page), vma, addr, RMAP_EXCLUSIVE);
#else
		/* Else it keeps one that it had before, which may be gone: the memory was moved. */
		page->mapping = NULL;
		kxen_kvm(page_add_new_anon_rmap)(page, vma, addr);
#endif
		kxen_kvm(folio_add_lru_vma)(page_folio(page), vma);
		count_anon(mm, 1);
		set_pte_at(mm, addr, pte, entry_for(vma, page, *pte));
	}
	unlock_pte(pte, ptl);
	return there;
}

/* A frame that is in no list of the kernel's has flags that whoever took it out has left. */
void kxen_mark_free_frame(struct page *page)
{
	folio_clear_active(page_folio(page));
	folio_clear_unevictable(page_folio(page));
	put_page(page);
}
