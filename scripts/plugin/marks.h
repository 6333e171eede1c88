/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the plugins know of instructions. A mark is a long no-op, 0f 1f 80 with the
 * displacement 0x4b58OOSS: OO is the number of the operation, SS is 1 at its start and 0
 * at its end. Locked are instructions with that prefix, and xchg with memory.
 */
#ifndef MARKS_H
#define MARKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline int is_prefix(uint8_t b)
{
	return b == 0x66 || b == 0x67 || b == 0x26 || b == 0x2e || b == 0x36 ||
	       b == 0x3e || b == 0x64 || b == 0x65 || b == 0xf2 || b == 0xf3;
}

static inline int is_locked(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && is_prefix(p[i]); i++)
		;
	if (i < n && p[i] == 0xf0)
		return 1;
	if (i < n && (p[i] & 0xf0) == 0x40)	/* REX */
		i++;
	return i + 1 < n && (p[i] == 0x86 || p[i] == 0x87) && p[i + 1] < 0xc0;
}

/* The mark's displacement, or 0. */
static inline uint32_t mark_of(const uint8_t *p, size_t n)
{
	uint32_t mark;

	if (n != 7 || p[0] != 0x0f || p[1] != 0x1f || p[2] != 0x80)
		return 0;
	memcpy(&mark, p + 3, sizeof(mark));
	return mark >> 16 == 0x4b58 ? mark : 0;
}

static inline unsigned int mark_op(uint32_t mark)
{
	return mark >> 8 & 0xff;
}

#endif
