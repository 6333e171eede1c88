/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only door to KVM. The files of this directory are the only ones that name
 * KVM's symbols and look into its structures; the rest of the module passes
 * struct kvm and struct kvm_vcpu around unopened.
 */
#ifndef KXEN_KVM_GLUE_H
#define KXEN_KVM_GLUE_H

#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <linux/preempt.h>

#include "calls.h"
#include "arch_mark.h"		/* of the architecture */

struct kxen_domain;
struct kxen_vcpu;

int kxen_glue_init(void);
int kxen_glue_check(void);

/* --- VM ------------------------------------------------------------------ */
struct file *kxen_glue_vm_file(int fd, struct kvm **kvm);
bool kxen_glue_has_dirty_ring(struct kvm *kvm);
u32 kxen_glue_vm_refuse(struct kvm *kvm, int max_vcpus);
bool kxen_glue_vm_tryget(struct kvm *kvm);
void kxen_glue_vm_put(struct kvm *kvm);
int kxen_glue_vm_pid(struct kvm *kvm);
struct kvm_vcpu *kxen_glue_vcpu_by_idx(struct kvm *kvm, u32 idx);
struct kvm *kxen_glue_vcpu_kvm(struct kvm_vcpu *vcpu);
u32 kxen_glue_vcpu_idx(struct kvm_vcpu *vcpu);
u32 kxen_glue_vcpu_id(struct kvm_vcpu *vcpu);
u32 kxen_glue_created_vcpus(struct kvm *kvm);
u32 kxen_glue_slots(struct kvm *kvm, unsigned long *hva, u32 room);
unsigned long kxen_glue_gfn_to_hva(struct kvm *kvm, u64 gfn);
struct mm_struct *kxen_glue_vm_mm(struct kvm *kvm);

/* --- vCPU ---------------------------------------------------------------- */
static inline struct kxen_vcpu *kxen_glue_marked(struct kvm_vcpu *vcpu)
{
	struct preempt_ops *ops = READ_ONCE(vcpu->preempt_notifier.ops);

	/* The first of its members: the architecture's hooks.c asserts it. */
	return kxen_ops_are_ours(ops) ? (struct kxen_vcpu *)ops : NULL;
}

int kxen_glue_mark(struct kvm_vcpu *vcpu, struct preempt_ops *ours, struct preempt_ops **theirs);
void kxen_glue_unmark(struct kvm_vcpu *vcpu, struct preempt_ops *theirs);
bool kxen_glue_preempted(struct kvm_vcpu *vcpu);

/*
 * Is this the thread that runs the vCPU? Not so in an interrupt of that thread: it cannot be
 * relied upon to look for what is left to it, since it may have looked and be about to sleep.
 */
static inline bool kxen_glue_is_running_here(struct kvm_vcpu *vcpu)
{
	return in_task() && kxen_kvm(kvm_get_running_vcpu)() == vcpu;
}

/* The vCPU that this CPU has loaded, if it is ours, or NULL. Preemption off, or own thread. */
static inline struct kxen_vcpu *kxen_glue_running(void)
{
	struct kvm_vcpu *vcpu = kxen_kvm(kvm_get_running_vcpu)();

	return vcpu ? kxen_glue_marked(vcpu) : NULL;
}

void kxen_glue_kick(struct kvm_vcpu *vcpu);
void kxen_glue_unblock(struct kvm_vcpu *vcpu);
void kxen_glue_exit_shutdown(struct kvm_vcpu *vcpu, u32 reason);
/* KVM_RUN is to complete what is under way, and no more. The VMM's word: it may change. */
static inline bool kxen_glue_immediate_exit(struct kvm_vcpu *vcpu)
{
#ifdef KXEN_KVM_RUN_UNSAFE
	return READ_ONCE(vcpu->run->immediate_exit__unsafe);
#else
	return READ_ONCE(vcpu->run->immediate_exit);
#endif
}

struct task_struct *kxen_glue_vcpu_task(struct kvm_vcpu *vcpu);
void kxen_glue_cpuset(struct task_struct *t, struct cpumask *m);
u32 kxen_glue_vcpu_cpu(struct kvm_vcpu *vcpu);
bool kxen_glue_vcpu_idle(struct kvm_vcpu *vcpu);

int kxen_glue_write_phys(struct kvm *kvm, u64 gpa, const void *src, u32 len);

/**
 * struct kxen_mem - a range of guest memory that the VMM has mapped in one piece.
 * @start: its first guest physical address.
 * @size: bytes.
 * @hva: where the VMM, whose thread the caller is, has it.
 */
struct kxen_mem {
	u64 start;
	u64 size;
	unsigned long hva;
};

bool kxen_glue_mem(struct kvm_vcpu *vcpu, u64 gfn, struct kxen_mem *m);
u32 kxen_glue_ram(struct kvm *kvm, struct kxen_mem *m, u32 room);

static __always_inline bool kxen_mem_has(const struct kxen_mem *m, u64 gpa)
{
	return gpa - m->start < m->size;
}

/* The address of what kxen_mem_has() has agreed to, also for speculation. */
static __always_inline void __user *kxen_mem_at(const struct kxen_mem *m,
						u64 gpa)
{
	return (void __user *)(m->hva + array_index_nospec(gpa - m->start,
							   m->size));
}

/**
 * struct kxen_mem_state - what a VM's memory is, as far as KVM is told.
 * @seq: how often something in the VMM's page tables has changed.
 * @slots: how often the slots have.
 */
struct kxen_mem_state {
	u64 seq;
	u64 slots;
};

bool kxen_glue_mem_state(struct kvm *kvm, struct kxen_mem_state *s);

static inline bool kxen_mem_state_same(const struct kxen_mem_state *a,
				       const struct kxen_mem_state *b)
{
	return READ_ONCE(a->seq) == READ_ONCE(b->seq) && READ_ONCE(a->slots) == READ_ONCE(b->slots);
}

void kxen_glue_gfn_dirty(struct kvm *kvm, u64 gfn);
void kxen_glue_slot_dirty(struct kvm_memory_slot *slot, u64 gfn);
void kxen_glue_slot_frames(const struct kvm_memory_slot *slot, u64 *first, u64 *nr);
void kxen_glue_mark_dirty(struct kvm_vcpu *vcpu, u64 gpa);

bool kxen_glue_discard(unsigned long hva, unsigned long len);
u64 kxen_glue_max_gfn(struct kvm *kvm);
u64 kxen_glue_nr_pages(struct kvm *kvm);
void kxen_glue_yield(struct kvm_vcpu *vcpu);
bool kxen_glue_work_pending(struct kvm_vcpu *vcpu);

/* view.c: memory slots where the VMM has none. */
#define KXEN_GLUE_VIEWS		64	/* of a VM, no more */

bool kxen_glue_is_device(u64 gfn);
bool kxen_glue_no_memory(struct kvm *kvm, u64 gfn);
void kxen_glue_hole(struct kvm *kvm, u64 gfn, u64 *first, u64 *end);
int kxen_glue_view(struct kvm *kvm, u64 gfn);
void kxen_glue_without_srcu(struct kvm_vcpu *vcpu, void (*fn)(void *arg), void *arg);

/* struct kxen_cover - the large page around a frame: for which slots there is none any more. */
struct kxen_cover {
	const void *slot[2];
};

/* What is behind a frame by KVM's slots. */
enum kxen_covers {
	KXEN_COVERS_HOLE,	/* no slot */
	KXEN_COVERS_NOTHING,	/* one of the module's own: KVM maps nothing but what is placed */
	KXEN_COVERS_MEMORY,	/* the VMM's */
};

/* --- The architecture's half of what the core asks for --------------------------------- */
int kxen_glue_arm(void);
bool kxen_glue_offline(struct kvm_vcpu *vcpu);
void kxen_glue_halt(struct kvm_vcpu *vcpu);
void kxen_glue_prepare_run(struct kvm_vcpu *vcpu);
enum kxen_covers kxen_glue_cover(struct kvm *kvm, u64 gfn, struct kxen_cover *c);
void kxen_glue_zap(struct kvm *kvm, const u64 *gfn, u32 nr);
void kxen_glue_zap_all(struct kvm *kvm);
void kxen_glue_hold_zap(struct kvm *kvm);
void kxen_glue_let_zap(struct kvm *kvm);
bool kxen_glue_has_tdp(void);

#endif
