// SPDX-License-Identifier: GPL-2.0
/*
 * Memory paging. paging [small|huge]: a VMM of its own, and one check a line; paging core: some of
 * them; paging ring: those of a pager with Xen's ring;
 * paging random DOMID PAGES SECONDS [MICROSECONDS]: a pager that has all of a guest out and in, at
 * random, some each so often; paging obey DOMID PAGES: as lines on standard input say;
 * paging bench: what it costs, for scripts/bench.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paging.h"

static int bad;

void ck(const char *name, int ok)
{
	printf("%s - %s\n", ok ? "ok" : "not ok", name);
	fflush(stdout);
	bad += !ok;
}

int main(int argc, char **argv)
{
	if (argc >= 5 && !strcmp(argv[1], "random"))
		return random_pager(atoi(argv[2]), strtoull(argv[3], NULL, 0), atoi(argv[4]),
				    argc > 5 ? atoi(argv[5]) : 0);
	if (argc == 4 && !strcmp(argv[1], "obey"))
		return obedient_pager(atoi(argv[2]), strtoull(argv[3], NULL, 0));
	if (argc == 2 && !strcmp(argv[1], "bench"))
		return bench();
	alarm(1500);	/* for a hang */
	make_vmm(argc > 1 && !strcmp(argv[1], "huge"));
	if (argc > 1 && !strcmp(argv[1], "ring")) {
		make_vcpus(RING_CPUS);
		look_at_ring();
		return bad != 0;
	}
	pager = pager_open(domid);
	ck("a pager", pager >= 0);
	if (pager < 0)
		return 1;
	ck("  knows how much there is", pager_frames == ram_size / PAGE &&
	   pager_pages == ram_size / PAGE);
	if (argc > 1 && !strcmp(argv[1], "core")) {
		look_at_core();
		return bad != 0;
	}
	look_at_faults();
	look_at_kernel();
	look_at_ends();
	look_at_vhost();
	return bad != 0;
}
