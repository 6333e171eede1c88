// SPDX-License-Identifier: GPL-2.0
/* VCPUOP_send_nmi to another vCPU (semantics G40): halted, and busy. */
#include "until.h"

enum { HALT_ON, HALT_OFF, SPIN };
static volatile u32 nmis, mode = HALT_ON;

struct frame;

static void __attribute__((interrupt)) on_nmi(struct frame *f)
{
	/* One that goes to its sender, which is the boot CPU, does not count. */
	nmis += cpuid(1, 0).b >> 24 != 0;
}

static void other(unsigned int cpu)
{
	for (;;) {
		if (mode == HALT_OFF)
			__asm__ volatile("cli; hlt");
		else if (mode == HALT_ON)
			sti_hlt();
		else
			relax();
	}
}

/* @next is taken up when the NMI has ended what vCPU 1 does now. */
static void one(const char *send, const char *arrives, u32 next)
{
	u32 before = nmis;
	u64 t = now_ns();

	mode = next;
	check(send, vcpu_op(VCPUOP_send_nmi, 1, 0), 0);
	check(arrives, until(3000, nmis == before + 1), 1);
	note("# after %u us", (u32)((now_ns() - t) / 1000));
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	cli();
	rt_set_gate(2, on_nmi, 0);
	check("vCPU 1 starts", rt_start_cpus(2, other), 1);
	check("vCPU 1 halts", until(2000, is_still(1)), 1);
	one("G40 send_nmi to a halted vCPU", "G40 a halted vCPU takes it", SPIN);
	one("G40 send_nmi to a busy vCPU", "G40 a busy vCPU takes it", SPIN);
	one("G40 and again", "G40 and again it takes it", HALT_OFF);
	check("vCPU 1 halts with interrupts off", until(2000, is_still(1)), 1);
	/* Only an NMI ends this. Xen takes such a vCPU down. */
	one("G40 send_nmi to a vCPU halted with interrupts off",
	    "G40 interrupts off: it takes it", HALT_ON);
}
