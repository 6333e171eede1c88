// SPDX-License-Identifier: GPL-2.0
/*
 * shared_info where there is no memory, as firmware and unikernels have it: in iPXE's and OVMF's
 * order, moved there, from there and away, with the events that it has. With a word on the command
 * line the machine is saved where the page is in a hole.
 */
#include "gntab.h"

#define BEHIND	0x40000000UL	/* no memory, nor anything else */
#define BELOW	0xf0000000UL	/* nor here: a device could be */

extern u64 start_info_addr;

static u8 stubs[PAGE_SIZE] page_aligned;
static u32 port;

static void outb(u16 p, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(p) : "memory");
}

static long place(u32 space, unsigned long idx, unsigned long where)
{
	struct xen_add_to_physmap a = { .domid = DOMID_SELF, .space = space, .idx = idx,
					.gpfn = where / PAGE_SIZE };

	return memory_op(XENMEM_add_to_physmap, &a);
}

static long place_at(unsigned long where)
{
	return place(XENMAPSPACE_shared_info, 0, where);
}

static bool pending(unsigned long where)
{
	struct shared_info *s = (void *)where;

	return READ(s->evtchn_pending[port / (8 * sizeof(long))]) >>
	       port % (8 * sizeof(long)) & 1;
}

static void clear(unsigned long where)
{
	struct shared_info *s = (void *)where;

	READ(s->evtchn_pending[port / (8 * sizeof(long))]) = 0;
}

/* What is read where nothing is. */
static bool nothing(unsigned long where)
{
	return *(volatile unsigned long *)where == -1UL;
}

static void check_there(unsigned long where, const char *what)
{
	struct shared_info *s = (void *)where;

	note("# %s", what);
	/* Where nothing is, all bits are set: what is looked for is there as well. */
	check("R2 it is there", nothing(where), 0);
	check("R2 it has the wall clock", READ(s->wc_sec) != 0, 1);
	check("R2 it has the time", READ(s->vcpu_info[0].time.tsc_to_system_mul) != 0, 1);
	clear(where);
	check("A51 the event can be cleared", pending(where), 0);
	check("A28 send", rt_send(port), 0);
	check("A51 the event is there", pending(where), 1);
}

/* Says the guest's width, too. */
static void set_stubs(void)
{
	check("iPXE: stubs", wrmsr_safe(cpuid(xen_base() + 2, 0).b, (unsigned long)stubs), 0);
}

static void firmware(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct xen_hvm_param p = { .domid = DOMID_SELF, .index = HVM_PARAM_STORE_EVTCHN };

	set_stubs();
	check("iPXE: shared_info", place_at(BEHIND), 0);
	check("iPXE: grant table", place(XENMAPSPACE_grant_table, 0, BEHIND + PAGE_SIZE), 0);
	check("OVMF: the size of the table", gnttab_op(GNTTABOP_query_size, &q, 1) ?: q.status, 0);
	check("iPXE: store channel", hvm_op(HVMOP_get_param, &p), 0);
	check_there(BEHIND, "behind all memory, after a grant frame came beside it");
}

static void test_moves(void)
{
	check("R2 into memory", place_at((unsigned long)&shinfo_page), 0);
	check("A90 the event comes along", pending((unsigned long)&shinfo_page), 1);
	check("R2 nothing is left", nothing(BEHIND), 1);
	check("R2 to another hole", place_at(BELOW), 0);
	check("A90 the event comes along, too", pending(BELOW), 1);
	check_there(BELOW, "below 4 GiB");
	check("R2 from hole to hole", place_at(BEHIND), 0);
	check("R2 nothing is left there, either", nothing(BELOW), 1);
	check("A90 the same page", pending(BEHIND), 1);
	check("R2 once more to the same", place_at(BEHIND), 0);
	check("A90 which changes nothing", pending(BEHIND), 1);
}

/* Xen goes on to write to a page that is nowhere. */
static void test_away(void)
{
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF, .gpfn = BEHIND / PAGE_SIZE };

	clear(BEHIND);
	check("G24 away", memory_op(XENMEM_remove_from_physmap, &r), 0);
	check("G24 it is", nothing(BEHIND), 1);
	check("A28 send", rt_send(port), 0);
	check("R2 and back", place_at(BEHIND), 0);
	check("A90 what was set meanwhile is there", pending(BEHIND), 1);
	check("D61 a grant frame over it", place(XENMAPSPACE_grant_table, 0, BEHIND), 0);
	check("D61 is there", READ(*(u32 *)BEHIND), 0);
	check("R2 shared_info over that", place_at(BEHIND), 0);
	check("A90 the event is there still", pending(BEHIND), 1);
#ifdef __x86_64__
	check("R2 no frame of any machine", place_at(-PAGE_SIZE), XEN_EINVAL);
	check("A90 it stays where it was", pending(BEHIND), 1);
#endif
}

static void test_reset(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_soft_reset };

	check("soft reset", sched_op(SCHEDOP_shutdown, &s), 0);
	check("the next guest has none", nothing(BEHIND), 1);
	set_stubs();
	check("R2 until it places one", place_at(BEHIND), 0);
	check("R2 which is empty", pending(BEHIND), 0);
	port = rt_bind_ipi(0);
	check_there(BEHIND, "after the reset");
}

static void test_saved(void)
{
	clear(BEHIND);
	check("A28 send", rt_send(port), 0);
	outb(0xf5, 1);
	outb(0xf5, 2);
	check("restored, the event is there", pending(BEHIND), 1);
	check_there(BEHIND, "restored");
	check("R2 into memory", place_at((unsigned long)&shinfo_page), 0);
	check("A90 the event comes along", pending((unsigned long)&shinfo_page), 1);
	check("R2 nothing is left", nothing(BEHIND), 1);
}

void test_main(void)
{
	struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *saved = (void *)(unsigned long)si->cmdline_paddr;

	cli();
	port = rt_bind_ipi(0);
	firmware();
	if (saved && *saved) {
		test_saved();
		return;
	}
	test_moves();
	test_away();
	test_reset();
}
