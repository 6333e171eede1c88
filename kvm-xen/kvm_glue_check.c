// SPDX-License-Identifier: GPL-2.0-only
/*
 * The glue's first part: is KVM what this module was compiled against, and where is
 * what it does not export?
 *
 * What KVM exports is called directly. What it does not export is looked up by
 * name and called through static calls: those are direct calls, which a kernel
 * with indirect branch tracking allows to any function. Layouts and prototypes
 * are compared with the running kernel's BTF before the first hook is armed.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <kvm/iodev.h>

#include "btf.h"
#include "hook.h"
#include "kvm_glue.h"
#include "kvm_glue_calls.h"
#include "log.h"

DEFINE_STATIC_CALL_NULL(kxen_bus_register, kvm_io_bus_register_dev);
DEFINE_STATIC_CALL_NULL(kxen_lapic_set_irq, kxen_t_lapic_set_irq);
DEFINE_STATIC_CALL_NULL(kxen_kvmclock_ns, kxen_t_kvmclock_ns);
DEFINE_STATIC_CALL_NULL(kxen_get_cpl, kxen_t_get_cpl);
DEFINE_STATIC_CALL_NULL(kxen_cs_bits, kxen_t_cs_bits);
DEFINE_STATIC_CALL_NULL(kxen_intr_allowed, kxen_t_intr_allowed);
DEFINE_STATIC_CALL_NULL(kxen_cache_reg, kxen_t_cache_reg);
DEFINE_STATIC_CALL_NULL(kxen_irq_window, kxen_t_irq_window);
DEFINE_STATIC_CALL_NULL(kxen_inject_nmi, kvm_inject_nmi);
DEFINE_STATIC_CALL_NULL(kxen_set_irq, kvm_set_irq);
DEFINE_STATIC_CALL_NULL(kxen_irq_source_get, kvm_request_irq_source_id);
DEFINE_STATIC_CALL_NULL(kxen_irq_source_put, kvm_free_irq_source_id);
DEFINE_STATIC_CALL_NULL(kxen_ack_register, kvm_register_irq_ack_notifier);
DEFINE_STATIC_CALL_NULL(kxen_ack_unregister, kvm_unregister_irq_ack_notifier);

struct preempt_ops *kxen_kvm_preempt_ops;
u32 kxen_svm_vmcb;

#ifdef KXEN_FORGE_LAYOUT	/* a build for the test of the check below */
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
	MEMBER(kvm_memslots, generation),
	MEMBER(kvm_memory_slot, base_gfn),
	MEMBER(kvm_memory_slot, npages),
	MEMBER(kvm_memory_slot, flags),
	MEMBER(kvm_memory_slot, userspace_addr),
	MEMBER(kvm_memory_slot, dirty_bitmap),
	MEMBER(kvm_vcpu, pid),
	MEMBER(kvm_vcpu, preempted),
	MEMBER(kvm_vcpu, arch),
	MEMBER(kvm_vcpu_arch, regs),
	MEMBER(kvm_vcpu_arch, regs_dirty),
	MEMBER(kvm_vcpu_arch, regs_avail),
	MEMBER(kvm_vcpu_arch, cr0),
	MEMBER(kvm_vcpu_arch, cr3),
	MEMBER(kvm_vcpu_arch, cr4),
	MEMBER(kvm_vcpu_arch, efer),
	MEMBER(kvm_vcpu_arch, hflags),
	MEMBER(kvm_vcpu_arch, mp_state),
	MEMBER(kvm_vcpu_arch, interrupt),
	MEMBER(kvm_vcpu_arch, hv_clock),
	MEMBER(kvm_vcpu_arch, hyperv_enabled),
	MEMBER(kvm_vcpu_arch, virtual_tsc_khz),
	MEMBER(kvm, lock),
	MEMBER(kvm, slots_lock),
	MEMBER(kvm, srcu),
	MEMBER(kvm, mm),
	MEMBER(kvm, vcpu_array),
	MEMBER(kvm, userspace_pid),
	MEMBER(kvm, online_vcpus),
	MEMBER(kvm, created_vcpus),
	MEMBER(kvm, dirty_ring_size),
	MEMBER(kvm, nr_memslot_pages),
	MEMBER(kvm, arch),
	MEMBER(kvm_arch, irqchip_mode),
	MEMBER(kvm_arch, apicv_inhibit_reasons),
	MEMBER(kvm_arch, xen_hvm_config),
	MEMBER(kvm_arch, bsp_vcpu_id),
#ifdef KXEN_KVM_HAS_VM_TYPE
	MEMBER(kvm_arch, vm_type),
#endif
	MEMBER(kvm_x86_ops, get_cpl),
	MEMBER(kvm_x86_ops, get_cs_db_l_bits),
	MEMBER(kvm_x86_ops, interrupt_allowed),
	MEMBER(kvm_x86_ops, cache_reg),
	MEMBER(kvm_x86_ops, enable_irq_window),
	MEMBER(kvm_vcpu, mode),
	MEMBER(kvm_io_device_ops, destructor),
	MEMBER(msr_data, index),
	MEMBER(msr_data, data),
	MEMBER(kvm_lapic_irq, trig_mode),
	MEMBER(kvm_irq_ack_notifier, gsi),
	MEMBER(kvm_irq_ack_notifier, irq_acked),
#undef MEMBER
};

/* What is called without being hooked, and is not checked by the linker. */
static const struct {
	const char *name;
	u8 nargs;
} called[] = {
	{ "kvm_io_bus_register_dev", 5 },
	{ "kvm_apic_set_irq", 3 },
	{ "get_kvmclock_ns", 1 },
	{ "kvm_read_guest_virt", 5 },
	{ "kvm_write_guest_virt_system", 5 },
	{ "kvm_lapic_find_highest_irr", 1 },
	{ "kvm_set_irq", 5 },
	{ "kvm_request_irq_source_id", 1 },
	{ "kvm_free_irq_source_id", 2 },
	{ "kvm_register_irq_ack_notifier", 2 },
	{ "kvm_unregister_irq_ack_notifier", 2 },
};

static int check_func(struct kxen_btf *btf, const char *name, int nargs,
		      int is_void)
{
	bool v;
	int n = kxen_btf_func(btf, name, &v);

	if (n == nargs && (is_void < 0 || is_void == v))
		return 0;
	if (n < 0)
		kxen_err("the running kernel's type information does not know %s()",
			 name);
	else
		kxen_err("%s() has another prototype on this kernel: rebuild the module for it",
			 name);
	return -ENOEXEC;
}

static int check_types(struct kxen_btf *btf, struct kxen_hook *hooks, int nr)
{
	int i, off, ret;

	for (i = 0; i < ARRAY_SIZE(layout); i++) {
		off = kxen_btf_member(btf, layout[i].type, layout[i].member);
		if (off == layout[i].offset)
			continue;
		kxen_err("struct %s.%s is at %d on this kernel, the module was compiled for %d: rebuild it",
			 layout[i].type, layout[i].member, off,
			 layout[i].offset);
		return -ENOEXEC;
	}
	off = kxen_btf_size(btf, "x86_exception");
	if (off <= 0 || off > (int)sizeof(struct kxen_x86_exception)) {
		kxen_err("struct x86_exception has grown to %d bytes", off);
		return -ENOEXEC;
	}
	for (i = 0; i < ARRAY_SIZE(called); i++) {
		ret = check_func(btf, called[i].name, called[i].nargs, -1);
		if (ret)
			return ret;
	}
	for (i = 0; i < nr; i++) {
		ret = check_func(btf, hooks[i].symbol, hooks[i].nargs,
				 hooks[i].is_void);
		if (ret)
			return ret;
	}
	return 0;
}

/* A module's own BTF, or an error pointer: the kernel keeps it only behind this file. */
static void *read_btf(const char *path, u32 *size)
{
	struct file *f = filp_open(path, O_RDONLY, 0);
	loff_t pos = 0;
	void *data;
	ssize_t n = 1;

	if (IS_ERR(f))
		return f;
	*size = i_size_read(file_inode(f));
	data = kvmalloc(*size, GFP_KERNEL);
	while (data && n > 0 && pos < *size)	/* sysfs gives a page at a time */
		n = kernel_read(f, data + pos, *size - pos, &pos);
	filp_close(f, NULL);
	if (data && pos == *size)
		return data;
	kvfree(data);
	return ERR_PTR(!data || n == -ENOMEM ? -ENOMEM : -EIO);
}

/**
 * kxen_glue_check() - Compare KVM as it runs with KVM as compiled against.
 * @hooks: the functions that are going to be hooked.
 * @nr: their number.
 *
 * Once, at load: kvm.ko cannot be replaced while this module uses it.
 * Context: may sleep; takes some milliseconds and temporary memory.
 * Return: 0; -ENOEXEC or another errno, with one line in the log.
 */
int kxen_glue_check(struct kxen_hook *hooks, int nr)
{
	const void *start = (void *)kxen_hook_lookup("__start_BTF");
	const void *stop = (void *)kxen_hook_lookup("__stop_BTF");
	struct kxen_btf *btf;
	u32 size = 0;
	void *kvm = read_btf("/sys/kernel/btf/kvm", &size);
	int ret;

	if (IS_ERR(kvm) && PTR_ERR(kvm) == -ENOMEM)
		return -ENOMEM;
	if (!start || !stop || IS_ERR(kvm)) {
		kxen_err("there is no type information (/sys/kernel/btf/kvm) of the running kvm: its layout cannot be checked");
		if (!IS_ERR(kvm))
			kvfree(kvm);
		return -ENOEXEC;
	}
	btf = kxen_btf_open(start, stop - start, kvm, size);
	if (IS_ERR(btf)) {
		ret = PTR_ERR(btf);
		kxen_err("the type information of the running kernel cannot be read (error %d)",
			 ret);
	} else {
		ret = check_types(btf, hooks, nr);
		kxen_btf_close(btf);
	}
	kvfree(kvm);
	return ret;
}

/*
 * Where a vCPU of SVM has its VMCB; without the answer everything works, a little
 * slower.
 */
static u32 find_svm_vmcb(void)
{
	const void *start = (void *)kxen_hook_lookup("__start_BTF");
	const void *stop = (void *)kxen_hook_lookup("__stop_BTF");
	struct kxen_btf *btf;
	int vmcb = 0, vcpu = -1;
	u32 size = 0;
	void *amd = read_btf("/sys/kernel/btf/kvm_amd", &size);

	if (!start || !stop || IS_ERR(amd)) {
		if (!IS_ERR(amd))
			kvfree(amd);
		return 0;
	}
	btf = kxen_btf_open(start, stop - start, amd, size);
	if (!IS_ERR(btf)) {
		vcpu = kxen_btf_member(btf, "vcpu_svm", "vcpu");
		vmcb = kxen_btf_member(btf, "vcpu_svm", "vmcb");
		kxen_btf_close(btf);
	}
	kvfree(amd);
	return vcpu == 0 && vmcb > 0 ? vmcb : 0;
}

/* True if the symbol is there and the static call goes to it now. */
#define RESOLVE(call, name) ({						\
	unsigned long addr = kxen_hook_lookup(name);			\
									\
	if (addr)							\
		static_call_update(call,				\
			(typeof(STATIC_CALL_TRAMP(call))*)addr);	\
	addr;								\
})

/**
 * kxen_glue_init() - Find what KVM does not export.
 *
 * Context: module load. kvm_x86_ops is filled when kvm-amd or kvm-intel loads
 * and may change with it, so it is read again at each arming.
 * Return: 0 or a negative errno with one line in the log.
 */
int kxen_glue_init(void)
{
	kxen_kvm_preempt_ops = (void *)kxen_hook_lookup("kvm_preempt_ops");
	if (!kxen_kvm_preempt_ops)
		return -ENOENT;
	if (!RESOLVE(kxen_bus_register, "kvm_io_bus_register_dev") ||
	    !RESOLVE(kxen_lapic_set_irq, "kvm_apic_set_irq") ||
	    !RESOLVE(kxen_kvmclock_ns, "get_kvmclock_ns") ||
	    !RESOLVE(kxen_inject_nmi, "kvm_inject_nmi") ||
	    !RESOLVE(kxen_set_irq, "kvm_set_irq") ||
	    !RESOLVE(kxen_irq_source_get, "kvm_request_irq_source_id") ||
	    !RESOLVE(kxen_irq_source_put, "kvm_free_irq_source_id") ||
	    !RESOLVE(kxen_ack_register, "kvm_register_irq_ack_notifier") ||
	    !RESOLVE(kxen_ack_unregister, "kvm_unregister_irq_ack_notifier"))
		return -ENOENT;
	return 0;
}

/**
 * kxen_glue_arm() - Take the vendor module's callbacks.
 *
 * Return: 0, or -ENODEV if neither kvm-amd nor kvm-intel is loaded.
 */
int kxen_glue_arm(void)
{
	struct kvm_x86_ops *ops = (void *)kxen_hook_lookup("kvm_x86_ops");
	static const void *known;

	if (!ops || !ops->get_cpl || !ops->get_cs_db_l_bits ||
	    !ops->interrupt_allowed || !ops->cache_reg ||
	    !ops->enable_irq_window) {
		kxen_err("neither kvm-amd nor kvm-intel is loaded");
		return -ENODEV;
	}
	static_call_update(kxen_get_cpl, ops->get_cpl);
	static_call_update(kxen_cs_bits, ops->get_cs_db_l_bits);
	static_call_update(kxen_intr_allowed, ops->interrupt_allowed);
	static_call_update(kxen_cache_reg, ops->cache_reg);
	static_call_update(kxen_irq_window, ops->enable_irq_window);
	/* The vendor module may be another one, or loaded anew, by now. */
	if (known != ops->get_cs_db_l_bits) {
		known = ops->get_cs_db_l_bits;
		kxen_svm_vmcb = kxen_hook_find("svm_get_cs_db_l_bits") ==
				(unsigned long)known ? find_svm_vmcb() : 0;
	}
	return 0;
}
