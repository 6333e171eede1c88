// SPDX-License-Identifier: GPL-2.0-only
/* kvm-xen page: be the pager of a domain, until a signal or the domain's end. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "kvm-xen.h"
#include "page.h"

#define LOOK_MS		100	/* from one look to the next, when there is nothing to do */
#define SAY_MS		1000	/* from one line to the next; and from one round of the hand */

/* --- the target ------------------------------------------------------------------------------ */

/* As "512M", "2G" or "50%"; false: it is neither. */
static bool parse_target(struct pager *p, const char *s)
{
	static const char units[] = "KMGT";
	char *end;
	double v = strtod(s, &end);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (end == s || !(v >= 0 && v <= 1e9))
		return false;
	if (*end == '%' && !end[1] && v > 0 && v <= 100) {
		p->part = v / 100;
		return true;
	}
	if (!unit || end[1])
		return false;
	for (v /= 4; unit > units; unit--)
		v *= 1024;
	p->part = 0;
	p->target = v;
	return true;
}

/* The first word of a file, with @; else the text itself. */
static bool read_target(struct pager *p, const char *arg)
{
	char text[32];
	bool ok;
	FILE *f;

	if (*arg != '@')
		return parse_target(p, arg);
	f = fopen(arg + 1, "re");
	if (!f)
		return false;
	ok = fscanf(f, "%31s", text) == 1 && parse_target(p, text);
	fclose(f);
	return ok;
}

/* --- what is said ---------------------------------------------------------------------------- */

#define MIB(pages)	((unsigned long long)(pages) >> 8)

/* What there is to tell. With no lock from then on: who reads it may be slow, and guests wait for that. */
static struct page_counts look(struct pager *p, uint64_t *out)
{
	struct page_counts n;

	pthread_mutex_lock(&p->lock);
	n = p->n;
	*out = p->out;
	pthread_mutex_unlock(&p->lock);
	return n;
}

/* One line, if something has happened since the last one. */
static void say_progress(struct pager *p)
{
	static unsigned long long last = -1;
	uint64_t has = page_resident(p), out;
	struct page_counts n = look(p, &out);
	unsigned long long sum = n.outs + n.ins_wanted + n.ins_target + n.ins_end;

	if (!p->quiet && sum != last)
		printf("domain %u: %llu MiB of %llu are out, its VMM has %llu, the target is %llu; %llu pages out, %llu wanted, %llu used in time\n",
		       p->domid, MIB(out), MIB(p->pages), MIB(has), MIB(page_target(p, has)),
		       n.outs, n.ins_wanted, n.touched);
	last = sum;
	fflush(stdout);
}

static void say_counts(struct pager *p)
{
	uint64_t out;
	const struct page_counts counts = look(p, &out), *n = &counts;

	printf("domain %u: statistics\n", p->domid);
	printf("  out            %llu\n", (unsigned long long)out);
	printf("  file_kib       %llu\n", (unsigned long long)page_file_kib(&p->file));
	printf("  outs           %llu\n", n->outs);
	printf("  ins_wanted     %llu\n", n->ins_wanted);
	printf("  ins_target     %llu\n", n->ins_target);
	printf("  ins_end        %llu\n", n->ins_end);
	printf("  touched        %llu\n", n->touched);
	printf("  dropped        %llu\n", n->dropped);
	printf("  refused        %llu\n", n->refused);
	printf("  unwritten      %llu\n", n->unwritten);
	printf("  unread         %llu\n", (unsigned long long)p->bad);
	printf("  in_us          %llu\n", n->ins_wanted ? n->us / n->ins_wanted : 0);
	printf("  in_us_max      %llu\n", n->us_max);
	fflush(stdout);
}

/* Is it as it was told to be? Said when that changes. */
static void say_state(struct pager *p)
{
	static int last = -1;
	uint64_t has = page_resident(p);
	int now = has && has <= page_target(p, has) ? 1 : p->passed > p->frames ? 2 : 0;

	if (now && now != last && !p->quiet)
		printf(now == 1 ? "domain %u: its VMM has no more than the target\n" :
		       "domain %u: its VMM has more than the target, and what there is is in use, or cannot be paged\n",
		       p->domid);
	if (now)
		last = now;
	fflush(stdout);
}

/* --- the loop --------------------------------------------------------------------------------- */

static int take_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Nobody may read what it says any more: it has pages to bring back all the same. */
	signal(SIGPIPE, SIG_IGN);
	/* A limit of the file's size is a file that is full; who is stopped serves nobody. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		fail(1, "cannot take signals: %s", strerror(errno));
	return fd;
}

/* Signals that have come; true: it is to end. */
static bool look_at_signals(struct pager *p, int fd, const char *target)
{
	struct signalfd_siginfo s;
	bool end = false;

	while (read(fd, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo == SIGUSR1)
			say_counts(p);
		else if (s.ssi_signo != SIGHUP)
			end = true;
		else if (*target == '@' && read_target(p, target))
			p->rising = true;
		else
			fprintf(stderr, "kvm-xen: the target stays as it is: give it as @FILE, with '512M' or '50%%' in that\n");
	}
	return end;
}

static void pause_for(struct pager *p, int signals, int ms)
{
	struct pollfd f[] = { { .fd = signals, .events = POLLIN }, { .fd = p->wake, .events = POLLIN } };
	uint64_t n;

	poll(f, 2, ms);
	if (f[1].revents && read(p->wake, &n, sizeof(n)) < 0)
		return;
}

static void run(struct pager *p, int signals, const char *target)
{
	uint64_t said = page_ms();
	bool busy;

	while (!p->gone && !p->failed && !look_at_signals(p, signals, target)) {
		busy = page_hand_turn(p);
		if (!busy)
			pause_for(p, signals, LOOK_MS);
		if (page_ms() - said < SAY_MS)
			continue;
		said = page_ms();
		say_progress(p);
		say_state(p);
		page_punch_stale(p);
		p->passed = 0;
	}
}

/* Everything comes back that can; signals are counts alone now. */
static void end(struct pager *p, int signals)
{
	uint64_t said = page_ms();

	while (!p->gone && p->out > p->bad) {
		if (!page_hand_end(p))
			pause_for(p, signals, LOOK_MS);
		look_at_signals(p, signals, "");
		if (page_ms() - said < SAY_MS)
			continue;
		said = page_ms();
		say_progress(p);
	}
}

static int page(struct pager *p, const char *file, const char *target)
{
	int signals = take_signals();

	if (!read_target(p, target))
		fail(EXIT_USAGE, "the target '%s' is none: give what the VMM is to have in memory, as 512M or 2G, or as a part of what it has without a pager, 50%%; or @FILE with that in it",
		     target);
	page_file_open(&p->file, file);
	pthread_mutex_init(&p->lock, NULL);
	page_open(p);
	p->ring_size = p->pages / 16 > 8192 ? 8192 : p->pages / 16 < 256 ? 256 : p->pages / 16;
	p->ring = calloc(p->ring_size, sizeof(*p->ring));
	if (!p->ring)
		fail(1, "no memory");
	page_serve_begin(p);
	printf("domain %u: its pager is ready; the guest has %llu MiB, the VMM is to have %llu\n",
	       p->domid, MIB(p->pages), MIB(page_target(p, page_resident(p))));
	fflush(stdout);
	run(p, signals, target);
	end(p, signals);
	say_counts(p);
	if (p->error)
		fail(1, "a call of the pager of domain %u fails: %s; its pages that are out are lost",
		     p->domid, strerror(p->error));
	if (p->gone)
		printf("domain %u: its VMM has ended\n", p->domid);
	else if (!p->bad)
		printf("domain %u: all of its pages are back\n", p->domid);
	else
		fail(EXIT_REFUSED, "%llu page(s) of domain %u cannot be read from %s, and are lost: whoever touches one gets an error, a VMM stops its guest; end that guest, or go back to what was saved",
		     (unsigned long long)p->bad, p->domid, file);
	return 0;
}

int cmd_page(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen page --target SIZE --file FILE [OPTIONS] DOMID\n"
		"Takes pages that a guest does not use out of the host's memory, into FILE, until its\n"
		"VMM has no more than SIZE there; brings back what is wanted. SIGTERM, SIGINT, SIGQUIT:\n"
		"all comes back, and it ends. SIGUSR1: statistics. SIGHUP: the target is read again.\n"
		"  --target SIZE    512M, 2G; 50%: of what it has without a pager; @PATH: as in that file\n"
		"  --file FILE      made anew, without a name from then on\n"
		"  --idle MS        a page goes when nobody has touched it for so long; 1000\n"
		"  --quiet          no progress\n"
		"  --help           this text\n";
	static const struct option options[] = {
		{ "target", 1, 0, 't' }, { "file", 1, 0, 'f' }, { "idle", 1, 0, 'i' },
		{ "quiet", 0, 0, 'q' }, { "help", 0, 0, 'h' }, { 0 },
	};
	static struct pager p = { .idle = 1000 };
	const char *target = NULL, *file = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 't': target = optarg; break;
		case 'f': file = optarg; break;
		case 'i': p.idle = number(optarg, "time", 3600000); break;
		case 'q': p.quiet = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	if (argc - optind != 1 || !target || !file)
		return fputs(usage, stderr), EXIT_USAGE;
	p.domid = domid_arg(argc - optind + 1, argv + optind - 1);
	return page(&p, file, target);
}
