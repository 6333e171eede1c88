// SPDX-License-Identifier: GPL-2.0
/* What a toolstack has prepared for a guest, as the guest finds it: a line for each thing. */
#include "gntab.h"

#define ROOM	8	/* ranges, and the grants that are a toolstack's */

static struct { u64 addr, size; u32 type; } __attribute__((packed)) range[ROOM];
static u8 table[PAGE_SIZE] page_aligned;

static void show_map(void)
{
	struct { u32 nr; unsigned long buffer; } m = { ROOM, (unsigned long)range };
	u32 i;

	check("G25 memory_map", memory_op(XENMEM_memory_map, &m), 0);
	for (i = 0; i < m.nr; i++)
		note("# range %llx %llx %u", (unsigned long long)range[i].addr,
		     (unsigned long long)range[i].size, range[i].type);
}

static void show_params(void)
{
	static const u32 index[] = { HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN,
				     HVM_PARAM_CONSOLE_PFN, HVM_PARAM_CONSOLE_EVTCHN };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(index); i++) {
		struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index[i] };

		check("hvm_get_param", hvm_op(HVMOP_get_param, &p), 0);
		note("# param %u %llx", index[i], (unsigned long long)p.value);
	}
}

static void show_grants(void)
{
	const volatile struct grant_entry_v1 *e = (void *)table;
	u32 i;

	check("frame 0 of the table", gnt_add(0, table), 0);
	for (i = 0; i < ROOM; i++)
		if (e[i].flags)
			note("# grant %u %x %u %x", i, e[i].flags, e[i].domid, e[i].frame);
}

void test_main(void)
{
	show_map();
	show_params();
	show_grants();
}
