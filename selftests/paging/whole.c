// SPDX-License-Identifier: GPL-2.0
/*
 * A pager of a whole guest, which keeps what it takes out in its own memory: at random, or as a job
 * tells it by lines on standard input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "paging.h"

#define AT_ONCE	64

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static uint64_t frames;
static unsigned char *store;	/* a page for each frame */
static unsigned char *is_out;	/* 1; 2: and somebody is known to want it */
static unsigned long outs, ins, fails, drops, busy;

static int bring(uint64_t gfn)
{
	int ret;

	do
		ret = fill(gfn, store + gfn * PAGE);
	while (ret == -ENOMEM && !stop);
	is_out[gfn] = 0;
	ins += !ret;
	return ret;
}

/* What the pager is told; who asks gets. */
static void serve(void)
{
	struct kxen_pager_event e[16];
	ssize_t n = read(pager, e, sizeof(e));
	int i;

	for (i = 0; i < n / (ssize_t)sizeof(e[0]); i++) {
		fails += !!(e[i].flags & KXEN_PAGING_EVICT_FAIL);
		drops += !!(e[i].flags & KXEN_PAGING_DROP);
		if (e[i].gfn < frames && e[i].flags & (KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN))
			bring(e[i].gfn);
		if (e[i].gfn < frames && e[i].flags & KXEN_PAGING_DROP)
			is_out[e[i].gfn] = 0;
	}
}

/* Frames in a row, all that can be: how many are out. */
static unsigned int take_out(uint64_t first, uint64_t nr)
{
	uint64_t gfn[AT_ONCE];
	int32_t res[AT_ONCE];
	unsigned int i, n = 0, went = 0;

	for (i = 0; i < AT_ONCE && i < nr && first + i < frames; i++)
		gfn[n++] = first + i;
	if (!n || batch(KXEN_PAGER_NOMINATE, gfn, res, NULL, n) < 0)
		return 0;
	for (i = 0; i < n; i++) {
		busy += !!res[i];
		if (res[i] || peek(gfn[i], store + gfn[i] * PAGE))
			continue;
		if (evict(gfn[i])) {
			fill(gfn[i], store);	/* its own content, if it is nominated still */
			continue;
		}
		is_out[gfn[i]] = 1;
		outs++;
		went++;
	}
	return went;
}

static int all_back(void)
{
	uint64_t i;
	int bad = 0;

	for (i = 0; i < frames; i++)
		if (is_out[i])
			bad += bring(i) != 0;
	return bad;
}

static int whole_open(uint32_t id, uint64_t nr)
{
	struct sigaction sa = { .sa_handler = on_term };

	frames = nr;
	store = mmap(NULL, frames * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	is_out = calloc(frames, 1);
	pager = pager_open(id);
	if (pager < 0 || store == MAP_FAILED || !is_out) {
		printf("no pager: %d\n", pager);
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	printf("READY\n");
	fflush(stdout);
	return 0;
}

static void report(void)
{
	printf("outs %lu ins %lu evict_fails %lu drops %lu\n", outs, ins, fails, drops);
	fflush(stdout);
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

/*
 * Out at random, @AT_ONCE in a row in each @every microseconds; in for who asks. Until SIGTERM, the
 * end of the guest, of the time, or a line on standard input if there are any: 1 if the guest has
 * ended.
 */
static int at_random(unsigned int seconds, unsigned int every, bool lines)
{
	struct pollfd p[2] = { { pager, POLLIN, 0 }, { lines ? STDIN_FILENO : -1, POLLIN, 0 } };
	uint64_t end = now_us() + seconds * 1000000ULL, next = now_us(), now;

	for (;;) {
		now = now_us();
		if (stop || now > end)
			return 0;
		if (poll(p, 2, next > now ? (next - now) / 1000 + 1 : 0) > 0) {
			if (p[0].revents & POLLHUP)
				return 1;
			if (p[1].revents)
				return 0;
			if (p[0].revents)
				serve();
			continue;
		}
		if (now < next)
			continue;
		take_out(random() % frames, AT_ONCE);
		next = now_us() + every;
	}
}

int random_pager(uint32_t id, uint64_t nr, unsigned int seconds, unsigned int every)
{
	int ret = whole_open(id, nr);

	if (ret)
		return ret;
	if (!at_random(seconds, every, false)) {
		stop = 0;
		all_back();
	}
	report();
	return 0;
}

/* --- by lines ---------------------------------------------------------------------------- */

static void say(const char *fmt, unsigned long a)
{
	printf(fmt, a);
	putchar('\n');
	fflush(stdout);
}

static unsigned int take_all_out(uint64_t first, uint64_t nr)
{
	uint64_t i;
	unsigned int n = 0;

	for (i = 0; i < nr; i += AT_ONCE)
		n += take_out(first + i, nr - i);
	return n;
}

/* Somebody wants a page, and does not get it: which. */
static void wait_for_want(void)
{
	struct kxen_pager_event e;

	while (event(&e, 600000)) {
		if (!(e.flags & (KXEN_PAGING_VCPU | KXEN_PAGING_FOREIGN)))
			continue;
		if (e.gfn < frames && is_out[e.gfn])
			is_out[e.gfn] = 2;
		printf("wanted %llu flags %u\n", (unsigned long long)e.gfn, e.flags);
		fflush(stdout);
		return;
	}
	say("nobody wants any", 0);
}

/* Once each: those that there is no memory for stay out. */
static void try_all(void)
{
	unsigned long came = 0, no_memory = 0;
	uint64_t i;
	int ret;

	for (i = 0; i < frames; i++) {
		if (!is_out[i])
			continue;
		ret = fill(i, store + i * PAGE);
		came += !ret;
		no_memory += ret == -ENOMEM;
		is_out[i] = !!ret;
		ins += !ret;
	}
	printf("came in: %lu, no memory: %lu\n", came, no_memory);
	fflush(stdout);
}

/* The next line is its end, and has the answer. Nobody asks again for what he has asked for. */
static void until_told(unsigned int every)
{
	uint64_t i;

	for (i = 0; i < frames; i++)
		if (is_out[i] == 2)
			bring(i);
	if (at_random(100000, every, true))
		say("the guest has gone", 0);
}

/* The next notice, whatever it says; nobody gets a page for it. */
static void take_notice(void)
{
	struct kxen_pager_event e = { };

	if (!event(&e, 600000)) {
		say("no notice", 0);
		return;
	}
	if (e.gfn < frames && e.flags & KXEN_PAGING_DROP)
		is_out[e.gfn] = 0;
	printf("notice of %llu flags %u\n", (unsigned long long)e.gfn, e.flags);
	fflush(stdout);
}

/*
 * Commands: out FRAME NUMBER, nominate FRAME, in FRAME, try, want, notice, random MICROSECONDS, serve,
 * back, end. Each has a line as its answer, but for two that last until the next one.
 */
static bool obey(const char *line)
{
	unsigned long a = 0, b = 1;
	char what[16] = "";

	if (sscanf(line, "%15s %lu %lu", what, &a, &b) < 1)
		return true;
	if (!strcmp(what, "out"))
		say("went out: %lu", take_all_out(a, b));
	else if (!strcmp(what, "in"))
		say("came in: %lu", a < frames && !bring(a));
	else if (!strcmp(what, "nominate"))
		say("nominated: %lu", !nominate(a));
	else if (!strcmp(what, "notice"))
		take_notice();
	else if (!strcmp(what, "want"))
		wait_for_want();
	else if (!strcmp(what, "random"))
		until_told(a);
	else if (!strcmp(what, "serve"))
		until_told(2000000000);
	else if (!strcmp(what, "try"))
		try_all();
	else if (!strcmp(what, "back"))
		say("not back: %lu", all_back());
	else if (!strcmp(what, "end"))
		return false;
	else
		say("what?", 0);
	return true;
}

int obedient_pager(uint32_t id, uint64_t nr)
{
	char line[128];
	int ret = whole_open(id, nr);

	setvbuf(stdin, NULL, _IONBF, 0);	/* what is not read is seen by poll() */
	if (ret)
		return ret;
	while (fgets(line, sizeof(line), stdin) && obey(line))
		;
	report();
	return 0;
}
