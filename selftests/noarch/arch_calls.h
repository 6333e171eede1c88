/* SPDX-License-Identifier: GPL-2.0-only */
/* Types for this architecture's part of the list of what is called in KVM. */
#ifndef KXEN_KVM_ARCH_CALLS_H
#define KXEN_KVM_ARCH_CALLS_H

struct kvm_vcpu;

int kxen_t_nothing(struct kvm_vcpu *vcpu, int arg);

#endif
