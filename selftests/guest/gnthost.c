// SPDX-License-Identifier: GPL-2.0
/* Grants pages to domain 0, and does with grants what the host asks for: gnthost.h. */
#include "rt.h"
#include <xen/grant_table.h>
#include "gnthost.h"

#define WINDOW	0xe0000000UL	/* where no memory is */

static grant_entry_v1_t table[PAGE_SIZE / sizeof(grant_entry_v1_t)] page_aligned;
static u64 page[GNT_END - GNT_FIRST][PAGE_SIZE / 8] page_aligned;
static volatile struct gnt_ctl *ctl = (void *)page[GNT_CTL - GNT_FIRST];

static void grant(u32 ref, u16 domid, u16 flags)
{
	table[ref].domid = domid;
	table[ref].frame = (unsigned long)page[ref - GNT_FIRST] / PAGE_SIZE;
	barrier();
	READ(table[ref].flags) = GTF_permit_access | flags;
}

static void place_table(void)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table,
		.gpfn = (unsigned long)table / PAGE_SIZE,
	};

	check("the grant table is placed", memory_op(XENMEM_add_to_physmap, &a), 0);
}

static void grant_all(void)
{
	u32 ref, w;

	for (ref = GNT_FIRST; ref < GNT_UNTOUCHED; ref++)
		for (w = 0; w < PAGE_SIZE / 8; w++)
			page[ref - GNT_FIRST][w] = GNT_WORD(ref, w);
	ctl->cmd = GNT_ECHO;
	for (ref = GNT_FIRST; ref <= GNT_CTL; ref++)
		grant(ref, 0, 0);
	grant(GNT_READ_ONLY, 0, GTF_readonly);
	grant(GNT_OTHERS, GNT_OTHER, 0);
	grant(GNT_UNTOUCHED, 0, 0);
}

/* As gnttab_end_foreign_access_ref() of Linux. */
static int revoke(u32 ref)
{
	u16 flags = READ(table[ref].flags);

	do {
		if (flags & (GTF_reading | GTF_writing))
			return 1;
	} while (!__atomic_compare_exchange_n(&table[ref].flags, &flags, 0, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return 0;
}

static long map(u32 ref, bool read_only)
{
	struct gnttab_map_grant_ref m = {
		.host_addr = WINDOW, .ref = ref, .dom = 0,
		.flags = GNTMAP_host_map | (read_only ? GNTMAP_readonly : 0),
	};
	long ret = hc3(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &m, 1);

	ctl->value = m.handle;
	return ret ? ret : m.status;
}

static long unmap(u32 handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = WINDOW, .handle = handle };
	long ret = hc3(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &u, 1);

	return ret ? ret : u.status;
}

static long balloon(u32 cmd, const void *p)
{
	xen_pfn_t gfn = (unsigned long)p / PAGE_SIZE;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle_raw(r.extent_start, &gfn);
	return memory_op(cmd, &r);
}

static void obey(void)
{
	volatile u64 *window = (void *)WINDOW;
	u32 ref = ctl->ref, i = ref - GNT_FIRST, w = ctl->at % (PAGE_SIZE / 8);
	bool ours = ref >= GNT_FIRST && ref < GNT_END;

	ctl->result = 0;
	switch (ctl->cmd) {
	case GNT_PEEK:
		if (ours)
			ctl->value = READ(page[i][w]);
		break;
	case GNT_POKE:
		if (ours)
			READ(page[i][w]) = ctl->value;
		break;
	case GNT_REVOKE:
		if (ours)
			ctl->result = revoke(ref);
		break;
	case GNT_GRANT:
		if (ours)
			grant(ref, 0, ctl->value);
		break;
	case GNT_FLAGS:
		if (ours)
			ctl->value = READ(table[ref].flags);
		break;
	case GNT_MAP:
		ctl->result = map(ref, ctl->value);
		break;
	case GNT_MAP_PEEK:
		ctl->value = window[w];
		break;
	case GNT_MAP_POKE:
		window[w] = ctl->value;
		break;
	case GNT_UNMAP:
		ctl->result = unmap(ctl->value);
		break;
	case GNT_OUT:
		if (ours)
			ctl->result = balloon(XENMEM_decrease_reservation, page[i]);
		break;
	case GNT_IN:
		if (ours)
			ctl->result = balloon(XENMEM_populate_physmap, page[i]);
		break;
	case GNT_TELL:
		__asm__ volatile("outb %0, $0xf5" : : "a"((u8)ctl->value) : "memory");
		break;
	}
}

void test_main(void)
{
	u32 port, seen = 0;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	place_table();
	grant_all();
	port = rt_alloc_unbound(0);
	check("the port that the host expects", port, GNT_PORT);
	note("serving %u", port);
	for (;;) {
		while (rt_events[port] == seen)
			sti_hlt();
		seen++;
		obey();
		rt_send(port);
	}
}
