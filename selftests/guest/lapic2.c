// SPDX-License-Identifier: GPL-2.0
/*
 * The per-vCPU vector across an INIT: what the LAPIC forgets is asserted again when it is
 * enabled, as long as the flag is set (semantics A100).
 */
#include "until.h"

#define LAPIC(reg)	(((volatile u32 *)0xfee00000UL)[(reg) / 4])
#define SPIV		0xf0
#define IRR		(0x200 + LAPIC_VECTOR / 32 * 0x10)
#define ICR_LOW		0x300
#define ICR_HIGH	0x310
#define INIT		0x4500
#define SIPI		0x4608		/* the runtime's start code is at 0x8000 */

enum { ENABLED, DISABLED, LAST };	/* how vCPU 1 leaves its LAPIC, life by life */

static volatile u32 life, ready, requested, upcalls[3];

static void ipi(u32 id, u32 what)
{
	LAPIC(ICR_HIGH) = id << 24;
	LAPIC(ICR_LOW) = what;
	while (LAPIC(ICR_LOW) & 1 << 12)
		relax();
}

/* Each life ends by INIT; the runtime has enabled the LAPIC when the next begins. */
static void other(unsigned int cpu)
{
	struct xen_hvm_evtchn_upcall_vector v = { 1, LAPIC_VECTOR };
	u32 now = life, before = rt_upcalls[1];

	if (now == ENABLED)
		hvm_op(HVMOP_set_evtchn_upcall_vector, &v);
	sti();
	relax();
	relax();
	cli();
	upcalls[now] = rt_upcalls[1] - before;
	if (now == DISABLED)
		LAPIC(SPIV) = 0xff;
	ready = now + 1;
	for (;;) {
		requested = LAPIC(IRR) >> LAPIC_VECTOR % 32 & 1;
		relax();
	}
}

static bool next_life(void)
{
	life++;
	ipi(2, INIT);
	ipi(2, SIPI);
	return until(3000, ready == life + 1);
}

void test_main(void)
{
	u32 port;

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	port = rt_bind_ipi(1);
	check("vCPU 1 starts", rt_start_cpus(2, other), 1);
	check("it has the vector", until(3000, ready == 1), 1);

	check("send", rt_send(port), 0);
	check("A100 its LAPIC has it", until(3000, requested), 1);
	check("INIT, and it starts again", next_life(), 1);
	check("A100 the upcall comes, though INIT has dropped the vector",
	      upcalls[DISABLED], 1);

	check("send while the LAPIC is disabled", rt_send(port), 0);
	check("the flag is set", rt_vi(1)->evtchn_upcall_pending, 1);
	check("INIT, and it starts once more", next_life(), 1);
	check("A100 the upcall that was held comes", upcalls[LAST], 1);
}
