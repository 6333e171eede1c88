/* SPDX-License-Identifier: GPL-2.0-only */
/* What only x86 has of KVM, for the files of x86/. */
#ifndef KXEN_KVM_X86_GLUE_H
#define KXEN_KVM_X86_GLUE_H

#include <linux/kvm_host.h>

#include "../calls.h"
#include "arch_types.h"

struct kxen_domain;
struct kxen_irq_line;
struct kxen_pio;
struct kxen_vcpu;

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

/* --- vm.c ------------------------------------------------------------------------------- */
u64 kxen_glue_vm_now(struct kvm *kvm);
void kxen_glue_flush_tlbs(struct kvm *kvm);

/* In-kernel I/O port range, answered by the callback; true: handled. */
struct kxen_pio *kxen_glue_pio_add(struct kvm *kvm, u16 port, u16 len,
				   bool (*io)(struct kxen_domain *d, u16 port,
					      bool write, u32 len, void *val),
				   void (*release)(struct kxen_domain *d),
				   struct kxen_domain *d);

/* irq.c: an interrupt line on a pin of the VM's controllers. */
struct kxen_irq_line *kxen_glue_line_add(struct kvm *kvm, u32 gsi,
					 void (*fn)(struct kxen_domain *d),
					 struct kxen_domain *d);
void kxen_glue_line_set(struct kvm *kvm, struct kxen_irq_line *l, bool level);
void kxen_glue_line_del(struct kvm *kvm, struct kxen_irq_line *l);

int kxen_glue_watch_eoi(void (*fn)(struct kxen_vcpu *v, int vector));

/* --- fault.c: a guest's fault, KVM asks for the page ------------------------------------- */
#ifdef KXEN_KVM_FAULTIN_PFN
#define KXEN_KVM_FAULTIN	"__kvm_faultin_pfn"
#define KXEN_KVM_FAULTIN_ARGS	5
#define KXEN_KVM_PREFETCH	"kvm_prefetch_pages"
#define KXEN_GLUE_FAULT_HOLDS	false	/* KVM maps a page without a reference to it */
#else
#define KXEN_KVM_FAULTIN	"__gfn_to_pfn_memslot"
#ifdef KXEN_KVM_FAULT_INTERRUPTIBLE
#define KXEN_KVM_FAULTIN_ARGS	8
#else
#define KXEN_KVM_FAULTIN_ARGS	7
#endif
#define KXEN_KVM_PREFETCH	"gfn_to_page_many_atomic"
#define KXEN_GLUE_FAULT_HOLDS	true	/* KVM gives a reference back when it has mapped the page */
#endif

/* struct kxen_glue_fault - what KVM's function was called with, and where its answers go. */
struct kxen_glue_fault {
	const struct kvm_memory_slot *slot;	/* NULL: none that is in use */
	u64 gfn;
	bool write;
	bool atomic;				/* below mmu_lock */
	bool *writable;
	u64 *hva;
	struct page **held;
};

void kxen_glue_fault_args(struct kxen_glue_fault *f, const u64 *arg, const u64 *stack);
u64 kxen_glue_fault_page(const struct kxen_glue_fault *f, struct page *page, bool read_only);
void kxen_glue_fault_cover(struct kvm *kvm, const struct kxen_glue_fault *f);
bool kxen_glue_fault_in_view(const struct kxen_glue_fault *f);
u64 kxen_glue_fault_none(const struct kxen_glue_fault *f);

/* --- what KVM itself does with a guest's memory: mem.c ------------------------------------ */
#define KXEN_KVM_READ		"kvm_vcpu_read_guest"
#define KXEN_KVM_READPAGE	"kvm_vcpu_read_guest_page"
#define KXEN_KVM_READVM		"kvm_read_guest"
#define KXEN_KVM_PEEK		"kvm_vcpu_read_guest_atomic"
#define KXEN_KVM_WRITE		"kvm_vcpu_write_guest"
#define KXEN_KVM_WRITEPAGE	"kvm_vcpu_write_guest_page"
#define KXEN_KVM_WRITEVM	"kvm_write_guest"
#define KXEN_KVM_ADDRESS	"kvm_vcpu_gfn_to_hva"
#define KXEN_KVM_ADDRESSOF	"kvm_vcpu_gfn_to_hva_prot"
#define KXEN_KVM_SLOTADDRESS	"gfn_to_hva_memslot_prot"
#ifdef KXEN_KVM_FAULTIN_PFN	/* the same change of KVM's */
#define KXEN_KVM_MAP		"__kvm_vcpu_map"
#define KXEN_KVM_MAP_ARGS	4
#else
#define KXEN_KVM_MAP		"kvm_vcpu_map"
#define KXEN_KVM_MAP_ARGS	3
#endif

int kxen_glue_copy_frames(struct kvm_vcpu *vcpu, u64 gpa, void *buf, u64 len, bool write);

/* What KVM gets as an address where there is no memory. */
static inline unsigned long kxen_glue_no_address(void)
{
	return KVM_HVA_ERR_BAD;
}

static inline bool kxen_glue_is_vm_of(struct kvm_vcpu *vcpu, u64 kvm)
{
	return (u64)vcpu->kvm == kvm;
}

/* --- vcpu.c ----------------------------------------------------------------------------- */
static inline unsigned long kxen_glue_reg(struct kvm_vcpu *vcpu, enum kxen_reg r)
{
	return vcpu->arch.regs[r];
}

static inline void kxen_glue_set_reg(struct kvm_vcpu *vcpu, enum kxen_reg r,
				     unsigned long val)
{
	vcpu->arch.regs[r] = val;
}

static inline bool kxen_glue_nested(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.hflags & HF_GUEST_MASK;
}

static inline bool kxen_glue_hyperv(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.hyperv_enabled;
}

static inline u32 kxen_glue_tsc_khz(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.virtual_tsc_khz;
}

bool kxen_glue_at_reset_vector(struct kvm_vcpu *vcpu);
bool kxen_glue_is_bsp(struct kvm_vcpu *vcpu);
bool kxen_glue_long_mode(struct kvm_vcpu *vcpu);
int kxen_glue_cpl(struct kvm_vcpu *vcpu);
bool kxen_glue_intr_allowed(struct kvm_vcpu *vcpu);
bool kxen_glue_is_injecting(struct kvm_vcpu *vcpu, u8 vector);
u64 kxen_glue_guest_tsc(struct kvm_vcpu *vcpu);
void kxen_glue_want_event(struct kvm_vcpu *vcpu);
bool kxen_glue_want_window(struct kvm_vcpu *vcpu);
int kxen_glue_skip_insn(struct kvm_vcpu *vcpu);
int kxen_glue_lapic_highest(struct kvm_vcpu *vcpu);
int kxen_glue_lapic_send(struct kvm_vcpu *vcpu, u8 vector);
void kxen_glue_inject_nmi(struct kvm_vcpu *vcpu);
void kxen_glue_triple_fault(struct kvm_vcpu *vcpu);
bool kxen_glue_has_triple_fault(struct kvm_vcpu *vcpu);
void kxen_glue_forget_triple_fault(struct kvm_vcpu *vcpu);

/* --- start.c: a vCPU begins, in a state that somebody else has given. ------------------- */

bool kxen_glue_uninitialised(struct kvm_vcpu *vcpu);
bool kxen_glue_start_valid(struct kvm_vcpu *vcpu, const struct kxen_start *s);
int kxen_glue_start(struct kvm_vcpu *vcpu, const struct kxen_start *s);

/* --- mem.c ------------------------------------------------------------------------------ */
int kxen_glue_read_virt(struct kvm_vcpu *vcpu, u64 gva, void *dst, u32 len);
int kxen_glue_write_virt(struct kvm_vcpu *vcpu, u64 gva, const void *src, u32 len);
int kxen_glue_translate(struct kvm_vcpu *vcpu, u64 gva, bool write, u64 *gpa);

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
#define kxen_glue_regs_avail(vcpu)	((vcpu)->arch.regs_avail)
#else
#define KXEN_KVM_REG_CR3	VCPU_EXREG_CR3
#define KXEN_KVM_REG_CR4	VCPU_EXREG_CR4
#define kxen_glue_regs_avail(vcpu)	(&(vcpu)->arch.regs_avail)
#endif

void kxen_glue_cache_paging(struct kvm_vcpu *vcpu);

static __always_inline u64 kxen_glue_cr3(struct kvm_vcpu *vcpu)
{
	const u32 both = BIT(KXEN_KVM_REG_CR3) | BIT(KXEN_KVM_REG_CR4);

	/* The processor may keep them until somebody asks; a kernel that looks for faults does. */
	if (IS_ENABLED(CONFIG_PROVE_LOCKING) ||
	    unlikely((*kxen_glue_regs_avail(vcpu) & both) != both))
		kxen_glue_cache_paging(vcpu);
	return vcpu->arch.cr3;
}

static __always_inline void kxen_glue_paging(struct kvm_vcpu *vcpu,
					     struct kxen_paging *p)
{
	p->cr3 = kxen_glue_cr3(vcpu);
	p->cr4 = vcpu->arch.cr4;
	p->efer = vcpu->arch.efer;
}

/* --- vendor.c --------------------------------------------------------------------------- */
void *const *kxen_glue_vcpu_run(void);
bool kxen_glue_knows_exits(void);
bool kxen_glue_is_svm(void);
struct module *kxen_glue_vendor_get(void);
void kxen_glue_vendor_put(struct module *m);

/* MSR access as KVM passes it to the hooked functions. */
bool kxen_glue_msr(const void *info, u32 *index, u64 *data);
void kxen_glue_msr_result(void *info, u64 data);

#endif
