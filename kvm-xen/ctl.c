// SPDX-License-Identifier: GPL-2.0-only
/* /dev/kvm-xen: include/uapi/linux/kvm_xen.h is its documentation. */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <uapi/linux/kvm_xen.h>

#include "arch.h"
#include "ctl.h"
#include "hypercall.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "pause.h"
#include "save.h"
#include "stats.h"
#include "subsys.h"

/**
 * struct ctl_file - an open file.
 * @id: never reused; a pointer could be.
 * @held: domains that it holds, by number.
 */
struct ctl_file {
	u64 id;
	struct xarray held;
};

static atomic64_t next_file_id;

/* The largest argument of any call. */
union ctl_arg {
	struct kxen_info info;
	struct kxen_create create;
	struct kxen_attach attach;
	struct kxen_query query;
	struct kxen_domid_arg domid;
	struct kxen_stream_arg stream;
	struct kxen_stats_arg stats;
	struct kxen_map_arg map;
	struct kxen_param_arg param;
	struct kxen_special_arg special;
	u8 part[KXEN_CTL_ARG_MAX];
};

/* A domain that this file may change, with a reference. */
static struct kxen_domain *get_own(struct ctl_file *cf, u32 domid)
{
	struct kxen_domain *d = kxen_domain_get(domid);

	if (!d)
		return ERR_PTR(-ENOENT);
	if (d->owner != cf->id && !capable(CAP_SYS_ADMIN)) {
		kxen_domain_put(d);
		return ERR_PTR(-EPERM);
	}
	return d;
}

/* With its reference, unless the caller may not see it; then that is given back. */
static struct kxen_domain *if_visible(struct kxen_domain *d)
{
	if (!d)
		return ERR_PTR(-ENOENT);
	if (!kxen_domain_visible(d)) {
		kxen_domain_put(d);
		return ERR_PTR(-EPERM);
	}
	return d;
}

/* A domain that the caller may see, with a reference. */
static struct kxen_domain *get_visible(u32 domid)
{
	return if_visible(kxen_domain_get(domid));
}

static int ctl_info(struct ctl_file *cf, union ctl_arg *arg)
{
	struct kxen_info *a = &arg->info;

	a->abi_version = KXEN_ABI_VERSION;
	a->features = KXEN_F_PAUSE | KXEN_F_SAVE | KXEN_F_VCPU_IDS | KXEN_F_HOLD | KXEN_F_STATS |
		      KXEN_F_GIVE | KXEN_F_SPECIAL | kxen_arch_ctl_features |
		      kxen_subsys_features();
	a->max_vcpus = KXEN_MAX_VCPUS;
	a->max_ports = kxen_subsys_create_max(offsetof(struct kxen_create, max_ports));
	a->domains = kxen_domains_count();
	a->hooks_armed = kxen_hooks_armed();
	return 0;
}

static int ctl_create(struct ctl_file *cf, union ctl_arg *arg)
{
	struct kxen_create *a = &arg->create;
	struct kxen_domain *d = kxen_domain_create(a, cf->id);

	if (IS_ERR(d))
		return PTR_ERR(d);
	a->domid = d->domid;
	kxen_domain_put(d);
	return 0;
}

/* The list of vCPU numbers, NULL for none, or an error pointer. */
static struct kxen_vcpu_id *copy_ids(const struct kxen_attach *a)
{
	struct kxen_vcpu_id *ids;
	size_t size = a->nr_vcpu_ids * sizeof(*ids);

	if (!a->nr_vcpu_ids)
		return NULL;
	if (a->nr_vcpu_ids > KXEN_MAX_VCPUS)
		return ERR_PTR(-E2BIG);
	ids = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!ids)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(ids, u64_to_user_ptr(a->vcpu_ids), size)) {
		kvfree(ids);
		return ERR_PTR(-EFAULT);
	}
	return ids;
}

/* A descriptor is what a caller has; from here on it is a VM. */
static int attach(struct kxen_domain *d, struct kxen_attach *a)
{
	struct kxen_vcpu_id *ids = copy_ids(a);
	struct kvm *kvm;
	struct file *f;
	int ret;

	if (IS_ERR(ids))
		return PTR_ERR(ids);
	f = kxen_glue_vm_file(a->vm_fd, &kvm);
	if (IS_ERR(f)) {
		a->reason = KXEN_ATTACH_NOT_A_VM;
		kvfree(ids);
		return PTR_ERR(f);
	}
	ret = kxen_domain_attach(d, kvm, ids, a->nr_vcpu_ids, &a->reason);
	fput(f);
	return ret;
}

static int ctl_attach(struct ctl_file *cf, union ctl_arg *arg)
{
	struct kxen_attach *a = &arg->attach;
	struct kxen_domain *d;
	int ret;

	if (a->flags || a->reserved || a->reserved2)
		return -EOPNOTSUPP;
	d = get_own(cf, a->domid);
	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = attach(d, a);
	kxen_domain_put(d);
	return ret;
}

/* The first domain from @domid on that the caller may see, with a reference. */
static struct kxen_domain *next_visible(u32 domid)
{
	struct kxen_domain *d;

	while ((d = kxen_domain_next(domid)) && !d->is_host &&
	       !kxen_domain_visible(d)) {
		domid = d->domid + 1;
		kxen_domain_put(d);
	}
	return d;
}

/* A domain that the caller may look at, with a reference. */
static struct kxen_domain *get_seen(struct kxen_domain *d)
{
	/* That domain 0 is there is no secret. */
	return d && d->is_host ? d : if_visible(d);
}

static int ctl_query(struct ctl_file *cf, union ctl_arg *arg)
{
	struct kxen_query *a = &arg->query;
	struct kxen_domain *d;
	u32 size = a->size, flags = a->flags;

	if (flags & ~KXEN_QUERY_NEXT)
		return -EOPNOTSUPP;
	d = get_seen(flags & KXEN_QUERY_NEXT ? next_visible(a->domid) :
					       kxen_domain_get(a->domid));
	if (IS_ERR(d))
		return PTR_ERR(d);
	memset(a, 0, sizeof(*a));
	a->size = size;
	a->flags = flags;
	kxen_domain_query(d, a);
	kxen_domain_put(d);
	return 0;
}

static int ctl_stats(struct ctl_file *cf, union ctl_arg *arg)
{
	struct kxen_stats_arg *a = &arg->stats;
	struct kxen_domain *d;
	int ret;

	if (a->flags)
		return -EOPNOTSUPP;
	d = get_seen(kxen_domain_get(a->domid));
	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = kxen_stats_copy(d, a->buf, &a->nr);
	kxen_domain_put(d);
	return ret;
}

static int ctl_stat_names(struct ctl_file *cf, union ctl_arg *arg)
{
	struct kxen_stats_arg *a = &arg->stats;

	if (a->flags || a->domid)
		return -EOPNOTSUPP;
	return kxen_stat_names_copy(a->buf, &a->nr);
}

static int on_domain(struct ctl_file *cf, union ctl_arg *arg,
		     int (*fn)(struct kxen_domain *d))
{
	struct kxen_domid_arg *a = &arg->domid;
	struct kxen_domain *d;
	int ret;

	if (a->flags || a->reserved)
		return -EOPNOTSUPP;
	d = get_own(cf, a->domid);
	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = fn(d);
	kxen_domain_put(d);
	return ret;
}

static int ctl_destroy(struct ctl_file *cf, union ctl_arg *arg)
{
	return on_domain(cf, arg, kxen_domain_destroy);
}

static int ctl_pause(struct ctl_file *cf, union ctl_arg *arg)
{
	return on_domain(cf, arg, kxen_domain_pause);
}

static int ctl_unpause(struct ctl_file *cf, union ctl_arg *arg)
{
	return on_domain(cf, arg, kxen_domain_unpause);
}

static int hold(struct ctl_file *cf, struct kxen_domain *d)
{
	int ret;

	if (d->is_host)
		return -EINVAL;
	if (!kxen_domain_hold(d))
		return -ENOENT;
	ret = xa_insert(&cf->held, d->domid, d, GFP_KERNEL_ACCOUNT);
	if (ret)
		kxen_domain_unhold(d);
	return ret == -EBUSY ? -EEXIST : ret;
}

static int ctl_hold(struct ctl_file *cf, union ctl_arg *arg)
{
	struct kxen_domid_arg *a = &arg->domid;
	struct kxen_domain *d;
	int ret;

	if (a->flags || a->reserved)
		return -EOPNOTSUPP;
	d = get_visible(a->domid);
	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = hold(cf, d);
	kxen_domain_put(d);
	return ret;
}

/* If this was the last one, the domain is gone on return. */
static void unhold(struct kxen_domain *d)
{
	refcount_inc(&d->ref);
	kxen_domain_unhold(d);
	flush_work(&d->gone_work);
	kxen_domain_put(d);
}

static int ctl_unhold(struct ctl_file *cf, union ctl_arg *arg)
{
	struct kxen_domid_arg *a = &arg->domid;
	struct kxen_domain *d;

	if (a->flags || a->reserved)
		return -EOPNOTSUPP;
	d = xa_erase(&cf->held, a->domid);
	if (!d)
		return -ENOENT;
	unhold(d);
	return 0;
}

static int ctl_stream(struct ctl_file *cf, struct kxen_stream_arg *a, bool save)
{
	struct kxen_domain *d;
	int ret;

	if (a->flags || a->skipped)
		return -EOPNOTSUPP;
	d = get_own(cf, a->domid);
	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = save ? kxen_domain_save(d, a->buf, &a->len) :
		     kxen_domain_restore(d, a->buf, a->len, &a->reason,
					 &a->skipped);
	kxen_domain_put(d);
	return ret;
}

static int ctl_save(struct ctl_file *cf, union ctl_arg *arg)
{
	return ctl_stream(cf, &arg->stream, true);
}

static int ctl_restore(struct ctl_file *cf, union ctl_arg *arg)
{
	return ctl_stream(cf, &arg->stream, false);
}

/* What a part of the domain does with it. All arguments begin alike. */
static int call_part(struct ctl_file *cf, const struct kxen_ctl_call *c,
		     union ctl_arg *arg)
{
	struct kxen_domain *d;
	int ret;

	if (arg->domid.flags & ~c->flags)
		return -EOPNOTSUPP;
	d = c->own ? get_own(cf, arg->domid.domid) :
		     get_visible(arg->domid.domid);
	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = c->fn(d, arg);
	kxen_domain_put(d);
	return ret;
}

static int ctl_give_map(struct ctl_file *cf, union ctl_arg *arg)
{
	return call_part(cf, &kxen_prepare_map, arg);
}

static int ctl_param(struct ctl_file *cf, union ctl_arg *arg)
{
	return call_part(cf, &kxen_prepare_param, arg);
}

static int ctl_special(struct ctl_file *cf, union ctl_arg *arg)
{
	return call_part(cf, &kxen_prepare_special, arg);
}

/* A call of the core's, or, without @fn, one of a part of the domain. */
struct ctl_call {
	unsigned int cmd;
	u32 size;		/* as the kernel knows it */
	u32 min_size;		/* as the first version had it */
	int (*fn)(struct ctl_file *cf, union ctl_arg *arg);
	const struct kxen_ctl_call *part;
};

static const struct ctl_call calls[] = {
#define CALL(nr, name, type, last)					\
	[_IOC_NR(nr)] = {						\
	.cmd = nr, .size = sizeof(struct type) +			\
	BUILD_BUG_ON_ZERO(sizeof(struct type) > sizeof(union ctl_arg)),	\
	.min_size = offsetofend(struct type, last), .fn = ctl_##name }
	CALL(KXEN_INFO, info, kxen_info, hooks_armed),
	CALL(KXEN_CREATE, create, kxen_create, uuid),
	CALL(KXEN_ATTACH, attach, kxen_attach, reserved),
	CALL(KXEN_QUERY, query, kxen_query, reserved),
	CALL(KXEN_DESTROY, destroy, kxen_domid_arg, reserved),
	CALL(KXEN_PAUSE, pause, kxen_domid_arg, reserved),
	CALL(KXEN_UNPAUSE, unpause, kxen_domid_arg, reserved),
	CALL(KXEN_SAVE, save, kxen_stream_arg, skipped),
	CALL(KXEN_RESTORE, restore, kxen_stream_arg, skipped),
	CALL(KXEN_HOLD, hold, kxen_domid_arg, reserved),
	CALL(KXEN_UNHOLD, unhold, kxen_domid_arg, reserved),
	CALL(KXEN_STATS, stats, kxen_stats_arg, buf),
	CALL(KXEN_STAT_NAMES, stat_names, kxen_stats_arg, buf),
	CALL(KXEN_GIVE_MAP, give_map, kxen_map_arg, buf),
	CALL(KXEN_PARAM, param, kxen_param_arg, value),
	CALL(KXEN_SPECIAL, special, kxen_special_arg, gfn),
#undef CALL
};

/* No holes: the structures are the same for every compiler and width. */
static_assert(sizeof(struct kxen_info) == 32);
static_assert(sizeof(struct kxen_create) == 48);
static_assert(sizeof(struct kxen_attach) == 40);
static_assert(sizeof(struct kxen_vcpu_id) == 8);
static_assert(sizeof(struct kxen_query) == 144);
static_assert(sizeof(struct kxen_domid_arg) == 16);
static_assert(sizeof(struct kxen_stream_arg) == 32);
static_assert(sizeof(struct kxen_stats_arg) == 24);
static_assert(sizeof(struct kxen_stat) == 16);
static_assert(sizeof(struct kxen_stat_name) == 32);
static_assert(sizeof(struct kxen_map_arg) == 24);
static_assert(sizeof(struct kxen_param_arg) == 32);
static_assert(sizeof(struct kxen_special_arg) == 24);

/* The core's call of that number, or NULL. */
static const struct ctl_call *core_call(unsigned int cmd)
{
	u32 nr = _IOC_NR(cmd);
	const struct ctl_call *c;

	if (nr >= ARRAY_SIZE(calls))
		return NULL;
	c = &calls[array_index_nospec(nr, ARRAY_SIZE(calls))];
	return c->fn && c->cmd == cmd ? c : NULL;
}

/* Is that a call of the core's? A part of a domain cannot have it. */
bool kxen_ctl_is_core(unsigned int cmd)
{
	return core_call(cmd);
}

static bool find_call(unsigned int cmd, struct ctl_call *c)
{
	const struct ctl_call *core = core_call(cmd);
	const struct kxen_ctl_call *part;

	if (core) {
		*c = *core;
		return true;
	}
	part = kxen_subsys_ctl(cmd);
	if (part)
		*c = (struct ctl_call) { cmd, part->size, part->min_size, NULL, part };
	return part;
}

/* Its number is not known to whoever made it. */
static void undo_create(struct ctl_file *cf, u32 domid)
{
	struct kxen_domain *d = kxen_domain_get(domid);

	if (!d)
		return;
	/* It may have been destroyed by another thread, and its number be another's. */
	if (d->owner == cf->id)
		kxen_domain_destroy(d);
	kxen_domain_put(d);
}

/* What was made: the caller knows of it, or nobody ever will. */
static void call_done(struct ctl_file *cf, const struct ctl_call *c, union ctl_arg *arg, bool told)
{
	if (!told && c->cmd == KXEN_CREATE)
		undo_create(cf, arg->create.domid);
	if (c->part && c->part->done)
		c->part->done(arg, told);
}

static long ctl_ioctl(struct file *file, unsigned int cmd, unsigned long uptr)
{
	void __user *user = (void __user *)uptr;
	union ctl_arg arg = { };
	struct ctl_call c;
	bool told;
	u32 size;
	int ret;

	if (!find_call(cmd, &c))
		return -ENOTTY;
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < c.min_size)
		return -EINVAL;
	/* What is beyond the structure is looked through for zeros: not for gigabytes. */
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&arg, c.size, user, size);
	if (ret)
		return ret;
	size = min(size, c.size);
	/* Can the answer be written? Better known before the question is acted upon. */
	if (copy_to_user(user, &arg, size))
		return -EFAULT;
	ret = c.fn ? c.fn(file->private_data, &arg) :
		     call_part(file->private_data, c.part, &arg);
	/* Also on failure: the attach says why. */
	told = !copy_to_user(user, &arg, size);
	if (!ret)
		call_done(file->private_data, &c, &arg, told);
	return told ? ret : -EFAULT;
}

static int ctl_open(struct inode *inode, struct file *file)
{
	struct ctl_file *cf = kzalloc(sizeof(*cf), GFP_KERNEL_ACCOUNT);

	if (!cf)
		return -ENOMEM;
	cf->id = atomic64_inc_return(&next_file_id);
	xa_init_flags(&cf->held, XA_FLAGS_ACCOUNT);
	file->private_data = cf;
	return nonseekable_open(inode, file);
}

static int ctl_release(struct inode *inode, struct file *file)
{
	struct ctl_file *cf = file->private_data;
	struct kxen_domain *d;
	unsigned long i;

	xa_for_each(&cf->held, i, d)
		unhold(d);
	xa_destroy(&cf->held);
	kxen_domain_release_owner(cf->id);
	kfree(cf);
	return 0;
}

static const struct file_operations ctl_fops = {
	.owner = THIS_MODULE,
	.open = ctl_open,
	.release = ctl_release,
	.unlocked_ioctl = ctl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice ctl_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "kvm-xen",
	.fops = &ctl_fops,
	.mode = 0600,
};

int kxen_ctl_init(void)
{
	return misc_register(&ctl_device);
}

void kxen_ctl_exit(void)
{
	misc_deregister(&ctl_device);
}
