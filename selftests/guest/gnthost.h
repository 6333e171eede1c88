/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What gnthost.c, a guest, and the programs that test the host's side of grants say to each other:
 * the last page that it grants is where they do. The host writes, sends on the guest's port, and
 * the guest sends back when it is done.
 */
#ifndef GNTHOST_H
#define GNTHOST_H

#include <stdint.h>

#define GNT_PORT	1		/* the first that it makes */
#define GNT_FIRST	8		/* reference of page 0; then one by one */
#define GNT_PAGES	32		/* that domain 0 may write to */
#define GNT_CTL		(GNT_FIRST + GNT_PAGES - 1)
#define GNT_READ_ONLY	(GNT_FIRST + GNT_PAGES)
#define GNT_NOT		(GNT_READ_ONLY + 1)	/* not granted */
#define GNT_OTHERS	(GNT_NOT + 1)		/* to another domain */
#define GNT_UNTOUCHED	(GNT_OTHERS + 1)	/* a page that nobody has written to */
#define GNT_END		(GNT_UNTOUCHED + 1)
#define GNT_OTHER	77		/* that domain */

/* What is in word @w of a page at first. */
#define GNT_WORD(ref, w)	((uint64_t)(ref) << 32 | (w))

enum gnt_cmd {
	GNT_ECHO,
	GNT_PEEK,	/* value = word @at of page @ref */
	GNT_POKE,
	GNT_REVOKE,	/* result: 0, 1: somebody has it */
	GNT_GRANT,	/* again; value: GTF_* */
	GNT_FLAGS,	/* value: those of @ref */
	GNT_MAP,	/* domain 0's @ref; value: read-only; result: GNTST_*, value: the handle */
	GNT_MAP_PEEK,	/* as PEEK, what is mapped */
	GNT_MAP_POKE,
	GNT_UNMAP,	/* value: the handle */
	GNT_OUT,	/* page @ref goes back to the host; result: 1, or 0: it does not */
	GNT_IN,		/* and comes again */
	GNT_TELL,	/* the VMM; value: 1: begin the dirty log, 5: judge it */
};

struct gnt_ctl {
	uint32_t cmd;
	uint32_t ref;
	uint64_t at;
	uint64_t value;
	int64_t result;
};

#endif
