// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest does beside hypercalls: it takes interrupts, writes into the pages that
 * it shares, asks for CPUID leaves, and places the hypercall page.
 */
#include "fuzz.h"

#define STORM		20000	/* stores to a flag, in a row */
#define TOO_MANY	30	/* interrupts without a hypercall in between */
#define PIN_LEVEL	(1u << 15)
#define FIRST_PIN_VECTOR 0x60

volatile u32 fuzz_vi_gfn[FUZZ_CPUS], fuzz_vi_offset[FUZZ_CPUS], fuzz_shinfo_gfn;

static volatile u32 irqs[FUZZ_CPUS];
static volatile u32 *const lapic = (u32 *)0xfee00000UL;
static volatile u32 *const ioapic = (u32 *)0xfec00000UL;

extern u8 fuzz_wrmsr[];
extern u64 gdt[];

/* The flag byte wherever vcpu_info may be now: place 0, 1 or 2. */
static volatile u8 *flag(u32 cpu, u32 place)
{
	struct shared_info *s = (void *)((unsigned long)fuzz_shinfo_gfn * PAGE_SIZE);

	if (place == 0)
		return &shinfo_page.vcpu_info[cpu].evtchn_upcall_pending;
	if (place == 1 && fuzz_shinfo_gfn)
		return &s->vcpu_info[cpu].evtchn_upcall_pending;
	if (place == 2 && fuzz_vi_gfn[cpu])
		return (u8 *)((unsigned long)fuzz_vi_gfn[cpu] * PAGE_SIZE + fuzz_vi_offset[cpu]);
	return NULL;
}

/* --- interrupts: every flag that we know of is cleared ------------------------------ */

struct frame;
struct words { unsigned long ip, cs, flags; };

static void __attribute__((interrupt)) on_any(struct frame *f)
{
	u32 i, place, cpu = rt_cpu() % FUZZ_CPUS;
	volatile u8 *p;

	for (i = 0; i < fuzz_cpus; i++) {
		for (place = 0; place < 3; place++) {
			p = flag(i, place);
			if (p)
				*p = 0;
		}
	}
	lapic[0xb0 / 4] = 0;
	/* A line that stays up: go on without interrupts. */
	if (++irqs[cpu] > TOO_MANY)
		((struct words *)f)->flags &= ~0x200UL;
}

static void __attribute__((interrupt)) on_nmi(struct frame *f)
{
}

/* What was code is none any more: it would fault for ever. */
#define ON_FAULT(v)							\
static void __attribute__((interrupt)) on_fault_##v(struct frame *f)	\
{									\
	note("not ok - a fault, vector " #v ", ip %lx", ((struct words *)f)->ip); \
	rt_exit(1);							\
}
ON_FAULT(0)
ON_FAULT(5)
ON_FAULT(6)
ON_FAULT(7)

/* WRMSR of the hypercall page may be refused: step over it. */
static void __attribute__((interrupt)) on_gp(struct frame *f, unsigned long code)
{
	struct words *w = (struct words *)f;

	if (w->ip == (unsigned long)fuzz_wrmsr) {
		w->ip += 2;
		return;
	}
	note("not ok - general protection fault, code %lx, ip %lx", code, w->ip);
	rt_exit(1);
}

static void route_pins(void)
{
	u32 pin;

	for (pin = 1; pin < 24; pin++) {
		ioapic[0] = 0x11 + 2 * pin;
		ioapic[4] = 0;
		ioapic[0] = 0x10 + 2 * pin;
		ioapic[4] = (FIRST_PIN_VECTOR + pin) | PIN_LEVEL;
	}
}

/*
 * A guest that executes what it has overwritten comes into other rings. What it takes an
 * interrupt with there is a task state, and INIT leaves one of 16 bits, which ends an
 * emulated host instead of the guest. Of this one nothing is good: the guest ends.
 */
void fuzz_load_tss(unsigned int c)
{
	static u8 tss[104] __attribute__((aligned(8)));
	u32 slot = 5 + c * sizeof(long) / 4;
	u64 base = (unsigned long)tss;

	if (c > 1)
		return;
	gdt[slot] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ULL << 40 |
		    (base >> 24 & 0xff) << 56;
	if (sizeof(long) == 8)
		gdt[slot + 1] = base >> 32;
	__asm__ volatile("ltr %w0" : : "r"(slot * 8));
}

void fuzz_act_init(void)
{
	static const u32 with_code = 0x7d00;	/* 8, 10 to 14 */
	u32 v;

	/* From 16 on they are callbacks' vectors: this code raises no such exception. */
	for (v = 0; v < 256; v++)
		if (v >= 16 || !(with_code >> v & 1))
			rt_set_gate(v, on_any, 0);
	rt_set_gate(0, on_fault_0, 0);
	rt_set_gate(5, on_fault_5, 0);
	rt_set_gate(6, on_fault_6, 0);
	rt_set_gate(7, on_fault_7, 0);
	rt_set_gate(2, on_nmi, 0);
	rt_set_gate(13, on_gp, 0);
	route_pins();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
}

/* --- acts ------------------------------------------------------------------------- */

static void take_interrupts(unsigned int c)
{
	irqs[c] = 0;
	sti();
	relax();
	cli();
}

/* What a guest may do to its own pages at any time. */
static void scribble(unsigned int c)
{
	u64 *p = (u64 *)((POOL_GFN + fuzz_below(c, FEW_PAGES)) * PAGE_SIZE);

	p[fuzz_below(c, PAGE_SIZE / 8)] = fuzz_odd(c);
}

/* A flag that is set and cleared while the hypervisor looks at it. */
static void storm(unsigned int c)
{
	volatile u8 *p = flag(fuzz_below(c, fuzz_cpus), fuzz_below(c, 3));
	u32 i;

	for (i = 0; p && i < STORM; i++) {
		*p = 1;
		barrier();
		*p = 0;
	}
}

/* Events to oneself with interrupts on: each is looked for at the next VM entry. */
static void stream(unsigned int c)
{
	u32 i, port = fuzz_below(c, 40);

	irqs[c] = 0;
	sti();
	for (i = 0; i < 100; i++)
		rt_send(port);
	cli();
}

static void ask_cpuid(unsigned int c)
{
	u32 sub = fuzz_one_in(c, 2) ? fuzz_below(c, 4) : fuzz_odd(c);

	cpuid(0x40000000 + fuzz_below(c, 0x180), sub);
}

static void place_hypercall_page(unsigned int c)
{
	u64 at = fuzz_gfn(c) << 12 | (fuzz_one_in(c, 4) ? fuzz_below(c, 4096) : 0);

	/* Not over the image itself, nor over what the CPUs need to start. */
	if (at < POOL_GFN * PAGE_SIZE)
		return;
	__asm__ volatile(".global fuzz_wrmsr; fuzz_wrmsr: wrmsr"
			 : : "c"(0x40000000), "a"((u32)at), "d"((u32)(at >> 32)) : "memory");
}

void fuzz_act(unsigned int c)
{
	if (fuzz_one_in(c, 40))
		take_interrupts(c);
	if (fuzz_one_in(c, 50))
		scribble(c);
	if (fuzz_one_in(c, 100))
		ask_cpuid(c);
	if (fuzz_one_in(c, 400))
		place_hypercall_page(c);
	if (fuzz_one_in(c, 500))
		storm(c);
	if (fuzz_one_in(c, 400))
		stream(c);
	irqs[c] = 0;
}
