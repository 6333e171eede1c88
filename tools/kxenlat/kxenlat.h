/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two halves of kxenlat share. */
#ifndef KXENLAT_H
#define KXENLAT_H

/* Buckets: eight to each power of two, so a percentile is exact to an eighth. */
#define SUB_BITS	3
#define NR_SLOTS	(48 << SUB_BITS)
#define MAX_WAITING	64	/* ports that one upcall answers; more are counted */
#define ALL_PORTS	0xffffffffu

enum stage {
	STAGE_TAKEN,	/* event pending, until the vector is handed out; per port */
	STAGE_ACKED,	/* vector, until EOI or seen clear; per domain */
	STAGE_WHOLE,	/* both: event, until acknowledged; per port */
	NR_STAGES
};

struct hist_key {
	unsigned int domid;
	unsigned int port;	/* ALL_PORTS: the whole domain */
	unsigned int stage;
};

struct hist {
	unsigned long long count, sum, max;
	unsigned long long slot[NR_SLOTS];
};

/* Counted, so that what is not measured shows. */
struct totals {
	unsigned long long sends, events, again, masked, upcalls, vectors, acks;
	unsigned long long upper_bounds;	/* acks that no EOI told of */
	unsigned long long overflow;
};

#endif
