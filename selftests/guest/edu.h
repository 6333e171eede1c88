/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device of the machine's own that reads and writes its memory: QEMU's "edu", whose BAR vmm --vfio
 * has at BAR. It has a buffer, to which and from which it copies by itself.
 */
#ifndef EDU_H
#define EDU_H

#include "rt.h"

#define BAR		0xd0000000UL
#define ID		0x00
#define SRC		0x80
#define DST		0x88
#define COUNT		0x90
#define COMMAND		0x98
#define START		1
#define FROM_BUFFER	2
#define BUFFER		0x40000
#define BYTES		2048	/* it believes that a whole page is too much */
#define WORDS		(BYTES / 8)

static inline volatile u32 *reg(u32 at)
{
	return (volatile u32 *)(BAR + at);
}

static inline void run(u32 src, u32 dst, u32 how)
{
	*reg(SRC) = src;
	*reg(DST) = dst;
	*reg(COUNT) = BYTES;
	*reg(COMMAND) = START | how;
	while (*reg(COMMAND) & START)
		relax();
}

static inline void take(unsigned long gpa)
{
	run(gpa, BUFFER, 0);
}

static inline void give(unsigned long gpa)
{
	run(BUFFER, gpa, FROM_BUFFER);
}

#endif
