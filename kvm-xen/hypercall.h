/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls: the table, the groups. */
#ifndef KXEN_HYPERCALL_H
#define KXEN_HYPERCALL_H

#include <linux/nospec.h>

#include "hc_arg.h"
#include "trace.h"
#include "window.h"

#define KXEN_NR_HYPERCALLS	64	/* with those of architectures, from 48 on */

/**
 * struct kxen_hc_row - what of a call is served where nothing may sleep, and by whom.
 * @fn: its handler.
 * @maybe: a bit for each command that may be among @fast, by its lowest five bits.
 * @fast: what is.
 */
struct kxen_hc_row {
	long (*fn)(struct kxen_hc *hc);
	u32 maybe;
	struct kxen_hc_fast fast;
} __aligned(32);

/* Of each call; not written to once the parts have been asked. */
extern struct kxen_hc_row kxen_hypercalls_fast[KXEN_NR_HYPERCALLS];

/**
 * kxen_hypercall_row() - What of a call is served where nothing may sleep.
 * @nr: its number, the caller's.
 *
 * For who has to know at once that most are not: a number that there is not has the row of one that
 * there is. kxen_hypercall_maybe_fast() says whether a command could be such a one, and
 * kxen_hypercall_is_fast() of those that could be whether it is.
 * Context: any.
 * Return: a row.
 */
static __always_inline const struct kxen_hc_row *kxen_hypercall_row(u64 nr)
{
	return &kxen_hypercalls_fast[nr % KXEN_NR_HYPERCALLS];
}

static __always_inline bool kxen_hypercall_maybe_fast(const struct kxen_hc_row *row, u64 cmd)
{
	return row->maybe >> (cmd % 32) & 1;
}

static __always_inline bool kxen_hypercall_is_fast(const struct kxen_hc_row *row, u64 nr, u64 cmd)
{
	return nr < KXEN_NR_HYPERCALLS && ((u32)cmd < 32 || row->fast.all);
}

/* Does it read an argument? */
static __always_inline bool kxen_hypercall_copies(const struct kxen_hc_row *row, u64 cmd)
{
	return row->fast.copies >> (cmd % 32) & 1;
}

void kxen_hypercall_trace_enter(const struct kxen_hc *hc);
void kxen_hypercall_trace_exit(const struct kxen_hc *hc, long ret);

/* Whoever serves the call does, is counted, and seen. */
static __always_inline long kxen_hypercall_by(struct kxen_hc *hc, long (*fn)(struct kxen_hc *hc))
{
	long ret;

	hc->v->stats.hypercalls++;
	if (trace_kxen_hypercall_enter_enabled())
		kxen_hypercall_trace_enter(hc);
	KXEN_WINDOW_BEGIN(hc->v, hc->nr);
	ret = fn(hc);
	KXEN_WINDOW_END(hc->v);
	if (trace_kxen_hypercall_exit_enabled())
		kxen_hypercall_trace_exit(hc, ret);
	return ret;
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
