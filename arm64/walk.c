// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's stage 1, and copies through it: addresses in hypercalls are virtual ones.
 *
 * KVM has no walk of its own for guests that it runs on the processor's. This one reads the
 * tables each time and keeps nothing. It does what the processor does for an access of the
 * guest's kernel, but for PAN: Xen's own is by AT instructions, which do not look at that, and
 * guests rely on it for what their programs pass (privcmd). Nothing is written to the tables: a
 * page whose access flag the processor would set is good without, one that it would first make
 * writable (dirty state, DBM) is not written to.
 *
 * Granules of 4K, 16K and 64K, both halves, addresses of 52 bits (LVA, LPA, LPA2).
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/arm64/glue.h"
#include "../kvm-xen/p2m.h"
#include "arm64.h"

#define S1_T0SZ		GENMASK_ULL(5, 0)
#define S1_EPD0		BIT_ULL(7)
#define S1_TG0		GENMASK_ULL(15, 14)
#define S1_T1SZ		GENMASK_ULL(21, 16)
#define S1_EPD1		BIT_ULL(23)
#define S1_TG1		GENMASK_ULL(31, 30)
#define S1_TBI0		BIT_ULL(37)
#define S1_TBI1		BIT_ULL(38)
#define S1_HA		BIT_ULL(39)
#define S1_HPD0		BIT_ULL(41)
#define S1_HPD1		BIT_ULL(42)
#define S1_DS		BIT_ULL(59)
#define S1_ON		BIT_ULL(0)

#define S1_DESC_VALID		BIT_ULL(0)
#define S1_DESC_TABLE		BIT_ULL(1)	/* on the last level: a page */
#define S1_DESC_READ_ONLY	BIT_ULL(7)
#define S1_DESC_AF		BIT_ULL(10)
#define S1_DESC_TABLE_RO	BIT_ULL(62)
#define S1_DESC_ADDR		GENMASK_ULL(47, 12)

#define FLAT_BITS	GENMASK_ULL(51, 0)

/* What an address leads to. */
struct place {
	u64 gpa;
	bool writable;
};

/* What one translation needs to know. */
struct walk {
	struct kxen_vcpu *v;
	u64 gva;
	u32 granule;		/* bits of an address within a page */
	u32 bits;		/* of an address that the tables translate */
	bool wide;		/* addresses of more than 48 bits in descriptors of this granule */
	bool flat_rights;	/* tables do not limit what is below them */
	bool sets_af;
	u64 root;
};

/* --- guest physical memory ------------------------------------------------------------- */

/* The VMM's address of plain memory, or NULL. Good as long as SRCU is held. */
static void __user *memory_at(struct kxen_vcpu *v, u64 gpa)
{
	struct kxen_mem m;

	if (!kxen_p2m_ram(v, gpa >> PAGE_SHIFT, &m) || !kxen_mem_has(&m, gpa))
		return NULL;
	return kxen_mem_at(&m, gpa);
}

/* Within a page of Xen's. May sleep. */
static int copy_phys(struct kxen_vcpu *v, u64 gpa, void *buf, u32 len, bool write)
{
	int ret = kxen_p2m_any(v->domain) ? kxen_p2m_copy(v->domain, gpa, buf, len, write) : 1;
	void __user *at;

	if (ret <= 0)
		return ret;
	at = memory_at(v, gpa);
	if (!at || (write ? copy_to_user(at, buf, len) : copy_from_user(buf, at, len)))
		return -EFAULT;
	if (write)
		kxen_glue_mark_dirty(v->vcpu, gpa);
	return 0;
}

/* --- translation ------------------------------------------------------------------------- */

/* Of the half of the address space that the address is in. 0: no such granule. */
static u32 granule_of(u64 tcr, bool upper)
{
	static const u8 tg0[4] = { 12, 16, 14, 0 }, tg1[4] = { 0, 14, 12, 16 };

	return upper ? tg1[FIELD_GET(S1_TG1, tcr)] : tg0[FIELD_GET(S1_TG0, tcr)];
}

/* Are the bits that no table translates as they have to be? */
static bool canonical(const struct walk *w, bool upper, bool ignores_top)
{
	u32 top = ignores_top ? 56 : 64;
	u64 rest;

	if (w->bits >= top)
		return true;
	rest = GENMASK_ULL(top - 1, w->bits);
	return (w->gva & rest) == (upper ? rest : 0);
}

/* The tables' addresses are of bits 47 to 12; what is above is where there is room. */
static u64 address_of(const struct walk *w, u64 desc)
{
	u64 addr = desc & S1_DESC_ADDR & ~(BIT_ULL(w->granule) - 1);

	if (!w->wide)
		return addr;
	if (w->granule == 16)
		return addr | (desc >> 12 & 0xf) << 48;
	return addr | (desc & GENMASK_ULL(49, 48)) | (desc >> 8 & 3) << 50;
}

/* False: the guest's kernel has nothing at such an address. */
static bool begin(struct walk *w, const struct kxen_stage1 *s, bool upper)
{
	u64 tcr = s->tcr, ttbr = upper ? s->ttbr1 : s->ttbr0;

	if (tcr & (upper ? S1_EPD1 : S1_EPD0))
		return false;
	w->granule = granule_of(tcr, upper);
	w->bits = 64 - (upper ? FIELD_GET(S1_T1SZ, tcr) : FIELD_GET(S1_T0SZ, tcr));
	w->wide = w->granule == 16 || tcr & S1_DS;
	w->flat_rights = tcr & (upper ? S1_HPD1 : S1_HPD0);
	w->sets_af = tcr & S1_HA;
	if (!w->granule || w->bits <= w->granule || w->bits > (w->wide ? 52 : 48))
		return false;
	w->root = ttbr & GENMASK_ULL(47, 6);
	if (w->wide)
		w->root |= (ttbr >> 2 & 0xf) << 48;
	return canonical(w, upper, tcr & (upper ? S1_TBI1 : S1_TBI0));
}

/*
 * A last entry. Blocks are on levels 1 and 2, and where addresses are wide on 0 with pages of 4K.
 */
static bool leaf_ok(const struct walk *w, u64 desc, int level)
{
	if (level == 3 ? !(desc & S1_DESC_TABLE) : level < (w->granule == 12 && w->wide ? 0 : 1))
		return false;
	return desc & S1_DESC_AF || w->sets_af;
}

/*
 * From the root to a last entry. Levels are as the architecture counts them, the last one is 3;
 * where the first one would be above 0 it is -1.
 */
static int walk_tables(struct walk *w, struct place *p)
{
	u32 stride = w->granule - 3, shift, index_bits;
	int level = 4 - DIV_ROUND_UP(w->bits - w->granule, stride);
	u64 table = w->root, desc, at;
	bool read_only = false;

	for (;; level++) {
		shift = w->granule + (3 - level) * stride;
		index_bits = min(stride, w->bits - shift);
		at = table + ((w->gva >> shift & (BIT_ULL(index_bits) - 1)) << 3);
		if (copy_phys(w->v, at, &desc, sizeof(desc), false) || !(desc & S1_DESC_VALID))
			return -EFAULT;
		if (level == 3 || !(desc & S1_DESC_TABLE))
			break;
		read_only |= !w->flat_rights && desc & S1_DESC_TABLE_RO;
		table = address_of(w, desc);
	}
	if (!leaf_ok(w, desc, level))
		return -EFAULT;
	p->gpa = (address_of(w, desc) & ~(BIT_ULL(shift) - 1)) | (w->gva & (BIT_ULL(shift) - 1));
	p->writable = !read_only && !(desc & S1_DESC_READ_ONLY);
	return 0;
}

/* Where that is what the caller may read, or write to. 0 or -EFAULT. */
static int translate(struct kxen_vcpu *v, u64 gva, bool write, struct place *p)
{
	struct walk w = { .v = v, .gva = gva };
	struct kxen_stage1 s;
	int ret;

	kxen_glue_stage1(v->vcpu, &s);
	if (!(s.sctlr & S1_ON)) {
		*p = (struct place) { .gpa = gva, .writable = true };
		return gva & ~FLAT_BITS ? -EFAULT : 0;
	}
	if (!begin(&w, &s, gva & BIT_ULL(55)))
		return -EFAULT;
	ret = walk_tables(&w, p);
	return ret ?: write && !p->writable ? -EFAULT : 0;
}

int kxen_arch_translate(struct kxen_vcpu *v, u64 gva, u64 *gpa)
{
	struct place p;
	int ret = translate(v, gva, true, &p);

	if (!ret)
		*gpa = p.gpa;
	return ret;
}

/* --- copies --------------------------------------------------------------------------------- */

static int copy(struct kxen_vcpu *v, u64 gva, void *buf, u32 len, bool write)
{
	struct place p;
	int ret = 0;
	u32 n;

	for (; len && !ret; len -= n, buf += n, gva += n) {
		n = min_t(u32, len, XEN_PAGE_SIZE - xen_offset_in_page(gva));
		ret = translate(v, gva, write, &p);
		if (!ret)
			ret = copy_phys(v, p.gpa, buf, n, write);
	}
	return ret;
}

int kxen_arch_copy_from_guest(struct kxen_vcpu *v, void *dst, u64 gva, u32 len)
{
	return copy(v, gva, dst, len, false);
}

int kxen_arch_copy_to_guest(struct kxen_vcpu *v, u64 gva, const void *src, u32 len)
{
	return copy(v, gva, (void *)src, len, true);
}

int kxen_arch_copy_and_find(struct kxen_vcpu *v, void *dst, u64 gva, u32 len,
			    struct kxen_window *win)
{
	void __user *at = NULL;
	struct place p;
	int ret;

	win->hva = 0;
	if (xen_offset_in_page(gva) + len > XEN_PAGE_SIZE)
		return copy(v, gva, dst, len, false);
	ret = translate(v, gva, false, &p);
	if (!ret)
		ret = copy_phys(v, p.gpa, dst, len, false);
	if (!ret && !kxen_p2m_any(v->domain))
		at = memory_at(v, p.gpa);
	if (at)
		*win = (struct kxen_window) { (unsigned long)at, p.gpa, v->gaps, p.writable };
	return ret;
}

int kxen_arch_copy_to_window(struct kxen_vcpu *v, const struct kxen_window *win,
			     u32 pos, const void *src, u32 len)
{
	if (!win->hva || !win->writable || win->gaps != v->gaps)
		return -EFAULT;
	/* The call itself may have placed something there. */
	if (kxen_p2m_word(v->domain, win->gpa >> XEN_PAGE_SHIFT))
		return -EFAULT;
	if (copy_to_user((void __user *)(win->hva + pos), src, len))
		return -EFAULT;
	kxen_glue_mark_dirty(v->vcpu, win->gpa);
	return 0;
}
