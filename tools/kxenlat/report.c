// SPDX-License-Identifier: GPL-2.0-only
/* What kxenlat prints: a table, JSON, a page with diagrams. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

static const char *const stages[NR_STAGES] = { "taken", "acked", "whole" };
static const double points[] = { 50, 90, 99, 99.9 };

#define NR_POINTS (sizeof(points) / sizeof(points[0]))

/* The smallest value that falls into a bucket. */
unsigned long long slot_low(unsigned int slot)
{
	unsigned int top = slot >> SUB_BITS, sub = slot & ((1 << SUB_BITS) - 1);

	if (!top)
		return slot;
	return ((1ULL << SUB_BITS) | sub) << (top - 1);
}

/* The upper end of the bucket in which the p-th percentile lies. */
unsigned long long percentile(const struct hist *h, double p)
{
	unsigned long long seen = 0, want = h->count * p / 100 + 0.999999;
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		seen += h->slot[i];
		if (seen >= want && seen)
			return i + 1 < NR_SLOTS ? slot_low(i + 1) - 1 : h->max;
	}
	return h->max;
}

static unsigned long long mean(const struct hist *h)
{
	return h->count ? h->sum / h->count : 0;
}

static void show_port(char *out, size_t size, unsigned int port)
{
	if (port == ALL_PORTS)
		snprintf(out, size, "all");
	else
		snprintf(out, size, "%u", port);
}

void report_text(const struct row *rows, size_t n, unsigned int top,
		 const struct totals *t)
{
	unsigned int shown = 0, domid = ~0u;
	char port[16];
	size_t i, k;

	printf("%6s %7s %-6s %10s %9s %9s %9s %9s %9s %9s  (ns)\n", "domid",
	       "port", "stage", "count", "mean", "p50", "p90", "p99", "p99.9", "max");
	for (i = 0; i < n; i++) {
		const struct hist *h = &rows[i].hist;

		if (rows[i].key.domid != domid)
			shown = 0;
		domid = rows[i].key.domid;
		if (rows[i].key.port != ALL_PORTS && shown++ >= top * 2)
			continue;
		show_port(port, sizeof(port), rows[i].key.port);
		printf("%6u %7s %-6s %10llu %9llu", domid, port,
		       stages[rows[i].key.stage % NR_STAGES], h->count, mean(h));
		for (k = 0; k < NR_POINTS; k++)
			printf(" %9llu", percentile(h, points[k]));
		printf(" %9llu\n", h->max);
	}
	if (!n)
		printf("no event was taken while it measured\n");
	if (!t->events && !t->vectors)
		return;
	printf("%llu sends, %llu events (%llu more were pending already, %llu masked), %llu upcalls, %llu vectors, %llu acknowledged (%llu of them upper bounds)\n",
	       t->sends, t->events, t->again, t->masked, t->upcalls, t->vectors,
	       t->acks, t->upper_bounds);
	if (t->overflow)
		printf("%llu events were not measured: too many at once\n", t->overflow);
}

void report_json(const struct row *rows, size_t n, double seconds,
		 const struct totals *t)
{
	unsigned int s;
	size_t i, k;

	printf("{\"seconds\": %.3f, \"sends\": %llu, \"events\": %llu, \"again\": %llu, \"masked\": %llu, \"upcalls\": %llu, \"vectors\": %llu, \"acks\": %llu, \"upper_bounds\": %llu, \"overflow\": %llu, \"rows\": [",
	       seconds, t->sends, t->events, t->again, t->masked, t->upcalls,
	       t->vectors, t->acks, t->upper_bounds, t->overflow);
	for (i = 0; i < n; i++) {
		const struct hist *h = &rows[i].hist;
		const char *comma = "";

		printf("%s\n{\"domid\": %u, \"port\": %d, \"stage\": \"%s\", \"count\": %llu, \"mean\": %llu, \"max\": %llu",
		       i ? "," : "", rows[i].key.domid, (int)rows[i].key.port,
		       stages[rows[i].key.stage % NR_STAGES], h->count, mean(h),
		       h->max);
		for (k = 0; k < NR_POINTS; k++)
			printf(", \"p%g\": %llu", points[k], percentile(h, points[k]));
		printf(", \"hist\": [");
		for (s = 0; s < NR_SLOTS; s++) {
			if (!h->slot[s])
				continue;
			printf("%s[%llu, %llu]", comma, slot_low(s), h->slot[s]);
			comma = ", ";
		}
		printf("]}");
	}
	printf("]}\n");
}

/* --- the page ----------------------------------------------------------------------------- */

#define BAR_W	7
#define HEIGHT	120

static void diagram(FILE *f, const struct hist *h)
{
	unsigned int first = NR_SLOTS, last = 0, i;
	unsigned long long top = 1;

	for (i = 0; i < NR_SLOTS; i++) {
		if (!h->slot[i])
			continue;
		if (first == NR_SLOTS)
			first = i;
		last = i;
		if (h->slot[i] > top)
			top = h->slot[i];
	}
	if (first == NR_SLOTS)
		return;
	fprintf(f, "<svg width=\"%u\" height=\"%u\" role=\"img\">\n",
		(last - first + 1) * BAR_W + 60, HEIGHT + 30);
	for (i = first; i <= last; i++) {
		unsigned int high = h->slot[i] * HEIGHT / top;

		if (h->slot[i] && !high)
			high = 1;
		fprintf(f, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"><title>%llu to %llu ns: %llu</title></rect>\n",
			(i - first) * BAR_W, HEIGHT - high, BAR_W - 1, high,
			slot_low(i), slot_low(i + 1) - 1, h->slot[i]);
		if (!(i & ((1 << SUB_BITS) - 1)))
			fprintf(f, "<text x=\"%u\" y=\"%u\">%llu</text>\n",
				(i - first) * BAR_W, HEIGHT + 14, slot_low(i));
	}
	fprintf(f, "</svg>\n");
}

static void section(FILE *f, const struct row *r)
{
	static const char *const words[NR_STAGES] = {
		"from the event to the vector at VM entry",
		"from the vector to the acknowledgement",
		"from the event to the acknowledgement",
	};
	char port[16];
	size_t k;

	show_port(port, sizeof(port), r->key.port);
	fprintf(f, "<h2>domain %u, port %s: %s</h2>\n<p>%llu events, mean %llu ns",
		r->key.domid, port, words[r->key.stage % NR_STAGES], r->hist.count,
		mean(&r->hist));
	for (k = 0; k < NR_POINTS; k++)
		fprintf(f, ", p%g %llu", points[k], percentile(&r->hist, points[k]));
	fprintf(f, ", max %llu</p>\n", r->hist.max);
	diagram(f, &r->hist);
}

void report_html(const char *path, const struct row *rows, size_t n,
		 double seconds, const struct totals *t)
{
	FILE *f = fopen(path, "w");
	size_t i;

	if (!f)
		fail("cannot write %s: %s", path, strerror(errno));
	fprintf(f, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>kxenlat</title>\n"
		"<style>body{font:14px sans-serif;margin:2em}rect{fill:#3a6ea5}text{font-size:10px}h2{font-size:1.1em}</style></head><body>\n"
		"<h1>Event latency of Xen guests</h1>\n"
		"<p>%.1f s: %llu sends, %llu events, %llu vectors, %llu acknowledged, %llu of them upper bounds. Time in ns, eight buckets to each power of two.</p>\n",
		seconds, t->sends, t->events, t->vectors, t->acks, t->upper_bounds);
	for (i = 0; i < n; i++)
		section(f, &rows[i]);
	fprintf(f, "</body></html>\n");
	if (fclose(f))
		fail("cannot write %s: %s", path, strerror(errno));
}
