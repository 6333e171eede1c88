// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that the host may serve before it is done with the exit, in a hurry: the instruction with
 * prefixes, page tables that have changed since the last exit of another kind, and arguments of
 * every kind. Then two CPUs, one of which sends in all ways that there are, some in a hurry and
 * some not, while the other one counts: none may be lost, none come twice. 64-bit only.
 */
#include "until.h"
#include "tables.h"

#define BASE	(1UL << 39)	/* the second entry of the top table */
#define ROUNDS	2000
#define LIMIT	30000	/* ms, for one event */

/* --- the instruction ------------------------------------------------------------------ */

static u32 here, there;		/* two channels' ends, on this vCPU */
static u32 here_in, there_in;

#define CALL(prefix, insn)						\
	__asm__ volatile(prefix insn					\
			 : "+a"(ret), "+D"(a0), "+S"(a1)		\
			 : : "memory", "rdx", "rcx", "r8", "r9", "r10", "r11")

/* @nr(@a0, @a1) by an instruction of 3 + @prefixes bytes. */
static long prefixed(u32 prefixes, u32 nr, unsigned long a0, const void *at)
{
	unsigned long ret = nr, a1 = (unsigned long)at;

	switch (prefixes * 2 + is_amd()) {
	case 2: CALL(".byte 0x2e; ", "vmcall"); break;
	case 3: CALL(".byte 0x2e; ", "vmmcall"); break;
	case 4: CALL(".byte 0x2e, 0x3e; ", "vmcall"); break;
	case 5: CALL(".byte 0x2e, 0x3e; ", "vmmcall"); break;
	case 6: CALL(".byte 0x2e, 0x3e, 0x36; ", "vmcall"); break;
	case 7: CALL(".byte 0x2e, 0x3e, 0x36; ", "vmmcall"); break;
	}
	return ret;
}

static bool takes(u32 port)
{
	if (!rt_pending(port))
		return false;
	rt_clear(port);
	return true;
}

static void test_prefixes(void)
{
	struct evtchn_send s = { .port = here };
	u32 i, calls = 0, events = 0;

	for (i = 1; i <= 3; i++) {
		calls += prefixed(i, __HYPERVISOR_xen_version, XENVER_version, NULL) ==
			 hc2(__HYPERVISOR_xen_version, XENVER_version, 0);
		calls += !prefixed(i, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &s);
		events += takes(here_in);
	}
	check("0.1 the instruction with prefixes: the calls are made", calls, 6);
	check("0.1 the instruction with prefixes: the events come", events, 3);
}

/* --- who calls ------------------------------------------------------------------------ */

#define FROM_COMPAT(insn)						\
	__asm__ volatile("push $0x18; push $1f; lretq\n"		\
			 ".code32\n1: " insn "; ljmp $0x08, $2f\n"	\
			 ".code64\n2:"					\
			 : "+a"(ret), "+b"(cmd), "+c"(at), "+D"(send), "+S"(s)	\
			 : : "memory", "rdx", "r8", "r9", "r10",	\
			     "r11", "r12", "r13", "r14", "r15")

/* 32-bit code: its arguments are elsewhere, and what 64-bit code's would say there is a send. */
static void test_compat(void)
{
	static struct evtchn_send here_s;
	static struct evtchn_close none = { .port = 4095 };
	unsigned long ret = __HYPERVISOR_event_channel_op, cmd = EVTCHNOP_close;
	unsigned long at = (unsigned long)&none, send = EVTCHNOP_send, s = (unsigned long)&here_s;

	here_s.port = here;
	takes(here_in);
	if (is_amd())
		FROM_COMPAT("vmmcall");
	else
		FROM_COMPAT("vmcall");
	check("0.2 32-bit code's own registers", (u32)ret, (u32)XEN_EINVAL);
	check("0.2 and not 64-bit code's", takes(here_in), 0);
}

/* Numbers whose lower bits are a send's. */
static void test_numbers(void)
{
	struct evtchn_send s = { .port = here };

	takes(here_in);
	check("0.5 64 more is another number",
	      hc2(__HYPERVISOR_event_channel_op + 64, EVTCHNOP_send, &s), XEN_ENOSYS);
	check("0.5 32 more is another command", evtchn_op(EVTCHNOP_send + 32, &s), XEN_ENOSYS);
	check("0.5 nothing is sent", takes(here_in), 0);
}

/* --- arguments ------------------------------------------------------------------------ */

static u64 other[512] page_aligned, level[2][3][512] page_aligned;
static u8 data[2][PAGE_SIZE] page_aligned;

/* data[@n] at BASE. */
static void map(u64 *top, u32 n)
{
	level[n][2][0] = phys(data[n]) | PTE_OLD | PTE_D;
	level[n][1][0] = phys(level[n][2]) | PTE_OLD;
	level[n][0][0] = phys(level[n][1]) | PTE_OLD;
	top[1] = phys(level[n][0]) | PTE_OLD;
}

/* Nothing in between but the change of tables leaves the guest. */
static void test_tables(void)
{
	struct evtchn_send *const s = (void *)BASE;
	u64 *top = top_table();
	u32 i, wrong = 0, right = 0;

	memcpy(other, top, PAGE_SIZE);
	map(top, 0);
	map(other, 1);
	((struct evtchn_send *)data[0])->port = here;
	((struct evtchn_send *)data[1])->port = there;
	for (i = 0; i < 10; i++) {
		use_table(top);
		evtchn_op(EVTCHNOP_send, s);
		right += takes(here_in);
		wrong += takes(there_in);
		use_table(other);
		evtchn_op(EVTCHNOP_send, s);
		use_table(top);
		right += takes(there_in);
		wrong += takes(here_in);
	}
	check("an argument by the tables of the moment", right, 20);
	check("and by no others", wrong, 0);
	/* The same tables, another page. */
	for (right = i = 0; i < 10; i++) {
		level[0][2][0] = phys(data[i & 1]) | PTE_OLD | PTE_D;
		use_table(top);
		evtchn_op(EVTCHNOP_send, s);
		right += takes(i & 1 ? there_in : here_in);
	}
	check("an argument by what the tables say now", right, 10);
	level[0][2][0] = 0;
	use_table(top);
	check("an argument that is not mapped any more",
	      evtchn_op(EVTCHNOP_send, s), XEN_EFAULT);
}

/*
 * What the processor lets nobody read, as it keeps a user's memory from the guest: the host may have
 * the guest's keys loaded, and has to read the argument's page, a supervisor's, all the same.
 */
#define WITHOUT_KEYS(insn)						\
	__asm__ volatile("mov $-1, %%eax; xor %%ecx, %%ecx; xor %%edx, %%edx; wrpkru\n"	\
			 "mov %[nr], %%eax\n"				\
			 insn "\n"					\
			 "mov %%rax, %%r12\n"				\
			 "xor %%eax, %%eax; xor %%ecx, %%ecx; xor %%edx, %%edx; wrpkru\n"	\
			 "mov %%r12, %%rax"				\
			 : "=a"(ret), "+D"(cmd), "+S"(at)		\
			 : [nr] "i"(__HYPERVISOR_event_channel_op)	\
			 : "memory", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12")

static void test_keys(void)
{
	unsigned long ret, cmd, at;
	u32 i, n = 0;

	if (!(cpuid(7, 0).c & 1 << 3))
		return;
	map(top_table(), 0);
	((struct evtchn_send *)data[0])->port = here;
	use_table(top_table());
	write_cr4(read_cr4() | CR4_PKE);
	for (i = 0; i < 3; i++) {
		cmd = EVTCHNOP_send;
		at = BASE;
		if (is_amd())
			WITHOUT_KEYS("vmmcall");
		else
			WITHOUT_KEYS("vmcall");
		n += !ret && takes(here_in);
	}
	write_cr4(read_cr4() & ~CR4_PKE);
	check("protection keys that deny everything", n, 3);
	level[0][2][0] = 0;
	use_table(top_table());
}

/* Whose page it is counts by the registers of the moment. */
static void test_user_page(void)
{
	struct evtchn_send *const s = (void *)BASE;
	u32 i, n = 0;

	if (!(cpuid(7, 0).b & 1 << 20))
		return;
	map(top_table(), 0);
	level[0][2][0] |= PTE_U;
	level[0][1][0] |= PTE_U;
	level[0][0][0] |= PTE_U;
	top_table()[1] |= PTE_U;
	((struct evtchn_send *)data[0])->port = here;
	use_table(top_table());
	for (i = 0; i < 3; i++)
		n += !evtchn_op(EVTCHNOP_send, s) && takes(here_in);
	check("a user's page", n, 3);
	write_cr4(read_cr4() | CR4_SMAP);
	check("a user's page under SMAP", evtchn_op(EVTCHNOP_send, s), XEN_EFAULT);
	check("and no event", takes(here_in), 0);
	write_cr4(read_cr4() & ~CR4_SMAP);
	check("without SMAP again", evtchn_op(EVTCHNOP_send, s), 0);
	takes(here_in);
	level[0][2][0] = 0;
	use_table(top_table());
}

/* Something else is at the argument's frame: what was there is not reached any more. */
static void test_covered(void)
{
	static u8 page[PAGE_SIZE] page_aligned;
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table,
		.gpfn = (unsigned long)page / PAGE_SIZE,
	};
	struct evtchn_send *const s = (void *)page;
	u32 i, n = 0;

	here = rt_loop(&here_in);
	rt_mask(here_in);
	takes(here_in);
	s->port = here;
	for (i = 0; i < 3; i++)
		n += !evtchn_op(EVTCHNOP_send, s) && takes(here_in);
	check("an argument in a frame of its own", n, 3);
	if (memory_op(XENMEM_add_to_physmap, &a))
		return;
	/* An empty grant table: port 0. */
	check("its frame is covered: what is there now", evtchn_op(EVTCHNOP_send, s), XEN_EINVAL);
	check("and no event", takes(here_in), 0);
}

static void test_places(void)
{
	u32 *p = (u32 *)(data[0] + PAGE_SIZE - 2);	/* data[1] is behind it */
	u32 *last = (u32 *)(data[0] + PAGE_SIZE - 4);

	memcpy(p, &here, sizeof(here));
	check("an argument across two pages", evtchn_op(EVTCHNOP_send, p), 0);
	check("its event", takes(here_in), 1);
	memcpy(last, &there, sizeof(there));
	check("an argument at the end of a page", evtchn_op(EVTCHNOP_send, last), 0);
	check("its event", takes(there_in), 1);
	check("no argument", evtchn_op(EVTCHNOP_send, BAD_PTR), XEN_EFAULT);
	*last = 4096;
	check("a port that there is not", evtchn_op(EVTCHNOP_send, last), XEN_EINVAL);
	check("and to unmask", evtchn_op(EVTCHNOP_unmask, last), XEN_EINVAL);
}

/* --- the other calls ------------------------------------------------------------------- */

static void test_unmask(void)
{
	struct evtchn_unmask u = { .port = here_in };
	u32 before;

	/* What came when the channels were made. */
	sti();
	cli();
	before = rt_upcalls[0];
	rt_send(here);
	sti();
	cli();
	check("a masked event makes no upcall", rt_upcalls[0] - before, 0);
	check("unmask", evtchn_op(EVTCHNOP_unmask, &u), 0);
	sti();
	cli();
	check("it does now", rt_upcalls[0] - before, 1);
	rt_mask(here_in);
}

static long set_singleshot(u32 vcpu, u64 ns)
{
	struct vcpu_set_singleshot_timer s = { .timeout_abs_ns = ns };

	return vcpu_op(VCPUOP_set_singleshot_timer, vcpu, &s);
}

static void test_timers(void)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };
	u32 i, n = 0;

	check("bind_virq", evtchn_op(EVTCHNOP_bind_virq, &b), 0);
	check("a timer in the past", hc1(__HYPERVISOR_set_timer_op, 1), 0);
	check("comes at once", takes(b.port), 1);
	check("one that is ahead", hc1(__HYPERVISOR_set_timer_op, now_ns() + 3000000), 0);
	check("comes", until(LIMIT, takes(b.port)), 1);
	check("one far ahead", hc1(__HYPERVISOR_set_timer_op, now_ns() + 3600000000000ULL), 0);
	check("no more", hc1(__HYPERVISOR_set_timer_op, 0), 0);
	check("and the same by vcpu_op", set_singleshot(0, now_ns() + 3000000), 0);
	check("comes, too", until(LIMIT, takes(b.port)), 1);
	check("at another vCPU", set_singleshot(1, 0), XEN_EINVAL);
	check("at one that there is not", set_singleshot(127, 0), XEN_ENOENT);
	check("without an argument",
	      vcpu_op(VCPUOP_set_singleshot_timer, 0, BAD_PTR), XEN_EFAULT);
	check("stop", vcpu_op(VCPUOP_stop_singleshot_timer, 0, 0), 0);
	/* Set again while it is due: never lost. */
	for (i = 0; i < 200; i++) {
		hc1(__HYPERVISOR_set_timer_op, now_ns() + 20000);
		hc1(__HYPERVISOR_set_timer_op, now_ns() + 10000);
		n += until(LIMIT, takes(b.port));
	}
	check("the last one set comes, each time", n, 200);
	vcpu_op(VCPUOP_stop_singleshot_timer, 0, 0);
	rt_close(b.port);
}

static void test_is_up(void)
{
	check("is_up: this vCPU", vcpu_op(VCPUOP_is_up, 0, 0), 1);
	check("is_up: one that there is not", vcpu_op(VCPUOP_is_up, 127, 0), XEN_ENOENT);
}

/* --- none is lost ---------------------------------------------------------------------- */

static volatile u32 lost;

/* With the trap flag set: the step over the call is seen. */
static void __attribute__((interrupt)) on_step(unsigned long *frame)
{
	frame[2] &= ~0x100UL;
}

static void send_by_step(struct evtchn_send *s)
{
	unsigned long ret = __HYPERVISOR_event_channel_op, a0 = EVTCHNOP_send;
	unsigned long a1 = (unsigned long)s;

	if (is_amd())
		CALL("pushfq; orl $0x100, (%%rsp); popfq; ", "vmmcall");
	else
		CALL("pushfq; orl $0x100, (%%rsp); popfq; ", "vmcall");
}

static void send_somehow(u32 how, u32 port)
{
	struct evtchn_send s = { .port = port };

	switch (how % 5) {
	case 0:
	case 3:
		evtchn_op(EVTCHNOP_send, &s);
		break;
	case 1:
		prefixed(1, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &s);
		break;
	case 2:
		memcpy(data[0] + PAGE_SIZE - 2, &s, sizeof(s));
		evtchn_op(EVTCHNOP_send, data[0] + PAGE_SIZE - 2);
		break;
	case 4:
		send_by_step(&s);
		break;
	}
}

/* Its upcalls count. */
static void receiver(unsigned int cpu)
{
	for (;;)
		sti_hlt();
}

static void test_mixed(void)
{
	u32 i, first;

	here = rt_bind_ipi(1);
	rt_set_gate(1, on_step, 0);
	first = rt_events[here];
	for (i = 1; i <= ROUNDS; i++) {
		send_somehow(i, here);
		if (!until(LIMIT, rt_events[here] - first == i)) {
			lost = i;
			break;
		}
	}
	check("two CPUs: none is lost", lost, 0);
	check("two CPUs: none comes twice", rt_events[here] - first, ROUNDS);
}

void test_main(void)
{
	/* What the image itself uses is no user's page. */
	top_table()[0] &= ~PTE_U;
	use_table(top_table());
	check("shared_info", rt_map_shinfo(), 0);
	cli();
	here = rt_loop(&here_in);
	there = rt_loop(&there_in);
	rt_mask(here_in);
	rt_mask(there_in);
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	test_prefixes();
	test_compat();
	test_numbers();
	test_tables();
	test_places();
	test_user_page();
	test_keys();
	test_unmask();
	test_timers();
	test_is_up();
	if (rt_start_cpus(2, receiver))
		test_mixed();
	test_covered();
}
