// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a domain has mapped of others: handles (D110, D111).
 *
 * A handle is the number of a mapping. The table of them only grows, so a handle is checked
 * without a lock (D133). Which are free is in a list for each vCPU, on a cache line of its own: one
 * that has none left gets a frame of new ones, or at the limit one of another's.
 */
#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "use.h"

#define PER_FRAME	(XEN_PAGE_SIZE / sizeof(struct kxen_gnt_mapping))

/**
 * struct kxen_free_list - handles that a vCPU may use.
 * @lock: of what follows; no other lock is taken under it.
 * @first: the last that was put there, KXEN_NO_HANDLE: none.
 * @taken: how many were taken here less those put here: a sum over all lists is a number.
 */
struct kxen_free_list {
	spinlock_t lock;	/* of what follows */
	u32 first;
	s32 taken;
} ____cacheline_aligned_in_smp;

/**
 * struct kxen_maptrack - the mappings of a domain.
 * @max_frames: limit, fixed at creation.
 * @nr_frames: how many there are; published behind @frame.
 * @grow_lock: for more of them.
 * @frame: PER_FRAME mappings each.
 * @list: one for each vCPU.
 */
struct kxen_maptrack {
	u32 max_frames;
	u32 nr_frames;
	struct mutex grow_lock;	/* of @nr_frames and @frame, to change them */
	struct kxen_gnt_mapping **frame;
	struct kxen_free_list list[KXEN_MAX_VCPUS];
};

/* NULL without memory. */
struct kxen_maptrack *kxen_maptrack_create(u32 max_frames)
{
	struct kxen_maptrack *m = kvzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!m)
		return NULL;
	m->frame = kvcalloc(max(max_frames, 1U), sizeof(*m->frame), GFP_KERNEL_ACCOUNT);
	if (!m->frame) {
		kvfree(m);
		return NULL;
	}
	m->max_frames = max_frames;
	mutex_init(&m->grow_lock);
	for (i = 0; i < KXEN_MAX_VCPUS; i++) {
		spin_lock_init(&m->list[i].lock);
		m->list[i].first = KXEN_NO_HANDLE;
	}
	return m;
}

/* Nobody uses it, and nothing is mapped any more. NULL is nothing. */
void kxen_maptrack_destroy(struct kxen_maptrack *m)
{
	u32 i;

	if (!m)
		return;
	for (i = 0; i < m->nr_frames; i++)
		free_page((unsigned long)m->frame[i]);
	kvfree(m->frame);
	kvfree(m);
}

/* Of a handle that is known to be one. */
static struct kxen_gnt_mapping *mapping(struct kxen_maptrack *m, u32 handle)
{
	return &m->frame[handle / PER_FRAME][handle % PER_FRAME];
}

/**
 * kxen_maptrack_find() - The mapping of a handle.
 * @m: the caller's.
 * @handle: not trusted.
 *
 * It may be free: KXEN_MAPPING_USED says so. Context: any.
 * Return: NULL if there has never been such a one.
 */
struct kxen_gnt_mapping *kxen_maptrack_find(struct kxen_maptrack *m, u32 handle)
{
	/* Pairs with the release in grow_locked(). */
	u32 frame = handle / PER_FRAME, nr = smp_load_acquire(&m->nr_frames);

	if (frame >= nr)
		return NULL;
	frame = array_index_nospec(frame, nr);
	return &m->frame[frame][handle % PER_FRAME];
}

/* How many handles there may be used by now, also free ones. */
u32 kxen_maptrack_limit(struct kxen_maptrack *m)
{
	/* Pairs with the release in grow_locked(). */
	return smp_load_acquire(&m->nr_frames) * PER_FRAME;
}

/* How many there can be. */
u32 kxen_maptrack_max(const struct kxen_maptrack *m)
{
	return m->max_frames * PER_FRAME;
}

/* How many are in use. Nothing is exact while others map. */
u32 kxen_maptrack_used(struct kxen_maptrack *m)
{
	s32 n = 0;
	u32 i;

	for (i = 0; i < KXEN_MAX_VCPUS; i++)
		n += READ_ONCE(m->list[i].taken);
	return max(n, 0);
}

/* One of a list, for whoever has list @by. */
static u32 take(struct kxen_maptrack *m, struct kxen_free_list *l, struct kxen_free_list *by)
{
	u32 handle;

	/* Without the lock: most lists of others are empty, or never used. */
	if (l != by && READ_ONCE(l->first) == KXEN_NO_HANDLE)
		return KXEN_NO_HANDLE;
	spin_lock(&l->lock);
	handle = l->first;
	if (handle != KXEN_NO_HANDLE) {
		WRITE_ONCE(l->first, mapping(m, handle)->ref);
		WRITE_ONCE(l->taken, l->taken + 1);
	}
	spin_unlock(&l->lock);
	return handle;
}

/* A frame full of new ones for this list, but for the first, which is returned. */
static u32 grow_locked(struct kxen_maptrack *m, struct kxen_free_list *l)
{
	u32 nr = m->nr_frames, first = nr * PER_FRAME, i;
	struct kxen_gnt_mapping *f;

	lockdep_assert_held(&m->grow_lock);
	if (nr >= m->max_frames)
		return KXEN_NO_HANDLE;
	f = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!f)
		return KXEN_NO_HANDLE;
	for (i = 1; i < PER_FRAME; i++)
		f[i].ref = first + i + 1;
	m->frame[nr] = f;
	/* Pairs with the acquire in kxen_maptrack_find(). */
	smp_store_release(&m->nr_frames, nr + 1);
	spin_lock(&l->lock);
	f[PER_FRAME - 1].ref = l->first;
	WRITE_ONCE(l->first, first + 1);
	WRITE_ONCE(l->taken, l->taken + 1);
	spin_unlock(&l->lock);
	return first;
}

static u32 steal(struct kxen_maptrack *m, struct kxen_free_list *by)
{
	u32 handle = KXEN_NO_HANDLE, i;

	for (i = 0; i < KXEN_MAX_VCPUS && handle == KXEN_NO_HANDLE; i++)
		handle = take(m, &m->list[i], by);
	return handle;
}

/* Nothing is in this vCPU's list. Another vCPU's thread may have grown its own meanwhile. */
static u32 get_slow(struct kxen_maptrack *m, struct kxen_free_list *l)
{
	u32 handle;

	mutex_lock(&m->grow_lock);
	handle = grow_locked(m, l);
	mutex_unlock(&m->grow_lock);
	return handle == KXEN_NO_HANDLE ? steal(m, l) : handle;
}

/**
 * kxen_maptrack_get() - A handle for a new mapping.
 * @m: of the domain that maps.
 * @vcpu: the number of the vCPU that does.
 *
 * Context: may sleep. Return: the handle, its mapping not used; KXEN_NO_HANDLE if there is none.
 */
u32 kxen_maptrack_get(struct kxen_maptrack *m, u32 vcpu)
{
	struct kxen_free_list *l = &m->list[vcpu];
	u32 handle = take(m, l, l);

	return handle == KXEN_NO_HANDLE ? get_slow(m, l) : handle;
}

/* It is used no more, or never was. Context: any but interrupts. */
void kxen_maptrack_put(struct kxen_maptrack *m, u32 vcpu, u32 handle)
{
	struct kxen_free_list *l = &m->list[vcpu];

	spin_lock(&l->lock);
	mapping(m, handle)->ref = l->first;
	WRITE_ONCE(l->first, handle);
	WRITE_ONCE(l->taken, l->taken - 1);
	spin_unlock(&l->lock);
}

/* Could there be one more mapping? Context: may sleep. */
bool kxen_maptrack_any(struct kxen_maptrack *m, u32 vcpu)
{
	u32 handle;

	if (READ_ONCE(m->list[vcpu].first) != KXEN_NO_HANDLE)
		return true;
	handle = kxen_maptrack_get(m, vcpu);
	if (handle != KXEN_NO_HANDLE)
		kxen_maptrack_put(m, vcpu, handle);
	return handle != KXEN_NO_HANDLE;
}
