// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the VMM changes under what the guest has registered in it (vmm --pull): the
 * host goes on with the page that it holds, which the guest may see no more, and takes the
 * one that is there when the guest registers anew (Documentation/uapi.rst).
 */
#define NR_CPUS	2
#include "fiforun.h"
#include "until.h"
#include <xen/kxen_evtchn.h>

#define PULLED		0x2000000UL	/* the VMM knows it too */
#define PAGE(n)		(PULLED + (n) * PAGE_SIZE)
#define SLOT		0x10000000UL	/* and that: two pages behind the memory */
#define MOVED		(2 * SLOT)
#define RUNSTATE_PHYS	14

/* What the VMM is asked for. */
enum { DISCARD = 10, DISCARD_AREA, MAP_OVER, MOVE_AWAY, READ_ONLY, WRITABLE, SLOT_AGAIN,
       SHARE, PUNCH, SLOT_ADD, SLOT_READ_ONLY, SLOT_WRITABLE, SLOT_MOVE, DISCARD_PAGE = 64 };

/* Pages from PULLED on. */
enum { SHINFO, AREA, INFO, WORD_PAGE, CONTROL, PENDING, MASK };

static struct shared_info *there = (void *)PULLED;
static u32 port;

static void vmm(u8 what)
{
	__asm__ volatile("outb %0, $0xf5" : : "a"(what) : "memory");
}

static long place_at(unsigned long where)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
		.gpfn = where / PAGE_SIZE,
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static long place(void)
{
	return place_at((unsigned long)there);
}

static bool pending(void)
{
	return READ(there->evtchn_pending[port / 64]) >> port % 64 & 1;
}

static void clear(void)
{
	__atomic_fetch_and(&there->evtchn_pending[port / 64], ~(1UL << port % 64),
			   __ATOMIC_SEQ_CST);
}

/* Another page is there now. */
static void test_lost(const char *how, u8 what)
{
	note("# %s", how);
	check("G22 shared_info is placed", place(), 0);
	clear();
	check("A28 send", rt_send(port), 0);
	check("A90 the event is there", pending(), 1);
	clear();
	vmm(what);
	check("A28 another page, and a send", rt_send(port), 0);
	check("A90 it is in the page that the host holds", pending(), 0);
	check("G22 shared_info is placed anew", place(), 0);
	check("A90 the event comes along", pending(), 1);
	clear();
	check("A28 send", rt_send(port), 0);
	check("A90 the next one is there", pending(), 1);
}

/* It is the same page, whatever the VMM does about it. */
static void test_kept(const char *how, u8 what, u8 back)
{
	note("# %s", how);
	clear();
	vmm(what);
	check("A28 send", rt_send(port), 0);
	check("A90 the event is there", pending(), 1);
	vmm(back);
	clear();
	check("A28 send afterwards", rt_send(port), 0);
	check("A90 the event is there afterwards", pending(), 1);
}

static long runstate_at(u64 where)
{
	return vcpu_op(RUNSTATE_PHYS, 0, &where);
}

static void sleep_ms(u32 ms)
{
	struct sched_poll p = { .timeout = now_ns() + ms * 1000000ULL };

	sched_op(SCHEDOP_poll, &p);
}

static void test_area(void)
{
	struct vcpu_runstate_info *area = (void *)(PULLED + PAGE_SIZE);

	note("# an area");
	check("A85 runstate", runstate_at((unsigned long)area), 0);
	check("A85 it is written", READ(area->state_entry_time) != 0, 1);
	vmm(DISCARD_AREA);
	sleep_ms(5);
	check("A85 not into another page", READ(area->state_entry_time), 0);
	check("A85 runstate, anew", runstate_at((unsigned long)area), 0);
	check("A85 it is written again", READ(area->state_entry_time) != 0, 1);
	check("A85 runstate goes", runstate_at(~0ULL), 0);
}

/* --- a slot, which the VMM changes ---------------------------------------------------- */

static void use_shinfo(unsigned long where, const char *name)
{
	there = (void *)where;
	check(name, place(), 0);
	rt_vi_use_registered(0, &there->vcpu_info[0]);
}

static long register_info(u32 vcpu, unsigned long where)
{
	struct vcpu_register_vcpu_info r = { .mfn = where / PAGE_SIZE };

	return vcpu_op(VCPUOP_register_vcpu_info, vcpu, &r);
}

static void test_read_only(void)
{
	note("# a slot becomes read-only");
	vmm(SLOT_ADD);
	use_shinfo(SLOT, "G22 shared_info in a slot of its own");
	clear();
	vmm(SLOT_READ_ONLY);
	check("A28 send", rt_send(port), 0);
	check("A51 the host writes there", pending(), 1);
	check("G22 but shared_info is not placed there anew", place(), XEN_EINVAL);
	check("G22 nor beside it", place_at(SLOT + PAGE_SIZE), XEN_EINVAL);
	check("A81 no vcpu_info", register_info(1, SLOT + PAGE_SIZE), XEN_EINVAL);
	check("A85 no area", runstate_at(SLOT + PAGE_SIZE), XEN_EINVAL);
	check("A36 no control block", init_control(0, SLOT / PAGE_SIZE + 1, 0, NULL), XEN_EINVAL);
	vmm(SLOT_WRITABLE);
	clear();
	check("A28 send afterwards", rt_send(port), 0);
	check("A51 the event is there", pending(), 1);
	check("G22 and it can be placed", place(), 0);
}

static void test_moved_slot(void)
{
	note("# a slot moves to other frames");
	clear();
	vmm(SLOT_MOVE);
	there = (void *)MOVED;
	check("A28 send", rt_send(port), 0);
	check("A51 the event is in the same page", pending(), 1);
	use_shinfo(MOVED, "G22 shared_info at the new frame");
	check("A51 the event is there still", pending(), 1);
	clear();
	check("A28 send", rt_send(port), 0);
	check("A51 the next one is there", pending(), 1);
	use_shinfo(PULLED, "G22 shared_info is back");
}

/* --- two vCPUs ------------------------------------------------------------------------- */

static volatile u32 sends, bad_sends, stop;

static void send_on(unsigned int cpu)
{
	cli();
	while (!stop) {
		if (rt_send(port))
			bad_sends++;
		sends++;
	}
	stop = 2;
	for (;;)
		relax();
}

/* One that has begun since is done. */
static void wait_for_send(void)
{
	u32 n = sends;

	while (sends - n < 2)
		relax();
}

static void pull_and_look(u8 what, u32 *lost, u32 *seen)
{
	clear();
	wait_for_send();
	*lost += !pending();
	vmm(what);
	wait_for_send();
	*seen += pending();
	*lost += place() || !pending();
}

static void test_sender(void)
{
	u32 i, lost = 0, seen = 0;

	note("# another vCPU sends meanwhile");
	check("it comes up", rt_start_cpus(2, send_on), 1);
	for (i = 0; i < 10; i++) {
		/* It was a file's, which keeps it. */
		pull_and_look(MAP_OVER, &lost, &seen);
		pull_and_look(DISCARD, &lost, &seen);
		pull_and_look(MOVE_AWAY, &lost, &seen);
	}
	check("A28 each send is good", bad_sends, 0);
	check("A51 no event is lost", lost, 0);
	check("A51 none is in a page that the host does not hold", seen, 0);
	vmm(SLOT_WRITABLE);
	use_shinfo(SLOT, "G22 shared_info in the slot");
	for (i = 0; i < 10; i++) {
		clear();
		wait_for_send();
		lost += !pending();
		vmm(SLOT_READ_ONLY);
		vmm(SLOT_WRITABLE);
		clear();
		wait_for_send();
		lost += !pending();
	}
	check("A51 no event is lost there", lost, 0);
	use_shinfo(PULLED, "G22 shared_info is back");
	stop = 1;
	while (stop != 2)
		relax();
}

/* It is registered once, and lost for this life; nobody else notices. */
static void test_vcpu_info(void)
{
	struct vcpu_info *vi = (void *)PAGE(INFO);
	u32 ipi = rt_bind_ipi(1);

	note("# the other vCPU's vcpu_info");
	check("A81 it is registered", register_info(1, PAGE(INFO)), 0);
	vi->evtchn_upcall_pending = 0;
	vi->evtchn_pending_sel = 0;
	check("A28 send", rt_send(ipi), 0);
	check("A51 its upcall is pending", READ(vi->evtchn_upcall_pending), 1);
	vi->evtchn_upcall_pending = 0;
	vi->evtchn_pending_sel = 0;
	rt_close(ipi);
	ipi = rt_bind_ipi(1);
	vmm(DISCARD_PAGE + INFO);
	check("A28 another page, and a send", rt_send(ipi), 0);
	check("A51 not there", READ(vi->evtchn_upcall_pending), 0);
	check("A51 nor the selector", READ(vi->evtchn_pending_sel) != 0, 0);
	check("A51 the event is in shared_info", READ(there->evtchn_pending[ipi / 64]) >> ipi % 64 & 1, 1);
	check("A81 it is registered once", register_info(1, PAGE(INFO)), XEN_EBUSY);
	clear();
	check("A28 the first vCPU's are as before", rt_send(port), 0);
	check("A51 it is there", pending(), 1);
}

/* --- what the other ABIs hold, until a reset ---------------------------------------------- */

static void fifo_begins(const char *name)
{
	port = rt_bind_ipi(0);
	check(name, init_control(0, PAGE(CONTROL) / PAGE_SIZE, 0, NULL), 0);
	check("A41 a page of words", expand_array(PAGE(WORD_PAGE) / PAGE_SIZE), 0);
	check("A28 send", rt_send(port), 0);
	check("A62 the word is pending", !!(word(port) & W(PENDING)), 1);
	check("A65 a queue is ready", READ(((struct control *)PAGE(CONTROL))->ready) != 0, 1);
}

static void test_fifo(void)
{
	struct control *c = (void *)PAGE(CONTROL);
	u32 other;

	note("# FIFO");
	check("A34 reset", reset(DOMID_SELF), 0);
	words = (void *)PAGE(WORD_PAGE);
	fifo_begins("A36 a control block");
	other = rt_bind_ipi(0);
	word_and(port, ~W(PENDING));
	vmm(DISCARD_PAGE + WORD_PAGE);
	vmm(DISCARD_PAGE + CONTROL);
	check("A28 other pages, and a send", rt_send(port), 0);
	check("A28 a port that is in no queue", rt_send(other), 0);
	check("A60 not in the new words", word(port) | word(other), 0);
	check("A60 nor in the new block", READ(c->ready) | READ(c->head[7]), 0);
	check("A34 reset", reset(DOMID_SELF), 0);
	fifo_begins("A36 the same frame anew");
	check("A34 reset", reset(DOMID_SELF), 0);
}

static void nlevel_begins(const char *name)
{
	static u64 leaf, mask;
	static struct evtchn_nlevel_vcpu cpu[NR_CPUS] = { { .vcpu = 0 }, { .vcpu = 1 } };
	struct evtchn_nlevel_register r = {
		.version = KXEN_NLEVEL_VERSION, .levels = 2, .nr_pages = 1, .nr_vcpus = NR_CPUS,
		.pending_gfns = (unsigned long)&leaf, .mask_gfns = (unsigned long)&mask,
		.vcpus = (unsigned long)cpu,
	};

	leaf = PAGE(PENDING) / PAGE_SIZE;
	mask = PAGE(MASK) / PAGE_SIZE;
	port = rt_bind_ipi(0);
	check(name, evtchn_op(EVTCHNOP_nlevel_register, &r), 0);
	check("B35 send", rt_send(port), 0);
	check("B35 the leaf is set", READ(*(u64 *)PAGE(PENDING)), 1ULL << port);
}

static void test_nlevel(void)
{
	u64 *leaf = (void *)PAGE(PENDING);

	note("# N-level");
	nlevel_begins("B32 a leaf of one page");
	__atomic_fetch_and(leaf, 0, __ATOMIC_SEQ_CST);
	vmm(DISCARD_PAGE + PENDING);
	check("B35 another page, and a send", rt_send(port), 0);
	check("B35 not in that", READ(*leaf), 0);
	check("A34 reset", reset(DOMID_SELF), 0);
	nlevel_begins("B32 the same frames anew");
	check("A34 reset", reset(DOMID_SELF), 0);
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	cli();
	port = rt_bind_ipi(0);
	rt_vi_use_registered(0, &there->vcpu_info[0]);
	test_lost("discarded", DISCARD);
	test_lost("something else mapped over it", MAP_OVER);
	test_lost("moved away", MOVE_AWAY);
	vmm(SHARE);
	test_lost("a hole in a file", PUNCH);
	test_kept("read-only for a while", READ_ONLY, WRITABLE);
	test_kept("the slot is deleted and set again", SLOT_AGAIN, WRITABLE);
	test_area();
	test_read_only();
	test_moved_slot();
	test_sender();
	test_vcpu_info();
	test_fifo();
	test_nlevel();
}
