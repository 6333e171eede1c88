/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Atomic operations on words that a guest changes at the same time. All are full barriers.
 *
 * The rule for every architecture: an operation ends after a bounded number of steps,
 * whatever the guest does to the word meanwhile, since senders call it with locks held
 * and interrupts off (XSA-295). The processor's locked instructions keep it. A machine
 * whose atomics are loops that another CPU's store sends round again must count the
 * rounds, and stop the guest when there were too many, before it goes on without counting.
 */
#ifndef KXEN_GUEST_BITS_H
#define KXEN_GUEST_BITS_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/types.h>

static __always_inline bool kxen_bits_test_and_set(u64 *word, u32 nr)
{
	return test_and_set_bit(nr, (unsigned long *)word);
}

static __always_inline bool kxen_bits_test_and_clear(u64 *word, u32 nr)
{
	return test_and_clear_bit(nr, (unsigned long *)word);
}

static __always_inline u8 kxen_bits_xchg8(u8 *word, u8 value)
{
	return xchg(word, value);
}

static __always_inline u32 kxen_bits_cmpxchg32(u32 *word, u32 old, u32 new)
{
	return cmpxchg(word, old, new);
}

static __always_inline u64 kxen_bits_cmpxchg64(u64 *word, u64 old, u64 new)
{
	return cmpxchg64(word, old, new);
}

#endif
