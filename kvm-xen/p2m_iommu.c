// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of a guest's own, which it has by VFIO, see the pages of other domains at the addresses
 * where the guest has mapped them: those of the guest, as for all of its memory. One mapping of
 * the IOMMU for each of the guest's; nothing is counted by page, nothing is searched.
 *
 * VFIO has the VMM's memory there, with entries as large as it likes, and does not know of ours.
 * So a page that is mapped over the VMM's memory cannot be shown to them: such a map is refused
 * (-EOPNOTSUPP) in a domain that has devices. Before VFIO takes an IOMMU's domain apart, ours
 * are taken out of it: a hook says so.
 *
 * A group's file is held, as KVM holds it: so the group stays VFIO's until KVM's list says
 * otherwise, or the VM ends.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "arch.h"
#include "kvm/glue.h"
#include "kvm/iommu.h"
#include "log.h"
#include "p2m.h"
#include "p2m_iommu.h"

/**
 * struct group - devices that VFIO has given the VM.
 * @node: in the domain's list.
 * @file: VFIO's, held.
 * @group: it, as long as the file.
 * @to: what its devices see; NULL: nothing yet, or not any more.
 * @leaves: VFIO has taken that away, or is about to: it is not looked for again.
 */
struct group {
	struct list_head node;
	struct file *file;
	struct iommu_group *group;
	struct iommu_domain *to;
	bool leaves;
};

static LIST_HEAD(domains);		/* those whose VM is there */
static DEFINE_MUTEX(domains_lock);	/* that, outside of each iommu.lock */

/* A domain that is made. It has no VM. */
void kxen_iommu_init(struct kxen_domain *d)
{
	mutex_init(&d->iommu.lock);
	INIT_LIST_HEAD(&d->iommu.groups);
	INIT_LIST_HEAD(&d->iommu.node);
	xa_init_flags(&d->iommu.mapped, XA_FLAGS_ACCOUNT);
}

/* What is mapped of a frame: the page's number, and whether it may only be read. */
static void *mapped_value(struct page *page, bool read_only)
{
	return xa_mk_value(page_to_pfn(page) << 1 | read_only);
}

static u64 mapped_pa(void *value)
{
	return (u64)(xa_to_value(value) >> 1) << PAGE_SHIFT;
}

/* --- one page ---------------------------------------------------------------------------- */

/* Two groups of one container see the same: the first one of them counts. */
static bool is_first(struct kxen_domain *d, const struct group *g)
{
	struct group *at;

	list_for_each_entry(at, &d->iommu.groups, node)
		if (at->to == g->to)
			return at == g;
	return false;
}

/* Of a group that is the first of those that see the same; or NULL. */
static struct iommu_domain *seen_by(struct kxen_domain *d, struct group *g)
{
	lockdep_assert_held(&d->iommu.lock);
	return g->to && is_first(d, g) ? g->to : NULL;
}

/* Take pages out of what one group sees, those that are ours alone. */
static void hide(struct kxen_domain *d, struct iommu_domain *from, const u64 *gfn, u32 nr)
{
	struct iommu_iotlb_gather gather;
	u64 iova;
	void *is;
	u32 i;

	lockdep_assert_held(&d->iommu.lock);
	iommu_iotlb_gather_init(&gather);
	for (i = 0; i < nr; i++) {
		iova = gfn[i] << XEN_PAGE_SHIFT;
		is = xa_load(&d->iommu.mapped, gfn[i]);
		if (is && kxen_glue_iommu_at(from, iova) == mapped_pa(is))
			kxen_glue_iommu_unmap(from, iova, &gather);
	}
	iommu_iotlb_sync(from, &gather);
}

static void hide_from_all(struct kxen_domain *d, const u64 *gfn, u32 nr)
{
	struct group *g;

	list_for_each_entry(g, &d->iommu.groups, node)
		if (g->to && is_first(d, g))
			hide(d, g->to, gfn, nr);
}

static int show(struct kxen_domain *d, u64 gfn, struct page *page, bool read_only)
{
	struct iommu_domain *to;
	struct group *g;
	int ret = 0;

	list_for_each_entry(g, &d->iommu.groups, node) {
		to = seen_by(d, g);
		if (to && !ret)
			ret = kxen_glue_iommu_map(to, gfn << XEN_PAGE_SHIFT, page_to_phys(page),
						  read_only);
	}
	if (ret)
		hide_from_all(d, &gfn, 1);
	return ret;
}

static int map_locked(struct kxen_domain *d, u64 gfn, struct page *page, bool read_only)
{
	void *was = xa_load(&d->iommu.mapped, gfn);
	int ret;

	lockdep_assert_held(&d->iommu.lock);
	/*
	 * Whoever came in between, with a group's list of pages, has done it; or another vCPU is
	 * about to unmap what was there, and this one has not waited for it.
	 */
	if (was)
		return was == mapped_value(page, read_only) ? 0 : -EBUSY;
	ret = xa_err(xa_store(&d->iommu.mapped, gfn, mapped_value(page, read_only),
			      GFP_KERNEL_ACCOUNT));
	if (ret)
		return ret;
	ret = show(d, gfn, page, read_only);
	if (ret)
		xa_erase(&d->iommu.mapped, gfn);
	return ret == -EEXIST ? -EOPNOTSUPP : ret;
}

/**
 * kxen_iommu_map() - Have a domain's devices see a page that its guest has mapped.
 * @d: the domain, with kxen_iommu_any().
 * @gfn: where the guest has it: it is in the table.
 * @page: another domain's, held until kxen_iommu_unmap() has returned.
 * @read_only: they may not write there.
 *
 * Context: may sleep; takes iommu.lock.
 * Return: 0; -EOPNOTSUPP if they see the VMM's memory there; -EBUSY if something else is being
 * unmapped there; -ENOMEM, or what the IOMMU's driver says: nothing of it is seen then.
 */
int kxen_iommu_map(struct kxen_domain *d, u64 gfn, struct page *page, bool read_only)
{
	int ret;

	mutex_lock(&d->iommu.lock);
	ret = list_empty(&d->iommu.groups) ? 0 : map_locked(d, gfn, page, read_only);
	mutex_unlock(&d->iommu.lock);
	return ret;
}

/**
 * kxen_iommu_unmap() - The guest has unmapped pages: no device reaches them any more.
 * @d: the domain.
 * @gfn: where they were; they are not in the table any more.
 * @nr: how many.
 *
 * Their IOMMUs are flushed once for all of them.
 * Context: may sleep; takes iommu.lock.
 */
void kxen_iommu_unmap(struct kxen_domain *d, const u64 *gfn, u32 nr)
{
	u32 i;

	mutex_lock(&d->iommu.lock);
	hide_from_all(d, gfn, nr);
	for (i = 0; i < nr; i++)
		xa_erase(&d->iommu.mapped, gfn[i]);
	mutex_unlock(&d->iommu.lock);
}

/* --- groups that come and go --------------------------------------------------------------- */

/* All that is ours is taken out of what @g sees, in steps, unless another group sees the same. */
static void blind(struct kxen_domain *d, struct group *g)
{
	struct group *other;
	unsigned long gfn;
	u64 at[32];
	void *pfn;
	u32 n = 0;

	lockdep_assert_held(&d->iommu.lock);
	list_for_each_entry(other, &d->iommu.groups, node)
		if (other != g && other->to == g->to)
			return;
	xa_for_each(&d->iommu.mapped, gfn, pfn) {
		at[n++] = gfn;
		if (n < ARRAY_SIZE(at))
			continue;
		hide(d, g->to, at, n);
		n = 0;
		cond_resched();
	}
	hide(d, g->to, at, n);
}

static void drop_group(struct kxen_domain *d, struct group *g)
{
	if (g->to)
		blind(d, g);
	list_del(&g->node);
	WRITE_ONCE(d->iommu.nr, d->iommu.nr - 1);
	/* From now on nobody tells us what is unmapped, so it is not for the next one to see. */
	if (list_empty(&d->iommu.groups))
		xa_destroy(&d->iommu.mapped);
	kxen_arch_iommu_disarm();
	fput(g->file);
	kfree(g);
}

/* What was mapped before there was a device: for kxen_p2m_each_mapped(). */
static void show_old(struct kxen_domain *d, u64 gfn, struct page *page, bool read_only)
{
	if (map_locked(d, gfn, page, read_only))
		d->iommu.unseen++;
}

/* And what others of the VM's devices see already. */
static void show_others(struct kxen_domain *d, struct group *g)
{
	unsigned long gfn;
	void *is;

	if (!seen_by(d, g))
		return;
	xa_for_each(&d->iommu.mapped, gfn, is) {
		if (kxen_glue_iommu_map(g->to, (u64)gfn << XEN_PAGE_SHIFT, mapped_pa(is),
					xa_to_value(is) & 1))
			d->iommu.unseen++;
		cond_resched();
	}
}

/* It is in the list, so that its leaving is seen, and sees nothing yet. */
static void add_group(struct kxen_domain *d, struct group *g)
{
	lockdep_assert_held(&d->iommu.lock);
	if (kxen_arch_iommu_arm()) {
		kxen_warn_guest(d, "a device does not see what the guest maps: an unknown VFIO");
		return;
	}
	list_move_tail(&g->node, &d->iommu.groups);
	WRITE_ONCE(d->iommu.nr, d->iommu.nr + 1);
	/*
	 * Whoever maps a page from now on sees the group, or we see the page in the table: pairs
	 * with the barrier between that and kxen_iommu_any().
	 */
	smp_mb();
}

/*
 * What it sees. VFIO has left the group alone since it was added, or has said that it takes it
 * away: a detachment that had begun before is over (kxen_glue_vfio_settle()).
 */
static void open_group(struct kxen_domain *d, struct group *g)
{
	lockdep_assert_held(&d->iommu.lock);
	if (g->to || g->leaves)
		return;
	g->to = kxen_glue_vfio_domain(g->group);
	show_others(d, g);
	kxen_p2m_each_mapped(d, show_old);
	if (d->iommu.unseen)
		kxen_warn_guest(d, "a device came late: it does not see all that the guest maps");
}

static bool has_file(const struct list_head *groups, const struct file *f)
{
	const struct group *g;

	list_for_each_entry(g, groups, node)
		if (g->file == f)
			return true;
	return false;
}

/* In place of what was there: the groups in @now. What is left in that is not needed. */
static void replace_groups(struct kxen_domain *d, struct list_head *now)
{
	struct group *g, *next;

	lockdep_assert_held(&d->iommu.lock);
	list_for_each_entry_safe(g, next, &d->iommu.groups, node)
		if (!has_file(now, g->file))
			drop_group(d, g);
	list_for_each_entry_safe(g, next, now, node)
		if (!has_file(&d->iommu.groups, g->file))
			add_group(d, g);
}

static void free_groups(struct list_head *groups)
{
	struct group *g, *next;

	list_for_each_entry_safe(g, next, groups, node) {
		fput(g->file);
		kfree(g);
	}
}

/* One that the VM has, for a list: of kxen_glue_vfio_each(). VFIO's locks are not below ours. */
static int take_group(void *arg, struct file *f)
{
	struct iommu_group *group = kxen_glue_vfio_group(f);
	struct list_head *to = arg;
	struct group *g;

	if (!group)
		return 0;
	g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);
	if (!g)
		return -ENOMEM;
	g->file = get_file(f);
	g->group = group;
	list_add_tail(&g->node, to);
	return 0;
}

/*
 * KVM's list of a VM's groups has changed, or is looked at for the first time: it stays locked, so
 * nobody else changes ours but the VM's end, which is not while it is looked at.
 */
static void look_at_groups(void *dev)
{
	struct kxen_domain *d = kxen_domain_of(kxen_glue_vfio_kvm(dev));
	struct group *g;
	LIST_HEAD(now);

	/* Who sleeps in here has a reference to the module, which a domain is one of. */
	if (!d)
		return;
	if (kxen_glue_vfio_each(dev, take_group, &now))
		kxen_warn_guest(d, "no memory: a device does not see what the guest maps");
	mutex_lock(&d->iommu.lock);
	replace_groups(d, &now);
	mutex_unlock(&d->iommu.lock);
	/*
	 * VFIO's lock of a group is above ours: it is held where the group leaves. A group that no
	 * IOMMU has leaves none; and it may be that of the platform device, whose lock 6.1 holds
	 * while that is opened, and attaches the VM.
	 */
	list_for_each_entry(g, &d->iommu.groups, node)
		if (kxen_glue_vfio_domain(g->group))
			kxen_glue_vfio_settle(g->file);
	mutex_lock(&d->iommu.lock);
	list_for_each_entry(g, &d->iommu.groups, node)
		open_group(d, g);
	mutex_unlock(&d->iommu.lock);
	free_groups(&now);
	kxen_domain_put(d);
}

/**
 * kxen_iommu_changed() - A VM of the host's has other devices than before.
 * @dev: KVM's VFIO device.
 *
 * Called by a hook, for any VM; does not sleep for one that has no domain.
 * Context: process context, may sleep; whether KVM's lock of @dev is held is for the glue to see.
 */
void kxen_iommu_changed(void *dev)
{
	struct kxen_domain *d = kxen_domain_of(kxen_glue_vfio_kvm(dev));

	/* Who sleeps in here has a reference to the module, which a domain is one of. */
	if (!d)
		return;
	kxen_glue_vfio_locked(dev, look_at_groups);
	kxen_domain_put(d);
}

/* Domain @d gets @kvm, which may have devices. Nothing is mapped yet. */
void kxen_iommu_attach(struct kxen_domain *d, struct kvm *kvm)
{
	mutex_lock(&domains_lock);
	list_add_tail(&d->iommu.node, &domains);
	mutex_unlock(&domains_lock);
	kxen_glue_vfio_find(kvm, look_at_groups);
}

/**
 * kxen_iommu_detached() - VFIO is about to take away what a group sees.
 * @group: whose.
 *
 * Called by a hook, before anything of it is gone.
 * Context: process context, may sleep; VFIO's locks are held.
 */
void kxen_iommu_detached(struct iommu_group *group)
{
	struct kxen_domain *d;
	struct group *g;

	/* The group may be anybody's, and the last domain with a device may be about to go. */
	if (!try_module_get(THIS_MODULE))
		return;
	mutex_lock(&domains_lock);
	list_for_each_entry(d, &domains, iommu.node) {
		mutex_lock(&d->iommu.lock);
		list_for_each_entry(g, &d->iommu.groups, node) {
			if (g->group != group)
				continue;
			g->leaves = true;
			if (g->to)
				blind(d, g);
			g->to = NULL;
		}
		mutex_unlock(&d->iommu.lock);
	}
	mutex_unlock(&domains_lock);
	module_put(THIS_MODULE);
}

/* The domain's VM goes, or it does not get it: nothing is mapped any more. May sleep. */
void kxen_iommu_detach(struct kxen_domain *d)
{
	struct group *g, *next;

	mutex_lock(&domains_lock);
	list_del_init(&d->iommu.node);
	mutex_unlock(&domains_lock);
	mutex_lock(&d->iommu.lock);
	list_for_each_entry_safe(g, next, &d->iommu.groups, node)
		drop_group(d, g);
	mutex_unlock(&d->iommu.lock);
	xa_destroy(&d->iommu.mapped);
}
