/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose vCPU it is, by whatever this architecture tells it. */
#ifndef KXEN_KVM_ARCH_MARK_H
#define KXEN_KVM_ARCH_MARK_H

#include <linux/types.h>

struct preempt_ops;

bool kxen_ops_are_kvms(const struct preempt_ops *ops);
bool kxen_ops_are_ours(const struct preempt_ops *ops);

#endif
