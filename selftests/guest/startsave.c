// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that is saved and restored with a memory map of its own, and with a vCPU that is
 * to begin where it has said (semantics G25, G40). What begins by itself, since whoever restored
 * it says that it is up, is told of by a line for the test.
 */
#include "rt.h"
#include <xen/hvm/hvm_vcpu.h>

#define RANGES	3

struct range { u64 addr, size; u32 type; } __attribute__((packed));

struct map { u32 nr; unsigned long buffer; };

struct set_map { u16 domid; struct map map; };

static struct range own[RANGES], got[RANGES + 1];
static u8 stack[4096] __attribute__((aligned(16)));
static volatile unsigned long saw;

static void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

/* In RDI, or on a 32-bit stack: what it was given. */
static void __attribute__((noreturn, used)) began(unsigned long with)
{
	saw = with;
	for (;;)
		__asm__ volatile("cli; hlt");
}

static unsigned long cr(int n)
{
	unsigned long v;

	if (!n)
		__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	else if (n == 3)
		__asm__ volatile("mov %%cr3, %0" : "=r"(v));
	else
		__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static void fill(struct vcpu_hvm_context *c)
{
#ifdef __x86_64__
	*c = (struct vcpu_hvm_context) { .mode = VCPU_HVM_MODE_64B };
	c->cpu_regs.x86_64 = (struct vcpu_hvm_x86_64) {
		.rdi = 0x12345678, .rsp = (unsigned long)&stack[4088], .rip = (unsigned long)began,
		.rflags = 2, .cr0 = cr(0), .cr3 = cr(3), .cr4 = cr(4),
		.efer = rdmsr(0xc0000080) & ~0x400ULL,
	};
#else
	((u32 *)&stack[4080])[1] = 0x12345678;
	*c = (struct vcpu_hvm_context) { .mode = VCPU_HVM_MODE_32B };
	c->cpu_regs.x86_32 = (struct vcpu_hvm_x86_32) {
		.esp = (u32)&stack[4080], .eip = (u32)began, .eflags = 2,
		.cr0 = cr(0), .cr3 = cr(3), .cr4 = cr(4),
		.cs_limit = ~0U, .ds_limit = ~0U, .ss_limit = ~0U, .es_limit = ~0U,
		.tr_limit = 0x67,
		.cs_ar = 0xc9b, .ds_ar = 0xc93, .ss_ar = 0xc93, .es_ar = 0xc93, .tr_ar = 0x08b,
	};
#endif
}

static void set_up(void)
{
	struct set_map s = { DOMID_SELF, { RANGES, (unsigned long)own } };
	struct vcpu_register_vcpu_info info = { .mfn = (unsigned long)&vi_page[1] / PAGE_SIZE };
	struct vcpu_hvm_context c;
	u32 i;

	info.offset = (unsigned long)&vi_page[1] % PAGE_SIZE;
	check("vcpu_info of the second", vcpu_op(VCPUOP_register_vcpu_info, 1, &info), 0);
	/* For streams that are damaged there. */
	check("a port", rt_alloc_unbound(DOMID_SELF) != 0, 1);
	for (i = 0; i < RANGES; i++)
		own[i] = (struct range) { ~0ULL - i, i * 0x123456789ULL, i + 1 };
	check("set_memory_map", memory_op(XENMEM_set_memory_map, &s), 0);
	fill(&c);
	check("initialise", vcpu_op(VCPUOP_initialise, 1, &c), 0);
}

static void check_map(void)
{
	struct map m = { RANGES + 1, (unsigned long)got };
	const u8 *x = (const void *)own, *y = (const void *)got;
	u32 i, bad = 0;

	check("G25 memory_map", memory_op(XENMEM_memory_map, &m), 0);
	check("G25 as many ranges as were set", m.nr, RANGES);
	for (i = 0; i < sizeof(own); i++)
		bad += x[i] != y[i];
	check("G25 each as it was set", bad, 0);
}

static void check_start(void)
{
	u64 end = rt_now(rt_vi(0)) + 20000000000ULL;
	struct vcpu_hvm_context c;

	fill(&c);
	if (vcpu_op(VCPUOP_is_up, 1, 0)) {
		note("# it is up");
	} else {
		check("G40 it has not begun", saw, 0);
		check("G40 initialise twice", vcpu_op(VCPUOP_initialise, 1, &c), XEN_EEXIST);
		check("G40 up", vcpu_op(VCPUOP_up, 1, 0), 0);
	}
	while (!saw && rt_now(rt_vi(0)) < end)
		relax();
	check("G40 it begins, with what it was given", saw, 0x12345678);
}

void test_main(void)
{
	rt_map_shinfo();
	cli();
	set_up();
	outb(0xf5, 1);
	outb(0xf5, 2);
	check_map();
	check_start();
}
