// SPDX-License-Identifier: GPL-2.0
/*
 * A timer expires while its vCPU goes to sleep in HLT: whenever that is, before KVM looks
 * for an event, behind that, or when the thread sleeps, the vCPU wakes. The command line
 * says how many times it sleeps.
 */
#include "rt.h"

#define STEP		1000U		/* ns from one time to the next */
#define LONGEST		500000U
#define NS_RESCUE	10000000000ULL
#define RESCUE_VECTOR	0x50

extern u64 start_info_addr;

static volatile u32 *const lapic = (u32 *)0xfee00000UL;
static volatile bool rescued;

struct frame;

/* The LAPIC's own timer, which has nothing to do with Xen's events: none was to come so late. */
static void __attribute__((interrupt)) on_rescue(struct frame *f)
{
	rescued = true;
	lapic[0xb0 / 4] = 0;
}

static void set_rescue(void)
{
	lapic[0x380 / 4] = NS_RESCUE / 128;
}

static void init_rescue(void)
{
	rt_set_gate(RESCUE_VECTOR, on_rescue, 0);
	lapic[0xf0 / 4] = 0x1ff;
	lapic[0x3e0 / 4] = 0xa;		/* KVM counts nanoseconds, here by 128 */
	lapic[0x320 / 4] = RESCUE_VECTOR;
}

/* Is the event there without help? */
static bool sleep_for(u32 port, u32 ns)
{
	struct vcpu_set_singleshot_timer t = { 0 };
	u32 seen = rt_events[port];

	set_rescue();
	t.timeout_abs_ns = rt_now(rt_vi(0)) + ns;
	if (vcpu_op(VCPUOP_set_singleshot_timer, 0, &t))
		return false;
	while (rt_events[port] == seen && !rescued)
		sti_hlt();
	return !rescued;
}

static u32 number(const char *s)
{
	u32 n = 0;

	while (s && *s >= '0' && *s <= '9')
		n = n * 10 + *s++ - '0';
	return n;
}

void test_main(void)
{
	struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	u32 times = number((void *)(unsigned long)si->cmdline_paddr), n;
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };

	check("shared_info", rt_map_shinfo(), 0);
	cli();
	check("set the callback vector", rt_set_callback(2ULL << 56 | CALLBACK_VECTOR), 0);
	check("bind the timer", evtchn_op(EVTCHNOP_bind_virq, &b), 0);
	init_rescue();
	/* A prime, so that neighbours do not follow each other. */
	for (n = 0; n < times; n++)
		if (!sleep_for(b.port, n * 617 * STEP % LONGEST))
			break;
	check("A113 no event is slept through", n, times);
}
