/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a process that page frames are mapped to which the kernel lets nobody else map as
 * pages (VM_PFNMAP), each held by who has mapped it.
 */
#ifndef KXEN_DOM0_VMA_H
#define KXEN_DOM0_VMA_H

#include <linux/mm.h>

#define KXEN_VMA_AROUND	16	/* pages that a fault brings */

/* It neither grows nor is inherited; who has mapped it for reading cannot write later. */
static inline void kxen_vma_frames(struct vm_area_struct *vma, bool read_only)
{
	const unsigned long set = VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY;
	const unsigned long clear = read_only ? VM_MAYWRITE : 0;

#ifdef KXEN_VM_FLAGS_SET
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

/* One page frame goes from the page table, and from all TLBs. */
static inline void kxen_vma_zap_page(struct vm_area_struct *vma, unsigned long addr)
{
#ifdef KXEN_ZAP_SPECIAL_VMA
	zap_special_vma_range(vma, addr, PAGE_SIZE);
#else
	zap_vma_ptes(vma, addr, PAGE_SIZE);
#endif
}

#endif
