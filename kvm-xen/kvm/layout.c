// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is KVM what this module was compiled against, and where is what it does not export?
 *
 * Functions are looked up by name (calls.h). Layouts and prototypes are compared with the
 * running kernel's BTF before the first hook is armed.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/stringify.h>
#include <kvm/iodev.h>

#include "btf.h"
#include "glue.h"
#include "hook.h"
#include "internal.h"
#include "../log.h"

/* A build for tests: of the check below, where data that may be absent is. */
#ifdef KXEN_FORGE_LAYOUT
#define FORGED 8
#else
#define FORGED 0
#endif

static const struct {
	const char *type;
	const char *member;
	int offset;
} layout[] = {
#define MEMBER(type, member) \
	{ #type, #member, offsetof(struct type, member) }
	{ "kvm_vcpu", "preempt_notifier",
	  offsetof(struct kvm_vcpu, preempt_notifier) + FORGED },
	MEMBER(kvm_vcpu, kvm),
	MEMBER(kvm_vcpu, vcpu_idx),
	MEMBER(kvm_vcpu, vcpu_id),
	MEMBER(kvm_vcpu, ____srcu_idx),
	MEMBER(kvm_vcpu, requests),
	MEMBER(kvm_vcpu, mutex),
	MEMBER(kvm_vcpu, run),
	MEMBER(kvm_vcpu, last_used_slot),
	MEMBER(kvm_vcpu, last_used_slot_gen),
	MEMBER(kvm_vcpu, wait),
	MEMBER(kvm_memslots, generation),
	MEMBER(kvm_memslots, id_hash),
	MEMBER(kvm_memslots, node_idx),
	MEMBER(kvm_memslots, last_used_slot),
	MEMBER(kvm_memslots, gfn_tree),
	MEMBER(kvm_memory_slot, id),
	MEMBER(kvm_memory_slot, id_node),
	MEMBER(kvm_memory_slot, gfn_node),
	MEMBER(kvm_memory_slot, base_gfn),
	MEMBER(kvm_memory_slot, npages),
	MEMBER(kvm_memory_slot, flags),
	MEMBER(kvm_memory_slot, userspace_addr),
	MEMBER(kvm_memory_slot, dirty_bitmap),
	MEMBER(kvm_vcpu, pid),
#ifdef KXEN_KVM_PID_LOCK
	MEMBER(kvm_vcpu, pid_lock),
#endif
	MEMBER(kvm_vcpu, preempted),
	MEMBER(kvm_vcpu, cpu),
	MEMBER(kvm_vcpu, arch),
	MEMBER(kvm, lock),
	MEMBER(kvm, devices),
	MEMBER(kvm, slots_lock),
	MEMBER(kvm, srcu),
	MEMBER(kvm, mm),
	MEMBER(kvm, mmu_invalidate_seq),
	MEMBER(kvm, mmu_invalidate_in_progress),
	MEMBER(kvm, memslots),
	MEMBER(kvm, vcpu_array),
	MEMBER(kvm, userspace_pid),
	MEMBER(kvm, online_vcpus),
	MEMBER(kvm, created_vcpus),
	MEMBER(kvm, dirty_ring_size),
	MEMBER(kvm, arch),
	MEMBER(kvm_vcpu, mode),
	MEMBER(kvm_device, ops),
	MEMBER(kvm_device, kvm),
	MEMBER(kvm_device, private),
	MEMBER(kvm_device, vm_node),
	MEMBER(kvm_device_ops, name),
	MEMBER(vm_fault, vma),
	MEMBER(vm_fault, address),
	MEMBER(vm_fault, flags),
	MEMBER(vm_fault, orig_pte),
	MEMBER(vm_fault, pte),
	MEMBER(vm_area_struct, vm_start),
	MEMBER(vm_area_struct, vm_end),
	MEMBER(vm_area_struct, vm_mm),
	MEMBER(vm_area_struct, vm_page_prot),
	MEMBER(vm_area_struct, anon_vma),
	MEMBER(mm_struct, rss_stat),
#include "arch_layout.h"
#undef MEMBER
};

static int check_func(struct kxen_btf *btf, const char *name, int nargs,
		      int is_void)
{
	int ret = kxen_btf_check_func(btf, name, nargs, is_void);

	if (!ret)
		return 0;
	if (ret == -ENOENT)
		kxen_err("the running kernel's type information does not know %s()",
			 name);
	else
		kxen_err("%s() has another prototype on this kernel: rebuild the module for it",
			 name);
	return -ENOEXEC;
}

static int check_member(struct kxen_btf *btf, const char *type,
			const char *member, int offset)
{
	int off = kxen_btf_member(btf, type, member);

	if (off == offset)
		return 0;
	kxen_err("struct %s.%s is at %d on this kernel, the module was compiled for %d: rebuild it",
		 type, member, off, offset);
	return -ENOEXEC;
}

/* What is called without being hooked. */
static int check_calls(struct kxen_btf *btf)
{
	int ret = 0;

#define KXEN_KVM_CALL(name, type, nargs) \
	(ret = ret ?: check_func(btf, #name, nargs, -1))
#define KXEN_KVM_OP(name) \
	(ret = ret ?: check_member(btf, __stringify(KXEN_KVM_OPS), #name, \
				   offsetof(struct KXEN_KVM_OPS, name)))
#include "list.h"
	return ret;
}

static int check_types(struct kxen_btf *btf)
{
	const struct kxen_hook *h;
	int i, ret = 0;

	for (i = 0; i < ARRAY_SIZE(layout) && !ret; i++)
		ret = check_member(btf, layout[i].type, layout[i].member,
				   layout[i].offset);
	if (ret)
		return ret;
	ret = kxen_glue_check_arch(btf);
	if (!ret)
		ret = kxen_glue_check_vfio(btf);
	if (!ret)
		ret = check_calls(btf);
	for (i = 0; !ret && (h = kxen_hook_at(i)); i++)
		if (h->address)
			ret = check_func(btf, h->symbol, h->nargs, h->is_void);
	return ret;
}

/**
 * kxen_glue_check() - Compare KVM as it runs with KVM as compiled against.
 *
 * Once, at load, when all hooks are registered: kvm.ko is not replaced while this module uses it.
 * Context: may sleep; takes some milliseconds and temporary memory.
 * Return: 0; -ENOEXEC or another errno, with one line in the log.
 */
int kxen_glue_check(void)
{
	/* Where KVM is built in, the image's types are all that there are. */
	struct kxen_btf *btf = kxen_btf_open(IS_MODULE(CONFIG_KVM) ? "kvm" : NULL);
	int ret;

	if (IS_ERR(btf)) {
		ret = PTR_ERR(btf);
		if (ret == -ENOENT)
			kxen_err("there is no type information (/sys/kernel/btf) of the running kvm: its layout cannot be checked");
		else if (ret != -ENOMEM)
			kxen_err("the type information of the running kernel cannot be read (error %d)",
				 ret);
		return ret == -ENOENT ? -ENOEXEC : ret;
	}
	ret = check_types(btf);
	kxen_btf_close(btf);
	return ret;
}

/**
 * kxen_glue_init() - Find what KVM does not export.
 *
 * Context: module load. What a vendor module fills in when it loads is found here, and looked
 * into at each arming: kxen_glue_arm().
 * Return: 0 or a negative errno with one line in the log.
 */
int kxen_glue_init(void)
{
	bool found = true;

#define KXEN_KVM_CALL(name, type, nargs) \
	(found = found && KXEN_RESOLVE(kxen_##name, kxen_hook_lookup(#name)))
#define KXEN_KVM_DATA(name, type) \
	(found = found && (kxen_##name = (__force type)kxen_hook_lookup(#name)))
#define KXEN_KVM_DATA_MAYBE(name, type) \
	(kxen_##name = FORGED ? NULL : (void *)kxen_hook_find(#name))
#include "list.h"
	return found ? 0 : -ENOENT;
}
