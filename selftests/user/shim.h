/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kvm-xen/guest_word.h and evtchn/fifo_link.h, nlevel_walk.h and port_map.h use of
 * the kernel, for user space: the same files are compiled here, under sanitizers.
 */
#ifndef SHIM_H
#define SHIM_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define U32_MAX	(~0U)

#define __always_inline	inline __attribute__((always_inline))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define min(a, b)	((a) < (b) ? (a) : (b))
#define READ_ONCE(x)	__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define array_index_nospec(i, n)	(i)

/* Called before each change of a bit or a word that a raiser makes. */
#ifdef STEPS
static void step(void);
#else
#define step()
#endif

/* An architecture's guest_bits.h: full barriers. */
static inline bool kxen_bits_test_and_set(u64 *word, u32 nr)
{
	step();
	return __atomic_fetch_or(word, 1ULL << nr, __ATOMIC_SEQ_CST) >> nr & 1;
}

static inline bool kxen_bits_test_and_clear(u64 *word, u32 nr)
{
	return __atomic_fetch_and(word, ~(1ULL << nr), __ATOMIC_SEQ_CST) >> nr & 1;
}

static inline u8 kxen_bits_xchg8(u8 *word, u8 value)
{
	return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}

static inline u32 kxen_bits_cmpxchg32(u32 *word, u32 old, u32 new)
{
	step();
	__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return old;
}

#define fail(...) do {							\
	fprintf(stderr, __VA_ARGS__);					\
	fprintf(stderr, "\n");						\
	abort();							\
} while (0)

#endif
