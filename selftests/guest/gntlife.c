// SPDX-License-Identifier: GPL-2.0
/* Soft resets while another CPU maps and unmaps: each mapping goes once, by one or the other. */
#include "gntab.h"

#define HOLE	0x40000000ULL
#define REF	16
#define MAPS	40		/* more than are flushed at once */
#define RESETS	60

static grant_entry_v1_t table[512] page_aligned;
static u8 page[PAGE_SIZE] page_aligned;
static struct gnttab_map_grant_ref m[MAPS];
static struct gnttab_unmap_grant_ref u[MAPS];
static volatile bool stop, ended;
static volatile u32 mapped, unmapped, gone, wrong;
static u32 self;

static void grant(void)
{
	gnt_add(0, (u8 *)table);
	READ(table[REF].frame) = (unsigned long)page / PAGE_SIZE;
	READ(table[REF].domid) = self;
	barrier();
	READ(table[REF].flags) = GTF_permit_access;
}

static void map_all(void)
{
	u32 i;

	for (i = 0; i < MAPS; i++)
		m[i] = (struct gnttab_map_grant_ref) { .host_addr = HOLE + i * PAGE_SIZE,
			.flags = GNTMAP_host_map, .ref = REF, .dom = self, .status = 77 };
	wrong += gnttab_op(GNTTABOP_map_grant_ref, m, MAPS) != 0;
}

static void unmap_all(void)
{
	u32 i, n = 0;

	for (i = 0; i < MAPS; i++)
		if (m[i].status == GNTST_okay)
			u[n++] = (struct gnttab_unmap_grant_ref) { .host_addr = m[i].host_addr,
				.handle = m[i].handle, .status = 77 };
	mapped += n;
	wrong += gnttab_op(GNTTABOP_unmap_grant_ref, u, n) != 0;
	for (i = 0; i < n; i++) {
		unmapped += u[i].status == GNTST_okay;
		gone += u[i].status == GNTST_bad_handle;
		wrong += u[i].status != GNTST_okay && u[i].status != GNTST_bad_handle;
	}
}

static void map_and_unmap(unsigned int cpu)
{
	while (!stop) {
		grant();
		map_all();
		unmap_all();
	}
	ended = true;
	for (;;)
		__asm__ volatile("cli; hlt");
}

void test_main(void)
{
	struct sched_shutdown reset = { .reason = SHUTDOWN_soft_reset };
	u32 i, bad = 0;

	self = cpuid(xen_base() + 4, 0).c;
	cli();
	check("two CPUs", rt_start_cpus(2, map_and_unmap), 1);
	/* Until a reset has come in between, and enough was unmapped, there is no race. */
	for (i = 0; i < RESETS || !gone || unmapped < 4 * MAPS; i++)
		bad += sched_op(SCHEDOP_shutdown, &reset) != 0;
	stop = true;
	while (!ended)
		relax();
	check("each reset is done", bad, 0);
	note("# %u resets, %u mapped, %u unmapped, %u gone before", i, mapped, unmapped, gone);
	check("each mapping is gone once", wrong, 0);
	grant();
	map_all();
	check("the last of many", m[MAPS - 1].status, GNTST_okay);
	unmap_all();
	check("nothing uses the grant", READ(table[REF].flags), GTF_permit_access);
}
