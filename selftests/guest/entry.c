// SPDX-License-Identifier: GPL-2.0
/*
 * Who may make a hypercall, and what the instruction does to the state around it:
 * rings 1 to 3, garbage in the upper halves of a 32-bit caller's registers, single
 * step, interrupt shadow (semantics 0.1 to 0.3). 64-bit only.
 */
#include "rt.h"

#define GARBAGE		0xa5a5a5a500000000UL
#define RING_CODE	0x28
#define RING_DATA	0x30
#define TSS_SEL		0x38

extern u64 gdt[];

/* --- rings ------------------------------------------------------------------ */

static struct {
	u32 reserved;
	u64 rsp[3];
	u8 rest[76];
	u16 iomap;
} __attribute__((packed)) tss;
static u8 ring0_stack[8192] __attribute__((aligned(16)));
static u8 user_stack[4096] __attribute__((aligned(16)));
unsigned long entry_saved_sp;
unsigned long entry_nr, entry_a0, entry_a1;

/* In another ring: the call, then back through a gate. */
__asm__(".text\n"
	"user_amd: mov entry_nr, %rax; mov entry_a0, %rdi; mov entry_a1, %rsi\n"
	"	vmmcall; int $0x80\n"
	"user_intel: mov entry_nr, %rax; mov entry_a0, %rdi; mov entry_a1, %rsi\n"
	"	vmcall; int $0x80\n"
	"back: mov entry_saved_sp, %rsp\n"
	"	mov $0x20, %ecx; mov %ecx, %ss\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
	/* go_there(ip, sp, cs, ss) */
	"go_there: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, entry_saved_sp\n"
	"	push %rcx; push %rsi; pushfq; push %rdx; push %rdi; iretq\n");
extern u8 user_amd[], user_intel[], back[];
long go_there(void *ip, void *sp, unsigned long cs, unsigned long ss);

static void init_tss(void)
{
	u64 base = (unsigned long)&tss;

	tss.rsp[0] = (unsigned long)ring0_stack + sizeof(ring0_stack);
	tss.iomap = sizeof(tss);
	gdt[TSS_SEL / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 |
			   0x89ULL << 40 | (base >> 24 & 0xff) << 56;
	gdt[TSS_SEL / 8 + 1] = base >> 32;
	__asm__ volatile("ltr %w0" : : "r"(TSS_SEL));
	rt_set_gate(0x80, back, 3);
}

static long call_from(u64 ring, u32 nr, unsigned long a0, unsigned long a1)
{
	gdt[RING_CODE / 8] = 0x00af9b000000ffff | ring << 45;
	gdt[RING_DATA / 8] = 0x00cf93000000ffff | ring << 45;
	entry_nr = nr;
	entry_a0 = a0;
	entry_a1 = a1;
	return go_there(is_amd() ? user_amd : user_intel,
			user_stack + sizeof(user_stack), RING_CODE | ring,
			RING_DATA | ring);
}

static void test_rings(void)
{
	struct evtchn_send s = { .port = 1 };

	init_tss();
	cli();
	check("0.3 XSA-76 xen_version from ring 1",
	      call_from(1, __HYPERVISOR_xen_version, XENVER_version, 0),
	      XEN_EPERM);
	check("0.3 XSA-76 xen_version from ring 2",
	      call_from(2, __HYPERVISOR_xen_version, XENVER_version, 0),
	      XEN_EPERM);
	check("0.3 XSA-76 xen_version from ring 3",
	      call_from(3, __HYPERVISOR_xen_version, XENVER_version, 0),
	      XEN_EPERM);
	check("0.3 XSA-76 send from ring 3",
	      call_from(3, __HYPERVISOR_event_channel_op, EVTCHNOP_send,
			(unsigned long)&s), XEN_EPERM);
	check("0.3 and ring 0 may",
	      hc2(__HYPERVISOR_xen_version, XENVER_version, 0) > 0, 1);
}

/* --- 32-bit code in a 64-bit guest -------------------------------------------- */

#define FROM_COMPAT(insn)						\
	__asm__ volatile("push $0x18; push $1f; lretq\n"		\
			 ".code32\n1: " insn "; ljmp $0x08, $2f\n"	\
			 ".code64\n2:"					\
			 : "+a"(nr), "+b"(a0), "+c"(a1), "+d"(a2)	\
			 : : "memory", "rsi", "rdi", "r8", "r9", "r10",	\
			     "r11", "r12", "r13", "r14", "r15")

static unsigned long compat(u32 n, u32 arg0, const volatile void *arg1)
{
	unsigned long nr = n | GARBAGE, a0 = arg0 | GARBAGE;
	unsigned long a1 = (unsigned long)arg1 | GARBAGE, a2 = GARBAGE;

	if (is_amd())
		FROM_COMPAT("vmmcall");
	else
		FROM_COMPAT("vmcall");
	return nr;
}

static void test_upper_halves(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF,
					  .remote_dom = DOMID_SELF };
	struct evtchn_close c;
	u32 entry[2][8] = { { __HYPERVISOR_xen_version }, { 62 } };
	unsigned long ret;

	ret = compat(__HYPERVISOR_xen_version, XENVER_version, 0);
	check("XSA-454 32-bit xen_version", (u32)ret,
	      hc2(__HYPERVISOR_xen_version, XENVER_version, 0));
	check("0.1 the upper half of rax stays", ret >> 32 == GARBAGE >> 32, 1);
	check("XSA-454 32-bit alloc_unbound",
	      (s32)compat(__HYPERVISOR_event_channel_op,
			  EVTCHNOP_alloc_unbound, &a), 0);
	c.port = a.port;
	check("XSA-454 32-bit close",
	      (s32)compat(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &c), 0);
	check("XSA-454 32-bit close again",
	      (s32)compat(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &c),
	      XEN_EINVAL);
	check("XSA-454 32-bit sched_op",
	      (s32)compat(__HYPERVISOR_sched_op, SCHEDOP_yield, 0), 0);
	check("XSA-454 32-bit set_timer_op",
	      (s32)compat(__HYPERVISOR_set_timer_op, 0, 0), 0);
	check("XSA-454 32-bit memory_op",
	      (s32)compat(__HYPERVISOR_memory_op, 60, &a), XEN_ENOSYS);
	check("XSA-111 32-bit multicall",
	      (s32)compat(__HYPERVISOR_multicall, (unsigned long)entry,
			  (void *)2), 0);
	check("XSA-111 its first result", entry[0][1],
	      hc2(__HYPERVISOR_xen_version, XENVER_version, 0));
	check("XSA-111 its second result", (s32)entry[1][1], XEN_ENOSYS);
	check("0.5 32-bit unknown hypercall", (s32)compat(62, 0, 0), XEN_ENOSYS);
}

/* --- the instruction ------------------------------------------------------------- */

struct frame { unsigned long ip, cs, flags, sp, ss; };
static volatile unsigned long stepped[4];
static volatile u32 nr_stepped;

static void __attribute__((interrupt)) on_step(struct frame *f)
{
	if (nr_stepped < 4)
		stepped[nr_stepped] = f->ip;
	/* The second one is enough. */
	if (++nr_stepped >= 2)
		f->flags &= ~0x100UL;
}

#define STEP(insn)							\
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq\n"		\
			 insn "\n1: nop\n2: nop\n"			\
			 "lea 1b, %%rdi; lea 2b, %%rsi"			\
			 : "=D"(first), "=S"(second), "+a"(nr)		\
			 : "0"(0UL), "1"(0UL)				\
			 : "memory", "rdx", "r8", "r9", "r10", "r11")

static void test_single_step(void)
{
	unsigned long first, second, nr = __HYPERVISOR_xen_version;

	rt_set_gate(1, on_step, 0);
	if (is_amd())
		STEP("vmmcall");
	else
		STEP("vmcall");
	check("0.1 single step stops behind the call", stepped[0] == first, 1);
	check("0.1 and behind the next instruction", stepped[1] == second, 1);
	check("0.1 no stop too many", nr_stepped, 2);
	check("0.1 the call was made", nr,
	      hc2(__HYPERVISOR_xen_version, XENVER_version, 0));
}

#define SHADOW(insn)							\
	__asm__ volatile("sti\n" insn "\n1: nop; cli\n"			\
			 "lea 1b, %%rdi"				\
			 : "=D"(behind), "+a"(nr)			\
			 : "0"(0UL), "S"(0UL)				\
			 : "memory", "rdx", "r8", "r9", "r10", "r11")

static void test_shadow(void)
{
	unsigned long behind, nr = __HYPERVISOR_xen_version;
	u32 l, r, before;

	rt_map_shinfo();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	l = rt_loop(&r);
	rt_mask(l);
	sti();
	cli();
	before = rt_upcalls[0];
	rt_send(l);
	rt_upcall_ip = 0;
	if (is_amd())
		SHADOW("vmmcall");
	else
		SHADOW("vmcall");
	check("0.1 the call ends the shadow of sti", rt_upcalls[0] - before, 1);
	check("0.1 the upcall comes right behind it", rt_upcall_ip == behind, 1);
}

void test_main(void)
{
	test_rings();
	test_upper_halves();
	test_single_step();
	test_shadow();
}
