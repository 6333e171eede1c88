// SPDX-License-Identifier: GPL-2.0-only
/* From registers to struct kxen_hc and back (semantics 0.1 to 0.3). */
#include "../kvm-xen/arch.h"
#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/fast.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "../kvm-xen/p2m.h"
#include "../kvm-xen/trace.h"
#include "run.h"
#include "x86.h"

#define HYPERV_CALL	BIT(31)	/* in eax, where Hyper-V is shown */

static const u8 regs64[6] = { KXEN_RDI, KXEN_RSI, KXEN_RDX, KXEN_R10,
			      KXEN_R8, KXEN_R9 };
static const u8 regs32[6] = { KXEN_RBX, KXEN_RCX, KXEN_RDX, KXEN_RSI,
			      KXEN_RDI, KXEN_RBP };

/* A call begins; its number and what it is made of come from registers. */
static __always_inline void begin_call(struct kxen_hc *hc, struct kvm_vcpu *vcpu)
{
	hc->compat = false;
	hc->in_multicall = false;
	hc->restart = false;
	hc->exit = false;
	hc->fetched = NULL;
	hc->nr = kxen_glue_reg(vcpu, KXEN_RAX);
}

static __always_inline void get_args(struct kxen_hc *hc, struct kvm_vcpu *vcpu)
{
	int i;

	if (likely(!hc->compat)) {
#pragma GCC unroll 6
		for (i = 0; i < 6; i++)
			hc->arg[i] = kxen_glue_reg(vcpu, regs64[i]);
		return;
	}
	/* The upper halves of a 32-bit caller's registers are garbage. */
	for (i = 0; i < 6; i++)
		hc->arg[i] = (u32)kxen_glue_reg(vcpu, regs32[i]);
}

/*
 * What is left of a call that was cut. Registers that it does not take stay as they are. Not
 * inlined: it would cost every call the saving of a register.
 */
static noinline void set_args(struct kxen_hc *hc, struct kvm_vcpu *vcpu)
{
	const u8 *regs = hc->compat ? regs32 : regs64;
	u32 i, nr = kxen_hypercall_nr_args(hc->nr);

	for (i = 0; i < nr; i++)
		kxen_glue_set_reg(vcpu, regs[i], hc->compat ? (u32)hc->arg[i] :
							   hc->arg[i]);
}

static void set_result(struct kxen_hc *hc, struct kvm_vcpu *vcpu, long ret)
{
	/* A 32-bit caller's upper half of rax stays as it was. */
	if (hc->compat)
		ret = (kxen_glue_reg(vcpu, KXEN_RAX) & ~0xffffffffUL) | (u32)ret;
	kxen_glue_set_reg(vcpu, KXEN_RAX, ret);
}

/* int kvm_emulate_hypercall(vcpu): 1 goes on, 0 ends KVM_RUN. KVM holds its SRCU. */
int kxen_on_emulate_hypercall(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	struct kvm_vcpu *vcpu = v->vcpu;
	struct kxen_hc *hc = &v->hc;
	long ret;

	begin_call(hc, vcpu);
	if (kxen_glue_nested(vcpu) ||
	    ((hc->nr & HYPERV_CALL) && kxen_glue_hyperv(vcpu)))
		return 0;
	if (trace_kxen_ack_enabled())
		kxen_arch_trace_ack(v);
	hc->compat = !kxen_glue_long_mode(vcpu);
	if (unlikely(hc->compat))
		hc->nr = (u32)hc->nr;
	get_args(hc, vcpu);
	if (unlikely(kxen_glue_cpl(vcpu))) {
		ret = -EPERM;
	} else {
		if (unlikely(!READ_ONCE(hc->d->active)))
			kxen_hypercall_first(hc);
		ret = kxen_hypercall(hc);
		if (unlikely(READ_ONCE(hc->d->p2m_view_wanted)))
			kxen_glue_without_srcu(vcpu, kxen_p2m_view_make, hc->d);
	}
	if (unlikely(hc->restart)) {
		set_args(hc, vcpu);
		v->stats.continued++;
		a->ret = 1;	/* without a step: the same instruction again */
		return 1;
	}
	set_result(hc, vcpu, ret);
	a->ret = kxen_glue_skip_insn(vcpu);
	if (unlikely(hc->exit)) {
		kxen_glue_exit_shutdown(vcpu, hc->exit_reason);
		a->ret = 0;
	}
	return 1;
}

/* The argument that the call reads is fetched before anybody is told of the call. */
static __always_inline bool fetch_arg(struct kxen_hc *hc, const struct kxen_hc_row *row,
				      struct kvm_vcpu *vcpu, const struct vmcb *vmcb)
{
	struct kxen_vcpu *v = hc->v;

	if (!kxen_hypercall_copies(row, hc->arg[0]))
		return true;
	hc->fetched = (u32 *)v->fast.buf;
	return kxen_copy_at_exit(v, kxen_glue_cr3_fast(vcpu, vmcb), hc->arg[row->fast.at],
				 v->fast.buf, row->fast.len);
}

static __always_inline int serve_at_exit(struct kvm_vcpu *vcpu, const struct kxen_hc_row *row,
					 struct vmcb *vmcb)
{
	struct kxen_vcpu *v = kxen_glue_ours(vcpu);
	struct kxen_hc *hc = &v->hc;
	int i;

	begin_call(hc, vcpu);
	for (i = 0; i < KXEN_FAST_ARGS; i++)
		hc->arg[i] = kxen_glue_reg(vcpu, regs64[i]);
	if (unlikely(!kxen_hypercall_is_fast(row, hc->nr, hc->arg[0])))
		return EXIT_FASTPATH_NONE;
	if (likely(kxen_glue_plain(vcpu, vmcb) && READ_ONCE(hc->d->active) &&
		   fetch_arg(hc, row, vcpu, vmcb))) {
		if (trace_kxen_ack_enabled())
			kxen_arch_trace_ack(v);
		kxen_glue_set_reg(vcpu, KXEN_RAX, kxen_hypercall_by(hc, row->fn));
		kxen_glue_step_fast(vcpu, vmcb);
		v->fast.served++;
		return EXIT_FASTPATH_REENTER_GUEST;
	}
	v->fast.left++;
	return EXIT_FASTPATH_NONE;
}

/**
 * kxen_hypercall_at_exit_svm() - Serve a call in KVM's exit fast path, on SVM.
 * @vcpu: the vCPU, whose guest has left for it.
 * @row: what it may be: kxen_hypercall_row(), kxen_hypercall_maybe_fast().
 * @vmcb: the processor's word of it.
 *
 * Context: kxen_run_ours_svm().
 * Return: what KVM does then: EXIT_FASTPATH_REENTER_GUEST; EXIT_FASTPATH_NONE if it is none of
 * those, or something is unusual: then nothing was done, and it is to be served as any other.
 */
int kxen_hypercall_at_exit_svm(struct kvm_vcpu *vcpu, const struct kxen_hc_row *row,
			       struct vmcb *vmcb)
{
	return serve_at_exit(vcpu, row, kxen_glue_not_null(vmcb));
}

/* The same on VMX. */
int kxen_hypercall_at_exit_vmx(struct kvm_vcpu *vcpu, const struct kxen_hc_row *row)
{
	return serve_at_exit(vcpu, row, NULL);
}
