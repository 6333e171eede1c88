// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages the host holds of domains that are counted: what is registered, that is shared_info,
 * vcpu_info, pages with events, areas. Each has one owner, since with a direct map a page is in one
 * guest's memory. An access tells its address in the host, and here is where in a guest that is.
 */
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "../kvm-xen/guest_mem.h"
#include "direct.h"

#define OWN_ADDRESS	KXEN_WINDOW_SIZE

struct direct_held {
	struct hlist_node node;
	unsigned long pfn;
	unsigned long addr;
	struct kxen_domain *d;	/* whose, to compare */
	u32 times;
	struct rcu_head rcu;
};

/* Changed under the lock, read under RCU, in interrupts, too. */
static DEFINE_HASHTABLE(held_pages, 10);
static DEFINE_SPINLOCK(held_lock);

static struct direct_held *find_held(unsigned long pfn)
{
	struct direct_held *h;

	hash_for_each_possible_rcu(held_pages, h, node, pfn, lockdep_is_held(&held_lock))
		if (h->pfn == pfn)
			return h;
	return NULL;
}

static int hold(struct kxen_domain *d, const struct kxen_page *p, unsigned long pfn)
{
	struct direct_held *old, *h = kmalloc(sizeof(*h), GFP_KERNEL_ACCOUNT);
	int ret = 0;

	if (!h)
		return -ENOMEM;
	*h = (struct direct_held) {
		.pfn = pfn, .d = d, .times = 1,
		.addr = d->direct->base +
			((p->gfn << XEN_PAGE_SHIFT) & (KXEN_DIRECT_SIZE - 1)),
	};
	spin_lock(&held_lock);
	old = find_held(pfn);
	if (!old) {
		hash_add_rcu(held_pages, &h->node, pfn);
		h = NULL;
	} else if (old->d == d) {
		old->times++;
	} else {
		ret = -EINVAL;
	}
	spin_unlock(&held_lock);
	kfree(h);
	return ret;
}

static void release(struct kxen_domain *d, unsigned long pfn)
{
	struct direct_held *h;

	spin_lock(&held_lock);
	h = find_held(pfn);
	if (!WARN_ON_ONCE(!h || h->d != d) && !--h->times) {
		hash_del_rcu(&h->node);
		kfree_rcu(h, rcu);
	}
	spin_unlock(&held_lock);
}

/**
 * kxen_direct_held() - A page of a domain's is held, or about to be given back.
 * @d: the domain, one that is counted.
 * @p: the page.
 * @held: it is.
 *
 * Context: if it is held, may sleep, no lock held but a restore's; else under any mutex.
 * Return: 0; -EINVAL: it is another domain's memory, too; -ENOMEM.
 */
int kxen_direct_held(struct kxen_domain *d, const struct kxen_page *p, bool held)
{
	unsigned long pfn = page_to_pfn(p->page);

	if (held)
		return hold(d, p, pfn);
	release(d, pfn);
	return 0;
}

/**
 * kxen_direct_address() - Where an access goes, in the model.
 * @p: where it goes in the host.
 *
 * What nobody holds is the hypervisor's own: a page that stands for one of a guest's.
 * Context: any but an NMI's.
 */
unsigned long kxen_direct_address(const void *p)
{
	unsigned long addr = OWN_ADDRESS;
	struct direct_held *h;

	if (!virt_addr_valid(p))
		return addr;
	rcu_read_lock();
	h = find_held(page_to_pfn(virt_to_page(p)));
	if (h)
		addr = h->addr + xen_offset_in_page(p);
	rcu_read_unlock();
	return addr;
}
