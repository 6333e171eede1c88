// SPDX-License-Identifier: GPL-2.0-only
/*
 * kxenlat: how long the event channels of Xen guests on KVM take, from the event to the
 * vector at VM entry to the guest's acknowledgement.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kxenlat.h"
#include "kxenlat.skel.h"
#include "report.h"

static struct {
	unsigned int domid, port, seconds, top;
	bool classic, json, live, verbose, per_domain;
	const char *report;
} opt = { .domid = ~0u, .port = ~0u, .seconds = 10, .top = 10 };

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "kxenlat: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(1);
}

static int on_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return opt.verbose && level <= LIBBPF_INFO ? vfprintf(stderr, fmt, ap) : 0;
}

/* --- attaching -------------------------------------------------------------------------- */

/* The programs of one kind are loaded, the others are left out. */
static struct kxenlat_bpf *load(bool classic)
{
	struct kxenlat_bpf *s = kxenlat_bpf__open();
	struct bpf_program *p;
	int err;

	if (!s)
		fail("cannot open the programs: %s", strerror(errno));
	s->rodata->want_domid = opt.domid;
	s->rodata->want_port = opt.port;
	s->rodata->per_port = !opt.per_domain;
	bpf_object__for_each_program(p, s->obj)
		bpf_program__set_autoload(p, !strncmp(bpf_program__name(p), "tp_", 3) == classic);
	err = kxenlat_bpf__load(s);
	if (!err)
		err = kxenlat_bpf__attach(s);
	if (!err)
		return s;
	kxenlat_bpf__destroy(s);
	errno = -err;
	return NULL;
}

static struct kxenlat_bpf *attach(void)
{
	struct kxenlat_bpf *s;

	if (geteuid())
		fail("this needs root: it loads BPF programs");
	if (access("/sys/kernel/tracing/events/kvm_xen", F_OK) &&
	    access("/sys/kernel/debug/tracing/events/kvm_xen", F_OK))
		fail("there are no tracepoints of kvm-xen: load the module first, and mount tracefs at /sys/kernel/tracing");
	s = opt.classic ? NULL : load(false);
	if (s) {
		fprintf(stderr, "measuring by raw tracepoints\n");
		return s;
	}
	s = load(true);
	if (!s)
		fail("the kernel does not take the programs (%s): --verbose says more",
		     strerror(errno));
	fprintf(stderr, "measuring by classic tracepoints\n");
	return s;
}

/* --- reading ------------------------------------------------------------------------------ */

static int by_count(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->key.domid != y->key.domid)
		return x->key.domid < y->key.domid ? -1 : 1;
	/* The domain itself first, then its busiest ports. */
	if ((x->key.port == ALL_PORTS) != (y->key.port == ALL_PORTS))
		return x->key.port == ALL_PORTS ? -1 : 1;
	if (x->key.port == y->key.port)
		return (int)x->key.stage - (int)y->key.stage;
	if (x->hist.count != y->hist.count)
		return x->hist.count > y->hist.count ? -1 : 1;
	return x->key.port < y->key.port ? -1 : 1;
}

static size_t read_rows(struct kxenlat_bpf *s, struct row **rows)
{
	int fd = bpf_map__fd(s->maps.hists);
	struct hist_key key, *prev = NULL;
	size_t n = 0, room = 0;

	*rows = NULL;
	while (!bpf_map_get_next_key(fd, prev, &key)) {
		if (n == room) {
			room = room ? room * 2 : 64;
			*rows = realloc(*rows, room * sizeof(**rows));
			if (!*rows)
				fail("no memory");
		}
		(*rows)[n].key = key;
		if (!bpf_map_lookup_elem(fd, &key, &(*rows)[n].hist))
			n++;
		prev = &key;
	}
	qsort(*rows, n, sizeof(**rows), by_count);
	return n;
}

static struct totals read_totals(struct kxenlat_bpf *s)
{
	struct totals t = { 0 };
	unsigned int zero = 0;

	bpf_map_lookup_elem(bpf_map__fd(s->maps.totals), &zero, &t);
	return t;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Until the time is over or a signal comes; a line, or the table, each second. */
static double measure(struct kxenlat_bpf *s)
{
	double start = now(), t;
	struct row *rows;
	size_t n;

	while (!ended && (t = now() - start) < opt.seconds) {
		poll(NULL, 0, 1000);
		if (opt.live) {
			n = read_rows(s, &rows);
			printf("\033[H\033[J");
			report_text(rows, n, opt.top, &(struct totals){ 0 });
			fflush(stdout);
			free(rows);
		}
		fprintf(stderr, "%s%.0f of %u s, %llu events%s", opt.live ? "" : "\r",
			now() - start, opt.seconds, read_totals(s).events,
			opt.live ? "\n" : "");
	}
	fprintf(stderr, "\n");
	return now() - start;
}

static const char usage[] =
	"usage: kxenlat [OPTIONS]\n"
	"How long events of Xen guests wait: from the event to the vector at VM entry\n"
	"(taken), from there to the guest's acknowledgement (acked), and both (whole).\n"
	"  -t, --time S      measure so long, in seconds (10); Ctrl-C ends it earlier\n"
	"  -d, --domid N     only this domain\n"
	"  -p, --port N      only this port\n"
	"  -D, --per-domain  no rows for ports\n"
	"  -n, --top N       ports to show for each domain (10)\n"
	"  -l, --live        show the table while it measures\n"
	"  -j, --json        for programs: everything\n"
	"  -r, --report F    write a page with diagrams to F\n"
	"  -c, --classic     by classic tracepoints, also if raw ones can be had\n"
	"  -v, --verbose     what libbpf says\n"
	"  -h, --help        this text\n"
	"An acknowledgement of a callback vector is seen at a later exit only: it is an\n"
	"upper bound, and the summary says how many are.\n";

static unsigned int number(const char *s)
{
	char *end;
	unsigned long v = strtoul(s, &end, 0);

	if (!*s || *end || v >= ~0u)
		fail("'%s' is not a number", s);
	return v;
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "time", 1, 0, 't' }, { "domid", 1, 0, 'd' },
		{ "port", 1, 0, 'p' }, { "per-domain", 0, 0, 'D' },
		{ "top", 1, 0, 'n' }, { "live", 0, 0, 'l' },
		{ "json", 0, 0, 'j' }, { "report", 1, 0, 'r' },
		{ "classic", 0, 0, 'c' }, { "verbose", 0, 0, 'v' },
		{ "help", 0, 0, 'h' }, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "t:d:p:Dn:ljr:cvh", options, NULL)) != -1) {
		switch (c) {
		case 't': opt.seconds = number(optarg); break;
		case 'd': opt.domid = number(optarg); break;
		case 'p': opt.port = number(optarg); break;
		case 'D': opt.per_domain = true; break;
		case 'n': opt.top = number(optarg); break;
		case 'l': opt.live = true; break;
		case 'j': opt.json = true; break;
		case 'r': opt.report = optarg; break;
		case 'c': opt.classic = true; break;
		case 'v': opt.verbose = true; break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(64);
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		exit(64);
	}
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct kxenlat_bpf *s;
	struct totals t;
	struct row *rows;
	double took;
	size_t n;

	parse(argc, argv);
	libbpf_set_print(on_libbpf);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	s = attach();
	took = measure(s);
	n = read_rows(s, &rows);
	t = read_totals(s);
	if (opt.json)
		report_json(rows, n, took, &t);
	else
		report_text(rows, n, opt.top, &t);
	if (opt.report)
		report_html(opt.report, rows, n, took, &t);
	free(rows);
	kxenlat_bpf__destroy(s);
	return 0;
}
