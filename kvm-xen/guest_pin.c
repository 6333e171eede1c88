// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of a VMM's memory: brought in, held for long, given back. Whom they are charged to, and
 * what a domain has noted of them, is in guest_mem.c.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "guest_mem.h"
#include "kvm/glue.h"
#include "kxen.h"

/* The kernel's calls for another process's memory. */
#ifdef KXEN_GUP_HAS_VMAS
#define remote(gup, mm, hva, how, page, locked) gup(mm, hva, 1, how, page, NULL, locked)
#else
#define remote(gup, mm, hva, how, page, locked) gup(mm, hva, 1, how, page, locked)
#endif

/*
 * Have a page brought in, waiting for whoever brings it: older kernels do not wait when they
 * pin for long, and a page of a machine that is migrated post-copy may not be there yet. A
 * fatal signal ends it.
 */
static bool bring_in(unsigned long hva)
{
	struct page *page;

	if (get_user_pages_unlocked(hva, 1, &page, FOLL_WRITE) != 1)
		return false;
	put_page(page);
	return true;
}

/* The same for another process: its lock is released where the page is waited for. */
static bool bring_in_others(struct mm_struct *mm, unsigned long hva)
{
	struct page *page;
	int locked = 1;
	long n;

	if (mmap_read_lock_killable(mm))
		return false;
	n = remote(get_user_pages_remote, mm, hva, FOLL_WRITE, &page, &locked);
	if (locked)
		mmap_read_unlock(mm);
	if (n != 1)
		return false;
	put_page(page);
	return true;
}

static long pin_own(unsigned long hva, struct page **page)
{
	const unsigned int how = FOLL_WRITE | FOLL_LONGTERM;
	long n = pin_user_pages_fast(hva, 1, how, page);

	if (n != 1 && n != -ENOMEM && bring_in(hva))
		n = pin_user_pages_fast(hva, 1, how, page);
	return n;
}

/* Does not give up the lock, so nobody may be waited for. @how: FOLL_NOWAIT and the like, or 0. */
static long pin_others(struct mm_struct *mm, unsigned long hva, unsigned int how,
		       struct page **page)
{
	long n;

	if (!mmget_not_zero(mm))
		return -ESRCH;
	n = mmap_read_lock_killable(mm);
	if (!n) {
		how |= FOLL_WRITE | FOLL_LONGTERM;
		n = remote(pin_user_pages_remote, mm, hva, how, page, NULL);
		mmap_read_unlock(mm);
	}
	mmput(mm);
	return n;
}

/*
 * By whoever restores the domain, with its lock: what is not there, or would have to be copied
 * first, is noted. No fault is taken for it, since a file system may read the page within the
 * fault, and wait for whoever serves it, whatever NOWAIT says. That one is for huge pages of
 * kernels that do not look at NOFAULT there: these come from no file system that waits.
 */
static long pin_restored(struct kxen_domain *d, struct mm_struct *mm, unsigned long hva,
			 struct page **page)
{
	long n = pin_others(mm, hva, FOLL_NOFAULT | FOLL_NOWAIT, page);

	lockdep_assert_held(&d->lock);
	if (n && n != -EFAULT)
		return n;
	d->absent = hva;
	return -EAGAIN;
}

/**
 * kxen_domain_pin() - Hold one page of the memory of a domain's VMM, to read and write.
 * @d: the domain, which has noted and charged it.
 * @hva: where the VMM has it.
 * @page: filled in.
 *
 * Another process than the VMM restores a saved domain; everything else is done by the VMM's own
 * threads.
 * Context: no lock held: a page may never come, if its owner does not want it to. A restore holds
 * one, and does not wait.
 * Return: 0, then kxen_memory_unpin() gives it back; -EINVAL if no page can be had there; -ENOMEM;
 * -EINTR for a task that is being killed; -EAGAIN in a restore, for a page that is not there.
 */
int kxen_domain_pin(struct kxen_domain *d, unsigned long hva, struct page **page)
{
	struct mm_struct *mm = kxen_glue_vm_mm(d->kvm);
	bool restoring = READ_ONCE(d->restoring);
	long n = restoring ? pin_restored(d, mm, hva, page) :
		 mm == current->mm ? pin_own(hva, page) : pin_others(mm, hva, 0, page);

	if (n == 1)
		return 0;
	if (n == -EAGAIN && restoring)
		return n;
	return n == -ENOMEM || n == -EINTR ? n : -EINVAL;
}

/* As pin_own(): what is not there is brought in outside of the lock, if need be again. */
static long pin_brought(struct mm_struct *mm, unsigned long hva, struct page **page)
{
	long n;

	do
		n = pin_others(mm, hva, FOLL_NOWAIT, page);
	while (!n && bring_in_others(mm, hva));
	return n;
}

/* As pin_others(), for who may hold a process's mmap_lock: what is not there is not brought in. */
static long pin_now(struct mm_struct *mm, unsigned long hva, struct page **page)
{
	const unsigned int how = FOLL_WRITE | FOLL_LONGTERM | FOLL_NOFAULT | FOLL_NOWAIT;
	struct mm_struct *other = mm == current->mm ? NULL : mm;
	long n;

	if (other && !mmap_read_trylock(other))
		return -EAGAIN;
	n = remote(pin_user_pages_remote, mm, hva, how, page, NULL);
	if (other)
		mmap_read_unlock(other);
	return !n || n == -EFAULT ? -EAGAIN : n;
}

/**
 * kxen_memory_pin() - Hold a page of a VMM's memory for long, to read and write.
 * @mm: its memory, with a reference; NULL: the calling task's own.
 * @hva: where it is there.
 * @wait: until it is there.
 * @page: filled in.
 *
 * For pages that no domain has noted: the caller has charged it, and gives it back by
 * kxen_memory_unpin(). Context: no lock held, may sleep for as long as the memory's owner likes;
 * without @wait the calling process's mmap_lock is held.
 * Return: 0; -EINVAL if no page can be had there; -EAGAIN if it is not there, without @wait;
 * -ENOMEM; -EINTR for a task that is being killed.
 */
int kxen_memory_pin(struct mm_struct *mm, unsigned long hva, bool wait, struct page **page)
{
	long n = !wait ? pin_now(mm ?: current->mm, hva, page) :
		 mm ? pin_brought(mm, hva, page) : pin_own(hva, page);

	if (n == 1)
		return 0;
	return n == -ENOMEM || n == -EINTR || n == -EAGAIN ? n : -EINVAL;
}

#ifdef KXEN_FOLIO_PINCOUNT_PTR
#define pincount(f)	folio_pincount_ptr(f)
#else
#define pincount(f)	(&(f)->_pincount)
#endif

/**
 * kxen_memory_get_again() - A reference to a page that somebody has held before.
 * @page: it, which by now may be anything.
 *
 * For a moment: its owner may take it out of his memory meanwhile, and is not charged for it. The
 * caller has to look whether it is the one that he wants.
 * Context: any. Return: false: it is free, or is changing; else put_page() gives it back.
 */
bool kxen_memory_get_again(struct page *page)
{
	struct folio *f = page_folio(page);

	if (!folio_try_get(f))
		return false;
	if (page_folio(page) == f)
		return true;
	folio_put(f);
	return false;
}

/* Is it marked as written to already? Context: any, with a reference to it. */
bool kxen_memory_is_dirty(struct page *page)
{
	return folio_test_dirty(page_folio(page));
}

/**
 * kxen_memory_pin_again() - Hold a page once more that kxen_memory_pin() has held before.
 * @page: it, which by now may be anything.
 *
 * What the kernel does in pin_user_pages_fast() when it has found a page, and as there the caller
 * has to look again whether it is the one that he wants. If it is not he gives it back by
 * unpin_user_page(). Context: any.
 * Return: false: it is free, or is changing.
 */
bool kxen_memory_pin_again(struct page *page)
{
	struct folio *f = page_folio(page);

	if (!folio_try_get(f))
		return false;
	/* As the kernel's own: so many references are somebody's attack. */
	if (page_folio(page) != f || folio_ref_count(f) <= 0) {
		folio_put(f);
		return false;
	}
	if (folio_test_large(f))
		atomic_inc(pincount(f));
	else
		folio_ref_add(f, GUP_PIN_COUNTING_BIAS - 1);
	smp_mb__after_atomic();	/* before the caller looks, as for who changes a page table */
	mod_node_page_state(folio_pgdat(f), NR_FOLL_PIN_ACQUIRED, 1);
	return true;
}

/**
 * struct wanted_page - a page that a vCPU's call waits for.
 * @mm: whose, as for kxen_memory_pin().
 * @hva: where.
 * @page: where to put it.
 * @ret: what came of it.
 */
struct wanted_page {
	struct mm_struct *mm;
	unsigned long hva;
	struct page **page;
	int ret;
};

static void wait_for_wanted(void *arg)
{
	struct wanted_page *w = arg;

	w->ret = kxen_memory_pin(w->mm, w->hva, true, w->page);
}

/**
 * kxen_memory_wait() - kxen_memory_pin() of another VMM's page in a hypercall, and wait for it.
 * @v: the vCPU, its own thread; NULL: the call is a process's.
 * @mm: as there.
 * @hva: as there.
 * @page: as there.
 *
 * Who changes memory slots of the caller's VM waits for whoever has KVM's SRCU, and the page's
 * owner may let us wait for ever: so it is given up, unless the page is there. What was found by
 * the caller's slots is not good any more, and the guest may have begun a new life.
 * Context: no lock held; may sleep for as long as the memory's owner likes.
 * Return: as kxen_memory_pin().
 */
int kxen_memory_wait(struct kxen_vcpu *v, struct mm_struct *mm, unsigned long hva,
		     struct page **page)
{
	struct wanted_page w = { .mm = mm, .hva = hva, .page = page };
	int ret = -EAGAIN;

	/* One's own is looked for with the process's lock held. */
	if (mm)
		ret = kxen_memory_pin(mm, hva, false, page);
	if (ret != -EAGAIN)
		return ret;
	if (!v)
		return kxen_memory_pin(mm, hva, true, page);
	v->gaps++;
	kxen_glue_without_srcu(v->vcpu, wait_for_wanted, &w);
	return w.ret;
}

/* --- a trial, before there is a domain -------------------------------------------- */

static bool bring(struct mm_struct *mm, unsigned long hva)
{
	return mm == current->mm ? bring_in(hva) : bring_in_others(mm, hva);
}

/*
 * Would the kernel pin this memory for long? It does not where that would keep a file
 * system from writing a page back. What is no memory at all, such as a device's, is none
 * that a guest can register.
 */
static int try_pin(struct mm_struct *mm, unsigned long hva)
{
	struct page *page;
	long n = mm == current->mm ? pin_own(hva, &page) : pin_brought(mm, hva, &page);
	bool there;

	if (n == 1) {
		unpin_user_page(page);
		return 0;
	}
	if (n == -ENOMEM || n == -EINTR)
		return n;
	there = bring(mm, hva);
	if (fatal_signal_pending(current))
		return -EINTR;
	return there ? -EOPNOTSUPP : 0;
}

static int try_pins(struct mm_struct *mm, const unsigned long *hva, u32 nr)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < nr && !ret; i++)
		ret = fatal_signal_pending(current) ? -EINTR : try_pin(mm, hva[i]);
	return ret;
}

/**
 * kxen_guest_memory_pins() - Can the guest's memory be held, as far as can be seen now?
 * @kvm: the VM, its VMM the caller or another process.
 *
 * Context: no lock held, may sleep, for as long as the memory's owner likes.
 * Return: 0, also if its owner has ended; -EOPNOTSUPP if a part of it cannot; -ENOMEM;
 * -EINTR for a task that is being killed.
 */
int kxen_guest_memory_pins(struct kvm *kvm)
{
	struct mm_struct *mm = kxen_glue_vm_mm(kvm);
	u32 nr = kxen_glue_slots(kvm, NULL, 0);
	unsigned long *hva;
	int ret = 0;

	if (!nr)
		return 0;
	hva = kvmalloc_array(nr, sizeof(*hva), GFP_KERNEL_ACCOUNT);
	if (!hva)
		return -ENOMEM;
	nr = min(nr, kxen_glue_slots(kvm, hva, nr));
	if (mmget_not_zero(mm)) {
		ret = try_pins(mm, hva, nr);
		mmput(mm);
	}
	kvfree(hva);
	return ret;
}

/**
 * kxen_guest_memory_bring() - Wait for a page that a restore has missed.
 * @kvm: the VM, its VMM the caller or another process.
 * @hva: where its VMM has it.
 *
 * Context: no lock held, may sleep, for as long as the memory's owner likes.
 * Return: 0; -EINVAL if nothing can come there; -EINTR for a task that is being killed.
 */
int kxen_guest_memory_bring(struct kvm *kvm, unsigned long hva)
{
	struct mm_struct *mm = kxen_glue_vm_mm(kvm);
	bool there;

	if (!mmget_not_zero(mm))
		return -EINVAL;
	there = bring(mm, hva);
	mmput(mm);
	if (fatal_signal_pending(current))
		return -EINTR;
	return there ? 0 : -EINVAL;
}

/* --- giving back ------------------------------------------------------------------ */

/*
 * A page whose lock somebody held when it was to be given back: each waits for its own, on a
 * queue that nothing else needs.
 */
static struct workqueue_struct *late_wq;

struct late_page {
	struct work_struct work;
	struct page *page;
};

static void late_fn(struct work_struct *w)
{
	struct late_page *l = container_of(w, struct late_page, work);

	unpin_user_pages_dirty_lock(&l->page, 1, true);
	kfree(l);
	module_put(THIS_MODULE);
}

/**
 * kxen_memory_unpin() - Give back what kxen_memory_pin() or kxen_domain_pin() has held.
 * @page: the page.
 *
 * The host may have written to it, so it is dirty. That takes the page's lock, which a
 * file system can hold as long as it likes, and locks of ours are held here: then a work
 * item waits for it.
 * Context: may sleep, waits for nobody.
 */
void kxen_memory_unpin(struct page *page)
{
	struct folio *f = page_folio(page);
	struct late_page *l;

	if (folio_test_dirty(f)) {
		unpin_user_page(page);
	} else if (folio_trylock(f)) {
		folio_mark_dirty(f);
		folio_unlock(f);
		unpin_user_page(page);
	} else {
		l = kmalloc(sizeof(*l), GFP_KERNEL | __GFP_NOFAIL);
		l->page = page;
		INIT_WORK(&l->work, late_fn);
		__module_get(THIS_MODULE);
		queue_work(late_wq, &l->work);
	}
}

/* Before the first domain: 0, or -ENOMEM. */
int kxen_guest_mem_init(void)
{
	late_wq = alloc_workqueue("kxen_late", WQ_UNBOUND, WQ_MAX_ACTIVE);
	return late_wq ? 0 : -ENOMEM;
}

/* Each item has a reference to the module: what is waited for is their last lines. */
void kxen_guest_mem_exit(void)
{
	destroy_workqueue(late_wq);
}
