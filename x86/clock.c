// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's clock: KVM computes the parameters for its own paravirtual clock;
 * they are published in Xen's places. The guest's system time starts with the
 * VM.
 */
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/time64.h>
#include <asm/pvclock.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "x86.h"

u64 kxen_arch_guest_now(struct kxen_vcpu *v)
{
	const struct pvclock_vcpu_time_info *c = &v->arch.clock;

	if (unlikely(!c->tsc_to_system_mul))
		return kxen_glue_vm_now(v->domain->kvm);
	return __pvclock_read_cycles(c, kxen_glue_guest_tsc(v->vcpu));
}

u64 kxen_arch_domain_now(struct kxen_domain *d)
{
	return d->kvm ? kxen_glue_vm_now(d->kvm) : ktime_get_ns();
}

/* What the clock's speed is made of, in one word. */
static u64 time_scale(const struct pvclock_vcpu_time_info *c)
{
	return (u64)c->tsc_to_system_mul << 16 | (u8)c->tsc_shift << 8 | c->flags;
}

/* A field of the guest's time information, which begins with its version. */
#define FIELD_AT(t, field) \
	kxen_gptr_at(t, offsetof(struct pvclock_vcpu_time_info, field))

/* Odd version while the fields change; the guest retries. */
static void write_time(struct kxen_gptr t, const struct pvclock_vcpu_time_info *c)
{
	u32 version = kxen_guest_read32(t);

	kxen_guest_write32(t, version | 1);
	smp_wmb();	/* pairs with the guest's read of version before the fields */
	kxen_guest_write64(FIELD_AT(t, tsc_timestamp), c->tsc_timestamp);
	kxen_guest_write64(FIELD_AT(t, system_time), c->system_time);
	kxen_guest_write32(FIELD_AT(t, tsc_to_system_mul), c->tsc_to_system_mul);
	kxen_guest_write8(FIELD_AT(t, tsc_shift), c->tsc_shift);
	kxen_guest_write8(FIELD_AT(t, flags), c->flags);
	smp_wmb();	/* pairs with the guest's read of version behind the fields */
	kxen_guest_write32(t, (version | 1) + 1);
}

static void write_time_area_locked(struct kxen_vcpu *v,
				   const struct pvclock_vcpu_time_info *c)
{
	struct pvclock_vcpu_time_info copy = *c;
	u32 version;

	lockdep_assert_held(&v->time_lock);
	if (v->time_area.active) {
		version = ++v->time_area_version * 2 - 1;
		kxen_area_write(&v->time_area, 0, &version, sizeof(version));
		smp_wmb();	/* pairs with the guest's reads of version */
		copy.version = version;
		kxen_area_write(&v->time_area, 4, (u8 *)&copy + 4,
				sizeof(copy) - 4);
		smp_wmb();	/* pairs with the guest's reads of version */
		version++;
		kxen_area_write(&v->time_area, 0, &version, sizeof(version));
	}
}

/* The area is written by its vCPU's thread, and by the one that registers it. */
static void write_time_area(struct kxen_vcpu *v,
			    const struct pvclock_vcpu_time_info *c)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->time_lock, flags);
	write_time_area_locked(v, c);
	raw_spin_unlock_irqrestore(&v->time_lock, flags);
}

void kxen_arch_clock_moved(struct kxen_vcpu *v)
{
	kxen_glue_want_event(v->vcpu);
}

void kxen_arch_publish_time_area(struct kxen_vcpu *v, struct kxen_vcpu *caller)
{
	const struct pvclock_vcpu_time_info *c = &caller->arch.clock;

	if (c->tsc_to_system_mul)
		write_time_area(v, c);
}

/* The caller has called rcu_read_lock(). */
static struct kxen_gptr vcpu_info_time(struct kxen_vcpu *v)
{
	return kxen_gptr_at(kxen_gptr_get_rcu(&v->vcpu_info),
			    kxen_layouts[v->domain->compat].time);
}

static void publish(struct kxen_vcpu *v, const struct pvclock_vcpu_time_info *c)
{
	lockdep_assert_held(&v->time_lock);
	rcu_read_lock();
	/* The dummy has room for it as well. */
	write_time(vcpu_info_time(v), c);
	rcu_read_unlock();
	write_time_area_locked(v, c);
}

void kxen_arch_init_time(struct kxen_vcpu *v, struct kxen_gptr vcpu_info)
{
	struct kxen_vcpu *caller = kxen_glue_running();
	const struct pvclock_vcpu_time_info *c = &v->arch.clock;
	unsigned long flags;

	lockdep_assert_held(&v->domain->lock);
	raw_spin_lock_irqsave(&v->time_lock, flags);
	/* One that was restored asleep has none yet; they run at the same speed. */
	if (!c->tsc_to_system_mul && caller && caller->domain == v->domain)
		c = &caller->arch.clock;
	if (c->tsc_to_system_mul)
		write_time(kxen_gptr_at(vcpu_info, kxen_layouts[v->domain->compat].time), c);
	raw_spin_unlock_irqrestore(&v->time_lock, flags);
}

/* One word, if it is what was written there last. */
static bool swap_word(struct kxen_gptr t, u32 i, u64 old, u64 new)
{
	return old == new || kxen_guest_swap64(kxen_gptr_at(t, i * 8), old, new);
}

/*
 * The domain is held: is this the memory of a guest that sleeps, or of a new life already?
 * Whoever loads that writes while we do, so each word is replaced only if it is the old one.
 */
static void publish_held(struct kxen_vcpu *v, const u64 *seen,
			 const struct pvclock_vcpu_time_info *c)
{
	struct kxen_gptr t;
	u64 was[4], now[4];
	u32 i;

	BUILD_BUG_ON(sizeof(*c) != sizeof(now));
	memcpy(now, c, sizeof(now));
	rcu_read_lock();
	t = vcpu_info_time(v);
	if (kxen_gptr_offset(t) % sizeof(u64))
		goto out;
	for (i = 0; i < ARRAY_SIZE(was); i++)
		was[i] = kxen_guest_read64(kxen_gptr_at(t, i * 8));
	/* The version is even; the padding behind it and at the end was never written. */
	if (was[0] & 1 || was[1] != seen[0] || was[2] != seen[1] ||
	    time_scale((void *)was) != seen[2])
		goto out;
	now[0] = was[0] | 1;
	if (swap_word(t, 0, was[0], now[0]) && swap_word(t, 1, was[1], now[1]) &&
	    swap_word(t, 2, was[2], now[2]) && swap_word(t, 3, was[3], now[3]))
		swap_word(t, 0, now[0], (was[0] & ~(u64)U32_MAX) | (u32)(was[0] + 2));
out:
	rcu_read_unlock();
}

/*
 * Called whenever KVM looks for interrupts, which it does after each change of
 * the clock (kxen_on_clock_update() asks for it). The vCPU's own thread.
 */
void kxen_arch_publish_time(struct kxen_vcpu *v, bool force)
{
	const struct pvclock_vcpu_time_info *c = &v->arch.clock;
	u64 seen[3], scale = time_scale(c);
	unsigned long irq;

	if (likely(!force && !READ_ONCE(v->time_stale) &&
		   v->arch.time_seen[0] == c->tsc_timestamp &&
		   v->arch.time_seen[1] == c->system_time &&
		   v->arch.time_seen[2] == scale))
		return;
	if (!c->tsc_to_system_mul)
		return;
	WRITE_ONCE(v->time_stale, false);
	memcpy(seen, v->arch.time_seen, sizeof(seen));
	v->arch.time_seen[0] = c->tsc_timestamp;
	v->arch.time_seen[1] = c->system_time;
	v->arch.time_seen[2] = scale;
	raw_spin_lock_irqsave(&v->time_lock, irq);
	if (unlikely(READ_ONCE(v->domain->reset_pending)))
		publish_held(v, seen, c);
	else
		publish(v, c);
	raw_spin_unlock_irqrestore(&v->time_lock, irq);
}

/*
 * void kvm_hv_setup_tsc_page(kvm, clock): in a vCPU's own thread, on its way into the
 * guest: KVM has computed a new clock for it, and keeps that nowhere on newer kernels.
 * Any VM.
 */
int kxen_on_clock_update(struct kvm *kvm, struct kxen_hook_args *a)
{
	struct kxen_vcpu *v = kxen_glue_running();
	unsigned long flags;

	if (v) {
		/* Others read it, but for this thread, under the lock: kxen_arch_init_time(). */
		raw_spin_lock_irqsave(&v->time_lock, flags);
		v->arch.clock = *(const struct pvclock_vcpu_time_info *)a->arg[1];
		raw_spin_unlock_irqrestore(&v->time_lock, flags);
		kxen_glue_want_event(v->vcpu);
	}
	return 0;
}
