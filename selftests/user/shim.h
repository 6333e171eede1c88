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
#define __aligned(x)	__attribute__((aligned(x)))
#define min(a, b)	((a) < (b) ? (a) : (b))
#define min_t(t, a, b)	min((t)(a), (t)(b))
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

/* Whose words these are. */
struct kxen_domain {
	u32 stuck;
};

#ifndef OWN_BITS	/* bits.c */

static struct kxen_domain dom __attribute__((unused));

static inline void kxen_domain_stuck(struct kxen_domain *d)
{
	d->stuck++;
	abort();
}

/* An architecture's guest_bits.h: full barriers, always done. */
static inline bool kxen_bits_test_and_set(u64 *word, u32 nr, bool *was)
{
	step();
	*was = __atomic_fetch_or(word, 1ULL << nr, __ATOMIC_SEQ_CST) >> nr & 1;
	return true;
}

static inline bool kxen_bits_test_and_clear(u64 *word, u32 nr, bool *was)
{
	*was = __atomic_fetch_and(word, ~(1ULL << nr), __ATOMIC_SEQ_CST) >> nr & 1;
	return true;
}

static inline bool kxen_bits_xchg8(u8 *word, u8 value, u8 *was)
{
	*was = __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
	return true;
}

static inline bool kxen_bits_cmpxchg32(u32 *word, u32 old, u32 new, u32 *was)
{
	step();
	__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	*was = old;
	return true;
}

static inline bool kxen_bits_cmpxchg64(u64 *word, u64 old, u64 new, u64 *was)
{
	step();
	__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	*was = old;
	return true;
}

#endif

#define fail(...) do {							\
	fprintf(stderr, __VA_ARGS__);					\
	fprintf(stderr, "\n");						\
	abort();							\
} while (0)

#endif
