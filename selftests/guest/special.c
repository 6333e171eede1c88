// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that a toolstack has placed for a guest's rings: there from the beginning, in each of its
 * lives, where the VMM has no memory. What the host writes there the guest sees, and the other way
 * round. The command line "save": it is saved and restored with them.
 */
#include "gntab.h"
#include "../special.h"

extern u64 start_info_addr;

static u8 frame[PAGE_SIZE] page_aligned;

static u64 param(u32 index)
{
	struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

	return hvm_op(HVMOP_get_param, &p) ? 0 : p.value;
}

static volatile u64 *page_of(u32 index)
{
	return (volatile u64 *)(unsigned long)(param(index) * PAGE_SIZE);
}

static void check_given(void)
{
	volatile struct grant_entry_v1 *e = (void *)frame;

	check("xenstore's page", param(HVM_PARAM_STORE_PFN), SPECIAL_GFN);
	check("the console's page", param(HVM_PARAM_CONSOLE_PFN), SPECIAL_GFN + 1);
	check("the grant table is placed", gnt_add(0, frame), 0);
	check("D5 the console's is granted", e[0].flags, GTF_permit_access);
	check("D5 its page", e[0].frame, SPECIAL_GFN + 1);
	check("D5 xenstore's is granted", e[1].flags, GTF_permit_access);
	check("D5 its page", e[1].frame, SPECIAL_GFN);
}

static void check_empty(volatile u64 *page, u64 want)
{
	u64 all = 0;
	u32 i;

	for (i = 1; i < PAGE_SIZE / 8; i++)
		all |= page[i];
	check("nothing is in it", all, want);
}

/* It cannot get rid of them. */
static void check_stays(volatile u64 *page)
{
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF, .gpfn = SPECIAL_GFN };
	struct xen_memory_reservation m = { .nr_extents = 1, .domid = DOMID_SELF };
	unsigned long gfn = SPECIAL_GFN;
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = SPECIAL_GFN,
	};

	page[SPECIAL_MARK] = SPECIAL_WORD;
	set_xen_guest_handle_raw(m.extent_start, &gfn);
	check("remove_from_physmap", memory_op(XENMEM_remove_from_physmap, &r) != 0, 1);
	check("decrease_reservation", memory_op(XENMEM_decrease_reservation, &m), 0);
	check("shared_info over it", memory_op(XENMEM_add_to_physmap, &a), -22);
	a.space = XENMAPSPACE_grant_table;
	check("a grant frame over it", memory_op(XENMEM_add_to_physmap, &a) != 0, 1);
	check("it is the same page", page[SPECIAL_MARK], SPECIAL_WORD);
}

/* Until the host says that it is enough. */
static void serve(volatile u64 *page)
{
	u64 word, seen = 0;

	note("serving");
	do {
		word = page[SPECIAL_ASK];
		if (word != seen)
			page[SPECIAL_ANSWER] = ~word;
		seen = word;
		relax();
	} while (word != SPECIAL_END);
}

static void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

void test_main(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_soft_reset };
	struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *words = (void *)(unsigned long)si->cmdline_paddr;
	volatile u64 *store, *console;

	rt_map_shinfo();
	cli();
	check_given();
	store = page_of(HVM_PARAM_STORE_PFN);
	console = page_of(HVM_PARAM_CONSOLE_PFN);
	check_empty(console, 0);
	check_stays(store);
	console[SPECIAL_MARK] = 5;
	if (words && words[0] == 's') {
		outb(0xf5, 1);
		outb(0xf5, 2);
		check("restored: it has what was in it", store[SPECIAL_MARK], SPECIAL_WORD);
		check("the other one, too", console[SPECIAL_MARK], 5);
		check_stays(store);
		return;
	}
	serve(store);
	check("soft reset", sched_op(SCHEDOP_shutdown, &s), 0);
	check_given();
	check("in the next life there is what was in it", console[SPECIAL_MARK], 5);
	store[SPECIAL_ASK] = 0;
	serve(store);
}
