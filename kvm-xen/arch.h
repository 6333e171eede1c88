/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core asks of an architecture, and what that owes it. x86 has all of this; nothing in
 * here speaks of vectors, segments or MSRs, so that another one (arm64: HVC, a PPI, stage 1) can.
 *
 * An architecture also brings headers by one name each: arch_types.h, guest_bits.h and, for
 * whoever hooks something, entry.h and trampoline.S; of KVM's inside arch_list.h, arch_calls.h,
 * arch_layout.h and arch_mark.h, and the functions that kvm/glue.h and kvm/internal.h call the
 * architecture's. selftests/noarch.sh compiles everything else with one that has no more.
 *
 * Its hooks call the core, each in its place in KVM:
 *
 * A hypercall: kxen_hypercall(), from the vCPU's own thread with kvm->srcu held. Where KVM does
 * not hold it there (arm64), the hook takes it by kvm_vcpu_srcu_read_lock(), and by nothing else:
 * what sleeps in a call gives it up by kvm_vcpu_srcu_read_unlock() meanwhile, as
 * kxen_glue_halt() does. The hook fills struct kxen_hc, calls kxen_hypercall_first() in front
 * while domain->active is not set, and then looks at two flags:
 *  - restart: no result. As many of @arg as kxen_hypercall_nr_args() says go back to where they
 *    came from, and the guest executes the same instruction once more. Whoever steps over it
 *    must not have done so: on x86 that is the hook, which leaves it; where the processor does
 *    before it traps (arm64's HVC), the hook puts the program counter back.
 *  - exit: KVM_RUN ends behind this instruction, after kxen_glue_exit_shutdown().
 *
 * KVM_RUN begins: kxen_vcpu_enter(), with no SRCU. A vCPU is about to be made, and may be
 * refused; is there: kxen_domain_vcpu_coming(), kxen_domain_vcpu_created(). The VMM asks for
 * dirty pages: kxen_domain_mark_dirty(). The VM's last reference has gone, its vCPUs and memory
 * have not: kxen_domain_vm_gone().
 *
 * What guest_bits.h has are atomic operations on words that a guest changes at the same time.
 * They end within a bound and say whether they were done (XSA-295); a guest that keeps them from
 * it is stopped in kxen_domain_stuck(), by kxen_arch_crash().
 */
#ifndef KXEN_ARCH_H
#define KXEN_ARCH_H

#include <linux/types.h>

#include "part.h"
#include "stream.h"

struct kvm;
struct kxen_domain;
struct kxen_gptr;
struct kxen_hc;
struct kxen_vcpu;

/**
 * struct kxen_layout - where things lie in the shared pages, in bytes.
 * @long_bits: width of a selector word and of one leaf word.
 * @vcpu_info_size: size of struct vcpu_info.
 * @vcpu_slots: vcpu_info slots in shared_info.
 * @sel: evtchn_pending_sel in vcpu_info.
 * @time: vcpu_time_info in vcpu_info.
 * @pending: evtchn_pending in shared_info.
 * @mask: evtchn_mask in shared_info.
 * @wc: wc_version, wc_sec, wc_nsec in shared_info.
 * @wc_sec_hi: upper half of the seconds.
 * @size: size of struct shared_info.
 */
struct kxen_layout {
	u16 long_bits;
	u16 vcpu_info_size;
	u16 vcpu_slots;
	u16 sel;
	u16 time;
	u16 pending;
	u16 mask;
	u16 wc;
	u16 wc_sec_hi;
	u16 size;
};

/* [0]: the native layout, [1]: the one of a 32-bit guest. */
extern const struct kxen_layout kxen_layouts[2];

/* Load and unload: tell of hooks (hook.h); nothing is changed in the kernel. */
int kxen_arch_init(void);
void kxen_arch_exit(void);

/* KVM is what it should be: what has waited for that begins. Once, during the load. */
void kxen_arch_ready(void);

/* First domain attached, last domain gone. May sleep, serialised by the core. */
int kxen_arch_arm(void);

/*
 * A VM has devices: kxen_iommu_detached() is called before an IOMMU forgets what they see, from
 * the first one to the last. 0, or an errno with nothing changed: nobody would call. May sleep.
 */
int kxen_arch_iommu_arm(void);
void kxen_arch_iommu_disarm(void);

void kxen_arch_disarm(void);

/* A function of KVM that is traceable, rare, and never hooked. */
extern const char * const kxen_arch_pin_symbol;

/* A domain is about to get its VM: the last thing that can fail. Or it loses it. */
int kxen_arch_domain_init(struct kxen_domain *d, struct kvm *kvm);
void kxen_arch_domain_reset(struct kxen_domain *d);

/*
 * The boot vCPU is about to run from where a machine begins: it has been reset, or wakes up.
 * At the beginning of KVM_RUN, the vCPU's own thread. Where no register tells, a hook on what
 * resets a vCPU has noted it.
 */
bool kxen_arch_begins_anew(struct kxen_vcpu *v);

/* Forget what the guest has set up for a vCPU. Domain locked. */
void kxen_arch_vcpu_reset(struct kxen_vcpu *v);

/*
 * What a saved domain has of this architecture alone: EM_* of ELF for its header, and
 * records, behind those of all parts; kxen_arch_recs are the ones that can be read.
 */
extern const u16 kxen_arch_machine;
extern const struct kxen_rec_desc kxen_arch_recs[];
void kxen_arch_save(struct kxen_domain *d, struct kxen_stream_out *s);

/* What is counted of this architecture alone. */
extern const struct kxen_stat_desc kxen_arch_stats[];

/* No upcall any more, until kxen_arch_set_callback() or a reset. Domain locked. */
void kxen_arch_hold(struct kxen_domain *d);

/*
 * upcall_pending of this vCPU went from 0 to 1, or how it is delivered has
 * changed: see to it that the guest takes the upcall. Any context, interrupts
 * may be off; the vCPU may be running, asleep or not started.
 *
 * Nobody is told when the guest clears the flag. What is raised as a level is therefore looked
 * at again before each entry, flag first: a latch that the end of an interrupt clears loses an
 * upcall that came between the handler's last look at the flag and that end.
 */
void kxen_arch_upcall(struct kxen_vcpu *v);

/* Raise the upcall of a vCPU once more if it is pending. Any context. */
void kxen_arch_upcall_again(struct kxen_vcpu *v);

/* The tracepoint of acknowledgements is switched on, or off. */
int kxen_trace_ack_reg(void);
void kxen_trace_ack_unreg(void);

/* Tracing: has the guest acknowledged its upcall by now? The vCPU's own thread. */
void kxen_arch_trace_ack(struct kxen_vcpu *v);

/* An upcall could be taken by the guest right now. The vCPU's own thread. */
bool kxen_arch_upcall_deliverable(struct kxen_vcpu *v);

/* Guest system time in ns, as this vCPU reads it. The vCPU's own thread. */
u64 kxen_arch_guest_now(struct kxen_vcpu *v);

/* Guest system time in ns, any context, may be some us away from the above. */
u64 kxen_arch_domain_now(struct kxen_domain *d);

/*
 * Write the time into vcpu_info and the registered area, if it has changed. While the domain
 * is held: into vcpu_info alone, where it is as it was left.
 */
void kxen_arch_publish_time(struct kxen_vcpu *v, bool force);

/*
 * Where the time is written has changed, time_stale says so: it is written before the guest
 * runs next, and the upcall that came with the place is looked at. Any context, no kick.
 */
void kxen_arch_clock_moved(struct kxen_vcpu *v);

/*
 * Write the time of @v, as of when it ran last, to where its vcpu_info will be. One that has
 * not run here gets that of the caller, if this is a vCPU of the domain, else nothing. Domain
 * locked; a vCPU that runs writes it again, see kxen_arch_clock_moved().
 */
void kxen_arch_init_time(struct kxen_vcpu *v, struct kxen_gptr vcpu_info);

/*
 * Write the time into the registered area of @v, as @caller reads it: the clock of
 * another vCPU is its own thread's, and may not run yet. @caller's own thread.
 */
void kxen_arch_publish_time_area(struct kxen_vcpu *v, struct kxen_vcpu *caller);

/*
 * Copies by guest virtual address, with the caller's privilege and page tables, to and from
 * what is placed over the guest's memory, if anything is (p2m.h). The vCPU's own thread; may
 * sleep. 0 or -EFAULT, also for a page that is out.
 */
int kxen_arch_copy_from_guest(struct kxen_vcpu *v, void *dst, u64 gva,
			      u32 len);
int kxen_arch_copy_to_guest(struct kxen_vcpu *v, u64 gva, const void *src,
			    u32 len);

/**
 * struct kxen_window - where a copy from a guest has found its memory.
 * @hva: the VMM's address of it; 0: nobody knows, go by the guest's tables.
 * @gpa: the guest's physical address.
 * @gaps: of the vCPU, when it was found.
 * @writable: the guest's tables let it be written to as they are.
 *
 * Good as long as KVM's SRCU is held without a break: for the rest of a call that does not
 * put its vCPU to sleep, nor changes what lies at that address. One that has given SRCU up to wait
 * goes by the guest's tables.
 */
struct kxen_window {
	unsigned long hva;
	u64 gpa;
	u32 gaps;
	bool writable;
};

/* kxen_arch_copy_from_guest(), which says where that was. */
int kxen_arch_copy_and_find(struct kxen_vcpu *v, void *dst, u64 gva, u32 len,
			    struct kxen_window *win);

/*
 * Write to what was found there, @pos bytes in: no more than was read. 0; -EFAULT: by the
 * guest's tables, if at all.
 */
int kxen_arch_copy_to_window(struct kxen_vcpu *v, const struct kxen_window *win,
			     u32 pos, const void *src, u32 len);

/* Guest virtual to guest physical, for write. 0 or -EFAULT. */
int kxen_arch_translate(struct kxen_vcpu *v, u64 gva, u64 *gpa);

/* What XENVER_capabilities says, and bits of XENVER_get_features beside the core's. */
extern const char * const kxen_arch_caps;

/* The host's processors, for sysctl: 0 if it is not known; 8 words as Xen's physinfo has them. */
u32 kxen_arch_cpu_khz(void);
void kxen_arch_cpu_features(u32 *words);
extern const u32 kxen_arch_features;

/*
 * For the VMM, beside the core's: KXEN_F_* that KXEN_INFO says, and KXEN_DOM_* that KXEN_CREATE
 * takes.
 */
extern const u64 kxen_arch_ctl_features;
extern const u32 kxen_arch_create_flags;

/*
 * HVM_PARAM_CALLBACK_IRQ is set, or to be taken up again: how upcalls are delivered from now
 * on. Domain locked. 0, or an error: then nothing has changed.
 */
long kxen_arch_set_callback(struct kxen_vcpu *v, u64 value);

/*
 * The machine is to end as by a fault that nobody handles: what a VMM takes for a reset. Any
 * context, the domain's VM is alive. False if no vCPU can have it now: to be tried again.
 */
bool kxen_arch_crash(struct kxen_domain *d);

/* Has a vCPU such a fault that it has not taken yet? It may be the guest's own. */
bool kxen_arch_crashing(struct kxen_domain *d);

/* A fault that was not taken belongs to the machine before. The boot vCPU's own thread. */
void kxen_arch_forget_crash(struct kxen_domain *d);

/* Calls that not every architecture's guests have; ends with one that has no @fn. */
extern const struct kxen_hc_entry kxen_arch_hypercalls[];

/* Sub-operations that the core does not have; -ENOSYS for those that nobody has. */
long kxen_arch_hvm_op(struct kxen_hc *hc);
long kxen_arch_vcpu_op(struct kxen_hc *hc, struct kxen_vcpu *v);

/* May a guest get this HVM parameter, or also set it? For those that not every guest has. */
bool kxen_arch_param(u32 index, bool set);

#endif
