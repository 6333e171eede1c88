/* SPDX-License-Identifier: GPL-2.0-only */
/* What x86 keeps of a vCPU and of a domain. */
#ifndef KXEN_ARCH_TYPES_H
#define KXEN_ARCH_TYPES_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct kxen_line;

/**
 * struct kxen_arch_vcpu - how the upcall reaches a vCPU.
 * @upcall_vector: its own vector, through the LAPIC; 0: the domain's callback.
 * @offered: the vector that KVM was told of, and has not asked for.
 * @asks_pic: KVM's own function looks for an interrupt of the 8259.
 * @ack_owed: traced: the callback was taken, not seen clear.
 * @level_open: the callback was taken, not looked at since (level.c).
 * @level_trust: upcalls in a row whose flag was cleared.
 * @level_edge: the vCPU's upcalls when the callback was taken.
 *
 * Written by the vCPU's own thread, but for @upcall_vector.
 */
struct kxen_arch_vcpu {
	u8 upcall_vector;
	u8 offered;
	bool asks_pic;
	bool ack_owed;
	bool level_open;
	u8 level_trust;
	u64 level_edge;
};

/**
 * struct kxen_arch_domain - how upcalls reach a domain.
 * @callback_vector: HVM_PARAM_CALLBACK_IRQ type 2, else 0; under domain->lock.
 * @line_gsi: the pin of @line, 0: there is none.
 * @line: callback by an interrupt line (line.c); under domain->lock.
 * @line_work: raises it.
 * @level_work: looks after callbacks whose flag stays set (level.c).
 * @left_set: upcall flags that it found set.
 * @unplug: I/O port 0x10.
 */
struct kxen_arch_domain {
	u8 callback_vector;
	u32 line_gsi;
	struct kxen_line *line;
	struct work_struct line_work;
	struct delayed_work level_work;
	atomic64_t left_set;
	void *unplug;
};

#endif
