// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a domain's guest is told of its memory (semantics G25): what it has set itself in this
 * life, else what the controller has given, else the memory that its VMM lets it write to.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "kvm/glue.h"
#include "kxen.h"
#include "memory_map.h"
#include "save.h"

static size_t size_of(u32 nr)
{
	return sizeof(struct kxen_map) + nr * sizeof(struct kxen_map_range);
}

/* For kvfree(), with no range filled in; NULL: no memory. @nr is at most KXEN_MAP_MAX. */
struct kxen_map *kxen_map_alloc(u32 nr)
{
	struct kxen_map *map = kvzalloc(size_of(nr), GFP_KERNEL_ACCOUNT);

	if (map)
		map->nr = nr;
	return map;
}

/* --- the memory that there is ----------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
	const struct kxen_mem *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Behind the last one, or as a part of it. Without room the rest is not told of. */
static void add(struct kxen_map *map, u64 start, u64 end)
{
	struct kxen_map_range *last = map->nr ? &map->range[map->nr - 1] : NULL;

	if (start >= end)
		return;
	if (last && last->addr + last->size == start) {
		last->size += end - start;
	} else if (map->nr < KXEN_MAP_MAX) {
		map->nr++;
		map->range[map->nr - 1] = (struct kxen_map_range) {
			start, end - start, KXEN_MAP_RAM };
	}
}

/* Its VMM's writable memory, in order, without the frames that firmware has. */
static void fill(struct kxen_map *map, const struct kxen_mem *m, u32 nr)
{
	const u64 from = (u64)KXEN_ARCH_ROM_FRAME << XEN_PAGE_SHIFT;
	const u64 to = (u64)KXEN_ARCH_ROM_END << XEN_PAGE_SHIFT;
	u32 i;

	for (i = 0; i < nr; i++) {
		u64 end = m[i].start + m[i].size;

		add(map, m[i].start, min(end, max(from, m[i].start)));
		add(map, max(to, m[i].start), end);
	}
}

static struct kxen_map *memory(struct kvm *kvm)
{
	struct kxen_mem *m = kvmalloc_array(KXEN_MAP_MAX, sizeof(*m), GFP_KERNEL_ACCOUNT);
	struct kxen_map *map = kxen_map_alloc(KXEN_MAP_MAX);
	u32 nr;

	if (m && map) {
		map->nr = 0;
		nr = min(kxen_glue_ram(kvm, m, KXEN_MAP_MAX), KXEN_MAP_MAX);
		sort(m, nr, sizeof(*m), by_start, NULL);
		fill(map, m, nr);
	} else {
		kvfree(map);
		map = ERR_PTR(-ENOMEM);
	}
	kvfree(m);
	return map;
}

/* --- whose it is ------------------------------------------------------------------------- */

static struct kxen_map *copy_of(const struct kxen_map *map)
{
	struct kxen_map *copy = kxen_map_alloc(map->nr);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	memcpy(copy, map, size_of(map->nr));
	return copy;
}

/**
 * kxen_map_get() - The map that the guest sees.
 * @d: the domain, which has its VM.
 *
 * Context: may sleep; takes d->lock.
 * Return: a copy, for kvfree(); -EINTR, -ENOMEM.
 */
struct kxen_map *kxen_map_get(struct kxen_domain *d)
{
	struct kxen_map *map;

	if (mutex_lock_killable(&d->lock))
		return ERR_PTR(-EINTR);
	map = d->map ?: d->given_map;
	if (map)
		map = copy_of(map);
	mutex_unlock(&d->lock);
	return map ?: memory(d->kvm);
}

/* The guest's own, which is the domain's from now on: 0, or -EINTR with nothing changed. */
int kxen_map_set(struct kxen_domain *d, struct kxen_map *map)
{
	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	swap(d->map, map);
	mutex_unlock(&d->lock);
	kvfree(map);
	return 0;
}

/**
 * kxen_map_give() - The map that each life of the domain's begins with.
 * @d: the domain, not that of the host.
 * @map: the domain's from now on; NULL: the memory that there is.
 *
 * It takes the place of what the guest has set, too. Context: may sleep; takes d->lock.
 * Return: 0; -EINTR, with nothing changed and @map the caller's.
 */
int kxen_map_give(struct kxen_domain *d, struct kxen_map *map)
{
	struct kxen_map *set;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	swap(d->given_map, map);
	set = d->map;
	d->map = NULL;
	mutex_unlock(&d->lock);
	kvfree(map);
	kvfree(set);
	return 0;
}

/* A new life: what the guest has set is forgotten. */
void kxen_map_reset(struct kxen_domain *d)
{
	lockdep_assert_held(&d->lock);
	kvfree(d->map);
	d->map = NULL;
}

/* The domain is freed. */
void kxen_map_free(struct kxen_domain *d)
{
	kvfree(d->map);
	kvfree(d->given_map);
}

/* --- save and restore -------------------------------------------------------------------- */

static_assert(sizeof(struct kxen_save_memory_map) == 24);

/* What is the VMM's memory is so where it is restored, too. */
void kxen_map_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	const struct kxen_map *map = d->map ?: d->given_map;
	u32 i;

	lockdep_assert_held(&d->lock);
	if (!map)
		return;
	kxen_rec_begin(s, KXEN_REC_MEMORY_MAP);
	for (i = 0; i < map->nr; i++) {
		struct kxen_save_memory_map r = {
			.addr = map->range[i].addr, .size = map->range[i].size,
			.type = map->range[i].type,
		};

		kxen_rec_put(s, &r, sizeof(r));
	}
	kxen_rec_end(s);
}

/* As if the guest had set it. */
int kxen_map_restore(struct kxen_domain *d, struct kxen_stream_in *im,
		     const struct kxen_rec *rec, u32 nr)
{
	const struct kxen_save_memory_map *r = rec->data;
	struct kxen_map *map;
	u32 i;

	lockdep_assert_held(&d->lock);
	for (i = 0; i < rec->nr; i++)
		if (r[i].reserved)
			return -EINVAL;
	map = kxen_map_alloc(rec->nr);
	if (!map)
		return -ENOMEM;
	for (i = 0; i < rec->nr; i++)
		map->range[i] = (struct kxen_map_range) { r[i].addr, r[i].size, r[i].type };
	swap(d->map, map);
	kvfree(map);
	return 0;
}
