// SPDX-License-Identifier: GPL-2.0
/*
 * Runstate and time areas by virtual address (semantics A85): the address is the
 * caller's, whichever vCPU the area is for, and the area is filled in at once.
 */
#include "tables.h"
#include "until.h"

/* The first 512 GB once more, in the upper half. */
#define HIGH(p)	((void *)((unsigned long)(p) | 0xffffff8000000000UL))

static u8 areas[6][PAGE_SIZE] page_aligned;
static u64 bare[512] page_aligned;	/* vCPU 1's tables: nothing in the upper half */
static volatile u32 up;

static void other(unsigned int cpu)
{
	memcpy(bare, top_table(), PAGE_SIZE);
	bare[511] = 0;
	use_table(bare);
	up = 1;
	for (;;)
		sti_hlt();
}

static long runstate_at(unsigned int cpu, void *va)
{
	struct vcpu_register_runstate_memory_area a = { .addr.v = va };

	return vcpu_op(VCPUOP_register_runstate_memory_area, cpu, &a);
}

static long time_at(unsigned int cpu, void *va)
{
	struct vcpu_register_time_memory_area a = { .addr.v = va };

	return vcpu_op(VCPUOP_register_vcpu_time_memory_area, cpu, &a);
}

static void test_own(void)
{
	struct vcpu_runstate_info *r = (void *)areas[0];
	struct vcpu_time_info *t = (void *)areas[1];

	check("A85 own runstate, virtual is not physical",
	      runstate_at(0, HIGH(r)), 0);
	check("A85 own runstate is filled in", READ(r->state_entry_time) != 0, 1);
	check("A85 own time, virtual is not physical", time_at(0, HIGH(t)), 0);
	check("A85 own time is filled in", READ(t->tsc_to_system_mul) != 0, 1);
}

/* More pages than a domain may hold (7304), each given back when the next one comes. */
static void test_again(void)
{
	struct vcpu_runstate_info *r;
	u32 i, bad = 0;

	for (i = 0; i < 8000; i++) {
		r = (void *)areas[i % 2];
		r->state = -1;
		bad += runstate_at(0, r) || READ(r->state) == -1;
	}
	check("A85 it may move as often as it likes", bad, 0);
}

static void test_offline(void)
{
	struct vcpu_runstate_info *r = (void *)areas[2];
	struct vcpu_time_info *t = (void *)areas[3];

	r->state = -1;
	check("A85 runstate of an offline vCPU", runstate_at(1, HIGH(r)), 0);
	check("A85 offline: its runstate is filled in", READ(r->state),
	      RUNSTATE_offline);
	check("A85 offline: since when", READ(r->state_entry_time) != 0, 1);
	check("A85 time of an offline vCPU", time_at(1, HIGH(t)), 0);
	check("A85 offline: its time is filled in",
	      READ(t->tsc_to_system_mul) != 0, 1);
}

static void test_other_tables(void)
{
	struct vcpu_runstate_info *r = (void *)areas[4];
	struct vcpu_time_info *t = (void *)areas[5];

	check("vCPU 1 starts", rt_start_cpus(2, other), 1);
	check("vCPU 1 has tables of its own", until(2000, up), 1);
	check("vCPU 1 sleeps", until(2000, is_still(1)), 1);
	r->state = -1;
	check("A85 runstate of a vCPU with other tables",
	      runstate_at(1, HIGH(r)), 0);
	check("A85 other tables: its runstate is filled in", READ(r->state),
	      RUNSTATE_blocked);
	check("A85 time of a vCPU with other tables", time_at(1, HIGH(t)), 0);
	check("A85 other tables: its time is filled in",
	      READ(t->tsc_to_system_mul) != 0, 1);
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	cli();
	top_table()[511] = top_table()[0];
	use_table(top_table());
	test_own();
	test_again();
	test_offline();
	test_other_tables();
}
