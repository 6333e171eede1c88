/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions per operation: the time-stamp counter counts them when the host runs
 * under 'icount'. Prints "BENCH op median [per]": of a call that does it so many times at once.
 */
#ifndef BENCH_H
#define BENCH_H

#include "mark.h"
#include "rt.h"

#define SAMPLES	301

static u32 sample[SAMPLES];
static u32 overhead;

static u32 median(void)
{
	u32 i, j, t;

	for (i = 1; i < SAMPLES; i++)
		for (j = i; j && sample[j - 1] > sample[j]; j--) {
			t = sample[j];
			sample[j] = sample[j - 1];
			sample[j - 1] = t;
		}
	return sample[SAMPLES / 2];
}

/* Not more than the plugin's median needs. */
#define MARKED	33

/* What is between two reads with nothing between them. */
static void bench_overhead(void)
{
	u32 i;

	for (i = 0; i < SAMPLES; i++) {
		u64 t = rdtsc();

		sample[i] = rdtsc() - t;
	}
	overhead = median();
}

/* @id: a number for the plugin; an image's are in the order in which it measures. */
#define BENCH_PER(id, op, per, before, what) do {			\
	u32 _i;								\
									\
	for (_i = 0; _i < SAMPLES; _i++) {				\
		u64 _t;							\
									\
		before;							\
		_t = rdtsc();						\
		what;							\
		sample[_i] = rdtsc() - _t - overhead;			\
	}								\
	note("BENCH %s %u %u", op, median(), per);			\
	for (_i = 0; _i < MARKED; _i++) {				\
		before;							\
		MARK(id, 1);						\
		what;							\
		MARK(id, 0);						\
	}								\
	note("MARKED %u %s", id, op);					\
} while (0)

#define BENCH(id, op, before, what)	BENCH_PER(id, op, 1, before, what)

#endif
