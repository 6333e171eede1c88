// SPDX-License-Identifier: GPL-2.0
/*
 * A multicall of 2^32-1 entries: one page of them, mapped 64 million times. The VMM must
 * get on with its work meanwhile, and ends this (--slot-later).
 */
#include "tables.h"

static struct multicall_entry entries[PAGE_SIZE / sizeof(struct multicall_entry)]
	page_aligned;
static u64 level3[512] page_aligned, level2[512] page_aligned,
	   level1[512] page_aligned;

void test_main(void)
{
	u32 i;

	rt_map_shinfo();
	cli();
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i].op = __HYPERVISOR_xen_version;
	for (i = 0; i < 512; i++) {
		level1[i] = phys(entries) | PTE_OLD | PTE_D;
		level2[i] = phys(level1) | PTE_OLD;
		level3[i] = phys(level2) | PTE_OLD;
	}
	top_table()[1] = phys(level3) | PTE_OLD;
	__asm__ volatile("outb %0, $0xf5" : : "a"((u8)3));
	check("a multicall without end",
	      hc2(__HYPERVISOR_multicall, 1UL << 39, 0xffffffffUL), 0);
}
