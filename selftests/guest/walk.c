// SPDX-License-Identifier: GPL-2.0
/*
 * Hypercall arguments through page tables of every kind. The argument is an
 * EVTCHNOP_status, which reads its first words and writes the rest: what a guest could
 * not read or write itself is -EFAULT, and is not written.
 */
#include "tables.h"

#define BASE	(1UL << 39)	/* the second entry of the top table */
#define PAGES	8
#define GB	(1UL << 30)
#define MB2	(2UL << 20)

static u64 level3[512] page_aligned, level2[512] page_aligned,
	   level1[512] page_aligned;
static u8 data[PAGES][PAGE_SIZE] page_aligned;
static u32 port;

/* --- the tables -------------------------------------------------------------------- */

/* Virtual address of page @n of the small ones; its entry in @flags, at @frame. */
static void *small(u32 n, void *frame, u64 flags)
{
	level1[n] = phys(frame) | flags;
	use_table(top_table());
	return (void *)(BASE + n * PAGE_SIZE);
}

/* @p by a page of 2 MB, the second of the range. */
static void *middle(void *p, u64 flags)
{
	level2[1] = (phys(p) & ~(MB2 - 1)) | flags | PTE_PS;
	use_table(top_table());
	return (void *)(BASE + MB2 + (phys(p) & (MB2 - 1)));
}

/* @p by a page of 1 GB, the second of the range. */
static void *large(void *p, u64 flags)
{
	level3[1] = (phys(p) & ~(GB - 1)) | flags | PTE_PS;
	use_table(top_table());
	return (void *)(BASE + GB + (phys(p) & (GB - 1)));
}

/* Bits that the tables above the small pages have. */
static void upper(u64 flags)
{
	level2[0] = phys(level1) | flags;
	level3[0] = phys(level2) | flags;
	top_table()[1] = phys(level3) | flags;
	use_table(top_table());
}

static void make_tables(void)
{
	u32 i;

	/* What the image itself uses is no user page. */
	top_table()[0] &= ~PTE_U;
	for (i = 0; i < 512; i++)
		level1[i] = level2[i] = level3[i] = 0;
	upper(PTE_OLD);
}

/* --- one call ---------------------------------------------------------------------- */

static struct evtchn_status *fill(void *p)
{
	struct evtchn_status *s = p;

	memset(s, 0x5a, sizeof(*s));
	s->dom = DOMID_SELF;
	s->port = port;
	return s;
}

/* The call as made with @va, the argument being at @p by the image's own map. */
static long status(void *p, void *va)
{
	fill(p);
	return evtchn_op(EVTCHNOP_status, va);
}

static bool answered(const void *p)
{
	const struct evtchn_status *s = p;

	return READ(s->status) == EVTCHNSTAT_ipi && READ(s->vcpu) == 0;
}

static bool untouched(const void *p)
{
	const struct evtchn_status *s = p;

	return READ(s->status) == 0x5a5a5a5a && READ(s->vcpu) == 0x5a5a5a5a;
}

static long send(void *p, void *va)
{
	((struct evtchn_send *)p)->port = port;
	return evtchn_op(EVTCHNOP_send, va);
}

/* --- what is mapped ---------------------------------------------------------------- */

static void test_sizes(void)
{
	const u64 rw = PTE_OLD | PTE_D;
	u8 *p = data[3] + 0x120;

	check("4 KB", status(p, small(0, data[3], rw) + 0x120), 0);
	check("4 KB: answered", answered(p), 1);
	check("2 MB", status(p, middle(p, rw)), 0);
	check("2 MB: answered", answered(p), 1);
	check("2 MB, with a memory type", status(p, middle(p, rw | 1 << 12)),
	      0);
	check("2 MB, with a memory type: answered", answered(p), 1);
	check("2 MB, a reserved bit", status(p, middle(p, rw | 1 << 13)),
	      XEN_EFAULT);
	check("2 MB, a reserved bit: not written", untouched(p), 1);
	if (!(cpuid(0x80000001, 0).d & 1 << 26))
		return;
	check("1 GB", status(p, large(p, rw)), 0);
	check("1 GB: answered", answered(p), 1);
	check("1 GB, a reserved bit", status(p, large(p, rw | 1 << 21)),
	      XEN_EFAULT);
	check("1 GB, a reserved bit: not written", untouched(p), 1);
}

static void test_absent(void)
{
	u8 *p = data[0];
	char *va = small(0, p, PTE_OLD & ~PTE_P);

	check("not present", status(p, va), XEN_EFAULT);
	check("not canonical", status(p, (void *)(1UL << 47)), XEN_EFAULT);
	va = small(0, p, PTE_OLD | PTE_D | 1ULL << 51);
	check("an address that no memory has", status(p, va), XEN_EFAULT);
	check("none of these was written", untouched(p), 1);
}

/* XSA-98's class: the host must not write where the guest could not. */
static void test_read_only(void)
{
	const u64 ro = PTE_P | PTE_A | PTE_D;
	u8 *p = data[1];
	char *va = small(0, p, ro);

	write_cr0(read_cr0() | CR0_WP);
	check("XSA-98 read-only: an argument that is only read", send(p, va), 0);
	check("XSA-98 read-only", status(p, va), XEN_EFAULT);
	check("XSA-98 read-only: not written", untouched(p), 1);
	check("XSA-98 read-only 2 MB", status(p, middle(p, ro)), XEN_EFAULT);
	check("XSA-98 read-only 2 MB: not written", untouched(p), 1);
	va = small(0, p, ro | PTE_W);
	upper(PTE_OLD & ~PTE_W);
	check("XSA-98 read-only by a table", status(p, va), XEN_EFAULT);
	check("XSA-98 read-only by a table: not written", untouched(p), 1);
	upper(PTE_OLD);
	va = small(0, p, ro);
	write_cr0(read_cr0() & ~CR0_WP);
	check("XSA-98 read-only, CR0.WP clear", status(p, va), 0);
	check("XSA-98 read-only, CR0.WP clear: answered", answered(p), 1);
}

static void test_bits(void)
{
	u8 *p = data[2];
	char *va = small(0, p, PTE_P | PTE_W);

	upper(PTE_P | PTE_W);
	check("not accessed", send(p, va), 0);
	check("not accessed: now it is", !!(READ(level1[0]) & PTE_A), 1);
	check("not accessed: its table too", !!(READ(level2[0]) & PTE_A), 1);
	check("a read makes it not dirty", !!(READ(level1[0]) & PTE_D), 0);
	va = small(0, p, PTE_OLD);
	upper(PTE_OLD);
	check("not dirty", status(p, va), 0);
	check("not dirty: answered", answered(p), 1);
	check("not dirty: now it is", !!(READ(level1[0]) & PTE_D), 1);
}

/* --- two pages ---------------------------------------------------------------------- */

/* The argument's first words at the end of @a, the rest at the beginning of @b. */
#define HEAD	8	/* of a struct evtchn_status: what is read */
#define AT	(PAGE_SIZE - HEAD)

static long status_across(u8 *a, u8 *b, void *va)
{
	struct evtchn_status s;

	fill(&s);
	memcpy(a + AT, &s, HEAD);
	memcpy(b, (u8 *)&s + HEAD, sizeof(s) - HEAD);
	return evtchn_op(EVTCHNOP_status, va + AT);
}

static void test_two_pages(void)
{
	const u64 rw = PTE_OLD | PTE_D, ro = rw & ~PTE_W;
	u8 *a = data[6], *b = data[4];
	char *va = small(0, a, rw);
	u32 *out = (u32 *)b;

	small(1, b, rw);
	check("two pages, far apart", status_across(a, b, va), 0);
	check("two pages: answered", out[0] == EVTCHNSTAT_ipi && !out[1], 1);
	small(1, b, 0);
	check("two pages, one is not there", status_across(a, b, va),
	      XEN_EFAULT);
	small(1, b, ro);
	write_cr0(read_cr0() | CR0_WP);
	check("XSA-98 two pages, one is read-only", status_across(a, b, va),
	      XEN_EFAULT);
	write_cr0(read_cr0() & ~CR0_WP);
	check("XSA-98 two pages, one is read-only: not written",
	      out[0] == 0x5a5a5a5a && out[1] == 0x5a5a5a5a, 1);
}

/* --- a user's pages ----------------------------------------------------------------- */

static long status_ac(void *p, void *va)
{
	unsigned long fl;
	long ret;

	__asm__ volatile("pushf; pop %0" : "=r"(fl));
	__asm__ volatile("push %0; popf" : : "r"(fl | 1UL << 18) : "cc");
	ret = status(p, va);
	__asm__ volatile("push %0; popf" : : "r"(fl) : "cc");
	return ret;
}

static void test_smap(u8 *p, char *va)
{
	if (!(cpuid(7, 0).b & 1 << 20)) {
		note("# no SMAP here");
		return;
	}
	write_cr4(read_cr4() | CR4_SMAP);
	check("a user's page under SMAP", status(p, va), XEN_EFAULT);
	check("a user's page under SMAP: not written", untouched(p), 1);
	check("under SMAP, EFLAGS.AC set", status_ac(p, va), 0);
	check("under SMAP, EFLAGS.AC set: answered", answered(p), 1);
	/* A user's page is one by every table above it. */
	upper(PTE_OLD);
	check("under SMAP, a supervisor's table", status(p, va), 0);
	check("under SMAP, a supervisor's table: answered", answered(p), 1);
	upper(PTE_OLD | PTE_U);
	write_cr4(read_cr4() & ~CR4_SMAP);
}

static void write_pkru(u32 v)
{
	__asm__ volatile(".byte 0x0f, 0x01, 0xef" : : "a"(v), "c"(0), "d"(0)
			 : "memory");
}

/* Protection keys: key 1 may not be read, key 2 not be written. */
static void test_keys(u8 *p)
{
	const u64 rw = PTE_OLD | PTE_D | PTE_U;

	if (!(cpuid(7, 0).c & 1 << 3)) {
		note("# no protection keys here");
		return;
	}
	write_cr4(read_cr4() | CR4_PKE);
	write_cr0(read_cr0() | CR0_WP);
	write_pkru(1 << 2 | 2 << 4);
	check("key 0", status(p, small(0, p, rw)), 0);
	check("a key that denies reads", status(p, small(0, p, rw | 1ULL << 59)),
	      XEN_EFAULT);
	check("a key that denies writes",
	      status(p, small(0, p, rw | 2ULL << 59)), XEN_EFAULT);
	check("a key that denies: not written", untouched(p), 1);
	check("a key that denies writes: read",
	      send(p, small(0, p, rw | 2ULL << 59)), 0);
	write_pkru(0);
	write_cr0(read_cr0() & ~CR0_WP);
	write_cr4(read_cr4() & ~CR4_PKE);
}

static void test_user(void)
{
	u8 *p = data[5];
	char *va;

	upper(PTE_OLD | PTE_U);
	va = small(0, p, PTE_OLD | PTE_D | PTE_U);
	check("a user's page", status(p, va), 0);
	check("a user's page: answered", answered(p), 1);
	test_smap(p, va);
	test_keys(p);
	upper(PTE_OLD);
}

void test_main(void)
{
	check("shared_info", rt_map_shinfo(), 0);
	cli();
	port = rt_bind_ipi(0);
	make_tables();
	test_sizes();
	test_absent();
	test_read_only();
	test_bits();
	test_two_pages();
	test_user();
}
