/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one list of what is used of KVM and of the kernel without being exported: functions that
 * the glue calls, and data. Included several times, each time with another meaning: a line here
 * declares and defines it, looks it up, and compares a function with the running kernel's type
 * information. No include guard.
 */

#ifndef KXEN_KVM_CALL
#define KXEN_KVM_CALL(name, type, nargs)
#endif
#ifndef KXEN_KVM_OP
#define KXEN_KVM_OP(name)
#endif
#ifndef KXEN_KVM_DATA
#define KXEN_KVM_DATA(name, type)
#endif
#ifndef KXEN_KVM_DATA_MAYBE
#define KXEN_KVM_DATA_MAYBE(name, type)
#endif
#ifndef KXEN_KVM_NAME_MAYBE
#define KXEN_KVM_NAME_MAYBE(name)
#endif

/*
 * Functions: name in KVM, type, number of arguments. Looked up at load. A function that some
 * kernel has and its type information has not: KXEN_UNTYPED(number), which is compared only
 * where it is known.
 */
#ifdef KXEN_HAS_MEMPAGING	/* memory management's */
KXEN_KVM_CALL(__mem_cgroup_charge, __mem_cgroup_charge, 3);
#if defined(KXEN_MM_MAP_LOCK)
KXEN_KVM_CALL(__pte_offset_map_lock, __pte_offset_map_lock, 4);
#elif !defined(KXEN_MM_MAP_LOCK_INLINE)
KXEN_KVM_CALL(pte_offset_map_lock, kxen_t_map_lock, 4);
#endif
#ifdef KXEN_MM_FOLIO_NEW_RMAP
KXEN_KVM_CALL(folio_add_new_anon_rmap, folio_add_new_anon_rmap, 4);
#else
KXEN_KVM_CALL(page_add_new_anon_rmap, page_add_new_anon_rmap, 3);
#endif
KXEN_KVM_CALL(folio_add_lru_vma, folio_add_lru_vma, 2);
#endif
#ifdef CONFIG_CPUSETS
KXEN_KVM_CALL(cpuset_cpus_allowed, cpuset_cpus_allowed, 2);
#endif
KXEN_KVM_CALL(do_madvise, do_madvise, 4);
KXEN_KVM_CALL(file_is_kvm, file_is_kvm, 1);
KXEN_KVM_CALL(gfn_to_hva, gfn_to_hva, 2);
KXEN_KVM_CALL(gfn_to_memslot, gfn_to_memslot, 2);
KXEN_KVM_CALL(kvm_get_running_vcpu, kvm_get_running_vcpu, 0);
#ifdef KXEN_KVM_KICK_WAITS	/* then the other one is inline */
KXEN_KVM_CALL(__kvm_vcpu_kick, __kvm_vcpu_kick, 2);
#else
KXEN_KVM_CALL(kvm_vcpu_kick, kvm_vcpu_kick, 1);
#endif
KXEN_KVM_CALL(kvm_vcpu_mark_page_dirty, kvm_vcpu_mark_page_dirty, 2);
KXEN_KVM_CALL(kvm_vcpu_on_spin, kvm_vcpu_on_spin, 2);
KXEN_KVM_CALL(kvm_write_guest, kvm_write_guest, 4);
#ifdef KXEN_KVM_INTERNAL_MEMSLOT	/* then others than KVM set but those */
KXEN_KVM_CALL(kvm_set_memory_region, kxen_t_set_region, 2);
#else
KXEN_KVM_CALL(__kvm_set_memory_region, kxen_t_set_region, 2);
#endif

/*
 * Data: name, type of a pointer to it. A kernel that is built without KALLSYMS_ALL has no names
 * of data: what may be absent says here what stands in for it, and is NULL then. Looked up at
 * load.
 */
KXEN_KVM_DATA_MAYBE(ftrace_enabled, const int *);	/* hook.c: the pin fails while it is off */
KXEN_KVM_DATA_MAYBE(__start_BTF, const char *);	/* btf.c: the same in /sys/kernel/btf/vmlinux */
KXEN_KVM_DATA_MAYBE(__stop_BTF, const char *);

/*
 * Names: of functions whose address alone says something, and that are in a module which may be
 * loaded anew. Looked up when they are asked for; they may be absent, and say what that means.
 */
#include "arch_list.h"

#undef KXEN_KVM_CALL
#undef KXEN_KVM_OP
#undef KXEN_KVM_DATA
#undef KXEN_KVM_DATA_MAYBE
#undef KXEN_KVM_NAME_MAYBE
