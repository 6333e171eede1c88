/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers that are as good as any, the same in each run. For one CPU. */
#ifndef RANDOM_H
#define RANDOM_H

#include "rt.h"

static inline u32 random(void)
{
	static u32 x = 2463534242U;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

#endif
