// SPDX-License-Identifier: GPL-2.0
/*
 * What a send touches in the host, as a domain grows: the first and the last vCPU send to
 * themselves on channels that have nothing to do with each other, with few ports and
 * with many; the last one also allocates. A plugin of the emulator looks on; "CONFIG" lines say what it saw.
 */
#define NR_CPUS	8
#include "fiforun.h"
#include "nlrun.h"
#include "mark.h"

#define ROUNDS	9
#define PAGES	64	/* of a FIFO array: 65536 ports */

enum { NULL_FIRST, SEND_FIRST, NULL_LAST, SEND_LAST, ALLOC_LAST };

static u32 array[PAGES * WORDS] page_aligned;
static unsigned int last;
static u32 first_port, last_port;	/* to send on, by first and last CPU */
static u32 first_other, last_other;	/* where that arrives */
static u32 last_spare;			/* for the last CPU to close and open */
static volatile u32 turn;		/* the last CPU's: odd */

static void take(unsigned int cpu)
{
	rt_take_events(cpu);
	rt_vi(cpu)->evtchn_pending_sel = 0;
	rt_vi(cpu)->evtchn_upcall_pending = 0;
}

static void null(void)
{
	hc2(__HYPERVISOR_xen_version, XENVER_version, 0);
}

static void sends(unsigned int cpu)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF };
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		take(cpu);
		if (cpu) {
			MARK(NULL_LAST, 1);
			null();
			MARK(NULL_LAST, 0);
			MARK(SEND_LAST, 1);
			rt_send(last_port);
			MARK(SEND_LAST, 0);
			rt_close(last_spare);
			MARK(ALLOC_LAST, 1);
			evtchn_op(EVTCHNOP_alloc_unbound, &a);
			MARK(ALLOC_LAST, 0);
			last_spare = a.port;
		} else {
			MARK(NULL_FIRST, 1);
			null();
			MARK(NULL_FIRST, 0);
			MARK(SEND_FIRST, 1);
			rt_send(first_port);
			MARK(SEND_FIRST, 0);
		}
	}
}

/* A CPU that is not the first: the last one works when it is told to. */
static void other_cpu(unsigned int cpu)
{
	u32 seen = 0;

	cli();
	while (cpu != last)
		sched_op(SCHEDOP_block, 0);
	for (;;) {
		while (turn == seen)
			relax();
		seen = turn;
		if (seen & 1) {
			sends(cpu);
			turn = seen + 1;
			seen++;
		}
	}
}

static void bind_vcpu(u32 port, u32 vcpu)
{
	struct evtchn_bind_vcpu b = { .port = port, .vcpu = vcpu };

	check("A35 bind_vcpu", evtchn_op(EVTCHNOP_bind_vcpu, &b), 0);
}

/* Channels up to @ports; the first and the last of them are used. */
static void measure(const char *abi, u32 ports)
{
	u32 port = 0;

	first_port = rt_loop(&first_other);
	bind_vcpu(first_other, 0);
	while (port < ports - 4) {
		port = rt_bind_ipi(0);
		if (!port)
			break;
	}
	last_spare = rt_bind_ipi(0);
	last_port = rt_loop(&last_other);
	bind_vcpu(last_other, last);
	check("A3 there are so many ports", last_port, ports - 1);
	note("CONFIG %s %u %u", abi, ports, last + 1);
	MARK(NEW_GROUP, 0);
	sends(0);
	if (last) {
		u32 now = turn + 1;

		turn = now;
		while (turn == now)
			relax();
	}
}

static void start_again(void)
{
	unsigned int cpu;

	check("A32 reset", reset(DOMID_SELF), 0);
	for (cpu = 0; cpu <= last; cpu += last ?: 1) {
		rt_vi(cpu)->evtchn_upcall_pending = 0;
		rt_vi(cpu)->evtchn_pending_sel = 0;
	}
	memset(shinfo_page.evtchn_pending, 0, sizeof(shinfo_page.evtchn_pending));
}

static void fifo(u32 ports)
{
	u32 i;

	start_again();
	words = array;
	memset(array, 0, sizeof(array));
	for (i = 0; i <= last; i++)
		check("A36 init_control", init_cpu(i), 0);
	for (i = 0; i < (ports + WORDS - 1) / WORDS; i++)
		expand_array((unsigned long)&array[i * WORDS] / PAGE_SIZE);
	rt_take_events = fifo_take;
	measure("fifo", ports);
}

static void nlevel(u32 ports)
{
	start_again();
	if (nl_start(3, (ports + PAGE_SIZE * 8 - 1) / (PAGE_SIZE * 8), last + 1))
		return;
	measure("nlevel", ports);
}

void test_main(void)
{
	MARK(NEW_GUEST, 0);
	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	last = NR_CPUS - 1;
	while (last && vcpu_op(VCPUOP_is_up, last, 0) < 0)
		last--;
	check("G30 the CPUs start", rt_start_cpus(last + 1, other_cpu), 1);
	measure("2-level", 8);
	start_again();
	measure("2-level", 4096);
	fifo(8);
	fifo(65536);
	nlevel(8);
	nlevel(65536);
	note("MEASURED");
	for (;;)
		sched_op(SCHEDOP_block, 0);
}
