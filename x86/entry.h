/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KXEN_X86_ENTRY_H
#define KXEN_X86_ENTRY_H

/*
 * Offset of kvm_vcpu.preempt_notifier.ops. Assembly cannot ask the compiler:
 * hooks.c asserts it at build time, and the load checks it against BTF.
 */
#define KXEN_VCPU_PREEMPT_OPS	24

#endif
