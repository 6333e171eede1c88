/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains, for other modules: what kvm-xen.ko exports.
 *
 * A module that uses these cannot be loaded before kvm-xen.ko, which cannot be unloaded before
 * it: the kernel sees to that by the symbols. What a module has a reference to is put before it
 * is unloaded. What each function does, where it may be called and what it returns is said above
 * it, in world.c, domain.c, attach.c and vm_hold.c.
 */
#ifndef KVM_XEN_DOMAIN_H
#define KVM_XEN_DOMAIN_H

#include <linux/types.h>

struct kvm;
struct kxen_create;
struct kxen_domain;
struct kxen_vcpu_id;
struct kxen_vm_hold;

/* Of no control file: a domain that another module makes. */
#define KXEN_NO_OWNER	0

struct kxen_domain *kxen_domain_get(u32 domid);
struct kxen_domain *kxen_domain_of(struct kvm *kvm);
void kxen_domain_put(struct kxen_domain *d);
u32 kxen_domain_id(const struct kxen_domain *d);

struct kxen_domain *kxen_domain_create(const struct kxen_create *c, u64 owner);
int kxen_domain_attach(struct kxen_domain *d, struct kvm *kvm,
		       struct kxen_vcpu_id *ids, u32 nr, u32 *reason);
int kxen_domain_destroy(struct kxen_domain *d);

struct kxen_vm_hold *kxen_vm_hold(struct kvm *kvm);
void kxen_vm_unhold(struct kxen_vm_hold *h);

#endif
