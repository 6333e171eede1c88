// SPDX-License-Identifier: GPL-2.0-only
/*
 * A short way through the guest's page tables, for hypercall arguments.
 *
 * KVM's own walk is general, and about a thousand instructions long; it is most of
 * what a send costs. This one reads the current tables each time, keeps nothing,
 * and handles only what an argument on a kernel's stack looks like: mapped,
 * accessed (for a write: dirty), supervisor or no SMAP, no reserved bit. Everything
 * else, faults included, is left to KVM's walk, which decides and sets the bits.
 * So it can be slower than necessary, but not wrong: a page that it accepts, KVM
 * would accept.
 */
#include <linux/mm.h>
#include <asm/processor-flags.h>
#include <asm/msr-index.h>

#include "../kvm-xen/kvm_glue.h"
#include "x86.h"

#define PTE_P		BIT_ULL(0)
#define PTE_W		BIT_ULL(1)
#define PTE_U		BIT_ULL(2)
#define PTE_A		BIT_ULL(5)
#define PTE_D		BIT_ULL(6)
#define PTE_PS		BIT_ULL(7)
#define PTE_ADDR	GENMASK_ULL(51, 12)
#define LONG_BITS	9	/* index bits per level with 8-byte entries */

/* What one translation needs to know. */
struct walk {
	struct kxen_paging p;
	u64 gva;
	bool write;
};

/* Levels of the paging mode with 8-byte entries; 0: not ours. */
static int levels(const struct walk *w)
{
	if (!(w->p.efer & EFER_LMA))
		return 0;
	return w->p.cr4 & X86_CR4_LA57 ? 5 : 4;
}

static bool canonical(u64 gva, int nr_levels)
{
	int shift = 64 - (12 + LONG_BITS * nr_levels);

	return (u64)((s64)(gva << shift) >> shift) == gva;
}

/* Is this last entry one that a supervisor may use as we want to, for certain? */
static bool leaf_ok(const struct walk *w, u64 pte, bool user)
{
	if (user && (w->p.cr4 & (X86_CR4_SMAP | X86_CR4_PKE)))
		return false;
	return !w->write || (pte & (PTE_W | PTE_D)) == (PTE_W | PTE_D);
}

/* Guest physical address, or ~0: ask KVM. */
static u64 walk(struct kvm_vcpu *v, const struct walk *w)
{
	u64 table = w->p.cr3 & PTE_ADDR, pte, size;
	int level = levels(w);
	bool user = true;

	if (!level || !canonical(w->gva, level))
		return ~0ULL;
	for (; ; level--) {
		u32 shift = 12 + LONG_BITS * (level - 1);
		u64 index = w->gva >> shift & (BIT(LONG_BITS) - 1);

		if (!kxen_glue_read_entry(v, table + index * 8, &pte) ||
		    (pte & (PTE_P | PTE_A)) != (PTE_P | PTE_A))
			return ~0ULL;
		if (w->write && !(pte & PTE_W))
			return ~0ULL;
		user &= !!(pte & PTE_U);
		if (level > 1 && !(pte & PTE_PS)) {
			table = pte & PTE_ADDR;
			continue;
		}
		size = BIT_ULL(shift);
		/* Large pages: none above 1 GB, and no bit between PAT and address. */
		if (level > 3 || (pte & PTE_ADDR & (size - 1) & ~BIT_ULL(12)) ||
		    !leaf_ok(w, pte, user))
			return ~0ULL;
		if (level == 1)
			return (pte & PTE_ADDR) | (w->gva & ~PAGE_MASK);
		return (pte & PTE_ADDR & ~(size - 1)) | (w->gva & (size - 1));
	}
}

/**
 * kxen_walk_copy() - Copy an argument that lies within a page, the short way.
 * @v: the vCPU, its own thread, in ring 0.
 * @gva: guest virtual address.
 * @buf: the host's side.
 * @len: bytes.
 * @write: to the guest.
 *
 * Context: kvm->srcu held. Never faults.
 * Return: true if it is done; false: take the long way.
 */
bool kxen_walk_copy(struct kvm_vcpu *v, u64 gva, void *buf, u32 len, bool write)
{
	struct walk w = { .gva = gva, .write = write };
	u64 gpa;

	if ((gva & ~PAGE_MASK) + len > PAGE_SIZE)
		return false;
	kxen_glue_paging(v, &w.p);
	gpa = walk(v, &w);
	if (gpa == ~0ULL)
		return false;
	return write ? kxen_glue_write_fast(v, gpa, buf, len) :
		       kxen_glue_read_fast(v, gpa, buf, len);
}
