// SPDX-License-Identifier: GPL-2.0-only
/* XENMEM_memory_map and XENMEM_set_memory_map: semantics G25. */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <xen/interface/xen.h>

#include "hypercall.h"
#include "memory_map.h"

struct memory_map {
	u32 nr;
	u64 buffer;
};

struct memory_map_compat {
	u32 nr;
	u32 buffer;
};

static const struct kxen_field map_fields[] = {
	KXEN_FIELD(memory_map, memory_map_compat, nr),
	KXEN_FIELD(memory_map, memory_map_compat, buffer),
};

static const struct kxen_struct map_layout =
	KXEN_STRUCT(memory_map, memory_map_compat, map_fields);

struct foreign_map {
	u16 domid;
	u16 pad[3];
	u32 nr;
	u64 buffer;
};

struct foreign_map_compat {
	u16 domid;
	u32 nr;
	u32 buffer;
};

static const struct kxen_field foreign_fields[] = {
	KXEN_FIELD(foreign_map, foreign_map_compat, domid),
	KXEN_FIELD(foreign_map, foreign_map_compat, nr),
	KXEN_FIELD(foreign_map, foreign_map_compat, buffer),
};

static const struct kxen_struct foreign_layout =
	KXEN_STRUCT(foreign_map, foreign_map_compat, foreign_fields);

/* As many ranges as there are, and are asked for. @nr is written last, and alone. */
static long put_map(struct kxen_hc *hc, const struct memory_map *m, const struct kxen_map *map)
{
	u32 nr = min(m->nr, map->nr);

	if (!map->nr)
		return -ENOSYS;
	if (kxen_hc_put(hc, m->buffer, map->range, sizeof(map->range[0]) * nr))
		return -EFAULT;
	return kxen_hc_put(hc, hc->arg[1], &nr, sizeof(nr));
}

/* {u32 nr_entries, handle} */
long kxen_hc_memory_map(struct kxen_hc *hc)
{
	struct kxen_map *map;
	struct memory_map m;
	long ret;

	if (kxen_hc_get_struct(hc, &m, hc->arg[1], &map_layout))
		return -EFAULT;
	map = kxen_map_get(hc->d);
	if (IS_ERR(map))
		return PTR_ERR(map);
	ret = put_map(hc, &m, map);
	kvfree(map);
	return ret;
}

/* {u16 domid, {u32 nr_entries, handle}} */
long kxen_hc_set_memory_map(struct kxen_hc *hc)
{
	struct foreign_map f;
	struct kxen_map *map;
	long ret;

	if (kxen_hc_get_struct(hc, &f, hc->arg[1], &foreign_layout))
		return -EFAULT;
	if (f.nr > KXEN_MAP_MAX)
		return -EINVAL;
	ret = kxen_hc_own_domain(hc, f.domid);
	if (ret)
		return ret;
	map = kxen_map_alloc(f.nr);
	if (!map)
		return -ENOMEM;
	ret = -EFAULT;
	if (!kxen_hc_get(hc, map->range, f.buffer, sizeof(map->range[0]) * f.nr))
		ret = kxen_map_set(hc->d, map);
	if (ret)
		kvfree(map);
	return ret;
}
