// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of another domain's that not the processor accesses but who emulates an instruction: its
 * operands, its bytes, page tables on the way to them; over the domain's own memory, which is
 * hidden meanwhile and must stay what it was, and where there is none. An instruction is emulated
 * if one of its operands is a device: here the local APIC, a port, or an address where nothing is;
 * or if it writes to what can only be read. "nested" behind the peers' numbers: a guest of its own
 * begins there, too, which some KVMs end the domain for.
 */
#include "tables.h"
#include "gnttab.h"

#define RW	9		/* references of the peer: page 1 */
#define RO	8		/* page 0, for reading */
#define HOST	GNTMAP_host_map
#define NOTHING	0x48000000UL	/* all ones */
#define ICR2	0xfee00310UL	/* keeps its highest byte */
#define SPIV	0xfee000f0UL	/* its highest byte is 0 */
#define PORT	0x1235

#define HIDDEN	0x77		/* what the memory has that is hidden */
#define BESIDE	0x66		/* and its neighbours */
#define OVER	8		/* the page that is mapped over */

static u32 peer, self;
static volatile unsigned long resume;
static volatile bool faulted;

struct frame;

static void on_fault(unsigned long *ip)
{
	if (!resume) {
		note("not ok - fault at %lx", *ip);
		rt_exit(1);
	}
	*ip = resume;
	faulted = true;
}

static void __attribute__((interrupt)) with_code(struct frame *f, unsigned long code)
{
	on_fault((unsigned long *)f);
}

static void __attribute__((interrupt)) without(struct frame *f)
{
	on_fault((unsigned long *)f);
}

#ifdef __x86_64__
#define WHERE	"movq $1f, %[resume]\n\t"
#define SP	"rsp"
#else
#define WHERE	"movl $1f, %[resume]\n\t"
#define SP	"esp"
#endif
/* Instructions, and what is to be done even if they do not get to their end: whether they do. */
#define TRY_THEN(insns, then, outputs, ...) ({					\
	faulted = false;							\
	__asm__ volatile(WHERE insns "\n1:\t" then : [resume] "=m"(resume) LIST outputs	\
			 : __VA_ARGS__ : "memory", "cc");			\
	resume = 0;								\
	!faulted; })
#define TRY(insns, ...)		TRY_THEN(insns, "", __VA_ARGS__)
#define LIST(...)	, __VA_ARGS__
#define NO_OUTPUT	("+m"(faulted))

static bool movs(unsigned long to, unsigned long from)
{
	return TRY("movsl", ("+D"(to), "+S"(from)));
}

static bool ins(unsigned long to)
{
	return TRY("insb", ("+D"(to)), "d"(PORT));
}

static bool outs(unsigned long from, unsigned long n)
{
	return TRY("rep outsb", ("+S"(from), "+c"(n)), "d"(0xe9));
}

/* What is at @from goes to a stack that begins at @top. */
static bool push(unsigned long top, unsigned long from)
{
	unsigned long save;

	return TRY_THEN("mov %%" SP ", %[save]; mov %[top], %%" SP "; push (%[from])",
			"mov %[save], %%" SP,
			([save] "=&r"(save)), [top] "r"(top), [from] "r"(from));
}

static u8 peek(u64 addr)
{
	return *(volatile u8 *)(unsigned long)addr;
}

static void poke(u64 addr, u8 v)
{
	*(volatile u8 *)(unsigned long)addr = v;
}

static u8 theirs(u32 page, u32 at)
{
	return ask(0, PEEK, page, at, 0, 0);
}

static u32 icr2(void)
{
	return *(volatile u32 *)ICR2;
}

static void set_icr2(u32 v)
{
	*(volatile u32 *)ICR2 = v;
}

/* Bytes that are not @v, of those from @from on. */
static u32 others(const u8 *p, u32 from, u8 v)
{
	u32 n = 0;

	for (; from < PAGE_SIZE; from++)
		n += READ(p[from]) != v;
	return n;
}

/* A line for the port in the mapped page, and one of the same length in the hidden one. */
static const char seen[] = "ok - D31 a string for a port = 1\n";
static const char unseen[] = "not ok - D31 the hidden string = 1";
#define STRING	0x200
/* What is emulated: mov (%di), %eax; ret. And in the hidden page: mov (%si), %eax; ret. */
static const u8 by_di[] = { 0x8b, 0x07, 0xc3 }, by_si[] = { 0x8b, 0x06, 0xc3 };
#define CODE	0x300

static void hide(u8 *p)
{
	fill(p, HIDDEN);
	memcpy(p + STRING, unseen, sizeof(seen) - 2);
	p[STRING + sizeof(seen) - 2] = '\n';
	memcpy(p + CODE, by_si, sizeof(by_si));
}

/* Bytes of it that are others by now. */
static u32 changed(const u8 *p)
{
	static u8 was[PAGE_SIZE];
	u32 i, n = 0;

	hide(was);
	for (i = 0; i < PAGE_SIZE; i++)
		n += READ(p[i]) != was[i];
	return n;
}

/* To and from the page at @at; @nr tells the places apart. */
static void test_operands(u64 at, u32 nr)
{
	unsigned long p = at;

	set_icr2(0x5a000000);
	check_at("D31 movs from a device", nr, movs(p + 16, ICR2), 1);
	check_at("D31 it is in the page", nr, peek(at + 19), 0x5a);
	check_at("D31 and the peer sees it", nr, theirs(1, 19), 0x5a);
	check_at("D31 no more than that", nr, theirs(1, 20), 0xa1);
	poke(at + 35, 0xc5);
	check_at("D31 movs to a device", nr, movs(ICR2, p + 32), 1);
	check_at("D31 it has what the page has", nr, icr2(), 0xc5000000);
	check_at("D31 push from a device", nr, push(p + 64, NOTHING), 1);
	check_at("D31 it is on the stack", nr, peek(at + 63), 0xff);
	check_at("D31 the peer has it, too", nr, theirs(1, 64 - sizeof(long)), 0xff);
	check_at("D31 but not below", nr, theirs(1, 63 - sizeof(long)), 0xa1);
	check_at("D31 ins", nr, ins(p + 80), 1);
	check_at("D31 what it has read", nr, theirs(1, 80), 0xff);
}

static void test_string(u64 at)
{
	unsigned int i;

	for (i = 0; i < sizeof(seen) - 1; i++)
		poke(at + STRING + i, seen[i]);
	if (!outs(at + STRING, sizeof(seen) - 1))
		check("D31 outs", 0, 1);
}

static void test_fetch(u64 at)
{
	unsigned long di = ICR2, si = SPIV, ax, fn = at + CODE;
	unsigned int i;
	bool done;

	for (i = 0; i < sizeof(by_di); i++)
		poke(fn + i, by_di[i]);
	set_icr2(0x3b000000);
	done = TRY("call *%[fn]", ("=&a"(ax)), [fn] "r"(fn), "D"(di), "S"(si));
	check("D31 an instruction in the page", done, 1);
	check("D31 it is that of the page", ax, 0x3b000000);
}

/* Operands that lie in two pages. */
static void test_across(u8 *p)
{
	unsigned long at = (unsigned long)p;

	check("D31 movs across its end", movs(at + PAGE_SIZE - 2, NOTHING), 1);
	check("D31 this side of it", theirs(1, PAGE_SIZE - 1), 0xff);
	check("D31 and before", theirs(1, PAGE_SIZE - 3), 0xa1);
	check("D31 the other side", READ(p[PAGE_SIZE + 1]), 0xff);
	check("D31 and behind", READ(p[PAGE_SIZE + 2]), BESIDE);
	poke(at + 1, 0x91);
	check("D31 movs across its beginning", movs(ICR2, at - 2), 1);
	check("D31 the page's half", icr2(), 0x91000000);
	check("D31 the page before is as it was", others(p - PAGE_SIZE, 0, BESIDE), 0);
	check("D31 the page behind, too", others(p + PAGE_SIZE, 2, BESIDE), 0);
}

#ifdef __x86_64__
/* An address whose last table is the mapped page; the hidden one leads elsewhere. */
static void test_tables(u8 *p)
{
	u64 *pd = (u64 *)(((u64 *)(top_table()[0] & ~0xfffULL))[0] & ~0xfffULL);
	u64 *entry = &pd[0x3f000000 >> 21], was = *entry;
	unsigned long va = 0x3f000000 + 5 * PAGE_SIZE;

	fill(pages[0], 0x10);
	fill(pages[1], 0x11);
	*entry = phys(p) | PTE_OLD;
	use_table(top_table());
	check("D31 a table in the page", peek(va), 0x10);
	poke(va, 0x12);
	check("D31 it leads there", READ(pages[0][0]), 0x12);
	check("D31 who emulates does not walk it", movs(va + 16, NOTHING), 0);
	check("D31 nor the hidden one", others(pages[1], 0, 0x11), 0);
	check("D31 and writes nothing", others(pages[0], 1, 0x10), 0);
	*entry = was;
	use_table(top_table());
}

#define EFER		0xc0000080
#define EFER_SVME	(1 << 12)
#define VM_HSAVE_PA	0xc0010117
#define EXIT_CODE	0x70

static bool nested;

/* A guest of its own, where it can have one. */
static void allow_nested(void)
{
	extern u64 start_info_addr;
	const struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *s = (void *)(unsigned long)si->cmdline_paddr;
	static u8 save[PAGE_SIZE] page_aligned;

	while (*s && *s != 'n')		/* the rest is "peers=" and numbers */
		s++;
	nested = *s && cpuid(0x80000001, 0).c & 4;
	if (nested)
		nested = !wrmsr_safe(EFER, rdmsr(EFER) | EFER_SVME) &&
			 !wrmsr_safe(VM_HSAVE_PA, phys(save));
}

static bool run_block(unsigned long block)
{
	return TRY("vmrun %%rax; stgi", NO_OUTPUT, "a"(block));
}

/* Nothing that is mapped for longer than the page is there. */
static void test_nested(unsigned long at)
{
	bool done = true;

	memset(pages[0], 0, PAGE_SIZE);
	if (nested)
		done = run_block(phys(pages[0])) && READ(pages[0][EXIT_CODE]) == 0xff;
	check("D31 a bad guest of its own is told so", done, 1);
	check("D31 not where the page is", nested && run_block(at), 0);
	check("D31 nor was anything written", theirs(1, EXIT_CODE), 0xa1);
}

static void test_more(void)
{
	u8 *p = pages[OVER];
	unsigned long at = (unsigned long)p;
	u32 h;

	memset(p, 0, PAGE_SIZE);
	((u64 *)p)[5] = phys(pages[1]) | PTE_OLD | PTE_D;
	ask(0, FILL, 1, 0xa1, 0, 0);
	check("D31 map again", gt_map(at, HOST, RW, peer, &h), GNTST_okay);
	test_nested(at);
	((u64 *)p)[5] = phys(pages[0]) | PTE_OLD | PTE_D;
	test_tables(p);
	check("D31 unmap again", gt_unmap(at, 0, h), GNTST_okay);
}
#else
static void allow_nested(void) { }
static void test_more(void) { }
#endif

static void test_over(void)
{
	u8 *p = pages[OVER];
	unsigned long at = (unsigned long)p;
	u32 h;

	fill(pages[OVER - 1], BESIDE);
	fill(pages[OVER + 1], BESIDE);
	hide(p);
	ask(0, FILL, 1, 0xa1, 0, 0);
	check("D31 map over memory", gt_map(at, HOST, RW, peer, &h), GNTST_okay);
	test_operands(at, 0);
	test_string(at);
	test_fetch(at);
	test_across(p);
	check("D31 unmap", gt_unmap(at, 0, h), GNTST_okay);
	check("D31 what was hidden is as it was", changed(p), 0);
	set_icr2(0x5a000000);
	movs(at + 16, ICR2);
	check("D31 it is its own again", READ(p[19]), 0x5a);
	ask(0, FILL, 1, 0xa1, 0, 0);
	set_icr2(0x4b000000);
	movs(at + 16, ICR2);
	check("D45 and nothing goes to the peer", theirs(1, 19), 0xa1);
}

static bool locked(unsigned long at)
{
	u32 old = *(volatile u32 *)at, one = 1;

	return TRY("lock cmpxchgl %[new], (%[at])", ("+a"(old)), [new] "r"(0x12345678), [at] "r"(at)) &
	       TRY("lock xaddl %[one], (%[at])", ([one] "+r"(one)), [at] "r"(at)) &
	       TRY("xchgl %[one], (%[at])", ([one] "+r"(one)), [at] "r"(at));
}

/* What can only be read: no write gets anywhere, whoever makes it. */
static void test_read_only(u64 where, u32 nr)
{
	unsigned long at = where;

	check_at("D30 it is read", nr, peek(at + 100), 0xa0);
	check_at("D30 a write", nr, TRY("movl $0, (%[at])", NO_OUTPUT, [at] "r"(at + 8)), 1);
	check_at("D30 locked ones", nr, locked(at + 12), 1);
	set_icr2(0x5a000000);
	check_at("D30 movs from a device, for reading", nr, movs(at + 16, ICR2), 1);
	check_at("D30 ins, for reading", nr, ins(at + 20), 1);
	check_at("D30 movs to a device, for reading", nr, movs(ICR2, at + 24), 1);
	check_at("D30 it has what the page has", nr, icr2(), 0xa0000000);
	check_at("D30 across its end", nr, movs(at + PAGE_SIZE - 2, NOTHING), 1);
	check_at("D30 nothing is written", nr, others((u8 *)at, 0, 0xa0), 0);
	check_at("D30 nor does the peer see anything", nr, theirs(0, 8) + theirs(0, 12) + theirs(0, 19) +
	      theirs(0, 20) + theirs(0, PAGE_SIZE - 1), 5 * 0xa0);
}

static void test_read_only_over(void)
{
	u8 *p = pages[OVER];
	u32 h;

	fill(p, HIDDEN);
	fill(pages[OVER + 1], BESIDE);
	check("D30 map over memory, for reading",
	      gt_map(phys(p), HOST | GNTMAP_readonly, RO, peer, &h), GNTST_okay);
	test_read_only(phys(p), 0);
	check("D30 unmap, for reading", gt_unmap(phys(p), 0, h), GNTST_okay);
	check("D30 what was hidden is as it was", others(p, 0, HIDDEN), 0);
	check("D30 so is the page before", others(pages[OVER - 1], 0, BESIDE), 0);
	poke(phys(p), 1);
	check("D30 it can be written again", READ(p[0]), 1);
}

/* Where there is no memory. */
static void test_in_hole(void)
{
	u32 h, ro;

	ask(0, FILL, 1, 0xa1, 0, 0);
	check("D31 map where nothing is", gt_map(HOLE, HOST, RW, peer, &h), GNTST_okay);
	check("D30 for reading beside it", gt_map(HOLE + PAGE_SIZE, HOST | GNTMAP_readonly, RO, peer,
	      &ro), GNTST_okay);
	test_operands(HOLE, 1);
	test_read_only(HOLE + PAGE_SIZE, 1);
	check("D31 unmap both", gt_unmap(HOLE, 0, h) + gt_unmap(HOLE + PAGE_SIZE, 0, ro), 0);
	set_icr2(0x4b000000);
	movs(HOLE + 16, ICR2);
	check("D45 nor is anything left there", theirs(1, 19), 0x5a);
}

void test_main(void)
{
	gt_meet();
	peer = peers[0];
	self = own_domid();
	ask(0, SET, RO, GTF_permit_access | GTF_readonly, self, 0);
	ask(0, SET, RW, GTF_permit_access, self, 1);
	ask(0, FILL, 0, 0xa0, 0, 0);
	allow_nested();
	rt_set_gate(6, without, 0);
	rt_set_gate(13, with_code, 0);
	rt_set_gate(14, with_code, 0);
	test_over();
	test_more();
	test_read_only_over();
	test_in_hole();
	gt_part();
}
