// SPDX-License-Identifier: GPL-2.0
/*
 * Runtime of the guest images on arm64: a GICv3 with its distributor at 0x08000000 and
 * redistributors from 0x080a0000 on, PSCI by HVC, upcalls by PPI 31. A report is a line at a time:
 * its address is written to 0x09000000, where vmm looks. See rt.h.
 */
#include "../rt.h"

#define UPCALL_PPI	31

#define GICD		((volatile u32 *)0x08000000UL)
#define GICD_ENABLE	0x12		/* group 1, by affinity */
#define GICR(cpu)	((volatile u32 *)(0x080a0000UL + (cpu) * 0x20000UL))
#define GICR_WAKER	(0x14 / 4)
#define GICR_ASLEEP	(1U << 2)
#define GICR_GROUP	(0x10080 / 4)
#define GICR_ENABLE	(0x10100 / 4)

#define LINE		((volatile u64 *)0x09000000UL)

#define PSCI_CPU_ON	0xc4000003UL

/* --- report ---------------------------------------------------------------------- */

void rt_put_line(const char *s)
{
	barrier();
	*LINE = (unsigned long)s;
}

void rt_exit(int failed)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_poweroff };

	note("DONE %s", failed ? "bad" : "good");
	cli();
	sched_op(SCHEDOP_shutdown, &s);
	for (;;)
		__asm__ volatile("wfi");
}

/* --- processor -------------------------------------------------------------------- */

long hypercall(u32 nr, unsigned long a0, unsigned long a1, unsigned long a2,
	       unsigned long a3, unsigned long a4)
{
	register unsigned long x0 __asm__("x0") = a0;
	register unsigned long x1 __asm__("x1") = a1;
	register unsigned long x2 __asm__("x2") = a2;
	register unsigned long x3 __asm__("x3") = a3;
	register unsigned long x4 __asm__("x4") = a4;
	register unsigned long x16 __asm__("x16") = nr;

	__asm__ volatile("hvc #0xea1" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4)
			 : "r"(x16) : "memory");
	return x0;
}

struct cpuid cpuid(u32 leaf, u32 sub)
{
	return (struct cpuid) { 0 };
}

u32 xen_base(void)
{
	return 0;
}

bool is_amd(void)
{
	return false;
}

u64 rdmsr(u32 msr)
{
	return 0;
}

int wrmsr_safe(u32 msr, u64 v)
{
	return -1;
}

void rt_set_gate(int vector, void *fn, int dpl)
{
}

/* Nobody publishes the time: what the processor says, in ns. */
u64 rt_now(struct vcpu_info *vi)
{
	u64 hz, t = rdtsc();

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return t / hz * 1000000000 + t % hz * 1000000000 / hz;
}

unsigned int rt_cpu(void)
{
	u64 cpu;

	__asm__ volatile("mrs %0, tpidr_el1" : "=r"(cpu));
	return cpu;
}

/* --- interrupts ------------------------------------------------------------------- */

/* Called by start.S. */
void rt_fault(unsigned long esr, unsigned long elr, unsigned long far)
{
	note("not ok - fault, esr %lx, ip %lx, address %lx", esr, elr, far);
	rt_exit(1);
}

void rt_irq(unsigned long elr)
{
	u64 intid;

	__asm__ volatile("mrs %0, S3_0_C12_C12_0" : "=r"(intid) : : "memory");	/* ICC_IAR1_EL1 */
	if (intid == UPCALL_PPI) {
		rt_upcall_ip = elr;
		rt_take_events(rt_cpu());
	}
	if (intid < 1020)
		__asm__ volatile("msr S3_0_C12_C12_1, %0; isb" : : "r"(intid) : "memory");
}

static void init_gic_cpu(unsigned int cpu)
{
	volatile u32 *r = GICR(cpu);

	r[GICR_WAKER] = 0;
	while (r[GICR_WAKER] & GICR_ASLEEP)
		relax();
	r[GICR_GROUP] = ~0U;
	r[GICR_ENABLE] = 1U << UPCALL_PPI;
	/* System registers on, all priorities, group 1. */
	__asm__ volatile("msr S3_0_C12_C12_5, %0; isb; msr S3_0_C4_C6_0, %1;"
			 "msr S3_0_C12_C12_7, %2; isb" : : "r"(7UL), "r"(0xf0UL), "r"(1UL));
}

/* --- other CPUs ---------------------------------------------------------------------- */

static volatile u32 cpus_up = 1;
static void (*volatile ap_fn)(unsigned int cpu);
extern char ap_start[];

/* shared_info has a place for the first CPU alone: the others bring theirs. */
static void register_info(unsigned int cpu)
{
	static struct vcpu_info info[8] __attribute__((aligned(64)));
	struct vcpu_register_vcpu_info r = {
		.mfn = (unsigned long)&info[cpu] / PAGE_SIZE,
		.offset = (unsigned long)&info[cpu] % PAGE_SIZE,
	};

	if (!vcpu_op(VCPUOP_register_vcpu_info, cpu, &r))
		rt_vi_use_registered(cpu, &info[cpu]);
}

/* Called by start.S. */
void rt_ap_main(void)
{
	unsigned int cpu = rt_cpu();

	register_info(cpu);
	init_gic_cpu(cpu);
	cpus_up = cpu + 1;
	ap_fn(cpu);
	for (;;)
		__asm__ volatile("wfi");
}

/* The convention for such calls leaves x4 to x17 alone, and no more. */
static long psci_cpu_on(unsigned long cpu)
{
	register unsigned long x0 __asm__("x0") = PSCI_CPU_ON;
	register unsigned long x1 __asm__("x1") = cpu;
	register unsigned long x2 __asm__("x2") = (unsigned long)ap_start;
	register unsigned long x3 __asm__("x3") = cpu;

	__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	return x0;
}

bool rt_start_cpus(unsigned int n, void (*fn)(unsigned int cpu))
{
	u32 i, spin;

	ap_fn = fn;
	for (i = 1; i < n; i++) {
		if (psci_cpu_on(i))
			return false;
		for (spin = 0; spin < 20000000 && cpus_up != i + 1; spin++)
			relax();
		if (cpus_up != i + 1)
			return false;
	}
	return true;
}

void rt_main(void)
{
	GICD[0] = GICD_ENABLE;
	init_gic_cpu(0);
	test_main();
	rt_end();
}
