// SPDX-License-Identifier: GPL-2.0
/*
 * A machine whose atomic operations are loops, which another CPU's store sends round again, and
 * a guest that stores all the time (XSA-295). kvm-xen/guest_word.h and what is built on it must
 * come to an end, have that guest stopped and no other, and change nothing in between. And it
 * is a machine with one window to its guests' pages.
 */
#define OWN_BITS
#include "shim.h"

#define EVTCHN_FIFO_PENDING	31
#define EVTCHN_FIFO_MASKED	30
#define EVTCHN_FIFO_LINKED	29
#define EVTCHN_FIFO_BUSY	28
#define EVTCHN_FIFO_LINK_MASK	((1U << 17) - 1)

#define BOUND	1000	/* rounds of one operation */

/* How often the guest is quicker from now on, and how often anybody has tried. */
static u64 quicker, tries;

/* A store that fails if somebody else has stored there since the load. */
static bool store_exclusive(void)
{
	tries++;
	if (!quicker)
		return true;
	quicker--;
	return false;
}

/* An architecture's guest_bits.h of that kind. */
#define LOOP(word, new, was) do {						\
	u32 round_;								\
										\
	for (round_ = 0; round_ < BOUND; round_++) {				\
		__typeof__(*(word)) old_ = READ_ONCE(*(word));			\
										\
		if (store_exclusive()) {					\
			*(word) = (new);					\
			*(was) = old_;						\
			return true;						\
		}								\
	}									\
	return false;								\
} while (0)

static bool or64(u64 *word, u64 bits, u64 *was)
{
	LOOP(word, old_ | bits, was);
}

static bool and64(u64 *word, u64 bits, u64 *was)
{
	LOOP(word, old_ & bits, was);
}

static bool kxen_bits_test_and_set(u64 *word, u32 nr, bool *was)
{
	u64 old = 0;
	bool done = or64(word, 1ULL << nr, &old);

	*was = old >> nr & 1;
	return done;
}

static bool kxen_bits_test_and_clear(u64 *word, u32 nr, bool *was)
{
	u64 old = 0;
	bool done = and64(word, ~(1ULL << nr), &old);

	*was = old >> nr & 1;
	return done;
}

static bool kxen_bits_xchg8(u8 *word, u8 value, u8 *was)
{
	LOOP(word, value, was);
}

static bool kxen_bits_cmpxchg32(u32 *word, u32 old, u32 new, u32 *was)
{
	LOOP(word, old_ == old ? new : old_, was);
}

static bool kxen_bits_cmpxchg64(u64 *word, u64 old, u64 new, u64 *was)
{
	LOOP(word, old_ == old ? new : old_, was);
}

static void kxen_domain_stuck(struct kxen_domain *d)
{
#ifndef BLAME_NOBODY
	d->stuck++;
#else
	(void)d;
#endif
}

/* A host that does not map its guests' memory, and has room for one page of theirs. */
#define KXEN_TEST_WINDOWS

#include "../../kvm-xen/guest_word.h"
#include "../../evtchn/fifo_link.h"
#include "../../evtchn/nlevel_walk.h"

static u32 windows, opened;

static void *kxen_gptr_map(struct kxen_gptr g)
{
	if (windows++)
		fail("two windows are open at once");
	opened++;
	return g.raw;
}

static void kxen_gptr_unmap(void *p)
{
	(void)p;
	windows--;
}

static struct kxen_domain hostile, other;
static u64 memory[512];
static struct kxen_gptr page;
static u32 checks;

/* A guest that is quicker @times, at a word of its own. */
static void fight(u64 times)
{
	memset(memory, 0, sizeof(memory));
	page = kxen_gptr_own(memory);
	hostile.stuck = 0;
	tries = 0;
	quicker = times;
}

/* It has been, and what it has fought for took @most operations at most. */
static void gave_up(const char *what, u64 most, bool stopped)
{
	if (stopped != !!hostile.stuck)
		fail("%s: the guest is %sstopped", what, stopped ? "not " : "");
	if (other.stuck)
		fail("%s: another guest is stopped", what);
	if (tries > most * BOUND || tries < (most ? BOUND : 0))
		fail("%s: %llu tries", what, (unsigned long long)tries);
	checks++;
}

static void is(const char *what, u64 got, u64 want)
{
	if (got != want)
		fail("%s: %llx, not %llx", what, (unsigned long long)got, (unsigned long long)want);
	checks++;
}

/* Each operation: nothing has changed, and the caller is to do no more. */
static void operations(void)
{
	fight(~0ULL);
	is("set", kxen_guest_test_and_set(&hostile, page, 70), true);
	gave_up("set", 1, true);
	is("set: the word", memory[1], 0);

	fight(~0ULL);
	memory[1] = ~0ULL;
	is("clear", kxen_guest_test_and_clear(&hostile, page, 70), false);
	gave_up("clear", 1, true);
	is("clear: the word", memory[1], ~0ULL);

	fight(~0ULL);
	is("upcall flag", kxen_guest_xchg8(&hostile, page, 1), 1);
	gave_up("upcall flag", 1, true);
	is("upcall flag: the word", memory[0], 0);

	fight(~0ULL);
	is("exchange", kxen_guest_cmpxchg32(&hostile, page, 0, 5) == 0, false);
	gave_up("exchange", 1, true);
	is("exchange: the word", memory[0], 0);

	/* Under a lock where nobody can be stopped: it is left as it is. */
	fight(~0ULL);
	is("swap", kxen_guest_swap64(page, 0, 5), false);
	gave_up("swap", 1, false);
	is("swap: the word", memory[0], 0);

	fight(~0ULL);
	is("selector", kxen_guest_set_sel(&hostile, page, 3, 64), true);
	gave_up("selector", 1, true);
	/* Of 32 bits all can be set at once, by a store: the vCPU looks at everything. */
	fight(~0ULL);
	is("narrow selector", kxen_guest_set_sel(&hostile, page, 3, 32), false);
	gave_up("narrow selector", 1, false);
	is("narrow selector: the word", memory[0], ~0U);
}

/* What is built on them: so many operations at most, and it ends. */
static void fifo(void)
{
	struct kxen_word w = { kxen_gptr_own(memory), 1 };
	bool broken = false;

	fight(~0ULL);
	w.page = page;
	((u32 *)memory)[1] = KXEN_FIFO_LINKED;
	is("link", kxen_fifo_link(&hostile, w, 7, &broken), true);
	is("link: the guest breaks the rules", broken, true);
	gave_up("link", 7, true);
	is("link: the word", ((u32 *)memory)[1], KXEN_FIFO_LINKED);
}

static void nlevel(void)
{
	struct kxen_nl_inner in = { };

	fight(~0ULL);
	in.page[0][0] = page;
	in.page[1][0] = kxen_gptr_at(page, 2048);
	is("climb", kxen_nl_climb(&hostile, &in, 4, 5, 9), false);
	gave_up("climb", 1, true);
}

/* Less than the bound is a guest in a hurry: all is done, and it goes on. */
static void hurry(void)
{
	fight(BOUND - 1);
	is("hurry", kxen_guest_test_and_set(&hostile, page, 70), false);
	is("hurry: the word", memory[1], 1ULL << 6);
	is("hurry: it goes on", hostile.stuck, 0);
	fight(0);
	is("peace", kxen_guest_test_and_set(&other, page, 70), false);
	is("peace: the word", memory[1], 1ULL << 6);
	is("peace: one round", tries, 1);
	is("peace: swap", kxen_guest_swap64(kxen_gptr_at(page, 8), 1ULL << 6, 7), true);
	is("peace: the word is another", memory[1], 7);
	is("peace: no swap", kxen_guest_swap64(kxen_gptr_at(page, 8), 1ULL << 6, 8), false);
	is("peace: the word stays", memory[1], 7);
}

/* From page to page: all of it and no more, by one window. */
static void copies(void)
{
	static const u32 lens[] = { 0, 1, 63, 64, 65, 200, 4096 };
	static u8 from[4096], to[4096 + 1];
	u32 i, k;

	for (i = 0; i < sizeof(from); i++)
		from[i] = i * 7 + 1;
	for (k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
		memset(to, 0, sizeof(to));
		opened = 0;
		kxen_guest_copy(kxen_gptr_own(to), kxen_gptr_own(from), lens[k]);
		is("copy", memcmp(to, from, lens[k]), 0);
		is("copy: what is behind it", to[lens[k]], 0);
		is("copy: a window each time", opened, 2 * ((lens[k] + 63) / 64));
	}
}

int main(void)
{
	copies();
	operations();
	fifo();
	nlevel();
	hurry();
	is("windows are closed", windows, 0);
	printf("%u checks\n", checks);
	return 0;
}
