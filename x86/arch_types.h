/* SPDX-License-Identifier: GPL-2.0-only */
/* What x86 keeps of a vCPU and of a domain. */
#ifndef KXEN_ARCH_TYPES_H
#define KXEN_ARCH_TYPES_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <asm/pvclock-abi.h>

struct kxen_irq_line;

/* Frames that are no memory for the guest to use, whatever is behind them: a PC's ROMs. */
#define KXEN_ARCH_ROM_FRAME	0xa0
#define KXEN_ARCH_ROM_END	0x100

/* Pages of the interrupt controllers. */
#define KXEN_ARCH_MMIO_LOW	0xfec00
#define KXEN_ARCH_MMIO_HIGH	0xfee00

/* In the order of the processor's numbers. */
enum kxen_start_reg {
	KXEN_START_RAX, KXEN_START_RCX, KXEN_START_RDX, KXEN_START_RBX,
	KXEN_START_RSP, KXEN_START_RBP, KXEN_START_RSI, KXEN_START_RDI,
	KXEN_START_REGS
};

/* @attr: as in a descriptor, 12 bits without a gap; 0: there is none. */
struct kxen_start_seg {
	u64 base;
	u32 limit;
	u32 attr;
};

struct kxen_start {
	u64 reg[KXEN_START_REGS];
	u64 rip;
	u64 rflags;
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 efer;
	struct kxen_start_seg cs, ds, ss, es, tr;
};

/**
 * struct kxen_arch_vcpu - how the upcall reaches a vCPU, and its clock.
 * @upcall_vector: its own vector, through the LAPIC; 0: the domain's callback.
 * @offered: the vector that KVM was told of, and has not asked for.
 * @asks_pic: KVM's own function looks for an interrupt of the 8259.
 * @trace_ack_pending: traced: the callback was taken, not seen clear.
 * @vector_inflight: the callback was taken, not looked at since (resample.c).
 * @clear_streak: upcalls in a row whose flag was cleared.
 * @upcalls_at_inject: the vCPU's upcalls when the callback was taken.
 * @clock: KVM's, as it was last computed.
 * @time_seen: what was last published of it.
 * @start: what it is to begin with (initialise.c); under domain->lock.
 * @has_start: there is such.
 * @starts: and it is up, so its thread does so.
 *
 * Written by the vCPU's own thread, but for @upcall_vector.
 */
struct kxen_arch_vcpu {
	u8 upcall_vector;
	u8 offered;
	bool asks_pic;
	bool trace_ack_pending;
	bool vector_inflight;
	u8 clear_streak;
	u64 upcalls_at_inject;
	struct pvclock_vcpu_time_info clock;
	u64 time_seen[3];
	struct kxen_start start;
	bool has_start;
	bool starts;
};

/**
 * struct kxen_arch_domain - how upcalls reach a domain.
 * @callback_vector: HVM_PARAM_CALLBACK_IRQ type 2, else 0; under domain->lock.
 * @callback_gsi: the pin of @irq_line, 0: there is none.
 * @irq_line: callback by an interrupt line (callback_gsi.c); under domain->lock.
 * @callback_gsi_work: raises it.
 * @resample_work: looks after callbacks whose flag stays set (resample.c).
 * @upcalls_unacked: upcall flags that it found set.
 */
struct kxen_arch_domain {
	u8 callback_vector;
	u32 callback_gsi;
	struct kxen_irq_line *irq_line;
	struct work_struct callback_gsi_work;
	struct delayed_work resample_work;
	atomic64_t upcalls_unacked;
};

#endif
