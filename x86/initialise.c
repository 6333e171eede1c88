// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCPUOP_initialise, VCPUOP_up: a vCPU begins where another one of the guest says (semantics G40).
 *
 * Only the thread that runs a vCPU can give it registers: what was asked for is checked when it
 * is, kept, and set when KVM_RUN next begins. A vCPU that was never started sleeps in there, and
 * comes out of it when it is woken.
 */
#include <linux/types.h>
#include <asm/processor-flags.h>
#include <asm/msr-index.h>
#include <xen/interface/xen.h>
#include <xen/interface/hvm/hvm_vcpu.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "x86.h"

#define ATTR_ACCESSED	0x001	/* of code and data */
#define ATTR_WRITABLE	0x002	/* data; code: can be read */
#define ATTR_BUSY	0x002	/* of a task */
#define ATTR_CODE	0x008
#define ATTR_TYPE	0x00f
#define ATTR_S		0x010
#define ATTR_DPL	0x060
#define ATTR_P		0x080
#define ATTR_G		0x800
#define ATTR_PAD	0xf000
#define TYPE_TSS_BUSY	0xb

/* What a 64-bit caller begins with. */
static const struct kxen_start_seg long_code = { .limit = ~0U, .attr = 0xa9b };
static const struct kxen_start_seg long_data = { .limit = ~0U, .attr = 0xc93 };
static const struct kxen_start_seg long_tss = { .limit = 0x67, .attr = 0x8b };

/* --- the 32-bit form -------------------------------------------------------------------- */

static bool code_ok(u32 attr)
{
	return attr & ATTR_S && attr & ATTR_P && attr & ATTR_CODE;
}

static bool stack_ok(u32 attr)
{
	return attr & ATTR_S && attr & ATTR_P && !(attr & ATTR_CODE) && attr & ATTR_WRITABLE;
}

/* Or none at all. Code that can be read will do. */
static bool data_ok(u32 attr)
{
	if (!attr)
		return true;
	return attr & ATTR_S && attr & ATTR_P && (!(attr & ATTR_CODE) || attr & ATTR_WRITABLE);
}

static bool task_ok(u32 attr)
{
	return !(attr & ATTR_S) && attr & ATTR_P && (attr & ATTR_TYPE) == TYPE_TSS_BUSY;
}

static bool segments_ok(const struct kxen_start *s)
{
	if ((s->cs.attr | s->ds.attr | s->ss.attr | s->es.attr | s->tr.attr) & ATTR_PAD)
		return false;
	return code_ok(s->cs.attr) && stack_ok(s->ss.attr) && data_ok(s->ds.attr) &&
	       data_ok(s->es.attr) && task_ok(s->tr.attr);
}

static bool privilege_ok(const struct kxen_start *s)
{
	u32 dpl = s->cs.attr & ATTR_DPL;

	return (s->ss.attr & ATTR_DPL) == dpl &&
	       (!(s->ds.attr & ATTR_P) || (s->ds.attr & ATTR_DPL) >= dpl) &&
	       (!(s->es.attr & ATTR_P) || (s->es.attr & ATTR_DPL) >= dpl);
}

static bool inside_of_code(const struct kxen_start *s)
{
	u32 limit = s->cs.limit;

	if (s->cs.attr & ATTR_G)
		limit = limit << 12 | 0xfff;
	return s->rip <= limit;
}

/* One that is present has been loaded: it is accessed, or busy. */
static u32 loaded(u32 attr, u32 bit)
{
	return attr & ATTR_P ? attr | bit : attr;
}

#define SEGMENT(r, s, bit)						\
	((struct kxen_start_seg) { (r)->s##_base, (r)->s##_limit, loaded((r)->s##_ar, bit) })

static int start_32(struct kxen_start *s, const struct vcpu_hvm_x86_32 *r)
{
	if (r->pad1 || r->pad2[0] || r->pad2[1] || r->pad2[2])
		return -EINVAL;
	*s = (struct kxen_start) {
		.reg = { r->eax, r->ecx, r->edx, r->ebx, r->esp, r->ebp, r->esi, r->edi },
		.rip = r->eip, .rflags = r->eflags,
		.cr0 = r->cr0, .cr3 = r->cr3, .cr4 = r->cr4, .efer = r->efer,
		.cs = SEGMENT(r, cs, ATTR_ACCESSED),
		.ds = SEGMENT(r, ds, ATTR_ACCESSED),
		.ss = SEGMENT(r, ss, ATTR_ACCESSED),
		.es = SEGMENT(r, es, ATTR_ACCESSED),
		.tr = SEGMENT(r, tr, ATTR_BUSY),
	};
	if (!segments_ok(s) || !inside_of_code(s) || !privilege_ok(s))
		return -EINVAL;
	return s->efer & EFER_LMA && !(s->efer & EFER_LME) ? -EINVAL : 0;
}

/* --- the 64-bit form -------------------------------------------------------------------- */

static int start_64(struct kxen_start *s, const struct vcpu_hvm_x86_64 *r)
{
	*s = (struct kxen_start) {
		.reg = { r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi },
		.rip = r->rip, .rflags = r->rflags,
		.cr0 = r->cr0, .cr3 = r->cr3, .cr4 = r->cr4, .efer = r->efer,
		.cs = long_code, .ds = long_data, .ss = long_data, .es = long_data,
		.tr = long_tss,
	};
	/* Canonical, by 48 bits as Xen has it. */
	if ((s64)(r->rip << 16) >> 16 != (s64)r->rip)
		return -EINVAL;
	if (!(r->cr0 & X86_CR0_PG) || !(r->cr4 & X86_CR4_PAE) || !(r->efer & EFER_LME))
		return -EINVAL;
	return 0;
}

static int make_start(struct kxen_vcpu *v, struct kxen_start *s, const struct vcpu_hvm_context *c)
{
	int ret = -EINVAL;

	if (c->pad)
		return -EINVAL;
	if (c->mode == VCPU_HVM_MODE_32B)
		ret = start_32(s, &c->cpu_regs.x86_32);
	else if (c->mode == VCPU_HVM_MODE_64B)
		ret = start_64(s, &c->cpu_regs.x86_64);
	if (ret)
		return ret;
	if (s->efer & EFER_LME)
		s->efer |= EFER_LMA;
	return kxen_glue_start_valid(v->vcpu, s) ? 0 : -EINVAL;
}

/* Of a saved domain: nobody knows who has written that. */
bool kxen_start_ok(const struct kxen_vcpu *v, const struct kxen_start *s)
{
	return segments_ok(s) && privilege_ok(s) && kxen_glue_start_valid(v->vcpu, s);
}

/* --- operations ------------------------------------------------------------------------- */

static int initialise(struct kxen_vcpu *v, const struct vcpu_hvm_context *c)
{
	struct kxen_start s;
	int ret;

	lockdep_assert_held(&v->domain->lock);
	if (!kxen_glue_offline(v->vcpu) || v->arch.has_start)
		return -EEXIST;
	/* Xen would; here its thread sleeps where only a SIPI gets it out. */
	if (!kxen_glue_uninitialised(v->vcpu))
		return -EBUSY;
	ret = make_start(v, &s, c);
	if (!ret) {
		v->arch.start = s;
		v->arch.has_start = true;
	}
	return ret;
}

/* VCPUOP_initialise: struct vcpu_hvm_context. */
long kxen_vcpu_initialise(struct kxen_hc *hc, struct kxen_vcpu *v)
{
	struct vcpu_hvm_context c;
	int ret;

	static_assert(sizeof(c) == 128);
	/* One that has no place in shared_info has to have registered its own. */
	if (v->id >= kxen_layouts[READ_ONCE(hc->d->compat)].vcpu_slots &&
	    !v->vcpu_info_page.page)
		return -EINVAL;
	if (kxen_hc_get(hc, &c, hc->arg[2], sizeof(c)))
		return -EFAULT;
	mutex_lock(&hc->d->lock);
	ret = initialise(v, &c);
	mutex_unlock(&hc->d->lock);
	return ret;
}

/* VCPUOP_up: one that is up is so, however that came. */
long kxen_vcpu_up(struct kxen_vcpu *v)
{
	int ret = 0;

	mutex_lock(&v->domain->lock);
	if (v->arch.has_start)
		WRITE_ONCE(v->arch.starts, true);
	else if (kxen_glue_offline(v->vcpu))
		ret = -EINVAL;
	mutex_unlock(&v->domain->lock);
	if (!ret)
		kxen_glue_unblock(v->vcpu);
	return ret;
}

bool kxen_vcpu_is_up(const struct kxen_vcpu *v)
{
	return READ_ONCE(v->arch.starts) || !kxen_glue_offline(v->vcpu);
}

/* It is reset, or has begun. */
void kxen_start_forget(struct kxen_vcpu *v)
{
	lockdep_assert_held(&v->domain->lock);
	WRITE_ONCE(v->arch.starts, false);
	v->arch.has_start = false;
}

/*
 * KVM_RUN begins, and this vCPU with it. A state that no processor can be in ends the guest, as
 * it does on Xen, where the processor refuses it.
 */
void kxen_vcpu_start(struct kxen_vcpu *v)
{
	int ret = 0;

	mutex_lock(&v->domain->lock);
	if (v->arch.starts && kxen_glue_uninitialised(v->vcpu))
		ret = kxen_glue_start(v->vcpu, &v->arch.start);
	kxen_start_forget(v);
	mutex_unlock(&v->domain->lock);
	if (ret)
		kxen_glue_triple_fault(v->vcpu);
}
