// SPDX-License-Identifier: GPL-2.0
/*
 * hfuzz SEED SECONDS: calls of /dev/kvm-xen and of the nodes in /dev/xen from several threads,
 * right for the most part, on files, domains and VMs that the threads share. It ends
 * with the totals; what it looks for shows in the kernel's log.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hfuzz.h"

#define NR_THREADS	6

int ctl_file[NR_FILES], ev_file[NR_FILES], kvm_file, privcmd_file, vm_file[NR_VMS];
int gntdev_file[NR_FILES], gntalloc_file[NR_FILES];

static uint64_t seed;
static time_t end;
static unsigned long calls[NR_THREADS][NR_KINDS], good[NR_THREADS][NR_KINDS];
static __thread uint64_t state;
static __thread unsigned int self;

/* --- random values ----------------------------------------------------------------- */

uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dULL;
}

uint32_t below(uint32_t n)
{
	return (uint32_t)(rnd() >> 33) % n;
}

bool one_in(uint32_t n)
{
	return !below(n);
}

uint64_t odd(void)
{
	static const uint64_t edges[] = {
		0, 1, ~0ULL, 1ULL << 31, 1ULL << 32, 0xffffffff, 0x7fffffff, 4095, 4096,
		131071, 131072, 0x7ff0, 0xffff, 0x10000,
	};

	if (one_in(2))
		return rnd();
	return edges[below(sizeof(edges) / sizeof(edges[0]))] + below(3) - 1;
}

uint32_t any_domid(void)
{
	switch (below(8)) {
	case 0: return odd();
	case 1: return 0;
	case 2: return 0xffff;
	default: return GUEST_DOMID + below(NR_DOMIDS);
	}
}

/*
 * For what ends a domain, or makes it another one. Guests need some time to get anywhere: the
 * first has all of it, the others lose theirs now and then.
 */
uint32_t domid_to_end(void)
{
	uint32_t id = any_domid();

	if (id < GUEST_DOMID || id >= GUEST_DOMID + NR_GUESTS ||
	    (id != GUEST_DOMID && one_in(1000)))
		return id;
	return GUEST_DOMID + NR_GUESTS + below(NR_DOMIDS - NR_GUESTS);
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

bool over(void)
{
	return now() >= end;
}

long count(enum kind kind, long ret)
{
	calls[self][kind]++;
	good[self][kind] += ret >= 0;
	return ret;
}

/* --- threads ------------------------------------------------------------------------ */

static void *run(void *arg)
{
	static void (* const step[NR_THREADS])(void) = {
		ctl_step, ev_step, vm_step, ctl_step, vm_step, gn_step,
	};

	self = (uintptr_t)arg;
	state = (seed * NR_THREADS + self + 1) * 0x9e3779b97f4a7c15ULL;
	while (!over())
		step[self]();
	return NULL;
}

static void open_files(void)
{
	int i;

	for (i = 0; i < NR_FILES; i++) {
		ctl_file[i] = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
		ev_file[i] = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);
		gntdev_file[i] = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
		gntalloc_file[i] = open("/dev/xen/gntalloc", O_RDWR | O_CLOEXEC);
	}
	for (i = 0; i < NR_VMS; i++)
		vm_file[i] = -1;
	kvm_file = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	privcmd_file = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (ctl_file[0] < 0 || ev_file[0] < 0 || kvm_file < 0 || privcmd_file < 0 ||
	    gntdev_file[0] < 0 || gntalloc_file[0] < 0) {
		perror("hfuzz: a device cannot be opened");
		exit(2);
	}
}

static void say_totals(void)
{
	static const char * const names[] = {
#define K(name) #name,
		KINDS(K)
#undef K
	};
	unsigned long all = 0, all_good = 0;
	int k, t;

	for (k = 0; k < NR_KINDS; k++) {
		unsigned long c = 0, g = 0;

		for (t = 0; t < NR_THREADS; t++) {
			c += calls[t][k];
			g += good[t][k];
		}
		printf("hfuzz: %-10s %8lu calls, %8lu good\n", names[k], c, g);
		all += c;
		all_good += g;
	}
	printf("hfuzz: total seed %lu, %lu calls, %lu of them good\n", seed, all, all_good);
}

static void on_signal(int sig)
{
	(void)sig;
}

/*
 * Signals for all of them until they have ended: calls that sleep are broken off, and a
 * small guest that executes whatever a restore has put over its code gives its thread back.
 */
static void join(pthread_t *thread)
{
	struct timespec t = { .tv_nsec = 30000000 };
	bool ended[NR_THREADS] = { false };
	unsigned int i, left = NR_THREADS;

	while (left) {
		nanosleep(&t, NULL);
		for (i = 0; i < NR_THREADS; i++) {
			if (ended[i])
				continue;
			pthread_kill(thread[i], SIGUSR1);
			ended[i] = !pthread_tryjoin_np(thread[i], NULL);
			left -= ended[i];
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction a = { .sa_handler = on_signal };
	pthread_t thread[NR_THREADS];
	uintptr_t i;

	if (argc != 3) {
		fprintf(stderr, "usage: hfuzz SEED SECONDS\n");
		return 2;
	}
	seed = strtoul(argv[1], NULL, 0);
	end = now() + atoi(argv[2]);
	sigaction(SIGUSR1, &a, NULL);
	/* Most of the time is the guests', whose calls take longer. */
	if (nice(5) < 0)
		return 2;
	open_files();
	printf("hfuzz: seed %lu, %s s\n", seed, argv[2]);
	fflush(stdout);
	for (i = 0; i < NR_THREADS; i++) {
		if (pthread_create(&thread[i], NULL, run, (void *)i)) {
			perror("hfuzz: no thread");
			return 2;
		}
	}
	join(thread);
	say_totals();
	return 0;
}
