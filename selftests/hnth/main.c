// SPDX-License-Identifier: GPL-2.0
/*
 * hnth FILE WHAT...: each call with its first, second, ... allocation failing, until one
 * goes through without. FILE is what makes them fail, and says how many are left:
 * /proc/thread-self/fail-nth of a kernel with fault injection, or the parameter fail_nth
 * of a module that was built with KXEN_FAULT=1. WHAT:
 *
 *   first		the attach that hooks KVM
 *   first-some	the same, with growing steps: each point may take long
 *   host		/dev/kvm-xen and the nodes in /dev/xen
 *   paging		a pager's calls, the first of which hooks the kernel
 *   paging-some	the same, that first one with growing steps
 *   load KO		the module's initialisation
 *   restore STATE	KXEN_RESTORE of what vmm --save has written
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hnth.h"

#define LIMIT	4000	/* more allocations than any call makes */

static const char *fail_name;
static int fail_file = -1, bad;
static bool some;	/* not each point */

void report(bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf(good ? "ok - " : "not ok - ");
	vprintf(fmt, ap);
	puts("");
	fflush(stdout);
	va_end(ap);
	bad += !good;
}

/* --- the injector ------------------------------------------------------------------- */

static void need_file(void)
{
	if (fail_file < 0)
		fail_file = open(fail_name, O_RDWR | O_CLOEXEC);
	if (fail_file < 0) {
		fprintf(stderr, "hnth: %s: %s\n", fail_name, strerror(errno));
		exit(2);
	}
}

/* A module that has gone takes its file with it. */
void fail_reopen(void)
{
	if (fail_file >= 0)
		close(fail_file);
	fail_file = -1;
	need_file();
}

void fail_nth(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	need_file();
	if (pwrite(fail_file, text, len, 0) != len) {
		perror("hnth: fail-nth");
		exit(2);
	}
}

/* 0: one has failed. Nothing fails from now on. */
unsigned int fail_left(void)
{
	char text[16] = "";
	unsigned int left;

	if (pread(fail_file, text, sizeof(text) - 1, 0) < 0) {
		perror("hnth: fail-nth");
		exit(2);
	}
	left = atoi(text);
	fail_nth(0);
	return left;
}

/* --- a sweep ------------------------------------------------------------------------ */

/* A domain goes when the last who uses it lets it go, which may take a moment. */
static bool as_many_domains(uint32_t want)
{
	struct timespec t = { .tv_nsec = 10000000 };
	int i;

	for (i = 0; i < 1000; i++) {
		if (domains() == want)
			return true;
		nanosleep(&t, NULL);
	}
	return false;
}

/* What is wrong about one point, if anything. */
static const char *judge(const struct op *o, long ret, int err, unsigned int left)
{
	if (!ret)
		return !o->good || o->good() ? NULL : "it says that all is well";
	if (left)
		return "it fails, and no allocation did";
	if (err != ENOMEM)
		return "the error is not ENOMEM";
	if (!o->once && o->call())
		return "it fails afterwards, too";
	return NULL;
}

void sweep(const struct op *o)
{
	unsigned int n, left = 0, points = 0, refused = 0, wrong = 0;
	uint32_t before;
	const char *why;
	long ret;
	int err;

	for (n = 1; n < LIMIT && !left; n += some ? 1 + n / 3 : 1) {
		before = domains();
		o->before();
		fail_nth(n);
		errno = 0;
		ret = o->call();
		err = errno;
		left = fail_left();
		points += !left;
		refused += !!ret;
		why = judge(o, ret, err, left);
		o->after();
		if (!why && !as_many_domains(before))
			why = "a domain is left";
		if (why) {
			printf("# %s, allocation %u: %s (%s)\n", o->name, n, why, strerror(err));
			wrong++;
		}
	}
	report(!wrong && left, "%s: %u points of failure, %u refused, %u wrong", o->name,
	       points, refused, wrong);
}

static void sweep_all(const struct op *o)
{
	for (; o->name; o++)
		sweep(o);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";

	if (argc > 1)
		fail_name = argv[1];
	some = strstr(what, "-some");
	if (!strncmp(what, "first", 5)) {
		sweep_all(first_ops);
	} else if (!strcmp(what, "host")) {
		sweep_all(ctl_ops);
		sweep_all(ev_ops);
		sweep_all(pc_ops);
		sweep_all(gn_ops);
	} else if (!strncmp(what, "paging", 6)) {
		sweep_all(pager_ops);
		some = false;
		sweep_paging();
	} else if (!strcmp(what, "load") && argc == 4) {
		return sweep_load(argv[3], !!strstr(fail_name, "/parameters/"));
	} else if (!strcmp(what, "restore") && argc == 4) {
		sweep_restore(argv[3]);
	} else {
		fprintf(stderr, "usage: hnth FILE first[-some]|host|paging[-some]|load KO|restore STATE\n");
		return 2;
	}
	return !!bad;
}
