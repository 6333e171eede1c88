/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the plugins share: their output, and what they know of instructions. A mark is a long no-op, 0f 1f 80 with the
 * displacement 0x4b58OOSS: OO is the number of the operation, SS is 1 at its start and 0
 * at its end. Locked are instructions with that prefix, and xchg with memory.
 */
#ifndef MARKS_H
#define MARKS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "qemu-plugin.h"

static FILE *out;

static void close_out(qemu_plugin_id_t id, void *unused)
{
	fclose(out);
}

/* The file of out=FILE, closed at the end: 0, or -1 if there is none. */
static inline int open_out(qemu_plugin_id_t id, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
	if (!out) {
		fprintf(stderr, "which file? out=FILE\n");
		return -1;
	}
	setvbuf(out, NULL, _IOLBF, 0);
	qemu_plugin_register_atexit_cb(id, close_out, NULL);
	return 0;
}

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

/* movs and stos that are repeated. */
static inline int is_string(const uint8_t *p, size_t n)
{
	size_t i;
	int rep = 0;

	for (i = 0; i < n && is_prefix(p[i]); i++)
		rep |= p[i] == 0xf2 || p[i] == 0xf3;
	if (i < n && (p[i] & 0xf0) == 0x40)	/* REX */
		i++;
	return rep && i < n && ((p[i] & 0xfe) == 0xa4 || (p[i] & 0xfe) == 0xaa);
}

/* The end of a function: also a jump to the return thunk, if there is one. */
static inline int is_return(const uint8_t *p, size_t n, uint64_t at, uint64_t thunk)
{
	int32_t rel;

	if (p[0] == 0xc3 || p[0] == 0xc2 || (n > 1 && p[0] == 0xf3 && p[1] == 0xc3))
		return 1;
	if (n != 5 || p[0] != 0xe9)
		return 0;
	memcpy(&rel, p + 1, sizeof(rel));
	return at + 5 + rel == thunk;
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
