/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls: the table, the groups. */
#ifndef KXEN_HYPERCALL_H
#define KXEN_HYPERCALL_H

#include <linux/nospec.h>

#include "hc_arg.h"

#define KXEN_NR_HYPERCALLS	64	/* with those of architectures, from 48 on */

/* What of each is served where nothing may sleep; not written to once the parts have been asked. */
extern struct kxen_hc_fast kxen_hypercalls_fast[KXEN_NR_HYPERCALLS];

/**
 * kxen_hypercall_fast() - What of a call is served where nothing may sleep.
 * @nr: its number, the caller's.
 *
 * Context: any.
 * Return: a row, which may have nothing: the first one has not, and is that of what there is not.
 */
static __always_inline const struct kxen_hc_fast *kxen_hypercall_fast(u64 nr)
{
	return &kxen_hypercalls_fast[array_index_nospec(nr, KXEN_NR_HYPERCALLS)];
}

/* Is this command among @bits? */
static __always_inline bool kxen_fast_has(u32 bits, u32 cmd)
{
	return cmd < 32 && bits >> cmd & 1;
}

int kxen_hypercalls_init(void);
int kxen_hc_memory_init(void);
long kxen_hypercall(struct kxen_hc *hc);
long kxen_hypercall_by_host(struct kxen_hc *hc);
u32 kxen_hypercall_nr_args(u64 nr);
void kxen_hypercall_first(struct kxen_hc *hc);

long kxen_hc_register_area(struct kxen_hc *hc, struct kxen_vcpu *v, bool phys,
			   int (*fn)(struct kxen_vcpu *v,
				     const struct kxen_guest_addr *ga));

/* Groups, one file each; -errno or a value, as the guest gets it. */
long kxen_hc_xen_version(struct kxen_hc *hc);
long kxen_hc_memory_op(struct kxen_hc *hc);
long kxen_hc_memory_op_host(struct kxen_hc *hc);
long kxen_hc_hvm_op(struct kxen_hc *hc);
long kxen_hc_hvm_op_host(struct kxen_hc *hc);
long kxen_hc_vcpu_op(struct kxen_hc *hc);
long kxen_hc_sched_op(struct kxen_hc *hc);
long kxen_hc_console_io(struct kxen_hc *hc);
long kxen_hc_vm_assist(struct kxen_hc *hc);
long kxen_hc_physdev(struct kxen_hc *hc);
long kxen_hc_multicall(struct kxen_hc *hc);

/* Of domain 0 alone: hc_domctl.c, hc_sysctl.c; and what they take of others */
long kxen_hc_domctl(struct kxen_hc *hc);
long kxen_hc_sysctl(struct kxen_hc *hc);
u64 kxen_domain_pages(struct kxen_domain *d, bool max);

/* Of memory_op: hc_memory_map.c. */
long kxen_hc_memory_map(struct kxen_hc *hc);
long kxen_hc_set_memory_map(struct kxen_hc *hc);

/* For the controller: hc_hvm.c. */
int kxen_hvm_param_give(struct kxen_domain *d, u32 index, u64 value);
int kxen_hvm_param_read(struct kxen_domain *d, u32 index, u64 *value);

/* hc_memory.c, hc_reservation.c: parts of memory_op. */
long kxen_hc_unhook(struct kxen_hc *hc, u64 gfn);
long kxen_hc_decrease_reservation(struct kxen_hc *hc);
long kxen_hc_increase_reservation(struct kxen_hc *hc);
long kxen_hc_populate_physmap(struct kxen_hc *hc);
long kxen_hc_reservation_host(struct kxen_hc *hc);

/* What a call of the group says of a domain that is held. */
enum kxen_meaning kxen_hc_memory_means(const struct kxen_hc *hc);
enum kxen_meaning kxen_hc_hvm_means(const struct kxen_hc *hc);

#endif
