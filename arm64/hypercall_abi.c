// SPDX-License-Identifier: GPL-2.0-only
/* From registers to struct kxen_hc and back: HVC #0xEA1, number in x16, arguments in x0 to x4. */
#include "../kvm-xen/arch.h"
#include "../kvm-xen/hypercall.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/arm64/glue.h"
#include "../kvm-xen/p2m.h"
#include "../kvm-xen/trace.h"
#include "arm64.h"

#define NR_REG		16
#define NR_ARGS		5
#define HVC_SIZE	4

/* What is left of a call that was cut. Registers that it does not take stay as they are. */
static noinline void set_args(struct kxen_hc *hc, struct kvm_vcpu *vcpu)
{
	u32 i, nr = min_t(u32, kxen_hypercall_nr_args(hc->nr), NR_ARGS);

	for (i = 0; i < nr; i++)
		kxen_glue_set_reg(vcpu, i, hc->arg[i]);
}

static long serve(struct kxen_hc *hc)
{
	struct kvm_vcpu *vcpu = hc->v->vcpu;
	long ret;

	/* KVM does not hold it here, as it does on x86. */
	kxen_glue_srcu_lock(vcpu);
	if (unlikely(!READ_ONCE(hc->d->active)))
		kxen_hypercall_first(hc);
	ret = kxen_hypercall(hc);
	if (unlikely(READ_ONCE(hc->d->p2m_view_wanted)))
		kxen_glue_without_srcu(vcpu, kxen_p2m_view_make, hc->d);
	kxen_glue_srcu_unlock(vcpu);
	return ret;
}

/*
 * int handle_hvc(vcpu): 1 goes on, 0 ends KVM_RUN. The guest's kernel calls, since its programs
 * cannot. Of 32-bit code it is not known yet.
 */
int kxen_on_hvc(struct kxen_vcpu *v, struct kxen_hook_args *a)
{
	struct kvm_vcpu *vcpu = v->vcpu;
	struct kxen_hc hc = { .v = v, .d = v->domain };
	long ret;
	u32 i;

	if (kxen_glue_hvc_imm(vcpu) != KXEN_HVC_TAG || kxen_glue_is_32bit(vcpu))
		return 0;
	if (trace_kxen_ack_enabled())
		kxen_arch_trace_ack(v);
	hc.nr = kxen_glue_reg(vcpu, NR_REG);
	for (i = 0; i < NR_ARGS; i++)
		hc.arg[i] = kxen_glue_reg(vcpu, i);
	ret = serve(&hc);
	a->ret = 1;
	if (unlikely(hc.restart)) {
		set_args(&hc, vcpu);
		/* The processor was behind it before it trapped. */
		kxen_glue_set_pc(vcpu, kxen_glue_pc(vcpu) - HVC_SIZE);
		v->stats.continued++;
		return 1;
	}
	kxen_glue_set_reg(vcpu, 0, ret);
	if (unlikely(hc.exit)) {
		kxen_glue_exit_shutdown(vcpu, hc.exit_reason);
		a->ret = 0;
	}
	return 1;
}
