// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of a guest's that a process of the host has mapped by their frames: what dom0/ makes of
 * them a process's memory.
 *
 * A page of the VMM's memory is held as one that is granted: pinned, charged to the VMM's user,
 * in the dirty log while the host may write to it, and once more at its end. A page that was
 * placed over the frame is held by its entry. Either stays what it was, whatever the guest, its
 * VMM or the domain's end does to the frame; the domain is dying until the last one is given back.
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/xarray.h>

#include "guest_mem.h"
#include "dom0_page.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"
#include "p2m_hole.h"
#include "stream.h"

/* A value in domain->host_mapped: how often a frame's memory is mapped, and of these to write. */
#define MAP_ONE		1UL
#define MAP_WRITER	BIT(31)

#define RETRIES		4	/* for a frame that changes while its page is brought */

/**
 * struct host_found - what is at a frame.
 * @at: that, with a reference to what was placed.
 * @mm: RAM: its owner's memory, with a reference; NULL: it is the calling task's.
 */
struct host_found {
	struct kxen_p2m at;
	struct mm_struct *mm;
};

static void found_put(struct host_found *f)
{
	kxen_p2m_put(&f->at);
	/* Its VMM may have gone: its memory, and its requests to disks, are not ours to end. */
	if (f->mm)
		mmput_async(f->mm);
	f->mm = NULL;
}

/* What is paged out is wanted from now on. */
static int look(struct kxen_domain *d, u64 gfn, struct host_found *f)
{
	struct kxen_p2m_entry *e;
	struct mm_struct *mm;

	lockdep_assert_held(&d->lock);	/* keeps the VM */
	if (!d->kvm || READ_ONCE(d->state) == KXEN_DYING)
		return -EINVAL;
	f->at = kxen_p2m_lookup(d, gfn);
	e = f->at.entry;
	switch (f->at.kind) {
	case KXEN_P2M_RAM:
		if (kxen_p2m_is_out(d, gfn))
			return -ENOENT;
		mm = kxen_glue_vm_mm(d->kvm);
		if (mm == current->mm)
			return 0;
		if (!mmget_not_zero(mm))
			return -EINVAL;
		f->mm = mm;
		return 0;
	case KXEN_P2M_OWN:
		/* A part of a larger page of the host's would show what is none of the guest's. */
		return e->offset ? -EINVAL : 0;
	case KXEN_P2M_OUT:
		if (e->want)
			e->want(d, gfn, e);
		return -ENOENT;
	case KXEN_P2M_NONE:
	case KXEN_P2M_FOREIGN:	/* its owner's to show, who may take it back */
	case KXEN_P2M_HOLE:
		break;
	}
	return -EINVAL;
}

/* For found_put(), whatever it returns. */
static int find(struct kxen_domain *d, u64 gfn, struct host_found *f)
{
	int ret;

	*f = (struct host_found) { };
	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	ret = look(d, gfn, f);
	mutex_unlock(&d->lock);
	return ret;
}

/* --- what is noted of a frame ----------------------------------------------------------- */

static unsigned long maps_of(struct kxen_domain *d, u64 gfn)
{
	return xa_to_value(xa_load(&d->host_mapped, gfn) ?: xa_mk_value(0));
}

static unsigned long weight(const struct kxen_dom0_page *p)
{
	return MAP_ONE + (p->read_only ? 0 : MAP_WRITER);
}

/* Memory for it comes before the lock, as in pin_account(). */
static int note(const struct kxen_dom0_page *p)
{
	struct kxen_domain *d = p->d;
	unsigned long value;
	int ret;

	do {
		ret = xa_reserve(&d->host_mapped, p->gfn, GFP_KERNEL_ACCOUNT);
		if (ret)
			return ret;
		mutex_lock(&d->pin_lock);
		value = maps_of(d, p->gfn) + weight(p);
		/* If it fails, somebody else has given the last one of the place back meanwhile. */
		ret = xa_err(xa_store(&d->host_mapped, p->gfn, xa_mk_value(value), GFP_NOWAIT));
		mutex_unlock(&d->pin_lock);
	} while (ret);
	return 0;
}

/* Nobody writes to it any more by this map; the VM may have gone. */
static void unnote(const struct kxen_dom0_page *p, bool wrote)
{
	struct kxen_domain *d = p->d;
	unsigned long value;

	mutex_lock(&d->pin_lock);
	if (wrote && d->kvm)
		kxen_glue_gfn_dirty(d->kvm, kxen_gfn_to_kvm(p->gfn));
	value = maps_of(d, p->gfn) - weight(p);
	/* A place that has a value takes no memory. */
	if (value)
		xa_store(&d->host_mapped, p->gfn, xa_mk_value(value), GFP_NOWAIT);
	else
		xa_erase(&d->host_mapped, p->gfn);
	mutex_unlock(&d->pin_lock);
}

/**
 * kxen_dom0_page_is_mapped() - Has a process of the host the VMM's memory of this frame?
 * @d: the domain.
 * @gfn: the frame, not trusted.
 *
 * Context: any; as of now.
 */
bool kxen_dom0_page_is_mapped(struct kxen_domain *d, u64 gfn)
{
	return xa_load(&d->host_mapped, gfn);
}

/**
 * kxen_dom0_pages_mark_dirty() - What processes of the host may write to, in a VM's dirty log.
 * @d: the domain.
 * @slot: the part of its memory whose log is about to be read.
 *
 * Context: kvm->slots_lock held.
 */
void kxen_dom0_pages_mark_dirty(struct kxen_domain *d, struct kvm_memory_slot *slot)
{
	unsigned long gfn;
	void *entry;
	u64 first, nr;

	kxen_glue_slot_frames(slot, &first, &nr);
	if (!nr)
		return;
	xa_for_each_range(&d->host_mapped, gfn, entry, kxen_gfn_from_kvm(first),
			  kxen_gfn_from_kvm(first + nr) - 1) {
		if (xa_to_value(entry) >= MAP_WRITER)
			kxen_glue_slot_dirty(slot, kxen_gfn_to_kvm(gfn));
		cond_resched();
	}
}

/* --- pages ------------------------------------------------------------------------------- */

static void give_back(struct kxen_dom0_page *p)
{
	if (!p->away)
		kxen_memory_unpin(p->page);
	kxen_memory_uncharge(p->d);
	p->page = NULL;
}

/*
 * What is nominated for paging stays so, as on Xen, while nobody can write to it here: its pager
 * maps it to read it. Who could write would do so behind the pager's back.
 */
static struct page *kept_page(const struct kxen_dom0_page *p)
{
	const struct kxen_frame_ops *ops = p->d->frame_ops;

	return ops && p->read_only ? ops->kept(p->d, p->gfn) : NULL;
}

static int pin(struct kxen_dom0_page *p, const struct host_found *f)
{
	int ret = kxen_memory_charge(p->d);

	if (ret)
		return ret;
	p->page = kept_page(p);
	if (p->page)
		return 0;
	ret = kxen_memory_pin(f->mm, f->at.hva, true, &p->page);
	if (ret) {
		kxen_memory_uncharge(p->d);
		p->page = NULL;
	}
	return ret;
}

/* 0; 1: something else is there by now than what has come. */
static int is_still_there(struct kxen_dom0_page *p, const struct host_found *was)
{
	struct host_found now;
	int ret = kxen_p2m_became_hole(p->d, p->gfn) ? -EINVAL : 0;

	if (ret)
		return ret;
	ret = find(p->d, p->gfn, &now);
	if (!ret && (now.at.kind != KXEN_P2M_RAM || now.at.hva != was->at.hva))
		ret = 1;
	found_put(&now);
	return ret;
}

/* Noted first: who makes the frame a hole sees either that, or is seen. */
static int map_ram(struct kxen_dom0_page *p, const struct host_found *f)
{
	int ret = note(p);

	if (ret)
		return ret;
	ret = pin(p, f);
	if (!ret) {
		ret = is_still_there(p, f);
		if (ret)
			give_back(p);
	}
	if (ret)
		unnote(p, false);
	return ret;
}

/* The reference goes from @f to @p. */
static int map_placed(struct kxen_dom0_page *p, struct host_found *f)
{
	struct kxen_p2m_entry *e = f->at.entry;

	if (e->read_only && !p->read_only)
		return -EINVAL;
	p->entry = e;
	p->page = e->page;
	f->at.entry = NULL;
	return 0;
}

/* One attempt: 1, if it is worth another one. */
static int map(struct kxen_dom0_page *p)
{
	struct host_found f;
	int ret = find(p->d, p->gfn, &f);

	if (!ret)
		ret = f.at.kind == KXEN_P2M_OWN ? map_placed(p, &f) : map_ram(p, &f);
	found_put(&f);
	return ret;
}

/**
 * kxen_dom0_page_map() - Have a page of a guest's for a process of the host.
 * @d: the domain; the caller has a reference.
 * @gfn: the frame, not trusted.
 * @read_only: nobody will write to it.
 * @p: filled in.
 *
 * Context: no lock held; may sleep, for as long as the memory's owner likes.
 * Return: 0, then kxen_dom0_page_unmap() ends it; -ENOENT: it is paged out, and its page is wanted
 * now; -ESRCH: there is no such domain any more; -EINVAL: there is nothing, or another domain's
 * page, or nothing that may be written to; -ENOMEM, also at the limit of the VMM's user; -EINTR for
 * a task that is being killed.
 */
int kxen_dom0_page_map(struct kxen_domain *d, u64 gfn, bool read_only, struct kxen_dom0_page *p)
{
	struct page *ring = NULL;
	int ret = 1;
	u32 i;

	if (kxen_p2m_is_ring(d, gfn))
		ring = d->frame_ops->ring_page(d);
	if (ring)
		return kxen_dom0_page_give(d, ring, p);
	*p = (struct kxen_dom0_page) { .d = d, .gfn = gfn, .read_only = read_only };
	if (!kxen_domain_hold(d))
		return -ESRCH;
	for (i = 0; i < RETRIES && ret > 0; i++)
		ret = fatal_signal_pending(current) ? -EINTR : map(p);
	if (ret) {
		kxen_domain_unhold(d);
		p->page = NULL;
	}
	return ret > 0 ? -EINVAL : ret;
}

/**
 * kxen_dom0_page_give() - The same of a page that is the module's own, and has no frame.
 * @d: the domain; the caller has a reference.
 * @page: the page, whose reference becomes @p's.
 * @p: filled in.
 *
 * Context: may sleep.
 * Return: 0; -ESRCH, with the reference given back: there is no such domain any more.
 */
int kxen_dom0_page_give(struct kxen_domain *d, struct page *page, struct kxen_dom0_page *p)
{
	*p = (struct kxen_dom0_page) { .d = d, .gfn = KXEN_NO_GFN, .page = page };
	if (kxen_domain_hold(d))
		return 0;
	put_page(page);
	p->page = NULL;
	return -ESRCH;
}

/**
 * kxen_dom0_page_unmap() - And no more.
 * @p: what one of the above has filled in; no process reaches the page by it any more.
 *
 * Context: may sleep; waits for nobody outside the kernel.
 */
void kxen_dom0_page_unmap(struct kxen_dom0_page *p)
{
	struct kxen_domain *d = p->d;

	if (p->entry) {
		kxen_p2m_entry_put(p->entry);
	} else if (p->gfn == KXEN_NO_GFN) {
		put_page(p->page);
	} else {
		/* The log first: once it is not noted, who reads that does not look. */
		unnote(p, !p->read_only);
		give_back(p);
	}
	*p = (struct kxen_dom0_page) { };
	kxen_domain_unhold(d);
}

/* --- for a pager that has a page mapped before it nominates it ------------------------------- */

static const struct kxen_dom0_maps *dom0_maps;

/* At load, before there is a device; NULL: they are gone. */
void kxen_dom0_page_set_maps(const struct kxen_dom0_maps *maps)
{
	dom0_maps = maps;
}

/**
 * kxen_dom0_page_yield() - The calling process does not have a page of this frame mapped.
 * @d: the domain.
 * @gfn: the frame, not trusted.
 *
 * For the time of a call, if it has one to be read. Context: no lock held; may sleep.
 * Return: for kxen_dom0_page_again(); NULL: nothing was done.
 */
void *kxen_dom0_page_yield(struct kxen_domain *d, u64 gfn)
{
	return dom0_maps && kxen_dom0_page_is_mapped(d, gfn) ? dom0_maps->yield(d, gfn) : NULL;
}

/* It has it again. Context: likewise; waits for the page as long as its owner likes, killably. */
void kxen_dom0_page_again(void *token)
{
	if (token)
		dom0_maps->again(token);
}

/* The page of a map is given back, which stays noted and charged: nobody reaches it any more. */
void kxen_dom0_page_away(struct kxen_dom0_page *p)
{
	kxen_memory_unpin(p->page);
	p->page = NULL;
	p->away = true;
}

/*
 * The page that takes its place, for whoever noted it, or kxen_dom0_page_lose(); NULL: there is
 * none. Context: no lock held, may sleep.
 */
struct page *kxen_dom0_page_find(const struct kxen_dom0_page *p)
{
	struct page *page = kept_page(p);
	struct host_found f;

	if (page)
		return page;
	if (!find(p->d, p->gfn, &f) && f.at.kind == KXEN_P2M_RAM &&
	    kxen_memory_pin(f.mm, f.at.hva, true, &page))
		page = NULL;
	found_put(&f);
	return page;
}

/* Nobody has noted it any more. */
void kxen_dom0_page_lose(struct page *page)
{
	kxen_memory_unpin(page);
}
