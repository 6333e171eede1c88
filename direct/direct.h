/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains whose accesses are counted as those of a hypervisor with a memory protection unit: what
 * the files of this directory have of each other. Nothing is protected by it, and nothing is
 * faster: it is a model, which is told of each access (kvm-xen/window.h), and has registers that
 * nobody reads.
 */
#ifndef KXEN_DIRECT_H
#define KXEN_DIRECT_H

#include "../kvm-xen/kxen.h"

struct seq_file;

#define kxen_mpu_prbar(m, i, v)	((void)(m), (void)(i), (void)(v))
#define kxen_mpu_prlar(m, i, v)	((void)(m), (void)(i), (void)(v))
#define kxen_mpu_sync(m)	((void)(m))

#include "window.h"

/*
 * Addresses of the model: the hypervisor's own are the lowest, and each domain has as many as a
 * guest can name, one behind the other. That is the direct map: a guest's address is the machine's.
 */
#define KXEN_DIRECT_SHIFT	40
#define KXEN_DIRECT_SIZE	BIT(KXEN_DIRECT_SHIFT)
#define KXEN_DIRECT_MAX		0x7fff	/* domains */

#define KXEN_DIRECT_CALLS	64	/* hypercalls by number; one more for what is in none */

/**
 * struct kxen_direct - a domain that is counted. Nothing of it changes.
 * @base: where its memory is, in the model.
 * @view: what a vCPU of it can reach, as the unit has it.
 * @all: the same with all memory.
 * @policy: how another domain's page is reached.
 * @budget: windows of a call.
 */
struct kxen_direct {
	unsigned long base;
	struct kxen_view view;
	struct kxen_view all;
	enum kxen_mpu_policy policy;
	u32 budget;
};

/**
 * struct kxen_direct_vcpu - a vCPU's unit, as if it had one to itself. Interrupts off, on the CPU
 *	that has it loaded; who only reads the counters may find some that are of different times.
 * @mpu: the unit.
 * @policy: the domain's.
 * @depth: calls that have begun and not ended: one, and one of a multicall within it.
 * @before: what was counted when each began.
 * @nr: their numbers.
 * @count: by number.
 */
struct kxen_direct_vcpu {
	struct kxen_mpu mpu;
	enum kxen_mpu_policy policy;
	u32 depth;
	struct kxen_mpu_count before[2];
	u32 nr[2];
	struct kxen_mpu_count count[KXEN_DIRECT_CALLS + 1];
};

/* held.c */
int kxen_direct_held(struct kxen_domain *d, const struct kxen_page *p, bool held);
unsigned long kxen_direct_address(const void *p);

/* count.c */
int kxen_direct_setup(struct kxen_direct *x);
struct kxen_direct_vcpu *kxen_direct_vcpu(const struct kxen_direct *x, gfp_t gfp);
int kxen_direct_show(struct seq_file *m, void *v);
extern const struct kxen_window_ops kxen_direct_windows;

#endif
