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
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <asm/processor-flags.h>
#include <asm/msr-index.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/kvm/x86/fast.h"
#include "../kvm-xen/p2m.h"
#include "run.h"
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
	struct kxen_vcpu *v;
	u64 gva;
	struct kxen_paging p;
	struct kxen_mem mem;
	bool placed;	/* something is, over the domain's memory */
	bool at_exit;	/* SRCU is not held: what is known will do, or nothing does */
};

/* Levels of the paging mode with 8-byte entries; 0: not ours. */
static __always_inline int levels(const struct walk *w)
{
	if (!(w->p.efer & EFER_LMA))
		return 0;
	return w->p.cr4 & X86_CR4_LA57 ? 5 : 4;
}

static __always_inline bool canonical(u64 gva, int nr_levels)
{
	int shift = 64 - (12 + LONG_BITS * nr_levels);

	return (u64)((s64)(gva << shift) >> shift) == gva;
}

/*
 * What follows up to copy() runs with access to user memory open: it is
 * opened once, not once for each table, and calls nothing while it is. That the
 * addresses are user memory was checked when the VMM gave that memory to KVM.
 */

/* The other one of the two that are known. */
static __always_inline bool reach_known(struct walk *w, u64 gpa)
{
	const struct kxen_fast *f = &w->v->fast;
	int i;

	if (w->placed && kxen_p2m_seen(w->v->domain, gpa >> XEN_PAGE_SHIFT))
		return false;
	for (i = 0; i < ARRAY_SIZE(f->mem); i++) {
		w->mem = (struct kxen_mem) { f->mem[i].start, f->mem[i].size, f->mem[i].hva };
		if (kxen_mem_has(&w->mem, gpa))
			return true;
	}
	return false;
}

/* Is @gpa in the memory that is known, or can that be found? */
static __always_inline bool reach(struct walk *w, u64 gpa)
{
	bool found;

	if (likely(kxen_mem_has(&w->mem, gpa) &&
		   !(w->placed && kxen_p2m_seen(w->v->domain, gpa >> XEN_PAGE_SHIFT))))
		return true;
	if (w->at_exit)
		return reach_known(w, gpa);
	__uaccess_end();
	found = kxen_p2m_ram(w->v, gpa >> PAGE_SHIFT, &w->mem);
	__uaccess_begin_nospec();
	return found;
}

/* @note: unless it is NULL, what is read is noted there. */
static __always_inline bool read_entry(struct walk *w, u64 gpa, struct kxen_fast_word *note,
				       u64 *entry)
{
	u64 __user *at;
	u64 e;

	if (!reach(w, gpa))
		return false;
	at = kxen_mem_at(&w->mem, gpa);
	unsafe_get_user(e, at, absent);
	*entry = e;
	if (note)
		*note = (struct kxen_fast_word) { at, e };
	return true;
absent:
	return false;
}

/*
 * Is this last entry one that a supervisor may read, for certain?
 * @all: bits that are set on every level. @size: what the entry maps.
 */
static __always_inline bool leaf_ok(const struct walk *w, u64 pte, u64 all,
				    u64 size)
{
	/* Large pages: none above 1 GB, and no bit between PAT and address. */
	if (size > SZ_1G || (pte & PTE_ADDR & (size - 1) & ~BIT_ULL(12)))
		return false;
	return !(all & PTE_U && w->p.cr4 & (X86_CR4_SMAP | X86_CR4_PKE));
}

/*
 * Guest physical address, and whether it may be written to for certain, or ~0: ask KVM. @note:
 * NULL, or room for a word of each level; a large page has fewer: the last one stands for the rest.
 * A pointer, since a kernel that checks indices would call where access to user memory is open.
 */
static __always_inline u64 walk(struct walk *w, int nr_levels, struct kxen_fast_word *note,
				bool *writable)
{
	struct kxen_fast_word *const end = note ? note + nr_levels : NULL;
	u32 shift = 12 + LONG_BITS * nr_levels;
	u64 pte = w->p.cr3, all = ~0ULL, size;

	do {
		u64 index;

		shift -= LONG_BITS;
		index = w->gva >> shift & (BIT(LONG_BITS) - 1);
		if (!read_entry(w, (pte & PTE_ADDR) + index * 8, note, &pte) ||
		    (~pte & (PTE_P | PTE_A)))
			return ~0ULL;
		if (note)
			note++;
		all &= pte;
	} while (shift > 12 && !(pte & PTE_PS));
	for (; note != end; note++)
		*note = note[-1];
	/* On the last level that bit is PAT. */
	size = BIT_ULL(shift);
	if (!leaf_ok(w, pte, all, size))
		return ~0ULL;
	*writable = all & PTE_W && pte & PTE_D;
	return (pte & PTE_ADDR & ~(size - 1)) | (w->gva & (size - 1));
}

/* Arguments are made of 32-bit words, few of them; arrays of more are mostly read by two. */
static __always_inline bool get_words(const u32 __user *from, u32 *buf, u32 nr)
{
	u32 i;

	for (i = 0; i < nr / 2; i++)
		unsafe_get_user(((u64 *)buf)[i], (const u64 __user *)from + i, absent);
	if (nr & 1)
		unsafe_get_user(buf[nr - 1], from + nr - 1, absent);
	return true;
absent:
	return false;
}

static __always_inline bool put_words(u32 __user *to, const u32 *buf, u32 nr)
{
	u32 i;

	for (i = 0; i < nr / 2; i++)
		unsafe_put_user(((const u64 *)buf)[i], (u64 __user *)to + i, absent);
	if (nr & 1)
		unsafe_put_user(buf[nr - 1], to + nr - 1, absent);
	return true;
absent:
	return false;
}

/*
 * An argument was looked for at an exit, and the memory that it is in was not known. Here SRCU is
 * held. What is not looked up by the slots of system management mode is not for those either.
 */
static noinline void learn_memory(struct kxen_vcpu *v, u64 cr3, u64 gpa)
{
	struct kxen_fast *f = &v->fast;
	u64 at[ARRAY_SIZE(f->mem)] = { cr3 & PTE_ADDR, gpa };
	struct kxen_mem m;
	int i;

	if (kxen_glue_in_smm(v->vcpu))
		return;
	f->learn = false;
	kxen_fast_forget(f);
	f->gen = kxen_glue_slots_gen(v->vcpu);
	smp_rmb();	/* before the slots: what is newer than it says is not found */
	for (i = 0; i < ARRAY_SIZE(f->mem); i++) {
		if (f->gen == ~0ULL || !kxen_p2m_ram(v, at[i] >> PAGE_SHIFT, &m))
			m = (struct kxen_mem) { };
		f->mem[i].start = m.start;
		f->mem[i].size = m.size;
		f->mem[i].hva = m.hva;
	}
}

/*
 * Copy an argument that lies within a page, the short way. The vCPU's own thread, in
 * ring 0, kvm->srcu held. Never faults; false: take the long way, which does all of it
 * again. @win, unless it is NULL: where it was.
 */
static __always_inline bool copy(struct kxen_vcpu *v, u64 gva, void *buf, u32 len,
				 bool write, struct kxen_window *win)
{
	bool done = false, writable = false;
	u32 __user *at = NULL;
	struct walk w;
	int nr;
	u64 gpa;

	if ((gva & ~PAGE_MASK) + len > PAGE_SIZE || len % 4)
		return false;
	w.v = v;
	w.gva = gva;
	w.placed = kxen_p2m_any(v->domain);
	w.at_exit = false;
	kxen_glue_paging(v->vcpu, &w.p);
	nr = levels(&w);
	if (!nr || !canonical(gva, nr) ||
	    !kxen_p2m_ram(v, (w.p.cr3 & PTE_ADDR) >> PAGE_SHIFT, &w.mem))
		return false;

	pagefault_disable();
	__uaccess_begin_nospec();
	gpa = walk(&w, nr, NULL, &writable);
	if (gpa != ~0ULL && (!write || writable) && reach(&w, gpa)) {
		at = kxen_mem_at(&w.mem, gpa);
		done = write ? put_words(at, buf, len / 4) :
			       get_words(at, buf, len / 4);
	}
	__uaccess_end();
	pagefault_enable();
	if (done && write)
		kxen_glue_mark_dirty(v->vcpu, gpa);
	if (unlikely(v->fast.learn) && done)
		learn_memory(v, w.p.cr3, gpa);
	if (done && win)
		*win = (struct kxen_window) { (unsigned long)at, gpa, v->gaps, writable };
	return done;
}

static int by_kvm(struct kxen_vcpu *v, u64 gva, void *buf, u32 len, bool write)
{
	return write ? kxen_glue_write_virt(v->vcpu, gva, buf, len) :
		       kxen_glue_read_virt(v->vcpu, gva, buf, len);
}

/*
 * The same in a domain that has something placed over its memory, within one page: what is mapped
 * is not for arguments (0.6), though KVM's copy would find it. Where the guest changes its tables
 * in between, KVM copies what the guest reaches in any case.
 */
static int copy_in_page(struct kxen_vcpu *v, u64 gva, void *buf, u32 len, bool write)
{
	u64 gpa;
	int ret = kxen_glue_translate(v->vcpu, gva, write, &gpa);

	if (!ret)
		ret = kxen_p2m_copy(v->domain, gpa, buf, len, write);
	return ret > 0 ? by_kvm(v, gva, buf, len, write) : ret;
}

static int long_way(struct kxen_vcpu *v, u64 gva, void *buf, u32 len, bool write)
{
	int ret = 0;
	u32 n;

	if (likely(!kxen_p2m_any(v->domain)))
		return by_kvm(v, gva, buf, len, write);
	for (; len && !ret; len -= n, buf += n, gva += n) {
		n = min_t(u32, len, XEN_PAGE_SIZE - xen_offset_in_page(gva));
		ret = copy_in_page(v, gva, buf, n, write);
	}
	return ret;
}

int kxen_arch_copy_from_guest(struct kxen_vcpu *v, void *dst, u64 gva, u32 len)
{
	if (likely(copy(v, gva, dst, len, false, NULL)))
		return 0;
	return long_way(v, gva, dst, len, false);
}

int kxen_arch_copy_to_guest(struct kxen_vcpu *v, u64 gva, const void *src,
			    u32 len)
{
	if (likely(copy(v, gva, (void *)src, len, true, NULL)))
		return 0;
	return long_way(v, gva, (void *)src, len, true);
}

int kxen_arch_copy_and_find(struct kxen_vcpu *v, void *dst, u64 gva, u32 len,
			    struct kxen_window *win)
{
	if (likely(copy(v, gva, dst, len, false, win)))
		return 0;
	win->hva = 0;
	return long_way(v, gva, dst, len, false);
}

int kxen_arch_copy_to_window(struct kxen_vcpu *v, const struct kxen_window *win,
			     u32 pos, const void *src, u32 len)
{
	bool done;

	if (!win->hva || !win->writable || len % 4 || win->gaps != v->gaps)
		return -EFAULT;
	/* The call itself may have placed something there. */
	if (kxen_p2m_word(v->domain, win->gpa >> XEN_PAGE_SHIFT))
		return -EFAULT;
	pagefault_disable();
	__uaccess_begin_nospec();
	done = put_words((u32 __user *)(win->hva + pos), src, len / 4);
	__uaccess_end();
	pagefault_enable();
	if (!done)
		return -EFAULT;
	kxen_glue_mark_dirty(v->vcpu, win->gpa);
	return 0;
}

/* Is a word of the guest's tables what it was? */
static __always_inline bool same(const u64 __user *at, u64 was)
{
	asm goto("1:	cmpq %1, %0\n"
		 "	je 3f\n"
		 "2:	jmp %l2\n"
		 "3:\n"
		 _ASM_EXTABLE_UA(1b, 2b)
		 : : "m" (*(const u64 __force *)at), "r" (was) : "cc" : another);
	return true;
another:
	return false;
}

/*
 * The tables of an argument before have been read, and where: what they say now is read there, and
 * if it is the same, so is the argument's page. No fence here: what is followed on a wrong guess is
 * an address of the VMM's memory all the same, as it was noted.
 */
static __always_inline bool copy_again(const struct kxen_fast_page *p, u64 gva, u32 *buf, u32 len)
{
	u32 __user *at;

	pagefault_disable();
	__uaccess_begin();
	if (!same(p->word[0].hva, p->word[0].is) || !same(p->word[1].hva, p->word[1].is) ||
	    !same(p->word[2].hva, p->word[2].is) || !same(p->word[3].hva, p->word[3].is))
		goto another;
	at = (u32 __user *)(p->hva + (gva & ~PAGE_MASK));
	if (likely(len == sizeof(*at)))
		unsafe_get_user(*buf, at, another);
	else if (!get_words(at, buf, len / 4))
		goto another;
	__uaccess_end();
	pagefault_enable();
	return true;
another:
	__uaccess_end();
	pagefault_enable();
	return false;
}

static __always_inline struct kxen_fast_page *fast_page(struct kxen_fast *f, u64 gva)
{
	struct kxen_fast_page *p = &f->page[gva >> PAGE_SHIFT & (KXEN_FAST_PAGES - 1)];

	/* Worked out once, not for each member. */
	OPTIMIZER_HIDE_VAR(p);
	return p;
}

/* A user's page may be read only where nothing closes it, another one in any case. */
static __always_inline u64 page_key(struct kxen_vcpu *v, u64 gva)
{
	return (gva & PAGE_MASK) | kxen_glue_closes_user(v->vcpu);
}

/*
 * The same for reading, four levels, whole words. False: somewhere it was not as it mostly is.
 * Where something is placed nothing is noted.
 */
static noinline bool copy_known(struct kxen_vcpu *v, u64 cr3, u64 gva, void *buf, u32 len)
{
	struct kxen_fast_page *note = fast_page(&v->fast, gva);
	bool done = false, writable;
	u32 __user *at = NULL;
	struct walk w;
	u64 gpa;

	w.v = v;
	w.gva = gva;
	w.placed = kxen_p2m_any(v->domain);
	w.at_exit = true;
	kxen_glue_paging(v->vcpu, &w.p);
	w.p.cr3 = cr3;
	note->gva = ~0ULL;
	if (levels(&w) != 4 || !canonical(gva, 4))
		return false;
	w.mem = (struct kxen_mem) { v->fast.mem[0].start, v->fast.mem[0].size,
				    v->fast.mem[0].hva };
	pagefault_disable();
	__uaccess_begin_nospec();
	gpa = walk(&w, KXEN_FAST_LEVELS, note->word, &writable);
	if (gpa != ~0ULL && reach(&w, gpa)) {
		at = kxen_mem_at(&w.mem, gpa);
		done = get_words(at, buf, len / 4);
	}
	__uaccess_end();
	pagefault_enable();
	if (done && !w.placed) {
		note->hva = (unsigned long)at & PAGE_MASK;
		note->top = cr3;
		note->gva = page_key(v, gva);
	}
	return done;
}

/**
 * kxen_copy_at_exit() - Copy an argument where KVM's SRCU is not held.
 * @v: the vCPU.
 * @cr3: where the guest's tables begin.
 * @gva: the argument's address.
 * @buf: where to.
 * @len: bytes, whole words; of them nothing means anything unless it succeeds.
 *
 * The memory that the guest's tables and its argument are in is known from a copy that has held
 * SRCU, and good for as long as KVM's slots stay as they were then. If that is so before and after
 * the reads, then during all of them KVM had not told the VMM yet that it may do with a slot's
 * memory what it likes: it says so behind the change of the number, and SRCU's grace period.
 * Otherwise what was read is thrown away.
 *
 * Context: KVM's exit fast path. No page fault is taken; on kernels that have the guest's
 * protection keys loaded there these may refuse what is the VMM's, and then nothing is read.
 * Return: false: the call has to be served where SRCU is held.
 */
bool kxen_copy_at_exit(struct kxen_vcpu *v, u64 cr3, u64 gva, void *buf, u32 len)
{
	struct kxen_fast *f = &v->fast;
	const struct kxen_fast_page *p = fast_page(f, gva);

	if (likely(kxen_glue_slots_gen(v->vcpu) == f->gen &&
		   (gva & ~PAGE_MASK) + len <= PAGE_SIZE && !kxen_glue_five_levels(v->vcpu) &&
		   ((likely(p->gva == page_key(v, gva) && p->top == cr3 &&
			    !kxen_p2m_any(v->domain)) && copy_again(p, gva, buf, len)) ||
		    copy_known(v, cr3, gva, buf, len)))) {
		smp_rmb();	/* pairs with what KVM does between the number and the slots */
		if (likely(kxen_glue_slots_gen(v->vcpu) == f->gen))
			return true;
	}
	f->learn = true;
	return false;
}
