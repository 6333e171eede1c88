// SPDX-License-Identifier: GPL-2.0
/*
 * A crash kernel comes up on the vCPU that crashed, whichever that is, while the others are
 * stopped for good. It learns the TSC's speed from vCPU 0's time (semantics G44).
 */
#include "until.h"

static struct shared_info second page_aligned;

static bool has_time(const struct shared_info *s, u32 vcpu)
{
	const struct vcpu_time_info *t = &s->vcpu_info[vcpu].time;

	return READ(t->tsc_to_system_mul) && !(READ(t->version) & 1);
}

/* A domain of 64 bits again: what is in the place of its pending and mask bits? */
static u32 nr_bits_set(const struct shared_info *s)
{
	const u8 *p = (const u8 *)s;
	u32 i, n = 0;

	for (i = 0x800; i < 0xc00; i++)
		n += p[i] != 0;
	return n;
}

static void crash(unsigned int cpu)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_soft_reset };
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
		.gpfn = (unsigned long)&second / PAGE_SIZE,
	};
	u32 mul = READ(shinfo_page.vcpu_info[0].time.tsc_to_system_mul);

	check("the other vCPU is stopped", until(10000, is_still(0)), 1);
	check("G44 soft reset", sched_op(SCHEDOP_shutdown, &s), 0);
	check("G44 shared_info can be placed elsewhere", memory_op(XENMEM_add_to_physmap, &a), 0);
	check("G44 no bit of an event is set", nr_bits_set(&second), 0);
	check("G44 the time of the one that is stopped is there", has_time(&second, 0), 1);
	check("G44 and the caller's own", has_time(&second, 1), 1);
	check("G44 with the speed of before", second.vcpu_info[0].time.tsc_to_system_mul, mul);
	rt_end();
}

void test_main(void)
{
	cli();
	rt_map_shinfo();
	check("the other vCPU starts", rt_start_cpus(2, crash), 1);
	for (;;)
		__asm__ volatile("cli; hlt");
}
