// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a controller prepares for a guest, with or without its VM: the map of its memory
 * (semantics G25), parameters of hvm_op; and, with its VM, special pages.
 * include/uapi/linux/kvm_xen.h is its documentation.
 */
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <uapi/linux/kvm_xen.h>

#include "ctl.h"
#include "hypercall.h"
#include "kxen.h"
#include "memory_map.h"
#include "special.h"

static_assert(sizeof(struct kxen_map_entry) == 24);

/* Has the domain a guest that can be given something? 0, or why not. */
static int has_guest(const struct kxen_domain *d)
{
	if (d->is_host)
		return -EINVAL;
	return READ_ONCE(d->state) == KXEN_DYING ? -ESHUTDOWN : 0;
}

/* What user space has at @buf; NULL for none of it. */
static struct kxen_map *copy_map(u64 buf, u32 nr)
{
	struct kxen_map_entry __user *from = u64_to_user_ptr(buf);
	struct kxen_map_entry e;
	struct kxen_map *map;
	int ret = 0;
	u32 i;

	if (!nr)
		return NULL;
	if (nr > KXEN_MAP_MAX)
		return ERR_PTR(-E2BIG);
	map = kxen_map_alloc(nr);
	if (!map)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < nr && !ret; i++) {
		if (copy_from_user(&e, from + i, sizeof(e)))
			ret = -EFAULT;
		else if (e.reserved)
			ret = -EOPNOTSUPP;
		map->range[i] = (struct kxen_map_range) { e.addr, e.len, e.type };
	}
	if (!ret)
		return map;
	kvfree(map);
	return ERR_PTR(ret);
}

static int prepare_map(struct kxen_domain *d, void *arg)
{
	struct kxen_map_arg *a = arg;
	struct kxen_map *map;
	int ret = has_guest(d);

	if (ret)
		return ret;
	map = copy_map(a->buf, a->nr);
	if (IS_ERR(map))
		return PTR_ERR(map);
	ret = kxen_map_give(d, map);
	if (ret)
		kvfree(map);
	return ret;
}

const struct kxen_ctl_call kxen_prepare_map = {
	KXEN_GIVE_MAP, sizeof(struct kxen_map_arg), offsetofend(struct kxen_map_arg, buf),
	.own = true, .fn = prepare_map,
};

static int prepare_param(struct kxen_domain *d, void *arg)
{
	struct kxen_param_arg *a = arg;
	int ret = a->reserved || a->reserved2 ? -EOPNOTSUPP : has_guest(d);

	if (ret)
		return ret;
	return a->flags & KXEN_PARAM_GIVE ? kxen_hvm_param_give(d, a->index, a->value) :
					    kxen_hvm_param_read(d, a->index, &a->value);
}

const struct kxen_ctl_call kxen_prepare_param = {
	KXEN_PARAM, sizeof(struct kxen_param_arg), offsetofend(struct kxen_param_arg, value),
	.flags = KXEN_PARAM_GIVE, .own = true, .fn = prepare_param,
};

static int prepare_special(struct kxen_domain *d, void *arg)
{
	const struct kxen_special_arg *a = arg;
	int ret = has_guest(d);

	return ret ?: kxen_special_give(d, a->gfn, a->nr);
}

const struct kxen_ctl_call kxen_prepare_special = {
	KXEN_SPECIAL, sizeof(struct kxen_special_arg), offsetofend(struct kxen_special_arg, gfn),
	.own = true, .fn = prepare_special,
};
