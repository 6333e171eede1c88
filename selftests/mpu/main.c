// SPDX-License-Identifier: GPL-2.0
/*
 * The part of a hypervisor that has to do with its memory protection unit, and three guests' memory:
 * is what window.h says true of a processor that has such a unit? Prints TAP, and CALL for each call
 * of a function of sends.c: scripts/mpu.py finds in the emulator's log what each has executed.
 */
#include "sends.h"
#include "r52.h"
#include "../../direct/window.h"

#define RAM		0x20100000UL
#define GUEST_SIZE	0x00100000UL
#define GUEST(i)	(RAM + (i) * GUEST_SIZE)
#define PAGE(g, n)	(GUEST(g) + (n) * KXEN_WINDOW_SIZE)

/* Whoever calls what is measured; where it goes on afterwards is in here, too. */
#define CALLS	__attribute__((noinline, section(".text.calls")))
#define RETURNED()	asm volatile("nop" : : : "memory")
#define MEASURED	__attribute__((section(".text.measured")))

extern char text_end[], data_end[];
extern struct { u32 nr, addr, hsr; } faults;
void say(const char *text);
void leave(int failed);
int main(void);

extern const struct variant flat, window_direct, window_select, switch_direct, switch_select,
	both_direct, both_select, window_counted, switch_counted, both_counted;

static const struct variant *const variants[] = {
	&flat, &window_direct, &window_select, &switch_direct, &switch_select, &both_direct,
	&both_select, &window_counted, &switch_counted, &both_counted,
};

#define NVARIANTS	(sizeof(variants) / sizeof(variants[0]))

static const u32 sizes[] = { 1, 4, 8, 13 };

struct kxen_mpu mpu;
static struct kxen_view view[3], all;
static u32 checks;
static int failed;

/* --- what there is in C -------------------------------------------------------------------- */

MEASURED void *memcpy(void *to, const void *from, size_t len)
{
	u8 *t = to;
	const u8 *f = from;

	while (len--)
		*t++ = *f++;
	return to;
}

MEASURED void *memmove(void *to, const void *from, size_t len)
{
	return memcpy(to, from, len);
}

MEASURED void *memset(void *p, int c, size_t len)
{
	u8 *t = p;

	while (len--)
		*t++ = c;
	return p;
}

void kxen_domain_stuck(struct kxen_domain *d);
void kxen_domain_stuck(struct kxen_domain *d)
{
	d->stuck++;
}

static void say_number(u32 n)
{
	char text[12], *p = &text[11];

	*p = 0;
	do
		*--p = '0' + n % 10;
	while (n /= 10);
	say(p);
}

static void ok(const char *who, const char *what, bool good)
{
	failed |= !good;
	say(good ? "ok " : "not ok ");
	say_number(++checks);
	say(" - ");
	say(who);
	say(": ");
	say(what);
	say("\n");
}

/* --- the unit ------------------------------------------------------------------------------ */

static void unit_on(bool on)
{
	u32 v = R52_READ(HSCTLR);

	R52_WRITE(on ? v | 1 : v & ~1U, HSCTLR);
	r52_sync();
}

/* With the unit off, so in any order. */
static void load(const struct kxen_view *v)
{
	u32 i;

	unit_on(false);
	for (i = 0; i < R52_REGIONS; i++) {
		R52_WRITE(i, HPRSELR);
		r52_sync();
		R52_WRITE(i < v->nr ? v->pr[i].prbar : 0, HPRBAR);
		R52_WRITE(i < v->nr ? v->pr[i].prlar : 0, HPRLAR);
	}
	r52_sync();
	unit_on(true);
}

/* Past the unit. */
static u32 peek(unsigned long addr)
{
	u32 v;

	unit_on(false);
	v = *(volatile u32 *)addr;
	unit_on(true);
	return v;
}

static void poke(unsigned long addr, u32 v)
{
	unit_on(false);
	*(volatile u32 *)addr = v;
	unit_on(true);
}

/* Is there a data abort, at this level, for this address? */
static bool faulted(unsigned long addr)
{
	u32 was = faults.nr, v;

	asm volatile("ldr %0, [%1]" : "=r"(v) : "r"(addr) : "memory");
	return faults.nr == was + 1 && faults.addr == addr && faults.hsr >> 26 == 0x25;
}

static bool is_fine(unsigned long addr)
{
	u32 was = faults.nr, v;

	asm volatile("ldr %0, [%1]" : "=r"(v) : "r"(addr) : "memory");
	return faults.nr == was;
}

static void make_view(struct kxen_view *v, unsigned long first, unsigned long size, u32 n)
{
	u32 i, each = size / 16;

	kxen_view_init(v, R52_REGIONS);
	kxen_region_register(v, 0x20000000, (unsigned long)text_end - 0x20000000, R52_EL2, 0);
	kxen_region_register(v, (unsigned long)text_end, data_end - text_end, R52_XN | R52_EL2, 0);
	/* The last one has what is left, so the guest has the same memory in any number of them. */
	for (i = 0; i < n; i++)
		kxen_region_register(v, first + i * each, i < n - 1 ? each : size - i * each,
				     R52_GUEST, 0);
}

static void make_views(u32 n)
{
	u32 i;

	for (i = 0; i < 3; i++)
		make_view(&view[i], GUEST(i), GUEST_SIZE, n);
	make_view(&all, RAM, 32 * GUEST_SIZE, 2);
	load(&view[0]);
}

static void unit(void)
{
	const char *who = "the unit";
	struct kxen_pr twice = { PAGE(0, 1), PAGE(0, 2) - KXEN_MPU_GRANULE + 1 };
	struct kxen_view v;

	ok(who, "it has as many regions as windows count on",
	   (R52_READ(HMPUIR) & 0xff) == R52_REGIONS);
	make_views(1);
	ok(who, "the guest that runs is reached", is_fine(PAGE(0, 1)));
	ok(who, "another one is a fault", faulted(PAGE(1, 1)));
	v = view[0];
	v.pr[v.nr++] = twice;
	load(&v);
	ok(who, "what is in two regions is a fault", faulted(PAGE(0, 1)));
	ok(who, "and what is beside it is not", is_fine(PAGE(0, 2)));
	load(&view[0]);
}

/* --- one variant --------------------------------------------------------------------------- */

static const struct target target = {
	.shared_info = PAGE(1, 3), .vcpu_info = PAGE(1, 5) + 128, .word_page = PAGE(1, 7),
	.tail_page = PAGE(1, 8), .control = PAGE(1, 9), .leaf = PAGE(1, 11),
	.leaf_mask = PAGE(1, 13), .inner = PAGE(1, 15),
};

/* What is about to be called. */
static void call(const struct variant *v, u32 regions, const char *what)
{
	say("CALL ");
	say(v->name);
	say(" ");
	say_number(regions);
	say(" ");
	say(what);
	say("\n");
}

/* And what it has counted of itself. */
static void counted(const struct variant *v)
{
	const struct kxen_mpu_count *c = v->count;

	if (!c)
		return;
	say("COUNT ");
	say_number(c->writes);
	say(" ");
	say_number(c->barriers);
	say(" ");
	say_number(c->windows);
	say(" ");
	say_number(c->hits);
	say(" ");
	say_number(c->switches);
	say("\n");
}

/* Nothing has come yet. */
static void clear_target(void)
{
	u32 i;

	for (i = 0; i < 64; i++) {
		poke(target.shared_info + 4 * i, 0);
		poke(target.vcpu_info + 4 * i, 0);
		poke(target.word_page + 4 * i, 0);
		poke(target.tail_page + 4 * i, 0);
		poke(target.control + 4 * i, 0);
		poke(target.inner + 4 * i, 0);
	}
	poke(target.leaf + 5000 / 32 * 4, 0);
	poke(target.leaf_mask + 5000 / 32 * 4, 0);
	poke(target.tail_page + 4 * 9, 1U << 31 | 1U << 29);
}

static bool start(const struct variant *v, u32 regions, u32 budget)
{
	make_views(regions);
	if (v->policy == POLICY_FLAT)
		load(&all);
	clear_target();
	return !v->init(&view[0], &all, R52_FIXED, budget);
}

CALLS static void do_send(const struct variant *v, u32 regions, const char *what,
			  void (*send)(const struct target *t), u32 budget)
{
	start(v, regions, budget);
	call(v, regions, what);
	send(&target);
	RETURNED();
	counted(v);
}

static void came(const struct variant *v, const char *what, bool good)
{
	ok(v->name, what, good);
	ok(v->name, "and the upcall flag is set", (peek(target.vcpu_info) & 0xff) == 1);
	if (v->policy != POLICY_FLAT)
		ok(v->name, "and the other guest cannot be reached any more",
		   faulted(target.shared_info) && faulted(target.vcpu_info) &&
		   faulted(PAGE(2, 1)) && is_fine(PAGE(0, 1)));
}

static void sends(const struct variant *v, u32 regions, u32 budget)
{
	u32 n = faults.nr;

	do_send(v, regions, "send_2l", v->send_2l, budget);
	ok(v->name, "no fault in a send", faults.nr == n);
	came(v, "2-level: pending and selector", peek(target.shared_info + 48 + 8) == 1U << 6 &&
	     peek(target.vcpu_info + 8) == 1U << 1);
	do_send(v, regions, "send_fifo", v->send_fifo, budget);
	came(v, "FIFO: pending, linked, head and ready",
	     peek(target.word_page + 4 * 7) == (1U << 31 | 1U << 29) &&
	     peek(target.control) == 1U << 7 && peek(target.control + 8 + 4 * 7) == 7);
	do_send(v, regions, "send_fifo_behind", v->send_fifo_behind, budget);
	ok(v->name, "FIFO: linked behind the last one",
	   peek(target.tail_page + 4 * 9) == (1U << 31 | 1U << 29 | 7) &&
	   !peek(target.control) && !peek(target.vcpu_info));
	do_send(v, regions, "send_nlevel", v->send_nlevel, budget);
	came(v, "N-level: leaf, inner level and root",
	     peek(target.leaf + 5000 / 32 * 4) == 1U << 5000 % 32 &&
	     peek(target.inner + 5000 / 64 / 32 * 4) == 1U << 5000 / 64 % 32 &&
	     peek(target.vcpu_info + 8) == 1U << 1);
}

CALLS static void step(const struct variant *v, u32 regions, const char *what,
		       void (*fn)(struct kxen_mpu *m, unsigned long addr), unsigned long addr)
{
	call(v, regions, what);
	fn(&mpu, addr);
	RETURNED();
}

CALLS static void step_enter(const struct variant *v, u32 regions, const struct kxen_view *to)
{
	call(v, regions, "enter");
	v->enter(&mpu, to);
	RETURNED();
}

/* Each thing by itself. */
static void steps(const struct variant *v, u32 regions, u32 budget)
{
	ok(v->name, "it can be had", start(v, regions, budget));
	step(v, regions, "nothing", v->nothing, 0);
	step(v, regions, "begin", v->begin, 0);
	ok(v->name, "a page before it was asked for is a fault", faulted(PAGE(1, 3)));
	step(v, regions, "page_first", v->page, PAGE(1, 3));
	ok(v->name, "and then it is none", is_fine(PAGE(1, 3)));
	step(v, regions, "page_again", v->page, PAGE(1, 3) + 8);
	step(v, regions, "page_other", v->page, PAGE(1, 5));
	ok(v->name, "nor is the next one", is_fine(PAGE(1, 5)));
	if (v->policy == KXEN_MPU_WINDOW)
		ok(v->name, "and the one before is one again", faulted(PAGE(1, 3)));
	ok(v->name, "the guest that runs is there", is_fine(PAGE(0, 1)));
	step(v, regions, "find_own", v->find, PAGE(0, 1));
	step(v, regions, "find_other", v->find, PAGE(2, 1));
	ok(v->name, "a third guest's page, too", is_fine(PAGE(2, 1)));
	step(v, regions, "end", v->end, 0);
	ok(v->name, "after the call nothing is", faulted(PAGE(2, 1)) && faulted(PAGE(1, 5)));
	step_enter(v, regions, &view[1]);
	ok(v->name, "another guest runs", is_fine(PAGE(1, 1)) && faulted(PAGE(0, 1)));
}

static void variant(const struct variant *v)
{
	u32 i;

	if (v->policy == POLICY_FLAT) {
		sends(v, 1, 0);
		return;
	}
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		u32 budget = v->policy == KXEN_MPU_BOTH ? 2 : KXEN_MPU_NO_BUDGET;

		steps(v, sizes[i], budget);
		sends(v, sizes[i], budget);
	}
	make_views(14);
	ok(v->name, "with no region left a window is refused, and a switch is not",
	   v->init(&view[0], &all, R52_FIXED, 2) ==
	   (v->policy == KXEN_MPU_WINDOW ? -ENOSPC : 0));
	if (v->policy == KXEN_MPU_BOTH)
		sends(v, 14, 2);
}

int main(void)
{
	u32 i;

	R52_WRITE(0xff, HMAIR0);
	say("TAP version 13\n");
	unit();
	for (i = 0; i < NVARIANTS; i++)
		variant(variants[i]);
	say("1..");
	say_number(checks);
	say("\n");
	leave(failed);
	return 0;
}
