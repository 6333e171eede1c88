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

static void write_area(struct kxen_vcpu *v)
{
	struct kxen_domain *d = v->domain;
	struct kxen_area *area = &v->runstate_area;
	u32 pos = area->len == 44 ? 4 : 8;
	u64 entry = v->runstate_entry;
	bool flag;

	lockdep_assert_held(&v->time_lock);
	if (!area->active)
		return;
	flag = READ_ONCE(d->vm_assist) &
	       BIT(VMASST_TYPE_runstate_update_flag);
	if (flag) {
		entry |= UPDATING;
		kxen_area_write(area, pos, &entry, sizeof(entry));
		smp_wmb();	/* pairs with the guest's read before the fields */
	}
	kxen_area_write(area, 0, &v->runstate, sizeof(v->runstate));
	kxen_area_write(area, pos + 8, v->runstate_times,
			sizeof(v->runstate_times));
	smp_wmb();	/* pairs with the guest's read behind the fields */
	kxen_area_write(area, pos, &v->runstate_entry, sizeof(u64));
}

void kxen_runstate_init(struct kxen_vcpu *v)
{
	v->runstate = v->id ? RUNSTATE_offline : RUNSTATE_blocked;
	v->runstate_entry = kxen_arch_domain_now(v->domain);
}

/**
 * kxen_runstate_set() - The vCPU changes its state.
 * @v: the vCPU.
 * @state: RUNSTATE_*.
 *
 * Context: the scheduler, interrupts may be on or off.
 */
void kxen_runstate_set(struct kxen_vcpu *v, u32 state)
{
	unsigned long flags;
	u64 now;

	if (READ_ONCE(v->runstate) == state)
		return;
	now = kxen_arch_domain_now(v->domain);
	raw_spin_lock_irqsave(&v->time_lock, flags);
	if (now > v->runstate_entry)
		v->runstate_times[v->runstate] += now - v->runstate_entry;
	v->runstate_entry = now;
	v->runstate = state;
	write_area(v);
	raw_spin_unlock_irqrestore(&v->time_lock, flags);
}

/* A consistent snapshot, the current state counted up to now. */
void kxen_runstate_get(struct kxen_vcpu *v, struct vcpu_runstate_info *out)
{
	unsigned long flags;
	u64 now = kxen_arch_domain_now(v->domain);

	memset(out, 0, sizeof(*out));
	raw_spin_lock_irqsave(&v->time_lock, flags);
	out->state = v->runstate;
	out->state_entry_time = v->runstate_entry;
	memcpy(out->time, v->runstate_times, sizeof(out->time));
	if (now > v->runstate_entry)
		out->time[v->runstate] += now - v->runstate_entry;
	raw_spin_unlock_irqrestore(&v->time_lock, flags);
}

/* The account of a restored vCPU goes on from here: the clock has jumped. */
void kxen_runstate_resume(struct kxen_vcpu *v)
{
	u64 now = kxen_arch_domain_now(v->domain);
	unsigned long flags;

	raw_spin_lock_irqsave(&v->time_lock, flags);
	memcpy(v->runstate_times, v->resume_times, sizeof(v->runstate_times));
	v->runstate_entry = now;
	v->runstate = RUNSTATE_running;
	write_area(v);
	raw_spin_unlock_irqrestore(&v->time_lock, flags);
}

static void runstate_write_first(struct kxen_vcpu *v, struct kxen_vcpu *caller)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->time_lock, flags);
	write_area(v);
	raw_spin_unlock_irqrestore(&v->time_lock, flags);
}

/**
 * kxen_runstate_register() - Where the guest wants the account written, from now on.
 * @v: the vCPU.
 * @ga: where; ~0 as a physical address takes the area away.
 *
 * Context and return: as kxen_area_register().
 */
int kxen_runstate_register(struct kxen_vcpu *v, const struct kxen_guest_addr *ga)
{
	return kxen_area_register(v, &v->runstate_area, ga,
				  area_len(v->domain), runstate_write_first);
}
