/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the glue calls in KVM. Newer kernels export next to nothing of it to modules that
 * are not KVM's own, so all but kvm_get_kvm_safe() and kvm_put_kvm() is looked up by name
 * and called through static calls. Those are direct calls, no longer than linked ones, which
 * a kernel with indirect branch tracking allows to any function. Data is found likewise.
 */
#ifndef KXEN_KVM_GLUE_CALLS_H
#define KXEN_KVM_GLUE_CALLS_H

#include <linux/cpuset.h>
#include <linux/kvm_host.h>
#include <linux/memcontrol.h>
#include <linux/rmap.h>
#include <linux/static_call.h>
#include <linux/swap.h>

#include "arch_calls.h"		/* of the architecture */

#ifdef KVM_SET_USER_MEMORY_REGION2
#define kxen_kvm_region_t	struct kvm_userspace_memory_region2
#else
#define kxen_kvm_region_t	struct kvm_userspace_memory_region
#endif

/* Types that no header declares, or a macro; there are none of these names. */
int kxen_t_set_region(struct kvm *kvm, const kxen_kvm_region_t *region);
pte_t *kxen_t_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, spinlock_t **ptlp);

#define KXEN_KVM_CALL(name, type, nargs) DECLARE_STATIC_CALL(kxen_##name, type)
#define KXEN_KVM_OP(name) \
	DECLARE_STATIC_CALL(kxen_op_##name, \
			    *(typeof_member(struct KXEN_KVM_OPS, name))NULL)
#define KXEN_KVM_DATA(name, type_t) extern type_t kxen_##name
#define KXEN_KVM_DATA_MAYBE(name, type_t) extern type_t kxen_##name
#define KXEN_KVM_NAME_MAYBE(name)	extern const char kxen_name_##name[]
#include "list.h"

/* Where data of the list is; NULL if it need not be there, and is not. */
#define kxen_kvm_data(name)	(kxen_##name)

/* Call a function of the list, a callback of the list. */
#define kxen_kvm(name)		static_call(kxen_##name)
#define kxen_kvm_op(name)	static_call(kxen_op_##name)

/* Where a name of the list is now; 0 if there is none. For who includes hook.h. */
#define kxen_kvm_name(name)	kxen_hook_find(kxen_name_##name)

#endif
