// SPDX-License-Identifier: GPL-2.0-only
/* The vendor module: its callbacks, and what is known of SVM's structures. */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/tracepoint.h>

#include "../../log.h"
#include "../btf.h"
#include "../glue.h"
#include "../hook.h"
#include "../internal.h"
#include "glue.h"

MODULE_SOFTDEP("pre: kvm-amd kvm-intel");

u32 kxen_svm_vmcb;
u32 kxen_vmx_reason;
const int *kxen_exits_traced;
bool kxen_svm_avic;

/* The space for an exception is an upper bound. */
int kxen_glue_check_arch(const struct kxen_btf *btf)
{
	int size = kxen_btf_size(btf, "x86_exception");

	if (size > 0 && size <= (int)sizeof(struct kxen_x86_exception))
		return 0;
	kxen_err("struct x86_exception has grown to %d bytes", size);
	return -ENOEXEC;
}

/*
 * Where a vCPU of SVM has its VMCB; without the answer everything works, a little
 * slower.
 */
static u32 find_svm_vmcb(void)
{
	struct kxen_btf *btf = kxen_btf_open("kvm_amd");
	int vmcb, vcpu;

	if (IS_ERR(btf))
		return 0;
	vcpu = kxen_btf_member(btf, "vcpu_svm", "vcpu");
	vmcb = kxen_btf_member(btf, "vcpu_svm", "vmcb");
	kxen_btf_close(btf);
	return vcpu == 0 && vmcb > 0 ? vmcb : 0;
}

/*
 * Where a vCPU of VMX has the reason of its last exit, in one of two places; without the answer
 * there is no fast path.
 */
static u32 find_vmx_reason(void)
{
	struct kxen_btf *btf = kxen_btf_open("kvm_intel");
	int vcpu, at, in;

	if (IS_ERR(btf))
		return 0;
	vcpu = kxen_btf_member(btf, "vcpu_vmx", "vcpu");
	at = kxen_btf_member(btf, "vcpu_vmx", "exit_reason");
	if (at <= 0) {
		at = kxen_btf_member(btf, "vcpu_vmx", "vt");
		in = kxen_btf_member(btf, "vcpu_vt", "exit_reason");
		at = at > 0 && in >= 0 ? at + in : 0;
	}
	kxen_btf_close(btf);
	return vcpu == 0 ? at : 0;
}

/* Where it is counted who has switched KVM's tracepoint on; NULL: there is none of that name. */
static const int *find_exits_traced(void)
{
	struct tracepoint *tp = kxen_kvm_data(__tracepoint_kvm_exit);

	return tp ? &((struct static_key *)&tp->key)->enabled.counter : NULL;
}

/* The callback at an offset of KVM's table. */
static void *op_at(const struct kvm_x86_ops *ops, size_t offset)
{
	return *(void **)((void *)ops + offset);
}

/**
 * kxen_glue_arm() - Take the vendor module's callbacks.
 *
 * Return: 0, or -ENODEV if neither kvm-amd nor kvm-intel is loaded.
 */
int kxen_glue_arm(void)
{
	const struct kvm_x86_ops *ops = kxen_kvm_data(kvm_x86_ops);
	bool filled = true;
	static const void *known;
	static bool svm;

#define KXEN_KVM_OP(name)						\
	(filled = filled &&						\
		  KXEN_RESOLVE(kxen_op_##name,				\
			  op_at(ops, offsetof(struct kvm_x86_ops, name))))
#include "../list.h"
	if (!filled) {
		kxen_err("neither kvm-amd nor kvm-intel is loaded");
		return -ENODEV;
	}
	/* The vendor module may be another one, or loaded anew, by now. */
	if (known != ops->get_cs_db_l_bits) {
		known = ops->get_cs_db_l_bits;
		svm = kxen_kvm_name(svm_get_cs_db_l_bits) == (unsigned long)known;
		kxen_svm_vmcb = svm ? find_svm_vmcb() : 0;
		kxen_vmx_reason = svm ? 0 : find_vmx_reason();
	}
	kxen_svm_avic = svm && *kxen_kvm_data(enable_apicv);
	kxen_exits_traced = find_exits_traced();
	return 0;
}

/* Where KVM keeps the function that enters a guest: the call kvm_x86_vcpu_run leads to it. */
void *const *kxen_glue_vcpu_run(void)
{
	return (void *const *)&kxen_kvm_data(kvm_x86_ops)->vcpu_run;
}

/* Can a call be told from other exits of this vendor's? After kxen_glue_arm(). */
bool kxen_glue_knows_exits(void)
{
	return kxen_svm_vmcb ? !!kxen_exits_traced : !!kxen_vmx_reason;
}

/* Which of the two, where kxen_glue_knows_exits(). */
bool kxen_glue_is_svm(void)
{
	return kxen_svm_vmcb;
}

/**
 * kxen_glue_vendor_get() - Keep the vendor module loaded.
 *
 * Nothing else does, once its last VM is gone, and what stands in for a function of it goes later.
 * Context: while there is a VM, so that it is loaded.
 * Return: the module, for kxen_glue_vendor_put(); NULL if it is built in.
 */
struct module *kxen_glue_vendor_get(void)
{
	struct module *m;

	preempt_disable();
	m = kxen_kvm(__module_text_address)((unsigned long)*kxen_glue_vcpu_run());
	if (m && !try_module_get(m))
		m = NULL;	/* not while there is a VM */
	preempt_enable();
	return m;
}

void kxen_glue_vendor_put(struct module *m)
{
	module_put(m);
}
