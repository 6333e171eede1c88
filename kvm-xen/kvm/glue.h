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
#include "../kxen.h"

struct kxen_line;
struct kxen_pio;

/* Registers of a hypercall, in the order of the 64-bit convention. */
enum kxen_reg {
	KXEN_RAX = VCPU_REGS_RAX,
	KXEN_RBX = VCPU_REGS_RBX,
	KXEN_RCX = VCPU_REGS_RCX,
	KXEN_RDX = VCPU_REGS_RDX,
	KXEN_RSI = VCPU_REGS_RSI,
	KXEN_RDI = VCPU_REGS_RDI,
	KXEN_RBP = VCPU_REGS_RBP,
#ifdef CONFIG_X86_64
	KXEN_R8 = VCPU_REGS_R8,
	KXEN_R9 = VCPU_REGS_R9,
	KXEN_R10 = VCPU_REGS_R10,
#endif
};

int kxen_glue_init(void);
int kxen_glue_arm(void);
int kxen_glue_check(void);

/* KVM's own preempt notifier callbacks: what an unmarked vCPU carries. */
extern struct preempt_ops *kxen_kvm_preempt_ops;

/* --- VM ------------------------------------------------------------------ */
struct file *kxen_glue_vm_file(int fd, struct kvm **kvm);
bool kxen_glue_has_dirty_ring(struct kvm *kvm);
u32 kxen_glue_vm_refuse(struct kvm *kvm);
bool kxen_glue_vm_tryget(struct kvm *kvm);
void kxen_glue_vm_put(struct kvm *kvm);
int kxen_glue_vm_pid(struct kvm *kvm);
struct kvm_vcpu *kxen_glue_vcpu_by_idx(struct kvm *kvm, u32 idx);
struct kvm *kxen_glue_vcpu_kvm(struct kvm_vcpu *v);
u32 kxen_glue_vcpu_idx(struct kvm_vcpu *v);
u32 kxen_glue_vcpu_id(struct kvm_vcpu *v);
u32 kxen_glue_created_vcpus(struct kvm *kvm);
u32 kxen_glue_slots(struct kvm *kvm, unsigned long *hva, u32 room);
u64 kxen_glue_vm_now(struct kvm *kvm);
unsigned long kxen_glue_gfn_to_hva(struct kvm *kvm, u64 gfn);
struct mm_struct *kxen_glue_vm_mm(struct kvm *kvm);

/* In-kernel I/O port range, answered by the callback; true: handled. */
struct kxen_pio *kxen_glue_pio_add(struct kvm *kvm, u16 port, u16 len,
				   bool (*io)(struct kxen_domain *d, u16 port,
					      bool write, u32 len, void *val),
				   void (*release)(struct kxen_domain *d),
				   struct kxen_domain *d);

/* x86/irq.c: an interrupt line on a pin of the VM's controllers. */
struct kxen_line *kxen_glue_line_add(struct kvm *kvm, u32 gsi,
				     void (*fn)(struct kxen_domain *d),
				     struct kxen_domain *d);
void kxen_glue_line_set(struct kvm *kvm, struct kxen_line *l, bool level);
void kxen_glue_line_del(struct kvm *kvm, struct kxen_line *l);

int kxen_glue_watch_eoi(void (*fn)(struct kxen_vcpu *kv, int vector));

/* --- vCPU ---------------------------------------------------------------- */
static inline struct kxen_vcpu *kxen_glue_marked(struct kvm_vcpu *v)
{
	struct preempt_ops *ops = READ_ONCE(v->preempt_notifier.ops);

	if (ops == kxen_kvm_preempt_ops)
		return NULL;
	return container_of(ops, struct kxen_vcpu, preempt_ops);
}

int kxen_glue_mark(struct kxen_vcpu *kv);
void kxen_glue_unmark(struct kxen_vcpu *kv);
bool kxen_glue_preempted(struct kvm_vcpu *v);
bool kxen_glue_offline(struct kvm_vcpu *v);
bool kxen_glue_at_reset_vector(struct kvm_vcpu *v);
bool kxen_glue_is_bsp(struct kvm_vcpu *v);

static inline unsigned long kxen_glue_reg(struct kvm_vcpu *v, enum kxen_reg r)
{
	return v->arch.regs[r];
}

static inline void kxen_glue_set_reg(struct kvm_vcpu *v, enum kxen_reg r,
				     unsigned long val)
{
	v->arch.regs[r] = val;
}

static inline bool kxen_glue_nested(struct kvm_vcpu *v)
{
	return v->arch.hflags & HF_GUEST_MASK;
}

static inline bool kxen_glue_hyperv(struct kvm_vcpu *v)
{
	return v->arch.hyperv_enabled;
}

static inline u32 kxen_glue_tsc_khz(struct kvm_vcpu *v)
{
	return v->arch.virtual_tsc_khz;
}

/*
 * Is this the thread that runs the vCPU? Not so in an interrupt of that thread: it cannot be
 * relied upon to look for what is left to it, since it may have looked and be about to sleep.
 */
static inline bool kxen_glue_is_running_here(struct kvm_vcpu *v)
{
	return in_task() && kxen_kvm(kvm_get_running_vcpu)() == v;
}

/* The vCPU that this CPU has loaded, if it is ours, or NULL. Preemption off, or own thread. */
static inline struct kxen_vcpu *kxen_glue_running(void)
{
	struct kvm_vcpu *v = kxen_kvm(kvm_get_running_vcpu)();

	return v ? kxen_glue_marked(v) : NULL;
}

bool kxen_glue_long_mode(struct kvm_vcpu *v);
int kxen_glue_cpl(struct kvm_vcpu *v);
bool kxen_glue_intr_allowed(struct kvm_vcpu *v);
bool kxen_glue_is_injecting(struct kvm_vcpu *v, u8 vector);
u64 kxen_glue_guest_tsc(struct kvm_vcpu *v);
void kxen_glue_want_event(struct kvm_vcpu *v);
bool kxen_glue_want_window(struct kvm_vcpu *v);
void kxen_glue_kick(struct kvm_vcpu *v);
void kxen_glue_unblock(struct kvm_vcpu *v);
void kxen_glue_halt(struct kvm_vcpu *v);
int kxen_glue_skip_insn(struct kvm_vcpu *v);
void kxen_glue_exit_shutdown(struct kvm_vcpu *v, u32 reason);
/* KVM_RUN is to complete what is under way, and no more. The VMM's word: it may change. */
static inline bool kxen_glue_immediate_exit(struct kvm_vcpu *v)
{
#ifdef KXEN_KVM_RUN_UNSAFE
	return READ_ONCE(v->run->immediate_exit__unsafe);
#else
	return READ_ONCE(v->run->immediate_exit);
#endif
}

int kxen_glue_lapic_highest(struct kvm_vcpu *v);
int kxen_glue_lapic_send(struct kvm_vcpu *v, u8 vector);
struct task_struct *kxen_glue_vcpu_task(struct kvm_vcpu *v);
bool kxen_glue_vcpu_idle(struct kvm_vcpu *v);

int kxen_glue_read_virt(struct kvm_vcpu *v, u64 gva, void *dst, u32 len);
int kxen_glue_write_virt(struct kvm_vcpu *v, u64 gva, const void *src, u32 len);
int kxen_glue_translate(struct kvm_vcpu *v, u64 gva, u64 *gpa);
int kxen_glue_write_phys(struct kvm *kvm, u64 gpa, const void *src, u32 len);

/* Registers that decide how a guest address is translated. */
struct kxen_paging {
	u64 cr3;
	u64 cr4;
	u64 efer;
};

/* Two names of the same registers, two types of the set of those in struct kvm_vcpu. */
#ifdef KXEN_KVM_REG_BITMAPS
#define KXEN_KVM_REG_CR3	VCPU_REG_CR3
#define KXEN_KVM_REG_CR4	VCPU_REG_CR4
#define kxen_glue_regs_avail(v)	((v)->arch.regs_avail)
#else
#define KXEN_KVM_REG_CR3	VCPU_EXREG_CR3
#define KXEN_KVM_REG_CR4	VCPU_EXREG_CR4
#define kxen_glue_regs_avail(v)	(&(v)->arch.regs_avail)
#endif

void kxen_glue_cache_paging(struct kvm_vcpu *v);

static __always_inline void kxen_glue_paging(struct kvm_vcpu *v,
					     struct kxen_paging *p)
{
	const u32 both = BIT(KXEN_KVM_REG_CR3) | BIT(KXEN_KVM_REG_CR4);

	/* The processor may keep them until somebody asks. */
	if (unlikely((*kxen_glue_regs_avail(v) & both) != both))
		kxen_glue_cache_paging(v);
	p->cr3 = v->arch.cr3;
	p->cr4 = v->arch.cr4;
	p->efer = v->arch.efer;
}

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

bool kxen_glue_mem(struct kvm_vcpu *v, u64 gfn, struct kxen_mem *m);

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

void kxen_glue_gfn_dirty(struct kvm *kvm, u64 gfn);
void kxen_glue_slot_dirty(struct kvm_memory_slot *slot, u64 gfn);
void kxen_glue_slot_frames(const struct kvm_memory_slot *slot, u64 *first, u64 *nr);
void kxen_glue_mark_dirty(struct kvm_vcpu *v, u64 gpa);

u64 kxen_glue_max_gfn(struct kvm *kvm);
u64 kxen_glue_nr_pages(struct kvm *kvm);
void kxen_glue_flush_tlbs(struct kvm *kvm);
void kxen_glue_inject_nmi(struct kvm_vcpu *v);
void kxen_glue_triple_fault(struct kvm_vcpu *v);
void kxen_glue_yield(struct kvm_vcpu *v);
bool kxen_glue_work_pending(struct kvm_vcpu *v);

/* MSR access as KVM passes it to the hooked functions. */
bool kxen_glue_msr(const void *info, u32 *index, u64 *data);
void kxen_glue_msr_result(void *info, u64 data);

#endif
