/* SPDX-License-Identifier: GPL-2.0-only */
/* Atomic operations on words that a guest changes at the same time. */
#ifndef KXEN_GUEST_BITS_H
#define KXEN_GUEST_BITS_H

#include <linux/types.h>

bool kxen_bits_test_and_set(u64 *word, u32 nr, bool *was);
bool kxen_bits_test_and_clear(u64 *word, u32 nr, bool *was);
bool kxen_bits_xchg8(u8 *word, u8 value, u8 *was);
bool kxen_bits_cmpxchg32(u32 *word, u32 old, u32 new, u32 *was);
bool kxen_bits_cmpxchg64(u64 *word, u64 old, u64 new, u64 *was);

#endif
