// SPDX-License-Identifier: GPL-2.0
/* Threads that touch one page, each in another way. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "paging.h"

const char * const how_names[HOWS] = {
	[LOAD] = "load", [STORE] = "store", [WRITE] = "write() from it",
	[READV] = "process_vm_readv()", [MEM] = "/proc/PID/mem", [SPLICE] = "vmsplice()",
	[VCPU] = "a vCPU",
};

static long by_pipe(unsigned char *at, unsigned char *to, int splice)
{
	struct iovec v = { at, splice ? PAGE : 8 };
	int p[2];
	long n;

	if (pipe(p))
		exit(2);
	n = splice ? vmsplice(p[1], &v, 1, 0) : write(p[1], at, 8);
	if (n > 0 && read(p[0], to, 8) != 8)
		n = -1;
	close(p[0]);
	close(p[1]);
	return n;
}

static long by_mem(unsigned char *at, unsigned char *to)
{
	int fd = open("/proc/self/mem", O_RDONLY);
	long n = pread(fd, to, 8, (off_t)(uintptr_t)at);

	close(fd);
	return n;
}

static void *touch(void *arg)
{
	struct access *a = arg;
	unsigned char *at = ram + a->gfn * PAGE, b[8] = { 0 };
	struct iovec l = { b, 8 }, r = { at, 8 };

	a->tid = syscall(SYS_gettid);
	switch (a->how) {
	case LOAD:
		b[0] = *(volatile unsigned char *)at;
		break;
	case STORE:
		((volatile unsigned char *)at)[100] = 77;
		b[0] = *(volatile unsigned char *)at;
		break;
	case READV:
		a->ret = process_vm_readv(getpid(), &l, 1, &r, 1, 0);
		break;
	case MEM:
		a->ret = by_mem(at, b);
		break;
	case VCPU:
		a->ret = run_cpu(a->cpu);
		b[0] = a->ret;
		break;
	default:
		a->ret = by_pipe(at, b, a->how == SPLICE);
	}
	a->value = b[0];
	a->done = 1;
	return NULL;
}

static void start(struct access *a)
{
	if (pthread_create(&a->thread, NULL, touch, a))
		exit(2);
}

void begin(struct access *a, uint64_t gfn, enum how how)
{
	memset(a, 0, sizeof(*a));
	a->gfn = gfn;
	a->how = how;
	start(a);
}

/* One of several vCPUs. */
void begin_cpu(struct access *a, int cpu)
{
	memset(a, 0, sizeof(*a));
	a->how = VCPU;
	a->cpu = cpu;
	start(a);
}

/* Has it come to its end, within a limit that is for a hang? */
int ends(struct access *a)
{
	int i;

	for (i = 0; i < 1200 && !a->done; i++)
		usleep(50000);
	if (a->done)
		pthread_join(a->thread, NULL);
	return a->done;
}

/* Is the thread asleep, and where a page is waited for? */
static int in_state(struct access *a, char want)
{
	char path[64], line[256], state = 0;
	const char *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", a->tid);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f)) {
		p = strrchr(line, ')');
		state = p ? p[2] : 0;
	}
	if (f)
		fclose(f);
	return state == want;
}

/* Interruptibly or killably, but asleep; and it stays so. */
int sleeps(struct access *a)
{
	int i;

	for (i = 0; i < 1200 && !a->done; i++) {
		if (a->tid && (in_state(a, 'S') || in_state(a, 'D')))
			return !a->done;
		usleep(50000);
	}
	return 0;
}
