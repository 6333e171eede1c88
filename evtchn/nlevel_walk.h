/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree of the N-level ABI: where a port's bit is on each level, and how a raiser
 * climbs from the leaf to the root. No locks and no memory management: this also builds
 * in user space, where the tests run it against a scanner on another thread.
 *
 * Why climbing may stop at a bit that is set already (B36): whoever has set it goes on
 * to its parent, or has done so. A scanner takes a parent's word before its children's,
 * so one that has taken the parent's bit away has yet to take this one's, and finds
 * the leaf, which was set before. All changes of bits are full barriers.
 */
#ifndef KXEN_NLEVEL_WALK_H
#define KXEN_NLEVEL_WALK_H

#define KXEN_NL_MAX_LEVELS	4
#define KXEN_NL_INNER		(KXEN_NL_MAX_LEVELS - 2)
#define KXEN_NL_PAGE_SHIFT	15	/* bits of a page */
#define KXEN_NL_PAGE_BITS	((u32)XEN_PAGE_SIZE * 8)
#define KXEN_NL_INNER_PAGES	8	/* of the largest inner level: 64^3 bits */

/* The levels between root and leaf of one vCPU; [0] is level 2. */
struct kxen_nl_inner {
	struct kxen_gptr page[KXEN_NL_INNER][KXEN_NL_INNER_PAGES];
};

/* Bit of @port in the flat array of @level; @shift is log2 of the bits of a word. */
static inline u32 kxen_nl_bit(u32 levels, u32 shift, u32 level, u32 port)
{
	return port >> shift * (levels - level);
}

/* Ports that a tree of this depth has room for. */
static inline u32 kxen_nl_ports(u32 levels, u32 shift)
{
	return 1U << shift * levels;
}

/* Bytes of the array of an inner level. */
static inline u32 kxen_nl_bytes(u32 shift, u32 level)
{
	return 1U << (shift * level - 3);
}

/* Pages of it; one may be partly used. */
static inline u32 kxen_nl_pages(u32 shift, u32 level)
{
	return (kxen_nl_bytes(shift, level) + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE;
}

/**
 * kxen_nl_climb() - Set the bits between a leaf and the root.
 * @d: the domain.
 * @in: the vCPU's inner levels.
 * @levels: depth of the tree.
 * @shift: log2 of the bits of a word.
 * @port: its leaf bit is set, and was not masked after that.
 *
 * Return: true if the root's bit is still to be set.
 */
static inline bool kxen_nl_climb(struct kxen_domain *d, const struct kxen_nl_inner *in,
				 u32 levels, u32 shift, u32 port)
{
	u32 level, bit;

	for (level = levels - 1; level > 1; level--) {
		bit = kxen_nl_bit(levels, shift, level, port);
		if (kxen_guest_test_and_set(d, in->page[level - 2]
						       [bit >> KXEN_NL_PAGE_SHIFT],
					    bit & (KXEN_NL_PAGE_BITS - 1)))
			return false;
	}
	return true;
}

#endif
