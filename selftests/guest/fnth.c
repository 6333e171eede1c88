// SPDX-License-Identifier: GPL-2.0
/*
 * Each hypercall that allocates, with its n-th allocation failing, for n = 1, 2, ... until
 * one goes through without: it gives -ENOMEM, and succeeds when it is made again.
 */
#include "fnth/fnth.h"

#define LIMIT		400	/* more allocations than any call makes */
#define FAIL_PORT	0xf6
#define MARK_PORT	0xf7

static void fail_nth(u32 n)
{
	__asm__ volatile("outl %0, %1" : : "a"(n), "Nd"((u16)FAIL_PORT));
}

static u32 fail_left(void)
{
	u32 left;

	__asm__ volatile("inl %1, %0" : "=a"(left) : "Nd"((u16)FAIL_PORT));
	return left;
}

/* The host's log says where we are. */
static void mark(u32 op, u32 n)
{
	__asm__ volatile("outl %0, %1" : : "a"(op << 16 | n), "Nd"((u16)MARK_PORT));
}

void nothing(void)
{
}

/* A machine that is new to the hypervisor, which knows no more than its width. */
void all_new(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_soft_reset };

	sched_op(SCHEDOP_shutdown, &s);
	wrmsr_safe(0x40000000, PAGE(31));
	rt_map_shinfo();
}

/* Whether this point went as it should; a call that succeeds is always right. */
static bool point(const struct op *o, u32 n, long ret, u32 left)
{
	long again;

	if (ret >= 0)
		return true;
	if (left || ret != XEN_ENOMEM) {
		note("# %s, allocation %u: %ld, %u left", o->name, n, ret, left);
		return false;
	}
	again = o->call();
	if (again < 0)
		note("# %s, allocation %u: made again, %ld", o->name, n, again);
	return again >= 0;
}

static void sweep(u32 nr, const struct op *o)
{
	u32 n, left = 0, wrong = 0, refused = 0;
	long ret;

	for (n = 1; n < LIMIT && !left; n++) {
		o->before();
		mark(nr, n);
		fail_nth(n);
		ret = o->call();
		left = fail_left();
		refused += ret < 0;
		wrong += !point(o, n, ret, left);
		o->after();
	}
	note("# %s: %u points, %u refused", o->name, n - 2, refused);
	check(o->name, wrong + !left, 0);
}

static void sleep(unsigned int c)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void test_main(void)
{
	const struct op *o;
	u32 nr = 0;

	rt_map_shinfo();
	cli();
	check("the second CPU starts", rt_start_cpus(2, sleep), 1);
	for (o = base_ops; o->name; o++)
		sweep(nr++, o);
	for (o = evtchn_ops; o->name; o++)
		sweep(nr++, o);
	for (o = gnttab_ops; o->name; o++)
		sweep(nr++, o);
	note("fnth: %u hypercalls", nr);
}
