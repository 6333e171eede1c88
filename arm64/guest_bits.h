/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Atomic operations on words that a guest changes at the same time. All are full barriers.
 *
 * The rule is the one of x86/guest_bits.h: an operation ends after a bounded number of steps,
 * whatever the guest does to the word meanwhile (XSA-295). Processors with LSE have instructions
 * for them, which keep it by themselves. Others have pairs of a load and a store that fails if
 * somebody has been at the line in between: the kernel's own loops of these go on for as long as
 * a vCPU stores there, so these here count. No guest needs as many rounds that does not mean to.
 */
#ifndef KXEN_GUEST_BITS_H
#define KXEN_GUEST_BITS_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/nospec.h>		/* for guest_word.h */
#include <linux/types.h>
#include <asm/barrier.h>
#include <asm/lse.h>

#define KXEN_BITS_ROUNDS	1024

/* A branch that is patched at boot. */
#ifdef KXEN_SYSTEM_USES_LSE
#define kxen_has_lse()	system_uses_lse_atomics()
#else
#define kxen_has_lse()	alternative_has_cap_likely(ARM64_HAS_LSE_ATOMICS)
#endif

/*
 * The pairs, as often as that: false if all have failed. The store is a release and a barrier
 * follows, as in the kernel's own.
 */

/* *word = (*word & ~clear) | set */
static __always_inline bool kxen_bits_change64(u64 *word, u64 clear, u64 set, u64 *was)
{
	u32 failed, left = KXEN_BITS_ROUNDS;
	u64 new;

	asm volatile("	prfm	pstl1strm, %[word]\n"
		     "1:	ldxr	%[was], %[word]\n"
		     "	bic	%[new], %[was], %[clear]\n"
		     "	orr	%[new], %[new], %[set]\n"
		     "	stlxr	%w[failed], %[new], %[word]\n"
		     "	cbz	%w[failed], 2f\n"
		     "	sub	%w[left], %w[left], #1\n"
		     "	cbnz	%w[left], 1b\n"
		     "2:"
		     : [was] "=&r" (*was), [new] "=&r" (new), [failed] "=&r" (failed),
		       [left] "+&r" (left), [word] "+Q" (*word)
		     : [clear] "r" (clear), [set] "r" (set) : "memory");
	smp_mb();	/* pairs with the guest's, between its own store and its look */
	return !failed;
}

static __always_inline bool kxen_bits_store8(u8 *word, u8 value, u8 *was)
{
	u32 failed, left = KXEN_BITS_ROUNDS;

	asm volatile("	prfm	pstl1strm, %[word]\n"
		     "1:	ldxrb	%w[was], %[word]\n"
		     "	stlxrb	%w[failed], %w[value], %[word]\n"
		     "	cbz	%w[failed], 2f\n"
		     "	sub	%w[left], %w[left], #1\n"
		     "	cbnz	%w[left], 1b\n"
		     "2:"
		     : [was] "=&r" (*was), [failed] "=&r" (failed), [left] "+&r" (left),
		       [word] "+Q" (*word)
		     : [value] "r" (value) : "memory");
	smp_mb();	/* pairs with the guest's, between its own store and its look */
	return !failed;
}

/* That something else was there than @old is an answer, too. */
static __always_inline bool kxen_bits_swap32(u32 *word, u32 old, u32 new, u32 *was)
{
	u32 failed, differs, left = KXEN_BITS_ROUNDS;

	asm volatile("	prfm	pstl1strm, %[word]\n"
		     "1:	ldxr	%w[was], %[word]\n"
		     "	mov	%w[failed], #0\n"
		     "	eor	%w[differs], %w[was], %w[old]\n"
		     "	cbnz	%w[differs], 2f\n"
		     "	stlxr	%w[failed], %w[new], %[word]\n"
		     "	cbz	%w[failed], 2f\n"
		     "	sub	%w[left], %w[left], #1\n"
		     "	cbnz	%w[left], 1b\n"
		     "2:"
		     : [was] "=&r" (*was), [failed] "=&r" (failed), [differs] "=&r" (differs),
		       [left] "+&r" (left), [word] "+Q" (*word)
		     : [old] "r" (old), [new] "r" (new) : "memory");
	smp_mb();	/* pairs with the guest's, between its own store and its look */
	return !failed;
}

static __always_inline bool kxen_bits_swap64(u64 *word, u64 old, u64 new, u64 *was)
{
	u32 failed, left = KXEN_BITS_ROUNDS;
	u64 differs;

	asm volatile("	prfm	pstl1strm, %[word]\n"
		     "1:	ldxr	%[was], %[word]\n"
		     "	mov	%w[failed], #0\n"
		     "	eor	%[differs], %[was], %[old]\n"
		     "	cbnz	%[differs], 2f\n"
		     "	stlxr	%w[failed], %[new], %[word]\n"
		     "	cbz	%w[failed], 2f\n"
		     "	sub	%w[left], %w[left], #1\n"
		     "	cbnz	%w[left], 1b\n"
		     "2:"
		     : [was] "=&r" (*was), [failed] "=&r" (failed), [differs] "=&r" (differs),
		       [left] "+&r" (left), [word] "+Q" (*word)
		     : [old] "r" (old), [new] "r" (new) : "memory");
	smp_mb();	/* pairs with the guest's, between its own store and its look */
	return !failed;
}

static __always_inline bool kxen_bits_test_and_set(u64 *word, u32 nr, bool *was)
{
	u64 old;

	if (kxen_has_lse()) {
		*was = test_and_set_bit(nr, (unsigned long *)word);
		return true;
	}
	if (!kxen_bits_change64(word, 0, BIT_ULL(nr), &old))
		return false;
	*was = old >> nr & 1;
	return true;
}

static __always_inline bool kxen_bits_test_and_clear(u64 *word, u32 nr, bool *was)
{
	u64 old;

	if (kxen_has_lse()) {
		*was = test_and_clear_bit(nr, (unsigned long *)word);
		return true;
	}
	if (!kxen_bits_change64(word, BIT_ULL(nr), 0, &old))
		return false;
	*was = old >> nr & 1;
	return true;
}

static __always_inline bool kxen_bits_xchg8(u8 *word, u8 value, u8 *was)
{
	if (!kxen_has_lse())
		return kxen_bits_store8(word, value, was);
	*was = xchg(word, value);
	return true;
}

static __always_inline bool kxen_bits_cmpxchg32(u32 *word, u32 old, u32 new, u32 *was)
{
	if (!kxen_has_lse())
		return kxen_bits_swap32(word, old, new, was);
	*was = cmpxchg(word, old, new);
	return true;
}

static __always_inline bool kxen_bits_cmpxchg64(u64 *word, u64 old, u64 new, u64 *was)
{
	if (!kxen_has_lse())
		return kxen_bits_swap64(word, old, new, was);
	*was = cmpxchg64(word, old, new);
	return true;
}

#endif
