// SPDX-License-Identifier: GPL-2.0
/*
 * The port allocator against a model. The fuzzer's bytes are a schedule of allocations,
 * of ports that are asked for by number, releases, walks and lookups, while memory runs
 * out now and then. With -DTHREADS, under the thread sanitizer: lookups while it grows.
 */
#include "shim.h"

#define BITS	(8 * sizeof(long))

/* The kernel's, in their plainest form. */
static unsigned long next_bit(const unsigned long *map, unsigned long size, unsigned long at,
			      bool set)
{
	while (at < size && (map[at / BITS] >> at % BITS & 1) != set)
		at++;
	return at < size ? at : size;
}

#define find_next_bit(map, size, at)		next_bit(map, size, at, true)
#define find_next_zero_bit(map, size, at)	next_bit(map, size, at, false)

static void __set_bit(unsigned long nr, unsigned long *map)
{
	map[nr / BITS] |= 1UL << nr % BITS;
}

static void __clear_bit(unsigned long nr, unsigned long *map)
{
	map[nr / BITS] &= ~(1UL << nr % BITS);
}

struct kxen_port {
	u32 port;
	u32 owner;
};

#include "../../evtchn/port_map.h"

static struct kxen_port_table table;
static struct kxen_port_set set;
static u32 memory;	/* buckets that can still be had */

static struct kxen_port *make(u32 first)
{
	struct kxen_port *bucket;
	u32 i;

	if (!memory)
		return NULL;
	memory--;
	/* Exactly as large as it must be: a port beyond it is found. */
	bucket = calloc(KXEN_PORTS_PER_BUCKET, sizeof(*bucket));
	for (i = 0; i < KXEN_PORTS_PER_BUCKET; i++)
		bucket[i].port = first + i;
	return bucket;
}

static void set_up(u32 max_ports)
{
	u32 buckets = (max_ports + KXEN_PORTS_PER_BUCKET - 1) / KXEN_PORTS_PER_BUCKET;

	memset(&table, 0, sizeof(table));
	memset(&set, 0, sizeof(set));
	table.buckets = calloc(buckets, sizeof(*table.buckets));
	set.used = calloc((buckets * KXEN_PORTS_PER_BUCKET + BITS - 1) / BITS, sizeof(long));
	set.max_ports = max_ports;
}

static void tear_down(void)
{
	u32 i;

	for (i = 0; i < table.nr_valid / KXEN_PORTS_PER_BUCKET; i++)
		free(table.buckets[i]);
	free(table.buckets);
	free(set.used);
}

#ifndef THREADS

#define MODEL	1024

static bool model[MODEL];

/* Lookups answer for what exists and for nothing else. */
static void check_lookup(u32 port)
{
	struct kxen_port *p = kxen_port_table_at(&table, port);

	if (!!p != (port < table.nr_valid))
		fail("port %u of %u: found %d", port, table.nr_valid, !!p);
	if (p && p->port != port)
		fail("port %u is %u", port, p->port);
}

static void take(u32 port)
{
	struct kxen_port *p = kxen_port_table_at(&table, port);

	if (!p || p->owner)
		fail("port %u was handed out twice, or is not there", port);
	p->owner = 1;
	kxen_port_set_take(&set, port);
	model[port] = true;
}

/* What kxen_port_alloc() does; a busy port is one that must not be handed out yet. */
static void alloc(u32 limit, u32 busy)
{
	u32 from = 0, port, want = 0;

	while (want < limit && want < set.max_ports && (model[want] || want == busy))
		want++;
	do {
		port = kxen_port_set_find(&set, from, limit);
		if (port == U32_MAX) {
			if (want < limit && want < set.max_ports)
				fail("port %u is free, and was not found", want);
			return;
		}
		if (port >= set.max_ports || port >= limit)
			fail("port %u is beyond the limit", port);
		if (kxen_port_table_grow(&table, port, make)) {
			if (memory)
				fail("there was memory for port %u", port);
			check_lookup(port);
			return;
		}
		from = port + 1;
	} while (port == busy);
	if (port != want)
		fail("port %u instead of %u", port, want);
	take(port);
}

/* What kxen_port_alloc_at() does. */
static void alloc_at(u32 port)
{
	if (port >= set.max_ports || model[port] ||
	    kxen_port_table_grow(&table, port, make))
		return;
	take(port);
}

static void release(u32 port)
{
	if (port >= set.max_ports || !model[port])
		return;
	kxen_port_table_at(&table, port)->owner = 0;
	kxen_port_set_release(&set, port);
	model[port] = false;
}

/* A walk meets each used port once, in order. */
static void walk(u32 from)
{
	u32 port, next = from;

	while ((port = kxen_port_set_next(&set, next, table.nr_valid)) != U32_MAX) {
		for (; next < port; next++)
			if (model[next])
				fail("port %u is not on the walk", next);
		if (!model[port])
			fail("port %u is on the walk, and free", port);
		next = port + 1;
	}
	for (; next < MODEL; next++)
		if (model[next])
			fail("port %u is behind the walk", next);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t i;

	if (size < 2)
		return 0;
	memset(model, 0, sizeof(model));
	memory = data[0] & 15;
	set_up((data[0] >> 4) * 64 + data[1] % 65 + 1);
	for (i = 2; i + 1 < size; i += 2) {
		u32 n = data[i + 1] | (data[i] & 0xc0) << 2;

		switch (data[i] & 7) {
		case 0: case 1: alloc(MODEL, U32_MAX); break;
		case 2: alloc(n, data[i] >> 3); break;
		case 3: alloc_at(n); break;
		case 4: release(n); break;
		case 5: walk(n); break;
		case 6: check_lookup(n); break;
		case 7: memory = n & 3; break;
		}
	}
	walk(0);
	check_lookup(table.nr_valid);
	tear_down();
	return 0;
}

#else

#include <pthread.h>

#define READERS	3
#define PORTS	(64 * 2048)

static u32 seen[READERS];
static bool over;

/* A port that can be found is complete: the bucket was published, not only counted. */
static void *reader(void *arg)
{
	u32 n = (uintptr_t)arg, port = n;

	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		struct kxen_port *p;

		port = (port * 5 + 1) % PORTS;
		p = kxen_port_table_at(&table, port);
		if (!p)
			continue;
		if (p->port != port)
			fail("port %u is %u", port, p->port);
		__atomic_fetch_add(&seen[n], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

int main(void)
{
	pthread_t r[READERS];
	u32 i, port, total = 0;

	set_up(PORTS);
	memory = PORTS / KXEN_PORTS_PER_BUCKET;
	for (i = 0; i < READERS; i++)
		pthread_create(&r[i], NULL, reader, (void *)(uintptr_t)i);
	for (i = 0; i < PORTS; i += KXEN_PORTS_PER_BUCKET) {
		port = kxen_port_set_find(&set, i, PORTS);
		if (port != i || kxen_port_table_grow(&table, port, make))
			fail("port %u is not to be had", i);
		kxen_port_set_take(&set, port);
	}
	/* All are there: each reader has to find some, however late it began. */
	for (i = 0; i < READERS; i++)
		while (!__atomic_load_n(&seen[i], __ATOMIC_RELAXED))
			;
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	for (i = 0; i < READERS; i++) {
		pthread_join(r[i], NULL);
		total += seen[i];
	}
	tear_down();
	printf("ok - %u ports grow under %d readers: each that is found is complete\n", PORTS,
	       READERS);
	return !total;
}

#endif
