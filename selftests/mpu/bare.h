/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What direct/, kvm-xen/guest_word.h, evtchn/fifo_link.h and nlevel_walk.h use of the kernel, for a
 * program that has nothing below it but the processor.
 */
#ifndef BARE_H
#define BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define ENOENT	2
#define EEXIST	17
#define EINVAL	22
#define ENOSPC	28

#define __always_inline	inline __attribute__((always_inline))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define min_t(t, a, b)	((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))

#define EVTCHN_FIFO_PENDING	31
#define EVTCHN_FIFO_MASKED	30
#define EVTCHN_FIFO_LINKED	29
#define EVTCHN_FIFO_BUSY	28
#define EVTCHN_FIFO_LINK_MASK	((1U << 17) - 1)

void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *p, int c, size_t len);

struct kxen_domain {
	u32 stuck;
};

/* An architecture's guest_bits.h, by loops of LDREX and STREX. Nobody else is there. */
static inline bool kxen_bits_test_and_set(u64 *word, u32 nr, bool *was)
{
	u32 *half = (u32 *)word + (nr >> 5);

	*was = __atomic_fetch_or(half, 1U << (nr & 31), __ATOMIC_SEQ_CST) >> (nr & 31) & 1;
	return true;
}

static inline bool kxen_bits_test_and_clear(u64 *word, u32 nr, bool *was)
{
	u32 *half = (u32 *)word + (nr >> 5);

	*was = __atomic_fetch_and(half, ~(1U << (nr & 31)), __ATOMIC_SEQ_CST) >> (nr & 31) & 1;
	return true;
}

static inline bool kxen_bits_xchg8(u8 *word, u8 value, u8 *was)
{
	*was = __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
	return true;
}

static inline bool kxen_bits_cmpxchg32(u32 *word, u32 old, u32 new, u32 *was)
{
	__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	*was = old;
	return true;
}

static inline bool kxen_bits_cmpxchg64(u64 *word, u64 old, u64 new, u64 *was)
{
	__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	*was = old;
	return true;
}

#endif
