// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody has met a mark: everybody does so in do_swap_page(), be it the VMM's own code, the
 * kernel for it, KVM, or another process that looks into the VMM. Who may sleep how:
 *
 *	his locks				he
 *	--------------------------------------	----------------------------------------
 *	any, and the page is there		maps it, and goes on
 *	the VMA's alone				comes again with mmap_lock
 *	he does not want to wait (NOWAIT)	comes again; mmap_lock stays his
 *	khugepaged, KVM's workers		is refused, and does without
 *	may be given up, in user mode		sleeps, a signal ends it
 *	may be given up, in the kernel		sleeps, a fatal signal ends it: no other
 *						would be looked at, and he would spin
 *	must be kept				sleeps with mmap_lock, killably; maps it
 *						himself: no pager waits for that lock
 *	a kernel thread's, of the VMM's mm	sleeps, and looks whether the VMM is
 *						being killed: he keeps the mm alive
 *	KVM's, for a vCPU's own fault		is refused; the vCPU's thread sleeps
 *						further up, without SRCU: wait.c
 *
 * Who is refused gets SIGBUS, or an error of it.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "mempaging.h"

/* What a faulting thread is to do about a page that is out. */
enum what { REFUSED, COMES_AGAIN, SLEEPS, SLEEPS_IN_VMM, SLEEPS_WITH_LOCK, SLEEPS_AS_THREAD };

static bool has_adopted(const struct mm_struct *mm)
{
	return current->flags & PF_KTHREAD && current->mm == mm;
}

static bool is_stranger(const struct mm_struct *mm)
{
	return current->flags & PF_KTHREAD && current->mm != mm;
}

static enum what what_to_do(struct kxen_pager *pg, const struct kxen_pg_entry *e,
			    const struct vm_fault *vmf)
{
	if (pg->dead)
		return REFUSED;
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return COMES_AGAIN;
	if (is_stranger(pg->mm) || current->flags & (PF_EXITING | PF_DUMPCORE) ||
	    kxen_pg_met_here(pg, e))
		return REFUSED;
	if (has_adopted(pg->mm))
		return SLEEPS_AS_THREAD;
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return SLEEPS_WITH_LOCK;
	return vmf->flags & FAULT_FLAG_USER ? SLEEPS_IN_VMM : SLEEPS;
}

/* Is the VMM being killed? A kernel thread has no signal that says so. */
static bool vmm_dies(struct kxen_pager *pg)
{
	struct task_struct *t;
	bool dies = true;

	rcu_read_lock();
	/* One of its threads that is there still. KVM's number of it is a thread's, and global. */
	t = rcu_dereference(pg->mm->owner);
	if (t)
		dies = t->signal->flags & SIGNAL_GROUP_EXIT;
	rcu_read_unlock();
	return dies;
}

static int sleep_as_thread(struct kxen_pager *pg, unsigned long hva, u64 gen)
{
	int ret;

	do
		ret = kxen_pg_wait_step(pg, hva, gen);
	while (ret && !vmm_dies(pg));
	return ret;
}

/* Wait, with or without the VMM's lock: the answer of a fault; or 0: look again. */
static vm_fault_t sleep_for_page(struct kxen_pager *pg, const struct vm_fault *vmf, enum what what,
				 u64 gen)
{
	bool keep = !(vmf->flags & FAULT_FLAG_ALLOW_RETRY);
	unsigned long hva = vmf->address & PAGE_MASK;
	int ret;

	if (!keep)
		mmap_read_unlock(pg->mm);
	if (what == SLEEPS_AS_THREAD)
		ret = sleep_as_thread(pg, hva, gen);
	else
		ret = kxen_pg_wait(pg, hva, gen, what == SLEEPS_IN_VMM);
	if (keep)
		return ret ? VM_FAULT_SIGBUS : 0;
	/* A thread's fatal signal ends the fault; a kernel thread has none, and is told. */
	if (!ret || what != SLEEPS_AS_THREAD)
		return VM_FAULT_RETRY;
	mmap_read_lock(pg->mm);
	return VM_FAULT_SIGBUS;
}

/*
 * The page is there, or nothing is known of it: an answer. Locked, so that no nomination puts a
 * mark there meanwhile: one that is there now is of a pager that has ended, or not for this caller.
 */
static vm_fault_t map_or_refuse(struct kxen_pager *pg, struct vm_fault *vmf,
				struct kxen_pg_entry *e)
{
	unsigned long hva = vmf->address & PAGE_MASK;

	lockdep_assert_held(&pg->lock);
	/* Huge pages are made without a page that is nominated. */
	if (e && kxen_pg_frame(e) && (!is_stranger(pg->mm) || vmf->flags & FAULT_FLAG_REMOTE))
		kxen_pg_install(pg, vmf->vma, e);
	return kxen_mark_is_at(pg->mm, hva) ? VM_FAULT_SIGBUS : 0;
}

/* One look: an answer, or 0 with @again: what was waited for may be there now. */
static vm_fault_t look_at_mark(struct kxen_pager *pg, struct vm_fault *vmf, bool *again)
{
	struct kxen_pg_entry *e;
	vm_fault_t ret;
	enum what what;
	u64 gen = 0;

	*again = false;
	spin_lock(&pg->lock);
	e = kxen_pg_at(pg, vmf->address & PAGE_MASK);
	if (!e || e->state != KXEN_PG_OUT) {
		ret = map_or_refuse(pg, vmf, e);
		spin_unlock(&pg->lock);
		return ret;
	}
	what = what_to_do(pg, e, vmf);
	if (what >= SLEEPS) {
		gen = e->gen;
		kxen_pg_want(pg, e, KXEN_PAGING_FOREIGN, 0);
	}
	spin_unlock(&pg->lock);
	if (what < SLEEPS)
		return what == REFUSED ? VM_FAULT_SIGBUS : VM_FAULT_RETRY;
	atomic64_inc(&pg->d->mempaging->waits);
	*again = true;
	return sleep_for_page(pg, vmf, what, gen);
}

/**
 * kxen_pg_fault() - A fault at a mark.
 * @vmf: as do_swap_page() has it; its entry is not mapped any more on return.
 *
 * Called by a hook, for any process that has a mark: a VMM, or a child of one. mmap_lock is held
 * for reading, or the VMA's own lock.
 * Return: as do_swap_page().
 */
vm_fault_t kxen_pg_fault(struct vm_fault *vmf)
{
	vm_fault_t ret = VM_FAULT_SIGBUS;
	struct kxen_pager *pg;
	bool again = true;

	kxen_mark_unmap(vmf);
#ifdef KXEN_MM_VMA_LOCK
	if (vmf->flags & FAULT_FLAG_VMA_LOCK) {
		vma_end_read(vmf->vma);
		return VM_FAULT_RETRY;
	}
#endif
	pg = kxen_pager_of_mm(vmf->vma->vm_mm);
	if (!pg)
		return ret;
	for (ret = 0; again && !ret; )
		ret = look_at_mark(pg, vmf, &again);
	kxen_pager_put(pg);
	return ret;
}
