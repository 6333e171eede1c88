// SPDX-License-Identifier: GPL-2.0
/* What the guest is told of its memory, and may set (semantics G25). */
#include "rt.h"

struct range { u64 addr, size; u32 type; } __attribute__((packed));

struct map { u32 nr; unsigned long buffer; };

struct set_map { u16 domid; struct map map; };

#define ROOM	1024

static struct range buf[ROOM + 1], own[ROOM + 1];

static long get(u32 *nr, void *to)
{
	struct map m = { .nr = *nr, .buffer = (unsigned long)to };
	long ret = memory_op(XENMEM_memory_map, &m);

	*nr = m.nr;
	return ret;
}

static long set(u16 domid, u32 nr, const void *from)
{
	struct set_map s = { domid, { nr, (unsigned long)from } };

	return memory_op(XENMEM_set_memory_map, &s);
}

/* Is all of that memory, by the map? */
static bool has(u32 nr, u64 from, u64 to)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (buf[i].type == 1 && buf[i].addr <= from && buf[i].addr + buf[i].size >= to)
			return true;
	return false;
}

static void test_given(void)
{
	u32 nr = ROOM, i, bad = 0;
	u64 here = (unsigned long)buf;

	check("G25 memory_map at a bad address", memory_op(XENMEM_memory_map, BAD_PTR),
	      XEN_EFAULT);
	check("G25 memory_map", get(&nr, buf), 0);
	check("G25 it has ranges", nr > 0 && nr < ROOM, 1);
	check("G25 one has this image", has(nr, here, here + sizeof(buf)), 1);
	for (i = 1; i < nr; i++)
		bad += buf[i].addr < buf[i - 1].addr + buf[i - 1].size;
	check("G25 in order", bad, 0);
	i = nr;
	nr = 0;
	check("G25 memory_map without room", get(&nr, buf), 0);
	check("G25 nothing is told of", nr, 0);
	nr = i;
	check("G25 memory_map to a bad buffer", get(&nr, BAD_PTR), XEN_EFAULT);
	check("G25 the number is as it was", nr == i, 1);
}

static bool same(const struct range *a, const struct range *b, u32 nr)
{
	const u8 *x = (const void *)a, *y = (const void *)b;
	u32 i;

	for (i = 0; i < nr * sizeof(*a); i++)
		if (x[i] != y[i])
			return false;
	return true;
}

static void test_refused(void)
{
	check("G25 set_memory_map at a bad address",
	      memory_op(XENMEM_set_memory_map, BAD_PTR), XEN_EFAULT);
	check("G25 1025 ranges", set(DOMID_SELF, 1025, own), XEN_EINVAL);
	check("G25 1025 ranges of no domain", set(0x7000, 1025, own), XEN_EINVAL);
	check("G25 all that can be asked for", set(DOMID_SELF, ~0U, own), XEN_EINVAL);
	check("G25 set_memory_map of no domain", set(0x7000, 1, own), XEN_ESRCH);
	check("G25 set_memory_map of domain 0", set(0, 1, own), XEN_EPERM);
	check("G25 set_memory_map of domain 0, a bad buffer", set(0, 1, BAD_PTR), XEN_EPERM);
	check("G25 set_memory_map from a bad buffer", set(DOMID_SELF, 1, BAD_PTR),
	      XEN_EFAULT);
}

static void test_set(void)
{
	u32 nr, i;

	for (i = 0; i <= ROOM; i++)
		own[i] = (struct range) { i * 0x300000ULL, 0x200000, 1 + i % 5 };
	nr = ROOM;
	get(&nr, buf);
	i = nr;
	test_refused();
	nr = ROOM;
	check("G25 refused: the map is there still", !get(&nr, own) && nr == i &&
	      same(own, buf, nr), 1);
	for (i = 0; i <= ROOM; i++)
		own[i] = (struct range) { ~0ULL - i, i * 0x123456789ULL, i };
	check("G25 set_memory_map", set(DOMID_SELF, 3, own), 0);
	nr = ROOM;
	check("G25 and it is so", get(&nr, buf), 0);
	check("G25 three ranges", nr, 3);
	check("G25 as they were given", same(buf, own, 3), 1);
	nr = 2;
	memset(buf, 0, sizeof(buf));
	check("G25 room for two", !get(&nr, buf) && nr == 2 && same(buf, own, 2) &&
	      !buf[2].addr, 1);
	check("G25 1024 ranges", set(DOMID_SELF, ROOM, own), 0);
	nr = ROOM + 1;
	check("G25 all of them", !get(&nr, buf) && nr == ROOM && same(buf, own, ROOM), 1);
	check("G25 none at all", set(DOMID_SELF, 0, own), 0);
	nr = 4;
	check("G25 then there is none", get(&nr, buf), XEN_ENOSYS);
	check("G25 none, a bad buffer", set(DOMID_SELF, 0, BAD_PTR), 0);
	check("G25 one again", set(DOMID_SELF, 1, own), 0);
	check("G25 continuation of memory_map",
	      memory_op(XENMEM_memory_map | 1 << 6, &nr), XEN_ENOSYS);
}

void test_main(void)
{
	cli();
	test_given();
	test_set();
}
