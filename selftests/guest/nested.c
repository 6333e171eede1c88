// SPDX-License-Identifier: GPL-2.0
/*
 * A guest of the guest computes or sleeps; an upcall must take the CPU from it, as any
 * interrupt does. By the callback vector and by the per-vCPU one; from a timer of Xen's
 * and from another vCPU. SVM; KVM's own Xen support (--intree) is the one to compare with.
 */
#include "tables.h"
#include "until.h"

#define EXIT_INTR	0x60
#define EXIT_SHUTDOWN	0x7f
#define EXIT_VMMCALL	0x81
#define L2_LIMIT	4000000000ULL	/* ns: a busy L2 gives up then */
#define BACKSTOP	0x40		/* LAPIC timer: ends an L2 that sleeps */
#define SOON		200000000ULL

/* Offsets of the VMCB. */
enum {
	INTERCEPT_3 = 0x0c, INTERCEPT_4 = 0x10, ASID = 0x58, EXIT_CODE = 0x70,
	SEG_ES = 0x400, SEG_CS = 0x410, SEG_SS = 0x420, SEG_DS = 0x430,
	SEG_FS = 0x440, SEG_GS = 0x450, GDTR = 0x460, IDTR = 0x480, TR = 0x490,
	S_EFER = 0x4d0, S_CR4 = 0x548, S_CR3 = 0x550, S_CR0 = 0x558,
	S_DR7 = 0x560, S_DR6 = 0x568, S_RFLAGS = 0x570, S_RIP = 0x578,
	S_RSP = 0x5d8, S_RAX = 0x5f8, S_PAT = 0x668,
};

#define EFER		0xc0000080
#define EFER_SVME	(1 << 12)
#define VM_HSAVE_PA	0xc0010117
#define LAPIC(reg)	(((volatile u32 *)0xfee00000UL)[(reg) / 4])

extern u64 start_info_addr;

static u8 vmcb[PAGE_SIZE] page_aligned, hsave[PAGE_SIZE] page_aligned;
static u8 l2_stack[4096] __attribute__((aligned(16)));
/* vCPU 1's */
static u8 vmcb_1[PAGE_SIZE] page_aligned, hsave_1[PAGE_SIZE] page_aligned;
static u8 l2_stack_1[4096] __attribute__((aligned(16)));
static volatile u32 l2_runs, order, port_from_1;

static bool enable_svm(u8 *save)
{
	wrmsr_safe(EFER, rdmsr(EFER) | EFER_SVME);
	return wrmsr_safe(VM_HSAVE_PA, phys(save));
}

static void put64(u32 at, u64 v)
{
	*(u64 *)(vmcb + at) = v;
}

static void put32(u32 at, u32 v)
{
	*(u32 *)(vmcb + at) = v;
}

static void segment(u32 at, u16 sel, u16 attr, u32 limit, u64 base)
{
	*(u16 *)(vmcb + at) = sel;
	*(u16 *)(vmcb + at + 2) = attr;
	put32(at + 4, limit);
	put64(at + 8, base);
}

static void l2_spins(void)
{
	u64 end = now_ns() + L2_LIMIT;

	l2_runs = 1;
	while (now_ns() < end)
		relax();
	__asm__ volatile("vmmcall");
}

/* What comes behind its end may come before its host has said a word. */
static void l2_spins_and_tells(void)
{
	u64 end = now_ns() + L2_LIMIT / 2;

	while (now_ns() < end)
		relax();
	note("L2 IS THROUGH");
	__asm__ volatile("vmmcall");
}

static void l2_sleeps(void)
{
	l2_runs = 1;
	for (;;)
		__asm__ volatile("hlt");
}

/* What would be a hypercall of its host's. */
static void l2_calls(void)
{
	__asm__ volatile("vmmcall; mov $99, %%eax; vmmcall"
			 : : "a"(__HYPERVISOR_xen_version), "D"(XENVER_version));
}

static void make_vmcb(void (*fn)(void))
{
	struct { u16 limit; u64 base; } __attribute__((packed)) gdt, idt;
	u32 at;

	memset(vmcb, 0, sizeof(vmcb));
	__asm__ volatile("sgdt %0" : "=m"(gdt));
	__asm__ volatile("sidt %0" : "=m"(idt));
	put32(INTERCEPT_3, 1 | 1U << 31);	/* INTR, SHUTDOWN */
	put32(INTERCEPT_4, 3);			/* VMRUN, VMMCALL */
	put32(ASID, 1);
	for (at = SEG_ES; at <= SEG_GS; at += 0x10)
		segment(at, 0x10, 0xc93, 0xffffffff, 0);
	segment(SEG_CS, 0x08, 0xa9b, 0xffffffff, 0);
	segment(GDTR, 0, 0, gdt.limit, gdt.base);
	segment(IDTR, 0, 0, idt.limit, idt.base);
	segment(TR, 0, 0x8b, 0x67, 0);
	put64(S_EFER, rdmsr(EFER));
	put64(S_CR4, read_cr4());
	put64(S_CR3, phys(top_table()));
	put64(S_CR0, read_cr0());
	put64(S_DR7, 0x400);
	put64(S_DR6, 0xffff0ff0);
	put64(S_RFLAGS, 0x202);
	put64(S_RIP, (unsigned long)fn);
	put64(S_RSP, phys(l2_stack) + sizeof(l2_stack));
	put64(S_PAT, 0x0007040600070406ULL);
}

/* Interrupts are taken when it is over. */
static void enter(u8 *block)
{
	/* All registers but rax and rsp are L2's when it is over. */
	__asm__ volatile("push %%rbp; clgi; sti; vmrun %%rax; cli; stgi; pop %%rbp"
			 : : "a"(block)
			 : "memory", "cc", "rbx", "rcx", "rdx", "rsi", "rdi",
			   "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");
}

/* Run it. */
static u64 run(void (*fn)(void))
{
	make_vmcb(fn);
	l2_runs = 0;
	enter(vmcb);
	return *(u64 *)(vmcb + EXIT_CODE);
}

/* L2's call is its host's to see, each time. Before that the host may have to take what it waits for. */
static void test_calls(void)
{
	u32 i, n = 0;
	u64 code;

	for (i = 0; i < 5; i++) {
		do {
			sti();
			relax();
			cli();
			code = run(l2_calls);
		} while (code == EXIT_INTR);
		n += code == EXIT_VMMCALL &&
		     *(u64 *)(vmcb + S_RAX) == __HYPERVISOR_xen_version;
	}
	check("L2's calls are its host's", n, 5);
}

/* vCPU 1 sends when L2 has run for a while: L2 is in its loop, or asleep. */
static void other(unsigned int cpu)
{
	u64 t;

	for (;;) {
		while (!order || !l2_runs)
			relax();
		for (t = now_ns() + SOON; now_ns() < t;)
			relax();
		rt_send(port_from_1);
		order = 0;
	}
}

struct frame;

static void __attribute__((interrupt)) on_backstop(struct frame *f)
{
	LAPIC(0xb0) = 0;			/* EOI */
}

static void arm_backstop(bool on)
{
	LAPIC(0x3e0) = 0xb;			/* divide by 1 */
	LAPIC(0x320) = BACKSTOP | (on ? 0 : 1 << 16);
	LAPIC(0x380) = on ? 0xf0000000 : 0;	/* some 4 s with KVM's bus clock */
}

static void one(const char *name, void (*fn)(void), bool timer)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = now_ns() + SOON };
	u32 before = rt_upcalls[0];
	u64 start = now_ns(), code;

	arm_backstop(true);
	if (timer)
		vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
	else
		order = 1;
	code = run(fn);
	arm_backstop(false);
	note("# exit %lx after %u ms", code,
	     (u32)((now_ns() - start) / 1000000));
	sti();
	relax();
	cli();
	/* The exit alone could be the backstop's. */
	check(name, code == EXIT_INTR && rt_upcalls[0] != before &&
	      now_ns() - start < L2_LIMIT / 2, 1);
	until(1000, !order);
	vcpu_op(VCPUOP_stop_singleshot_timer, 0, 0);
	sti();
	relax();
	cli();
}

static void test_all(bool lapic)
{
	one(lapic ? "A100 a timer ends L2's loop, LAPIC vector" :
		    "A101 a timer ends L2's loop", l2_spins, true);
	one(lapic ? "A100 another vCPU ends L2's loop, LAPIC vector" :
		    "A101 another vCPU ends L2's loop", l2_spins, false);
	one(lapic ? "A100 a timer ends L2's sleep, LAPIC vector" :
		    "A101 a timer ends L2's sleep", l2_sleeps, true);
	one(lapic ? "A100 another vCPU ends L2's sleep, LAPIC vector" :
		    "A101 another vCPU ends L2's sleep", l2_sleeps, false);
}

/*
 * The machine's end is not that of its guest: a watchdog that expires while L2 computes waits
 * until L1 goes on. The only vCPU; VMM's status 4.
 */
static void test_watchdog(void)
{
	struct sched_watchdog w = { .timeout = 1 };

	check("G43 a watchdog", sched_op(SCHEDOP_watchdog, &w), 1);
	if (run(l2_spins_and_tells) == EXIT_SHUTDOWN)
		note("L2 HAD IT");
	/* To feed it now is too late. */
	w.id = 1;
	w.timeout = 1000;
	sched_op(SCHEDOP_watchdog, &w);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static volatile u64 feed_at;

static void feeds_and_runs(unsigned int cpu)
{
	struct sched_watchdog w = { .id = 1, .timeout = 1000 };

	enable_svm(hsave_1);
	while (!feed_at || now_ns() < feed_at)
		relax();
	sched_op(SCHEDOP_watchdog, &w);
	enter(vmcb_1);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/*
 * It is fed when it has expired, but its host, which the job makes slow, has not taken note of
 * that yet, and will find a guest's guest on each vCPU. VMM's status 4, and no complaint of the
 * host's; 0 if that was too early, on a machine that has little time for it.
 */
static void test_fed_late(void)
{
	struct sched_shutdown end = { .reason = SHUTDOWN_poweroff };
	struct sched_watchdog w = { .timeout = 1 };

	check("vCPU 1 starts", rt_start_cpus(2, feeds_and_runs), 1);
	make_vmcb(l2_spins);
	put64(S_RSP, phys(l2_stack_1) + sizeof(l2_stack_1));
	memcpy(vmcb_1, vmcb, sizeof(vmcb_1));
	check("G43 a watchdog", sched_op(SCHEDOP_watchdog, &w), 1);
	feed_at = now_ns() + 1500000000ULL;
	run(l2_spins);
	sched_op(SCHEDOP_shutdown, &end);
}

void test_main(void)
{
	struct hvm_start_info *si = (void *)start_info_addr;
	struct xen_hvm_evtchn_upcall_vector v = { 0, LAPIC_VECTOR };
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };
	u32 port;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	if (!(cpuid(0x80000001, 0).c & 4)) {
		note("# no SVM here");
		return;
	}
	LAPIC(0xf0) = 0x1ff;
	rt_set_gate(BACKSTOP, on_backstop, 0);
	check("SVM", enable_svm(hsave), 0);
	if (si->cmdline_paddr && *(const char *)si->cmdline_paddr == 'w')
		test_watchdog();
	if (si->cmdline_paddr && *(const char *)si->cmdline_paddr == 'f')
		test_fed_late();
	check("bind the timer", evtchn_op(EVTCHNOP_bind_virq, &b), 0);
	port_from_1 = rt_loop(&port);
	sti();
	cli();
	check("vCPU 1 starts", rt_start_cpus(2, other), 1);
	check("callback vector", rt_set_callback(2ULL << 56 | CALLBACK_VECTOR), 0);
	test_calls();
	test_all(false);
	check("no callback vector", rt_set_callback(0), 0);
	check("LAPIC vector", hvm_op(HVMOP_set_evtchn_upcall_vector, &v), 0);
	test_all(true);
}
