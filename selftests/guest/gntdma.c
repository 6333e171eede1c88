// SPDX-License-Identifier: GPL-2.0
/* A device of the mapper's own and pages of another domain, which it sees where they are mapped. */
#include "gnttab.h"
#include "edu.h"

#define RW	9		/* references of the peer: page 1 */
#define RO	8		/* page 0, for reading */
#define HOST	GNTMAP_host_map
#define AT(n)	(HOLE + (n) * PAGE_SIZE)

static u8 mine_too[PAGE_SIZE] page_aligned;

/* What the device finds at an address: its first byte, or -1 if they are not all the same. */
static long finds(u64 gpa)
{
	u32 i;

	fill(mine_too, 0x11);
	give((unsigned long)mine_too);	/* whatever was in the buffer is not what it will find */
	fill(mine_too, 0x22);
	take((unsigned long)mine_too);
	take(gpa);
	give((unsigned long)mine_too);
	for (i = 1; i < BYTES; i++)
		if (READ(mine_too[i]) != READ(mine_too[0]))
			return -1;
	return READ(mine_too[0]);
}

static void writes(u64 gpa, u8 v)
{
	fill(mine_too, v);
	take((unsigned long)mine_too);
	give(gpa);
}

static struct gnttab_map_grant_ref map(u64 addr, u32 flags, u32 ref)
{
	struct gnttab_map_grant_ref m = { .host_addr = addr, .flags = flags, .ref = ref,
					  .dom = peers[0], .status = 77 };

	check("map", gnt_op(GNTTABOP_map_grant_ref, &m, 1), 0);
	return m;
}

static void test_write(void)
{
	struct gnttab_map_grant_ref m = map(AT(0), HOST, RW);

	check("a page of the peer's is mapped", m.status, GNTST_okay);
	check("its bus address is the guest's", m.dev_bus_addr == AT(0), 1);
	check("the device finds it there", finds(AT(0)), 0xa1);
	check("and nothing beside it", finds(AT(1)) == 0xa1, 0);
	writes(AT(0), 0x5c);
	check("the peer sees what the device writes", ask(0, PEEK, 1, 100, 0, 0), 0x5c);
	check("unmap", gt_unmap(AT(0), 0, m.handle), GNTST_okay);
	ask(0, FILL, 1, 0xa1, 0, 0);
	check("the device does not find it any more", finds(AT(0)) == 0xa1, 0);
	writes(AT(0), 0x5d);
	check("nor does it reach it", ask(0, PEEK, 1, 100, 0, 0), 0xa1);
}

static void test_read_only(void)
{
	struct gnttab_map_grant_ref m = map(AT(2), HOST | GNTMAP_readonly, RO);

	check("a page to be read is mapped", m.status, GNTST_okay);
	check("the device reads it", finds(AT(2)), 0xa0);
	writes(AT(2), 0x5e);
	check("and cannot write it", ask(0, PEEK, 0, 100, 0, 0), 0xa0);
	check("unmap it", gt_unmap(AT(2), 0, m.handle), GNTST_okay);
	check("it does not read it any more", finds(AT(2)) == 0xa0, 0);
}

static void test_many(void)
{
	struct gnttab_map_grant_ref m[8];
	struct gnttab_unmap_grant_ref u[8];
	u32 i;

	for (i = 0; i < 8; i++) {
		m[i] = map(AT(4 + i), HOST, RW);
		u[i] = (struct gnttab_unmap_grant_ref) { .host_addr = AT(4 + i),
							 .handle = m[i].handle, .status = 77 };
	}
	check("one page at many addresses", finds(AT(4)) + finds(AT(11)), 2 * 0xa1);
	check("one unmapped", gnt_op(GNTTABOP_unmap_grant_ref, u, 1), 0);
	check("is gone", finds(AT(4)) == 0xa1, 0);
	check("the others are not", finds(AT(11)), 0xa1);
	check("all of them", gnt_op(GNTTABOP_unmap_grant_ref, u + 1, 7), 0);
	for (i = 5; i < 12; i++)
		check("each is gone", finds(AT(i)) == 0xa1, 0);
}

static void test_memory(void)
{
	struct gnttab_map_grant_ref m = map((unsigned long)pages[3], HOST, RW);

	check("a frame that the device sees otherwise", m.status, GNTST_general_error);
	fill(pages[3], 0x33);
	check("stays what it was", finds((unsigned long)pages[3]), 0x33);
}

static void tell_vmm(u8 what)
{
	__asm__ volatile("outb %0, %1" : : "a"(what), "Nd"((u16)0xf5));
}

/* What was unmapped while the VM had no device is not there when it has one again. */
static void test_back(void)
{
	struct gnttab_map_grant_ref gone = map(AT(20), HOST, RW), m = map(AT(21), HOST, RW);

	check("two are mapped", gone.status | m.status, GNTST_okay);
	tell_vmm(6);
	check("the VM has no device: it finds neither", finds(AT(20)) == 0xa1 || finds(AT(21)) == 0xa1,
	      0);
	check("one is unmapped", gt_unmap(AT(20), 0, gone.handle), GNTST_okay);
	tell_vmm(7);
	check("the VM has it again: it finds the other one", finds(AT(21)), 0xa1);
	check("and not what was unmapped", finds(AT(20)) == 0xa1, 0);
	check("unmap the other one", gt_unmap(AT(21), 0, m.handle), GNTST_okay);
	check("it does not find that any more", finds(AT(21)) == 0xa1, 0);
}

/* VFIO takes apart what has our pages in it: before that they are taken out. */
static void test_detach(void)
{
	struct gnttab_map_grant_ref m = map(AT(20), HOST, RW);

	check("mapped once more", m.status, GNTST_okay);
	check("the device finds it", finds(AT(20)), 0xa1);
	tell_vmm(5);
	check("unmap without the device", gt_unmap(AT(20), 0, m.handle), GNTST_okay);
	m = map(AT(21), HOST, RW);
	check("map without the device", m.status, GNTST_okay);
	check("and unmap", gt_unmap(AT(21), 0, m.handle), GNTST_okay);
}

void test_main(void)
{
	u32 self = own_domid();

	gt_meet();
	check("the device is there", *reg(ID) & 0xff, 0xed);
	ask(0, FILL, 0, 0xa0, 0, 0);
	ask(0, FILL, 1, 0xa1, 0, 0);
	ask(0, SET, RO, GTF_permit_access | GTF_readonly, self, 0);
	ask(0, SET, RW, GTF_permit_access, self, 1);
	test_write();
	test_read_only();
	test_many();
	test_memory();
	test_back();
	test_detach();
	gt_part();
}
