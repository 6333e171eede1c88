// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runstate: how long a vCPU was running, runnable, blocked, offline (A85).
 *
 * The scheduler's callbacks keep the account, so steal time in the guest is what
 * the host really took. As in KVM's own account, time that the VMM spends on the
 * vCPU's behalf outside KVM_RUN counts as running.
 */
#include <linux/mm.h>

#include "arch.h"
#include "kvm/glue.h"
#include "kxen.h"

#define UPDATING	BIT_ULL(63)	/* XEN_RUNSTATE_UPDATE, in the entry time */

/* {int state; [pad;] u64 entry; u64 time[4]}: 48 bytes, 44 for 32-bit guests */
static u32 area_len(struct kxen_domain *d)
{
	return READ_ONCE(d->compat) ? 44 : 48;
}

static void write_area(struct kxen_vcpu *kv)
{
	struct kxen_domain *d = kv->domain;
	struct kxen_area *area = &kv->runstate_area;
	u32 pos = area->len == 44 ? 4 : 8;
	u64 entry = kv->runstate_entry;
	bool flag;

	lockdep_assert_held(&kv->time_lock);
	if (!area->active)
		return;
	flag = READ_ONCE(d->vm_assist) &
	       BIT(VMASST_TYPE_runstate_update_flag);
	if (flag) {
		entry |= UPDATING;
		kxen_area_write(area, pos, &entry, sizeof(entry));
		smp_wmb();	/* pairs with the guest's read before the fields */
	}
	kxen_area_write(area, 0, &kv->runstate, sizeof(kv->runstate));
	kxen_area_write(area, pos + 8, kv->runstate_times,
			sizeof(kv->runstate_times));
	smp_wmb();	/* pairs with the guest's read behind the fields */
	kxen_area_write(area, pos, &kv->runstate_entry, sizeof(u64));
}

void kxen_runstate_init(struct kxen_vcpu *kv)
{
	kv->runstate = kv->id ? RUNSTATE_offline : RUNSTATE_blocked;
	kv->runstate_entry = kxen_arch_domain_now(kv->domain);
}

/**
 * kxen_runstate_set() - The vCPU changes its state.
 * @kv: the vCPU.
 * @state: RUNSTATE_*.
 *
 * Context: the scheduler, interrupts may be on or off.
 */
void kxen_runstate_set(struct kxen_vcpu *kv, u32 state)
{
	unsigned long flags;
	u64 now;

	if (READ_ONCE(kv->runstate) == state)
		return;
	now = kxen_arch_domain_now(kv->domain);
	raw_spin_lock_irqsave(&kv->time_lock, flags);
	if (now > kv->runstate_entry)
		kv->runstate_times[kv->runstate] += now - kv->runstate_entry;
	kv->runstate_entry = now;
	kv->runstate = state;
	write_area(kv);
	raw_spin_unlock_irqrestore(&kv->time_lock, flags);
}

/* A consistent snapshot, the current state counted up to now. */
void kxen_runstate_get(struct kxen_vcpu *kv, struct vcpu_runstate_info *out)
{
	unsigned long flags;
	u64 now = kxen_arch_domain_now(kv->domain);

	memset(out, 0, sizeof(*out));
	raw_spin_lock_irqsave(&kv->time_lock, flags);
	out->state = kv->runstate;
	out->state_entry_time = kv->runstate_entry;
	memcpy(out->time, kv->runstate_times, sizeof(out->time));
	if (now > kv->runstate_entry)
		out->time[kv->runstate] += now - kv->runstate_entry;
	raw_spin_unlock_irqrestore(&kv->time_lock, flags);
}

/* The account of a restored vCPU goes on from here: the clock has jumped. */
void kxen_runstate_resume(struct kxen_vcpu *kv)
{
	u64 now = kxen_arch_domain_now(kv->domain);
	unsigned long flags;

	raw_spin_lock_irqsave(&kv->time_lock, flags);
	memcpy(kv->runstate_times, kv->resume_times, sizeof(kv->runstate_times));
	kv->runstate_entry = now;
	kv->runstate = RUNSTATE_running;
	write_area(kv);
	raw_spin_unlock_irqrestore(&kv->time_lock, flags);
}

static void write_first(struct kxen_vcpu *kv, struct kxen_vcpu *caller)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&kv->time_lock, flags);
	write_area(kv);
	raw_spin_unlock_irqrestore(&kv->time_lock, flags);
}

/**
 * kxen_runstate_register() - Where the guest wants the account written, from now on.
 * @kv: the vCPU.
 * @ga: where; ~0 as a physical address takes the area away.
 *
 * Context and return: as kxen_area_register().
 */
int kxen_runstate_register(struct kxen_vcpu *kv, const struct kxen_guest_addr *ga)
{
	return kxen_area_register(kv, &kv->runstate_area, ga,
				  area_len(kv->domain), write_first);
}
