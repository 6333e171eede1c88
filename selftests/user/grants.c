// SPDX-License-Identifier: GPL-2.0
/*
 * Grants in use against a guest that rewrites its entries. The fuzzer's bytes are a schedule:
 * users that come and go, and a guest that keeps the rules or does not. What an honest guest is
 * told is right at all times; with a hostile one every call ends and touches its own words only.
 */
#include "shim.h"

#define GTF_permit_access	1U
#define GTF_transitive		3U
#define GTF_type_mask		3U
#define GTF_readonly		4U
#define _GTF_reading		3
#define _GTF_writing		4
#define GTF_reading		(1U << _GTF_reading)
#define GTF_writing		(1U << _GTF_writing)
#define GTF_sub_page		256U

#include "../../kvm-xen/guest_word.h"
#include "../../gnttab/entry.h"
#include "../../gnttab/pins.h"

#define REFS	8
#define MINE	7	/* who uses them */

static u64 table[REFS * 2];
static u64 status[REFS / 4];	/* words of 16 */

static struct kxen_gnt_at at(u32 ref, bool v2)
{
	struct kxen_gnt_at a = { .d = &dom, .v2 = v2 };

	a.entry = kxen_gptr_own((u8 *)table + ref * (v2 ? 16 : 8));
	a.status = v2 ? kxen_gptr_own((u8 *)status + ref * 2) : a.entry;
	return a;
}

static u32 *header(u32 ref, bool v2)
{
	return (u32 *)((u8 *)table + ref * (v2 ? 16 : 8));
}

static u16 bits(u32 ref, bool v2)
{
	return v2 ? ((u16 *)status)[ref] : (u16)*header(ref, false);
}

static u32 place_of(u32 ref, bool v2)
{
	struct kxen_gnt_place p = kxen_gnt_where(at(ref, v2));

	if (!v2 && p.gfn >> 32)
		fail("a frame of %llx", (unsigned long long)p.gfn);
	if (!p.part && (p.start || p.length != 4096))
		fail("a whole page from %u, %u", p.start, p.length);
	return p.part;
}

#ifndef THREADS

/* --- pins -------------------------------------------------------------------------- */

static void test_pins(void)
{
	u32 pin = 0, i, n = 0;

	for (i = 0; i < 300 && !kxen_pin_full(pin, kxen_pin_one(true)); i++, n++)
		pin += kxen_pin_one(true);
	if (n != 128 || kxen_pin_full(pin, kxen_pin_one(false)) || !kxen_pin_written(pin))
		fail("D6: %u writers, pins %x", n, pin);
	for (i = 0; !kxen_pin_full(pin, kxen_pin_one(false)); i++)
		pin += kxen_pin_one(false);
	if (i != 128 || pin != 0x8080)
		fail("D6: %u readers, pins %x", i, pin);
	pin -= n * kxen_pin_one(true);
	if (kxen_pin_written(pin) || pin != 0x80)
		fail("D6: pins %x", pin);
}

/* --- ranges ------------------------------------------------------------------------ */

static void test_ranges(void)
{
	struct kxen_gnt_place part = { .start = 100, .length = 50, .part = true };
	struct kxen_gnt_place odd = { .start = 0xffff, .length = 0xffff, .part = true };
	struct kxen_gnt_place all = { .length = 4096 };

	if (!kxen_gnt_in_page(4095, 1) || kxen_gnt_in_page(4095, 2) ||
	    kxen_gnt_in_page(0xffff, 0xffff) || !kxen_gnt_in_page(0, 4096))
		fail("D75: page");
	if (!kxen_gnt_in_part(&part, 100, 50) || kxen_gnt_in_part(&part, 99, 2) ||
	    kxen_gnt_in_part(&part, 149, 2) || !kxen_gnt_in_part(&all, 0, 4096) ||
	    kxen_gnt_in_part(&odd, 4000, 90))
		fail("D75: part");
}

/* --- an honest guest, one step after the other ------------------------------------- */

/**
 * struct model - what is right of a reference.
 * @granted: it is granted to MINE.
 * @read_only: to read.
 * @pin: as an active entry has it.
 */
struct model {
	bool granted;
	bool read_only;
	u32 pin;
};

static struct model model[REFS];

static void use(u32 ref, bool v2, bool write)
{
	struct model *m = &model[ref];
	struct kxen_gnt_want w = { .domid = MINE, .write = write, .pinned = m->pin };
	bool ok = true;

	if (kxen_pin_full(m->pin, kxen_pin_one(write)))
		return;
	if (!m->pin || (write && !kxen_pin_written(m->pin)))
		ok = kxen_gnt_set(at(ref, v2), &w);
	if (ok != (m->pin ? !write || kxen_pin_written(m->pin) || !m->read_only :
		   m->granted && !(write && m->read_only)))
		fail("D26: ref %u: %d", ref, ok);
	if (ok)
		m->pin += kxen_pin_one(write);
}

static void unuse(u32 ref, bool v2, bool write)
{
	struct model *m = &model[ref];
	bool wrote = kxen_pin_written(m->pin);

	if (!(m->pin & (write ? 0xff00 : 0xff)))
		return;
	m->pin -= kxen_pin_one(write);
	kxen_gnt_clear(at(ref, v2), wrote && !kxen_pin_written(m->pin), !m->pin);
}

/* As Linux does it: only while nobody uses it. */
static void grant(u32 ref, bool v2, bool read_only)
{
	struct model *m = &model[ref];

	if (m->granted && !(bits(ref, v2) & (GTF_reading | GTF_writing))) {
		*header(ref, v2) = 0;
		m->granted = false;
	} else if (!m->granted) {
		*header(ref, v2) = MINE << 16 | GTF_permit_access |
			(read_only ? GTF_readonly : 0);
		m->granted = true;
		m->read_only = read_only;
	}
}

static void look(bool v2)
{
	u32 i, want;

	for (i = 0; i < REFS; i++) {
		want = (model[i].pin ? GTF_reading : 0) |
			(kxen_pin_written(model[i].pin) ? GTF_writing : 0);
		if ((bits(i, v2) & (GTF_reading | GTF_writing)) != want)
			fail("D46: ref %u is told %x, pins %x", i, bits(i, v2), model[i].pin);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	bool v2 = size && data[0] & 1;
	size_t i;
	u32 ref;

	test_pins();
	test_ranges();
	memset(table, 0, sizeof(table));
	memset(status, 0, sizeof(status));
	memset(model, 0, sizeof(model));
	for (i = 1; i < size; i++) {
		ref = data[i] % REFS;
		switch (data[i] >> 5) {
		case 0 ... 1:
			grant(ref, v2, data[i] & 8);
			break;
		case 2 ... 4:
			use(ref, v2, data[i] & 8);
			break;
		default:
			unuse(ref, v2, data[i] & 8);
		}
		look(v2);
		place_of(ref, v2);
	}
	return 0;
}

#else

#include <pthread.h>

#define ROUNDS	300000

static bool stop;

/* Rewrites all that it can, by whole words and by half ones. */
static void *hostile(void *arg)
{
	u32 x = 12345, ref;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		x = x * 1664525 + 1013904223;
		ref = x >> 29;
		__atomic_store_n(header(ref, false), x & 0x800 ? x : MINE << 16 | 1,
				 __ATOMIC_RELAXED);
		__atomic_store_n(header(ref, false) + 1, x >> 3, __ATOMIC_RELAXED);
	}
	return arg;
}

int main(void)
{
	struct kxen_gnt_want w = { .domid = MINE };
	u32 i, ok = 0, refused = 0, parts = 0, ref;
	pthread_t t;
	bool v2;

	pthread_create(&t, NULL, hostile, NULL);
	for (i = 0; i < ROUNDS; i++) {
		v2 = i & 1;
		ref = i / 2 % (REFS / 2);
		w.write = i & 64;
		parts += place_of(ref, v2);
		if (!kxen_gnt_set(at(ref, v2), &w)) {
			refused++;
			continue;
		}
		ok++;
		kxen_gnt_clear(at(ref, v2), w.write, true);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	/* No word of the status is the hostile guest's here: all that was set is cleared. */
	for (i = 0; i < REFS; i++)
		if (bits(i, true))
			fail("ref %u keeps %x", i, bits(i, true));
	if (!ok || !refused)
		fail("%u granted, %u refused", ok, refused);
	printf("# grants: %u used, %u refused, %u parts\n", ok, refused, parts);
	return 0;
}

#endif
