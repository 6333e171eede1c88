/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>

#include "kxenlat.h"

struct row {
	struct hist_key key;
	struct hist hist;
};

void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...);

void report_text(const struct row *rows, size_t n, unsigned int top,
		 const struct totals *t);
void report_json(const struct row *rows, size_t n, double seconds,
		 const struct totals *t);
void report_html(const char *path, const struct row *rows, size_t n,
		 double seconds, const struct totals *t);

/* report.c, for its tests */
unsigned long long slot_low(unsigned int slot);
unsigned long long percentile(const struct hist *h, double p);

#endif
