// SPDX-License-Identifier: GPL-2.0-only
/* The vendor module: its callbacks, and what is known of SVM's structures. */
#include <linux/err.h>
#include <linux/module.h>

#include "../../log.h"
#include "../btf.h"
#include "../glue.h"
#include "../hook.h"
#include "../internal.h"

MODULE_SOFTDEP("pre: kvm-amd kvm-intel");

u32 kxen_svm_vmcb;
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
	}
	kxen_svm_avic = svm && *kxen_kvm_data(enable_apicv);
	return 0;
}
