// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM itself does with a guest's memory: operands and bytes of instructions that it emulates,
 * page tables that it walks, pages that it maps for itself. It goes by the memory slots, to the
 * VMM's memory. Where something is placed over that, the guest's own accesses see the page
 * (fault.c), and so do these: what is copied is copied there. What would keep an address, or read
 * tables from a page that others write to, fails as if there were no memory.
 *
 * Each of KVM's functions is hooked by its name, and so are those that only the compiler's choice
 * leaves apart from their callers: whichever is called is told.
 */
#include <linux/errno.h>
#include <linux/mm.h>

#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/p2m.h"
#include "x86.h"

/* Does KVM not see what the guest sees there? */
static bool shown(struct kxen_vcpu *v, u64 gfn)
{
	bool read_only;

	return unlikely(kxen_p2m_any(v->domain)) &&
	       kxen_p2m_page(v->domain, kxen_gfn_from_kvm(gfn), false, &read_only);
}

static bool any_shown(struct kxen_vcpu *v, u64 gpa, u64 len)
{
	u64 gfn = gpa >> PAGE_SHIFT, last = (gpa + len - 1) >> PAGE_SHIFT;

	while (gfn <= last)
		if (shown(v, gfn++))
			return true;
	return false;
}

/*
 * A copy, whose buffer is the third argument. What crosses frames is made anew in pieces, each of
 * which comes here again and goes no further than this.
 */
static int copy_shown(struct kxen_vcpu *v, struct kxen_hook_args *a, u64 gpa, u64 len, bool write)
{
	void *buf = (void *)a->arg[2];

	if (likely(!kxen_p2m_any(v->domain)))
		return 0;
	a->ret = 0;
	if (offset_in_page(gpa) + len > PAGE_SIZE) {
		if (!any_shown(v, gpa, len))
			return 0;
		a->ret = kxen_glue_copy_frames(v->vcpu, gpa, buf, len, write);
		return 1;
	}
	if (!kxen_p2m_access(v->domain, gpa, buf, len, write))
		return 0;
	if (write)
		kxen_glue_mark_dirty(v->vcpu, gpa);
	return 1;
}

/* The frame's number and the place in it apart, in arguments of 32 bits. */
static int copy_shown_frame(struct kxen_vcpu *v, struct kxen_hook_args *a, bool write)
{
	return copy_shown(v, a, (a->arg[1] << PAGE_SHIFT) + (u32)a->arg[3], (u32)a->arg[4], write);
}

/* Handlers, called from entry.S only. kvm->srcu is held, mmu_lock is not; they do not sleep. */
int kxen_on_kvm_read(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	return copy_shown(v, a, a->arg[1], a->arg[3], false);
}

int kxen_on_kvm_write(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	return copy_shown(v, a, a->arg[1], a->arg[3], true);
}

int kxen_on_kvm_read_frame(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	return copy_shown_frame(v, a, false);
}

int kxen_on_kvm_write_frame(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	return copy_shown_frame(v, a, true);
}

/* By the VM: only if it is that of the vCPU that runs here. */
int kxen_on_vm_read(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	return kxen_glue_is_vm_of(v->vcpu, a->arg[0]) &&
	       copy_shown(v, a, a->arg[1], a->arg[3], false);
}

int kxen_on_vm_write(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	return kxen_glue_is_vm_of(v->vcpu, a->arg[0]) &&
	       copy_shown(v, a, a->arg[1], a->arg[3], true);
}

/* Below mmu_lock, for shadow page tables: those of such a page are gone when this fails. */
int kxen_on_kvm_peek(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	if (!shown(v, a->arg[1] >> PAGE_SHIFT))
		return 0;
	a->ret = -EFAULT;
	return 1;
}

/* An address of the VMM's: for page tables, and for an exchange, in whose place KVM writes then. */
int kxen_on_kvm_address(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	if (!shown(v, a->arg[1]))
		return 0;
	a->ret = kxen_glue_no_address();
	return 1;
}

/* The same by a slot. */
int kxen_on_slot_address(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	return kxen_on_kvm_address(v, a);
}

/* Where it maps a page for long, which may be another domain's no longer when it is written to. */
int kxen_on_kvm_keep(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	if (!shown(v, a->arg[1]))
		return 0;
	a->ret = -EINVAL;
	return 1;
}
