/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Atomic operations on words that a guest changes at the same time. All are full barriers.
 *
 * The rule for every architecture: an operation ends after a bounded number of steps,
 * whatever the guest does to the word meanwhile, since senders call it with locks held
 * and interrupts off (XSA-295). Each says whether it has been done: if not, the word is as the
 * guest has it, *was has no meaning, and guest_word.h has the guest stopped.
 *
 * The processor's locked instructions keep the rule by themselves, so here each is done, the
 * compiler knows it, and nothing is left of the question. A machine whose atomics are loops that
 * another CPU's store sends round again counts the rounds: as many as no guest can need that
 * does not mean to.
 */
#ifndef KXEN_GUEST_BITS_H
#define KXEN_GUEST_BITS_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/types.h>
#include <asm/asm.h>

/*
 * A call that is hardly ever made, from where instructions count: it keeps all registers, so that
 * a compiler has nothing to save for it in code that makes none. entry.S has what is called.
 */
#define KXEN_CALL_SAVED(name, a) ({					\
	asm volatile("call kxen_arch_" #name : ASM_CALL_CONSTRAINT	\
		     : "D" (a) : "memory", "cc");			\
})
#define KXEN_CALL_SAVED_2(name, a, b) ({				\
	asm volatile("call kxen_arch_" #name : ASM_CALL_CONSTRAINT	\
		     : "D" (a), "S" (b) : "memory", "cc");		\
})

static __always_inline bool kxen_bits_test_and_set(u64 *word, u32 nr, bool *was)
{
	*was = test_and_set_bit(nr, (unsigned long *)word);
	return true;
}

static __always_inline bool kxen_bits_test_and_clear(u64 *word, u32 nr, bool *was)
{
	*was = test_and_clear_bit(nr, (unsigned long *)word);
	return true;
}

static __always_inline bool kxen_bits_xchg8(u8 *word, u8 value, u8 *was)
{
	*was = xchg(word, value);
	return true;
}

static __always_inline bool kxen_bits_cmpxchg32(u32 *word, u32 old, u32 new, u32 *was)
{
	*was = cmpxchg(word, old, new);
	return true;
}

static __always_inline bool kxen_bits_cmpxchg64(u64 *word, u64 old, u64 new, u64 *was)
{
	*was = cmpxchg64(word, old, new);
	return true;
}

#endif
