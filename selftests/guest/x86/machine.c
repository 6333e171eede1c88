// SPDX-License-Identifier: GPL-2.0
/* Runtime of the guest images on x86: a PVH guest. See rt.h. */
#include "../rt.h"

extern u64 start_info_addr, ap_stack;
extern u8 ap_real_start[], ap_real_end[];

/* --- report ---------------------------------------------------------------- */

static void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static void outl(u16 port, u32 v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static u32 inl(u16 port)
{
	u32 v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

/* vmm takes a line of the image at once, which is an exit and not one for each letter. */
void rt_put_line(const char *s)
{
	static int by_line = -1;

	if (by_line < 0)
		by_line = inl(0xea) == 0x656e696c;
	if (by_line)
		outl(0xea, (unsigned long)s);
	else
		while (*s)
			outb(0xe9, *s++);
}

void rt_exit(int failed)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_poweroff };

	note("DONE %s", failed ? "bad" : "good");
	cli();
	sched_op(SCHEDOP_shutdown, &s);
	outb(0xf4, failed);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* --- machine ---------------------------------------------------------------- */

struct cpuid cpuid(u32 leaf, u32 sub)
{
	struct cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
			 : "a"(leaf), "c"(sub));
	return r;
}

u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return lo | (u64)hi << 32;
}

/* The base of Xen's CPUID leaves, 0 if there is none. */
u32 xen_base(void)
{
	u32 base;

	for (base = 0x40000000; base < 0x40010000; base += 0x100) {
		struct cpuid r = cpuid(base, 0);

		if (r.b == 0x566e6558 && r.c == 0x65584d4d && r.d == 0x4d4d566e)
			return base;
	}
	return 0;
}

bool is_amd(void)
{
	static int amd = -1;

	if (amd < 0) {
		struct cpuid r = cpuid(0, 0);

		amd = r.b == 0x68747541 || r.b == 0x6f677948;
	}
	return amd;
}

long hypercall(u32 nr, unsigned long a0, unsigned long a1, unsigned long a2,
	       unsigned long a3, unsigned long a4)
{
	long ret;
#ifdef __x86_64__
	register unsigned long r10 __asm__("r10") = a3;
	register unsigned long r8 __asm__("r8") = a4;

	if (is_amd())
		__asm__ volatile("vmmcall" : "=a"(ret), "+D"(a0), "+S"(a1),
				 "+d"(a2), "+r"(r10), "+r"(r8)
				 : "0"((unsigned long)nr) : "memory");
	else
		__asm__ volatile("vmcall" : "=a"(ret), "+D"(a0), "+S"(a1),
				 "+d"(a2), "+r"(r10), "+r"(r8)
				 : "0"((unsigned long)nr) : "memory");
#else
	if (is_amd())
		__asm__ volatile("vmmcall" : "=a"(ret), "+b"(a0), "+c"(a1),
				 "+d"(a2), "+S"(a3), "+D"(a4)
				 : "0"(nr) : "memory");
	else
		__asm__ volatile("vmcall" : "=a"(ret), "+b"(a0), "+c"(a1),
				 "+d"(a2), "+S"(a3), "+D"(a4)
				 : "0"(nr) : "memory");
#endif
	return ret;
}

/* --- interrupts -------------------------------------------------------------- */

struct frame;

#ifdef __x86_64__
struct gate { u16 off0, sel; u8 ist, type; u16 off1; u32 off2, pad; };
#define CODE_SEL 0x08
#else
struct gate { u16 off0, sel; u8 ist, type; u16 off1; };
#define CODE_SEL 0x18
#endif
static struct gate idt[256] __attribute__((aligned(16)));
static volatile bool expect_gp, got_gp;

void rt_set_gate(int vector, void *fn, int dpl)
{
	unsigned long a = (unsigned long)fn;

	idt[vector] = (struct gate) {
		.off0 = a, .sel = CODE_SEL, .type = 0x8e | dpl << 5,
		.off1 = a >> 16,
#ifdef __x86_64__
		.off2 = a >> 32,
#endif
	};
}

static void load_idt(void)
{
	struct { u16 limit; unsigned long base; } __attribute__((packed)) p = {
		sizeof(idt) - 1, (unsigned long)idt,
	};

	__asm__ volatile("lidt %0" : : "m"(p));
}

static void __attribute__((interrupt)) on_fault(struct frame *f,
						unsigned long code)
{
	unsigned long *w = (unsigned long *)f;

	/* A WRMSR that may fault: two bytes, step over it. */
	if (expect_gp) {
		got_gp = true;
		w[0] += 2;
		return;
	}
	note("not ok - fault, code %lx, ip %lx", code, w[0]);
	rt_exit(1);
}

static void __attribute__((interrupt)) on_trap(struct frame *f)
{
	note("not ok - trap, ip %lx", *(unsigned long *)f);
	rt_exit(1);
}

static void __attribute__((interrupt)) on_callback(struct frame *f)
{
	rt_upcall_ip = *(unsigned long *)f;
	rt_take_events(rt_cpu());
}

static volatile u32 *const lapic = (u32 *)0xfee00000UL;

static void __attribute__((interrupt)) on_lapic(struct frame *f)
{
	rt_lapic_upcalls[rt_cpu()]++;
	rt_take_events(rt_cpu());
	lapic[0xb0 / 4] = 0;
}

static void __attribute__((interrupt)) on_spurious(struct frame *f)
{
}

static void init_idt(void)
{
	static const u32 with_code = 0x60027d00;	/* 8,10-14,17,29,30 */
	int i;

	for (i = 0; i < 32; i++)
		rt_set_gate(i, with_code >> i & 1 ? (void *)on_fault :
						    (void *)on_trap, 0);
	for (i = 32; i < 256; i++)
		rt_set_gate(i, on_spurious, 0);
	rt_set_gate(CALLBACK_VECTOR, on_callback, 0);
	rt_set_gate(LAPIC_VECTOR, on_lapic, 0);
	load_idt();
}

int wrmsr_safe(u32 msr, u64 v)
{
	got_gp = false;
	expect_gp = true;
	barrier();
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32))
			 : "memory");
	barrier();
	expect_gp = false;
	return got_gp ? -1 : 0;
}

/* Guest system time in ns, as this CPU's vcpu_info gives it. */
u64 rt_now(struct vcpu_info *vi)
{
	volatile struct vcpu_time_info *t = &vi->time;
	u64 delta, ns;
	u32 version;

	do {
		version = t->version;
		barrier();
		delta = rdtsc() - t->tsc_timestamp;
		if (t->tsc_shift < 0)
			delta >>= -t->tsc_shift;
		else
			delta <<= t->tsc_shift;
		ns = t->system_time +
		     ((delta & 0xffffffff) * t->tsc_to_system_mul >> 32) +
		     (delta >> 32) * t->tsc_to_system_mul;
		barrier();
	} while (version & 1 || version != t->version);
	return ns;
}

/* --- other CPUs --------------------------------------------------------------- */

static u8 ap_stacks[8][8192] __attribute__((aligned(16)));
static volatile u32 cpus_up = 1;
static void (*volatile ap_fn)(unsigned int cpu);
static u32 apic_of[64];

/* This CPU, found by its initial APIC id. */
unsigned int rt_cpu(void)
{
	u32 i, id;

	if (cpus_up == 1)
		return 0;
	id = cpuid(1, 0).b >> 24;
	for (i = 0; i < cpus_up && i < 64; i++)
		if (apic_of[i] == id)
			return i;
	return cpus_up < 64 ? cpus_up : 0;
}

void rt_ap_main(void)
{
	u32 cpu = cpus_up;

	load_idt();
	lapic[0xf0 / 4] = 0x1ff;
	apic_of[cpu] = cpuid(1, 0).b >> 24;
	cpus_up = cpu + 1;
	ap_fn(cpu);
	for (;;)
		__asm__ volatile("hlt");
}

static void icr(u32 id, u32 low)
{
	lapic[0x310 / 4] = id << 24;
	lapic[0x300 / 4] = low;
	while (lapic[0x300 / 4] & 1 << 12)
		relax();
}

bool rt_start_cpus(unsigned int n, void (*fn)(unsigned int cpu))
{
	u32 i, spin;

	/* vCPU n has the APIC id 2n on Xen, and under the suite's own VMM. */
	memcpy((void *)0x8000UL, ap_real_start, ap_real_end - ap_real_start);
	lapic[0xf0 / 4] = 0x1ff;
	ap_fn = fn;
	for (i = 1; i < n; i++) {
		u32 up = cpus_up;

		ap_stack = (unsigned long)ap_stacks[i] + sizeof(ap_stacks[i]);
		icr(2 * i, 0x4500);
		icr(2 * i, 0x4608);
		for (spin = 0; spin < 20000000 && cpus_up == up; spin++)
			relax();
		if (cpus_up == up)
			return false;
	}
	return true;
}

/* The 8259 of a PC may be live with vectors 8 to 15: mask it. */
void rt_main(void)
{
	static u8 hypercall_page[PAGE_SIZE] page_aligned;

	outb(0x21, 0xff);
	outb(0xa1, 0xff);
	apic_of[0] = cpuid(1, 0).b >> 24;
	init_idt();
	/* As every guest of old does it; this tells Xen the guest's width. */
	wrmsr_safe(0x40000000, (unsigned long)hypercall_page);
	test_main();
	rt_end();
}
