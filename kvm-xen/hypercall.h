/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls: the context of one call, the table, the groups. */
#ifndef KXEN_HYPERCALL_H
#define KXEN_HYPERCALL_H

#include <linux/types.h>

#include "kxen.h"

/**
 * struct kxen_hc - one hypercall in progress.
 * @kv: the caller.
 * @d: its domain.
 * @nr: hypercall number; all of the register counts in 64-bit mode.
 * @compat: the caller is not in 64-bit mode: @arg holds zero-extended 32-bit
 *	values, and structures have the 32-bit layout.
 * @in_multicall: this is an entry of a multicall.
 * @again: the call is not finished: @arg says what is left, and the guest
 *	executes the instruction once more.
 * @exit: the VMM has to be told: end KVM_RUN after this call.
 * @exit_reason: SHUTDOWN_*, if @exit.
 * @arg: its arguments.
 */
struct kxen_hc {
	struct kxen_vcpu *kv;
	struct kxen_domain *d;
	u64 nr;
	bool compat;
	bool in_multicall;
	bool again;
	bool exit;
	u32 exit_reason;
	u64 arg[6];
};

long kxen_hypercall(struct kxen_hc *hc);
struct kxen_domain *kxen_hc_domain(const struct kxen_hc *hc, u16 domid);
int kxen_hc_own_domain(const struct kxen_hc *hc, u16 domid);

/* Groups, one file each; -errno or a value, as the guest gets it. */
long kxen_hc_xen_version(struct kxen_hc *hc);
long kxen_hc_memory_op(struct kxen_hc *hc);
long kxen_hc_hvm_op(struct kxen_hc *hc);
long kxen_hc_vcpu_op(struct kxen_hc *hc);
long kxen_hc_sched_op(struct kxen_hc *hc);
long kxen_hc_set_timer(struct kxen_hc *hc);
long kxen_hc_event_channel(struct kxen_hc *hc);
long kxen_hc_console_io(struct kxen_hc *hc);
long kxen_hc_vm_assist(struct kxen_hc *hc);
long kxen_hc_physdev(struct kxen_hc *hc);
long kxen_hc_grant_table(struct kxen_hc *hc);
long kxen_hc_multicall(struct kxen_hc *hc);

#endif
