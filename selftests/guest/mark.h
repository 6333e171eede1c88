/* SPDX-License-Identifier: GPL-2.0 */
/* Marks for the emulator's plugins: a no-op that they know (scripts/plugin/marks.h). */
#ifndef MARK_H
#define MARK_H

/* Numbers that mean something to scripts/plugin/lines.c. */
#define NEW_GUEST	254
#define NEW_GROUP	255

#define MARK(id, on)							\
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80; .long %c0"		\
			 : : "i"(0x4b580000 | (id) << 8 | (on)) : "memory")

#endif
