// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of the N-level ABI. As a fuzz target: raises and scans in any order, at any
 * depth and width, at ports up to the end of four levels. With -DTHREADS, under the
 * thread sanitizer: raisers and scanners at the same time, and none may be lost.
 */
#include "shim.h"
#include "../../kvm-xen/guest_word.h"
#include "../../evtchn/nlevel_walk.h"

/* Ports that are used: few, far apart, and both ends of a level. */
static u32 port_of(u32 n, u32 levels, u32 shift)
{
	u32 all = kxen_nl_ports(levels, shift);
	u32 odd[] = { 0, 1, (1u << shift) - 1, 1u << shift, (1u << 2 * shift) - 1,
		      1u << 2 * shift, (1u << 3 * shift) - 1, 1u << 3 * shift, all - 1, all / 2 };
	u32 k = sizeof(odd) / sizeof(odd[0]);

	return n % (2 * k) < k ? odd[n % k] % all : (u32)(n * 2654435761u) % all;
}

static struct kxen_nl_inner in;
static u64 *leaf, root;
static size_t leaf_bytes;
static u32 levels, shift;

static void set_up(u32 l, u32 s)
{
	u32 level, i;

	levels = l;
	shift = s;
	leaf_bytes = kxen_nl_ports(levels, shift) / 8 < 8 ? 8 : kxen_nl_ports(levels, shift) / 8;
	leaf = calloc(1, leaf_bytes);
	root = 0;
	/* Each inner level exactly as large as it says: one bit beyond is found. */
	for (level = 2; level < levels; level++) {
		u32 bytes = kxen_nl_bytes(shift, level);

		for (i = 0; i < kxen_nl_pages(shift, level); i++)
			in.page[level - 2][i] = kxen_gptr_own(calloc(1, bytes > 4096 ? 4096 : bytes));
	}
}

static void tear_down(void)
{
	u32 level, i;

	for (level = 2; level < levels; level++)
		for (i = 0; i < kxen_nl_pages(shift, level); i++)
			free(in.page[level - 2][i].raw);
	free(leaf);
}

static void raise(u32 port)
{
	if (kxen_guest_test_and_set(&dom, kxen_gptr_own(leaf), port))
		return;
	if (kxen_nl_climb(&dom, &in, levels, shift, port))
		kxen_guest_test_and_set(&dom, kxen_gptr_own(&root), kxen_nl_bit(levels, shift, 1, port));
}

/* A word of a level, taken whole: 32 or 64 bits. */
static u64 take_word(u32 level, u32 word)
{
	u32 bit = word << shift;
	u8 *base = level == 1 ? (u8 *)&root :
		   level == levels ? (u8 *)leaf :
		   in.page[level - 2][bit >> KXEN_NL_PAGE_SHIFT].raw;
	u32 at = level == 1 || level == levels ? bit : bit & (KXEN_NL_PAGE_BITS - 1);

	if (shift == 5)
		return __atomic_exchange_n((u32 *)(base + at / 8), 0, __ATOMIC_SEQ_CST);
	return __atomic_exchange_n((u64 *)(base + at / 8), 0, __ATOMIC_SEQ_CST);
}

static u32 found;
static void (*on_port)(u32 port);

static void scan(u32 level, u32 word)
{
	u64 w = take_word(level, word);

	for (; w; w &= w - 1) {
		u32 child = (word << shift) + __builtin_ctzll(w);

		if (level == levels) {
			__atomic_fetch_add(&found, 1, __ATOMIC_SEQ_CST);
			if (on_port)
				on_port(child);
		} else {
			scan(level + 1, child);
		}
	}
}

#ifdef STEPS

/*
 * A whole scan before each step of a raiser in turn, and one behind it: the event is
 * found by one of the two. Deterministic; a raiser with another order fails here.
 */
static u32 now, when;

static void step(void)
{
	static bool inside;

	if (inside || now++ != when)
		return;
	inside = true;
	scan(1, 0);
	inside = false;
}

static void each_step(u32 l, u32 s)
{
	u32 n, port;

	for (n = 0; n < 20; n++) {
		port = port_of(n, l, s);
		for (when = 0; when <= l + 1; when++) {
			set_up(l, s);
			found = now = 0;
			raise(port);
			now = ~0u;
			scan(1, 0);
			if (!found)
				fail("port %u is lost, scanned before step %u of %u levels", port,
				     when, l);
			/* Nothing stays behind that would stop the next one. */
			raise(port);
			found = 0;
			scan(1, 0);
			if (!found)
				fail("port %u is stuck, scanned before step %u of %u levels", port,
				     when, l);
			tear_down();
		}
	}
	printf("ok - %u levels of %u bits, scanned before each step\n", l, 1u << s);
}

int main(void)
{
	u32 l;

	for (l = 2; l <= 4; l++) {
		each_step(l, 5);
		if (l < 4)
			each_step(l, 6);
	}
	return 0;
}

#elif !defined(THREADS)

static bool wanted[32];
static u32 ports[32];

static void seen(u32 port)
{
	u32 i;

	for (i = 0; i < 32; i++)
		if (ports[i] == port && wanted[i]) {
			wanted[i] = false;
			return;
		}
	fail("port %u was not raised", port);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t i;
	u32 k;

	if (!size)
		return 0;
	/* Four levels of 64-bit words are 2 MB of leaf: now and then only. */
	set_up(2 + data[0] % 3, data[0] & 0x40 ? 6 : 5);
	on_port = seen;
	memset(wanted, 0, sizeof(wanted));
	for (k = 0; k < 32; k++)
		ports[k] = ~0u;
	for (i = 1; i < size; i++) {
		u32 port = port_of(data[i] >> 1, levels, shift);

		if (data[i] & 1 && i % 7 == 0) {
			scan(1, 0);
			continue;
		}
		for (k = 0; k < 32 && ports[k] != port && ports[k] != ~0u; k++)
			;
		if (k == 32)
			continue;
		ports[k] = port;
		wanted[k] = true;
		raise(port);
	}
	scan(1, 0);
	for (k = 0; k < 32; k++)
		if (wanted[k])
			fail("port %u is lost (%u levels, %u bits)", ports[k], levels, 1u << shift);
	if (root)
		fail("the root is not empty");
	tear_down();
	return 0;
}

#else

#include <pthread.h>
#include <sched.h>

#define RAISERS	3
#define ROUNDS	20000
#define USED	64

static u32 sent[USED], got[USED], used[USED];
static bool over;

static void count(u32 port)
{
	u32 i;

	for (i = 0; i < USED; i++)
		if (used[i] == port)
			__atomic_fetch_add(&got[i], 1, __ATOMIC_SEQ_CST);
}

static void *raiser(void *arg)
{
	u32 i, n = (uintptr_t)arg * 7919;

	for (i = 0; i < ROUNDS; i++) {
		u32 k = (n + i * 31) % USED;

		__atomic_fetch_add(&sent[k], 1, __ATOMIC_SEQ_CST);
		raise(used[k]);
	}
	return NULL;
}

static void *scanner(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
		scan(1, 0);
		sched_yield();
	}
	return NULL;
}

static void storm(u32 l, u32 s)
{
	pthread_t r[RAISERS], sc[2];
	u32 i;

	set_up(l, s);
	on_port = count;
	memset(sent, 0, sizeof(sent));
	memset(got, 0, sizeof(got));
	over = false;
	for (i = 0; i < USED; i++)
		used[i] = port_of(i, levels, shift);
	for (i = 0; i < 2; i++)
		pthread_create(&sc[i], NULL, scanner, NULL);
	for (i = 0; i < RAISERS; i++)
		pthread_create(&r[i], NULL, raiser, (void *)(uintptr_t)i);
	for (i = 0; i < RAISERS; i++)
		pthread_join(r[i], NULL);
	__atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < 2; i++)
		pthread_join(sc[i], NULL);
	scan(1, 0);
	for (i = 0; i < USED; i++)
		if (sent[i] && !got[i])
			fail("port %u was never seen", used[i]);
	/* What is left of a lost one: a leaf bit that no selector leads to. */
	for (i = 0; i < leaf_bytes / 8; i++)
		if (leaf[i])
			fail("a port in leaf word %u is lost (%u levels)", i, levels);
	tear_down();
	printf("ok - %u levels of %u bits, %u raisers, two scanners: none is lost\n", l, 1u << s,
	       RAISERS);
}

int main(void)
{
	u32 l;

	for (l = 2; l <= 4; l++) {
		storm(l, 6);
		storm(l, 5);
	}
	return 0;
}

#endif
