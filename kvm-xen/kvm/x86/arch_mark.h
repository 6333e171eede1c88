/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose vCPU it is, by the callbacks that its preempt notifier leads to. What serves no
 * domain has KVM's own, which is one object, and has a name on every kernel of x86.
 */
#ifndef KXEN_KVM_ARCH_MARK_H
#define KXEN_KVM_ARCH_MARK_H

#include "../calls.h"

/* Nobody has replaced them. */
static __always_inline bool kxen_ops_are_kvms(const struct preempt_ops *ops)
{
	return ops == kxen_kvm_data(kvm_preempt_ops);
}

/* This vCPU is marked: what KXEN_TRAMPOLINE in x86/trampoline.S asks, too. */
static __always_inline bool kxen_ops_are_ours(const struct preempt_ops *ops)
{
	return !kxen_ops_are_kvms(ops);
}

#endif
