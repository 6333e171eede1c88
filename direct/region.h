/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Regions of a memory protection unit: a view is what can be reached with those that are loaded.
 * Nothing translates addresses, and two regions that overlap are a fault for whoever touches what
 * both have (PMSAv8). There are few of them, so the table is bounded by what the processor has.
 *
 * No locks and no memory management: this also builds in user space (selftests/user/mpu.c), and for
 * a machine that has such a unit (selftests/mpu). Names are those of Xen's xen/arch/arm/mpu.
 */
#ifndef KXEN_DIRECT_REGION_H
#define KXEN_DIRECT_REGION_H

#include "shim.h"

#define KXEN_MPU_REGIONS	32	/* of any processor */
#define KXEN_MPU_GRANULE	64UL	/* bytes: where a region begins and ends */
#define KXEN_MPU_LOW		(KXEN_MPU_GRANULE - 1)
#define KXEN_PRLAR_EN		1UL

/**
 * struct kxen_pr - a region, as two registers have it.
 * @prbar: its first byte, and who may do what there in the low bits.
 * @prlar: its last byte, with attributes and EN in the low bits; 0: there is none.
 */
struct kxen_pr {
	unsigned long prbar;
	unsigned long prlar;
};

/**
 * struct kxen_view - what can be reached.
 * @max: how many regions there can be, KXEN_MPU_REGIONS at most.
 * @nr: those up to here may be in use; behind them none is.
 * @used: how many are.
 * @most: how many there ever were.
 * @pr: they.
 */
struct kxen_view {
	u32 max;
	u32 nr;
	u32 used;
	u32 most;
	struct kxen_pr pr[KXEN_MPU_REGIONS];
};

static inline unsigned long kxen_pr_first(const struct kxen_pr *pr)
{
	return pr->prbar & ~KXEN_MPU_LOW;
}

static inline unsigned long kxen_pr_last(const struct kxen_pr *pr)
{
	return pr->prlar | KXEN_MPU_LOW;
}

static inline bool kxen_pr_is_on(const struct kxen_pr *pr)
{
	return pr->prlar & KXEN_PRLAR_EN;
}

static inline void kxen_view_init(struct kxen_view *v, u32 max)
{
	u32 i;

	for (i = 0; i < KXEN_MPU_REGIONS; i++)
		v->pr[i] = (struct kxen_pr) { 0, 0 };
	v->max = max < KXEN_MPU_REGIONS ? max : KXEN_MPU_REGIONS;
	v->nr = 0;
	v->used = 0;
	v->most = 0;
}

/* The first region that has any of these bytes; -1: none has. */
static inline int kxen_view_overlap(const struct kxen_view *v, unsigned long first,
				    unsigned long last)
{
	u32 i;

	for (i = 0; i < v->nr; i++)
		if (kxen_pr_is_on(&v->pr[i]) && kxen_pr_first(&v->pr[i]) <= last &&
		    kxen_pr_last(&v->pr[i]) >= first)
			return i;
	return -1;
}

/* Can all of these bytes be reached? They are in one region, or it takes two looks. */
static inline bool kxen_view_has(const struct kxen_view *v, unsigned long first,
				 unsigned long last)
{
	int i = kxen_view_overlap(v, first, last);

	return i >= 0 && kxen_pr_first(&v->pr[i]) <= first && kxen_pr_last(&v->pr[i]) >= last;
}

static inline int kxen_view_free_slot(const struct kxen_view *v)
{
	u32 i;

	for (i = 0; i < v->nr; i++)
		if (!kxen_pr_is_on(&v->pr[i]))
			return i;
	return v->nr < v->max ? (int)v->nr : -ENOSPC;
}

/**
 * kxen_region_register() - One more region.
 * @v: the view, which is not loaded.
 * @first: its first byte.
 * @size: bytes.
 * @how: the low bits of prbar.
 * @attr: the low bits of prlar, but EN.
 *
 * Return: its number; -EINVAL if it is empty, ends behind all addresses, or does not begin and end
 * where a region can; -EEXIST if it overlaps with another; -ENOSPC if there are as many as can be.
 */
static inline int kxen_region_register(struct kxen_view *v, unsigned long first,
				       unsigned long size, u32 how, u32 attr)
{
	unsigned long last = first + size - 1;
	int slot;

	if (!size || last < first || (first | size) & KXEN_MPU_LOW ||
	    (how | attr) & ~KXEN_MPU_LOW)
		return -EINVAL;
	if (kxen_view_overlap(v, first, last) >= 0)
		return -EEXIST;
	slot = kxen_view_free_slot(v);
	if (slot < 0)
		return slot;
	v->pr[slot] = (struct kxen_pr) {
		first | how, (last & ~KXEN_MPU_LOW) | attr | KXEN_PRLAR_EN
	};
	if (v->nr == (u32)slot)
		v->nr++;
	if (v->most < ++v->used)
		v->most = v->used;
	return slot;
}

/* The one that begins there is gone: 0; -ENOENT if none does. */
static inline int kxen_region_unregister(struct kxen_view *v, unsigned long first)
{
	int slot = kxen_view_overlap(v, first, first);

	if (slot < 0 || kxen_pr_first(&v->pr[slot]) != first)
		return -ENOENT;
	v->pr[slot] = (struct kxen_pr) { 0, 0 };
	v->used--;
	while (v->nr && !kxen_pr_is_on(&v->pr[v->nr - 1]))
		v->nr--;
	return 0;
}

#endif
