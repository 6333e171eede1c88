// SPDX-License-Identifier: GPL-2.0
/* VCPUOP_initialise and VCPUOP_up (semantics G40): a vCPU begins where another one says. */
#include "rt.h"
#include <xen/hvm/hvm_vcpu.h>

#define CODE	0xc9b	/* 32 bits */
#define DATA	0xc93
#define TASK	0x08b

static u8 stack[2][4096] __attribute__((aligned(16)));
static volatile unsigned long saw[2];	/* the argument of each vCPU */
static volatile u32 saw_width[2], saw_id[2];

/* In RDI, or on a 32-bit stack: which of them this is. */
static void __attribute__((noreturn, used)) began(unsigned long which)
{
	saw_width[which & 1] = sizeof(long) * 8;
	saw_id[which & 1] = cpuid(xen_base() + 4, 0).b;
	barrier();
	saw[which & 1] = which;
	for (;;)
		__asm__ volatile("cli; hlt");
}

static u64 reg(int cr)
{
	unsigned long v;

	switch (cr) {
	case 0:
		__asm__ volatile("mov %%cr0, %0" : "=r"(v));
		break;
	case 3:
		__asm__ volatile("mov %%cr3, %0" : "=r"(v));
		break;
	default:
		__asm__ volatile("mov %%cr4, %0" : "=r"(v));
		break;
	}
	return v;
}

static long init(u32 vcpu, void *c)
{
	return vcpu_op(VCPUOP_initialise, vcpu, c);
}

#ifdef __x86_64__
static void fill(struct vcpu_hvm_context *c, u32 vcpu)
{
	*c = (struct vcpu_hvm_context) { .mode = VCPU_HVM_MODE_64B };
	c->cpu_regs.x86_64 = (struct vcpu_hvm_x86_64) {
		.rdi = 0x1234567800000000ULL | vcpu,
		.rsp = (unsigned long)&stack[vcpu - 1][4088],
		.rip = (unsigned long)began,
		.rflags = 2,
		.cr0 = reg(0), .cr3 = reg(3), .cr4 = reg(4),
		.efer = rdmsr(0xc0000080) & ~0x400ULL,
	};
}
#else
static void fill(struct vcpu_hvm_context *c, u32 vcpu)
{
	u32 *sp = (u32 *)&stack[vcpu - 1][4080];

	sp[1] = 0x12345600 | vcpu;
	*c = (struct vcpu_hvm_context) { .mode = VCPU_HVM_MODE_32B };
	c->cpu_regs.x86_32 = (struct vcpu_hvm_x86_32) {
		.esp = (u32)sp,
		.eip = (u32)began,
		.eflags = 2,
		.cr0 = reg(0), .cr3 = reg(3), .cr4 = reg(4),
		.cs_limit = ~0U, .ds_limit = ~0U, .ss_limit = ~0U, .es_limit = ~0U,
		.tr_limit = 0x67,
		.cs_ar = CODE, .ds_ar = DATA, .ss_ar = DATA, .es_ar = DATA, .tr_ar = TASK,
	};
}
#endif

static void base32(struct vcpu_hvm_context *c)
{
	*c = (struct vcpu_hvm_context) { .mode = VCPU_HVM_MODE_32B };
	c->cpu_regs.x86_32 = (struct vcpu_hvm_x86_32) {
		.eip = 0x1000, .eflags = 2, .cr0 = 1,
		.cs_limit = 0xfffff, .ds_limit = 0xfffff, .ss_limit = 0xfffff,
		.es_limit = 0xfffff, .tr_limit = 0x67,
		.cs_ar = CODE, .ds_ar = DATA, .ss_ar = DATA, .es_ar = DATA, .tr_ar = TASK,
	};
}

/* One field is wrong, all else would do. */
#define BAD32(name, field, value) do {					\
	struct vcpu_hvm_context c;					\
									\
	base32(&c);							\
	c.cpu_regs.x86_32.field = (value);				\
	check("G40 initialise: " name, init(1, &c), XEN_EINVAL);	\
} while (0)

static void test_segments(void)
{
	BAD32("padding", pad1, 1);
	BAD32("padding at the end", pad2[2], 1);
	BAD32("padding in CS", cs_ar, CODE | 0x1000);
	BAD32("padding in DS", ds_ar, 0x8000);
	BAD32("no CS", cs_ar, 0);
	BAD32("no SS", ss_ar, 0);
	BAD32("no TR", tr_ar, 0);
	BAD32("CS is data", cs_ar, DATA);
	BAD32("CS of the system", cs_ar, CODE & ~0x10);
	BAD32("CS is not present", cs_ar, CODE & ~0x80);
	BAD32("SS is code", ss_ar, CODE);
	BAD32("SS cannot be written to", ss_ar, 0xc91);
	BAD32("SS is not present", ss_ar, DATA & ~0x80);
	BAD32("DS cannot be read", ds_ar, 0xc99);
	BAD32("DS is not present", ds_ar, DATA & ~0x80);
	BAD32("ES of the system", es_ar, DATA & ~0x10);
	BAD32("TR is data", tr_ar, DATA);
	BAD32("TR is of 16 bits", tr_ar, 0x83);
	BAD32("TR is not present", tr_ar, TASK & ~0x80);
	BAD32("SS of another privilege", ss_ar, DATA | 0x60);
	BAD32("CS of another privilege", cs_ar, CODE | 0x60);
	BAD32("LMA without LME", efer, 0x400);
	BAD32("EFER that no processor has", efer, 1ULL << 40);
	BAD32("CR4 that no processor has", cr4, 1U << 31);
}

static void test_outside(void)
{
	struct vcpu_hvm_context c;

	base32(&c);
	c.cpu_regs.x86_32.cs_ar = CODE & ~0x800;
	c.cpu_regs.x86_32.cs_limit = 0xfff;
	check("G40 initialise: behind a limit in bytes", init(1, &c), XEN_EINVAL);
	c.mode = 2;
	check("G40 initialise: no such mode", init(1, &c), XEN_EINVAL);
	base32(&c);
	c.pad = 1;
	check("G40 initialise: padding of the whole", init(1, &c), XEN_EINVAL);
}

static void bad64(const char *name, u64 rip, u64 cr0, u64 cr4, u64 efer)
{
	struct vcpu_hvm_context c = { .mode = VCPU_HVM_MODE_64B };

	c.cpu_regs.x86_64 = (struct vcpu_hvm_x86_64) {
		.rip = rip, .rflags = 2, .cr0 = cr0, .cr4 = cr4, .efer = efer,
	};
	check(name, init(1, &c), XEN_EINVAL);
}

static void test_long(void)
{
	bad64("G40 initialise: not canonical", 1ULL << 47, 0x80000001, 0x20, 0x500);
	bad64("G40 initialise: 64 bits without paging", 0, 1, 0x20, 0x500);
	bad64("G40 initialise: 64 bits without PAE", 0, 0x80000001, 0, 0x500);
	bad64("G40 initialise: 64 bits without LME", 0, 0x80000001, 0x20, 0);
	bad64("G40 initialise: 64 bits, CR4", 0, 0x80000001, 0x20 | 1ULL << 31, 0x500);
	bad64("G40 initialise: 64 bits, EFER", 0, 0x80000001, 0x20, 0x500 | 1ULL << 40);
}

static bool wait_for(u32 which)
{
	u64 end = rt_now(rt_vi(0)) + 20000000000ULL;

	while (!saw[which] && rt_now(rt_vi(0)) < end)
		relax();
	return saw[which];
}

static void test_start(u32 vcpu)
{
	struct vcpu_hvm_context c;

	fill(&c, vcpu);
	check("G40 is_up before", vcpu_op(VCPUOP_is_up, vcpu, 0), 0);
	check("G40 up, not initialised", vcpu_op(VCPUOP_up, vcpu, 0), XEN_EINVAL);
	check("G40 initialise at a bad address", init(vcpu, BAD_PTR), XEN_EFAULT);
	check("G40 initialise", init(vcpu, &c), 0);
	check("G40 initialise twice", init(vcpu, &c), XEN_EEXIST);
	check("G40 is_up, initialised", vcpu_op(VCPUOP_is_up, vcpu, 0), 0);
	check("G40 it has not begun", saw[vcpu & 1], 0);
	check("G40 up", vcpu_op(VCPUOP_up, vcpu, 0), 0);
	check("G40 it begins", wait_for(vcpu & 1), 1);
	check("G40 with what it was given", saw[vcpu & 1] & 0xff, vcpu);
	check("G40 it is that vCPU", saw_id[vcpu & 1], vcpu);
	check("G40 up again", vcpu_op(VCPUOP_up, vcpu, 0), 0);
	check("G40 initialise one that runs", init(vcpu, &c), XEN_EEXIST);
}

void test_main(void)
{
	struct vcpu_hvm_context c;

	rt_map_shinfo();
	cli();
	base32(&c);
	check("G40 initialise: no such vCPU", init(77, &c), XEN_ENOENT);
	check("G40 initialise: this one", init(0, &c), XEN_EEXIST);
	test_segments();
	test_outside();
	test_long();
	test_start(1);
}
