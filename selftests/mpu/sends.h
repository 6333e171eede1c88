/* SPDX-License-Identifier: GPL-2.0 */
/* What is run once for each policy and form, and by whom. */
#ifndef SENDS_H
#define SENDS_H

#include "bare.h"
#include "../../direct/region.h"

struct kxen_mpu;
extern struct kxen_mpu mpu;
struct kxen_mpu_count;

#define POLICY_FLAT	0	/* all memory can be reached at all times: what the rest costs */

/* Where another guest has what a send touches: addresses in its memory. */
struct target {
	unsigned long shared_info;
	unsigned long vcpu_info;
	unsigned long word_page;
	unsigned long tail_page;	/* the word of the queue's last event */
	unsigned long control;
	unsigned long leaf;
	unsigned long leaf_mask;
	unsigned long inner;
};

struct variant {
	const char *name;
	u32 policy;
	int (*init)(const struct kxen_view *view, const struct kxen_view *all, u32 fixed,
		    u32 budget);
	void (*nothing)(struct kxen_mpu *m, unsigned long addr);
	void (*begin)(struct kxen_mpu *m, unsigned long addr);
	void (*page)(struct kxen_mpu *m, unsigned long addr);	/* known to be another guest's */
	void (*find)(struct kxen_mpu *m, unsigned long addr);	/* looked for in the view first */
	void (*end)(struct kxen_mpu *m, unsigned long addr);
	void (*enter)(struct kxen_mpu *m, const struct kxen_view *view);
	void (*send_2l)(const struct target *t);
	void (*send_fifo)(const struct target *t);
	void (*send_fifo_behind)(const struct target *t);
	void (*send_nlevel)(const struct target *t);
	const struct kxen_mpu_count *count;	/* NULL: not counted */
};

#endif
