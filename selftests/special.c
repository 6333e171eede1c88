// SPDX-License-Identifier: GPL-2.0
/*
 * The host's end of a guest's special pages, by Debian's unmodified libxengnttab: special DOMID
 * ROUNDS, a guest that runs the image of that name; special DOMID ROUNDS PID: whose VMM, which is
 * killed then. Prints "ok - NAME".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <xengnttab.h>

#include "special.h"

#define LIMIT	60	/* seconds for an answer */

static int bad;

static void check(const char *name, unsigned long got, unsigned long want)
{
	bad += got != want;
	printf("%s - %s", got == want ? "ok" : "not ok", name);
	if (got != want)
		printf(" = %#lx, want %#lx", got, want);
	puts("");
	fflush(stdout);
}

static uint64_t wait_for(volatile uint64_t *p, uint64_t want)
{
	time_t end = time(NULL) + LIMIT;

	while (*p != want && time(NULL) < end)
		sched_yield();
	return *p;
}

static void converse(volatile uint64_t *store, int rounds)
{
	int i, lost = 0;

	for (i = 1; i <= rounds && !lost; i++) {
		store[SPECIAL_ASK] = i;
		lost += wait_for(&store[SPECIAL_ANSWER], ~(uint64_t)i) != ~(uint64_t)i;
	}
	check("what the host writes the guest answers", lost, 0);
}

int main(int argc, char **argv)
{
	xengnttab_handle *x = xengnttab_open(NULL, 0);
	volatile uint64_t *store, *console;
	int rounds = argc > 2 ? atoi(argv[2]) : 0;

	if (!x || !rounds)
		return 2;
	store = xengnttab_map_grant_ref(x, atoi(argv[1]), 1, PROT_READ | PROT_WRITE);
	console = xengnttab_map_grant_ref(x, atoi(argv[1]), 0, PROT_READ | PROT_WRITE);
	check("xenstore's page is mapped by reference 1", !!store, 1);
	check("the console's by reference 0", !!console, 1);
	if (!store || !console)
		return 1;
	check("the guest's mark", store[SPECIAL_MARK], SPECIAL_WORD);
	check("they are two", console[SPECIAL_MARK], 5);
	converse(store, rounds);
	if (argc > 3) {
		kill(atoi(argv[3]), SIGKILL);
		while (!kill(atoi(argv[3]), 0))
			sched_yield();
		check("its VMM is gone", errno, ESRCH);
		store[SPECIAL_ASK] = 7;
		check("the page is there", store[SPECIAL_MARK], SPECIAL_WORD);
	} else {
		store[SPECIAL_ASK] = SPECIAL_END;
	}
	check("unmap", xengnttab_unmap(x, (void *)store, 1), 0);
	check("unmap", xengnttab_unmap(x, (void *)console, 1), 0);
	xengnttab_close(x);
	return bad ? 1 : 0;
}
