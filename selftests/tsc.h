/* SPDX-License-Identifier: GPL-2.0 */
/* For programs that count what a call costs by the time-stamp counter, under an emulator's icount. */
#ifndef SELFTESTS_TSC_H
#define SELFTESTS_TSC_H

#include <stdint.h>

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return lo | (uint64_t)hi << 32;
}

/* For qsort(). */
static inline int by_value(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

#endif
