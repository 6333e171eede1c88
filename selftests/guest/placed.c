// SPDX-License-Identifier: GPL-2.0
/*
 * Other pages than the VMM's over frames of the guest's: selftests/probe places them. What the
 * host writes for the guest goes there, arguments of hypercalls are read there, and the guest's
 * own accesses go there. The probe says what is in the page, also when it is not placed. A second vCPU
 * places and takes away while calls have their arguments there. The VMM may lock three pages
 * (--memlock 12).
 */
#include "../probe/abi.h"
#include "rt.h"

#define SLOT_AGAIN	16	/* vmm --pull deletes the memory's slot, and sets it again */

#define FILL	0x5a5a5a5a5a5a5a5aULL
#define KEPT	0x1122334455667788ULL

#define XEN_ENOMEM	-12

static u64 hidden[2][PAGE_SIZE / 8] page_aligned;	/* [0]: something is placed over it */
static u64 ram[3][PAGE_SIZE / 8] page_aligned;

static unsigned long gfn_of(const void *p)
{
	return (unsigned long)p / PAGE_SIZE;
}

/* What would come of saving this guest now, as an error number: no room, if it could be. */
static u32 try_to_save(void)
{
	u32 err;

	__asm__ volatile("inl %1, %0" : "=a"(err) : "Nd"((u16)0xf5) : "memory");
	return err;
}

#define CAN_BE_SAVED	28	/* ENOSPC */
#define CANNOT_BE	95	/* EOPNOTSUPP */

static long place(u32 space, u64 idx, const void *at)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = space, .idx = idx, .gpfn = gfn_of(at),
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

static long take_away(const void *at)
{
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF, .gpfn = gfn_of(at) };

	return memory_op(XENMEM_remove_from_physmap, &r);
}

static u64 look(u32 idx, u32 at)
{
	struct probe_look l = { .idx = idx, .at = at };

	return hc2(NR_probe, PROBEOP_look, &l) ? ~0ULL : l.value;
}

static void poke(u32 idx, u32 at, u64 value)
{
	struct probe_look l = { .idx = idx, .at = at, .value = value };

	check("the page is written to", hc2(NR_probe, PROBEOP_poke, &l), 0);
}

static long keep(void *from)
{
	return hc2(NR_probe, PROBEOP_set, from);
}

static long put_kept(void *to)
{
	return hc2(NR_probe, PROBEOP_get, to);
}

static u64 kept(void)
{
	u64 value = 0;

	put_kept(&value);
	return value;
}

static int is_hidden(void)
{
	u32 i;

	for (i = 0; i < PAGE_SIZE / 8; i++)
		if (hidden[0][i] != FILL)
			return 0;
	return 1;
}

static long runstate_at(unsigned int cpu, void *va)
{
	struct vcpu_register_runstate_memory_area a = { .addr.v = va };

	return vcpu_op(VCPUOP_register_runstate_memory_area, cpu, &a);
}

static long time_at(unsigned int cpu, void *va)
{
	struct vcpu_register_time_memory_area a = { .addr.v = va };

	return vcpu_op(VCPUOP_register_vcpu_time_memory_area, cpu, &a);
}

static long vcpu_info_at(unsigned int cpu, void *at)
{
	struct vcpu_register_vcpu_info r = {
		.mfn = gfn_of(at), .offset = (unsigned long)at % PAGE_SIZE,
	};

	return vcpu_op(VCPUOP_register_vcpu_info, cpu, &r);
}

/* In one layout the time of entry is behind the state, in the other it is aligned. */
static int runstate_there(void)
{
	return look(0, 64) >> 32 || look(0, 72);
}

/* What the host writes: areas and vcpu_info. 512 and more are others' in the page. */
static void test_written(void)
{
	check("nothing is placed, so it can be saved", try_to_save(), CAN_BE_SAVED);
	check("a page of the module's", place(XENMAPSPACE_probe_own, 0, hidden[0]), 0);
	check("that it has is in no stream", try_to_save(), CANNOT_BE);
	check("it is empty", look(0, 0), 0);
	check("a second page of the VMM's is held", runstate_at(0, ram[0]), 0);
	check("and is written to", ((struct vcpu_runstate_info *)ram[0])->state_entry_time != 0, 1);
	check("a third", runstate_at(1, ram[1]), 0);
	check("another is more than it may lock", time_at(0, ram[2]), XEN_ENOMEM);
	check("the module's own is none of those", time_at(0, &hidden[0][0]), 0);
	check("the clock is in it", look(0, 24) != 0, 1);
	check("runstate moves there", runstate_at(0, &hidden[0][8]), 0);
	check("it is in it", runstate_there(), 1);
	check("vcpu_info of another vCPU", vcpu_info_at(1, &hidden[0][32]), 0);
	check("its upcall is pending there", look(0, 256) & 0xff, 1);
	check("the guest sees it, too", READ(hidden[0][32]) == look(0, 256), 1);
	check("a page of the VMM's can be held again", time_at(1, ram[0]), 0);
	check("and given back", time_at(1, &hidden[0][16]), 0);
}

/* Arguments: read there, written there, also when only a part is there. */
static void test_arguments(void)
{
	u64 *across = (void *)((u8 *)&hidden[1] - 4);
	struct evtchn_alloc_unbound *a = (void *)&hidden[0][72];
	u64 before;

	poke(0, 1024, KEPT);
	check("an argument is read there", keep(&hidden[0][128]), 0);
	check("so it is what was there", kept() == KEPT, 1);
	check("a result is written there", put_kept(&hidden[0][160]), 0);
	check("so it is there", look(0, 1280) == KEPT, 1);
	before = look(0, 4088);
	check("half of a result", put_kept(across), 0);
	check("is there", look(0, 4088) == ((before & 0xffffffff) | KEPT << 32), 1);
	check("and half behind it", *(u32 *)hidden[1] == (u32)(KEPT >> 32), 1);
	poke(0, 4088, 0x9900112200000000ULL);
	check("half of an argument", keep(across), 0);
	check("is read there", kept() == ((KEPT >> 32) << 32 | 0x99001122), 1);
	poke(0, 576, (u64)DOMID_SELF << 16 | DOMID_SELF);
	check("an argument that is written back", evtchn_op(EVTCHNOP_alloc_unbound, a), 0);
	check("has the port", look(0, 576) >> 32 != 0, 1);
	check("the guest reads what is there", READ(hidden[0][160]) == KEPT, 1);
	hidden[0][170] = KEPT + 1;
	check("and writes there", look(0, 1360) == KEPT + 1, 1);
	poke(0, 1360, KEPT + 2);
	check("and reads what the host has written", READ(hidden[0][170]) == KEPT + 2, 1);
	check("other memory is as ever", put_kept(&ram[2][5]) || ram[2][5] != kept(), 0);
}

/* It sleeps, which is another runstate, until that is written there. */
static int runstate_comes(void)
{
	struct sched_poll p = { };
	u32 i;

	for (i = 0; i < 1000 && !runstate_there(); i++) {
		p.timeout = rt_now(rt_vi(0)) + 1000000;
		sched_op(SCHEDOP_poll, &p);
	}
	return runstate_there();
}

static void test_removed(void)
{
	check("it is taken away", take_away(hidden[0]), 0);
	check("nothing is there any more", take_away(hidden[0]), XEN_ENOENT);
	check("the guest's memory is back", put_kept(&hidden[0][160]), 0);
	check("and gets what is written", hidden[0][160] == kept(), 1);
	check("the page does not", look(0, 1280) == KEPT, 1);
	hidden[0][160] = FILL;
	poke(0, 64, 0);
	poke(0, 72, 0);
	check("what was registered there stays there", runstate_comes(), 1);
	check("the memory is as it was", is_hidden(), 1);
	check("nothing is placed, but the host writes there", try_to_save(), CANNOT_BE);
	check("another page there", place(XENMAPSPACE_probe_own, 1, hidden[0]), 0);
	check("shared_info takes its place", place(XENMAPSPACE_shared_info, 0, hidden[0]), 0);
	check("in the guest's memory", is_hidden(), 0);
	check("and is taken away", take_away(hidden[0]), 0);
	check("as before", place(XENMAPSPACE_shared_info, 0, ram[0]), 0);
	memset(hidden[0], 0x5a, PAGE_SIZE);
}

/* The answer of a call that places a page over its own argument. */
static void test_covered(void)
{
	struct probe_look *l = (void *)&hidden[0][200];
	u64 frame = gfn_of(hidden[0]);

	*l = (struct probe_look) { .value = frame };
	check("a page is placed over the call's argument", hc2(NR_probe, PROBEOP_cover, l), 0);
	check("the answer is in it", look(0, 1608) == ~frame, 1);
	check("where the guest sees it", READ(l->value) == ~frame, 1);
	check("it goes", take_away(hidden[0]), 0);
	check("the memory that is hidden has the argument", READ(l->value) == frame, 1);
	memset(l, 0x5a, sizeof(*l));
}

static void test_foreign(void)
{
	check("a page of somebody's", place(XENMAPSPACE_probe_foreign, gfn_of(ram[2]), hidden[0]), 0);
	ram[2][7] = KEPT + 7;
	check("the guest reads it there", READ(hidden[0][7]) == KEPT + 7, 1);
	hidden[0][11] = KEPT + 11;
	check("and writes to it", READ(ram[2][11]) == KEPT + 11, 1);
	check("0.6 no argument is read there", keep(&hidden[0][7]), XEN_EFAULT);
	check("0.6 no result is written there", put_kept(&hidden[0][7]), XEN_EFAULT);
	check("nor half of one", put_kept((u8 *)&hidden[1] - 4), XEN_EFAULT);
	check("so he has what he had", ram[2][7] == KEPT + 7, 1);
	check("0.6 it is no page to be held", place(XENMAPSPACE_probe, 0, hidden[0]), XEN_EINVAL);
	check("nor for vcpu_info", vcpu_info_at(0, &hidden[0][0]), XEN_EINVAL);
	check("nor for somebody else",
	      place(XENMAPSPACE_probe_foreign, gfn_of(hidden[0]), ram[1]), XEN_EINVAL);
	check("the guest cannot take it away", take_away(hidden[0]), XEN_EINVAL);
	check("nor place shared_info there", place(XENMAPSPACE_shared_info, 0, hidden[0]), XEN_EINVAL);
	check("nor anything else", place(XENMAPSPACE_probe_own, 0, hidden[0]), XEN_EEXIST);
	check("who has placed it can", hc2(NR_probe, PROBEOP_unplace, (void *)gfn_of(hidden[0])), 0);
	check("nothing of it is in the memory that was hidden", is_hidden(), 1);
}

static void test_read_only(void)
{
	check("a page to be read alone",
	      place(XENMAPSPACE_probe_own, 1 | PROBE_READ_ONLY, hidden[0]), 0);
	poke(1, 72, KEPT + 9);
	check("an argument is read there", keep(&hidden[0][9]), 0);
	check("so it is what was there", kept() == KEPT + 9, 1);
	check("the guest reads it, too", READ(hidden[0][9]) == KEPT + 9, 1);
	check("a result is refused", put_kept(&hidden[0][9]), XEN_EFAULT);
	check("so is vcpu_info", vcpu_info_at(0, &hidden[0][0]), XEN_EINVAL);
	check("it goes", take_away(hidden[0]), 0);
	check("one to be written to", place(XENMAPSPACE_probe_own, 1, hidden[0]), 0);
	check("is none for somebody else",
	      place(XENMAPSPACE_probe_foreign, gfn_of(hidden[0]), ram[1]), XEN_EINVAL);
	check("it goes, too", take_away(hidden[0]), 0);
}

/* The VMM sets its memory's slot anew, in which KVM could make large pages (--pull, --ram thp). */
static void test_slot_again(void)
{
	check("somebody's page again",
	      place(XENMAPSPACE_probe_foreign, gfn_of(ram[2]), hidden[0]), 0);
	ram[2][7] = KEPT + 17;
	__asm__ volatile("outb %0, $0xf5" : : "a"((u8)SLOT_AGAIN));
	check("a page near it", READ(hidden[1][9]) == READ(hidden[1][9]), 1);
	check("it is there in a new slot, too", READ(hidden[0][7]) == KEPT + 17, 1);
	hidden[0][12] = KEPT + 12;
	check("and is written to", READ(ram[2][12]) == KEPT + 12, 1);
	check("it goes with the new slot", hc2(NR_probe, PROBEOP_unplace, (void *)gfn_of(hidden[0])), 0);
	check("nothing of it is in the memory there", is_hidden(), 1);
}

/* --- where the VMM has nothing ------------------------------------------------------ */

#define HOLE	((u64 *)0x40000000UL)
#define AT(n)	(HOLE + (n) * (PAGE_SIZE / 8))
#define IOAPIC	((void *)0xfec00000UL)
#define LAPIC	((void *)0xfee00000UL)

static int is_mmio(u64 *at)
{
	*(volatile u32 *)at = 5;
	return *(volatile u32 *)at == ~0U;
}

static u64 maximum_gpfn(void)
{
	u16 self = DOMID_SELF;

	return memory_op(XENMEM_maximum_gpfn, &self);
}

static u64 reservation(void)
{
	u16 self = DOMID_SELF;

	return memory_op(XENMEM_current_reservation, &self);
}

static void test_hole_written(void)
{
	check("a page where nothing is", place(XENMAPSPACE_probe_own, 0, AT(1)), 0);
	poke(0, 72, KEPT + 1);
	check("the guest reads it", READ(AT(1)[9]) == KEPT + 1, 1);
	AT(1)[170] = KEPT + 2;
	check("and writes to it", look(0, 1360) == KEPT + 2, 1);
	check("an argument is read there", keep(&AT(1)[170]), 0);
	check("so it is what was there", kept() == KEPT + 2, 1);
	check("a result is written there", put_kept(&AT(1)[171]), 0);
	check("where the guest sees it", READ(AT(1)[171]) == KEPT + 2, 1);
	check("the frame before it is none", is_mmio(AT(0)), 1);
	check("nor is the one behind it", is_mmio(AT(2)), 1);
	check("no argument is read there", keep(AT(2)), XEN_EFAULT);
	check("no result is written there", put_kept(AT(2)), XEN_EFAULT);
	check("no page to be held", place(XENMAPSPACE_probe, 0, AT(2)), XEN_EINVAL);
	check("it is taken away", take_away(AT(1)), 0);
	check("nothing is there", is_mmio(AT(1)), 1);
	check("the page has what it had", look(0, 1360) == KEPT + 2, 1);
}

static void test_hole_read_only(void)
{
	check("one to be read alone", place(XENMAPSPACE_probe_own, 1 | PROBE_READ_ONLY, AT(1)), 0);
	poke(1, 72, KEPT + 3);
	check("the guest reads it there", READ(AT(1)[9]) == KEPT + 3, 1);
	*(volatile u32 *)&AT(1)[9] = 5;
	check("a write does not reach it", look(1, 72) == KEPT + 3, 1);
	check("nor does the guest see it", READ(AT(1)[9]) == KEPT + 3, 1);
	check("it goes, too", take_away(AT(1)), 0);
	check("and nothing is there", is_mmio(AT(1)), 1);
}

static void test_hole_foreign(void)
{
	check("somebody's page there", place(XENMAPSPACE_probe_foreign, gfn_of(ram[2]), AT(2)), 0);
	ram[2][7] = KEPT + 7;
	check("the guest reads his words", READ(AT(2)[7]) == KEPT + 7, 1);
	AT(2)[11] = KEPT + 11;
	check("he reads the guest's", READ(ram[2][11]) == KEPT + 11, 1);
	check("who has placed it takes it", hc2(NR_probe, PROBEOP_unplace, (void *)gfn_of(AT(2))), 0);
	check("it is gone", is_mmio(AT(2)), 1);
	check("he has it still", READ(ram[2][11]) == KEPT + 11, 1);
}

static void test_hole(void)
{
	u64 max = maximum_gpfn(), nr = reservation();

	check("there is nothing", is_mmio(AT(1)), 1);
	test_hole_written();
	test_hole_read_only();
	test_hole_foreign();
	check("not over the I/O APIC", place(XENMAPSPACE_probe_own, 0, IOAPIC), XEN_EEXIST);
	check("nor the local one", place(XENMAPSPACE_probe_own, 0, LAPIC), XEN_EEXIST);
	check("but in between", place(XENMAPSPACE_probe_own, 0, (u8 *)LAPIC + PAGE_SIZE), 0);
	check("it goes as well", take_away((u8 *)LAPIC + PAGE_SIZE), 0);
	check("the guest has no more memory", reservation() == nr, 1);
	check("nor any that is higher", maximum_gpfn() == max, 1);
}

static void test_out(void)
{
	check("a page that is out", place(XENMAPSPACE_probe_out, 0, hidden[0]), 0);
	check("no argument is read there", keep(&hidden[0][9]), XEN_EFAULT);
	check("no result is written there", put_kept(&hidden[0][9]), XEN_EFAULT);
	check("nor half of one", put_kept((u8 *)&hidden[1] - 4), XEN_EFAULT);
	check("no vcpu_info", vcpu_info_at(0, &hidden[0][0]), XEN_EINVAL);
	check("nothing of it is in the memory that is hidden", is_hidden(), 1);
	if (sizeof(long) == 8)
		check("a frame that no machine has",
		      place(XENMAPSPACE_probe_out, 0, (void *)(~0UL << (sizeof(long) * 8 - 10))), XEN_EINVAL);
}

/* --- meanwhile --------------------------------------------------------------------- */

#define ROUNDS	500	/* at least */
#define WORD	0x33445566U	/* half an argument */

static struct {
	volatile u32 space;	/* what vCPU 1 places and takes away; 0: nothing */
	volatile unsigned long idx;
	volatile u32 idle, failed;
	volatile bool end;
} other;

static struct {
	u32 hidden, placed;	/* looks that have found each of them */
	u32 wrong;
} seen;

/* What is not for the guest to take away goes by who has placed it. */
static void place_once(void)
{
	u32 space = other.space;
	long ret = place(space, other.idx, hidden[0]);

	if (space == XENMAPSPACE_probe_own)
		ret |= take_away(hidden[0]);
	else
		ret |= hc2(NR_probe, PROBEOP_unplace, gfn_of(hidden[0]));
	other.failed += ret != 0;
}

static void place_and_take(unsigned int cpu)
{
	while (!other.end) {
		if (other.space)
			place_once();
		else
			other.idle++;
		relax();
	}
	other.idle++;
	cli();
	for (;;)
		__asm__ volatile("hlt");
}

/* When this is back it has nothing placed, and places nothing. */
static void wait_for_idle(void)
{
	u32 n;

	other.space = 0;
	for (n = other.idle; other.idle == n;)
		relax();
}

/*
 * Nobody looks for an argument in another domain's page; but one that comes there between the look
 * and the copy is copied to or from, as by the guest's own access.
 */
static bool is_in_foreign(const void *at, u64 value)
{
	const u8 *page = (const u8 *)ram[2];

	return other.space == XENMAPSPACE_probe_foreign &&
	       READ(*(const u32 *)(page + (unsigned long)at % PAGE_SIZE)) == (u32)value;
}

/* Each look finds one page or the other; one that is out, or another domain's, is no memory. */
static void look_there(void *at, u64 in_hidden, u64 in_page)
{
	bool out = other.space != XENMAPSPACE_probe_own;
	long ret = keep(at);
	u64 value = kept();

	if (!ret && value == in_hidden)
		seen.hidden++;
	else if (out ? ret == XEN_EFAULT || (!ret && is_in_foreign(at, value)) :
		       !ret && value == in_page)
		seen.placed++;
	else
		seen.wrong++;
}

/*
 * In the page, or in the memory, which the guest itself sees as long as nothing is placed: the other
 * vCPU gets its turn to take it away.
 */
static int is_there(u32 space, u64 value)
{
	u32 i;

	for (i = 0; i < 100000; i++) {
		if (READ(hidden[0][160]) == value || is_in_foreign(&hidden[0][160], value) ||
		    (space == XENMAPSPACE_probe_own && look(1, 1280) == value))
			return 1;
		sched_op(SCHEDOP_yield, 0);
	}
	return 0;
}

/* And each result is in one of them, if it could be written. */
static void write_there(u64 value)
{
	u32 space = other.space;
	long ret;

	keep(&value);
	ret = put_kept(&hidden[0][160]);
	if (ret && space != XENMAPSPACE_probe_own)
		seen.wrong += ret != XEN_EFAULT || READ(hidden[0][160]) == value;
	else
		seen.wrong += ret || !is_there(space, value);
}

static void race(const char *name, u32 space, unsigned long idx)
{
	u64 half = (u64)WORD << 32;
	u32 i;

	memset(&seen, 0, sizeof(seen));
	other.idx = idx;
	other.space = space;
	for (i = 1; i <= ROUNDS || !seen.hidden || !seen.placed; i++) {
		look_there(&hidden[0][128], FILL, KEPT);
		look_there((u8 *)&hidden[1] - 4, half | (u32)FILL, half | (WORD + 1));
		write_there((u64)space << 32 | i);
	}
	wait_for_idle();
	note("# %s: of %u rounds' looks %u have found it, %u what it hides", name, i - 1,
	     seen.placed, seen.hidden);
	check(name, seen.wrong, 0);
	check("placed and taken away without a fault", other.failed, 0);
	hidden[0][160] = FILL;
	check("the memory is as it was", is_hidden(), 1);
}

static void test_meanwhile(void)
{
	check("what is out comes back", hc2(NR_probe, PROBEOP_unplace, gfn_of(hidden[0])), 0);
	check("vCPU 1 starts", rt_start_cpus(2, place_and_take), 1);
	*(u32 *)hidden[1] = WORD;
	check("a page of the module's", place(XENMAPSPACE_probe_own, 1, hidden[0]), 0);
	check("with something in it", take_away(hidden[0]), 0);
	poke(1, 1024, KEPT);
	poke(1, 4088, (u64)(WORD + 1) << 32);
	race("the module's page comes and goes", XENMAPSPACE_probe_own, 1);
	race("somebody's page comes and goes", XENMAPSPACE_probe_foreign, gfn_of(ram[2]));
	race("the page goes out and comes back", XENMAPSPACE_probe_out, 0);
	other.end = true;
	wait_for_idle();
	check("a page is out again", place(XENMAPSPACE_probe_out, 0, hidden[0]), 0);
}

static void test_reset(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_soft_reset };

	check("soft reset", sched_op(SCHEDOP_shutdown, &s), 0);
	check("nothing is left of all that", try_to_save(), CAN_BE_SAVED);
	check("nothing is placed any more", put_kept(&hidden[0][9]), 0);
	check("the guest's memory is back", hidden[0][9], 0);
	hidden[0][9] = FILL;
	check("a page again", place(XENMAPSPACE_probe_own, 0, hidden[0]), 0);
	check("runstate in it when the domain ends", runstate_at(0, &hidden[0][8]), 0);
	check("and another one out", place(XENMAPSPACE_probe_out, 0, ram[2]), 0);
}

void test_main(void)
{
	rt_map_shinfo();
	cli();
	memset(hidden[0], 0x5a, PAGE_SIZE);
	check("there is no such page", place(XENMAPSPACE_probe_own, PROBE_OWN, hidden[0]), XEN_EINVAL);
	test_written();
	test_arguments();
	test_removed();
	test_covered();
	test_foreign();
	test_slot_again();
	test_read_only();
	test_hole();
	test_out();
	test_meanwhile();
	test_reset();
}
