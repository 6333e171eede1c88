/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of this directory. */
#ifndef KXEN_X86_H
#define KXEN_X86_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "../kvm-xen/kxen.h"
#include "entry.h"

struct kvm;
struct kvm_vcpu;
struct kxen_hc;

/* Handlers: non-zero when the call is dealt with. Called from entry.S only. */
int kxen_on_emulate_hypercall(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_cpuid(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_set_msr(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_get_msr(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_has_extint(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_has_interrupt(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_get_interrupt(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_get_extint(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_apic_enabled(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_run(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_vcpu_created(struct kvm_vcpu *vcpu, struct kxen_hook_args *a);

int kxen_on_faultin(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_prefetch(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_kvm_read(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_kvm_read_frame(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_kvm_peek(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_kvm_write(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_kvm_write_frame(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_kvm_address(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_kvm_keep(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_slot_address(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_vm_read(struct kxen_vcpu *v, struct kxen_hook_args *a);
int kxen_on_vm_write(struct kxen_vcpu *v, struct kxen_hook_args *a);

int kxen_on_clock_update(struct kvm *kvm, struct kxen_hook_args *a);
int kxen_on_sync_dirty(struct kvm *kvm, struct kxen_hook_args *a);
int kxen_on_vcpu_coming(struct kvm *kvm, struct kxen_hook_args *a);
int kxen_on_vm_gone(struct kvm *kvm, struct kxen_hook_args *a);
int kxen_on_vfio_changed(void *dev, struct kxen_hook_args *a);
int kxen_on_vfio_detach(void *iommu_data, struct kxen_hook_args *a);

/* The trampolines. */
void kxen_tramp_emulate_hypercall(void);
void kxen_tramp_cpuid(void);
void kxen_tramp_set_msr(void);
void kxen_tramp_get_msr(void);
void kxen_tramp_has_extint(void);
void kxen_tramp_has_interrupt(void);
void kxen_tramp_get_interrupt(void);
void kxen_tramp_get_extint(void);
void kxen_tramp_apic_enabled(void);
void kxen_tramp_clock_update(void);
void kxen_tramp_run(void);
void kxen_tramp_vcpu_created(void);
void kxen_tramp_sync_dirty(void);
void kxen_tramp_vcpu_coming(void);
void kxen_tramp_vm_gone(void);
void kxen_tramp_faultin(void);
void kxen_tramp_prefetch(void);
void kxen_tramp_kvm_read(void);
void kxen_tramp_kvm_read_frame(void);
void kxen_tramp_kvm_peek(void);
void kxen_tramp_kvm_write(void);
void kxen_tramp_kvm_write_frame(void);
void kxen_tramp_kvm_address(void);
void kxen_tramp_kvm_keep(void);
void kxen_tramp_slot_address(void);
void kxen_tramp_vm_read(void);
void kxen_tramp_vm_write(void);
void kxen_tramp_vfio_changed(void);
void kxen_tramp_vfio_detach(void);

/* CPUID base that the guest sees; the hypercall MSR follows it. */
u32 kxen_cpuid_base(struct kxen_vcpu *v);

#define KXEN_MSR_HYPERCALL		0x40000000
#define KXEN_MSR_HYPERCALL_VIRIDIAN	0x40000200

int kxen_unplug_init(struct kxen_domain *d, struct kvm *kvm);

/* initialise.c */
long kxen_vcpu_initialise(struct kxen_hc *hc, struct kxen_vcpu *v);
long kxen_vcpu_up(struct kxen_vcpu *v);
bool kxen_vcpu_is_up(const struct kxen_vcpu *v);
void kxen_vcpu_start(struct kxen_vcpu *v);
void kxen_start_forget(struct kxen_vcpu *v);
bool kxen_start_ok(const struct kxen_vcpu *v, const struct kxen_start *s);

/* trace_ack.c */
void kxen_trace_ack_exit(void);

/* The flag in the guest's vcpu_info. Any context. */
static inline bool kxen_upcall_pending(struct kxen_vcpu *v)
{
	bool pending;

	rcu_read_lock();
	pending = kxen_guest_read8(kxen_gptr_get_rcu(&v->vcpu_info));
	rcu_read_unlock();
	return pending;
}

/* resample.c, callback_gsi.c */
void kxen_resample_init(struct kxen_domain *d);
void kxen_resample_reset(struct kxen_domain *d);
void kxen_resample_taken(struct kxen_vcpu *v);
u8 kxen_resample_wanted(struct kxen_vcpu *v, u8 vector);
void kxen_callback_gsi_init(struct kxen_domain *d);
void kxen_callback_gsi_raise(struct kxen_domain *d);
int kxen_callback_gsi_set(struct kxen_domain *d, u32 gsi);
u32 kxen_callback_gsi_of(u64 value);

#endif
