// SPDX-License-Identifier: GPL-2.0
/*
 * vCPU 1 switches paging on and off; vCPU 0 registers areas for it by virtual address all
 * the time. Whoever walks vCPU 1's tables for that from vCPU 0's thread finds them in the
 * middle of a change. 32-bit code, in pages of 4 MB.
 */
#include "tables.h"
#include "until.h"

#define LENGTH	5000000000ULL
#define AREA	((void *)0xf0000000UL)	/* no memory: the walk is what matters */

static u32 dir[1024] page_aligned;
static volatile u32 switches, stop, stopped;

static void map_all(void)
{
	u32 i;

	for (i = 0; i < 768; i++)
		dir[i] = i << 22 | PTE_P | PTE_W | PTE_U | PTE_A | PTE_D | PTE_PS;
	i = 0xfee00000UL >> 22;		/* the LAPIC */
	dir[i] = i << 22 | PTE_P | PTE_W | PTE_U | PTE_A | PTE_D | PTE_PS;
}

static void other(unsigned int cpu)
{
	unsigned long cr0 = read_cr0() & ~CR0_PG;

	map_all();
	write_cr4(read_cr4() | CR4_PSE);
	__asm__ volatile("mov %0, %%cr3" : : "r"(dir));
	while (!stop) {
		write_cr0(cr0 | CR0_PG);
		write_cr0(cr0);
		switches++;
	}
	stopped = 1;
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* As long as it takes. */
static bool many(u32 calls)
{
	return calls > 100 && switches > 100;
}

void test_main(void)
{
	struct vcpu_register_runstate_memory_area r = { .addr.v = AREA };
	struct vcpu_register_time_memory_area t = { .addr.v = AREA };
	u32 calls = 0, bad = 0;
	u64 end, limit;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	check("vCPU 1 starts", rt_start_cpus(2, other), 1);
	check("it switches", until(2000, switches > 10), 1);
	end = now_ns() + LENGTH;
	limit = end + 10 * LENGTH;
	for (; now_ns() < end || (!many(calls) && now_ns() < limit); calls++) {
		bad += vcpu_op(VCPUOP_register_runstate_memory_area, 1, &r) != 0;
		bad += vcpu_op(VCPUOP_register_vcpu_time_memory_area, 1, &t) != 0;
	}
	stop = 1;
	check("vCPU 1 is well", until(2000, stopped), 1);
	note("# %u pairs of calls, %u switches", calls, switches);
	check("A85 areas of a vCPU that switches paging: all answered", bad, 0);
	check("and many were asked for", many(calls), 1);
}
