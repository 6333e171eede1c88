// SPDX-License-Identifier: GPL-2.0
/*
 * A guest of a module that has one part of a domain more, selftests/probe: what that serves
 * works, is counted, limited, saved and reset as what the other parts have. It asks the VMM for
 * each step of a save by a write to port 0xF5; restored by a module without the part it finds
 * none.
 */
#include "../probe/abi.h"
#include "rt.h"

#define XENMEM_remove_from_physmap_	15
#define KEPT	0x1122334455667788ULL
#define SLOT_AGAIN	16	/* vmm --pull deletes the memory's slot, and sets it again */

static u64 pages[PROBE_FRAMES + 1][PAGE_SIZE / 8] page_aligned;

static long probe_op(int cmd, void *arg)
{
	return hc2(NR_probe, cmd, arg);
}

static long keep(u64 value)
{
	return probe_op(PROBEOP_set, &value);
}

static u64 kept(void)
{
	u64 value = 0;

	probe_op(PROBEOP_get, &value);
	return value;
}

static long place(u32 idx, u64 *page)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_probe, .idx = idx,
		.gpfn = (unsigned long)page / PAGE_SIZE,
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static long remove(u64 *page)
{
	struct { u16 domid; unsigned long gpfn; } a = {
		DOMID_SELF, (unsigned long)page / PAGE_SIZE,
	};

	return memory_op(XENMEM_remove_from_physmap_, &a);
}

static void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static void test_call(void)
{
	multicall_entry_t m[2] = {
		{ .op = NR_probe, .args = { PROBEOP_take } },
		{ .op = NR_probe, .args = { PROBEOP_give } },
	};

	check("a command that there is not", probe_op(77, 0), XEN_ENOSYS);
	check("a bad address", probe_op(PROBEOP_set, BAD_PTR), XEN_EFAULT);
	check("another one", probe_op(PROBEOP_get, BAD_PTR), XEN_EFAULT);
	check("something to keep", keep(KEPT), 0);
	check("it is kept", kept() == KEPT, 1);
	check("two entries of a multicall", hc2(__HYPERVISOR_multicall, m, 2), 0);
	check("the first", m[0].result, 0);
	check("and the second", m[1].result, 0);
}

#define CUTS	10

/* The five arguments of a long call, and what they are when nothing is left to do. */
static const unsigned long begin[5] = {
	CUTS, (unsigned long)0x0123456789abcdefULL, 7, (unsigned long)0xfedcba9876543210ULL, 5,
};

static void at_the_end(unsigned long *a)
{
	memcpy(a, begin, sizeof(begin));
	for (; a[0]; a[0]--) {
		a[2] += a[1];
		a[4] = a[4] * PROBE_MIX + a[3];
	}
}

/*
 * With five arguments, which are what their registers have afterwards. In hypercall() the last
 * two do not get there in 64-bit mode: a call comes between.
 */
static long call_with_five(u32 nr, unsigned long *a)
{
	bool amd = is_amd();
	long ret = nr;
#ifdef __x86_64__
	unsigned long a0 = a[0], a1 = a[1], a2 = a[2];
	register unsigned long a3 __asm__("r10") = a[3];
	register unsigned long a4 __asm__("r8") = a[4];

	if (amd)
		__asm__ volatile("vmmcall" : "+a"(ret), "+D"(a0), "+S"(a1), "+d"(a2),
				 "+r"(a3), "+r"(a4) : : "memory");
	else
		__asm__ volatile("vmcall" : "+a"(ret), "+D"(a0), "+S"(a1), "+d"(a2),
				 "+r"(a3), "+r"(a4) : : "memory");
#else
	unsigned long a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4];

	if (amd)
		__asm__ volatile("vmmcall" : "+a"(ret), "+b"(a0), "+c"(a1), "+d"(a2),
				 "+S"(a3), "+D"(a4) : : "memory");
	else
		__asm__ volatile("vmcall" : "+a"(ret), "+b"(a0), "+c"(a1), "+d"(a2),
				 "+S"(a3), "+D"(a4) : : "memory");
#endif
	a[0] = a0;
	a[1] = a1;
	a[2] = a2;
	a[3] = a3;
	a[4] = a4;
	return ret;
}

static bool same(const xen_ulong_t *got, const unsigned long *want)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(begin); i++)
		if (got[i] != want[i])
			return false;
	return true;
}

/* A call that is cut goes on with all of its arguments, not only with the first ones. */
static void test_long(void)
{
	multicall_entry_t m[4] = {
		{ .op = NR_probe, .args = { PROBEOP_take } },
		{ .op = NR_probe_long, .args = { [5] = 99 } },
		{ .op = NR_probe_long, .args = { 0, 1, 2, 3, 4 } },
		{ .op = NR_probe, .args = { PROBEOP_give } },
	};
	unsigned long want[5], regs[5];
	u32 i;

	at_the_end(want);
	memcpy(regs, begin, sizeof(begin));
	check("a call that is cut", call_with_five(NR_probe_long, regs) == (long)(want[2] + want[4]), 1);
	check("its registers are those that it has ended with", same(regs, want), 1);
	for (i = 0; i < ARRAY_SIZE(begin); i++)
		m[1].args[i] = begin[i];
	check("the same in a multicall", hc2(__HYPERVISOR_multicall, m, 4), 0);
	check("its result", m[1].result == want[2] + want[4], 1);
	check("its arguments are those that it has ended with", same(m[1].args, want), 1);
	check("what it does not take is as it was", m[1].args[5], 99);
	check("one that is not cut", m[2].result, 6);
	check("the one before was made once", m[0].result, 0);
	check("so was the one behind", m[3].result, 0);
	check("nothing is taken", probe_op(PROBEOP_give, 0), XEN_ENOENT);
}

static void test_memory_op(void)
{
	check("a command of memory_op", memory_op(XENMEM_probe, 0), PROBE_STEPS);
	check("from its middle on", memory_op(XENMEM_probe | 2 << 6, 0), PROBE_STEPS);
	check("from behind its end", memory_op(XENMEM_probe | (PROBE_STEPS + 1) << 6, 0), XEN_EINVAL);
	check("one that there is not", memory_op(XENMEM_probe - 1, 0), XEN_ENOSYS);
	check("none of the core's can be gone on with",
	      memory_op(XENMEM_maximum_gpfn | 1 << 6, 0), XEN_ENOSYS);
}

static void test_limit(void)
{
	u32 i;

	check("nothing to give", probe_op(PROBEOP_give, 0), XEN_ENOENT);
	for (i = 0; i < PROBE_MAX; i++)
		check("one more", probe_op(PROBEOP_take, 0), 0);
	check("the limit", probe_op(PROBEOP_take, 0), XEN_ENOSPC);
	check("one less", probe_op(PROBEOP_give, 0), 0);
	check("there is room again", probe_op(PROBEOP_take, 0), 0);
}

static void test_pages(void)
{
	check("a page that there is not", place(PROBE_FRAMES, pages[0]), XEN_EINVAL);
	check("no memory there", place(0, (u64 *)0xfffff000UL), XEN_EINVAL);
	check("a page", place(0, pages[0]), 0);
	check("shows what is kept", pages[0][0] == KEPT, 1);
	check("another", place(1, pages[1]), 0);
	check("the limit of pages", place(2, pages[2]), XEN_ENOSPC);
	check("the page is as it was", pages[2][0], 0);
	check("something else to keep", keep(KEPT + 1), 0);
	check("each page shows it", pages[0][0] == KEPT + 1 && pages[1][0] == KEPT + 1, 1);
	check("a page is taken away", remove(pages[1]), 0);
	check("once", remove(pages[1]), XEN_ENOENT);
	check("and one that was never placed", remove(pages[2]), XEN_ENOENT);
	check("there is room for another", place(2, pages[2]), 0);
	check("which is taken away", remove(pages[2]), 0);
	check("it is placed again", place(1, pages[1]), 0);
}

static void test_saved(void)
{
	u64 value;
	long ret = probe_op(PROBEOP_get, &value);

	if (ret == XEN_ENOSYS) {
		check("a module without the part has no such call", ret, XEN_ENOSYS);
		check("nor such pages", place(0, pages[0]), XEN_ENOSYS);
		rt_end();
	}
	check("what was kept is", value == KEPT + 1, 1);
	check("what was taken is", probe_op(PROBEOP_take, 0), XEN_ENOSPC);
	check("something else to keep", keep(KEPT + 2), 0);
	check("it shows where it did", pages[0][0] == KEPT + 2 && pages[1][0] == KEPT + 2, 1);
	check("the limit of pages", place(2, pages[2]), XEN_ENOSPC);
}

static void test_reset(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_soft_reset };

	check("soft reset", sched_op(SCHEDOP_shutdown, &s), 0);
	check("nothing is kept", kept() == 0, 1);
	check("nothing is taken", probe_op(PROBEOP_give, 0), XEN_ENOENT);
	check("something to keep", keep(KEPT), 0);
	check("the pages are the guest's own", pages[0][0] == KEPT + 2, 1);
	check("there is room for two again", place(1, pages[1]) || place(2, pages[2]), 0);
	check("and they show it", pages[1][0] == KEPT && pages[2][0] == KEPT, 1);
	check("take one", probe_op(PROBEOP_take, 0), 0);
}

/* The machine has slept, as far as the hypervisor can see. One is taken. */
static void held(void)
{
	outb(0xf5, 4);
}

/* Was the domain reset? If so, one is taken again. */
static bool anew(void)
{
	bool was = probe_op(PROBEOP_give, 0) == XEN_ENOENT;

	probe_op(PROBEOP_take, 0);
	return was;
}

static long reservation(int cmd)
{
	u16 domid = DOMID_SELF;

	return memory_op(cmd, &domid) >= 0 ? 0 : -1;
}

static long param(int op)
{
	struct xen_hvm_param p = { .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ };

	return hvm_op(op, &p);
}

/* Calls that any guest makes, which decide nothing. */
static void ask(void)
{
	struct { u16 domid; u32 frames, max; s32 status; } size = { .domid = DOMID_SELF };

	check("any guest asks for Xen's version", hc2(__HYPERVISOR_xen_version, XENVER_version, 0) > 0, 1);
	check("for its memory", reservation(XENMEM_maximum_reservation), 0);
	check("and how much of it there is", reservation(XENMEM_current_reservation), 0);
	check("for a parameter", param(HVMOP_get_param), 0);
	check("for grants", hc3(__HYPERVISOR_grant_table_op, 6, &size, 1), 0);
	kept();
}

static void test_held(void)
{
	held();
	ask();
	check("one of the part's is a new guest's", keep(KEPT), 0);
	check("then its life has begun", anew(), 1);
	held();
	ask();
	check("so is one of memory_op", memory_op(XENMEM_probe, 0), PROBE_STEPS);
	check("and it has, too", anew(), 1);
	held();
	ask();
	check("a page for shared_info", rt_map_shinfo(), 0);
	check("does the same", anew(), 1);
	held();
	ask();
	check("a parameter", param(HVMOP_set_param), 0);
	check("as well", anew(), 1);
	held();
	ask();
	check("who gives one back was here before", anew(), 0);
	held();
	ask();
	check("so was who asks for the last frame", reservation(XENMEM_maximum_gpfn), 0);
	check("and goes on", anew(), 0);
}

void test_main(void)
{
	/* So that there is a record of the architecture's, which comes behind all parts'. */
	struct xen_hvm_evtchn_upcall_vector v = { 0, LAPIC_VECTOR };

	rt_map_shinfo();
	cli();
	check("an upcall vector", hvm_op(HVMOP_set_evtchn_upcall_vector, &v), 0);
	outb(0xf5, 1);
	test_call();
	test_long();
	test_memory_op();
	test_limit();
	test_pages();
	__asm__ volatile("wbinvd" : : : "memory");
	outb(0xf5, SLOT_AGAIN);
	outb(0xf5, 2);
	test_saved();
	__asm__ volatile("wbinvd" : : : "memory");
	test_reset();
	test_held();
}
