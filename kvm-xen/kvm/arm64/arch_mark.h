/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose vCPU it is, by the callbacks that its preempt notifier leads to. What serves no domain has
 * KVM's own. Those are an object without a name where the kernel is built without KALLSYMS_ALL,
 * so they are told by the first of them, which is a function and has a name everywhere.
 */
#ifndef KXEN_KVM_ARCH_MARK_H
#define KXEN_KVM_ARCH_MARK_H

#include "../calls.h"

/* Nobody has replaced them. */
static __always_inline bool kxen_ops_are_kvms(const struct preempt_ops *ops)
{
	return ops->sched_in == kxen_kvm_data(kvm_sched_in);
}

/* This vCPU is marked: what KXEN_TRAMPOLINE in arm64/trampoline.S asks, too. */
static __always_inline bool kxen_ops_are_ours(const struct preempt_ops *ops)
{
	return !kxen_ops_are_kvms(ops);
}

#endif
