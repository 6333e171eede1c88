// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that has mapped a page, here one that it has granted to itself: it is not saved, its
 * versions do not change, and a new life begins with nothing mapped.
 */
#include "gntab.h"

#define REF		20
#define CAN_BE_SAVED	28	/* ENOSPC: that the VMM gave no room is all */
#define SHARES		106	/* EISCONN */

static u8 table[PAGE_SIZE] page_aligned, granted[PAGE_SIZE] page_aligned;
static u8 place[PAGE_SIZE] page_aligned;

/* What would come of saving this guest now, as an error number. */
static u32 try_to_save(void)
{
	u32 err;

	__asm__ volatile("inl %1, %0" : "=a"(err) : "Nd"((u16)0xf5) : "memory");
	return err;
}

static void grant(void)
{
	volatile struct grant_entry_v1 *e = (void *)table;

	e[REF].domid = cpuid(xen_base() + 4, 0).c;
	e[REF].frame = gfn_of(granted);
	e[REF].flags = GTF_permit_access;
}

static long map(u32 *handle)
{
	struct gnttab_map_grant_ref m = {
		.host_addr = (unsigned long)place, .flags = GNTMAP_host_map, .ref = REF,
		.dom = cpuid(xen_base() + 4, 0).c, .status = 1,
	};
	long ret = gnttab_op(GNTTABOP_map_grant_ref, &m, 1);

	*handle = m.handle;
	return ret ?: m.status;
}

static long unmap(u32 handle)
{
	struct gnttab_unmap_grant_ref u = {
		.host_addr = (unsigned long)place, .handle = handle, .status = 1,
	};
	long ret = gnttab_op(GNTTABOP_unmap_grant_ref, &u, 1);

	return ret ?: u.status;
}

void test_main(void)
{
	volatile struct grant_entry_v1 *e = (void *)table;
	struct sched_shutdown s = { .reason = SHUTDOWN_soft_reset };
	u32 handle;

	rt_map_shinfo();
	check("a table", gnt_add(0, table), 0);
	grant();
	check("a grant alone is saved", try_to_save(), CAN_BE_SAVED);
	check("it is mapped", map(&handle), GNTST_okay);
	granted[0] = 0x77;
	check("and is there", ((volatile u8 *)place)[0], 0x77);
	check("D46 it is in use", e[REF].flags,
	      GTF_permit_access | GTF_reading | GTF_writing);
	check("who shares a page is not saved", try_to_save(), SHARES);
	check("D52 nor switches", gnt_set_version(2), XEN_EBUSY);
	check("D52 it is as it was", gnt_version(), 1);
	check("it is unmapped", unmap(handle), GNTST_okay);
	check("D46 it is not in use", e[REF].flags, GTF_permit_access);
	check("and can be saved", try_to_save(), CAN_BE_SAVED);
	check("D40 once more", unmap(handle), GNTST_bad_handle);
	check("it is mapped again", map(&handle), GNTST_okay);
	check("soft reset", sched_op(SCHEDOP_shutdown, &s), 0);
	check("D100 nothing is mapped in the next life", unmap(handle), GNTST_bad_handle);
	check("D102 one frame", gnt_frames(), 1);
	check("D102 which is placed", gnt_add(0, table), 0);
	check("D102 and empty", e[REF].flags, 0);
	check("and it can be saved", try_to_save(), CAN_BE_SAVED);
}
